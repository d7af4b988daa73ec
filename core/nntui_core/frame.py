"""A frame: everything that a front end needs to draw one picture, as plain values.

A frame holds no arrays and no live data. It carries what is in sight: windows of matrices, the loss curve thinned to
the columns there are, the explanation of the selected cell. It is made by `nntui_core.session` and may be pickled.
This module imports no NumPy, so that a front end can start without it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from nntui_core.replies import Cell

Index = tuple[int, ...]
Status = Literal["paused", "failed", "ended"]

WIDEST_SAMPLE = 24
"""Numbers of a sample that a front end is given: no line has room for more."""


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a matrix in sight: from `row`, `column` on, so many `rows` and `columns`.

    Where `group` is more than one cell, each value in sight is the mean of so many rows and columns of cells;
    `rows` and `columns` count such groups.
    """

    row: int = 0
    column: int = 0
    rows: int = 0
    columns: int = 0
    group: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class View:
    """What a front end wants to see: a window for each matrix by name, the selected cell, and sizes.

    `samples` is the window of predictions: first row and number of rows. `curve_points` is at most how many points
    of the loss curve are of use, `output_lines` how many lines of what the program prints, from line
    number `output_first` on (None: the last). `surface` is the
    grid (columns, rows) of a decision surface, None where none is in sight; `diagram` tells whether a diagram is,
    `accuracy` whether the share of samples in the right class is. `confusion` is the part of a confusion matrix in
    sight, `worst` the window of the worst samples: first row and number of rows; None where they are not in sight.
    """

    windows: Mapping[str, Window] = field(default_factory=dict)
    selected: tuple[str, Index] | None = None
    samples: tuple[int, int] = (0, 64)
    curve_points: int = 160
    output_lines: int = 0
    output_first: int | None = None
    surface: tuple[int, int] | None = None
    diagram: bool = False
    accuracy: bool = False
    confusion: Window | None = None
    worst: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the program: where it is written, its shape where that is known, its role and its meaning."""

    name: str
    shape: Index | None
    phase: str
    role: str | None
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Stats:
    """The least, the mean and the greatest value of a whole matrix, and its Euclidean norm; NaN where one is NaN."""

    least: float
    mean: float
    most: float
    norm: float


@dataclass(frozen=True, slots=True)
class MatrixView:
    """A window of a variable's values, as rows of numbers; one-dimensional values are one row.

    `values` is None while the variable has not been computed. `changed` and `sources` are cells of the window, as (row,
    column) of the whole matrix: those that the last command changed, and those that the selected cell was computed
    from. `scale` is the greatest finite magnitude of the whole matrix, or of the groups where the window has groups.
    `stats` are None for complex numbers, and for a matrix without cells.
    """

    name: str
    shape: Index
    rows: int
    columns: int
    window: Window
    values: tuple[tuple[float, ...], ...] | None
    scale: float = 0.0
    changed: frozenset[tuple[int, int]] = frozenset()
    sources: frozenset[tuple[int, int]] = frozenset()
    stats: Stats | None = None


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A line of the program's text without its comment. `statement` is the index of the body statement beginning there.

    `shape` and `meaning` are those of the statement's target.
    """

    number: int
    text: str
    comment: str = ""
    statement: int | None = None
    phase: str = ""
    target: str = ""
    shape: str = ""
    meaning: str = ""
    wrong: bool = False
    """Whether a check found an error on this line."""
    edited: bool = False


@dataclass(frozen=True, slots=True)
class FlowStep:
    """A stop on the way of the data through an iteration.

    `name` is the variable that body statement `statement` writes, `through` the parameter that it meets there.
    """

    name: str
    statement: int
    phase: str
    through: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """The thinned loss curve, the former run's as `ghost`, and where the rate was changed: (iteration, rate).

    `held_out_losses` are those of samples that are not learned from.
    """

    iterations: tuple[int, ...] = ()
    losses: tuple[float, ...] = ()
    ghost_iterations: tuple[int, ...] = ()
    ghost_losses: tuple[float, ...] = ()
    ghost_label: str = ""
    rate_changes: tuple[tuple[int, float], ...] = ()
    edits: tuple[int, ...] = ()
    """The iterations in which a line or a number was edited."""
    first_not_finite: int | None = None
    held_out_iterations: tuple[int, ...] = ()
    held_out_losses: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Predictions:
    """Samples in a window: inputs, targets and predictions, each a row of numbers; `total` samples there are.

    Of a row, the first `WIDEST_SAMPLE` numbers.
    """

    input_name: str = ""
    target_name: str = ""
    prediction_name: str = ""
    first: int = 0
    total: int = 0
    inputs: tuple[tuple[float, ...], ...] = ()
    targets: tuple[tuple[float, ...], ...] = ()
    predictions: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Surface:
    """The prediction over the plane of two inputs: rows of cells from the top, or why there are none.

    `values` are predictions, or classes by number where `classes` is how many there are; a prediction counts from
    `middle`, and `scale` away from it is as far as the targets go. `columns` are those of the inputs that go across and
    up, from `low` to `high`. `samples` are (share of the width, share of the height from the top, class); the class
    is −1 where none is known.
    """

    problem: str = ""
    inputs: str = ""
    columns: tuple[int, int] = (0, 1)
    low: tuple[float, float] = (0.0, 0.0)
    high: tuple[float, float] = (1.0, 1.0)
    values: tuple[tuple[float, ...], ...] = ()
    middle: float = 0.5
    scale: float = 0.5
    classes: int = 0
    samples: tuple[tuple[float, float, int], ...] = ()
    labels: tuple[str, ...] = ()
    """The names of the samples' classes."""


@dataclass(frozen=True, slots=True)
class Diagram:
    """Layers of units and the weights between them, or why there are none.

    `weights` has a matrix for each pair of layers, a row for each unit below. `chosen` are the units (layer, unit)
    that the selected cell belongs to, `edge` is (pair of layers, unit below, unit above) where it is a weight.
    """

    problem: str = ""
    sizes: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    weights: tuple[tuple[tuple[float, ...], ...], ...] = ()
    chosen: tuple[tuple[int, int], ...] = ()
    edge: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The share of samples in the right class; None where there are no classes, or no samples held out.

    `some` tells that only some of the samples were looked at, evenly picked.
    """

    learned: float | None = None
    held_out: float | None = None
    some: bool = False


@dataclass(frozen=True, slots=True)
class Confusion:
    """How many samples of each class (rows) are taken for which (columns), or why that cannot be said.

    `counts` is the part in sight of a matrix of `classes`, from `window` on; `rows` and `columns` are the names of its
    classes. `accuracy` is the share of all `samples` on the diagonal.
    """

    problem: str = ""
    window: Window = Window()
    counts: tuple[tuple[int, ...], ...] = ()
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    classes: int = 0
    samples: int = 0
    accuracy: float = 0.0
    held_out: bool = False
    some: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample: its row, its share of the loss, and what it should be and is: classes by name, or else numbers.

    `certainty` is the prediction's number for the class that it says.
    """

    row: int
    share: float
    target: tuple[float, ...] = ()
    prediction: tuple[float, ...] = ()
    label: str = ""
    predicted: str = ""
    certainty: float = 0.0


@dataclass(frozen=True, slots=True)
class Worst:
    """A window of the samples that are learned from, those first that add most to the loss; or why there are none.

    `by` says what the shares are of. `matrix` is the variable that has a row for each sample, or a column where
    `upright` is false.
    """

    problem: str = ""
    first: int = 0
    total: int = 0
    by: str = ""
    samples: tuple[Sample, ...] = ()
    matrix: str = ""
    upright: bool = True
    target_name: str = ""
    prediction_name: str = ""
    some: bool = False


@dataclass(frozen=True, slots=True)
class Watched:
    """A watch expression, and what it is worth, as text."""

    text: str
    value: str


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a session."""

    program: str
    title: str
    iteration: int
    tick: int
    following: int | None
    current_line: int
    executed_line: int | None
    status: Status
    rate: float | None
    loss: float | None
    seed: int | None
    failure: tuple[str, ...]
    code: tuple[CodeLine, ...]
    flow: tuple[FlowStep, ...]
    """The order of the statements' targets."""
    inputs: str
    """Where the data comes in: the name of the inputs, empty where none was found."""
    variables: tuple[Variable, ...]
    weights: tuple[str, ...]
    deltas: tuple[str, ...]
    matrices: Mapping[str, MatrixView]
    curve: Curve
    predictions: Predictions
    cell: "Cell | None"
    natural_end: int | None = None
    """How many iterations the loop's header asks for."""
    cannot_go_on: str | None = None
    """Why no statement can be run now, None where one can."""
    cannot_go_back: str | None = None
    path: str | None = None
    """The script's file, None for a program of nntui's own."""
    output: tuple[str, ...] = ()
    """The lines that the program has printed and that are in sight, the first one's number, that of the oldest line
    that is kept, and how many there have been in all."""
    output_first: int = 0
    output_oldest: int = 0
    output_count: int = 0
    roles: Mapping[str, str] = field(default_factory=dict)
    """The names that play each role: `parameters` (commas between), `target`, `prediction`, `loss`, `cost`, `rate`."""
    inferred_cost: str = ""
    """The cost's expression, where the program does not state it."""
    surface: Surface | None = None
    """None where no surface was asked for."""
    no_surface: str = ""
    """Why there can be no surface."""
    caution: str = ""
    """Sizes that happen to be equal, so that a wrong product would run; empty for nntui's own programs."""
    breakpoints: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    """The lines that have a breakpoint, each with its condition, empty for none, and at which of its hits it stops."""
    watches: tuple[Watched, ...] = ()
    known: int = 0
    """The last iteration that has been run to."""
    has_former: bool = False
    """Whether there is a former run that one can return to."""
    diagram: Diagram | None = None
    """None where no diagram was asked for."""
    no_diagram: str = ""
    """Why there can be no diagram."""
    accuracy: Accuracy | None = None
    """None where it was not asked for."""
    confusion: Confusion | None = None
    worst: Worst | None = None
    no_confusion: str = ""
    """Why there can be no confusion matrix, nothing where there can."""
    no_worst: str = ""
