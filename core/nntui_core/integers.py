"""Weights that are integers: an array of them cannot take a gradient step.

`W = np.array([[1, 0], [0, 1]])` holds integers. `W -= γ * dW` raises then, and `W[:] = W - γ * dW` cuts off what comes
after the point, so that small steps are no steps. The lines of the backward pass may all be right: the iteration is
measured with these arrays as floats, and where the updates are right with those, the setup's line is to blame.
"""

import ast
from collections.abc import Sequence

import numpy as np

from nntui_core import parsing
from nntui_core.conditions import Observed, setup_edit
from nntui_core.findings import ERROR, Finding
from nntui_core.objective import Layout
from nntui_core.trace import Trace


def integer_names(trace: Trace, plan: Layout) -> tuple[str, ...]:
    """Return the parameters and carried arrays of integers."""
    carried = [n for n in trace.start if any(n in s.writes for s in trace.steps)]
    candidates = dict.fromkeys((*plan.roles.parameters, *carried))
    arrays = [(n, trace.start.get(n)) for n in candidates]
    return tuple(n for n, v in arrays if isinstance(v, np.ndarray) and v.dtype.kind in "iu")


def truncated(seen: Observed, integers: Sequence[str]) -> Finding | None:
    """Find integers that cannot take a gradient step: the statement raises, or cuts the fraction off."""
    live, case = seen.live[0], seen.case
    for name in integers:
        if name not in case.gradients:
            continue
        k = live.last_write(name)
        failed = live.failed_at is not None and k is not None and k >= live.failed_at
        end = live.end.get(name)
        cut = isinstance(end, np.ndarray) and end.dtype.kind in "iu" and not failed
        as_floats = case.judged(case.trace)[name]
        if not (failed or cut) or not as_floats.proportional:
            continue
        text, replacement = setup_edit(live.program, name, _as_float)
        what = live.failure.message if failed and live.failure else "each update loses what comes after the point"
        return Finding(
            "integer-arrays",
            ERROR,
            replacement[0] if replacement else None,
            name,
            f"{name} is an array of integers ({live.start[name].dtype}): {what}",
            text or f"{name} = {name}.astype(float)",
            replacement,
        )
    return None


def _as_float(old: str) -> str:
    tree = parsing.parse(old, "eval").body
    return f"{old}.astype(float)" if isinstance(tree, ast.Call | ast.Name) else f"({old}).astype(float)"
