"""All that a namespace holds as one value: every container once, in the order met, so that aliases are seen too."""

import itertools
import types
from collections.abc import Mapping
from typing import Any

import numpy as np
from tests.core.program_oracle import data_of, of_value

CODE = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)


class _Walk:
    def __init__(self) -> None:
        self.numbers: dict[int, int] = {}
        self.arrays: list[Any] = []

    def of(self, value: Any) -> Any:
        """Return what a value is: numbers by their bits; an array or container by its number, and contents once."""
        if isinstance(value, CODE):
            return type(value).__name__, value.__name__
        contents = _contents(value)
        if contents is None and not isinstance(value, np.ndarray):
            return of_value(value)
        if id(value) in self.numbers:
            return "again", self.numbers[id(value)]
        number = self.numbers[id(value)] = len(self.numbers)
        if contents is None:
            self.arrays.append(value)
            return "array", number, of_value(value), value.strides, value.flags.writeable
        return type(value).__name__, number, [(key, self.of(part)) for key, part in contents]


def _contents(value: Any) -> list[tuple[Any, Any]] | None:
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list | tuple):
        return list(enumerate(value))
    if isinstance(value, np.ndarray | np.generic | np.random.Generator | np.random.RandomState):
        return None
    return list(vars(value).items()) if hasattr(value, "__dict__") else None


def graph(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Return every value of a namespace, which names and places hold the same object, and which arrays overlap."""
    walk = _Walk()
    names = {name: walk.of(value) for name, value in data_of(namespace).items() if name.isidentifier()}
    pairs = itertools.combinations(range(len(walk.arrays)), 2)
    shared = [(i, j) for i, j in pairs if np.may_share_memory(walk.arrays[i], walk.arrays[j])]
    return {"names": names, "shared": shared}
