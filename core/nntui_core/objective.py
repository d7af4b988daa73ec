"""What is being minimised, and what each statement does for it.

A program may state its cost (`loss = …`): then that is the cost, and the backward pass is measured against it. Many
loops never compute one. Then the cost is *inferred*: of the usual costs, the one whose derivative the first backward
lines compute. A mean of absolute errors that is only printed is no cost that anybody descends; it is passed over.
"""

import ast
import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nntui_core import dataflow, parsing, places
from nntui_core.findings import Cost
from nntui_core.gradients import Objective
from nntui_core.program import Phase, Program, Roles, Statement
from nntui_core.samplewise import NONE, Samplewise
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
    samplewise: Samplewise = NONE

    @property
    def targets(self) -> frozenset[str]:
        """The target, or those of all samples that the program goes through."""
        return self.samplewise.targets or frozenset({self.roles.target} if self.roles.target else ())

    def phase(self, statement: Statement) -> Phase:
        """Return the phase of a body statement (an inferred cost is none of them)."""
        return self.phases[statement.index] if statement.index >= 0 else Phase.LOSS


def layout(program: Program) -> Layout:
    """Return the roles and phases of a program."""
    return Layout(program.roles, tuple(statement.phase for statement in program.body), program.samplewise)


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


def mean(total: Objective, samples: int) -> Objective:
    """Return the mean over samples of a cost that the program sums up over them."""
    k, last = total.steps[-1]
    node = parsing.parse(f"{INFERRED} = 0").body[0]
    assert isinstance(node, ast.Assign)
    node.value = ast.BinOp(ast.Name(total.name, ast.Load()), ast.Div(), ast.Constant(samples))
    ast.fix_missing_locations(node)
    statement = replace(last.statement, index=-1, targets=(INFERRED,), reads=(total.name,))
    step = Step(statement, node, compile(ast.Module([node], []), "<cost>", "exec"), ())
    name = total.cost.name if total.cost.over else f"{total.cost.name} / {samples}"
    over = f"the mean over {samples} samples" if total.cost.over else ""
    cost = replace(total.cost, name=name, value=total.cost.value / samples, over=over)
    return Objective(cost, INFERRED, (*total.steps, (k + 1, step)))


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


def _sum_over(samples: int, seen: int) -> str:
    """Say over how many samples a cost is summed up, and of how many its value is."""
    if samples <= 1:
        return ""
    part = "" if seen >= samples else ", here the first" if seen == 1 else f", here the first {seen}"
    return f"the sum over {samples} samples{part}"


def usual(trace: Trace, plan: Layout) -> Iterator[Objective]:
    """Yield the usual costs over prediction and target, as far as they can be computed here.

    Where samples are gone through one after another, the cost is the sum over them.
    """
    met = _meetings(trace, plan)
    if not met:
        return
    given = trace.program.origin.given.cost
    total = plan.samplewise.total
    matrices = any(isinstance(trace.environments[m.k].get(m.prediction), np.matrix) for m in met)
    for template in [given] if given else COSTS:
        if matrices and not given:  # of which `*` is the matrix product
            template = template.replace("{p}", "np.asarray({p})").replace("{t}", "np.asarray({t})")
        steps = [(m.k, _cost_step(template, m, m is not met[0])) for m in met]
        value = _value(trace, steps)
        if value is None:
            continue
        text = template.replace("{p}", met[0].prediction).replace("{t}", ast.unparse(met[0].read))
        before: dict[int, Step] = {}
        for m in met:
            before |= dict(_slice(trace, {m.prediction, m.target}, m.k - 1))
        parts = [*((k, True, step) for k, step in before.items()), *((k, False, step) for k, step in steps)]
        parts.sort(key=lambda part: part[:2])  # a cost stands before the step in which the two meet
        cost = Cost("C", text, value, inferred=not given, over=_sum_over(total, len(met)))
        yield Objective(cost, INFERRED, tuple((k, step) for k, _, step in parts))


@dataclass(frozen=True)
class _Meeting:
    """A place in the trace before which a prediction and its target are there, and how the target is read."""

    k: int
    prediction: str
    target: str
    read: ast.expr


def _value(trace: Trace, steps: Sequence[tuple[int, Step]]) -> float | None:
    """Return the cost that some steps add up to, None where it cannot be computed or is no finite number."""
    functions, value = dict(trace.functions), 0.0
    for k, step in steps:
        try:
            with np.errstate(all="ignore"):
                value = run_step(step, {**trace.environments[k], INFERRED: value}, functions)[INFERRED]
        except Exception:  # noqa: BLE001 - shapes that this cost does not take
            return None
    return float(value) if np.ndim(value) == 0 and np.isfinite(value) else None


def _meetings(trace: Trace, plan: Layout) -> list[_Meeting]:
    """Return where prediction and target meet, once for each sample where those are gone through one by one."""
    prediction, target = plan.roles.prediction, plan.roles.target
    if plan.samplewise.meetings:
        at = {step.statement.index: k for k, step in reversed(list(enumerate(trace.steps)))}
        places = [(at.get(m.index), m) for m in plan.samplewise.meetings]
        return [
            _Meeting(k, m.prediction, m.target, ast.Name(m.target, ast.Load()))
            for k, m in places
            if k is not None and k < len(trace.environments)
        ]
    k = _first_meeting(trace, prediction, target)
    if prediction is None or target is None or k is None:
        return []
    read = _as_read(trace.steps[k].node, target) if k < len(trace.steps) else ast.Name(target, ast.Load())
    return [_Meeting(k, prediction, target, read)]


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


def _as_read(node: ast.stmt, name: str) -> ast.expr:
    """Return what a statement reads of an array: all of it, or, one sample at a time, `y[i]`."""
    for part in ast.walk(node):
        if isinstance(part, ast.Subscript) and isinstance(part.ctx, ast.Load) and dataflow.base_name(part) == name:
            return part
    return ast.Name(name, ast.Load())


class _Put(ast.NodeTransformer):
    """Puts expressions in the place of names."""

    def __init__(self, **expressions: ast.expr) -> None:
        self.expressions = expressions

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """What stands for the name, or the name itself."""
        return copy.deepcopy(self.expressions.get(node.id, node))


def _cost_step(template: str, met: _Meeting, adds: bool) -> Step:
    """Return a step that computes a cost, or that of another sample and adds it."""
    text = template.replace("np.", NUMPY + ".").replace("{p}", "__p__").replace("{t}", "__t__")
    text = f"{INFERRED} = {INFERRED} + {text}" if adds else f"{INFERRED} = {text}"
    node = places.named(parsing.parse(text).body[0], frozenset({NUMPY}))
    node = _Put(__p__=ast.Name(met.prediction, ast.Load()), __t__=met.read).visit(node)
    ast.fix_missing_locations(node)
    reads = dataflow.reads(node, frozenset({NUMPY}))
    statement = Statement(-1, 0, 0, text, "", (INFERRED,), reads, Phase.LOSS)
    return Step(statement, node, compile(ast.Module([node], []), "<cost>", "exec"), ())
