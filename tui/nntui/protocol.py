"""What the screen and the engine say to each other: commands one way, reports the other, all plain values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from nntui_core.frame import Frame, Index, View
    from nntui_core.program import Given, Program
    from nntui_core.replies import Origin, Verdicts


class Verb(StrEnum):
    """What a command does."""

    LOOK = "look"
    REFRESH = "look while it runs"
    STEP = "step"
    BACK = "back"
    NEXT_ITERATION = "next iteration"
    PREVIOUS_ITERATION = "previous iteration"
    RUN = "run"
    PAUSE = "pause"
    TOGGLE = "run or pause"
    GOTO = "go to"
    UNTIL = "run until"
    BREAKPOINT = "breakpoint"
    TOGGLE_BREAKPOINT = "toggle breakpoint"
    WATCH = "watch"
    FORMER = "former run"
    WRITER = "last writer"
    RESET = "reset"
    NEXT_SEED = "next seed"
    SET_RATE = "set rate"
    RATE_UP = "rate up"
    RATE_DOWN = "rate down"
    EXPLAIN = "explain"
    CHECK = "check"
    EDIT = "edit"
    EDIT_CELL = "edit cell"
    UNDO = "undo"
    OPEN = "open"
    RELOAD = "reload"
    SAVE = "save"
    COMMAND = "command"
    GIVEN = "given"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Command:
    """A command: a verb, and what some verbs take.

    `number` is a rate, an iteration, a line or a cell's new number, `view` what is in sight, `cell` and `before` the
    cell to explain or to set and the position (iteration, tick) of the statement that read it, None for the cell as it
    is now; `text` is what to put into a line, the file to save to or an expression, `program` what to open, `given` the
    roles that the user has set. `every` is at which of its hits a breakpoint stops.
    """

    verb: Verb
    number: float = 0.0
    view: "View | None" = None
    cell: "tuple[str, Index] | None" = None
    before: tuple[int, int] | None = None
    text: str = ""
    program: "Program | None" = None
    given: "Given | None" = None
    every: int = 1


@dataclass(frozen=True, slots=True)
class Edited:
    """The answer to an edit of a line: what is wrong with it, empty where it has been made."""

    line: int
    text: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer to an expression: what is wrong with it, empty where it has been taken."""

    problem: str = ""


Answer: TypeAlias = "Origin | Verdicts | Edited | Taken"
"""What a dialog has asked for."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the engine has to say: the latest picture, whether it is running and how fast, a notice, an answer.

    `frame` is None where there is no picture because no program could be opened: `trouble` says why. `crash` is the
    traceback of a fault of nntui itself. `done` is how many commands had been obeyed, those left out that only look.
    """

    frame: "Frame | None"
    running: bool = False
    speed: float = 0.0
    notice: str = ""
    trouble: str = ""
    crash: str = ""
    answer: "Answer | None" = None
    done: int = 0


LOOKS = frozenset({Verb.LOOK, Verb.REFRESH})
"""Commands that do nothing but ask for a picture."""
CHANGE_A_RUN = frozenset({Verb.SET_RATE, Verb.RATE_UP, Verb.RATE_DOWN, Verb.RESET, Verb.NEXT_SEED})
"""Commands that change what is run, and do not pause it."""
KEEP_RUNNING = CHANGE_A_RUN | LOOKS | {Verb.RUN, Verb.SAVE}
"""Commands that do not pause a run."""
