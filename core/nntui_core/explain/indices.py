"""Running indices: the i of Σᵢ a1[i,2] · delta2[i,0].

A running index is an integer that remembers how it is written. Everything that moves cells about (a transpose, a
slice, a reshape) calculates with indices; a running one comes out of such a calculation still knowing its name:
x[1:] seen at i is x at i+1.
"""

import math
from collections.abc import Callable, Sequence

from nntui_core.explain.cells import Index

NAMES = "ijklmn"
"""The names of running indices, outermost first."""

Mapping = Callable[[Index], Index]
"""Where a cell of a result comes from: an index of the result to an index of the source."""


class Running(int):
    """An integer that is written as `text`. Its number is one of those that it runs through, the first."""

    text: str

    def __new__(cls, text: str, value: int = 0) -> "Running":
        """Make a running index with a name."""
        made = super().__new__(cls, value)
        made.text = text
        return made

    def __str__(self) -> str:
        return self.text

    def _atom(self) -> str:
        return self.text if self.text.isidentifier() or self.text.endswith("]") else f"({self.text})"

    def __mul__(self, factor: int) -> "Running":
        if factor == 1:
            return self
        text = f"-{self._atom()}" if factor == -1 else f"{self._atom()}*{factor}"
        return Running(text, int(self) * factor)

    def __add__(self, other: int) -> "Running":
        if not isinstance(other, Running) and other == 0:
            return self
        sign = "-" if other < 0 and not isinstance(other, Running) else "+"
        shown = other if isinstance(other, Running) else abs(other)
        return Running(f"{self.text}{sign}{shown}", int(self) + int(other))

    __radd__ = __add__

    def __floordiv__(self, divisor: int) -> "Running":
        return self if divisor == 1 else Running(f"{self._atom()}//{divisor}", int(self) // divisor)

    def __mod__(self, divisor: int) -> "Running":
        return Running(f"{self._atom()}%{divisor}", int(self) % divisor)


def is_running(index: Index) -> bool:
    """Tell whether an index has a running part."""
    return any(isinstance(part, Running) for part in index)


def key(index: Index) -> tuple[str, ...]:
    """Return an index as something to look it up by: a running 0 is not a plain 0."""
    return tuple(str(part) for part in index)


def stretched(index: Index, shape: Sequence[int]) -> Index:
    """Return which cell of an array of `shape` is used at `index` of a larger result: NumPy's broadcasting."""
    own = index[len(index) - len(shape) :]
    return tuple(0 if size == 1 else part for part, size in zip(own, shape, strict=True))


def reshaped(old: Sequence[int], new: Sequence[int]) -> Mapping:
    """Return the mapping of a reshape: the cells keep their order, last axis fastest."""
    long = [axis for axis, size in enumerate(old) if size != 1]
    if [old[axis] for axis in long] == [size for size in new if size != 1]:
        return _moved(len(old), long, [axis for axis, size in enumerate(new) if size != 1])
    steps = [math.prod(new[axis + 1 :]) for axis in range(len(new))]
    old_steps = [math.prod(old[axis + 1 :]) for axis in range(len(old))]

    def mapping(index: Index) -> Index:
        flat = sum(part * step for part, step, size in zip(index, steps, new, strict=True) if size != 1)
        first = long[0] if long else -1
        return tuple(
            0 if size == 1 else (flat // step if axis == first else flat // step % size)
            for axis, (size, step) in enumerate(zip(old, old_steps, strict=True))
        )

    return mapping


def _moved(ndim: int, old_axes: Sequence[int], new_axes: Sequence[int]) -> Mapping:
    """Return the mapping of a reshape that only adds or takes away axes of size 1."""

    def mapping(index: Index) -> Index:
        found: list[object] = [0] * ndim
        for old, new in zip(old_axes, new_axes, strict=True):
            found[old] = index[new]
        return tuple(found)

    return mapping


def permuted(axes: Sequence[int]) -> Mapping:
    """Return the mapping of a transpose: axis k of the result is axis `axes[k]` of the source."""

    def mapping(index: Index) -> Index:
        return tuple(index[axes.index(axis)] for axis in range(len(axes)))

    return mapping
