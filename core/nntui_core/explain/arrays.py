"""Arrays that are not calculated: they know their shape and can say of any one cell how it is made.

A statement such as `delta1 = (delta2 @ W2.T) * (a1 * (1 - a1))` becomes one such array, made of others. Asked for
`at((2, 3))`, it asks its parts for the cells that it needs, and those ask theirs, down to the variables. Nothing
else is looked at: a cell of a 784×512 product costs 784 multiplications, not 784×512×n.

`many` is the same for many cells at once, by NumPy, without trees. It is used for the sums that are too long to be
written term by term.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui_core.explain import scalars
from nntui_core.explain.cells import Cell, Constant, Index, Node, NotUnderstood, NotUniformError, operation
from nntui_core.explain.indices import Mapping, is_running, stretched

Array = NDArray[Any]


class Budget:
    """How many terms of sums may still be built as trees for one explanation."""

    ALWAYS = 8

    def __init__(self, terms: int = 4000) -> None:
        self.terms = terms

    def take(self, terms: int) -> bool:
        """Take so many terms; False where there are not as many left, unless they are few, and then none is taken."""
        if self.ALWAYS < terms > self.terms:
            return False
        self.terms -= terms
        return True


class Lazy:
    """An array, or a number of shape (), that is not calculated."""

    shape: tuple[int, ...]

    def at(self, index: Index, budget: Budget) -> Node:
        """Return how the cell at `index` is made; an index has one entry for each axis."""
        raise NotImplementedError

    def many(self, index: Index) -> Array:
        """Return the values of many cells: `index` holds integer arrays that broadcast against each other.

        The result broadcasts to the shape of those, and may be smaller.
        """
        raise NotImplementedError

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)


class Variable(Lazy):
    """A variable as it stood before the statement."""

    def __init__(self, name: str, array: Array) -> None:
        self.name, self.array, self.shape = name, array, array.shape

    def at(self, index: Index, budget: Budget) -> Node:  # noqa: ARG002
        """Return the cell. A number of Python's own kinds is one, so that float32 times it stays float32."""
        value: Any = self.array[index]
        if not self.shape and self.array.dtype in (np.float64, np.int64, np.bool_):
            value = value.item()
        return Cell(self.name, index, value)

    def many(self, index: Index) -> Array:
        """Return the cells."""
        return np.asarray(self.array[index])


class Filled(Lazy):
    """A number of the program's text, or an array full of it."""

    def __init__(self, value: Any, shape: tuple[int, ...] = (), text: str = "") -> None:
        self.shape, self.constant = shape, Constant(value, text)

    def at(self, index: Index, budget: Budget) -> Node:  # noqa: ARG002
        """Return the number."""
        return self.constant

    def many(self, index: Index) -> Array:  # noqa: ARG002
        """Return the number."""
        return np.asarray(self.constant.value)


class Counting(Lazy):
    """`np.arange(start, stop, step)` of integers."""

    def __init__(self, numbers: range) -> None:
        self.numbers, self.shape = numbers, (len(numbers),)

    def at(self, index: Index, budget: Budget) -> Node:  # noqa: ARG002
        """Return the number at a place; a running one is written as its index."""
        place = index[0] * self.numbers.step + self.numbers.start
        return Constant(int(place), str(place) if is_running(index) else "")

    def many(self, index: Index) -> Array:
        """Return the numbers at many places."""
        return np.asarray(index[0]) * self.numbers.step + self.numbers.start


class Elementwise(Lazy):
    """An operation that works cell by cell, its parts stretched to one shape."""

    def __init__(self, name: str, *parts: Lazy) -> None:
        self.name, self.parts = name, parts
        self.shape = np.broadcast_shapes(*(part.shape for part in parts))

    def at(self, index: Index, budget: Budget) -> Node:
        """Return the operation on one cell of each part."""
        return operation(self.name, *(part.at(stretched(index, part.shape), budget) for part in self.parts))

    def many(self, index: Index) -> Array:
        """Return the operation on many cells of each part."""
        if not self.shape:
            return np.asarray(self.at((), Budget()).value)
        parts = [part.many(stretched(index, part.shape)) for part in self.parts]
        return np.asarray(scalars.apply(self.name, parts))


class Converted(Elementwise):
    """The same numbers as another kind (`astype(float)`); a number that is of the kind already is left alone."""

    def at(self, index: Index, budget: Budget) -> Node:
        """Return the cell, converted where its kind is another."""
        part = self.parts[0].at(index, budget)
        kind = scalars.CONVERSIONS[self.name]
        if isinstance(part, Constant):
            return Constant(scalars.apply(self.name, [part.value]), part.text)
        return part if np.asarray(part.value).dtype == kind else operation(self.name, part)


class View(Lazy):
    """The cells of another array in other places: a transpose, a slice, a reshape, a broadcast."""

    def __init__(self, source: Lazy, shape: Sequence[int], mapping: Mapping) -> None:
        self.source, self.shape, self.mapping = source, tuple(shape), mapping

    def at(self, index: Index, budget: Budget) -> Node:
        """Return the cell of the source."""
        return self.source.at(self.mapping(index), budget)

    def many(self, index: Index) -> Array:
        """Return the cells of the source."""
        return self.source.many(self.mapping(index))


class Joined(Lazy):
    """Arrays one after the other along an axis (`np.concatenate`)."""

    def __init__(self, parts: Sequence[Lazy], axis: int) -> None:
        first = parts[0].shape
        if not -len(first) <= axis < len(first):
            raise NotUnderstood("joining along an axis that is not there")
        self.parts, self.axis = parts, axis % len(first)
        length = sum(part.shape[self.axis] for part in parts)
        self.shape = (*first[: self.axis], length, *first[self.axis + 1 :])

    def at(self, index: Index, budget: Budget) -> Node:
        """Return the cell of the part that covers the index.

        Raises:
            NotUniformError: the index runs along the joined axis, so that no one part covers it.
        """
        place = index[self.axis]
        if is_running((place,)):
            raise NotUniformError
        for part in self.parts:
            if place < part.shape[self.axis]:
                return part.at((*index[: self.axis], place, *index[self.axis + 1 :]), budget)
            place -= part.shape[self.axis]
        raise IndexError(index)

    def many(self, index: Index) -> Array:
        """Return many cells; the whole is made for it."""
        return np.asarray(np.concatenate([whole(part) for part in self.parts], axis=self.axis)[index])


def whole(array: Lazy) -> Array:
    """Return all the values of an array."""
    grid = np.ix_(*(np.arange(size) for size in array.shape))
    return np.broadcast_to(array.many(grid), array.shape)


def number(array: Lazy) -> Any:
    """Return the value of an array of one cell.

    Raises:
        NotUnderstood: it has more than one.
    """
    if any(size != 1 for size in array.shape):
        raise NotUnderstood("an array where a number is needed")
    return array.at((0,) * array.ndim, Budget()).value
