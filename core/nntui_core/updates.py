"""Is ΔW = −γ·∂C/∂W? Each parameter's update against the true gradient.

s = −ΔW/γ should be g = ∂C/∂W. It descends where s is a positive multiple of g, ascends where the multiple is
negative, and is no gradient otherwise. Two kinds of updates are right without being a multiple: weight decay
(s − g is a positive multiple of W) and optimizers that rescale each cell (Adam, RMSprop), which have a buffer of
their own and keep every sign.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nntui_core.findings import ASCENT, DESCENT, NOT_A_GRADIENT, NOT_UPDATED
from nntui_core.gradients import EPSILON, NO_FIT, Derivative, Fit, fit_cells, tolerance
from nntui_core.trace import Trace
from nntui_core.values import Array


@dataclass(frozen=True)
class Update:
    """One parameter's update: the verdict, and s = −ΔW/γ fitted to g = ∂C/∂W. `rate` is the γ that was used.

    `rescaled` tells whether each cell has a scale of its own, as with Adam: then a factor says nothing.
    """

    name: str
    verdict: str
    fit: Fit
    step: Array | None
    rate: float
    rescaled: bool = False

    @property
    def right(self) -> bool:
        """Whether ΔW = −γ·∂C/∂W, its factor 1 (or a rescaling that is known to be right)."""
        return self.verdict == DESCENT and (not self.fit.exact or self.rescaled or self.fit.is_times(1.0))

    @property
    def proportional(self) -> bool:
        """Whether ΔW is a multiple of ∂C/∂W, whatever its sign and size."""
        return self.fit.exact or self.verdict == DESCENT


def rate_of(trace: Trace, name: str | None) -> float | None:
    """Return the learning rate's value, None where no variable holds it."""
    value = trace.start.get(name) if name is not None else None
    if value is None or np.size(value) != 1:
        return None
    rate = float(np.asarray(value).reshape(()))
    return rate if np.isfinite(rate) and rate != 0 else None


def judge(
    trace: Trace, gradients: Mapping[str, Derivative], rate: float | None, buffers: Sequence[str] = ()
) -> dict[str, Update]:
    """Return the verdict on each parameter's update in a trace. Without a named rate, γ is what fits."""
    scaled = rescaled(trace, buffers) if buffers else frozenset()
    found = {name: _judge(trace, gradient, rate, buffers) for name, gradient in gradients.items()}
    return {name: replace(update, rescaled=name in scaled) for name, update in found.items()}


def _judge(trace: Trace, gradient: Derivative, rate: float | None, buffers: Sequence[str]) -> Update:
    name = gradient.variable
    before = np.asarray(trace.start[name], dtype=np.float64)
    after = trace.end.get(name)
    known = 1.0 if rate is None else rate
    unfinished = trace.failed_at is not None and any(name in s.writes for s in trace.steps[trace.failed_at :])
    if unfinished:
        return Update(name, NOT_UPDATED, NO_FIT, None, known)
    if np.shape(after) != before.shape:  # type: ignore[arg-type]
        return Update(name, NOT_A_GRADIENT, NO_FIT, None, known)
    step = (before - np.asarray(after, dtype=np.float64)) / known
    cells = step.reshape(-1)[gradient.cells]
    noise = tolerance(step) + 4 * EPSILON * float(np.max(np.abs(before), initial=0.0)) / abs(known)
    noise += tolerance(np.asarray(after)) / abs(known) if getattr(after, "dtype", None) == np.float32 else 0.0
    fitted = fit_cells(cells, gradient, noise)
    if rate is None and np.isfinite(fitted.factor) and fitted.factor != 0:
        known = abs(fitted.factor)
        step = step / known
        fitted = replace(fitted, factor=float(np.sign(fitted.factor)))
    return Update(name, _verdict(cells, before, gradient, fitted, noise, bool(buffers)), fitted, step, known)


def _verdict(cells: Array, before: Array, gradient: Derivative, fitted: Fit, noise: float, buffered: bool) -> str:
    if gradient.zero:
        small = np.all(np.abs(cells) <= noise + 8 * gradient.error)
        return DESCENT if small else NOT_A_GRADIENT
    if not np.any(cells):
        return NOT_UPDATED
    if fitted.exact:
        return DESCENT if fitted.factor > 0 else ASCENT
    if _decays(cells - gradient.sampled, before.reshape(-1)[gradient.cells], noise + 4 * gradient.error):
        return DESCENT
    if buffered and _same_signs(cells, gradient):
        return DESCENT
    return NOT_A_GRADIENT


def _decays(rest: Array, weights: Array, noise: float) -> bool:
    """Tell whether what an update has besides the gradient is weight decay: λ·W with λ > 0."""
    size = float(weights @ weights)
    if size == 0 or weights.size < 2 or not np.all(np.isfinite(rest)):
        return False
    strength = float(rest @ weights) / size
    return strength > 0 and bool(np.max(np.abs(rest - strength * weights)) <= noise)


def _same_signs(cells: Array, gradient: Derivative) -> bool:
    there = np.abs(gradient.sampled) > 8 * gradient.error
    return bool(np.all(np.sign(cells[there]) == np.sign(gradient.sampled[there])))


def spread(cells_error: Array | None, gradient: Derivative) -> Array:
    """Return |s − g| in the parameter's shape, read-only; nan where it is not known."""
    error = np.full(gradient.value.shape, np.nan)
    if cells_error is not None:
        error = np.array(np.abs(cells_error - gradient.value))
    error.flags.writeable = False
    return error


def rescaled(trace: Trace, buffers: Sequence[str]) -> frozenset[str]:
    """Return the names whose values come from a division by something made of a buffer.

    So do Adam, RMSprop and AdaGrad scale each cell of a step; momentum, which only adds, does not.
    """
    made = set(buffers)
    found: set[str] = set()
    for step in trace.steps:
        divisors = [
            part.right for part in ast.walk(step.node) if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Div)
        ]
        by_buffer = any(isinstance(n, ast.Name) and n.id in made for d in divisors for n in ast.walk(d))
        if by_buffer or found.intersection(step.reads):
            found |= set(step.writes)
        if made.intersection(step.reads):
            made |= set(step.writes)
    return frozenset(found)
