"""Values that nothing can change: what is kept of a live namespace.

The live namespace belongs to the program and behaves exactly as under Python, with in-place changes and aliases.
Two kinds of copies are taken of it:

* a **State** is for looking: each variable that holds numbers, as a read-only array. Consecutive states share the
  arrays that did not change.
* a **Checkpoint** is for going back: one deep copy of all data together, so that two names for one array, a view of
  an array, and a random generator come back as they were.
"""

import copy
import random
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui_core import places

Array = NDArray[Any]

NUMBERS = (bool, int, float, np.number, np.bool_)
"""The kinds of single numbers that a state keeps, as arrays of shape ()."""

LARGEST_INTEGER = 2**63 - 1

LARGE = 1 << 14
"""Bytes from which on arrays are compared in place; most that differ do so in their first bytes."""


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
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.nbytes < LARGE or not (a.flags.c_contiguous and b.flags.c_contiguous):
        return a.tobytes() == b.tobytes()
    words = np.uint64 if a.dtype.itemsize % 8 == 0 else np.uint8  # fewer to compare
    first, second = (array.reshape(-1).view(words) for array in (a, b))  # no copies of what is large
    return bool(np.array_equal(first[:LARGE], second[:LARGE]) and np.array_equal(first, second))


def frozen(value: object) -> Array:
    """Return a read-only copy of a number or an array."""
    array = np.array(value, copy=True, subok=isinstance(value, np.matrix))  # of which `*` is the matrix product
    array.flags.writeable = False
    return array


def keep(namespace: Mapping[str, Any], names: Iterable[str], before: State = EMPTY) -> State:
    """Return the state of those `names` and places of a live namespace that hold numbers.

    A value that has not changed since the state `before` is shared with it, not copied.
    """
    values: dict[str, Array] = {}
    for name in names:
        value = places.value(namespace, name)
        if not is_numeric(value):
            continue
        old = before.values.get(name)
        if old is not None and same_bits(old, np.asarray(value)):
            values[name] = old
        else:
            values[name] = frozen(value)
    return State(types.MappingProxyType(values))


CODE = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type, np.ufunc)
"""The types of what is no data."""


def is_data(name: str, value: object) -> bool:
    """Tell whether a namespace entry is data, which a checkpoint copies, and not a module, function or class."""
    return not (name.startswith("__") and name.endswith("__")) and not isinstance(value, CODE)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A deep copy of a namespace's data and of the global random states. It can be restored any number of times.

    `nbytes` is about what it takes in memory; `shared` are the names of what could not be copied.
    """

    data: Mapping[str, Any]
    numpys_random: dict[str, Any]
    pythons_random: tuple[Any, ...]
    nbytes: int
    shared: tuple[str, ...]

    @classmethod
    def take(cls, namespace: Mapping[str, Any], former: "Checkpoint | None" = None) -> "Checkpoint":
        """Copy the data of a live namespace; what has not drawn a number since `former` is shared with it."""
        data = {name: value for name, value in namespace.items() if is_data(name, value)}
        held, shared = _deep_copy(data, {} if former is None else _idle_generators(data, former.data))
        numpys, pythons = np.random.get_state(legacy=False), random.getstate()
        size = _size(held) + STATES
        if former is not None and pythons == former.pythons_random and same_data(numpys, former.numpys_random):
            numpys, pythons, size = former.numpys_random, former.pythons_random, _size(held)
        return cls(held, numpys, pythons, size, shared)

    @classmethod
    def of(cls, data: Mapping[str, Any], numpys: dict[str, Any], pythons: tuple[Any, ...]) -> "Checkpoint":
        """Return a checkpoint of data that nobody else has, and random states."""
        return cls(data, numpys, pythons, _size(data) + STATES, ())

    def restore(self, namespace: dict[str, Any]) -> None:
        """Put the data back into a live namespace; names that were not there then disappear."""
        fresh, _ = _deep_copy(self.data)
        for name in [n for n, v in namespace.items() if is_data(n, v) and n not in fresh]:
            del namespace[name]
        namespace.update(fresh)
        self.restore_random()

    def restore_random(self) -> None:
        """Put the global random states back."""
        np.random.set_state(self.numpys_random)
        random.setstate(self.pythons_random)


def _idle_generators(data: Mapping[str, Any], former: Mapping[str, Any]) -> dict[int, Any]:
    """Return the copies that a former checkpoint has of generators which are in the same state still."""
    idle: dict[int, Any] = {}
    for name, value in data.items():
        then = former.get(name)
        if type(value) is np.random.Generator and type(then) is np.random.Generator:
            now, before = value.bit_generator, then.bit_generator
            if type(now) is type(before) is np.random.PCG64 and now.state == before.state:
                idle |= {id(value): then, id(now): before}
    return idle


ATOMS = frozenset({int, float, bool, str, bytes, type(None), complex, np.float64, np.float32, np.int64, np.bool_})
"""Types of values that nothing can change: they need no copy, a list of them a flat one."""


def _is_flat(value: object) -> bool:
    """Tell whether a value is a list of values that nothing can change: a record of losses may be a long one."""
    return type(value) is list and set(map(type, value)) <= ATOMS


def _deep_copy(
    data: Mapping[str, Any], known: Mapping[int, Any] = types.MappingProxyType({})
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Copy data deeply and together, so that aliases stay aliases and views stay views of the same memory.

    Return also the names of what cannot be copied (a generator, an open file): those are shared. `known` are copies
    that are there already, by the `id` of the original.
    """
    memo: dict[int, Any] = dict(known)
    owners: dict[int, Array] = {}
    held = list(_held(data.values(), set()))
    memo |= {id(value): list(value) for value in held if type(value) is list}
    arrays = [value for value in held if isinstance(value, np.ndarray)]
    looked_into = {id(_owner(array)) for array in arrays if array.base is not None}
    for array in arrays:
        alone = array.base is None and id(array) not in looked_into
        memo[id(array)] = _copy_alone(array) if alone else _copy_array(array, owners)
    copied: dict[str, Any] = {}
    shared = []
    for name, value in data.items():
        if type(value) in ATOMS:
            copied[name] = value
            continue
        try:
            copied[name] = memo[id(value)] if id(value) in memo else copy.deepcopy(value, memo)
        except Exception:  # noqa: BLE001 - whatever an object of the program raises when it is copied
            copied[name] = value
            shared.append(name)
    return copied, tuple(shared)


def same_data(a: Any, b: Any, met: frozenset[tuple[int, int]] = frozenset()) -> bool:
    """Tell whether two copies of data agree to the last bit, in all that they hold; `met` is being compared already."""
    if type(a) is not type(b):
        return False
    if (id(a), id(b)) in met:
        return True
    inner = met | {(id(a), id(b))}
    if isinstance(a, np.ndarray):
        return same_bits(a, b) if not a.dtype.hasobject else same_data(a.tolist(), b.tolist(), inner)
    if isinstance(a, Mapping):
        return a.keys() == b.keys() and all(same_data(a[key], b[key], inner) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same_data(x, y, inner) for x, y in zip(a, b, strict=True))
    if isinstance(a, np.random.Generator):
        return same_data(a.bit_generator.state, b.bit_generator.state, inner)
    if isinstance(a, float | complex | np.generic):
        return bool(a == b) or np.asarray(a).tobytes() == np.asarray(b).tobytes()
    if hasattr(a, "__dict__") and not isinstance(a, type):
        return same_data(vars(a), vars(b), inner)
    return a is b or bool(a == b)


def arrays_in(values: Iterable[Any]) -> Iterable[Array]:
    """Yield every plain array among the values and in the containers among them."""
    return (value for value in _held(values, set()) if isinstance(value, np.ndarray))


def _held(values: Iterable[Any], met: set[int]) -> Iterable[Array | list[Any]]:
    """Yield every plain array and every flat list among the values and in the containers among them."""
    for value in values:
        if type(value) is np.ndarray:
            if not value.dtype.hasobject:
                yield value
        elif type(value) in ATOMS or isinstance(value, type | types.ModuleType | types.FunctionType):
            continue
        elif _is_flat(value):
            yield value
        elif id(value) not in met and (isinstance(value, dict | list | tuple | set) or hasattr(value, "__dict__")):
            met.add(id(value))
            yield from _held(_inner(value), met)


def _inner(value: Any) -> Iterable[Any]:
    """Return what a container or an object holds."""
    if isinstance(value, list | tuple | set):
        return value
    held: Iterable[Any] = value.values() if isinstance(value, dict) else vars(value).values()
    return held


def _owner(array: Array) -> Array:
    """Return the array whose memory this one looks into."""
    while isinstance(array.base, np.ndarray) and not array.base.dtype.hasobject:
        array = array.base
    return array


def _copy_alone(array: Array) -> Array:
    """Copy an array that no other one looks into; the copy owns its memory as the array does."""
    fresh = array.copy(order="K")
    if fresh.strides != array.strides:
        return _copy_array(array, {})
    fresh.flags.writeable = array.flags.writeable
    return fresh


def _copy_array(array: Array, owners: dict[int, Array]) -> Array:
    """Copy one array; a view is made again as a view of the copy of the memory that it looks into."""
    owner = _owner(array)
    if id(owner) not in owners:
        memory = np.empty(owner.nbytes, np.uint8)
        np.ndarray(owner.shape, owner.dtype, memory.data, 0, owner.strides)[...] = owner
        owners[id(owner)] = memory
    offset = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0] if array.size else 0
    fresh = np.ndarray(array.shape, array.dtype, owners[id(owner)].data, offset, array.strides)
    fresh.flags.writeable = array.flags.writeable
    return fresh


OVERHEAD = 120
"""Bytes that an object of a checkpoint takes besides its numbers, about."""
STATES = 30_000
"""Bytes of the global random states: Python's is a tuple of 625 numbers."""
POINTER = 8
"""Bytes that a list takes for each of its items; the items themselves are those of the program."""


def _size(data: Mapping[str, Any]) -> int:
    held = {id(value): value for value in _held(data.values(), set())}
    sizes = [value.nbytes if isinstance(value, np.ndarray) else POINTER * len(value) for value in held.values()]
    return sum(sizes) + OVERHEAD * (len(held) + len(data))
