"""How many samples a network puts into the right class.

There are classes where the targets say so: one column of zeros and ones, a column for each class with a one in the
right place, or the number of the class. The class that a network predicts is that of its greatest output; a single
output says 1 from ½ on.
"""

import numpy as np

from nntui_core.values import Array

HALF = 0.5


def accuracy(prediction: object, target: object) -> float | None:
    """Return the share of samples, in rows, whose class is predicted; None where there are no classes."""
    p, t = np.asarray(prediction), np.asarray(target)
    if p.dtype.kind not in "fiu" or t.dtype.kind not in "fiub" or not t.size:
        return None
    if p.ndim == 2 and t.ndim == 1 and t.dtype.kind in "iu":
        numbers = len(t) == len(p) and p.shape[1] > 1 and bool(np.all((t >= 0) & (t < p.shape[1])))
        return _share(_greatest(p) == t) if numbers else None
    if p.shape != t.shape or not np.all((t == 0) | (t == 1)):
        return None
    if t.ndim == 2 and t.shape[1] > 1:
        return _share(_greatest(p) == t.argmax(axis=1)) if np.all(t.sum(axis=1) == 1) else None
    return _share(((p >= HALF) == (t >= HALF)) & ~np.isnan(p))


def _greatest(p: Array) -> Array:
    """Return the place of the greatest number in each row; -1 where one of them is not a number."""
    return np.where(np.isnan(p).any(axis=1), -1, np.nan_to_num(p).argmax(axis=1))


def _share(right: Array) -> float:
    return float(np.mean(right))
