"""Every key in one table.

What keys do, the footer, the help screen, the palette and the README's key table are all made from `ACTIONS`; a key
is written down nowhere else.
"""

from dataclasses import dataclass
from enum import StrEnum


class Section(StrEnum):
    """A chapter of the help screen."""

    TIME = "Time"
    RATE = "Learning rate and start"
    LOOK = "Looking"
    CODE = "Trying"
    APP = "nntui"


@dataclass(frozen=True, slots=True)
class Action:
    """Something a user can do.

    `keys` are Textual's key names, the first one is shown; `shown` is how it is written for people, where that is
    not the name. `label` is for the footer, empty where the footer leaves it out; `help` is one sentence.
    """

    name: str
    keys: tuple[str, ...]
    label: str
    help: str
    section: Section
    shown: str = ""

    @property
    def key(self) -> str:
        """The key as people write it."""
        return self.shown or self.keys[0]


MOVING = ("up", "down", "left", "right", "h", "j", "k", "pageup", "pagedown", "home", "end")

ACTIONS: tuple[Action, ...] = (
    Action("step", ("s",), "step", "run one statement", Section.TIME),
    Action("back", ("S",), "back", "go one statement back", Section.TIME),
    Action("next_iteration", ("n",), "iter", "run to the start of the next iteration", Section.TIME),
    Action("previous_iteration", ("N",), "", "go back to the start of an iteration", Section.TIME),
    Action("run", ("space",), "run", "run until it is pressed again", Section.TIME),
    Action("until", ("u",), "until", "run until an iteration, a loss, or any condition", Section.TIME),
    Action("goto", ("g",), "go to", "go to any iteration, back or forward", Section.TIME),
    Action("reset", ("r",), "reset", "start again with the same weights; the rate stays", Section.RATE),
    Action("next_seed", ("R",), "", "start again with weights of the next seed", Section.RATE),
    Action("former", ("G",), "", "return to the former run, the pale curve; and back", Section.RATE),
    Action("rate_up", ("plus", "equals_sign"), "rate", "raise the learning rate: 1, 2, 5, 10 …", Section.RATE, "+"),
    Action("rate_down", ("minus",), "", "lower the learning rate: 1, 0.5, 0.2, 0.1 …", Section.RATE, "-"),
    Action("rate", ("l", "L"), "", "set the learning rate (L where l moves the cursor)", Section.RATE, "l"),
    Action("next_panel", ("tab",), "view", "go to the next panel", Section.LOOK),
    Action("previous_panel", ("shift+tab",), "", "go to the panel before", Section.LOOK),
    Action("move", MOVING, "", "move in the panel; pgup pgdn home end go further", Section.LOOK, "arrows hjkl"),
    Action("heat", ("m",), "", "the matrix as colours: its cells, the whole; and back", Section.LOOK),
    Action("surface", ("f",), "", "the decision surface of two inputs, and back", Section.LOOK),
    Action("diagram", ("D",), "", "the network as units and weights, and back", Section.LOOK),
    Action("confusion", ("x",), "", "the confusion matrix: which classes are taken for which; and back", Section.LOOK),
    Action("worst", ("a",), "", "the samples that add most to the loss; enter goes to one; and back", Section.LOOK),
    Action("output", ("O",), "", "what the program has printed, and back to the code", Section.LOOK),
    Action("give_back", ("escape",), "", "take a drawing away: what it took the place of comes back", Section.LOOK),
    Action("writer", ("p",), "", "back to what wrote the selected number last", Section.TIME),
    Action("watch", ("w",), "", "watch expressions: their values at every stop", Section.LOOK),
    Action("explain", ("enter",), "explain", "say where the selected number comes from, and follow it", Section.LOOK),
    Action("check", ("c",), "check", "check the gradients, name mistakes, suggest the cure", Section.CODE),
    Action("breakpoint", ("b",), "", "a breakpoint before the marked line, and away with it", Section.CODE),
    Action("condition", ("B",), "", "a breakpoint with a condition, or for each so many hits", Section.CODE),
    Action("edit", ("e",), "edit", "edit the marked line, or the selected number; from here on", Section.CODE),
    Action("undo", ("U",), "", "take the last edit of a line or a number back", Section.CODE),
    Action("open", ("o",), "", "open another program, or one of the usual mistakes", Section.CODE),
    Action("network", ("d",), "", "another network and other data, by their options", Section.CODE),
    Action("roles", ("v",), "", "say what the variables are for: target, cost, parameters …", Section.CODE),
    Action("reload", ("ctrl+r",), "", "read the script again, after it has changed on disk", Section.CODE),
    Action("save", ("ctrl+s",), "", "save the session (.npz), or the program with its edits (.py)", Section.CODE),
    Action("command", ("C",), "", "show the command line that recreates this session", Section.CODE),
    Action("picture", ("P",), "", "save a picture of the screen as SVG", Section.APP),
    Action("interrupt", ("i",), "", "interrupt a statement that does not end", Section.CODE),
    Action("zoom", ("z",), "zoom", "give the panel the whole screen, and take it back", Section.LOOK),
    Action("log", ("y",), "", "log axis for the loss, and back", Section.LOOK),
    Action("theme", ("T",), "", "dark, light or 16 colours; kept for the next time", Section.APP),
    Action("help", ("question_mark", "f1"), "help", "show this list", Section.APP, "?"),
    Action("palette", ("ctrl+p",), "", "search for something to do", Section.APP),
    Action("suspend", ("ctrl+z",), "", "back to the shell for a while; `fg` comes back", Section.APP),
    Action("quit", ("q", "ctrl+q", "ctrl+c"), "quit", "quit; the terminal is as it was", Section.APP),
)

BY_NAME = {action.name: action for action in ACTIONS}

ACTION_OF_KEY = {key: action.name for action in ACTIONS for key in action.keys if action.name != "palette"}
"""What each key of the main screen does; the palette is Textual's own."""

FOOTER = (
    "step",
    "back",
    "next_iteration",
    "run",
    "reset",
    "rate_up",
    "next_panel",
    "check",
    "explain",
    "zoom",
    "help",
    "quit",
)
"""What the footer shows."""

LEFT_OUT_FIRST = ("zoom", "explain", "back", "rate_up", "reset", "check", "next_iteration", "next_panel")
"""What the footer leaves out where it is too long, in this order; the rest always stays."""


def footer(width: int) -> list[Action]:
    """Return the actions that a footer of a width shows."""
    shown = [BY_NAME[name] for name in FOOTER]
    for name in LEFT_OUT_FIRST:
        if 1 + sum(len(footer_key(a)) + len(a.label) + 3 for a in shown) - 2 <= width:
            break
        shown.remove(BY_NAME[name])
    return shown


def footer_key(action: Action) -> str:
    """Return how the footer writes a key: up and down share a place."""
    return "+/-" if action.name == "rate_up" else action.key


def markdown_table() -> str:
    """Return the key table of the README."""
    rows = [f"| `{action.key}` | {action.help} |" for action in ACTIONS]
    return "\n".join(["| key | what it does |", "| --- | --- |", *rows])
