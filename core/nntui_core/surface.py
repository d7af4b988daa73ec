"""The decision surface: the prediction at every point of the plane that two inputs span.

The points are the centres of the cells of a grid. They take the place of the inputs in the forward pass (see
`nntui_core.forward`); a column of ones among the inputs, which serves as a bias, stays ones. The grid is made coarser
where the network is large, so that a picture never takes long.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nntui_core.batchwise import predictions
from nntui_core.classes import classes_of
from nntui_core.forward import Forward, NoForward, why_not
from nntui_core.frame import Index, Surface
from nntui_core.program import Program
from nntui_core.samples import Finder, Samples
from nntui_core.session import Session
from nntui_core.values import Array

WORK = 4_000_000
"""Multiplications with weights that one picture may take, about: some ten milliseconds."""
MOST_RUNS = 100
"""Points that are computed at most, where a forward pass takes one sample at a time."""
MOST_SAMPLES = 400
"""Samples that are drawn at most."""
MARGIN = 0.2
"""How far the plane reaches beyond the samples, as a share of their span."""


@dataclass(frozen=True)
class Plane:
    """Which two columns of the inputs are the axes, and what the others hold: `fixed` has one number a column."""

    across: int
    up: int
    fixed: tuple[float, ...]
    low: tuple[float, float]
    high: tuple[float, float]

    @classmethod
    def of(cls, inputs: Array) -> "Plane":
        """Find the plane of inputs (samples, features).

        Raises:
            NoForward: there are not just two columns besides those of ones.
        """
        features = inputs.shape[1]
        ones = [int(j) for j in np.flatnonzero(inputs[0] == 1.0) if np.all(inputs[:, j] == 1.0)]
        free = [j for j in range(features) if j not in ones or features == 2]
        if len(free) != 2:
            counted = f"the input has {features} column{'s' if features != 1 else ''}"
            besides = {0: "", 1: ", one of them of ones"}.get(len(ones), f", {len(ones)} of them of ones")
            raise NoForward(f"{counted}{besides}; a surface needs two{' besides those of ones' if ones else ''}")
        axes = inputs[:, free].astype(np.float64)
        axes = axes[np.isfinite(axes).all(axis=1)]
        if not len(axes):
            raise NoForward("the inputs are not finite")
        low, high = axes.min(axis=0), axes.max(axis=0)
        span = np.where(high > low, high - low, 1.0)
        low, high = low - MARGIN * span, high + MARGIN * span
        return cls(
            free[0],
            free[1],
            (1.0,) * features,
            (float(low[0]), float(low[1])),
            (float(high[0]), float(high[1])),
        )

    def grid(self, columns: int, rows: int) -> Array:
        """Return the centres of a grid's cells as inputs (cells, features), row by row from the top."""
        x = np.linspace(self.low[0], self.high[0], 2 * columns + 1)[1::2]
        y = np.linspace(self.high[1], self.low[1], 2 * rows + 1)[1::2]
        points = np.tile(np.array(self.fixed), (rows * columns, 1))
        points[:, self.across] = np.tile(x, rows)
        points[:, self.up] = np.repeat(y, columns)
        return points


class Surfaces:
    """The decision surfaces of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._program: Program | None = None
        self._forward: tuple[Forward, Finder] | NoForward = NoForward("nothing has been looked at yet")
        self._plane: tuple[Array, Plane | NoForward] | None = None
        """The inputs, and the plane that they span."""

    def problem(self) -> str:
        """Say why there is no surface, nothing where there is one."""
        return why_not(self._found)

    def draw(self, columns: int, rows: int) -> Surface:
        """Return the surface on a grid of so many cells, or why there is none."""
        try:
            forward, samples, plane = self._found()
            step = self._coarseness(forward, columns * rows)
            values = self._predictions(forward, plane, -(-columns // step), -(-rows // step))
        except NoForward as reason:
            return Surface(problem=str(reason))
        targets = samples.targets
        outputs = values.shape[-1]
        classes = None if targets is None else classes_of(targets, outputs)
        middle, scale = _range(targets)
        field = values[..., 0] if outputs == 1 else np.argmax(values, axis=-1)
        field = np.repeat(np.repeat(field, step, axis=0), step, axis=1)[:rows, :columns]
        return Surface(
            inputs=forward.inputs,
            columns=(plane.across, plane.up),
            low=plane.low,
            high=plane.high,
            values=tuple(map(tuple, field.tolist())),
            middle=middle,
            scale=scale,
            classes=0 if outputs == 1 else outputs,
            samples=_marks(samples, plane, classes.numbers if classes else _above(targets, middle)),
            labels=classes.names if classes else ("low", "high"),
        )

    def _found(self) -> tuple[Forward, Samples, Plane]:
        """Return what a surface needs.

        Raises:
            NoForward: something of it is not there.
        """
        program = self._session.program
        if program is not self._program:
            self._program, self._plane = program, None
            self._forward = _forward(program, self._session.shapes)
        if isinstance(self._forward, NoForward):
            raise self._forward
        forward, finder = self._forward
        samples = finder.samples(self._session.state)
        if samples is None:
            raise NoForward(self._no_matrix(forward.inputs))
        if self._plane is None or self._plane[0] is not samples.origin:
            self._plane = (samples.origin, _plane(samples.inputs))
        if isinstance(self._plane[1], NoForward):
            raise self._plane[1]
        return forward, samples, self._plane[1]

    def _no_matrix(self, name: str) -> str:
        shape = self._session.shapes.get(name)
        if shape is None:
            return f"{name} has not been computed yet: n runs an iteration"
        return f"the inputs {name} have {len(shape)} axes; a surface needs samples and columns"

    def _one_at_a_time(self, forward: Forward) -> bool:
        """Tell whether the forward pass takes one sample, without an axis for more."""
        return len(self._session.shapes.get(forward.inputs, ())) == 1

    def _coarseness(self, forward: Forward, cells: int) -> int:
        """Return how many cells of the screen a point of the grid stands for, along each side."""
        shapes = (self._session.shapes.get(name, ()) for name in self._session.program.roles.parameters)
        share = cells * sum(int(np.prod(shape)) for shape in shapes) / WORK
        if self._one_at_a_time(forward):
            share = max(share, cells / MOST_RUNS)
        return max(int(np.ceil(np.sqrt(share))), 1)

    def _predictions(self, forward: Forward, plane: Plane, columns: int, rows: int) -> Array:
        """Return the predictions on a grid: (rows, columns, outputs)."""
        points, live = plane.grid(columns, rows), self._session.interpreter.namespace
        singly = self._one_at_a_time(forward)
        return predictions(forward, live, points, singly, columns + 1).reshape(rows, columns, -1)


def _forward(program: Program, shapes: Mapping[str, Index]) -> tuple[Forward, Finder] | NoForward:
    try:
        forward = Forward.of(program)
    except NoForward as reason:
        return reason
    return forward, Finder(forward, shapes)


def _plane(inputs: Array) -> Plane | NoForward:
    try:
        return Plane.of(inputs)
    except NoForward as reason:
        return reason


def _range(targets: Array | None) -> tuple[float, float]:
    """Return the value between the targets and how far they are from it: 0.5 and 0.5 for 0 and 1."""
    if targets is None or not targets.size or not np.isfinite(targets).all():
        return 0.5, 0.5
    low, high = float(targets.min()), float(targets.max())
    return (low + high) / 2, (high - low) / 2 or 1.0


def _above(targets: Array | None, middle: float) -> Array | None:
    """Return 1 for targets above the middle and 0 for others, None where there is more than one column."""
    return (targets[:, 0] > middle).astype(np.intp) if targets is not None and targets.shape[1] == 1 else None


def _marks(samples: Samples, plane: Plane, classes: Array | None) -> tuple[tuple[float, float, int], ...]:
    """Return samples as (share of the width, share of the height from the top, class); evenly picked of many."""
    step = -(-len(samples.inputs) // MOST_SAMPLES)
    points = samples.inputs[::step][:, [plane.across, plane.up]].astype(np.float64)
    kinds = np.full(len(points), -1) if classes is None else classes[::step]
    (left, bottom), (right, top) = plane.low, plane.high
    with np.errstate(all="ignore"):
        x, y = (points[:, 0] - left) / (right - left), (top - points[:, 1]) / (top - bottom)
    inside = (x >= 0) & (x < 1) & (y >= 0) & (y < 1)
    return tuple(zip(x[inside].tolist(), y[inside].tolist(), kinds[inside].tolist(), strict=True))
