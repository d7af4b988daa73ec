"""The samples that a program learns from: its inputs and its targets, and the classes that these tell.

A program that learns from batches has a batch in its hands; the whole is the array that the batch is picked from. It
is found by following what the batch's statement reads back to names that the loop never writes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from nntui_core.forward import Forward
from nntui_core.frame import Index
from nntui_core.program import Program
from nntui_core.values import Array, State


@dataclass(frozen=True, slots=True)
class Samples:
    """Inputs (samples, features), and targets (samples, outputs) where there are any that go with them.

    `origin` is the array of the program that the inputs are.
    """

    inputs: Array
    targets: Array | None
    origin: Array


class Finder:
    """Finds the samples of a program among the values of its variables; `shapes` are those of the variables."""

    def __init__(self, forward: Forward, shapes: Mapping[str, Index]) -> None:
        self._upright = forward.upright
        target = forward.program.roles.target
        self._inputs = (forward.inputs, *_sources(forward.program, forward.inputs))
        self._targets = () if target is None else (target, *_sources(forward.program, target))
        self._features = self._columns(shapes.get(forward.inputs, ()))
        shape = shapes.get(target or "", ())
        self._outputs = self._columns(shape) if len(shape) == 2 else None

    def _columns(self, shape: Index) -> int | None:
        """Return how many numbers a sample has, None where the shape does not tell."""
        return shape[-1 if self._upright else 0] if shape else None

    def samples(self, state: State) -> Samples | None:
        """Return the samples, None where the inputs are no matrix."""
        there = [v for name in self._inputs if (v := _numbers(state, name)) is not None and v.ndim == 2]
        origin = max((v for v in there if self._columns(v.shape) == self._features), key=np.size, default=None)
        if origin is None:
            return None
        inputs = origin if self._upright else origin.T
        targets = (self._target(state, name, origin, len(inputs)) for name in self._targets)
        return Samples(inputs, next((found for found in targets if found is not None), None), origin)

    def _target(self, state: State, name: str, inputs: Array, samples: int) -> Array | None:
        """Return a variable as targets (samples, outputs), None where it does not go with the inputs."""
        value = _numbers(state, name)
        if value is None or value is inputs or not value.size:
            return None
        if value.ndim == 2 and self._outputs not in (None, self._columns(value.shape)):
            return None
        rows = value.T if value.ndim == 2 and not self._upright else value
        return rows.reshape(samples, -1) if len(rows) == samples else None


def _numbers(state: State, name: str) -> Array | None:
    value = state.get(name)
    return value if value is not None and 0 < value.ndim < 3 and value.dtype.kind in "biuf" else None


def _sources(program: Program, name: str) -> Iterator[str]:
    """Yield what a variable's value comes from, and the loop never writes."""
    waiting, met = [name], {name}
    learned = set(program.roles.parameters)
    while waiting:
        for statement in program.writers(waiting.pop(0)):
            for source in statement.reads:
                if source in met or source in learned:
                    continue
                met.add(source)
                if program.writers(source):
                    waiting.append(source)
                else:
                    yield source


@dataclass(frozen=True, slots=True)
class Classes:
    """The class of each sample by number, and the names of the classes."""

    numbers: Array
    names: tuple[str, ...]


def classes_of(targets: Array, outputs: int) -> Classes | None:
    """Return the classes that targets (samples, columns) tell, None where they are no classes.

    They are classes where they are one-hot, or one column of 0 and 1, or of −1 and 1, or of the number of the one of
    several `outputs` that should be the greatest.
    """
    if targets.ndim != 2 or not targets.size:
        return None
    if targets.shape[1] > 1:
        one_hot = np.all((targets == 0) | (targets == 1)) and np.all(targets.sum(axis=1) == 1)
        return Classes(np.argmax(targets, axis=1), _counted(targets.shape[1])) if one_hot else None
    column = targets[:, 0]
    if outputs > 1:
        numbers = np.all((column >= 0) & (column < outputs)) and np.all(column == np.floor(column))
        return Classes(column.astype(np.intp), _counted(outputs)) if numbers else None
    for low, name in ((0.0, "0"), (-1.0, "-1")):
        if np.all((column == low) | (column == 1.0)):
            return Classes((column > low).astype(np.intp), (name, "1"))
    return None


def _counted(classes: int) -> tuple[str, ...]:
    return tuple(map(str, range(classes)))
