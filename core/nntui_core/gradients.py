"""The true derivative of the cost, by trying: change one number a little, run what follows, look at the cost.

For one cell v of a variable the central difference (C(v + h) − C(v − h)) / 2h is ∂C/∂v up to h²; from two step
sizes, h and h/2, Richardson's extrapolation removes that term as well, and their disagreement estimates the error
(Press et al., Numerical Recipes, §5.7). h = 1e-4·max(1, |v|) leaves 1e-16 of truncation and about 1e-12 of rounding
for a cost near 1; near a kink (ReLU) the two disagree, and h shrinks.

At a kink itself (a ReLU of exactly 0, which zero biases and a sample of zeros give) there is no slope, but one to
either side, and every central difference is their mean, however small h. What betrays a kink is the second difference
(C(v + h) − 2C(v) + C(v − h)) / h: of a smooth cost it shrinks with h, at a kink it stays, as large as the jump between
the two slopes. The rules of back-propagation may take either slope, and sums of samples anything in between; so a
derivative keeps, beside the mean, half of its jump, and whatever lies within counts as that derivative.

Nothing here knows the rules of back-propagation. That is the point: it measures what they ought to give.
"""

import ast
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui_core.draws import Draws
from nntui_core.findings import Cost, VariableMeaning
from nntui_core.precision import double
from nntui_core.trace import Environment, Step, Trace
from nntui_core.values import Array

STEP = 1e-4
SHRINK = 0.02
TRIES = 3
EPSILON = float(np.finfo(float).eps)

EXACT = 1e-5
"""The relative error up to which two float64 arrays count as the same derivative."""
EXACT_IN: Mapping[str, float] = MappingProxyType({"float32": 1e-4, "float16": 2e-2})
"""The same where the program insists on less precision; see `precision.in_double`."""
KINK = 1e-5
"""Share of the slope from which on a jump of the slope counts."""


@dataclass(frozen=True)
class Objective:
    """A cost and the steps that lead to it: (place in the trace, step), in order; the last one writes `name`."""

    cost: Cost
    name: str
    steps: tuple[tuple[int, Step], ...]

    def reading(self, roots: Sequence[str]) -> tuple[tuple[int, Step], ...]:
        """Return the steps whose results depend on what these names are at the start."""
        return self.following(roots, -1)

    def following(self, roots: Sequence[str], after: int) -> tuple[tuple[int, Step], ...]:
        """Return the steps after step `after` whose results depend on these names."""
        tainted, found = set(roots), []
        for k, step in self.steps:
            if k <= after:
                continue
            if tainted.intersection(step.reads):
                found.append((k, step))
                tainted |= set(step.writes)
            else:
                tainted -= set(step.writes) - set(step.in_place)
        return tuple(found)


@dataclass(frozen=True, eq=False)
class Derivative:
    """∂C/∂v for a variable v as it was after step `position` (−1: at the start of the iteration).

    `value` has v's shape, float64, read-only, nan where a cell was not sampled; `cells` are the flat indices of the
    cells that were. `error` is the estimated absolute error of a cell, `kinks` half the jump of the slope in each
    measured cell, shape (n,), 0 where the cost is smooth; None where it is smooth everywhere.
    """

    variable: str
    position: int
    value: Array
    cells: NDArray[np.intp]
    error: float
    shown: str = ""
    kinks: Array | None = None

    @property
    def label(self) -> str:
        """The derivative's name: `dC/dz2`, or `dC/d(x @ W)` where the program has no name for it."""
        return f"dC/d{self.shown or self.variable}"

    @property
    def whole(self) -> bool:
        """Whether every cell was measured."""
        return self.cells.size == self.value.size

    @property
    def sampled(self) -> Array:
        """The measured cells, shape (n,)."""
        return self.value.reshape(-1)[self.cells]

    @property
    def zero(self) -> bool:
        """Whether the derivative vanishes, as far as can be measured."""
        return bool(np.all(np.abs(self.sampled) <= 4 * self.error))

    def nearest(self, cells: Array, factor: float = 1.0) -> Array:
        """Return the slopes, shape (n,), that come nearest to cells/factor: at a kink there are many."""
        if self.kinks is None:
            return self.sampled
        scaled = np.nan_to_num(cells / factor) if factor else self.sampled
        return np.asarray(np.clip(scaled, self.sampled - self.kinks, self.sampled + self.kinks))


class _Tail:
    """The steps from a perturbed variable to the cost, compiled into one piece and run many times."""

    def __init__(self, trace: Trace, objective: Objective, name: str, position: int) -> None:
        steps = objective.following([name], position)
        self.cost = objective.name
        self.work: dict[str, Any] = dict(trace.functions)
        self.variable = name
        start = trace.environments[position + 1]
        if not _reads_agree(trace, steps, start, name):
            steps = tuple((k, step) for k, step in objective.steps if k > position)
        self.start = {self.cost: 0.0, **{n: double(v) for n, v in start.items()}}  # a sum that begins before is 0
        self.in_place = any(step.in_place for _, step in steps)
        self.fresh = tuple(n for _, step in steps for n in step.in_place if n in self.start)
        self.carried = {n: self.start[n] for n in _read_first([step for _, step in steps]) if n in self.start}
        self.work.update(self.start)
        self.pieces = _pieces([step for _, step in steps])
        self.protected = True
        self.runs = bool(steps)

    def __call__(self, value: Array) -> float:
        work = self.work
        work.update(self.carried)
        work[self.variable] = value.copy() if self.in_place or not self.protected else value
        if self.fresh or not self.protected:
            self._renew()
        try:
            self._run(work)
        except ValueError as error:
            if "read-only" not in str(error) or not self.protected:
                raise
            self.protected = False  # a function writes into its argument: give it arrays of its own
            return self(value)
        cost = work[self.cost]
        return float(cost) if isinstance(cost, float) else float(np.sum(cost))

    def _run(self, work: dict[str, Any]) -> None:
        for piece in self.pieces:
            if isinstance(piece, types.CodeType):
                exec(piece, work)
            elif isinstance(piece, Draws):
                piece.restore()
            else:
                work.update(piece)

    def _renew(self) -> None:
        names = self.fresh if self.protected else tuple(self.start)
        for name in names:
            if name != self.variable and isinstance(self.start[name], np.ndarray):
                self.work[name] = self.start[name].copy()


def _read_first(steps: Sequence[Step]) -> list[str]:
    """Return the names that steps change after they have read what was there before: `total += …`."""
    read: set[str] = set()
    written: set[str] = set()
    found: list[str] = []
    for step in steps:
        read |= set(step.reads) - written
        found += [name for name in step.writes if name in read]
        written |= set(step.writes)
    return found


def _reads_agree(trace: Trace, steps: Sequence[tuple[int, Step]], start: Environment, name: str) -> bool:
    """Tell whether what the steps read, and do not compute themselves, is already there as they found it."""
    computed = {name, *(n for _, step in steps for n in step.writes)}
    return all(
        trace.environments[k].get(n) is start.get(n) for k, step in steps for n in step.reads if n not in computed
    )


def _pieces(steps: Sequence[Step]) -> list[types.CodeType | Environment | Draws]:
    """Compile neighbouring statements together; keep recorded outcomes, and the states of generators, in between."""
    pieces: list[types.CodeType | Environment | Draws] = []
    block: list[ast.stmt] = []
    for step in [*steps, None]:
        if block and (step is None or step.code is None or step.draws is not None):
            pieces.append(compile(ast.Module(block, []), "<tail>", "exec"))
            block = []
        if step is None:
            break
        if step.draws is not None:
            pieces.append(step.draws)
        if step.code is None:
            pieces.append(step.outcome)
        else:
            block.append(step.node)
    return pieces


def differentiate(
    trace: Trace, objective: Objective, name: str, position: int, cells: NDArray[np.intp] | None = None
) -> Derivative:
    """Return the derivative of the cost with respect to a variable as it was after step `position`.

    `cells` are flat indices, None for all. Richardson-extrapolated central differences (see the module).

    Raises:
        Exception: whatever the program raises for a perturbed value.
    """
    value = np.array(trace.environments[position + 1][name], dtype=np.float64)
    chosen = np.arange(value.size) if cells is None else cells
    tail = _Tail(trace, objective, name, position)
    result, jumps = np.full(value.size, np.nan), np.zeros(chosen.size)
    error = 0.0
    if tail.runs:
        flat = value.reshape(-1)
        centre = tail(value)
        for i, cell in enumerate(chosen):
            result[cell], cell_error, jumps[i] = _cell(tail, value, flat, int(cell), centre)
            error = max(error, cell_error)
    else:
        result[chosen] = 0.0
    measured = result.reshape(value.shape)
    for array in (measured, jumps):
        array.flags.writeable = False
    kinks = jumps if np.any(jumps) else None
    return Derivative(name, position, measured, chosen, error, trace.shown.get(name, name), kinks)


def _cell(tail: _Tail, value: Array, flat: Array, cell: int, centre: float) -> tuple[float, float, float]:
    """Return one cell's derivative, its estimated error, and half the jump of the slope where that has a kink."""
    v = float(flat[cell])
    h = STEP * max(1.0, abs(v))
    best, best_error, best_kink = np.nan, np.inf, 0.0
    for _ in range(TRIES):
        ends = []
        for offset in (h, -h, h / 2, -h / 2):
            flat[cell] = v + offset
            ends.append(tail(value))
        coarse, fine = (ends[0] - ends[1]) / (2 * h), (ends[2] - ends[3]) / h
        rounding = 4 * EPSILON * max(abs(centre), abs(ends[0]), EPSILON) / h
        disagreement = abs(fine - coarse)
        error = rounding + (0.0 if disagreement < 1e-5 * abs(fine) else disagreement)
        wide, narrow = ends[0] - 2 * centre + ends[1], ends[2] - 2 * centre + ends[3]
        jump = abs(4 * narrow - wide) / h  # what is smooth in the second difference is 4 times as large at 2h
        kink = jump / 2 if jump > 16 * rounding + KINK * abs(fine) else 0.0
        if error + kink < best_error + best_kink or np.isnan(best):
            best, best_error, best_kink = (4 * fine - coarse) / 3, error, kink
        if error <= rounding and not kink:
            break
        h *= SHRINK
    flat[cell] = v
    return best, best_error if np.isfinite(best_error) else np.inf, best_kink


@dataclass(frozen=True, slots=True)
class Fit:
    """How well v ≈ factor·D: the least-squares factor, the cosine, and ‖v − factor·D‖/‖v‖."""

    factor: float
    cosine: float
    relative_error: float
    exact: bool
    slack: float = 0.0
    """How far the factor may be off, by the errors of both arrays."""

    def is_times(self, factor: float) -> bool:
        """Tell whether the factor is this one, as far as can be measured."""
        return abs(self.factor - factor) <= max(1e-4 * abs(factor), self.slack)

    @property
    def is_unit(self) -> bool:
        """Whether the factor is +1 or −1."""
        return self.is_times(1.0) or self.is_times(-1.0)


LARGEST_SLACK = 0.2
NO_FIT = Fit(np.nan, np.nan, np.nan, False)


def fit(value: Array, derivative: Derivative, noise: float = 0.0) -> Fit:
    """Fit an array of the derivative's shape to the derivative; `noise` is the array's own error, a cell."""
    if np.shape(value) != derivative.value.shape:
        return NO_FIT
    v = np.asarray(value, dtype=np.float64).reshape(-1)[derivative.cells]
    return fit_cells(v, derivative, noise + tolerance(value))


def tolerance(value: Array) -> float:
    """Return the error of an array's cells that comes from its precision."""
    share = EXACT_IN.get(str(getattr(value, "dtype", "")), EXACT)
    largest = float(np.max(np.abs(np.asarray(value)), initial=0.0)) if np.size(value) else 0.0
    return share * (largest if np.isfinite(largest) else 0.0)


def fit_cells(v: Array, derivative: Derivative, noise: float, rounding: float = 0.0) -> Fit:
    """Fit the measured cells of an array, shape (n,), to the derivative's.

    `noise` and `rounding` are how far a cell may be off; rounding may make a factor, too.
    """
    d = derivative.sampled
    if not (np.all(np.isfinite(v)) and np.all(np.isfinite(d))) or derivative.zero or not np.any(v):
        return NO_FIT
    factor = _factor(v, derivative)
    d = derivative.nearest(v, factor)
    vv, dd, vd = float(v @ v), float(d @ d), float(v @ d)
    if vv == 0.0 or dd == 0.0:
        return NO_FIT
    difference = np.abs(v - factor * d)
    relative = float(np.sqrt(difference @ difference / vv))
    errors = 4 * abs(factor) * derivative.error
    exact = bool(np.max(difference) <= noise + rounding + errors)
    slack = min(LARGEST_SLACK, (errors + rounding) / float(np.max(np.abs(d))))
    return Fit(factor, vd / float(np.sqrt(vv * dd)), relative, exact, slack)


def _factor(v: Array, derivative: Derivative) -> float:
    """Return the least-squares factor; from the cells without a kink where those can tell it, else 1 or −1."""
    d = derivative.sampled
    if derivative.kinks is not None:
        smooth = derivative.kinks == 0.0
        if np.any(v[smooth]) and np.max(np.abs(d[smooth])) > 4 * derivative.error:
            v, d = v[smooth], d[smooth]
        else:
            signs = (1.0, -1.0)
            return min(signs, key=lambda sign: float(np.sum((v - sign * derivative.nearest(v, sign)) ** 2)))
    return float(v @ d) / float(d @ d)


def meaning(name: str, value: Array, derivatives: Sequence[Derivative]) -> VariableMeaning | None:
    """Return which derivative a variable is, None where it is none.

    A factor of ±1 goes before other factors, a derivative before a transposed one. A single number is only compared
    with factor ±1: it is a multiple of every other number.
    """
    found = match(value, derivatives)
    if found is not None:
        derivative, fitted = found
        return VariableMeaning(name, derivative.label, fitted.factor, fitted.relative_error)
    if np.ndim(value) != 2:
        return None
    found = match(np.transpose(value), [d for d in derivatives if d.whole])
    if found is None:
        return None
    derivative, fitted = found
    return VariableMeaning(name, f"({derivative.label}).T", fitted.factor, fitted.relative_error)


def match(value: Array, derivatives: Sequence[Derivative]) -> tuple[Derivative, Fit] | None:
    """Return the derivative of its shape that an array is a multiple of, None where there is none."""
    fits = [(d, fit(value, d)) for d in derivatives if d.value.shape == np.shape(value)]
    exact = [(d, f) for d, f in fits if f.exact and (f.is_unit or d.cells.size > 1)]
    return min(exact, key=lambda pair: not pair[1].is_unit, default=None)
