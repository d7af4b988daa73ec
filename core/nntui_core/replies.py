"""A reply: what a front end is given when it asks where a number comes from, or for a check; as plain values.

A frame is there ten times a second and carries what is in sight; a reply comes once, to a question of the user, and
carries all of what was asked. A frame's selected cell is told as a reply tells one. As in `nntui_core.frame` there are
no arrays here, every value may be pickled, and no NumPy is imported.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nntui_core.frame import Index


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell at one moment: its value in full precision as text, and how it came about.

    `label` is its name with the index. `short` is its arithmetic in few digits, `arithmetic` in all of them, empty
    where there is none or it was not asked for; `when` says at which iteration and line it was written, `text` is that
    line. `position` is that of the statement, (iteration, tick), None for a value of the setup.
    """

    name: str
    index: "Index"
    label: str
    value: str
    formula: str = ""
    short: str = ""
    arithmetic: str = ""
    when: str = ""
    text: str = ""
    position: tuple[int, int] | None = None
    unknown: tuple[str, ...] = ()
    update: tuple[str, str, str] | None = None
    """Of an update: the old value, the step, and the new value."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A cell and the cells that it was computed from, each as it was at that moment."""

    cell: Cell
    sources: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a parameter's update compares with −γ·∂C/∂W.

    `error` is |−ΔW/γ − ∂C/∂W| as a share of the greatest |∂C/∂W|, rows of at most 16×16 cells; nan where it was not
    measured. `unsized` says why there is no factor, '' where there is one.
    """

    name: str
    verdict: str
    factor: float
    cosine: float
    relative_error: float
    error: tuple[tuple[float, ...], ...] = ()
    unsized: str = ""


MEASURES = (
    "cosine: of the step with −∂C/∂W, 1 is straight downhill, −1 straight uphill · "
    "factor: what multiple of γ·∂C/∂W the step holds, 1 is exact · "
    "error: ‖step ÷ γ − ∂C/∂W‖ ÷ ‖∂C/∂W‖, the step taken positive downhill"
)
"""What the numbers of a verdict mean, for whoever sees them for the first time."""


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of a check; `replacement` is (line, new text) where one edited line is the cure."""

    code: str
    severity: str
    line: int | None
    message: str
    suggestion: str | None = None
    replacement: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The result of a check."""

    iteration: int
    cost: str
    verdicts: tuple[Verdict, ...]
    findings: tuple[Found, ...]
    sampled: str
    answer: str
    failed: bool
