"""What the loop's header hands out, by iteration.

Three kinds. A range goes on counting beyond its end, unless it is bounded, as that of a learner's script is. A list,
a tuple or an array stays in the namespace under a name that no program can use, so that a checkpoint copies it
together with the data that it may share memory with. Anything else is an iterator, whose items are kept as they come:
it cannot be rewound.
"""

import itertools
import operator
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

HELD = "the loop's items"
"""The namespace entry of an iterable that is kept; no Python name has blanks."""


class IterableFailed(Exception):  # noqa: N818 - the program's iterable failed
    """The iterable raised, its exception is the cause."""


class Items:
    """The items of a `for` loop; of a `while` loop, endless nothings."""

    def __init__(self, iterable: Any, namespace: dict[str, Any], bounded: bool = False) -> None:
        self._namespace = namespace
        self._range = iterable if isinstance(iterable, range) else None
        self._bounded = bounded
        self._rest: Iterator[Any] | None = None
        self._known: list[Any] = []
        self._is_held = isinstance(iterable, list | tuple | np.ndarray)
        self.count: int | None = None
        """How many items there are, None where that is not known."""
        if self._range is not None:
            self.count = len(self._range)
        elif self._is_held:
            namespace[HELD] = iterable
            self.count = len(iterable)
        elif iterable is not None:
            self._rest = iter(iterable)

    @property
    def counts(self) -> bool:
        """Whether the items are the numbers of a range."""
        return self._range is not None

    @property
    def can_skip(self) -> bool:
        """Whether an item can be had without those before it."""
        return self._rest is None

    def at(self, iteration: int) -> tuple[Any, bool]:
        """Return the item of an iteration, and whether there is one.

        Raises:
            IterableFailed: the iterable raised an exception.
        """
        if self._range is not None:
            there = not self._bounded or iteration < len(self._range)
            return self._range.start + iteration * self._range.step, there
        if self._is_held:
            held: Sequence[Any] = self._namespace[HELD]
            return (held[iteration], True) if iteration < len(held) else (None, False)
        if self._rest is None:
            return None, True
        try:
            while len(self._known) <= iteration:
                self._known.append(next(self._rest))
        except StopIteration:
            self.count = len(self._known)
            return None, False
        except Exception as error:
            raise IterableFailed from error
        return self._known[iteration], True

    def following(self, start: int, count: int, begun: "itertools.count[int]") -> Iterator[Any]:
        """Return an iterator over the items of up to `count` iterations, and count in `begun` those that have begun."""
        if self._range is not None:
            count = min(count, max(len(self._range) - start, 0)) if self._bounded else count
            first = self._range.start + start * self._range.step
            numbers = range(first, first + count * self._range.step, self._range.step)
            return map(operator.itemgetter(0), zip(numbers, begun, strict=False))
        return self._one_by_one(start, count, begun)

    def _one_by_one(self, start: int, count: int, begun: "itertools.count[int]") -> Iterator[Any]:
        for iteration in range(start, start + count):
            item, there = self.at(iteration)
            if not there:
                return
            next(begun)
            yield item
