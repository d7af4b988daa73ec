"""Matrices as a front end draws them: a window of numbers, which of them have changed, and the scale of colours."""

import numpy as np

from nntui_core.frame import Index, MatrixView, Window
from nntui_core.values import Array


def drawn_at(index: Index, shape: Index) -> tuple[int, int]:
    """Return the row and column at which a cell is drawn."""
    if len(index) < 2:
        return 0, index[0] if index else 0
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


def matrix_view(
    name: str,
    shape: Index,
    value: Array | None,
    before: Array | None,
    window: Window,
    sources: frozenset[tuple[int, int]] = frozenset(),
) -> MatrixView:
    """Cut a window out of a value; `before` is the value that changes are marked against."""
    rows, columns = as_rows(shape)
    if value is None:
        return MatrixView(name, shape, rows, columns, window, None)
    part = _window(value, rows, columns, window)
    return MatrixView(
        name,
        shape,
        rows,
        columns,
        window,
        tuple(map(tuple, part.tolist())),
        scale(value),
        _changed(value, before, window, rows, columns),
        sources,
    )


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
