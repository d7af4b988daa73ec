"""Everything a check measures, before anything is judged: the traced iteration and all its derivatives."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nntui_core.case import Case
from nntui_core.gradients import Derivative, Objective, differentiate, match
from nntui_core.line import Surroundings, product_of, style
from nntui_core.objective import Layout, mean, stated, usual
from nntui_core.optimizers import Optimizer
from nntui_core.program import Phase
from nntui_core.rates import penalised, rates
from nntui_core.slopes import slopes
from nntui_core.trace import Step, Trace
from nntui_core.updates import Pace, Update, judge
from nntui_core.values import Array

BUDGET = 4096
"""Cells of one variable that are measured at most."""
WORK = 0.08e9
"""About how many nanoseconds may go into the forward passes for one variable."""
PER_NUMBER, PER_PRODUCT = 5.0, 0.2
"""Nanoseconds that a number of the forward pass takes, and a multiplication within a matrix product, about."""
PARAMETERS_FIRST = 2.5
"""How many times as long a parameter may take."""
FEWEST = 8
DIVERGED = 1e60
"""A cost from which on squares of its derivatives may overflow."""
SEED = 0


class NothingToCheck(ValueError):  # noqa: N818 - it is the program that lacks something
    """There is no gradient to compare with: no parameters, no cost, or a cost that is not finite."""


def measure(trace: Trace, plan: Layout, optimizer: Optimizer, budget: int) -> Case:
    """Measure the cost of a traced iteration, one that starts from the optimizer's start, and its derivatives.

    Raises:
        NothingToCheck: there are no parameters, or no cost, or the cost is not finite.
    """
    if not plan.roles.parameters:
        raise NothingToCheck(
            "no parameters were found: no array that the forward pass reads and the loop updates from the target"
        )
    pace = Pace(samples(trace, plan), plan.samplewise.total, rates(trace, plan, optimizer.buffers), optimizer.buffers)
    objective = stated(trace, plan)
    if objective is not None:
        gradients = _gradients(trace, objective, plan, budget)
        flat = all(g.zero for g in gradients.values()) and _is_flat(trace, objective, plan, budget)
        if flat or _is_only_shown(trace, objective, plan, gradients, pace, budget):
            objective = None
    if objective is None:
        objective = _inferred(trace, plan, pace, budget)
        gradients = _gradients(trace, objective, plan, budget)
    if _is_of_mean(judge(trace, gradients, pace).values(), plan.samplewise.total):
        objective = mean(objective, plan.samplewise.total)
        gradients = _gradients(trace, objective, plan, budget)
    if not abs(objective.cost.value) < DIVERGED:
        raise NothingToCheck(
            f"{objective.cost.name} is {objective.cost.value}: there is nothing to compare; check an earlier iteration"
        )
    forward = forward_steps(objective, plan)
    derivatives = tuple(_measured(trace, objective, name, k, budget) for k, name in forward)
    names = tuple(dict.fromkeys(name for _, name in forward if name not in trace.shown))
    around = _surroundings(trace, objective, plan, names, derivatives)
    pace = replace(pace, penalised=penalised(objective, plan))
    return Case(trace, objective, plan, gradients, derivatives, pace, optimizer, around)


def _is_of_mean(updates: Iterable[Update], samples: int) -> bool:
    """Tell whether the updates are made of the mean over the samples of a cost that is summed up over them."""
    fits = [update.fit for update in updates if update.fit.exact and not update.free]
    return samples > 1 and bool(fits) and all(f.is_times(1 / samples) or f.is_times(-1 / samples) for f in fits)


def _is_flat(trace: Trace, objective: Objective, plan: Layout, budget: int) -> bool:
    """Tell whether the cost is constant piece by piece, as an accuracy is, and not only cut off by dead units."""
    return all(derivative.zero for derivative in _near_output(trace, plan, objective, budget)[-1:])


def _is_only_shown(
    trace: Trace,
    objective: Objective,
    plan: Layout,
    gradients: Mapping[str, Derivative],
    pace: Pace,
    budget: int,
) -> bool:
    """Tell whether the cost is a mean of absolute errors that no backward line descends: one that is only printed."""
    if not _is_mean_of_absolute(trace, objective, plan, budget):
        return False
    if any(update.right and update.fit.exact for update in judge(trace, gradients, pace).values()):
        return False
    near = _near_output(trace, plan, objective, budget)
    return not any(match(value, near) for _, _, value in backward_values(trace, plan))


def _is_mean_of_absolute(trace: Trace, objective: Objective, plan: Layout, budget: int) -> bool:
    """Tell whether the cost is the mean of absolute errors: its slope is 1/n everywhere, up or down."""
    steps = [(k, n) for k, n in forward_steps(objective, plan) if n == plan.roles.prediction]
    if not steps:
        return False
    k, name = steps[-1]
    slope = _measured(trace, objective, name, k, budget).sampled
    target = trace.end.get(plan.roles.target or "")
    value = trace.environments[k + 1][name]
    if slope.size < 2 or np.shape(target) != np.shape(value) or value.size != slope.size:  # type: ignore[arg-type]
        return False
    signs = np.sign(np.asarray(value - target, dtype=float)).reshape(-1)
    return bool(np.allclose(slope, signs / slope.size, rtol=1e-6, atol=0))


def cells_of(size: int, work: float, budget: int) -> NDArray[np.intp] | None:
    """Return a seeded sample of the cells of an array that is too large to be measured whole, None for all.

    `work` is what one forward pass takes, in nanoseconds, about.
    """
    limit = max(FEWEST, min(budget, int(WORK / max(work, 1.0))))
    if size <= limit:
        return None
    return np.sort(np.random.default_rng(SEED).choice(size, limit, replace=False)).astype(np.intp)


def _measured(trace: Trace, objective: Objective, name: str, position: int, budget: int) -> Derivative:
    size = int(np.size(trace.environments[position + 1][name]))
    work = work_of(trace, objective) / (PARAMETERS_FIRST if position < 0 else 1.0)
    return differentiate(trace, objective, name, position, cells_of(size, work, budget))


def work_of(trace: Trace, objective: Objective) -> float:
    """Return about how many nanoseconds one forward pass takes."""
    total = 0.0
    for k, step in objective.steps:
        if k + 1 >= len(trace.environments):
            continue
        size = sum(int(np.size(trace.environments[k + 1].get(n, 0))) for n in step.writes)
        inner = [max(np.shape(trace.environments[k].get(n, 0)), default=0) for n in step.reads]
        product = any(True for _ in products_in(step))
        total += size * (PER_NUMBER + (PER_PRODUCT * max(inner, default=0) if product else 0.0))
    return total


def _gradients(trace: Trace, objective: Objective, plan: Layout, budget: int) -> dict[str, Derivative]:
    return {
        name: _measured(trace, objective, name, -1, budget)
        for name in plan.roles.parameters
        if isinstance(trace.start.get(name), np.ndarray | np.floating | float | int)
    }


def forward_steps(objective: Objective, plan: Layout) -> list[tuple[int, str]]:
    """Return the forward variables: (step, name) of what depends on a parameter and not on the target."""
    meets = set(plan.targets)
    found: list[tuple[int, str]] = []
    depends = {id(step) for _, step in objective.reading(plan.roles.parameters)}
    for k, step in objective.steps:
        if meets.intersection(step.reads):
            meets |= set(step.writes)
        elif id(step) in depends and objective.name not in step.writes:
            found += [(k, name) for name in step.writes]
    return found


def _inferred(trace: Trace, plan: Layout, pace: Pace, budget: int) -> Objective:
    """Return the usual cost whose derivatives the first backward lines compute.

    Raises:
        NothingToCheck: none can be computed here.
    """
    candidates = list(usual(trace, plan))
    if not candidates:
        raise NothingToCheck("no cost was found: no loss, and no prediction that meets a target")
    candidates.sort(key=lambda objective: -_explained(trace, plan, objective, budget))
    best, most = candidates[0], (-1, -1)
    for objective in candidates:
        updates = judge(trace, _gradients(trace, objective, plan, budget), pace).values()
        right = (sum(u.right and not u.paced for u in updates), sum(u.proportional for u in updates))
        if right[0] == len(updates):
            return objective
        if right > most and _explained(trace, plan, objective, budget) == _explained(
            trace, plan, candidates[0], budget
        ):
            best, most = objective, right
    return best


def _explained(trace: Trace, plan: Layout, objective: Objective, budget: int) -> int:
    """Return how many backward lines are ± a derivative of this cost near the output."""
    derivatives = _near_output(trace, plan, objective, budget)
    exact = 0
    for _, _, value in backward_values(trace, plan):
        found = match(value, derivatives)
        exact += found is not None and found[1].is_unit
    return exact


def _near_output(trace: Trace, plan: Layout, objective: Objective, budget: int) -> list[Derivative]:
    """Return the derivatives of the last two forward variables."""
    return [_measured(trace, objective, name, k, budget) for k, name in forward_steps(objective, plan)[-2:]]


def backward_values(trace: Trace, plan: Layout) -> Iterator[tuple[int, str, Array]]:
    """Yield what the backward lines computed: (step, name, value), in order."""
    for k, step in enumerate(trace.steps[: len(trace.environments) - 1]):
        if plan.phase(step.statement) is Phase.BACKWARD:
            for name in step.writes:
                value = trace.environments[k + 1].get(name)
                if isinstance(value, np.ndarray) and value.dtype.kind in "fiu":
                    yield k, name, value


def samples(trace: Trace, plan: Layout) -> int:
    """Return the number of samples: the length that inputs and target have in common."""
    target = trace.end.get(plan.roles.target or "")
    shapes = [np.shape(trace.end[n]) for n in plan.roles.inputs if n in trace.end]
    if target is None or not np.shape(target):
        return 1
    shape = np.shape(target)
    if len(shape) == 2 and shapes and len(shapes[0]) == 2:
        rows = shapes[0][0] == shape[0]
        return int(shape[0] if rows else shape[1])
    return int(shape[0])


def _surroundings(
    trace: Trace,
    objective: Objective,
    plan: Layout,
    names: tuple[str, ...],
    derivatives: Sequence[Derivative],
) -> Surroundings:
    program, roles = trace.program, plan.roles
    known = {d.variable for d in derivatives}
    activation_of: dict[str, str] = {}
    for _, step in objective.steps:
        reads = [n for n in step.reads if n in known]
        plain = len(reads) == 1 and len(step.writes) == 1 and not set(step.reads) & set(roles.parameters)
        if plain and step.writes[0] in known and step.writes[0] != reads[0]:
            activation_of[reads[0]] = step.writes[0]
    backward = tuple(dict.fromkeys(name for _, name, _ in backward_values(trace, plan)))
    indices = sorted({s.statement.index for s in trace.steps if plan.phase(s.statement) is Phase.BACKWARD})
    activations = [d for d in derivatives if d.variable in activation_of.values()]
    errors = tuple(n for _, n, value in backward_values(trace, plan) if match(value, activations))
    around = Surroundings(
        inputs=roles.inputs,
        forward=names,
        backward=backward,
        parameters=roles.parameters,
        prediction=roles.prediction,
        activation_of=activation_of,
        errors=errors,
        product=style(program),
    )
    return replace(around, slopes=slopes(trace, objective, indices, around))


def products_in(step: Step) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield the operands of the matrix products in a step."""
    for part in ast.walk(step.node):
        found = product_of(part)
        if found is not None:
            yield found[0], found[1]
