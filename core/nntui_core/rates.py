"""Which number is the learning rate of each update: a loop may have several, one for each layer.

The rate of an update is the number of the setup that multiplies in it, or in a line that fills one of its buffers.
Where an update has none of its own, the program's rate is meant to be in it.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from nntui_core.gradients import Objective
from nntui_core.objective import Layout
from nntui_core.program import Phase
from nntui_core.trace import Step, Trace
from nntui_core.updates import rate_of
from nntui_core.values import is_numeric


def rates(trace: Trace, plan: Layout, buffers: Mapping[str, Sequence[str]]) -> dict[str, float | None]:
    """Return each parameter's γ, None where no variable holds it."""
    written = {name for step in trace.steps for name in step.writes}
    forward = {name for step in trace.steps if plan.phase(step.statement) is Phase.FORWARD for name in step.reads}
    common = rate_of(trace, plan.roles.rate)
    found: dict[str, float | None] = {}
    for name in plan.roles.parameters:
        own = {name, *buffers.get(name, ())}
        steps = [step for step in trace.steps if own.intersection(step.writes)]
        if any(plan.roles.rate in step.reads for step in steps):
            found[name] = common
            continue
        numbers = {
            number
            for step in steps
            for number in _factors(step)
            if number not in written | forward and _is_number(trace.start.get(number))
        }
        found[name] = rate_of(trace, numbers.pop()) if len(numbers) == 1 else common
    return found


def _is_number(value: object) -> bool:
    return is_numeric(value) and np.size(value) == 1  # type: ignore[arg-type]


def _factors(step: Step) -> Iterator[str]:
    """Yield the names that multiply something in a statement, but for the share that a buffer keeps of itself."""
    for part in ast.walk(step.node):
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mult):
            for side, other in ((part.left, part.right), (part.right, part.left)):
                factor = side.operand if isinstance(side, ast.UnaryOp) else side
                keeps_itself = isinstance(other, ast.Name) and other.id in step.writes
                if isinstance(factor, ast.Name) and not keeps_itself:
                    yield factor.id


def penalised(objective: Objective, plan: Layout) -> frozenset[str]:
    """Return the parameters that the cost depends on by another way than the prediction: those in a penalty."""
    needed = {plan.roles.prediction}
    found: set[str] = set()
    for _, step in reversed(objective.steps):
        if needed.intersection(step.writes):
            needed |= set(step.reads)
        else:
            found |= set(plan.roles.parameters).intersection(step.reads)
    return frozenset(found) if plan.roles.prediction is not None else frozenset()
