"""Classes: which ones the targets tell, which ones a network predicts, how many samples it puts into the right one.

There are classes where the targets say so: one column of 0 and 1, or of -1 and 1, a column for each class with a one
in the right place, or the number of the class. The class that a network predicts is that of its greatest output; a
single output says the greater class from the middle between the two on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nntui_core.values import Array

NONE = -1
"""The number of the class of a prediction that is not a number."""


@dataclass(frozen=True, slots=True)
class Classes:
    """The class of each sample by number, and the names of the classes; of two, what lies between them."""

    numbers: Array
    names: tuple[str, ...]
    middle: float = 0.5

    def predicted(self, prediction: Array) -> Array:
        """Return the class that each row of a prediction (samples, outputs) says, `NONE` where it says none."""
        nothing = np.isnan(prediction).any(axis=1)
        if prediction.shape[1] > 1:
            return np.where(nothing, NONE, np.nan_to_num(prediction).argmax(axis=1))
        return np.where(nothing, NONE, prediction[:, 0] >= self.middle)


def classes_of(targets: Array, outputs: int) -> Classes | None:
    """Return the classes that targets (samples, columns) tell, None where they are no classes.

    They are classes where they are one-hot, or one column of 0 and 1, or of −1 and 1, or of the number of the one of
    several `outputs` that should be the greatest.
    """
    if targets.ndim != 2 or not targets.size:
        return None
    if targets.shape[1] > 1:
        one_hot = np.all((targets == 0) | (targets == 1)) and np.all(targets.sum(axis=1) == 1)
        fits = one_hot and targets.shape[1] == outputs
        return Classes(np.argmax(targets, axis=1), _counted(outputs)) if fits else None
    column = targets[:, 0]
    if outputs > 1:
        numbers = np.all((column >= 0) & (column < outputs)) and np.all(column == np.floor(column))
        return Classes(column.astype(np.intp), _counted(outputs)) if numbers else None
    for low, name in ((0.0, "0"), (-1.0, "-1")):
        if np.all((column == low) | (column == 1.0)):
            return Classes((column > low).astype(np.intp), (name, "1"), (low + 1.0) / 2)
    return None


def _counted(classes: int) -> tuple[str, ...]:
    return tuple(map(str, range(classes)))


def labels(live: Mapping[str, Any], count: int) -> tuple[str, ...]:
    """Return the names of `count` classes, or outputs, that a program knows: its list `labels`. Empty for none."""
    found = live.get("labels")
    fits = isinstance(found, list) and len(found) == count and all(isinstance(name, str) for name in found)
    return tuple(found) if fits and found else ()


def accuracy(prediction: object, target: object) -> float | None:
    """Return the share of samples, in rows, whose class is predicted; None where there are no classes."""
    p, t = np.asarray(prediction), np.asarray(target)
    if p.dtype.kind not in "fiu" or t.dtype.kind not in "fiub" or not t.size or p.ndim not in (1, 2):
        return None
    numbers = p.ndim == 2 and p.shape[1] > 1 and t.ndim == 1 and t.dtype.kind in "iu" and len(t) == len(p)
    if p.shape != t.shape and not numbers:
        return None
    p = p.reshape(len(p), -1)
    classes = classes_of(t.reshape(len(t), -1), p.shape[1])
    return None if classes is None else float(np.mean(classes.predicted(p) == classes.numbers))
