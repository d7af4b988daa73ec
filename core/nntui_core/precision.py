"""An iteration in double precision, whatever the program computes in.

A check judges the rule and not the rounding. In single precision W − γ·∂C/∂W keeps seven digits of W: with γ = 0.01
and weights near 1, nothing of a slope below 1e-5 is left, and of one near 1e-3 two digits, which a wrong gradient
may share. So the traced iteration is run once more, with all its numbers as doubles; NumPy computes in the larger
of two precisions, so that what follows from them is double as well, unless the program itself insists
(`.astype(np.float32)` within the loop).
"""

from dataclasses import replace
from typing import Any

import numpy as np

from nntui_core.trace import Trace


def in_double(trace: Trace) -> Trace:
    """Return the trace as it would have been in double precision; where it is already, or cannot be, as it is."""
    outcomes = [{n: double(v) for n, v in step.outcome.items()} for step in trace.steps]
    steps = tuple(
        step if all(new[n] is v for n, v in step.outcome.items()) else replace(step, outcome=new)
        for step, new in zip(trace.steps, outcomes, strict=True)
    )
    start = {n: double(v) for n, v in trace.start.items()}
    if all(start[n] is v for n, v in trace.start.items()) and all(
        a is b for a, b in zip(steps, trace.steps, strict=True)
    ):
        return trace
    again = replace(trace, steps=steps).with_start(start)
    return again if again.failed_at == trace.failed_at else trace


def double(value: Any) -> Any:
    """Return single or half precision numbers as doubles, read-only; other values as they are."""
    if isinstance(value, np.ndarray | np.floating) and value.dtype.kind == "f" and value.dtype.itemsize < 8:
        as_double = value.astype(np.float64)
        if isinstance(as_double, np.ndarray):
            as_double.flags.writeable = False
        return as_double
    return value
