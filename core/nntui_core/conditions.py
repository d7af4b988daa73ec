"""Mistakes that no line of the backward pass shows: in the data, in the start, between two iterations.

Each test looks at values, not at the text: a target that broadcasts, rows that do not sum to one, hidden units that
are equal and get equal gradients, a buffer that returns what it was given. `CONDITIONS` is the table of them.
"""

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nntui_core import dataflow, rewrites
from nntui_core.findings import ERROR, NOT_UPDATED, Finding
from nntui_core.gradients import Derivative, differentiate, fit, match
from nntui_core.measure import backward_values, cells_of, products_in
from nntui_core.program import Phase, Program
from nntui_core.repair import Case
from nntui_core.trace import Step, Trace, run_step
from nntui_core.updates import judge
from nntui_core.values import Array, same_bits

MOST_ROWS = 5000


@dataclass(frozen=True)
class Observed:
    """What the tests look at: the measured iteration, and the iterations as they run (`live[0]` is the same one)."""

    case: Case
    live: tuple[Trace, ...]
    budget: int
    iterations: int | None = None


def setup_edit(program: Program, name: str, change: Callable[[str], str]) -> tuple[str | None, tuple[int, str] | None]:
    """Return the setup line that gives a variable its value, changed: as text, and as a replacement of the line."""
    for node in reversed(program.setup):
        if isinstance(node, ast.Assign) and dataflow.writes(node) == (name,) and node.lineno == node.end_lineno:
            line = program.lines[node.lineno - 1]
            old = ast.get_source_segment(program.source, node.value)
            if old is None or old not in line:
                return None, None
            head, _, tail = line.rpartition(old)
            new = head + change(old) + tail
            text = new.split("#")[0].strip()
            return text, (node.lineno, new)
    return None, None


def _called(text: str) -> str:
    """Return a text to which a method call can be added."""
    tree = ast.parse(text, mode="eval").body
    return text if isinstance(tree, ast.Call | ast.Name | ast.Subscript | ast.Attribute) else f"({text})"


# --- data ------------------------------------------------------------------------------------------------------


def target_shape(seen: Observed) -> Iterator[Finding]:
    """Find a target that broadcasts against the prediction: (n,) against (n,1) gives (n,n)."""
    roles, trace = seen.case.plan.roles, seen.live[0]
    p, t = trace.end.get(roles.prediction or ""), trace.end.get(roles.target or "")
    if not isinstance(p, np.ndarray) or not isinstance(t, np.ndarray) or roles.target is None:
        return
    if p.shape == t.shape or p.size != t.size or t.size < 2 or {p.ndim, t.ndim} != {1, 2}:
        return
    shape = ("-1",) if p.ndim == 1 else tuple("1" if n == 1 else "-1" for n in p.shape)
    reshape = f".reshape({', '.join(shape)})"
    text, replacement = setup_edit(trace.program, roles.target, lambda old: _called(old) + reshape)
    line = replacement[0] if replacement else None
    both = np.broadcast_shapes(p.shape, t.shape)
    yield Finding(
        "target-shape",
        ERROR,
        line,
        roles.target,
        f"{roles.target} is {_shape(t)} and {roles.prediction} is {_shape(p)}: their difference is {both}, every "
        f"prediction against every target",
        text or f"{roles.target} = {roles.target}{reshape}",
        replacement,
    )


def _shape(array: Array) -> str:
    return str(array.shape)


def softmax_axis(seen: Observed) -> Iterator[Finding]:
    """Find predictions that sum to one over the samples, not over the classes."""
    case, trace = seen.case, seen.live[0]
    name = case.plan.roles.prediction
    p = trace.end.get(name or "")
    if not isinstance(p, np.ndarray) or p.ndim != 2 or name is None or min(p.shape) < 2 or np.any(p < 0):
        return
    axis = 0 if p.shape[0] == case.samples else 1
    rows = np.allclose(p.sum(axis=1 - axis), 1, atol=1e-9)
    if rows or not (np.allclose(p.sum(axis=axis), 1, atol=1e-9) or abs(p.sum() - 1) < 1e-9):
        return
    kind, total = ("row", p.sum(axis=1)[0]) if axis == 0 else ("column", p.sum(axis=0)[0])
    line, new = _axis_line(trace.program, name, 1 - axis)
    yield Finding(
        "softmax-axis",
        ERROR,
        line,
        name,
        f"a softmax gives each sample probabilities that sum to 1, but the first {kind} of {name} sums to {total:.4g}",
        new.strip() if new else f"sum over axis={1 - axis} with keepdims=True",
        (line, new) if line is not None and new is not None else None,
    )


def _axis_line(program: Program, name: str, axis: int) -> tuple[int | None, str | None]:
    """Return the only line that sums over the other axis, with the axis changed; else the prediction's own line."""
    other = f"axis={1 - axis}"
    last = program.writers(name)
    called = {n.id for s in last for n in ast.walk(program.nodes[s.index]) if isinstance(n, ast.Name)}
    spans = [(s.line, s.end_line) for s in last]
    spans += [
        (node.lineno, node.end_lineno or node.lineno)
        for node in program.setup
        if isinstance(node, ast.FunctionDef) and node.name in called
    ]
    lines = [
        n for a, b in spans for n in range(a, b + 1) if other in program.lines[n - 1] and "sum" in program.lines[n - 1]
    ]
    if len(lines) == 1:
        return lines[0], program.lines[lines[0] - 1].replace(other, f"axis={axis}")
    return (last[-1].line if last else None), None


def shuffled(seen: Observed) -> Iterator[Finding]:
    """Find inputs whose rows have been rearranged and the targets not, or the other way round."""
    target = seen.case.plan.roles.target
    for trace in seen.live:
        for k, step, name, used in _data_read(seen.case, trace):
            wrong = _pairing(trace, k, name, used, target)
            if wrong and target is not None:
                line = _rearranged(trace, name, target) or step.statement.line
                yield Finding(
                    "stale-forward",
                    ERROR,
                    line,
                    name,
                    f"the rows of {name} have been rearranged and those of {target} have not: the samples no longer "
                    f"go with their targets",
                    f"rearrange {name} and {target} with the same permutation",
                )
                return


def _data_read(case: Case, trace: Trace) -> Iterator[tuple[int, Step, str, Array]]:
    """Yield the arrays of samples that the forward pass reads: (step, statement, name, value)."""
    computed = {d.variable for d in case.forward} | set(case.plan.roles.parameters)
    for k, step in case.objective.steps:
        if k >= len(trace.environments):
            continue
        for name in step.reads:
            value = trace.environments[k].get(name)
            samples = isinstance(value, np.ndarray) and value.ndim == 2 and value.shape[0] == case.samples
            if samples and name not in computed and name != case.plan.roles.target:
                yield k, step, name, value


def _pairing(trace: Trace, k: int, name: str, used: Array, target: str | None) -> bool:
    """Tell whether pairs of rows (input, target) are used that were not there at the start."""
    y_used, y_start = trace.end.get(target or ""), trace.start.get(target or "")
    x_start = trace.start.get(name)
    arrays = (used, y_used, x_start, y_start)
    if not all(isinstance(a, np.ndarray) and len(a.shape) > 0 and len(a) == len(used) for a in arrays):
        return False
    if len(used) > MOST_ROWS or same_bits(used, x_start) and same_bits(y_used, y_start):
        return False
    rows_used, rows_start = _rows(used), _rows(x_start)
    targets_used, targets_start = _rows(y_used), _rows(y_start)
    if Counter(rows_used) != Counter(rows_start) or Counter(targets_used) != Counter(targets_start):
        return False
    before = Counter(zip(rows_start, targets_start, strict=True))
    return Counter(zip(rows_used, targets_used, strict=True)) != before


def _rows(array: Any) -> list[bytes]:
    return [row.tobytes() for row in np.ascontiguousarray(array)]


def _rearranged(trace: Trace, *names: str) -> int | None:
    lines = [s.statement.line for s in trace.steps for n in names if n in (*s.writes, *s.in_place)]
    return lines[0] if lines else None


def spoilt_data(seen: Observed) -> Iterator[Finding]:
    """Find inputs and targets that a later line writes into by another name."""
    case = seen.case
    written = {name for s in seen.live[0].program.body for name in s.targets}
    data = {name for s in seen.live[0].program.body for name in s.reads} - written
    for k, name in seen.live[0].aliased:
        step = seen.live[0].steps[k]
        if name in data and case.plan.phase(step.statement) is not Phase.OTHER:
            alias = next(iter(step.in_place), step.writes[0] if step.writes else name)
            yield Finding(
                "in-place-activation",
                ERROR,
                step.statement.line,
                name,
                f"{alias} is another name for {name}, and this line writes into it: from the next iteration on {name} "
                f"is not what it was",
                f"{alias} = {name}.copy() before it is written into",
            )
            return


# --- the start -------------------------------------------------------------------------------------------------


def symmetric_start(seen: Observed) -> Iterator[Finding]:
    """Find a hidden layer whose units are equal and get equal gradients: they stay equal for ever."""
    case = seen.case
    for name, axis in _hidden_weights(case):
        weights, gradient = case.trace.start[name], case.gradients[name]
        if not gradient.whole or weights.shape[axis] < 2:
            continue
        spread = np.ptp(gradient.value, axis=axis)
        equal = np.all(np.ptp(weights, axis=axis) == 0) and np.all(
            spread <= 8 * gradient.error + 1e-9 * np.abs(gradient.value).max()
        )
        if equal:
            generator = next((n for n, v in case.trace.start.items() if isinstance(v, np.random.Generator)), None)
            shape = ", ".join(map(str, weights.shape))
            fresh = f"{generator}.standard_normal(({shape}))" if generator else f"np.random.randn({shape})"
            text, replacement = setup_edit(case.trace.program, name, lambda _: fresh)  # noqa: B023 - used at once
            yield Finding(
                "symmetric-start",
                ERROR,
                replacement[0] if replacement else None,
                name,
                f"all {weights.shape[axis]} hidden units have the same weights in {name} and get the same gradient: "
                f"they stay equal, as if there were one",
                text or f"{name} = {fresh}",
                replacement,
            )
            return


def _hidden_weights(case: Case) -> Iterator[tuple[str, int]]:
    """Yield the weights of layers below another one: (name, axis along which their units lie)."""
    parameters = set(case.plan.roles.parameters)
    reading = [(k, s) for k, s in case.objective.steps if parameters.intersection(s.reads)]
    for k, step in reading:
        out = [
            np.shape(case.trace.environments[k + 1].get(n)) for n in step.writes if k + 1 < len(case.trace.environments)
        ]
        later = any(
            j > k
            and any(
                np.ndim(case.trace.start[n]) == 2 and min(np.shape(case.trace.start[n])) > 0
                for n in s.reads
                if n in parameters and n not in step.reads
            )
            for j, s in reading
        )
        for name in step.reads:
            shape = np.shape(case.trace.start.get(name))  # type: ignore[arg-type]
            if name not in case.gradients or len(shape) != 2 or not out or len(out[0]) != 2 or not later:
                continue
            if name in {o.id for pair in products_in(step) for o in pair if isinstance(o, ast.Name)}:
                yield (
                    name,
                    1
                    if shape[1] == out[0][1] and shape[0] != out[0][0]
                    else 0
                    if shape[0] == out[0][0] and shape[1] != out[0][1]
                    else 1,
                )


# --- between two iterations ------------------------------------------------------------------------------------


def not_updated(seen: Observed) -> Iterator[Finding]:
    """Find a parameter that is never written, or whose update does nothing."""
    case, live = seen.case, seen.live[0]
    for update in judge(live, case.gradients, case.rate, case.buffers).values():
        if update.verdict == NOT_UPDATED and live.failed_at is None and update.name not in case.buffers:
            if any(not s.writes and update.name in s.reads for s in live.steps) or np.array_equal(
                live.start[update.name], live.end[update.name]
            ):
                yield _never(case, update.name, case.gradients[update.name])
    for name, derivative in fixed_parameters(seen):
        yield _never(case, name, derivative)


def _never(case: Case, name: str, derivative: Derivative) -> Finding:
    trace = case.trace
    backward = [(n, fit(v, derivative)) for _, n, v in backward_values(trace, case.plan)]
    made = next((n for n, f in backward if f.exact), None)
    last = trace.steps[-1].statement
    rate = case.plan.roles.rate or "lr"
    suggestion = (
        f"{name} = {name} - {rate} * {made}" if made else f"compute ∂C/∂{name} and subtract {rate} times it from {name}"
    )
    size = float(np.sqrt(np.nansum(derivative.value**2)))
    message = f"{name} stays what it was: the forward pass reads it, ∂C/∂{name} is not zero (norm {size:.3g}), and no line changes it"
    return Finding("parameter-not-updated", ERROR, last.line, name, message, suggestion)


def fixed_parameters(seen: Observed) -> list[tuple[str, Derivative]]:
    """Return the arrays that the loop never writes though they are used as its parameters are.

    Such an array is multiplied from the side from which the parameters are, or added to a layer for all samples
    alike, or its own gradient is computed.
    """
    case = seen.case
    trace, roles = case.trace, case.plan.roles
    written = {name for s in trace.program.body for name in s.targets}
    names = dict.fromkeys(n for _, s in case.objective.steps for n in s.reads if n not in written and n != roles.target)
    found: list[tuple[str, Derivative]] = []
    for name in names:
        value = trace.start.get(name)
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f" or value.ndim == 0:
            continue
        weight, bias = _on_parameter_side(case, name), _is_bias(case, name)
        data = value.ndim == 2 and case.samples in value.shape and not weight
        if data and not bias:
            continue
        derivative = differentiate(trace, case.objective, name, -1, cells_of(value.size, value.size, seen.budget))
        computed = (
            any(match(v, [derivative]) for _, _, v in backward_values(trace, case.plan)) and name not in roles.inputs
        )
        if (weight or bias or computed) and not derivative.zero:
            found.append((name, derivative))
    return found


def _on_parameter_side(case: Case, name: str) -> bool:
    """Tell whether an array is that operand of a product that parameters are."""
    parameters = set(case.plan.roles.parameters)
    sides: Counter[int] = Counter()
    own: set[int] = set()
    for _, step in case.objective.steps:
        for pair in products_in(step):
            for side, operand in enumerate(pair):
                bare = operand.value if isinstance(operand, ast.Attribute) else operand
                identifier = bare.id if isinstance(bare, ast.Name) else None
                sides[side] += identifier in parameters
                own |= {side} if identifier == name else set()
    side = sides.most_common(1)[0] if sides else (0, 0)
    return bool(side[1]) and own == {side[0]}


def _is_bias(case: Case, name: str) -> bool:
    """Tell whether an array is added, the same for every sample, to something that depends on a parameter."""
    trace = case.trace
    for k, step in case.objective.steps:
        if name not in step.reads or step.code is None or len(step.writes) != 1 or k + 1 >= len(trace.environments):
            continue
        if step.writes[0] not in {d.variable for d in case.forward}:
            continue
        before, value = trace.environments[k], trace.environments[k][name]
        out = trace.environments[k + 1].get(step.writes[0])
        moved = run_step(step, {**before, name: value + 1.0}, dict(trace.functions))[step.writes[0]]
        if (
            np.shape(moved) == np.shape(out)
            and np.size(out) > value.size
            and np.allclose(moved, out + 1.0, rtol=1e-9, atol=1e-9)
        ):  # type: ignore[operator]
            return True
    return False


def accumulates(seen: Observed) -> Iterator[Finding]:
    """Find a buffer that holds the gradient and gives back, next time, all that it was given."""
    case = seen.case
    random = np.random.default_rng(0)
    for name in case.buffers:
        k = case.trace.last_write(name)
        value = case.trace.end.get(name)
        if k is None or not isinstance(value, np.ndarray) or match(value, list(case.gradients.values())) is None:
            continue
        given = random.standard_normal(value.shape) * (np.abs(value).max() or 1.0)
        returned = case.trace.with_start({name: given}).end[name]
        if not np.allclose(returned - value, given, rtol=1e-7, atol=1e-12):
            continue
        step = case.trace.steps[k]
        line = rewrites.Line.of(step.statement.text, case.around)
        text = None
        if isinstance(line.node, ast.AugAssign) and line.value is not None:
            text = f"{name} = {line.source(line.value)}"
        yield Finding(
            "gradient-accumulates",
            ERROR,
            step.statement.line,
            name,
            f"{name} adds this iteration's gradient to those of all iterations before it and is never set to zero",
            text or f"{name} = np.zeros_like({name}) at the start of each iteration",
            line_edit(case.trace.program, step, text),
        )


def line_edit(program: Program, step: Step, text: str | None) -> tuple[int, str] | None:
    """Return the whole source line with a statement's new text in it, None where that is not one line."""
    statement = step.statement
    if text is None or statement.line != statement.end_line or statement.text not in program.lines[statement.line - 1]:
        return None
    return statement.line, program.lines[statement.line - 1].replace(statement.text, text, 1)


CONDITIONS: Sequence[Callable[[Observed], Iterator[Finding]]] = (
    target_shape,
    softmax_axis,
    shuffled,
    spoilt_data,
    symmetric_start,
    accumulates,
    not_updated,
)
"""The tests, in the order in which they are made."""

DECISIVE = frozenset({"target-shape", "softmax-axis"})
"""Mistakes after which the lines of the backward pass are not judged: they are not what is wrong."""
