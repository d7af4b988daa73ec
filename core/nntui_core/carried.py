"""Mistakes that show between two iterations: a parameter that stays, a gradient that is never forgotten."""

import ast
from collections.abc import Iterator

import numpy as np

from nntui_core.case import Case
from nntui_core.conditions import Observed, line_edit
from nntui_core.findings import ERROR, Finding
from nntui_core.gradients import Derivative, differentiate, match
from nntui_core.line import Line
from nntui_core.measure import backward_values, cells_of, products_in, work_of
from nntui_core.patterns import products
from nntui_core.trace import run_step
from nntui_core.values import Array


def fixed_parameters(case: Case, budget: int) -> tuple[tuple[str, Derivative], ...]:
    """Return the arrays that the loop never writes though they are used as its parameters are.

    Such an array is multiplied from the side from which the parameters are, or added to a layer for all samples
    alike, or its own gradient is computed.
    """
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
        derivative = differentiate(
            trace, case.objective, name, -1, cells_of(value.size, work_of(trace, case.objective), budget)
        )
        computed = (
            any(match(v, [derivative]) for _, _, v in backward_values(trace, case.plan)) and name not in roles.inputs
        )
        if (weight or bias or computed) and not derivative.zero:
            found.append((name, derivative))
    return tuple(found)


def _on_parameter_side(case: Case, name: str) -> bool:
    """Tell whether an array is that operand of a product that parameters are."""
    parameters = set(case.plan.roles.parameters)
    sides = [0, 0]
    own: set[int] = set()
    for _, step in case.objective.steps:
        for pair in products_in(step):
            for side, operand in enumerate(pair):
                bare = operand.value if isinstance(operand, ast.Attribute) else operand
                identifier = bare.id if isinstance(bare, ast.Name) else None
                sides[side] += identifier in parameters
                own |= {side} if identifier == name else set()
    side = sides.index(max(sides))
    return sides[side] > 0 and own == {side}


def _is_bias(case: Case, name: str) -> bool:
    """Tell whether an array is added, the same for every sample, to something that depends on a parameter."""
    return any(out.size > case.trace.start[name].size for out in _added_to(case, name))


def _added_to(case: Case, name: str) -> Iterator[Array]:
    """Yield the forward variables that an array is added to: one more in it is one more in them."""
    trace = case.trace
    forward = {d.variable for d in case.forward}
    for k, step in case.objective.steps:
        ran = step.code is not None and k + 1 < len(trace.environments)
        if not ran or name not in step.reads or len(step.writes) != 1 or step.writes[0] not in forward:
            continue
        if any(name in _names(operand) for pair in products(step.node) for operand in pair):
            continue  # with x = I, a weight looks like a bias
        before = trace.environments[k]
        out = np.asarray(trace.environments[k + 1][step.writes[0]])
        moved = np.asarray(run_step(step, {**before, name: before[name] + 1.0}, dict(trace.functions))[step.writes[0]])
        if moved.shape == out.shape and np.allclose(moved, out + 1.0, rtol=1e-9, atol=1e-9):
            yield out


def bias_for_each_sample(seen: Observed) -> Iterator[Finding]:
    """Find a bias that has grown, in iterations before this one, to a row for each sample."""
    case = seen.case
    for name, gradient in case.gradients.items():
        shape = gradient.value.shape
        if len(shape) != 2 or case.samples < 2 or case.samples not in shape or case.forward == ():
            continue
        if any(out.shape == shape for out in _added_to(case, name)):
            k = case.trace.last_write(name)
            line = case.trace.steps[k].statement.line if k is not None else None
            yield Finding(
                "bias-not-summed",
                ERROR,
                line,
                name,
                f"{name} is {shape}: a bias of its own for each of the {case.samples} samples",
                f"sum ∂C/∂{name} over the samples, and start {name} again with one for each unit",
            )


def accumulates(seen: Observed) -> Iterator[Finding]:
    """Find a buffer that holds the gradient and gives back, next time, all that it was given."""
    case = seen.case
    random = np.random.default_rng(0)
    for name in case.optimizer.names:
        k = case.trace.last_write(name)
        value = case.trace.end.get(name)
        if k is None or not isinstance(value, np.ndarray) or match(value, list(case.gradients.values())) is None:
            continue
        given = random.standard_normal(value.shape) * (np.abs(value).max() or 1.0)
        returned = case.trace.with_start({name: given}).end[name]
        if not np.allclose(returned - value, given, rtol=1e-7, atol=1e-9 * float(np.abs(given).max())):
            continue
        step = case.trace.steps[k]
        line = Line.of(step.statement.text, case.around)
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


def _names(node: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
