"""Matrices as a front end draws them: a window of numbers, which of them have changed, and the scale of colours.

What is handed to a front end has the size of the window, however large the matrix is. What needs every cell (the scale,
the statistics, the means of groups) is computed here, and once for each value: states share what has not changed.
"""

import numpy as np

from nntui_core.frame import Index, MatrixView, Stats, Window
from nntui_core.values import Array


def drawn_at(index: Index, shape: Index) -> tuple[int, int]:
    """Return the row and column at which a cell is drawn."""
    if len(index) < 2:
        return 0, index[0] if index else 0
    if len(index) == 2:
        return index[0], index[1]
    return int(np.ravel_multi_index(index[:-1], shape[:-1])), index[-1]


def as_rows(shape: Index) -> tuple[int, int]:
    """Return how many rows and columns a value of this shape is drawn with; a vector is one row."""
    if len(shape) < 2:
        return 1, shape[0] if shape else 1
    rows = 1
    for size in shape[:-1]:
        rows *= size
    return rows, shape[-1]


def scale(value: Array) -> float:
    """Return the greatest finite magnitude, 0 where there is none."""
    if not value.size:
        return 0.0
    greatest = float(max(abs(value.max()), abs(value.min())))
    if np.isfinite(greatest):
        return greatest
    finite = np.abs(value[np.isfinite(value)])
    return float(finite.max()) if finite.size else 0.0


def stats(value: Array) -> Stats | None:
    """Return what can be said of a whole matrix, None where there is nothing to say."""
    if not value.size or value.dtype.kind == "c":
        return None
    with np.errstate(all="ignore"):
        numbers = value.astype(np.float64, copy=False)
        norm = float(np.linalg.norm(numbers.reshape(-1)))
        return Stats(float(numbers.min()), float(numbers.mean()), float(numbers.max()), norm)


class Matrices:
    """Cuts windows out of values; remembers what it knows of each whole value while that stays the same."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Array, float, Stats | None]] = {}

    def view(
        self,
        name: str,
        shape: Index,
        value: Array | None,
        before: Array | None,
        window: Window,
        sources: frozenset[tuple[int, int]] = frozenset(),
    ) -> MatrixView:
        """Return a window of a value; `before` is the value that changes are marked against."""
        rows, columns = as_rows(shape)
        if value is None:
            return MatrixView(name, shape, rows, columns, window, None)
        greatest, found = self._of(name, value)
        if window.group != (1, 1):
            part = grouped(value.reshape(rows, columns), window.group)[: window.rows, : window.columns]
            numbers = tuple(map(tuple, part.tolist()))
            return MatrixView(name, shape, rows, columns, window, numbers, scale(part), stats=found)
        part = _window(value, rows, columns, window)
        changed = _changed(value, before, window, rows, columns)
        numbers = tuple(map(tuple, part.tolist()))
        lit = frozenset(cell for cell in sources if _within(cell, window)) if sources else sources
        return MatrixView(name, shape, rows, columns, window, numbers, greatest, changed, lit, found)

    def _of(self, name: str, value: Array) -> tuple[float, Stats | None]:
        known = self._known.get(name)
        if known is None or known[0] is not value:
            known = self._known[name] = value, scale(value), stats(value)
        return known[1], known[2]


def grouped(whole: Array, group: tuple[int, int]) -> Array:
    """Return the means of groups of so many rows and columns; those at the edges are smaller."""
    sums = whole.astype(np.complex128 if whole.dtype.kind == "c" else np.float64, copy=False)
    counts = np.ones((1, 1))
    for axis, (size, step) in enumerate(zip(whole.shape, group, strict=True)):
        starts = np.arange(0, size, step)
        if not starts.size:
            return np.zeros((0, 0))
        sums = np.add.reduceat(sums, starts, axis=axis)
        widths = np.diff(np.append(starts, size))
        counts = counts * (widths[:, None] if axis == 0 else widths[None, :])
    means: Array = sums / counts
    return means


def _within(cell: tuple[int, int], window: Window) -> bool:
    down, right = cell[0] - window.row, cell[1] - window.column
    return 0 <= down < window.rows and 0 <= right < window.columns


def _window(value: Array, rows: int, columns: int, window: Window) -> Array:
    whole: Array = value.reshape(rows, columns)
    return whole[window.row : window.row + window.rows, window.column : window.column + window.columns]


def _changed(value: Array, before: Array | None, window: Window, rows: int, columns: int) -> frozenset[tuple[int, int]]:
    if before is value:
        return frozenset()
    now = _window(value, rows, columns, window)
    if before is None or before.shape != value.shape:
        differs = np.ones(now.shape, bool)
    else:
        then = _window(before, rows, columns, window)
        differs = (now != then) & ~((now != now) & (then != then))
    return frozenset((window.row + int(r), window.column + int(c)) for r, c in np.argwhere(differs))
