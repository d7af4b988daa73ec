"""The losses that a fast run tells of, as they come: a number an iteration, or two where samples are held out."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


class SeenLosses:
    """The losses of a run; `take` is called with them after each iteration.

    A loss that is an array may be changed in place later: its number is taken at once. Any other is kept as it is,
    which costs a run the least.
    """

    def __init__(self, is_array: bool, with_held_out: bool) -> None:
        self.losses: list[Any] = []
        self.held_out: list[float] = []
        """The losses of the samples that are held out, none where the program computes none."""
        self.take: Callable[..., None] = self.losses.append
        if with_held_out:
            self.take = self._both
        elif is_array:
            self.take = self._number

    def _number(self, loss: object) -> None:
        self.losses.append(as_loss(loss))

    def _both(self, loss: object, held_out: object = None) -> None:
        self.losses.append(as_loss(loss))
        self.held_out.append(as_loss(held_out))


def as_loss(value: object) -> float:
    """Return a loss as a float; NaN where it is no single number."""
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "biuf":
        return math.nan
    return float(array.reshape(-1)[0])


FLOATS = {float, np.float64}


def as_losses(values: Sequence[Any]) -> list[float]:
    """Return losses as floats."""
    if set(map(type, values)) <= FLOATS:
        return list(values)
    return [as_loss(value) for value in values]
