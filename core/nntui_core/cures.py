"""What a wrong line should say: its small edits are tried until one computes the right numbers, here and elsewhere.

An edit is a cure where it gives the true derivative in this iteration and from other weights as well
(`nntui_core.witnesses`). Of the edits that do, the simplest is suggested.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any

import numpy as np

from nntui_core import rewrites
from nntui_core.case import Case, Fault, surroundings_at, written
from nntui_core.gradients import Derivative, Fit, fit, match
from nntui_core.line import Line
from nntui_core.program import Phase
from nntui_core.rewrites import Rewrite
from nntui_core.trace import Trace, run_code
from nntui_core.witnesses import Witness

UNEXPLAINED = "not-a-gradient"


@dataclass(frozen=True)
class Goal:
    """Step k's `variable` should be `target`: a derivative, or a parameter whose update goes along its gradient."""

    k: int
    variable: str
    target: Derivative


@dataclass(frozen=True)
class _Tried:
    """An edit that fits, what the edited step then writes, and how the goal's variable fits its target."""

    rewrite: Rewrite
    outcome: Mapping[str, Any]
    fit: Fit


def cure(case: Case, trace: Trace, goal: Goal) -> Fault | None:
    """Return the fault with the edited line, None where no small edit of it gives the right numbers.

    The line is the goal's own; where none of its edits does, one that computes what it reads and is no derivative.
    An array that divides a step (Adam) is left alone: as one number it would give a step along the gradient.
    """
    if goal.variable in case.gradients and _divides_by_array(trace, goal.k):
        return None
    fault = _edited(case, trace, goal, goal.k)
    if fault is not None:
        return fault
    for j in _read_by(case, trace, goal.k):
        fault = _edited(case, trace, goal, j)
        if fault is not None:
            return fault
    return None


def _divides_by_array(trace: Trace, k: int) -> bool:
    """Tell whether a step divides by something made of an array."""
    divisors = [
        p.right for p in ast.walk(trace.steps[k].node) if isinstance(p, ast.BinOp) and isinstance(p.op, ast.Div)
    ]
    names = {p.id for divisor in divisors for p in ast.walk(divisor) if isinstance(p, ast.Name)}
    return any(np.size(trace.environments[k].get(name, 0)) > 1 for name in names)


def _read_by(case: Case, trace: Trace, k: int) -> Iterator[int]:
    """Yield the steps whose results step k reads, and that are neither part of the cost nor a derivative."""
    of_cost = {j for j, _ in case.objective.steps}
    for name in trace.steps[k].reads:
        j = trace.last_write(name, k)
        if j is None or j in of_cost or trace.steps[j].code is None or len(trace.steps[j].writes) != 1:
            continue
        value = written(trace, j, name)
        update = case.plan.phase(trace.steps[j].statement) is Phase.UPDATE
        if not update and isinstance(value, np.ndarray) and match(value, case.derivatives) is None:
            yield j


def _edited(case: Case, trace: Trace, goal: Goal, j: int) -> Fault | None:
    line = Line.of(trace.steps[j].statement.text, surroundings_at(case, trace, j))
    name = trace.steps[j].writes[0] if j != goal.k else goal.variable
    fallback: Fault | None = None
    for rule in rewrites.REWRITES:
        fitting = [found for edit in rule(line) if (found := _tried(case, trace, goal, j, edit)) is not None]
        chosen = min((f for f in fitting if f.fit.is_unit), key=lambda f: f.rewrite.size, default=None)
        if chosen is not None:
            return _fault(case, trace, goal, j, name, chosen)
        if fitting and fallback is None:
            fallback = _fault(case, trace, goal, j, name, min(fitting, key=lambda f: f.rewrite.size))
    return fallback


def _fault(case: Case, trace: Trace, goal: Goal, j: int, name: str, tried: _Tried) -> Fault:
    if j != goal.k:
        healed = trace.with_outcome(j, tried.outcome)
        rewrite = tried.rewrite
        code = UNEXPLAINED if rewrite.code == rewrites.SAME else rewrite.code
        return Fault(code, j, name, goal.target, rewrite.text, healed, reason=rewrite.reason, through=goal.variable)
    rewrite, value = tried.rewrite, tried.outcome[name]
    if tried.fit.factor < 0 or _ascends(case, trace.with_outcome(j, {name: value})):
        rewrite, value = _with_sign(case, trace, goal, rewrite, value)
    code = _exchange(case, trace, j, rewrite) if rewrite.code == rewrites.SAME else rewrite.code
    healed = trace.with_outcome(j, {name: value})
    return Fault(code, j, name, goal.target, rewrite.text, healed, reason=rewrite.reason)


def _exchange(case: Case, trace: Trace, k: int, rewrite: Rewrite) -> str:
    """Name the mistake of reading one backward variable for another: a delta for the gradient made from it."""
    old, new = (trace.environments[k].get(name) for name in rewrite.exchanged or ("", ""))
    if not isinstance(old, np.ndarray) or not isinstance(new, np.ndarray):
        return UNEXPLAINED
    is_old, is_new = match(old, case.derivatives), match(new, case.derivatives)
    if is_old is None or is_new is None or is_old[0] not in case.forward or is_new[0] in case.forward:
        return UNEXPLAINED
    sums = [np.sum(old, axis=axis) for axis in range(np.ndim(old))]
    summed = any(s.size == np.size(new) and np.allclose(s.ravel(), np.ravel(new), rtol=1e-6) for s in sums)
    return "bias-not-summed" if summed and np.size(old) != np.size(new) else "delta-for-gradient"


# --- does an edit fit? -----------------------------------------------------------------------------------------


def _tried(case: Case, trace: Trace, goal: Goal, j: int, rewrite: Rewrite) -> _Tried | None:
    """Return the edit where it reaches the goal here and from other weights."""
    try:
        code = trace.compiled(rewrite.text, j)
    except SyntaxError:
        return None
    found = reached(case, trace, goal, j, code)
    if found is None or not _elsewhere(case, trace, goal, j, code, found[0]):
        return None
    return _Tried(rewrite, found[1], found[0])


def reached(
    case: Case, trace: Trace, goal: Goal, j: int, code: CodeType, changes: Mapping[str, Any] | None = None
) -> tuple[Fit, Mapping[str, Any]] | None:
    """Run a variant of step j, some of what it reads changed; None where the goal's variable does not fit then.

    Returns how it fits, and what the step writes.
    """
    outcome, after = _run(trace, j, goal, code, changes or {})
    if after is None:
        return None
    if goal.variable in case.gradients:
        fitted = case.judged(after)[goal.variable].fit
        return (fitted, outcome) if fitted.exact else None
    value = written(after, goal.k, goal.variable)
    if value is None:
        return None
    fitted = fit(value, goal.target)
    return (fitted, outcome) if fitted.exact and (fitted.is_unit or goal.target.cells.size > 1) else None


def _run(
    trace: Trace, j: int, goal: Goal, code: CodeType, changes: Mapping[str, Any]
) -> tuple[Mapping[str, Any], Trace | None]:
    step = trace.steps[j]
    try:
        after = run_code(code, step, {**trace.environments[j], **changes}, dict(trace.functions))
    except Exception:  # noqa: BLE001 - an edited line may raise anything
        return {}, None
    names = (goal.variable,) if j == goal.k else step.writes
    if any(name not in after for name in names):
        return {}, None
    outcome = {name: after[name] for name in names}
    return outcome, trace.with_outcome(j, outcome)


def _elsewhere(case: Case, trace: Trace, goal: Goal, j: int, code: CodeType, here: Fit) -> bool:
    """Tell whether a variant of step j reaches the goal from other weights too, with the same factor."""
    for witness in case.witnesses:
        target = witness.derivative(goal.target)
        there = None if target is None else _alike(case, trace, witness)
        if target is None or there is None or j >= len(there.environments):
            continue
        _, after = _run(there, j, goal, code, {})
        if after is None:
            return False
        if goal.variable in case.gradients:
            fitted = case.judged_elsewhere(after, target).fit
            agrees = fitted.exact and fitted.factor * here.factor > 0
        else:
            value = written(after, goal.k, goal.variable)
            fitted = fit(value, target)
            agrees = fitted.exact and fitted.is_times(here.factor)
        if not agrees:
            return False
    return True


def _alike(case: Case, trace: Trace, witness: Witness) -> Trace | None:
    """Return a witness's iteration with the same lines repaired, None where what belongs there is not known."""
    there = witness.trace
    for k, (step, original) in enumerate(zip(trace.steps, case.trace.steps, strict=True)):
        if step.code is not None or original.code is None:
            continue
        outcome = {}
        for name, value in step.outcome.items():
            known = case.gradients.get(name)
            found = (known, None) if known is not None else match(value, case.derivatives)
            derivative = None if found is None else witness.derivative(found[0])
            if derivative is None or not derivative.whole:
                return None
            if known is not None:
                outcome[name] = np.asarray(there.start[name]) - (case.rate or 1.0) * derivative.value
            elif found is not None and found[1] is not None:
                outcome[name] = found[1].factor * derivative.value
        there = there.with_outcome(k, outcome)
    return there


# --- its sign --------------------------------------------------------------------------------------------------


def _ascends(case: Case, trace: Trace) -> bool:
    """Tell whether some update goes uphill."""
    return any(update.fit.exact and update.fit.factor < 0 for update in case.judged(trace).values())


def _with_sign(case: Case, trace: Trace, goal: Goal, rewrite: Rewrite, value: Any) -> tuple[Rewrite, Any]:
    """Return the edit with a change of sign, where that makes more updates right; else the edit as it is."""
    before = right(case, trace.with_outcome(goal.k, {goal.variable: value}))
    for signed in rewrites.signs(Line.of(rewrite.text, case.around)):
        tried = _tried(case, trace, goal, goal.k, Rewrite(rewrite.code, signed.text))
        if tried is not None and right(case, trace.with_outcome(goal.k, tried.outcome)) > before:
            return Rewrite(rewrite.code, signed.text, rewrite.exchanged, rewrite.reason), tried.outcome[goal.variable]
    return rewrite, value


def right(case: Case, trace: Trace) -> int:
    """Return how many updates are right."""
    return sum(update.right for update in case.judged(trace).values())
