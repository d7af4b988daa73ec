"""Mistakes in the data and in the start, which no line of the backward pass shows.

Each test looks at values, not at the text: a target that broadcasts, rows that do not sum to one, samples that have
lost their targets, hidden units that are equal and get equal gradients.
"""

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from nntui_core import dataflow, parsing
from nntui_core.case import Case
from nntui_core.findings import ERROR, Finding
from nntui_core.gradients import Derivative
from nntui_core.measure import products_in
from nntui_core.program import Phase, Program
from nntui_core.trace import Step, Trace
from nntui_core.values import Array

MOST_ROWS = 5000


@dataclass(frozen=True)
class Observed:
    """What the tests look at: the measured iteration, and the iterations as they run (`live[0]` is the same one).

    `fixed` are the arrays that the loop never writes though they are used as its parameters are.
    """

    case: Case
    live: tuple[Trace, ...]
    budget: int
    iterations: int | None = None
    fixed: tuple[tuple[str, Derivative], ...] = ()


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


def line_edit(program: Program, step: Step, text: str | None) -> tuple[int, str] | None:
    """Return the whole source line with a statement's new text in it, None where that is not one line."""
    statement = step.statement
    if text is None or statement.line != statement.end_line or statement.text not in program.lines[statement.line - 1]:
        return None
    return statement.line, program.lines[statement.line - 1].replace(statement.text, text, 1)


def _called(text: str) -> str:
    """Return a text to which a method call can be added."""
    tree = parsing.parse(text, "eval").body
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
        for step, name, used in _data_read(seen.case, trace):
            wrong = _pairing(trace, used, target)
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


def _data_read(case: Case, trace: Trace) -> Iterator[tuple[Step, str, Array]]:
    """Yield the arrays of samples that the forward pass reads: (step, name, value)."""
    computed = {d.variable for d in case.forward} | set(case.plan.roles.parameters)
    for k, step in case.objective.steps:
        if k >= len(trace.environments) or case.plan.phase(step.statement) is Phase.OTHER:
            continue  # what picks a mini-batch reads all samples
        for name in step.reads:
            value = trace.environments[k].get(name)
            if not isinstance(value, np.ndarray) or value.ndim != 2 or value.shape[0] != case.samples:
                continue
            if name not in computed and name != case.plan.roles.target:
                yield step, name, value


def _pairing(trace: Trace, used: Array, target: str | None) -> bool:
    """Tell whether pairs of rows (input, target) are used that were not there at the start."""
    y_used = trace.end.get(target or "")
    if not isinstance(y_used, np.ndarray) or not y_used.ndim or len(y_used) != len(used) or len(used) > MOST_ROWS:
        return False
    pairs = Counter(zip(_rows(used), _rows(y_used), strict=True))
    before = [
        Counter(zip(x_rows, y_rows, strict=True))
        for x_rows in _rearrangements(trace, used)
        for y_rows in _rearrangements(trace, y_used)
    ]
    return bool(before) and pairs not in before


def _rearrangements(trace: Trace, array: Array) -> list[list[bytes]]:
    """Return the rows of the arrays at the start that have the same rows as an array, in whatever order."""
    rows = Counter(_rows(array))
    alike = [
        _rows(value)
        for value in trace.start.values()
        if isinstance(value, np.ndarray) and value.shape == array.shape and value.dtype == array.dtype
    ]
    return [found for found in alike if Counter(found) == rows]


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
        if not gradient.whole or weights.shape[axis] < 2 or np.any(np.ptp(weights, axis=axis)):
            continue
        differences = np.ptp(gradient.value, axis=axis)
        equal = np.all(differences <= 8 * gradient.error + 1e-9 * np.abs(gradient.value).max())
        if equal or (gradient.kinks is not None and _moved_alike(seen.live[0], name, axis)):
            yield _symmetric(case, name, weights, weights.shape[axis])
            return


def _moved_alike(live: Trace, name: str, axis: int) -> bool:
    """Tell whether an update moves all units alike: at a kink (a ReLU at 0), where several slopes are right."""
    before, after = np.asarray(live.start[name]), np.asarray(live.end.get(name))
    return before.shape == after.shape and not np.any(np.ptp(after - before, axis=axis))


def _symmetric(case: Case, name: str, weights: Array, units: int) -> Finding:
    fresh = fresh_weights(case, weights.shape)
    text, replacement = setup_edit(case.trace.program, name, lambda _: fresh)
    return Finding(
        "symmetric-start",
        ERROR,
        replacement[0] if replacement else None,
        name,
        f"all {units} hidden units have the same weights in {name} and get the same gradient: they stay equal, as if "
        f"there were one",
        text or f"{name} = {fresh}",
        replacement,
    )


def fresh_weights(case: Case, shape: tuple[int, ...]) -> str:
    """Return a draw of weights as the program could write it, with its own generator where it has one."""
    sizes = ", ".join(map(str, shape))
    generator = next((n for n, v in case.trace.start.items() if isinstance(v, np.random.Generator)), None)
    return f"{generator}.standard_normal(({sizes}))" if generator else f"np.random.randn({sizes})"


def _hidden_weights(case: Case) -> Iterator[tuple[str, int]]:
    """Yield the weights of layers below another one: (name, axis along which their units lie)."""
    weights = {n for n, g in case.gradients.items() if g.value.ndim == 2}
    layers = [(step, name) for _, step in case.objective.steps for name in step.reads if name in weights]
    for step, name in layers[:-1]:
        sides = {
            side
            for pair in products_in(step)
            for side, operand in enumerate(pair)
            if isinstance(operand, ast.Name) and operand.id == name
        }
        if sides:
            yield name, max(sides)  # x @ W has its units in columns, W @ x in rows
