"""Parameters that stay what they were: no line writes them, or a line does and changes nothing.

Where a line does, something that it reads is zero: the learning rate, or a delta in every element.
"""

from collections.abc import Iterator

import numpy as np

from nntui_core.case import Case
from nntui_core.conditions import Observed, setup_edit
from nntui_core.findings import ERROR, NOT_UPDATED, Finding
from nntui_core.gradients import Derivative, fit
from nntui_core.measure import backward_values
from nntui_core.trace import Trace

USUAL_RATE = "0.1"


def not_updated(seen: Observed) -> Iterator[Finding]:
    """Find a parameter that is never written, or whose update does nothing."""
    case, live = seen.case, seen.live[0]
    idle = [u.name for u in case.judged(live).values() if u.verdict == NOT_UPDATED and not u.reason]
    written = [name for name in idle if live.last_write(name) is not None]
    if live.failed_at is None and written and _rate_is_zero(case, live):
        yield _zero_rate(case, live, written)
    elif live.failed_at is None:
        for name in idle:
            derivative = case.gradients[name]
            yield _in_vain(case, live, name, derivative) if name in written else never(case, name, derivative)
    for name, derivative in seen.fixed:
        yield never(case, name, derivative)


def never(case: Case, name: str, derivative: Derivative) -> Finding:
    """Return the finding for a parameter that no line writes."""
    trace = case.trace
    rate = case.plan.roles.rate or "lr"
    made = [
        (n, f.factor) for _, n, v in backward_values(trace, case.plan) if (f := fit(v, derivative)).is_unit and f.exact
    ]
    suggestion = f"compute ∂C/∂{name} and subtract {rate} times it from {name}"
    if made:
        gradient, factor = made[0]
        suggestion = f"{name} = {name} {'-' if factor > 0 else '+'} {rate} * {gradient}"
    message = (
        f"{name} stays what it was: the forward pass reads it, ∂C/∂{name} is not zero (norm {_norm(derivative):.3g}), "
        f"and no line changes it"
    )
    return Finding("parameter-not-updated", ERROR, trace.steps[-1].statement.line, name, message, suggestion)


def _in_vain(case: Case, live: Trace, name: str, derivative: Derivative) -> Finding:
    """Return the finding for a parameter that a line writes and does not change."""
    k = live.last_write(name) or 0
    line = live.steps[k].statement.line
    zero, at = _first_zero(case, live, k, name)
    because = f"line {line} gives it the value that it had"
    if zero:
        where = "" if at is None else f" on line {at}"
        because = f"line {line} changes it by nothing, since {zero}{where} is zero in every element"
    message = f"{name} stays what it was, and ∂C/∂{name} is not zero (norm {_norm(derivative):.3g}): {because}"
    return Finding("parameter-not-updated", ERROR, at or line, name, message)


def _first_zero(case: Case, live: Trace, k: int, name: str) -> tuple[str, int | None]:
    """Follow what an update reads back to the first array that is zero: its name, and the line that writes it."""
    found: tuple[str, int | None] = ("", None)
    forward = {d.variable for d in case.forward}
    while True:
        reads = [n for n in live.steps[k].reads if n != name and n not in forward and _vanishes(live, k, n)]
        if not reads:
            return found
        j = live.last_write(reads[0], k)
        if j is None:
            return reads[0], None
        found, k = (reads[0], live.steps[j].statement.line), j


def _vanishes(trace: Trace, k: int, name: str) -> bool:
    value = trace.environments[k].get(name)
    return isinstance(value, np.ndarray) and value.size > 0 and not np.any(value)


def _rate_is_zero(case: Case, live: Trace) -> bool:
    value = live.start.get(case.plan.roles.rate or "")
    return value is not None and np.size(value) == 1 and not np.any(value)


def _zero_rate(case: Case, live: Trace, names: list[str]) -> Finding:
    rate = case.plan.roles.rate or ""
    text, replacement = setup_edit(live.program, rate, lambda _: USUAL_RATE)
    message = (
        f"{', '.join(names)} {'stay' if len(names) > 1 else 'stays'} as at the start: the learning rate {rate} is 0"
    )
    line = replacement[0] if replacement else None
    return Finding("parameter-not-updated", ERROR, line, rate, message, text or f"{rate} = {USUAL_RATE}", replacement)


def _norm(derivative: Derivative) -> float:
    return float(np.sqrt(np.nansum(derivative.value**2)))
