"""A line that is right, but reads what another has changed too early: a weight, or an activation."""

import ast
from collections.abc import Iterator, Mapping
from itertools import combinations
from types import CodeType
from typing import Any

from nntui_core import parsing
from nntui_core.case import Case, Fault
from nntui_core.cures import Goal, reached
from nntui_core.line import Line, operand
from nntui_core.trace import Trace

EARLIER = "__earlier_{}__"
MOST_MENTIONS = 4
SIGNS: Mapping[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


def spoilt(case: Case, trace: Trace, goal: Goal, healed: Trace) -> Fault | None:
    """Return the mistake where a line gives the right numbers from what its variables were before they were changed."""
    step = trace.steps[goal.k]
    changed = _changed(trace, goal, tuple(case.gradients), trace.start)
    found = reached(case, trace, goal, goal.k, step.code, changed) if changed and step.code is not None else None
    if found is not None:
        if (
            found[0].factor < 0 and goal.variable not in case.gradients
        ):  # the program's own sign, as its other deltas have
            healed = trace.with_outcome(goal.k, {goal.variable: -goal.target.value})
        return Fault("update-order", goal.k, goal.variable, goal.target, None, healed)
    last_forward = min(max(j for j, _ in case.objective.steps), goal.k)
    names = (*case.around.forward, *case.around.inputs, case.plan.roles.target or "")
    changed = _changed(trace, goal, names, trace.environments[last_forward])
    for variant, code in _variants(step.statement.text, step.code, tuple(changed)):
        kept = {EARLIER.format(name): value for name, value in changed.items()}
        kept |= changed if variant is None else {}
        if reached(case, trace, goal, goal.k, code, kept):
            return _overwritten(case, trace, goal, healed, tuple(changed), variant)
    return None


def _changed(trace: Trace, goal: Goal, names: tuple[str, ...], source: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the variables that a line reads were before, those that have been changed since."""
    now = trace.environments[goal.k]
    read = [n for n in names if n in trace.steps[goal.k].reads and n in source and n != goal.variable]
    return {n: source[n] for n in read if now.get(n) is not source[n]}


def _variants(
    text: str, code: CodeType | None, names: tuple[str, ...]
) -> Iterator[tuple[tuple[int, ...] | None, CodeType]]:
    """Yield the line reading the earlier values everywhere (None), then in some places only, by their number."""
    if not names or code is None:
        return
    yield None, code
    tree = parsing.parse(text)
    mentions = _mentions(tree, names)
    if len(mentions) > MOST_MENTIONS:
        return
    plain = [mention.id for mention in mentions]
    for size in range(len(mentions) - 1, 0, -1):
        for chosen in reversed(list(combinations(range(len(mentions)), size))):
            for i, mention in enumerate(mentions):
                mention.id = EARLIER.format(plain[i]) if i in chosen else plain[i]
            yield chosen, compile(tree, "<edit>", "exec")


def _mentions(tree: ast.AST, names: tuple[str, ...]) -> list[ast.Name]:
    """Return the places where a statement reads one of the variables, from left to right."""
    found = (n for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    return sorted((n for n in found if n.id in names), key=lambda n: (n.lineno, n.col_offset))


def _overwritten(
    case: Case, trace: Trace, goal: Goal, healed: Trace, names: tuple[str, ...], earlier: tuple[int, ...] | None
) -> Fault:
    """Return the fault of the step that has changed a variable, with what to do about it."""
    cause, name = _cause(trace, goal.k, names)
    step, reader = trace.steps[cause], trace.steps[goal.k].statement
    in_place = name in step.in_place or any((j, n) == (cause, name) for j, n in case.trace.aliased)
    how = "writes into" if in_place else "gives another value to"
    reason = (
        f"`{step.statement.text}` {how} {name}, and {goal.variable} on line {reader.line} needs {name} as the forward "
        f"pass computed it"
    )
    fresh = f"{name}_new" if name.isidentifier() else "changed"
    own = _under_another_name(Line.of(step.statement.text, case.around), name, fresh)
    advice = f"give line {step.statement.line}'s result a name of its own: `{own}`"
    if own is None:
        advice = f"let line {step.statement.line} write into a copy of {name}"
    elif earlier is not None:
        line = Line.of(reader.text, case.around)
        now = [n for i, n in enumerate(_mentions(line.node, names)) if i not in earlier and n.id == name]
        advice += f", and on line {reader.line} write `{line.replaced(*((n, fresh) for n in now))}`"
    code = "in-place-activation" if in_place else "wrong-activation"
    return Fault(code, goal.k, goal.variable, goal.target, None, healed, reason=reason, cause=cause, advice=advice)


def _cause(trace: Trace, k: int, names: tuple[str, ...]) -> tuple[int, str]:
    """Return the last step before k that writes one of the names, by whatever name, and that name."""
    aliased = [(j, n) for j, n in trace.aliased if j < k and n in names]
    written = [(j, n) for j in range(k) for n in trace.steps[j].writes if n in names]
    return max((*aliased, *written))


def _under_another_name(line: Line, name: str, fresh: str) -> str | None:
    """Return a statement that gives its result to a new variable: `a_new = a - y` for `a -= y`."""
    node, value = line.node, line.value
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and type(node.op) in SIGNS and value:
        return f"{fresh} = {name} {SIGNS[type(node.op)]} {operand(line.source(value))}"
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and len(node.targets) == 1 and value:
        return f"{fresh} = {line.source(value)}"
    return None
