"""What the actions of the main screen do that open no dialog: a table from an action's name to what it does.

Most are one command to the engine; the others move the focus, bring a panel up, or change how something is drawn.
What an action is called, its keys and its help are in `nntui.actions`, why it can do nothing now in
`nntui.availability`, the dialogs in `nntui.dialogs.host`.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from nntui import theme
from nntui.layout import CONFUSION, DIAGRAM, SURFACE, WORST
from nntui.protocol import Command, Verb
from nntui.widgets.lines import Lines, Panel
from nntui.widgets.matrix import MatrixPanel

if TYPE_CHECKING:
    from nntui.screen import MainScreen

MOVES = {
    "up": (-1, 0),
    "down": (1, 0),
    "left": (0, -1),
    "right": (0, 1),
    "k": (-1, 0),
    "j": (1, 0),
    "h": (0, -1),
    "l": (0, 1),
}

LEAPS = {"pageup": (-1, 0), "pagedown": (1, 0), "home": (0, -1), "end": (0, 1)}

SENDS: dict[str, Verb] = {
    "run": Verb.TOGGLE,
    "step": Verb.STEP,
    "back": Verb.BACK,
    "next_iteration": Verb.NEXT_ITERATION,
    "previous_iteration": Verb.PREVIOUS_ITERATION,
    "reset": Verb.RESET,
    "next_seed": Verb.NEXT_SEED,
    "rate_up": Verb.RATE_UP,
    "rate_down": Verb.RATE_DOWN,
    "check": Verb.CHECK,
    "undo": Verb.UNDO,
    "former": Verb.FORMER,
    "reload": Verb.RELOAD,
    "command": Verb.COMMAND,
}
"""Actions that are one command to the engine."""
DRAWS = {"surface": SURFACE, "diagram": DIAGRAM, "confusion": CONFUSION, "worst": WORST}
"""Actions that bring up a drawing, or take it away."""


class Deeds:
    """Does what the keys of a main screen ask for."""

    def __init__(self, screen: "MainScreen") -> None:
        self._screen = screen
        self._panels = screen.panels
        self.actions: dict[str, Callable[[], object]] = {
            **{name: partial(screen.send, verb) for name, verb in SENDS.items()},
            **{name: partial(self._draw_or_not, drawing) for name, drawing in DRAWS.items()},
            "quit": screen.leave,
            "interrupt": self._interrupt,
            "suspend": lambda: screen.app.action_suspend_process(),
            "next_panel": lambda: self._go(1),
            "previous_panel": lambda: self._go(-1),
            "writer": self._writer,
            "breakpoint": self._breakpoint,
            "zoom": lambda: self._seen_anew(self._panels.zoom),
            "output": lambda: self._seen_anew(self._panels.look_at_output),
            "give_back": lambda: self._seen_anew(self._panels.give_back),
            "sample": self._sample,
            "theme": self._theme,
            "log": self._panels.loss.toggle_log,
            "heat": self._heat,
        }
        """What each action does; `move` needs its key, see there."""

    def move(self, key: str) -> None:
        """Move what is selected in the focused panel by one, or leap to an edge or a page on."""
        panel = self._screen.focused
        if not isinstance(panel, Panel):
            return
        if key in MOVES:
            panel.move(*MOVES[key])
        else:
            panel.leap(*LEAPS[key])

    def _seen_anew(self, change: Callable[[], None]) -> None:
        """Do what brings something else into sight, and ask the engine for that."""
        change()
        self._screen.on_panel_moved()

    def _go(self, by: int) -> None:
        self._seen_anew(lambda: self._panels.go(self._panels.neighbour(by)))

    def _draw_or_not(self, drawing: str) -> None:
        up = self._panels.drawing == drawing
        self._seen_anew(self._panels.give_back if up else partial(self._panels.bring_up, drawing))

    def _interrupt(self) -> None:
        if self._screen.engine.interrupt():
            return
        if self._screen.running:  # it is between two slices
            self._screen.send(Verb.PAUSE)
        else:
            self._screen.say("nothing is running that would have to be interrupted")

    def _writer(self) -> None:
        view = self._screen.view()
        if view.selected is not None:
            self._screen.engine.send(Command(Verb.WRITER, view=view, cell=view.selected))

    def _breakpoint(self) -> None:
        line = self._panels.code.marked_line()
        if line is not None:
            self._screen.send(Verb.TOGGLE_BREAKPOINT, line.number)

    def _sample(self) -> None:
        worst, sample = self._panels.worst.shown, self._panels.worst.chosen()
        if sample is None:
            self._screen.say("there is no sample here yet")
        elif self._panels.go_to_sample(worst.matrix, sample.row, worst.upright):
            self._screen.on_panel_moved()
        else:
            self._screen.say(f"sample {sample.row} is row {sample.row} of {worst.matrix}")

    def _theme(self) -> None:
        app = self._screen.app
        app.theme = theme.after(app.theme)
        for lines in self._screen.query(Lines):
            lines.update_lines()
        self._screen.say(theme.keep(app.theme))

    def _heat(self) -> None:
        if isinstance(self._screen.focused, MatrixPanel):
            self._screen.focused.next_look()
