"""The states of the random number generators: to tell whether a statement drew, and to let it draw the same again.

A check asks what would have been had a weight been different, and runs statements again. One that draws, such as
`z1 = x @ W1 + rng.standard_normal((4, 4))`, must then draw the same numbers, or their difference would pass for that
of the weight.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Draws:
    """The state of every generator within reach before a statement ran: NumPy's and Python's global ones, and those
    that variables hold.
    """

    states: tuple[tuple[Callable[[Any], None], Any], ...]
    """For each generator, what sets its state, and the state."""

    @classmethod
    def of(cls, namespace: Mapping[str, Any]) -> "Draws":
        """Return the states of the generators that a namespace can reach."""
        found: list[tuple[Callable[[Any], None], Any]] = [
            (np.random.set_state, np.random.get_state(legacy=False)),
            (random.setstate, random.getstate()),
        ]
        for value in namespace.values():
            if isinstance(value, np.random.Generator):
                found.append((_Setter(value.bit_generator), value.bit_generator.state))
            elif isinstance(value, np.random.RandomState):
                found.append((value.set_state, value.get_state(legacy=False)))
            elif isinstance(value, random.Random):
                found.append((value.setstate, value.getstate()))
        return cls(tuple(found))

    def restore(self) -> None:
        """Let every generator draw again what it drew then."""
        for put, state in self.states:
            put(state)

    def same_as(self, other: "Draws") -> bool:
        """Tell whether nothing was drawn between the two."""
        mine, others = ([_flat(state) for _, state in draws.states] for draws in (self, other))
        return mine == others


class _Setter:
    """A function that sets a bit generator's state."""

    def __init__(self, generator: Any) -> None:
        self.generator = generator

    def __call__(self, state: Any) -> None:
        self.generator.state = state


def _flat(state: Any) -> Any:
    """Return a state in a form that `==` compares."""
    if isinstance(state, Mapping):
        return {key: _flat(value) for key, value in state.items()}
    return state.tobytes() if isinstance(state, np.ndarray) else state
