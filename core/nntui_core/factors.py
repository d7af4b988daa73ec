"""A wrong sign or a wrong constant factor: every direction is right, and still the update is not −γ·∂C/∂W.

Signs come in pairs, and two that cancel are no mistake. The line to blame is the first at which the sign (or the
factor) comes in: its value has it, and none of the derivatives that it reads has. Where no line is to blame alone,
the updates are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nntui_core import rewrites
from nntui_core.case import Case, Fault, surroundings_at, written
from nntui_core.gradients import match
from nntui_core.line import Line
from nntui_core.program import Phase
from nntui_core.rewrites import Rewrite
from nntui_core.trace import Step, Trace, run_code
from nntui_core.updates import Update


def wrong_factor(case: Case, trace: Trace, updates: Mapping[str, Update]) -> Fault | None:
    """Return the line where a wrong sign comes in, or else a wrong constant factor."""
    exact = [u for u in updates.values() if u.fit.exact]
    negative = [u for u in exact if u.fit.factor < 0]
    if negative:
        return _correct(case, trace, [u.name for u in negative], -1.0, "sign")
    scaled = [u for u in exact if not u.right]
    if not scaled or case.objective.cost.inferred:
        return None
    factor = scaled[0].scale
    same = [u.name for u in scaled if abs(u.scale / factor - 1) < 1e-4]
    return _correct(case, trace, same, factor, "scale")


def _correct(case: Case, trace: Trace, wrong: Sequence[str], factor: float, code: str) -> Fault | None:
    """Divide the first suitable line by the factor: where it comes in, else where the updates are."""
    options = list(_divisible(case, trace, wrong, factor))
    entering = [option for option in options if option[0]]
    updates = [o for o in options if o[2] in case.gradients]
    if code == "sign" and not entering and len(wrong) > 1 and _reads_right(case, trace, wrong):
        return _of_update(case, trace, wrong)
    chosen = entering or ([] if len(wrong) > 1 else updates) or options
    for _, k, name, healed in chosen:
        text = _divided(case, trace, k, name, factor, code)
        if text is not None:
            target = match(written(trace, k, name), case.derivatives)
            should_be = case.gradients.get(name) or (target[0] if target else None)
            return Fault(code, k, name, should_be, text, healed, factor)
    if chosen:
        _, k, name, healed = chosen[0]
        return Fault(code, k, name, case.gradients.get(name), None, healed, factor)
    return None


def _reads_right(case: Case, trace: Trace, wrong: Sequence[str]) -> bool:
    """Tell whether some updates read derivatives as they should be: then the sign comes in where these are used."""
    factors = []
    for name in wrong:
        k = trace.last_write(name)
        if k is None:
            return False
        backward = surroundings_at(case, trace, k).backward
        values = [trace.environments[k].get(n) for n in trace.steps[k].reads if n in backward]
        found = [match(value, case.derivatives) for value in values if isinstance(value, np.ndarray)]
        factors += [known[1].factor for known in found if known is not None]
    return bool(factors) and min(factors) > 0


def _of_update(case: Case, trace: Trace, wrong: Sequence[str]) -> Fault | None:
    """Turn the sign of the first update that goes uphill; those of the others are turned after it."""
    places = [(k, name) for name in wrong if (k := trace.last_write(name)) is not None and trace.steps[k].code]
    if not places:
        return None
    k, name = min(places)
    start, value = np.asarray(trace.start[name], dtype=float), np.asarray(written(trace, k, name), dtype=float)
    healed = trace.with_outcome(k, {name: 2 * start - value})
    return Fault("sign", k, name, case.gradients[name], _divided(case, trace, k, name, -1.0, "sign"), healed, -1.0)


def _divisible(case: Case, trace: Trace, wrong: Sequence[str], factor: float) -> Iterator[tuple[bool, int, str, Trace]]:
    """Yield (whether the factor comes in here, step, name, repaired trace), those that cure the most first."""
    before = case.judged(trace)
    found: list[tuple[int, bool, int, str, Trace]] = []
    for k, step in enumerate(trace.steps[: len(trace.environments) - 1]):
        phase = case.plan.phase(step.statement)
        if step.code is None or phase not in (Phase.BACKWARD, Phase.UPDATE):
            continue
        for name in step.writes:
            value = written(trace, k, name)
            if name in case.gradients:
                if name not in wrong:
                    continue
                start = np.asarray(trace.start[name], dtype=float)
                divided: Any = start + (np.asarray(value, dtype=float) - start) / factor
            elif isinstance(value, np.ndarray | np.floating):
                divided = value / factor
            else:
                continue
            healed = trace.with_outcome(k, {name: divided})
            after = case.judged(healed)
            fits = [after[n].fit for n in wrong]
            turned = sum(fit.exact and fit.factor > 0 for fit in fits)  # its size is asked for afterwards
            cured = turned if factor < 0 else sum(after[n].right for n in wrong)
            if cured and not any(before[n].right and not after[n].right for n in before):
                found.append((cured, _enters(case, trace, k, step, value, factor), k, name, healed))
    most = max((f[0] for f in found), default=0)
    yield from (f[1:] for f in found if f[0] == most)


def _enters(case: Case, trace: Trace, k: int, step: Step, value: Any, factor: float) -> bool:
    """Tell whether a line's value has the factor (or sign) and none of the backward variables that it reads has."""

    def has(array: Any) -> bool:
        found = match(array, case.derivatives)
        if found is None:
            return False
        return found[1].factor < 0 if factor < 0 else abs(found[1].factor / factor - 1) < 1e-4

    reads = [n for n in step.reads if n in surroundings_at(case, trace, k).backward]
    return has(value) and not any(has(trace.environments[k][n]) for n in reads)


def _divided(case: Case, trace: Trace, k: int, name: str, factor: float, code: str) -> str | None:
    """Return the statement with an edit that divides its value (an update: its step) by the factor."""
    line = Line.of(trace.steps[k].statement.text, case.around)
    edits: Iterable[Rewrite] = rewrites.signs(line) if code == "sign" else rewrites.scales(line, factor, case.samples)
    value = np.asarray(written(trace, k, name), dtype=float)
    start = np.asarray(trace.start[name], dtype=float) if name in case.gradients else 0.0
    wanted = start + (value - start) / factor
    for edit in edits:
        try:
            compiled = trace.compiled(edit.text, k)
            after = run_code(compiled, trace.steps[k], trace.environments[k], dict(trace.functions))
        except Exception:  # noqa: BLE001 - an edited line may raise anything
            continue
        result = after[name]
        if np.shape(result) == np.shape(wanted) and np.allclose(result, wanted, rtol=1e-9, atol=1e-12):
            return edit.text
    return None
