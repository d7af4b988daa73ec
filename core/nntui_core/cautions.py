"""Warnings: nothing is wrong yet. Sizes that happen to be equal, a start or a learning rate that will not get far."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from nntui_core.case import Case
from nntui_core.conditions import Observed, fresh_weights, setup_edit
from nntui_core.findings import WARNING, Finding
from nntui_core.trace import run_step
from nntui_core.values import Array

SMALL_START = 0.05
"""Root mean square of a hidden pre-activation below which its units hardly differ."""
SATURATED = 0.04
"""Share of the activation's steepest slope below which a unit hardly learns."""
SLOW = 300.0
"""How many times the learning rate could be larger along the first step before it counts as small."""
FLAT = 0.25
"""Share of the cost that all iterations together would take away, at the first step's pace, where the rate is small."""
LONGEST_STEP = 1e9
ITERATIONS = 1000
"""Iterations that are taken for granted where the loop's header does not say."""


def shape_coincidence(seen: Observed) -> Iterator[Finding]:
    """Find equal sizes through which a wrong product would run without an error."""
    case = seen.case
    notes = []
    one_by_one = case.plan.samplewise.total > 1
    for name, gradient in case.gradients.items():
        shape = gradient.value.shape
        if len(shape) != 2 or max(shape) < 2 or (one_by_one and 1 in shape):
            continue  # a bias: one sample's delta is its gradient
        same = [d.shown for d in case.forward if d.value.shape == shape]
        if same:
            notes.append(f"∂C/∂{same[0]} has the shape of {name}, {shape}")
        elif shape[0] == shape[1]:
            notes.append(f"{name} is square, {shape}, and so has the shape of {name}.T")
    if notes:
        variable = next(n for n in case.gradients if n in notes[0])
        message = "; ".join(notes) + ": one used for the other would raise no error"
        yield Finding("shape-coincidence", WARNING, None, variable, message, "try it with another number of samples")


def start_scale(seen: Observed) -> Iterator[Finding]:
    """Find initial weights that leave the units all alike, or saturated."""
    case, trace = seen.case, seen.case.trace
    for z, a in case.around.activation_of.items():
        k = trace.last_write(a)
        value = trace.environments[k].get(z) if k is not None else None
        if k is None or not isinstance(value, np.ndarray) or value.size < 2:
            continue
        root_mean_square = float(np.sqrt(np.mean(value.astype(float) ** 2)))
        weights = _weights_into(case, z)
        if weights is None:
            continue
        size = f"{weights} makes {trace.shown.get(z, z)} {root_mean_square:.3g} in size (root mean square)"
        if 0 < root_mean_square < SMALL_START and a != case.plan.roles.prediction:
            yield _start(case, weights, f"{size}: the units of {a} hardly differ, and learning starts with a plateau")
            return
        if root_mean_square > 3 and _saturates(case, k, z, a, value):
            yield _start(case, weights, f"{size}: most units of {a} are saturated, where the slope is nearly zero")
            return


def _weights_into(case: Case, z: str) -> str | None:
    """Return the weights that a pre-activation is computed with."""
    for _, step in case.objective.steps:
        if z in step.writes:
            found = [n for n in step.reads if n in case.gradients and np.ndim(case.trace.start[n]) == 2]
            return found[0] if found else None
    return None


def _start(case: Case, name: str, message: str) -> Finding:
    value = case.trace.start[name]
    inputs = max(1, value.shape[0])
    drawn = fresh_weights(case, value.shape)
    text, replacement = setup_edit(case.trace.program, name, lambda _: f"{drawn} / np.sqrt({inputs})")
    line = replacement[0] if replacement else None
    return Finding(
        "start-scale", WARNING, line, name, message, text or f"{name} = {drawn} / np.sqrt({inputs})", replacement
    )


def _saturates(case: Case, k: int, z: str, a: str, value: Array) -> bool:
    """Tell whether a bounded activation is flat at most of its values."""
    trace = case.trace
    step, before = trace.steps[k], trace.environments[k]

    def at(argument: Array) -> Array:
        return np.asarray(run_step(step, {**before, z: argument}, dict(trace.functions))[a], dtype=float)

    try:
        ends = np.concatenate([at(np.full(value.shape, x)).ravel() for x in (-50.0, 50.0)])
        h = 1e-4
        slope = np.abs(at(value + h) - at(value - h)) / (2 * h)
        steepest = np.max(np.abs(at(np.full(value.shape, h)) - at(np.full(value.shape, -h)))) / (2 * h)
    except Exception:  # noqa: BLE001 - the program does not take such numbers
        return False
    return bool(np.all(np.abs(ends) <= 2) and steepest > 0 and np.median(slope) < SATURATED * steepest)


def learning_rate(seen: Observed) -> Iterator[Finding]:
    """Find a learning rate that overshoots in the first step, or that hardly moves."""
    case, name = seen.case, seen.case.plan.roles.rate
    updates = case.judged(case.trace)
    if (
        name is None
        or case.rate is None
        or not seen.live[0].whole
        or not all(u.right and u.fit.exact for u in updates.values())
    ):
        return
    start, end = seen.live[0].start, seen.live[0].end  # as it runs, with the optimizer's own buffers
    moves = {n: np.asarray(end[n], dtype=float) - np.asarray(start[n], dtype=float) for n in updates}

    def cost(times: float) -> float:
        return _cost_at(case, {n: start[n] + times * move for n, move in moves.items()})

    here, there = case.objective.cost.value, cost(1.0)
    ladder = [10.0**power for power in range(-4, 0)]
    if (not np.isfinite(there) or there > here * 1.05) and any(cost(t) < here for t in ladder):
        best = min(ladder, key=cost)
        yield _rate(
            case, name, best, f"one step with {name} = {case.rate:g} takes the cost from {here:.4g} up to {there:.4g}"
        )
        return
    best, lowest = 1.0, there
    while best < LONGEST_STEP and cost(2 * best) < lowest:
        best, lowest = 2 * best, cost(2 * best)
    count = ITERATIONS if seen.iterations is None else seen.iterations
    if best >= SLOW and count * (here - there) < FLAT * abs(here):
        message = f"a step {best:g} times as long would still go downhill, from {here:.4g} to {lowest:.4g}"
        yield _rate(case, name, best, f"{name} = {case.rate:g} is small: {message}")


def _cost_at(case: Case, values: dict[str, Array]) -> float:
    environment = {**case.trace.start, **values}
    functions = dict(case.trace.functions)
    positions = dict(case.objective.steps)
    try:
        for k in sorted(positions):
            environment = {**environment, **_data(case, k)}
            environment = dict(run_step(positions[k], environment, functions))
        return float(np.sum(environment[case.objective.name]))
    except Exception:  # noqa: BLE001 - the program does not take such numbers
        return float("nan")


def _data(case: Case, k: int) -> dict[str, object]:
    """Return what step k reads that the forward pass did not compute: a mini-batch, a draw."""
    computed = {n for _, s in case.objective.steps for n in s.writes} | set(case.gradients)
    step = dict(case.objective.steps)[k]
    return {
        n: case.trace.environments[k][n] for n in step.reads if n not in computed and n in case.trace.environments[k]
    }


def _rate(case: Case, name: str, times: float, message: str) -> Finding:
    value = repr(float(f"{(case.rate or 1.0) * times:.3g}"))
    text, replacement = setup_edit(case.trace.program, name, lambda _: value)
    line = replacement[0] if replacement else None
    return Finding("learning-rate", WARNING, line, name, message, text or f"{name} = {value}", replacement)


AT_THE_START: Sequence[Callable[[Observed], Iterator[Finding]]] = (start_scale, learning_rate)
"""Tests that mean something only in iteration 0: a trained network may be saturated."""
