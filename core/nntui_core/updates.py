"""Is ΔW = −γ·∂C/∂W? Each parameter's update against the true gradient.

s = −ΔW/γ should be g = ∂C/∂W. It descends where s is a positive multiple of g, ascends where the multiple is
negative, and is no gradient otherwise. "A multiple" is a statement about at least two cells: every number is a multiple
of every other, so that a single one must be g itself, or g times a factor that people do forget (2, n, 1/n…).

Three things are right without being −γ·g:

* **Weight decay**: s − g = λ·W with 0 < λγ < 1. It is taken off before the rest is judged, and told with its λ
  (`nntui_core.strides`). Where the cost itself has W in a penalty, g has it too, and nothing is taken off.
* **Momentum and Adam** (`nntui_core.optimizers`): started so that their buffers leave the direction alone, a step is a
  multiple of g again; by what factor is the optimizer's affair.
* **Another step size**: what enters the update is g, and the update makes another number of it than γ (two rates, a
  limit on the norm). The direction is right and so is the backward pass.

For the last two, the factor that counts is that of the array that *enters*: the one of W's shape that the update, or
the buffer, reads.

ΔW itself is the difference of two weights and so no more exact than they are: where the step drowns in their rounding
it cannot be judged, and that is said instead of a verdict on noise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from nntui_core.findings import ASCENT, DESCENT, NOT_A_GRADIENT, NOT_UPDATED
from nntui_core.gradients import EPSILON, EXACT, NO_FIT, Derivative, Fit, fit, fit_cells, tolerance
from nntui_core.trace import Trace
from nntui_core.values import Array

UNCLEAR = 0.05
"""Share of a step that may be rounding where it is still judged."""


@dataclass(frozen=True)
class Pace:
    """How long the steps are meant to be.

    `samples` are those of a batch, `summed` those that are gone through one after another. `rates` has each
    parameter's γ, None where no variable holds it; `buffers` the arrays that its update carries on (momentum);
    `penalised` are the parameters that the cost has in a penalty.
    """

    samples: int = 1
    summed: int = 1
    rates: Mapping[str, float | None] = field(default_factory=lambda: MappingProxyType({}))
    buffers: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    penalised: frozenset[str] = frozenset()

    def known(self, name: str) -> float | None:
        """Return a parameter's γ, None where the size of its step tells nothing."""
        return None if self.buffers.get(name) else self.rates.get(name)

    @property
    def carried(self) -> frozenset[str]:
        """All buffers."""
        return frozenset(b for names in self.buffers.values() for b in names)


@dataclass(frozen=True)
class Update:
    """One parameter's update: the verdict, and s = −ΔW/γ, weight decay taken off, fitted to g = ∂C/∂W.

    `rate` is the γ that was used; where none is known (`free`) it is what fits, and the factor is ±1. `entered` is the
    factor of the array that enters the update, None where that is no multiple of g, or there is no such array. `decay`
    is λ. `reason` says why the update cannot be judged, '' where it can.
    """

    name: str
    verdict: str
    fit: Fit
    step: Array | None
    rate: float
    free: bool = False
    entered: float | None = None
    decay: float = 0.0
    reason: str = ""

    @property
    def right(self) -> bool:
        """Whether ΔW = −γ·∂C/∂W, or there is nothing that a line of the backward pass could be blamed for."""
        return bool(self.reason) or (self.verdict == DESCENT and (not self.fit.exact or _is_one(self.scale)))

    @property
    def proportional(self) -> bool:
        """Whether ΔW is a multiple of ∂C/∂W, whatever its sign and size."""
        return bool(self.reason) or self.fit.exact or self.verdict == DESCENT

    @property
    def scale(self) -> float:
        """The factor that the backward pass is to blame for: 1 where only the size of the step differs."""
        factor = self.fit.factor
        if self.fit.is_times(1.0):
            factor = 1.0
        if self.entered is None or (factor == 1.0 and not self.free):
            return factor
        return float(np.copysign(1.0 if _is_one(abs(self.entered)) else abs(self.entered), factor))

    @property
    def paced(self) -> bool:
        """Whether the step differs from γ·∂C/∂W in nothing but its size."""
        return self.right and not self.reason and self.fit.exact and not self.free and not self.fit.is_times(1.0)


def _is_one(factor: float) -> bool:
    return abs(factor - 1.0) <= 1e-4


def rate_of(trace: Trace, name: str | None) -> float | None:
    """Return the learning rate's value, None where no variable holds it."""
    value = trace.start.get(name) if name is not None else None
    if value is None or np.size(value) != 1:
        return None
    rate = float(np.asarray(value).reshape(()))
    return rate if np.isfinite(rate) and rate != 0 else None


def judge(trace: Trace, gradients: Mapping[str, Derivative], pace: Pace) -> dict[str, Update]:
    """Return the verdict on each parameter's update in a trace. Without a known rate, γ is what fits."""
    updates = {name: _judge(trace, gradient, pace) for name, gradient in gradients.items()}
    fitted = [u.rate for u in updates.values() if u.free and u.fit.exact and gradients[u.name].cells.size > 1]
    common = fitted[0] if fitted and np.allclose(fitted, fitted[0], rtol=1e-4) else None
    return {name: _single(update, gradients[name], pace, common) for name, update in updates.items()}


def _judge(trace: Trace, gradient: Derivative, pace: Pace) -> Update:
    name = gradient.variable
    before = np.asarray(trace.start[name], dtype=np.float64)
    after = trace.end.get(name)
    rate = pace.known(name)
    known = 1.0 if rate is None else abs(rate)
    unfinished = trace.failed_at is not None and any(name in s.writes for s in trace.steps[trace.failed_at :])
    if unfinished:
        return Update(name, NOT_UPDATED, NO_FIT, None, known)
    if np.shape(after) != before.shape:  # type: ignore[arg-type]
        return Update(name, NOT_A_GRADIENT, NO_FIT, None, known)
    step = (before - np.asarray(after, dtype=np.float64)) / known
    rounding = _rounding(before, after) / known
    largest = float(np.max(np.abs(np.asarray(step)), initial=0.0))
    update = Update(name, NOT_UPDATED, NO_FIT, step, known, rate is None)
    if not gradient.zero and 0.0 < largest * UNCLEAR < rounding:
        # what is left after rounding is nothing, or too little
        verdict = NOT_UPDATED if largest <= 4 * rounding else NOT_A_GRADIENT
        reason = f"the step is {largest * known:.2g}, and {name} is rounded to about {rounding * known / 2:.2g}"
        return replace(update, verdict=verdict, reason=reason)
    return _fitted(trace, update, step, gradient, pace, rounding)


def _rounding(before: Array, after: object) -> float:
    """Return the rounding error of ΔW: that of two weights."""
    dtype = getattr(after, "dtype", None)
    single = dtype is not None and dtype.kind == "f" and dtype.itemsize < 8
    epsilon = float(np.finfo(dtype).eps) if single and dtype is not None else EPSILON
    return 2 * epsilon * float(np.max(np.abs(before), initial=0.0))


def _fitted(trace: Trace, update: Update, step: Array, gradient: Derivative, pace: Pace, rounding: float) -> Update:
    cells = step.reshape(-1)[gradient.cells]
    noise = tolerance(step)
    if gradient.zero:
        slack = noise + rounding + 8 * gradient.error + (0.0 if gradient.kinks is None else gradient.kinks)
        decay = 0.0
        if np.any(np.abs(cells) > slack) and update.name not in pace.penalised:
            decay = _share(cells, trace, gradient)
        rest = np.abs(cells - decay * _weights(trace, gradient))
        small = decay * update.rate < 1 and bool(np.all(rest <= slack))
        return replace(update, verdict=DESCENT if small else NOT_A_GRADIENT, decay=decay if small else 0.0)
    if not np.any(cells):
        return update
    fitted = fit_cells(cells, gradient, noise, rounding)
    if not fitted.exact and update.name not in pace.penalised:
        decay = _decay(cells, trace, gradient, rounding)
        if decay * update.rate >= 1:  # nothing of W is kept: that is no decay
            update = replace(update, decay=decay)
        elif decay > 0:
            taken = decay * np.asarray(trace.start[update.name], dtype=np.float64)
            step = step - taken
            cells = step.reshape(-1)[gradient.cells]
            rounding += 4 * EPSILON * float(np.max(np.abs(taken)))
            fitted = fit_cells(cells, gradient, tolerance(step), rounding)
            update = replace(update, step=step, decay=decay)
    entered = _entered(trace, gradient, pace) if fitted.exact and (update.free or not fitted.is_times(1.0)) else None
    if update.free and np.isfinite(fitted.factor) and fitted.factor != 0:
        known = abs(fitted.factor)
        update = replace(update, step=step / known, rate=known, decay=update.decay / known)
        fitted = replace(fitted, factor=float(np.sign(fitted.factor)))
    verdict = NOT_A_GRADIENT
    if fitted.exact:
        verdict = DESCENT if fitted.factor > 0 else ASCENT
    return replace(update, verdict=verdict, fit=fitted, entered=entered)


# --- weight decay ----------------------------------------------------------------------------------------------


def _weights(trace: Trace, gradient: Derivative) -> Array:
    return np.asarray(trace.start[gradient.variable], dtype=np.float64).reshape(-1)[gradient.cells]


def _share(cells: Array, trace: Trace, gradient: Derivative) -> float:
    """Return the λ > 0 for which the cells are λ·W, nearest; 0 where there is none."""
    weights = _weights(trace, gradient)
    size = float(weights @ weights)
    return max(0.0, float(cells @ weights) / size) if size and cells.size > 1 and np.all(np.isfinite(cells)) else 0.0


def _decay(cells: Array, trace: Trace, gradient: Derivative, rounding: float) -> float:
    """Return the λ > 0 for which s = f·g + λ·W, 0 where there is none.

    Two unknowns need three cells to be tested, and what is left must be small beside the part that follows g: a large
    λ must not hide a wrong gradient.
    """
    g, weights = gradient.sampled, _weights(trace, gradient)
    if g.size < 3 or not np.all(np.isfinite(cells)) or gradient.kinks is not None:
        return 0.0
    (factor, decay), _, rank, _ = np.linalg.lstsq(np.stack([g, weights], axis=1), cells, rcond=1e-9)
    rest = np.abs(cells - factor * g - decay * weights)
    part = abs(factor) * float(np.max(np.abs(g)))
    allowed = EXACT * part + 4 * abs(factor) * gradient.error + rounding + 8 * EPSILON * float(np.max(np.abs(cells)))
    return float(decay) if rank == 2 and decay > 0 and part and float(np.max(rest)) <= allowed else 0.0


# --- what enters an update, and single numbers -----------------------------------------------------------------


def _entered(trace: Trace, gradient: Derivative, pace: Pace) -> float | None:
    """Return the factor of the arrays of W's shape that the update, or a buffer of it, reads: multiples of g.

    What depends on a buffer does not enter any more, it has. Where W is written more than once nothing is returned:
    one step more is a mistake of its own.
    """
    name, shape = gradient.variable, gradient.value.shape
    carried = pace.carried
    sinks = {name, *pace.buffers.get(name, ())}
    if sum(name in step.writes for step in trace.steps) != 1:
        return None
    later: set[str] = set(carried)
    made: set[str] = set()
    factors: list[float] = []
    for k, step in enumerate(trace.steps[: len(trace.environments) - 1]):
        if sinks.intersection(step.writes):
            for read in step.reads:
                value = trace.environments[k].get(read)
                if read in made and read not in later and np.shape(value) == shape:  # type: ignore[arg-type]
                    found = fit(np.asarray(value), gradient)
                    if found.exact:
                        factors.append(found.factor)
        if later.intersection(step.reads):
            later |= set(step.writes)
        else:
            later -= set(step.writes) - carried
        made |= set(step.writes)
    agree = bool(factors) and np.allclose(factors, factors[0], rtol=1e-4)
    return factors[0] if agree else None


def _single(update: Update, gradient: Derivative, pace: Pace, common: float | None) -> Update:
    """Judge a single number, of which the fit says nothing: it must be g, or g times a factor that people forget."""
    telling = np.count_nonzero(np.abs(gradient.sampled) > 4 * gradient.error)
    if not update.fit.exact or telling > 1 or update.verdict not in (DESCENT, ASCENT):
        return update
    factor = update.fit.factor
    if update.entered is not None:
        factor = update.entered
    elif update.free:
        factor = 1.0 if common is None or pace.buffers.get(update.name) else update.rate / common
    n, m = float(max(pace.samples, 1)), float(max(pace.summed, 1))
    known = {f * g for f in (1.0, 2.0, 0.5) for g in (1.0, n, 1 / n, n * n, m, 1 / m)}
    slack = max(1e-4, update.fit.slack)
    if any(abs(abs(factor) - k) <= slack * k for k in known):
        return update
    return replace(update, verdict=NOT_A_GRADIENT, fit=replace(update.fit, exact=False))


def spread(cells_error: Array | None, gradient: Derivative) -> Array:
    """Return |s − g| in the parameter's shape, read-only; nan where it is not known."""
    error = np.full(gradient.value.shape, np.nan)
    if cells_error is not None:
        cells = cells_error.reshape(-1)[gradient.cells]
        error.reshape(-1)[gradient.cells] = np.abs(cells - gradient.nearest(cells))
    error.flags.writeable = False
    return error
