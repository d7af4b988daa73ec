"""Many terms, one number: the matrix product, the sum, the largest.

A cell of `A @ B` is a row of A times a column of B, term by term, and those products added up; a cell of
`np.sum(A, axis=0)` is a column of A added up. Both are one idea, a *fold*: a rule for the term at each place, and
what the terms come to. So both are explained, written and shortened in the same way.

A sum of more than `LONGEST` terms is not built term by term: NumPy calculates its terms, the `LARGEST` of them are
built, and the rest is one number.
"""

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from nntui_core.explain import scalars
from nntui_core.explain.arrays import Array, Budget, Lazy
from nntui_core.explain.cells import Index, Node, NotUnderstood, Reduction, Rest, fold, operation
from nntui_core.explain.indices import Running, is_running, key

LONGEST = 1000
LARGEST = 8


class Folded(Lazy):
    """An array whose every cell is a reduction over places in a box of size `extents`."""

    def __init__(self, kind: str, extents: tuple[int, ...]) -> None:
        self.kind, self.extents = kind, extents
        self.made: dict[tuple[str, ...], Node] = {}

    def term(self, index: Index, place: Index, budget: Budget) -> Node:
        """Return the term at a place of the box, for the cell at `index`."""
        raise NotImplementedError

    def values(self, index: Index) -> Array:
        """Return the values of all the terms, in the order of their places, in one row."""
        raise NotImplementedError

    def at(self, index: Index, budget: Budget) -> Node:
        """Return the reduction; a single term stands for itself."""
        found = self.made.get(key(index))
        if found is None:
            found = self.made[key(index)] = self._fold(index, budget)
        return found

    def _fold(self, index: Index, budget: Budget) -> Node:
        count = math.prod(self.extents)
        if count == 1:
            only = self.term(index, (0,) * len(self.extents), budget)
            is_truth = self.kind == "sum" and isinstance(only.value, bool | np.bool_)
            return operation("int64", only) if is_truth else only
        if is_running(index):  # only its form is asked for, not its terms
            return self._reduction((), None, self.term(index, (0,) * len(self.extents), budget).value, index)
        if count > LONGEST or not budget.take(count):
            return self._summary(index, count)
        terms = tuple(self.term(index, place, budget) for place in np.ndindex(*self.extents))
        value = fold(self.kind, [term.value for term in terms]) if terms else 0.0
        return self._reduction(terms, None, value, index)

    def _reduction(self, terms: tuple[Node, ...], rest: Rest | None, value: Any, index: Index) -> Reduction:
        rank = sum(size > 1 for size in self.extents)
        general = functools.partial(self._general, index)
        return Reduction(self.kind, terms, rest, value, rank, general)

    def _general(self, index: Index, names: Sequence[str]) -> Node:
        name = iter(names)
        place = tuple(Running(next(name)) if size > 1 else 0 for size in self.extents)
        return self.term(index, place, Budget())

    def _summary(self, index: Index, count: int) -> Node:
        values = self.values(index)
        written = min(LARGEST, count)
        largest = np.sort(np.argpartition(np.abs(values), count - written)[count - written :])
        rule = scalars.FOLDS[self.kind][1]
        others = np.delete(values, largest)
        rest = Rest(others.size, rule(others)) if others.size else None
        places = (tuple(int(part) for part in np.unravel_index(at, self.extents)) for at in largest)
        terms = tuple(self.term(index, place, Budget(0)) for place in places)
        return self._reduction(terms, rest, rule(values), index)


class Product(Folded):
    """`A @ B` for A and B of one or two axes: the last axis of A against the first of B."""

    def __init__(self, left: Lazy, right: Lazy) -> None:
        self.left, self.right = left, right
        self.shape = left.shape[:-1] + right.shape[1:]
        super().__init__("sum", (left.shape[-1],))

    def term(self, index: Index, place: Index, budget: Budget) -> Node:
        """Return one product: a cell of A's row times a cell of B's column.

        Raises:
            NotUnderstood: both are truth values, whose products NumPy does not add up but joins by *or*.
        """
        cut = self.left.ndim - 1
        left = self.left.at((*index[:cut], *place), budget)
        product = operation("multiply", left, self.right.at((*place, *index[cut:]), budget))
        if isinstance(product.value, bool | np.bool_):
            raise NotUnderstood("a matrix product of truth values")
        return product

    def values(self, index: Index) -> Array:
        """Return A's row times B's column, cell by cell."""
        cut = self.left.ndim - 1
        inner = np.arange(self.extents[0])
        row = self.left.many((*index[:cut], inner))
        return np.broadcast_to(row * self.right.many((inner, *index[cut:])), inner.shape)

    def many(self, index: Index) -> Array:
        """Return the product of the rows and columns that are asked for, and of no others."""
        cut = self.left.ndim - 1
        inner = np.arange(self.extents[0])
        rows, row = _distinct(index[:cut])
        columns, column = _distinct(index[cut:])
        left = self.left.many((*(r[:, None] for r in rows), inner))
        right = self.right.many((inner[:, None], *(c[None, :] for c in columns)))
        left = np.broadcast_to(left, (len(rows[0]) if rows else 1, inner.size))
        right = right if columns else np.broadcast_to(right, (inner.size, 1))
        right = np.broadcast_to(right, (inner.size, len(columns[0]) if columns else 1))
        return np.asarray((left @ right)[row, column])


def _distinct(index: Index) -> tuple[list[Array], Any]:
    """Return the distinct values of the index along an axis (none where there is no axis), and which is where."""
    if not index:
        return [], 0
    wanted = np.asarray(index[0])
    values, inverse = np.unique(wanted, return_inverse=True)
    return [values], inverse.reshape(wanted.shape)


class Reduced(Folded):
    """`np.sum`, `np.max` or `np.min` of an array over some of its axes."""

    def __init__(self, kind: str, source: Lazy, axes: Sequence[int], keepdims: bool) -> None:
        self.source, self.axes, self.keepdims = source, tuple(sorted(axes)), keepdims
        kept = [1 if axis in axes else size for axis, size in enumerate(source.shape)]
        self.shape = tuple(n for axis, n in enumerate(kept) if keepdims or axis not in axes)
        super().__init__(kind, tuple(source.shape[axis] for axis in self.axes))

    def _place(self, index: Index, place: Index) -> Index:
        """Return the index of the source: `place` along the axes that are folded, `index` along the others."""
        own = iter(part for axis, part in enumerate(index) if not (self.keepdims and axis in self.axes))
        folded = iter(place)
        return tuple(next(folded if axis in self.axes else own) for axis in range(self.source.ndim))

    def term(self, index: Index, place: Index, budget: Budget) -> Node:
        """Return one cell of the source."""
        return self.source.at(self._place(index, place), budget)

    def values(self, index: Index) -> Array:
        """Return the cells of the source that are folded, in one row."""
        grid = np.ix_(*(np.arange(size) for size in self.extents))
        return np.broadcast_to(self.source.many(self._place(index, grid)), self.extents).ravel()

    def many(self, index: Index) -> Array:
        """Fold many cells at once."""
        folded = len(self.axes)
        own = [np.asarray(part) for part in index]
        shape = np.broadcast_shapes(*(part.shape for part in own))
        grid = np.ix_(*(np.arange(size) for size in self.extents))
        raised = tuple(part[(..., *(None,) * folded)] for part in own)
        values = np.broadcast_to(self.source.many(self._place(raised, grid)), shape + self.extents)
        axes = tuple(range(len(shape), len(shape) + folded))
        return np.asarray(scalars.FOLDS[self.kind][1](values, axis=axes))
