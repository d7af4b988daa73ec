"""Which expressions are the σ′ of this program's activation functions: found by measuring, not by their looks.

`a * (1 - a)` is the derivative of a sigmoid, and of nothing else. So each activation is run with its pre-activation z
moved a little, (f(z + h) − f(z − h)) / 2h, and of all the derivatives that the program writes, or that are usual, only
those are kept whose numbers agree. A softmax has none: moving all of z together does not move it.
"""

import ast
from collections.abc import Iterator, Sequence

import numpy as np

from nntui_core import parsing
from nntui_core.gradients import Objective
from nntui_core.line import Line, Surroundings, elementwise
from nntui_core.trace import Environment, Step, Trace, run_step
from nntui_core.values import Array

USUAL = ("{v} * (1 - {v})", "1 - {v} ** 2", "({v} > 0)", "np.cos({v})")
STEP = 1e-5
CLOSE = 1e-6


def slopes(
    trace: Trace, objective: Objective, backward: Sequence[int], around: Surroundings
) -> tuple[tuple[str, str], ...]:
    """Return the σ′ that a line could be multiplied by: (forward variable, text), the program's own ways first.

    `backward` are the indices of the backward statements.
    """
    patterns = dict.fromkeys((*_written(trace, backward, around), *USUAL))
    found: list[tuple[str, str]] = []
    for k, step in objective.steps:
        pre = next((n for n in step.reads if around.activation_of.get(n) in step.writes), None)
        if pre is None or step.code is None or k + 1 >= len(trace.environments):
            continue
        true = _measured(trace, k, step, pre)
        if true is None:
            continue
        after = trace.environments[k + 1]
        names = [n for n in (*step.writes, pre) if n in around.forward]
        texts = [(n, pattern.format(v=n)) for pattern in (*patterns, *_leaky(true, names)) for n in names]
        found += [(n, text) for n, text in texts if _agrees(trace, text, after, true)]
    return tuple(dict.fromkeys(found))


def _measured(trace: Trace, k: int, step: Step, pre: str) -> Array | None:
    """Return σ′(z), nan in the cells where σ has a kink; None where the activation cannot be run so."""
    before = trace.environments[k]
    z = np.asarray(before[pre], dtype=float)
    h = STEP * max(1.0, float(np.max(np.abs(z), initial=0.0)))
    try:
        low, here, high = (
            np.asarray(run_step(step, {**before, pre: z + d}, dict(trace.functions))[step.writes[0]], dtype=float)
            for d in (-h, 0.0, h)
        )
    except Exception:  # noqa: BLE001 - the learner's function may raise anything
        return None
    if high.shape != z.shape or not np.any(high - low):
        return None
    left, right = (here - low) / h, (high - here) / h
    return np.where(np.abs(left - right) < 1e3 * h, (left + right) / 2, np.nan)


def _agrees(trace: Trace, text: str, environment: Environment, true: Array) -> bool:
    try:
        value = np.asarray(eval(text, {"np": np, **trace.functions, **environment}), dtype=float)
    except Exception:  # noqa: BLE001 - the learner's expression may raise anything
        return False
    known = np.isfinite(true)
    if value.shape != true.shape or not known.any():
        return False
    return bool(np.all(np.abs(value - true)[known] <= CLOSE * np.max(np.abs(true[known])) + 1e-9))


def _leaky(true: Array, names: Sequence[str]) -> Iterator[str]:
    """Yield the slope of a leaky ReLU: one for the positive, a small constant for the others."""
    others = true[np.isfinite(true) & (np.abs(true - 1) > CLOSE)]
    if others.size and np.ptp(others) < CLOSE and names:
        leak = float(f"{others.mean():.6g}")
        if 0 < abs(leak) < 1:
            yield "np.where({v} > 0, 1, " + f"{leak:g})"


def _written(trace: Trace, backward: Sequence[int], around: Surroundings) -> Iterator[str]:
    """Yield the derivatives that the backward lines write, with a place `{v}` for the variable.

    They are the factors of a product, or right sides, that read one forward variable and nothing else of the program.
    """
    program, forward = trace.program, set(around.forward)
    for index in backward:
        line = Line.of(program.body[index].text, around)
        factors = [f for part in line.parts() for f in elementwise(part) or ()]
        for factor in (*factors, *([line.value] if line.value is not None else [])):
            names = {n.id for n in ast.walk(factor) if isinstance(n, ast.Name)} - program.functions
            if len(names) == 1 and names <= forward and not isinstance(factor, ast.Name):
                yield _pattern(line.source(factor), names.pop())


def _pattern(text: str, name: str) -> str:
    """Return an expression with a place `{v}` for each mention of a name."""
    raw = text.replace("{", "{{").replace("}", "}}")
    tree = parsing.parse(raw, "eval")
    spots = sorted((n.col_offset for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == name), reverse=True)
    data = raw.encode()
    for spot in spots:
        data = data[:spot] + b"{v}" + data[spot + len(name.encode()) :]
    return data.decode()
