"""Which line is wrong, and what it should say: found by putting the right numbers in and looking what that cures.

An update that is no gradient has a cause somewhere between the cost and the update. To find it, the value that each
backward line wrote is replaced by a true derivative and the rest is run again. The line whose replacement makes the
most updates right is the one to blame, the earliest where several do; what comes after it was only misled. Then it
is asked whether the line is right and only reads what has been changed too early (`nntui_core.spoilt`), or which
small edit makes it right (`nntui_core.cures`).

Two mistakes leave every direction right: a sign and a constant factor. They are looked for last
(`nntui_core.factors`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nntui_core.case import Case, Fault, surroundings_at, written
from nntui_core.cures import UNEXPLAINED, Goal, cure, right
from nntui_core.factors import wrong_factor
from nntui_core.gradients import Derivative, Fit, match
from nntui_core.program import Phase
from nntui_core.spoilt import spoilt
from nntui_core.trace import Step, Trace
from nntui_core.updates import Update

MOST = 8
TRIED = 6


def faults(case: Case) -> tuple[list[Fault], dict[str, Update]]:
    """Return the wrong lines, in the order of their discovery, and the verdicts once all of them are repaired."""
    found: list[Fault] = []
    trace = case.trace
    for _ in range(MOST):
        updates = case.judged(trace)
        if all(update.right for update in updates.values()):
            break
        wrong = [u.name for u in updates.values() if not u.proportional]
        fault = _structural(case, trace, updates) if wrong else wrong_factor(case, trace, updates)
        if fault is None:
            fault = wrong_factor(case, trace, updates) if wrong else None
        if fault is None:
            break
        found.append(fault)
        trace = fault.healed
    return found, case.judged(trace)


@dataclass(frozen=True)
class _Candidate:
    """Step k's `variable` replaced by a derivative; `rank` sorts the best first."""

    rank: tuple[int, int, int]
    k: int
    variable: str
    target: Derivative
    healed: Trace


def _structural(case: Case, trace: Trace, updates: Mapping[str, Update]) -> Fault | None:
    if not all(derivative.whole for derivative in case.derivatives):
        fault = _any_healing(case, trace)
        if fault is not None:
            return fault
    candidates = sorted(_candidates(case, trace, updates), key=lambda c: c.rank)
    best = [c for c in candidates if c.rank[0] == candidates[0].rank[0]]
    for c in best[:TRIED]:
        fault = _healed(case, trace, Goal(c.k, c.variable, c.target), c.healed)
        if fault is not None:
            return fault
    fault = _any_healing(case, trace)
    if fault is not None or not best:
        return fault
    return _unexplained(case, trace, best[0])


def _healed(case: Case, trace: Trace, goal: Goal, healed: Trace) -> Fault | None:
    return spoilt(case, trace, goal, healed) or cure(case, trace, goal)


def _unexplained(case: Case, trace: Trace, candidate: _Candidate) -> Fault:
    """Return a fault without a cure; the sign is the program's own, that with which more updates are right."""
    k, name, healed = candidate.k, candidate.variable, candidate.healed
    if name not in case.gradients:
        other = trace.with_outcome(k, {name: -candidate.target.value})
        healed = other if right(case, other) > right(case, healed) else healed
    return Fault(UNEXPLAINED, k, name, candidate.target, None, healed)


def _candidates(case: Case, trace: Trace, updates: Mapping[str, Update]) -> Iterator[_Candidate]:
    """Yield the replacements that make more updates right than they make wrong."""
    good = {name for name, update in updates.items() if update.proportional}
    for k, _, name in _suspects(case, trace):
        for category, target, value in _replacements(case, trace, k, name):
            healed = trace.with_outcome(k, {name: value})
            now = {n for n, update in case.judged(healed).items() if update.proportional}
            gain = len(now - good) - 2 * len(good - now)
            if gain > 0:
                if category == 0 and _spoils(case, trace, healed, k):
                    category = 2
                order = k if category != 2 else -k
                yield _Candidate((-gain, category, order), k, name, target, healed)


def _suspects(case: Case, trace: Trace) -> Iterator[tuple[int, Step, str]]:
    """Yield the backward and update steps that ran, or raised, and were not repaired yet."""
    first = case.trace.steps
    of_cost = {k for k, s in case.objective.steps if k < len(first) and first[k].statement == s.statement}
    last = len(trace.environments)
    for k, step in enumerate(trace.steps[:last]):
        phase = case.plan.phase(step.statement)
        if step.code is None or phase not in (Phase.BACKWARD, Phase.UPDATE):
            continue
        if k in of_cost:  # an inferred cost stands before the line that it was inferred from, and is not that line
            continue
        for name in step.writes:
            yield k, step, name


def _replacements(case: Case, trace: Trace, k: int, name: str) -> Iterator[tuple[int, Derivative, Any]]:
    """Yield what may be put in the place of a step's value: (category, derivative, value)."""
    if name in case.gradients:
        gradient = case.gradients[name]
        if gradient.whole:
            rate = case.pace.rates.get(name) or 1.0
            yield 1, gradient, np.asarray(trace.start[name], dtype=float) - rate * gradient.value
        return
    value = written(trace, k, name)
    meaning = None if value is None else match(value, case.derivatives)
    for target in case.derivatives:
        if target.whole and not target.zero and _may_become(case, trace, k, value, meaning, target):
            yield 0, target, target.value


def _may_become(
    case: Case, trace: Trace, k: int, value: Any, meaning: tuple[Derivative, Fit] | None, target: Derivative
) -> bool:
    """Tell whether a line may have been meant to compute a derivative, given which one it computes.

    One that computes none may be anything; a ∂C/∂a may have been meant as a ∂C/∂z; a mere copy of what it reads,
    as a ∂C/∂W.
    """
    if meaning is None:
        return True
    if meaning[0] is target or meaning[0] not in case.forward:
        return False
    if target in case.forward:
        return bool(np.shape(value) == target.value.shape)
    read = [trace.environments[k].get(n) for n in trace.steps[k].reads if n in surroundings_at(case, trace, k).backward]
    meanings = [match(v, case.derivatives) for v in read if isinstance(v, np.ndarray)]
    return any(m is not None and m[0] is meaning[0] for m in meanings)


def _spoils(case: Case, before: Trace, after: Trace, k: int) -> bool:
    """Tell whether a backward variable after step k was a derivative and is none any more."""
    for j in range(k + 1, len(before.environments) - 1):
        if case.plan.phase(before.steps[j].statement) is not Phase.BACKWARD:
            continue
        for name in before.steps[j].writes:
            old, new = written(before, j, name), written(after, j, name)
            is_old = isinstance(old, np.ndarray) and match(old, case.derivatives) is not None
            is_new = isinstance(new, np.ndarray) and match(new, case.derivatives) is not None
            if is_old and not is_new:
                return True
    return False


def _any_healing(case: Case, trace: Trace) -> Fault | None:
    """Heal the first line that a small edit makes right, where derivatives are too large to be put in whole."""
    before = _proportional(case, trace)
    for k, _, name in _suspects(case, trace):
        for target in _hopes(case, trace, k, name):
            fault = _healed(case, trace, Goal(k, name, target), trace)
            if fault is not None and _proportional(case, fault.healed) > before:
                return fault
    return None


def _proportional(case: Case, trace: Trace) -> int:
    return sum(update.proportional for update in case.judged(trace).values())


def _hopes(case: Case, trace: Trace, k: int, name: str) -> Sequence[Derivative]:
    """Return the derivatives that a line may have been meant to compute."""
    value = written(trace, k, name)
    if name in case.gradients:
        wrong = k == trace.failed_at or not case.judged(trace)[name].proportional
        return [case.gradients[name]] if wrong else []
    found = None if value is None else match(value, case.derivatives)
    if found is None:
        return case.derivatives
    below = case.around.activation_of
    return [d for d in case.forward if below.get(d.variable) == found[0].variable]
