"""The samples that a program learns from: its inputs and its targets.

A program that learns from batches has a batch in its hands; the whole is the array that the batch is picked from. It
is found by following what the batch's statement reads back to names that the loop never writes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nntui_core.forward import Forward
from nntui_core.frame import Index
from nntui_core.program import Program
from nntui_core.values import Array, State


@dataclass(frozen=True, slots=True)
class Samples:
    """Inputs (samples, features), and targets (samples, outputs) where there are any that go with them.

    `origin` is the array of the program that the inputs are, `name` the variable, `target_origin` that of the targets.
    """

    inputs: Array
    targets: Array | None
    origin: Array
    name: str = ""
    target_origin: Array | None = None


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
        there = [(v, name) for name in self._inputs if (v := _numbers(state, name)) is not None and v.ndim == 2]
        fitting = [pair for pair in there if self._columns(pair[0].shape) == self._features]
        origin, name = max(fitting, key=lambda pair: pair[0].size, default=(None, ""))
        if origin is None:
            return None
        inputs = origin if self._upright else origin.T
        for target in self._targets:
            found = self._target(state, target, origin, len(inputs))
            if found is not None:
                return Samples(inputs, found, origin, name, state.get(target))
        return Samples(inputs, None, origin, name)

    def rows(self, value: Array, samples: int) -> Array | None:
        """Return a value that has a row (or a column) for each of so many samples as (samples, numbers), else None."""
        if not 0 < value.ndim < 3:
            return None
        rows = value.T if value.ndim == 2 and not self._upright else value
        return rows.reshape(samples, -1) if len(rows) == samples and value.size else None

    def _target(self, state: State, name: str, inputs: Array, samples: int) -> Array | None:
        """Return a variable as targets (samples, outputs), None where it does not go with the inputs."""
        value = _numbers(state, name)
        if value is None or value is inputs or not value.size:
            return None
        if value.ndim == 2 and self._outputs not in (None, self._columns(value.shape)):
            return None
        return self.rows(value, samples)


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
