"""Momentum, Adam and their kin: what their buffers do to a step, and how to look past them at the gradient.

A buffer is an array that an update carries from one iteration to the next, as large as its parameter. Because of it ΔW
is no multiple of ∂C/∂W even where everything is right. But the step depends on the buffer and on the gradient, and
what the buffer holds is ours to choose. Two kinds are told apart by trying, not by their names:

* Put a large number into a buffer that *adds* to the step (momentum, Adam's first moment), and the step grows with
  it. Empty, it leaves a step that is a multiple of what entered: v = μ·0 + g.
* Put it into one that *divides* the step (the squares of Adam, RMSprop and Adagrad), and the step settles: what it had
  from the gradient vanishes like one over the root. With the same large number in every cell it divides all cells
  alike, and the step is again a multiple of what entered: g / (√K + ε).

So an iteration that starts with zeros in the former and one large number in the latter takes a step along the gradient
itself, and is judged as strictly as any other (`nntui_core.updates`); only the size of the step is the optimizer's
affair. A buffer that changes no step (an average of the weights, the best weights so far) has no say in it.

What that leaves open is looked at by itself. A buffer that adds must push on in the direction in which the gradient
went into it. One that divides must come to the size of what enters: squares under a root, or sizes without one, so
that the step does not depend on the unit of the cost.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from nntui_core.gradients import Derivative, fit
from nntui_core.objective import Layout
from nntui_core.program import Phase
from nntui_core.trace import Environment, Trace
from nntui_core.values import Array, is_numeric

LARGE = 1e8
"""How many times as large as the squares of one iteration the number is that divides all cells alike."""
SETTLED = 0.01
"""Share of its first answer by which a step that is divided still answers to four times the number."""
SEED = 0


@dataclass(frozen=True)
class Optimizer:
    """What the updates carry: for each parameter the buffers that change its step, and those of them that divide it.

    `start` are the values of the buffers with which a step goes along the gradient.
    """

    buffers: Mapping[str, tuple[str, ...]]
    scales: frozenset[str]
    start: Environment

    @property
    def names(self) -> tuple[str, ...]:
        """All buffers, each once."""
        return tuple(dict.fromkeys(name for names in self.buffers.values() for name in names))


NONE = Optimizer({}, frozenset(), {})
"""No buffers at all."""


def find(trace: Trace, plan: Layout) -> Optimizer:
    """Find the buffers of an iteration by changing what they hold at its start."""
    parameters = [n for n in plan.roles.parameters if n in trace.start]
    candidates = _candidates(trace, plan)
    if not candidates:
        return NONE
    empty: dict[str, Any] = {name: np.zeros_like(trace.start[name], dtype=float) for name in candidates}
    base = trace.with_start(empty)
    steps = {name: _step(base, name) for name in parameters}
    sizes = {name: LARGE * float(np.max(np.abs(base.end.get(name, 1.0)), initial=0.0)) or 1.0 for name in candidates}
    buffers: dict[str, list[str]] = {}
    scales: set[str] = set()
    for buffer in candidates:
        shape = np.shape(empty[buffer])
        once, more = (
            trace.with_start({**empty, buffer: np.full(shape, times * sizes[buffer])}) for times in (1.0, 4.0)
        )
        for name in parameters:
            if np.shape(trace.start[name]) != shape:
                continue
            first = _difference(steps[name], _step(once, name))
            second = _difference(_step(once, name), _step(more, name))
            if first > 0:
                buffers.setdefault(name, []).append(buffer)
                scales |= {buffer} if second < SETTLED * first else set()
    used = {b for names in buffers.values() for b in names}
    start = {b: np.full_like(empty[b], sizes[b]) if b in scales else empty[b] for b in candidates if b in used}
    return Optimizer({n: tuple(b) for n, b in buffers.items()}, frozenset(scales), start)


def _candidates(trace: Trace, plan: Layout) -> tuple[str, ...]:
    """Return the numbers and arrays, of a parameter's shape, that backward and update lines carry to the next time."""
    parameters = set(plan.roles.parameters)
    seen: set[str] = set()
    early: dict[str, None] = {}
    for step in trace.steps:
        early |= dict.fromkeys(n for n in step.reads if n not in seen)
        seen |= set(step.writes)
    shapes = {np.shape(trace.start[n]) for n in parameters if n in trace.start}
    late = {
        n for step in trace.steps if plan.phase(step.statement) in (Phase.BACKWARD, Phase.UPDATE) for n in step.writes
    }
    return tuple(
        name
        for name in early
        if name in late - parameters
        and is_numeric(trace.start.get(name))
        and np.shape(trace.start[name]) in shapes
        and np.asarray(trace.start[name]).dtype.kind in "iuf"
    )


def _step(trace: Trace, name: str) -> Array | None:
    """Return W before minus W after; None where the shape has changed or the iteration fails."""
    before, after = np.asarray(trace.start[name], dtype=float), trace.end.get(name)
    if trace.failed_at is not None or after is None or np.shape(after) != before.shape:
        return None
    return np.asarray(before - np.asarray(after, dtype=float))


def _difference(one: Array | None, other: Array | None) -> float:
    """Return by how much two steps differ, at most; a division by zero in one of them makes them differ."""
    if one is None or other is None:
        return 0.0
    both = np.isfinite(one) & np.isfinite(other)
    return float(np.max(np.abs(one - other)[both], initial=0.0 if np.all(both) else np.finfo(float).tiny))


# --- what is judged by itself ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wrong:
    """A buffer that does not do its part: `kept` is the share of the steps before that an adding one gives back, None
    for one that divides.
    """

    parameter: str
    buffer: str
    kept: float | None


def wrong_buffers(
    trace: Trace, gradients: Mapping[str, Derivative], optimizer: Optimizer, judged: Sequence[str]
) -> Iterator[Wrong]:
    """Yield the buffers that push back, or that divide by something else than the size of the gradient.

    `trace` starts from the optimizer's start; `judged` are the parameters whose steps are multiples of the gradient.
    """
    random = np.random.default_rng(SEED)
    held: dict[str, Any] = {name: random.standard_normal(np.shape(trace.start[name])) for name in optimizer.names}
    empty = trace.with_start({name: np.zeros_like(trace.start[name]) for name in optimizer.names})
    for name in judged:
        gradient = gradients[name]
        for buffer in optimizer.buffers.get(name, ()):
            if buffer in optimizer.scales:
                if not _collects(empty.end.get(buffer), gradient, _step(trace, name), _power(trace, name, buffer)):
                    yield Wrong(name, buffer, None)
                continue
            kept = _kept(trace, name, buffer, gradient, held[buffer])
            if kept is not None and kept < -1e-6:
                yield Wrong(name, buffer, kept)


def _kept(trace: Trace, name: str, buffer: str, gradient: Derivative, held: Array) -> float | None:
    """Return the share of what a buffer was given before that it adds to the step, as the gradient's own part is 1."""
    after, base = np.asarray(trace.end.get(buffer), dtype=float), _step(trace, name)
    if base is None or not fit(after, gradient).exact:
        return None
    held = held * float(np.max(np.abs(after), initial=0.0))
    moved = _step(trace.with_start({buffer: held}), name)
    size = float(np.sum(held * held))
    parts = np.stack([after.ravel(), np.asarray(trace.start[name], dtype=float).ravel()], axis=1)
    own = float(np.linalg.lstsq(parts, base.ravel(), rcond=1e-9)[0][0])  # besides it there may be weight decay
    if moved is None or not size or not own:
        return None
    return float(np.sum((moved - base) * held)) / size / own


def _power(trace: Trace, name: str, buffer: str) -> float:
    """Return q where a step is divided by the buffer to the power q: 1/2 under a root."""
    held = np.asarray(trace.start[buffer], dtype=float)
    steps = [_step(trace.with_start({buffer: times * held}), name) for times in (1.0, 4.0, 16.0)]
    changes = [_difference(one, other) for one, other in pairwise(steps)]
    return float(np.log(changes[0] / changes[1]) / np.log(4.0)) if all(changes) else np.nan


def _collects(after: Any, gradient: Derivative, step: Array | None, power: float) -> bool:
    """Tell whether a buffer that started empty makes the divisor the size of what enters: squares under a root."""
    value = np.asarray(after, dtype=float).reshape(-1) if after is not None else np.zeros(0)
    if value.size != gradient.value.size or step is None or not power > 0:
        return True
    value = value[gradient.cells]
    entering = (gradient.sampled, step.reshape(-1)[gradient.cells])  # the second where a penalty enters too
    return any(_proportional(value, np.abs(e) ** round(1 / power)) for e in entering)


def _proportional(value: Array, other: Array) -> bool:
    size = float(other @ other)
    if size == 0 or not np.all(np.isfinite(value)):
        return False
    factor = float(value @ other) / size
    return factor > 0 and bool(np.max(np.abs(value - factor * other)) <= 1e-4 * float(np.max(np.abs(value))))
