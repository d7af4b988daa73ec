"""Is the backward pass right? The verdict on a program's gradients, with the mistakes named and cured.

The loss curve cannot tell: several wrong rules learn, some even faster than the right one. So every update is
compared with the true gradient, which is measured (`nntui_core.gradients`), the wrong line is found by putting right
numbers in (`nntui_core.repair`), and what no line shows is tested by itself (`nntui_core.conditions`).
"""

import ast
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nntui_core import carried, cautions, conditions, idle, strides
from nntui_core.answers import answer, finding_of
from nntui_core.case import Case, Fault
from nntui_core.conditions import Observed
from nntui_core.failure import ProgramFailed, message_of
from nntui_core.findings import (
    ERROR,
    NOT_A_GRADIENT,
    NOT_UPDATED,
    Cost,
    Finding,
    ParameterVerdict,
    Report,
    VariableMeaning,
)
from nntui_core.gradients import Derivative, meaning
from nntui_core.integers import integer_names, truncated
from nntui_core.interpreter import Interpreter
from nntui_core.inwards import in_its_function
from nntui_core.measure import BUDGET, NothingToCheck, backward_values, measure
from nntui_core.objective import Layout, layout
from nntui_core.optimizers import Optimizer, find
from nntui_core.output import Output
from nntui_core.outside import not_repeated, with_forward_inside
from nntui_core.precision import in_double
from nntui_core.program import Phase, Program, ProgramSyntaxError
from nntui_core.recoding import same_setup
from nntui_core.repair import faults
from nntui_core.scratch import Scratch
from nntui_core.straight import Straight, follow
from nntui_core.summing import of_the_sum
from nntui_core.trace import LONGEST, Trace, record
from nntui_core.updates import Pace, Update, spread

__all__ = [
    "Cost",
    "Finding",
    "NothingToCheck",
    "ParameterVerdict",
    "Report",
    "VariableMeaning",
    "check",
]

CONDITIONS: Sequence[Callable[[Observed], Iterator[Finding]]] = (
    conditions.target_shape,
    conditions.softmax_axis,
    conditions.shuffled,
    conditions.spoilt_data,
    conditions.symmetric_start,
    carried.bias_for_each_sample,
    carried.accumulates,
    idle.not_updated,
    strides.buffers,
    strides.overshoot,
)
"""The tests of what no single line shows, in the order in which they are made."""

DECISIVE = frozenset({"target-shape", "softmax-axis"})
"""Mistakes after which the lines of the backward pass are not judged: they are not what is wrong."""

ONE_TURN = "checked the first turn of the inner loop; the later ones were not looked at"

AHEAD = 3
"""Iterations that are watched for what shows only later."""
AHEAD_RANDOM = 8
"""The same where the program draws random numbers: a permutation may happen to change nothing."""


def check(interpreter: Interpreter, *, budget: int = BUDGET) -> Report:
    """Check the iteration at whose start an interpreter stands; the interpreter stays as it is.

    Only a loop over a lazy iterable (`for batch in batches():`) is asked for this iteration's item already.

    `budget` is the number of cells of one variable that are measured at most; larger arrays are sampled, always the
    same cells.

    Raises:
        NothingToCheck: no parameter or no cost is found, the cost is not finite, or the program reads something that
            cannot be copied.
        ProgramFailed: the program raises before it has computed its cost.
        RuntimeError: the interpreter stands in the middle of an iteration.
    """
    numpys_random, pythons_random = np.random.get_state(legacy=False), random.getstate()
    silence = Output()
    silence.quiet = True
    try:
        with np.errstate(all="ignore"), silence.installed():
            return _check(interpreter, budget)
    except (NothingToCheck, ProgramFailed, RuntimeError):
        raise
    except Exception as error:
        raise NothingToCheck(f"this program cannot be measured: {message_of(error)}") from error
    finally:
        np.random.set_state(numpys_random)
        random.setstate(pythons_random)


def _check(interpreter: Interpreter, budget: int) -> Report:
    straight = _straight(interpreter)
    if straight is None or not straight.program.samplewise.meetings or _all_right(interpreter, budget, straight):
        return _checked(interpreter, budget, straight)
    one = follow(interpreter, samples=1)
    report = _checked(interpreter, budget, one or straight)
    return report if report.failed else of_the_sum(_checked(interpreter, budget, straight))


def _all_right(interpreter: Interpreter, budget: int, straight: Straight) -> bool:
    """Tell whether all updates are right."""
    program, plan = straight.program, layout(straight.program)
    live = _live(interpreter, program, plan, straight)[0]
    case = _case(live, plan, integer_names(live, plan), budget)
    return all(update.right for update in case.judged(case.trace).values())


def _checked(interpreter: Interpreter, budget: int, straight: Straight | None) -> Report:
    repeated = None if straight else with_forward_inside(interpreter.program)
    program = interpreter.program if repeated is None else repeated[0]
    program = program if straight is None else straight.program
    plan = layout(program)
    live = _live(interpreter, program, plan, straight)
    integers = integer_names(live[0], plan)
    case = _case(live[0], plan, integers, budget)
    fixed = carried.fixed_parameters(case, budget)
    seen = Observed(case, live, budget, interpreter.natural_end, fixed)
    findings = [] if repeated is None else [not_repeated(repeated[1], interpreter.program)]
    judged = _judged(seen, integers)
    judged = judged if straight is None else [in_its_function(finding, straight) for finding in judged]
    findings += judged if repeated is not None else _tried(interpreter, program, straight, judged, case, budget)
    if not any(f.severity == ERROR for f in findings) and interpreter.position.iteration == 0:
        findings += next((found for test in cautions.AT_THE_START if (found := list(test(seen)))), [])
    findings += (*strides.decay(seen), *strides.pace(seen), *cautions.shape_coincidence(seen))
    return _report(interpreter, seen, tuple(findings))


def _straight(interpreter: Interpreter) -> Straight | None:
    """Return this iteration as a straight line, where the body hides in functions what is to be checked."""
    if interpreter.program.straight is None:
        return None
    found = follow(interpreter)
    if found is None:
        raise NothingToCheck("this iteration cannot be followed through the functions that it calls")
    return found


def _live(
    interpreter: Interpreter, program: Program, plan: Layout, straight: Straight | None = None
) -> tuple[Trace, ...]:
    """Run a few iterations on a copy and return their traces, up to the first that raises."""
    try:
        scratch = Scratch(interpreter, program, straight.held if straight else None)
    except ValueError as reason:
        raise NothingToCheck(str(reason)) from None
    traces: list[Trace] = []
    forward = frozenset(s.index for s in program.body if plan.phase(s) is Phase.FORWARD)
    shared = [name for name in scratch.shared if any(name in s.reads for s in program.body)]
    if shared:
        raise NothingToCheck(f"{shared[0]} cannot be copied, and checking would use it up")
    lazy = isinstance(program.loop, ast.For) and interpreter.natural_end is None
    ahead = 1 if lazy else AHEAD  # a lazy iterable is not asked for more than the iteration needs
    while len(traces) < ahead:
        trace = record(scratch, plan.roles.parameters, forward)
        if trace.cut:
            raise NothingToCheck(f"an iteration runs more than {LONGEST:,} statements, too many to follow one by one")
        if not trace.steps:
            break
        if straight is not None and straight.cut:
            return (replace(trace, whole=False),)
        traces.append(trace)
        if trace.drew and not lazy:
            ahead = AHEAD_RANDOM
        if trace.failure is not None or scratch.position.tick or scratch.ended:
            break
    if not traces:
        raise NothingToCheck("the loop is over: there is no iteration to check")
    return tuple(traces)


def _case(live: Trace, plan: Layout, integers: Sequence[str], budget: int) -> Case:
    """Measure an iteration, from a start at which its steps show what enters them."""
    start = live.with_start({name: live.start[name].astype(float) for name in integers}) if integers else live
    start = in_double(start)
    optimizer = find(start, plan)
    if optimizer.names:
        start = start.with_start(optimizer.start)
    return _measured(start, live, plan, optimizer, budget)


def _tried(
    interpreter: Interpreter,
    program: Program,
    straight: Straight | None,
    findings: Sequence[Finding],
    case: Case,
    budget: int,
) -> list[Finding]:
    """Return the findings with the suggestions that hold: all, or the first, where it makes more updates right."""
    updates = case.judged(case.trace).values()
    if _right_with(interpreter, program, straight, findings, budget) >= len(updates):
        return list(findings)
    first = next((f for f in findings if f.replacement is not None), None) if len(findings) > 1 else None
    right = sum(update.right for update in updates)
    better = first is not None and right < _right_with(interpreter, program, straight, [first], budget) < math.inf
    return [f if f is first and better else replace(f, suggestion=None, replacement=None) for f in findings]


def _right_with(
    interpreter: Interpreter, program: Program, straight: Straight | None, findings: Sequence[Finding], budget: int
) -> float:
    """Return how many updates are right with the suggested lines, in this iteration and in those that follow.

    Infinity where there is nothing to try: where not all that is suggested are lines of the loop, there is no program
    yet that could be right.
    """
    edits = [finding.replacement for finding in findings]
    lines = program.lines
    for edit in edits:
        if edit is None or (edit[0] < program.loop.lineno and straight is None):
            return math.inf
        lines[edit[0] - 1] = edit[1]
    if not edits:
        return math.inf
    fewest = math.inf
    try:
        cured = program.changed("\n".join(lines) + "\n")
        if straight is not None:
            if not same_setup(program, cured):
                return math.inf
            straight = follow(interpreter, cured, max(len(program.samplewise.meetings), 1))
            if straight is None:
                return 0
            cured = straight.program
        plan = layout(cured)
        for trace in _live(interpreter, cured, plan, straight)[:AHEAD]:
            case = _case(trace, plan, integer_names(trace, plan), budget)
            fewest = min(fewest, sum(update.right for update in case.judged(case.trace).values()))
    except ProgramSyntaxError:
        return 0
    except NothingToCheck:  # it diverges, or is over
        pass
    return fewest


def _measured(start: Trace, live: Trace, plan: Layout, optimizer: Optimizer, budget: int) -> Case:
    try:
        return measure(start, plan, optimizer, budget)
    except NothingToCheck:
        if live.failure is not None:
            raise ProgramFailed(live.failure) from None
        raise


# --- the findings ----------------------------------------------------------------------------------------------


def _judged(seen: Observed, integers: Sequence[str]) -> list[Finding]:
    """Return the errors: first what makes judging the lines pointless, then conditions and lines."""
    failure = seen.live[0].failure
    if failure is not None and failure.within is not None:  # a function fails: no line of the loop is to blame
        return [Finding("raises", ERROR, failure.within, None, " · ".join((failure.message, *failure.details)), None)]
    conditional = [finding for test in CONDITIONS for finding in test(seen)]
    decisive = [finding for finding in conditional if _decides(seen, finding)]
    if decisive:
        return decisive[:1]
    found, left = faults(seen.case)
    cut_off = truncated(seen, integers)
    if cut_off is not None:
        conditional = [*(f for f in conditional if f.variable != cut_off.variable), cut_off]
    covered = {f.variable for f in conditional}
    spoilt = {f.code for f in conditional} & {"in-place-activation"}
    lines = [fault for fault in found if fault.variable not in covered and fault.code not in spoilt]
    findings = [finding_of(seen.case, fault, _raised(seen, fault)) for fault in lines]
    findings += conditional
    findings += _unexplained(seen, left, findings)
    return findings


def _decides(seen: Observed, finding: Finding) -> bool:
    """Tell whether a finding is why nothing moves, or why the lines cannot be judged: they are not what is wrong."""
    if finding.code in DECISIVE or finding.variable == (seen.case.plan.roles.rate or ""):
        return True
    if finding.code != "symmetric-start" or finding.variable is None:
        return False
    return seen.case.judged(seen.live[0])[finding.variable].verdict == NOT_UPDATED


def _raised(seen: Observed, fault: Fault) -> str | None:
    failure = seen.live[0].failure
    line = fault.healed.steps[fault.k].statement.line
    return failure.message if failure is not None and failure.line == line else None


def _unexplained(seen: Observed, left: dict[str, Update], findings: Sequence[Finding]) -> Iterator[Finding]:
    """Say of what is still wrong that it is, without a name for the mistake."""
    failure = seen.live[0].failure
    named = {f.variable for f in findings}
    if failure is not None and not any(f.severity == ERROR for f in findings):
        yield Finding("raises", ERROR, failure.line, None, failure.message, None)
        return
    for name, update in left.items():
        wrong = not update.right and not (update.fit.exact and update.fit.factor > 0)
        if (update.reason or (wrong and update.verdict != NOT_UPDATED)) and name not in named:
            k = seen.case.trace.last_write(name)
            line = seen.case.trace.steps[k].statement.line if k is not None else None
            yield Finding("not-a-gradient", ERROR, line, name, _what_is_wrong(update), None)


def _what_is_wrong(update: Update) -> str:
    name = update.name
    if update.reason:
        return f"the update of {name} cannot be judged: {update.reason}"
    if not np.isfinite(update.fit.cosine):
        return f"the update of {name} cannot be compared with ∂C/∂{name}"
    if update.step is not None and update.step.size == 1:
        return f"the update of {name} is {update.fit.factor:.4g} × γ × ∂C/∂{name}, a factor that no constant explains"
    return f"the update of {name} is not a multiple of ∂C/∂{name} (cosine {update.fit.cosine:.3f})"


# --- the report ------------------------------------------------------------------------------------------------


def _report(interpreter: Interpreter, seen: Observed, findings: tuple[Finding, ...]) -> Report:
    case = seen.case
    updates = case.judged(case.trace)
    integers = {f.variable for f in findings if f.code == "integer-arrays"}
    spoilt = {wrong.parameter for wrong in strides.wrong_in(case)}
    updates |= {name: replace(updates[name], verdict=NOT_A_GRADIENT) for name in spoilt}
    updates |= {name: replace(updates[name], verdict=NOT_UPDATED) for name in integers if name in updates}
    parameters = [_verdict(case.gradients[name], update, case.pace) for name, update in updates.items()]
    fixed = [derivative for _, derivative in seen.fixed]
    parameters += [_fixed(derivative) for derivative in fixed]
    last = {name: value for _, name, value in backward_values(case.trace, case.plan)}
    derivatives = (*case.derivatives, *fixed)
    meanings = [meaning(name, value, derivatives) for name, value in last.items()]
    return Report(
        iteration=interpreter.position.iteration,
        cost=case.objective.cost,
        parameters=tuple(parameters),
        variables=tuple(m for m in meanings if m is not None),
        findings=findings,
        sampled=_sampled(case, seen.live[0].failure is not None),
        answer=answer(case, updates, findings),
    )


def _verdict(gradient: Derivative, update: Update, pace: Pace) -> ParameterVerdict:
    fit, step, name = update.fit, update.step, update.name
    if step is None or update.reason:
        nothing = float("nan")
        return ParameterVerdict(name, update.verdict, nothing, nothing, nothing, spread(None, gradient), gradient.value)
    cells = step.reshape(-1)[gradient.cells]
    g = gradient.nearest(cells)
    size = float(np.sqrt(g @ g))
    relative = float(np.sqrt(np.sum((cells - g) ** 2))) / size if size else 0.0
    factor = float("nan") if update.free else fit.factor
    buffers = ", ".join(pace.buffers.get(name, ()))
    unsized = "" if not update.free else f"the size is set by {buffers}" if buffers else "no variable holds the rate"
    return ParameterVerdict(
        name, update.verdict, factor, fit.cosine, relative, spread(step, gradient), gradient.value, unsized
    )


def _fixed(gradient: Derivative) -> ParameterVerdict:
    nothing: Any = np.zeros(gradient.value.shape)
    return ParameterVerdict(
        gradient.variable, NOT_UPDATED, 0.0, float("nan"), 1.0, spread(nothing, gradient), gradient.value
    )


def _sampled(case: Case, failed: bool) -> str:
    """Say which cells were measured where not all were, and where the cost has a kink."""
    parts = [f"{d.cells.size} of {d.value.size} cells of {d.variable}" for d in case.derivatives if not d.whole]
    said = [f"checked {', '.join(parts)}"] if parts else []
    if not case.trace.whole and not failed:
        said.append(case.plan.samplewise.told or ONE_TURN)
    kinks = [d.shown for d in case.forward if d.kinks is not None and d.variable in case.around.activation_of]
    if kinks:
        said.append(f"{', '.join(kinks)} has cells at a kink (a ReLU at 0): there either slope is right")
    return "; ".join(said)
