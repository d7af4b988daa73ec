"""Values that nothing can change: what is kept of a live namespace.

The live namespace belongs to the program and behaves exactly as under Python, with in-place changes and aliases.
Two kinds of copies are taken of it:

* a **State** is for looking: each variable that holds numbers, as a read-only array. Consecutive states share the
  arrays that did not change.
* a **Checkpoint** is for going back: one deep copy of all data together, so that two names for one array, a view of
  an array, and a random generator come back as they were.
"""

import copy
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

NUMBERS = (bool, int, float, np.number, np.bool_)
"""The kinds of single numbers that a state keeps, as arrays of shape ()."""

LARGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class State:
    """The values of all variables at one moment: read-only arrays by name; a number is an array of shape ()."""

    values: Mapping[str, Array]

    def __getitem__(self, name: str) -> Array:
        return self.values[name]

    def __contains__(self, name: object) -> bool:
        return name in self.values

    def get(self, name: str) -> Array | None:
        """Return a variable's value, None where there is no such variable or it holds no numbers."""
        return self.values.get(name)

    def changed_since(self, other: "State") -> tuple[str, ...]:
        """Return the names whose values are not the same here as in `other` (new ones among them)."""
        return tuple(name for name, value in self.values.items() if other.values.get(name) is not value)


EMPTY = State(types.MappingProxyType({}))


def is_numeric(value: object) -> bool:
    """Tell whether a value is kept in a state: a number, or an array of numbers or truth values."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "biufc"
    if type(value) is int:
        return abs(value) <= LARGEST_INTEGER
    return isinstance(value, NUMBERS)


def same_bits(a: Array, b: Array) -> bool:
    """Tell whether two arrays agree in dtype, shape and every bit (a NaN equals itself, 0.0 does not equal -0.0)."""
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def frozen(value: object) -> Array:
    """Return a read-only copy of a number or an array."""
    array = np.array(value, copy=True)
    array.flags.writeable = False
    return array


def keep(namespace: Mapping[str, Any], names: Iterable[str], before: State = EMPTY) -> State:
    """Return the state of those `names` of a live namespace that hold numbers.

    A value that has not changed since the state `before` is shared with it, not copied.
    """
    values: dict[str, Array] = {}
    for name in names:
        value = namespace.get(name)
        if not is_numeric(value):
            continue
        old = before.values.get(name)
        if old is not None and same_bits(old, np.asarray(value)):
            values[name] = old
        else:
            values[name] = frozen(value)
    return State(types.MappingProxyType(values))


def is_data(name: str, value: object) -> bool:
    """Tell whether a namespace entry is data, which a checkpoint copies, and not a module, function or class."""
    code = types.ModuleType | types.FunctionType | types.BuiltinFunctionType | type | np.ufunc
    return not (name.startswith("__") and name.endswith("__")) and not isinstance(value, code)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A deep copy of a namespace's data, and of NumPy's global random state. It can be restored any number of times.

    `nbytes` is about what it takes in memory.
    """

    data: Mapping[str, Any]
    legacy_random: dict[str, Any]
    nbytes: int

    @classmethod
    def take(cls, namespace: Mapping[str, Any]) -> "Checkpoint":
        """Copy the data of a live namespace."""
        data = {name: value for name, value in namespace.items() if is_data(name, value)}
        held = _deep_copy(data)
        legacy = np.random.get_state(legacy=False)
        return cls(held, legacy, _size(held))

    def restore(self, namespace: dict[str, Any]) -> None:
        """Put the data back into a live namespace; names that were not there then disappear."""
        fresh = _deep_copy(self.data)
        for name in [n for n, v in namespace.items() if is_data(n, v) and n not in fresh]:
            del namespace[name]
        namespace.update(fresh)
        np.random.set_state(self.legacy_random)


def _deep_copy(data: Mapping[str, Any]) -> dict[str, Any]:
    """Copy data deeply and together, so that aliases stay aliases and views stay views of the same memory."""
    memo: dict[int, Any] = {}
    owners: dict[int, Array] = {}
    for array in _arrays(data.values(), set()):
        memo[id(array)] = _copy_array(array, owners)
    return {name: copy.deepcopy(value, memo) for name, value in data.items()}


def _arrays(values: Iterable[Any], met: set[int]) -> Iterable[Array]:
    """Yield every array among the values and in the containers among them."""
    for value in values:
        if isinstance(value, np.ndarray):
            if value.dtype.kind != "O":
                yield value
        elif isinstance(value, dict | list | tuple | set) or hasattr(value, "__dict__"):
            if id(value) in met or isinstance(value, type | types.ModuleType | types.FunctionType):
                continue
            met.add(id(value))
            yield from _arrays(_inner(value), met)


def _inner(value: Any) -> Iterable[Any]:
    """Return what a container or an object holds."""
    if isinstance(value, list | tuple | set):
        return value
    held: Iterable[Any] = value.values() if isinstance(value, dict) else vars(value).values()
    return held


def _copy_array(array: Array, owners: dict[int, Array]) -> Array:
    """Copy one array; a view is made again as a view of the copy of the array that owns its memory."""
    owner = array
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    if id(owner) not in owners:
        fresh = np.empty_like(owner, subok=False)  # keeps Fortran order
        fresh[...] = owner
        owners[id(owner)] = fresh
    copied = owners[id(owner)]
    if owner is array:
        return copied
    if copied.strides != owner.strides:
        return array.copy(order="K")
    offset = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    memory = copied.T if copied.flags.f_contiguous else copied
    return np.ndarray(array.shape, array.dtype, memory.data.cast("B"), offset, array.strides)


OVERHEAD = 120
"""Bytes that an object of a checkpoint takes besides its numbers, about."""


def _size(data: Mapping[str, Any]) -> int:
    arrays = {id(a): a.nbytes for a in _arrays(data.values(), set())}
    return sum(arrays.values()) + OVERHEAD * (len(arrays) + len(data)) + 2048
