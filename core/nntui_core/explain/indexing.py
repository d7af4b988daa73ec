"""`x[0]`, `x[1:3, None]`, `x[batch]`: which cell of x is meant.

An index expression is followed in both directions. Where it is read, a cell of the result is traced to the cell of
x (`select`). Where it is written to, a cell of x is traced to the cell of the right-hand side that it gets, or to
none (`written_from`).
"""

import math
from collections.abc import Callable, Sequence
from types import EllipsisType
from typing import Any

import numpy as np

from nntui_core.explain import notation
from nntui_core.explain.arrays import Budget, Lazy, View, whole
from nntui_core.explain.cells import Index, NotUnderstood
from nntui_core.explain.indices import Running, is_running, stretched

Subscript = slice | EllipsisType | Lazy | None
"""One part of an index expression; a number is a lazy array of shape ()."""

Along = Callable[[Index], Any]
"""Where along one axis of the source a cell of the result is, from its index in the result."""


def select(source: Lazy, subscripts: Sequence[Subscript], text: str) -> Lazy:
    """Return `source[subscripts]`; `text` is how the program writes it."""
    parts = _filled_up(subscripts, source.ndim, text)
    chosen = [part for part in parts if isinstance(part, Lazy)]
    block = np.broadcast_shapes(*(part.shape for part in chosen))
    if block:
        _check_together(parts, text)
    shape: list[int] = []
    along: list[Along] = []
    block_at: int | None = None
    for part in parts:
        if part is None:
            shape.append(1)
        elif isinstance(part, slice):
            run = range(source.shape[len(along)])[part]
            along.append(_sliced(len(shape), run))
            shape.append(len(run))
        else:
            if block_at is None:
                block_at = len(shape)
                shape.extend(block)
            along.append(_chosen(part, source.shape[len(along)], block_at, len(block), text))
    return View(source, shape, lambda index: tuple(place(index) for place in along))


def _filled_up(subscripts: Sequence[Subscript], ndim: int, text: str) -> list[slice | Lazy | None]:
    """Write `...` and what is left out as whole slices."""
    used = sum(isinstance(part, slice | Lazy) for part in subscripts)
    if used > ndim:
        raise NotUnderstood(text)
    parts = list(subscripts)
    if Ellipsis not in [part for part in parts if isinstance(part, EllipsisType)]:
        parts.append(...)
    at = next(i for i, part in enumerate(parts) if isinstance(part, EllipsisType))
    parts[at : at + 1] = [slice(None)] * (ndim - used)
    return [part for part in parts if not isinstance(part, EllipsisType)]


def _check_together(parts: Sequence[Subscript], text: str) -> None:
    places = [at for at, part in enumerate(parts) if isinstance(part, Lazy)]
    if places[-1] - places[0] != len(places) - 1:
        raise NotUnderstood(f"{text}: arrays as indices with a slice between them")


def _sliced(axis: int, run: range) -> Along:
    return lambda index: index[axis] * run.step + run.start


def _chosen(part: Lazy, size: int, first: int, count: int, text: str) -> Along:
    """Return the places that an integer, or an array of integers, chooses along an axis of `size`."""
    if math.prod(part.shape):
        sample = part.at((0,) * part.ndim, Budget()).value
        if isinstance(sample, bool | np.bool_):
            raise NotUnderstood(f"{text}: truth values as an index")
        if not isinstance(sample, int | np.integer):
            raise NotUnderstood(text)

    def along(index: Index) -> Any:
        own = stretched(index[first : first + count], part.shape)
        if any(isinstance(each, np.ndarray) for each in own):
            places = part.many(own)
            return np.where(places < 0, places + size, places)
        node = part.at(own, Budget())
        place = int(node.value) % size
        return Running(notation.name(node), place) if is_running(own) else place

    return along


def written_from(subscripts: Sequence[Subscript], shape: Sequence[int], index: Index, text: str) -> Index | None:
    """Return which cell of the right-hand side the cell at `index` gets in `x[subscripts] = ...`, None for none.

    `shape` is that of x; the right-hand side has the shape of `x[subscripts]`, before broadcasting.
    """
    parts = _filled_up(subscripts, len(shape), text)
    hits, block_at = _hits(parts, shape, index, text), None
    found: list[int] = []
    axis = 0
    for part in parts:
        if part is None:
            found.append(0)
            continue
        if isinstance(part, slice):
            run = range(shape[axis])[part]
            if index[axis] not in run:
                return None
            found.append(run.index(index[axis]))
        elif block_at is None:
            block_at = len(found)
        axis += 1
    places = np.argwhere(hits)
    if not len(places):
        return None
    at = block_at or 0
    found[at:at] = [int(place) for place in places[-1]]  # of the same cell written twice, the last counts
    return tuple(found)


def _hits(parts: Sequence[slice | Lazy | None], shape: Sequence[int], index: Index, text: str) -> Any:
    """Return where, among the places that integers and arrays of integers choose, the cell at `index` is chosen."""
    block = np.broadcast_shapes(*(part.shape for part in parts if isinstance(part, Lazy)))
    if block:
        _check_together(parts, text)
    hits = np.ones(block, bool)
    for axis, part in enumerate(part for part in parts if part is not None):
        if isinstance(part, Lazy):
            places = whole(part)
            if places.dtype.kind not in "iu":
                raise NotUnderstood(text)
            hits &= places % shape[axis] == index[axis]
    return hits
