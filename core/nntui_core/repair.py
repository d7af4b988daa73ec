"""Which line is wrong, and what it should say: found by putting the right numbers in and looking what that cures.

An update that is no gradient has a cause somewhere between the cost and the update. To find it, the value that each
backward line wrote is replaced by a true derivative and the rest is run again. The line whose replacement makes the
most updates right is the one to blame, the earliest where several do; what comes after it was only misled. Then the
small edits of `nntui_core.rewrites` are tried on that line until one computes the right numbers by itself.

Two mistakes leave every direction right: a sign and a constant factor. They are looked for last
(`nntui_core.factors`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nntui_core import rewrites
from nntui_core.case import Case, Fault, surroundings_at, written
from nntui_core.factors import wrong_factor
from nntui_core.gradients import Derivative, Fit, fit, match
from nntui_core.program import Phase
from nntui_core.rewrites import Line, Rewrite
from nntui_core.trace import Environment, Step, Trace, run_code
from nntui_core.updates import Update

UNEXPLAINED = "not-a-gradient"
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
    for candidate in best[:TRIED]:
        fault = heal(case, trace, candidate)
        if fault is not None:
            return fault
    fault = _any_healing(case, trace)
    if fault is not None or not best:
        return fault
    c = best[0]
    return Fault(UNEXPLAINED, c.k, c.variable, c.target, None, c.healed)


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
    cost_steps = {k for k, _ in case.objective.steps if k < len(trace.steps)}
    last = len(trace.environments)
    for k, step in enumerate(trace.steps[:last]):
        phase = case.plan.phase(step.statement)
        if step.code is None or phase not in (Phase.BACKWARD, Phase.UPDATE):
            continue
        if k in cost_steps and case.trace.steps[k].statement == step.statement:
            continue
        for name in step.writes:
            yield k, step, name


def _replacements(case: Case, trace: Trace, k: int, name: str) -> Iterator[tuple[int, Derivative, Any]]:
    """Yield what may be put in the place of a step's value: (category, derivative, value)."""
    if name in case.gradients:
        gradient = case.gradients[name]
        if gradient.whole:
            rate = 1.0 if case.rate is None else case.rate
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
            fault = heal(case, trace, _Candidate((0, 0, 0), k, name, target, trace))
            if fault is not None and (_proportional(case, fault.healed) > before or _is_none(case, trace, k, name)):
                return fault
    return None


def _proportional(case: Case, trace: Trace) -> int:
    return sum(update.proportional for update in case.judged(trace).values())


def _is_none(case: Case, trace: Trace, k: int, name: str) -> bool:
    """Tell whether a backward line computes no derivative (of an update, nothing is said)."""
    value = written(trace, k, name)
    return name not in case.gradients and (value is None or match(value, case.derivatives) is None)


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


# --- curing one line -------------------------------------------------------------------------------------------


def heal(case: Case, trace: Trace, candidate: _Candidate) -> Fault | None:
    """Return the fault with its cure, None where no small edit of the line gives the right numbers."""
    k, name, target = candidate.k, candidate.variable, candidate.target
    code = _replayed(case, trace, k, name, target)
    if code is not None:
        return Fault(code, k, name, target, None, candidate.healed)
    line = Line.of(trace.steps[k].statement.text, surroundings_at(case, trace, k))
    fallback: Fault | None = None
    for rewrite in (r for rule in rewrites.REWRITES for r in rule(line)):
        tried = _try(case, trace, k, name, target, rewrite)
        if tried is None:
            continue
        fitted, value = tried
        if fitted.factor < 0 or _ascends(case, trace, k, name, value):
            rewrite, value = _with_sign(case, trace, k, name, target, rewrite, value)
        code = _exchange(case, trace, k, rewrite) if rewrite.code == rewrites.SAME else rewrite.code
        fault = Fault(code, k, name, target, rewrite.text, trace.with_outcome(k, {name: value}))
        if fitted.is_unit:
            return fault
        fallback = fallback or fault
    return fallback


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


def _replayed(case: Case, trace: Trace, k: int, name: str, target: Derivative) -> str | None:
    """Name the mistake where the line is right but what it reads had been changed too early."""
    step, environment = trace.steps[k], trace.environments[k]
    after_forward = trace.environments[min(max(j for j, _ in case.objective.steps), k)]
    for code, names, source in (
        ("update-order", tuple(case.gradients), trace.start),
        (
            "in-place-activation",
            (*case.around.forward, *case.around.inputs, case.plan.roles.target or ""),
            after_forward,
        ),
    ):
        earlier = {n: source[n] for n in names if n in step.reads and n in source}
        changed = {n for n, v in earlier.items() if n != name and environment.get(n) is not v}
        if changed and _fits(case, trace, k, name, target, step.code, {n: earlier[n] for n in changed}):
            return code
    return None


def _fits(
    case: Case, trace: Trace, k: int, name: str, target: Derivative, code: Any, changes: Environment
) -> tuple[Fit, Any] | None:
    """Run a variant of step k; return its fit to the derivative and its value, None where they do not fit."""
    before = {**trace.environments[k], **changes}
    try:
        value = run_code(code, trace.steps[k], before, dict(trace.functions))[name]
    except Exception:  # noqa: BLE001 - an edited line may raise anything
        return None
    if name in case.gradients:
        single = case.judged(trace.with_outcome(k, {name: value}))[name]
        return (single.fit, value) if single.fit.exact else None
    fitted = fit(value, target)
    return (fitted, value) if fitted.exact and (fitted.is_unit or target.cells.size > 1) else None


def _try(case: Case, trace: Trace, k: int, name: str, target: Derivative, rewrite: Rewrite) -> tuple[Fit, Any] | None:
    try:
        code = compile(rewrite.text, "<edit>", "exec")
    except SyntaxError:
        return None
    return _fits(case, trace, k, name, target, code, {})


def _ascends(case: Case, trace: Trace, k: int, name: str, value: Any) -> bool:
    """Tell whether some update goes uphill once the line gives this value."""
    updates = case.judged(trace.with_outcome(k, {name: value})).values()
    return any(update.fit.exact and update.fit.factor < 0 for update in updates)


def _with_sign(
    case: Case, trace: Trace, k: int, name: str, target: Derivative, rewrite: Rewrite, value: Any
) -> tuple[Rewrite, Any]:
    """Return the edit with a change of sign, where that makes more updates right; else the edit as it is."""
    before = _right(case, trace.with_outcome(k, {name: value}))
    for signed in rewrites.signs(Line.of(rewrite.text, case.around)):
        tried = _try(case, trace, k, name, target, signed)
        if tried is not None and _right(case, trace.with_outcome(k, {name: tried[1]})) > before:
            return Rewrite(rewrite.code, signed.text), tried[1]
    return rewrite, value


def _right(case: Case, trace: Trace) -> int:
    return sum(update.right for update in case.judged(trace).values())
