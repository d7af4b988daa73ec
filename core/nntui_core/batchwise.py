"""The predictions for many points at once, also where a program takes one sample at a time."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nntui_core.forward import Forward, NoForward
from nntui_core.values import Array


def predictions(forward: Forward, live: Mapping[str, Any], points: Array, singly: bool, tried: int = 8) -> Array:
    """Return the predictions for points (points, features): (points, outputs).

    Where the program takes one sample at a time (`singly`), all are computed at once if that gives, for the first
    `tried` of them, what they give one by one.

    Raises:
        NoForward: a statement raised an exception, or the predictions are none of these points.
    """
    if not singly:
        return _together(forward, live, points)
    first = np.array([forward.run(live, point).reshape(-1) for point in points[:tried]])
    try:
        together = _together(forward, live, points)
    except NoForward:
        together = np.zeros((0, 0))
    if together.shape[1:] == first.shape[1:] and np.allclose(together[: len(first)], first, equal_nan=True):
        return together
    rest = [forward.run(live, point).reshape(-1) for point in points[len(first) :]]
    return np.array([*first, *rest])


def _together(forward: Forward, live: Mapping[str, Any], points: Array) -> Array:
    """Return the predictions for points (points, features), computed as a batch: (points, outputs)."""
    value = forward.run(live, points if forward.upright else points.T)
    if value.ndim == 2 and not forward.upright:
        value = value.T
    if value.ndim not in (1, 2) or len(value) != len(points):
        shape = "×".join(map(str, value.shape)) or "a single number"
        raise NoForward(f"{forward.prediction} is {shape} for {len(points)} samples")
    return value.reshape(len(points), -1)
