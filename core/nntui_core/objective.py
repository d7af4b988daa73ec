"""What is being minimised, and what each statement does for it.

A program may state its cost (`loss = …`): then that is the cost, and the backward pass is measured against it. Many
loops never compute one. Then the cost is *inferred*: of the usual costs, the one whose derivative the first backward
lines compute. A mean of absolute errors that is only printed is no cost that anybody descends; it is passed over.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nntui_core import dataflow, places
from nntui_core.findings import Cost
from nntui_core.gradients import Objective
from nntui_core.program import Phase, Program, Roles, Statement
from nntui_core.trace import NUMPY, Step, Trace, run_step
from nntui_core.values import is_numeric

INFERRED = "__cost__"

COSTS = (
    "0.5 * np.sum(({p} - {t}) ** 2)",
    "np.sum(({p} - {t}) ** 2)",
    "0.5 * np.mean(({p} - {t}) ** 2)",
    "np.mean(({p} - {t}) ** 2)",
    "-np.sum({t} * np.log({p}) + (1 - {t}) * np.log(1 - {p}))",
    "-np.mean({t} * np.log({p}) + (1 - {t}) * np.log(1 - {p}))",
    "-np.sum({t} * np.log({p}))",
    "-np.sum({t} * np.log({p})) / len({t})",
    "0.5 * np.sum(({p} - {t}) ** 2) / len({t})",
    "np.sum(({p} - {t}) ** 2) / len({t})",
    "-np.sum(np.log({p}[np.arange(len({t})), {t}]))",
    "-np.mean(np.log({p}[np.arange(len({t})), {t}]))",
)
"""The usual costs, the likeliest first."""


@dataclass(frozen=True)
class Layout:
    """What the statements and variables of a program are for: `phases` has one entry for each body statement."""

    roles: Roles
    phases: tuple[Phase, ...]

    def phase(self, statement: Statement) -> Phase:
        """Return the phase of a body statement (an inferred cost is none of them)."""
        return self.phases[statement.index] if statement.index >= 0 else Phase.LOSS


def layout(program: Program) -> Layout:
    """Return the roles and phases of a program."""
    return Layout(program.roles, tuple(statement.phase for statement in program.body))


def stated(trace: Trace, plan: Layout) -> Objective | None:
    """Return the cost that the program states, None where it states none that could be descended."""
    name = plan.roles.loss
    k = trace.last_write(name) if name is not None else None
    while name is not None and k is not None and k + 1 < len(trace.environments):
        steps = _slice(trace, {name}, k)
        value = trace.environments[k + 1].get(name)
        updates = any(plan.phase(step.statement) is Phase.UPDATE for _, step in steps)
        if not updates and is_numeric(value):
            cost = Cost(name, _right_side(trace.steps[k].statement.text), float(np.sum(np.asarray(value))))
            return Objective(cost, name, tuple(steps))
        k = trace.last_write(name, k)
    return None


def _right_side(text: str) -> str:
    return text.split("=", 1)[1].strip() if "=" in text else text


def _slice(trace: Trace, names: set[str], last: int) -> list[tuple[int, Step]]:
    """Return the steps up to `last` that the values of these names depend on."""
    needed = set(names)
    found: list[tuple[int, Step]] = []
    for k in range(last, -1, -1):
        step = trace.steps[k]
        if not needed.intersection(step.writes):
            continue
        found.append((k, step))
        needed -= set(step.writes) - set(step.in_place)
        needed |= set(step.reads)
    return found[::-1]


def usual(trace: Trace, plan: Layout) -> Iterator[Objective]:
    """Yield the usual costs over prediction and target, as far as they can be computed here."""
    prediction, target = plan.roles.prediction, plan.roles.target
    k = _first_meeting(trace, prediction, target)
    if prediction is None or target is None or k is None:
        return
    given = trace.program.origin.given.cost
    beside = _as_read(trace.steps[k].node, target) if k < len(trace.steps) else target
    for expression in [given] if given else [template.format(p=prediction, t=beside) for template in COSTS]:
        step = _cost_step(expression, prediction, target)
        functions = dict(trace.functions)
        try:
            with np.errstate(all="ignore"):
                value = run_step(step, trace.environments[k], functions)[INFERRED]
        except Exception:  # noqa: BLE001 - shapes that this cost does not take
            continue
        if np.ndim(value) == 0 and np.isfinite(value):
            steps = [*_slice(trace, {prediction, target}, k - 1), (k, step)]
            yield Objective(Cost("C", expression, float(value), inferred=not given), INFERRED, tuple(steps))


def _first_meeting(trace: Trace, prediction: str | None, target: str | None) -> int | None:
    """Return the place before which prediction and target are there, the first where they are used together."""
    if prediction is None or target is None:
        return None
    written = [k for k, s in enumerate(trace.steps) if prediction in s.writes]
    for k, step in enumerate(trace.steps[: len(trace.environments)]):
        if written and k > written[0] and {prediction, target} <= set(step.reads):
            return k
    last = trace.last_write(prediction)
    return None if last is None or last + 1 >= len(trace.environments) else last + 1


def _as_read(node: ast.stmt, name: str) -> str:
    """Return what a statement reads of an array: all of it, or, one sample at a time, `y[i]`."""
    for part in ast.walk(node):
        if isinstance(part, ast.Subscript) and isinstance(part.ctx, ast.Load) and dataflow.base_name(part) == name:
            return ast.unparse(part)
    return name


def _cost_step(expression: str, prediction: str, target: str) -> Step:
    text = f"{INFERRED} = {expression.replace('np.', NUMPY + '.')}"
    node = places.named(ast.parse(text).body[0], frozenset({NUMPY}))
    statement = Statement(-1, 0, 0, text, "", (INFERRED,), (prediction, target), Phase.LOSS)
    return Step(statement, node, compile(ast.Module([node], []), "<cost>", "exec"), ())
