"""Values of a program as plain JSON and plain bytes, and back, without pickle.

A value becomes a *node* of JSON; the numbers of arrays become *blocks* of bytes, each kept once however many arrays
look into it. What is one object in memory comes back as one object: two names for one list, a view of an array. What
is not known here (an open file, a generator) cannot be written: `NotPlain` says what.

Reading makes data only. The one kind of object that is made is an instance of a class that the program itself has
defined, and none of its code runs.
"""

import math
import random
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nntui_core.values import Array, Checkpoint

Node = Any
"""What `json` can write."""

PLAIN_TYPE = re.compile(r"[<>|=][biufcSUmM]\d+(\[\w+\])?\Z")
"""Types of arrays that are nothing but bytes: numbers, truth values, texts, dates."""

BIT_GENERATORS = {name: getattr(np.random, name) for name in ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")}


class NotPlain(ValueError):  # noqa: N818 - an answer
    """A value that cannot be written, or a node that is no value."""


class _Plain:
    """What an ordinary object is made of."""


ATOMS = (bool, str, type(None), type(...), range)


class Writer:
    """Turns values into nodes and blocks. Aliases are kept within one `namespace`; blocks are shared by all."""

    def __init__(self) -> None:
        self.blocks: list[bytes] = []
        self._places: dict[bytes, int] = {}
        self._met: dict[int, int] = {}
        self._alive: list[Any] = []
        self._nbytes = 0
        self._classes: Mapping[str, Any] = {}

    @property
    def nbytes(self) -> int:
        """How many bytes the blocks have."""
        return self._nbytes

    def back_to(self, blocks: int) -> None:
        """Forget all but the first so many blocks: what they were part of cannot be written as a whole."""
        for content in self.blocks[blocks:]:
            del self._places[content]
            self._nbytes -= len(content)
        del self.blocks[blocks:]

    def checkpoint(self, checkpoint: Checkpoint, classes: Mapping[str, Any]) -> Node:
        """Return a checkpoint as a node; `classes` is a namespace that has the program's classes.

        Raises:
            NotPlain: something in it cannot be written.
        """
        if checkpoint.shared:
            raise NotPlain(f"{checkpoint.shared[0]} cannot be copied")
        return {
            "data": self.values(checkpoint.data, classes),
            "numpy": self.values(checkpoint.numpys_random),
            "python": self.values({"state": checkpoint.pythons_random}),
        }

    def values(self, named: Mapping[str, Any], classes: Mapping[str, Any] | None = None) -> Node:
        """Return values by name as one node, in which aliases stay aliases.

        Raises:
            NotPlain: one of them cannot be written.
        """
        self._met, self._alive, self._classes = {}, [], classes or {}
        try:
            return {name: self._node(value) for name, value in named.items()}
        except RecursionError:
            raise NotPlain("a value is nested too deeply") from None

    def _node(self, value: Any) -> Node:
        kind = type(value)
        if kind in (bool, str, type(None)):
            return value
        if kind in (int, float, complex):
            return _number(value)
        if isinstance(value, np.generic):
            return ["scalar", _type_of(value.dtype), value.tobytes().hex()]
        if kind is range:
            return ["range", value.start, value.stop, value.step]
        if id(value) in self._met:
            return ["again", self._met[id(value)]]
        if kind is tuple:  # it may hold itself through a list, but nobody does that
            return ["tuple", *map(self._node, value)]
        self._met[id(value)] = len(self._met)
        self._alive.append(value)
        return self._object(value)

    def _object(self, value: Any) -> Node:
        kind = type(value)
        if kind is np.ndarray:
            return self._array(value)
        if kind is list:
            return ["list", *map(self._node, value)]
        if kind is dict:
            return ["dict", *([self._node(k), self._node(v)] for k, v in value.items())]
        if kind is set:
            return ["set", *map(self._node, value)]
        if kind is np.random.Generator:
            return ["generator", self._node(value.bit_generator)]
        if isinstance(value, np.random.BitGenerator) and kind.__name__ in BIT_GENERATORS:
            return ["bits", kind.__name__, _seeds(value), self._node(dict(value.state))]
        if kind is np.random.RandomState:
            return ["legacy", self._node(value.get_state(legacy=False))]
        if kind is random.Random:
            return ["random", self._node(value.getstate())]
        if self._is_own(kind):
            return ["object", kind.__name__, self._node(vars(value))]
        raise NotPlain(f"a {kind.__name__} cannot be written")

    def _is_own(self, kind: type) -> bool:
        """Tell whether a class is one of the program's own, whose objects are nothing but their attributes."""
        return self._classes.get(kind.__name__) is kind and is_ordinary(kind)

    def _array(self, array: Array) -> Node:
        owner = array
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        if not (owner.flags.c_contiguous or owner.flags.f_contiguous):
            owner = array = array.copy()
        offset = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0] if array.size else 0
        block = self._block(owner.ravel(order="K").tobytes())
        form = [_type_of(array.dtype), list(array.shape), list(array.strides), offset, array.flags.writeable]
        return ["array", block, *form]

    def _block(self, content: bytes) -> int:
        if content not in self._places:
            self._places[content] = len(self.blocks)
            self.blocks.append(content)
            self._nbytes += len(content)
        return self._places[content]


def is_ordinary(kind: type) -> bool:
    """Tell whether the objects of a class are nothing but their attributes."""
    return kind.__basicsize__ == _Plain.__basicsize__ and getattr(kind, "__new__", None) is object.__new__


def _number(value: complex) -> Node:
    if type(value) is complex:
        return ["complex", _number(value.real), _number(value.imag)]
    if isinstance(value, float) and not math.isfinite(value):
        return ["float", struct.pack("<d", value).hex()]
    if isinstance(value, int) and value.bit_length() > 4000:
        raise NotPlain("a whole number is too long")
    return value


def _type_of(dtype: "np.dtype[Any]") -> str:
    if not PLAIN_TYPE.match(dtype.str):
        raise NotPlain(f"an array of {dtype} cannot be written")
    return dtype.str


def _seeds(bits: np.random.BitGenerator) -> Node:
    """Return what a bit generator spawns others from, None where it was given no ordinary seed."""
    seeds = bits.seed_seq
    if type(seeds) is not np.random.SeedSequence:
        return None
    entropy = seeds.entropy
    listed = entropy if isinstance(entropy, int | None) else [int(part) for part in entropy]
    return [listed, [int(k) for k in seeds.spawn_key], seeds.pool_size, seeds.n_children_spawned]


class Reader:
    """Turns nodes and blocks back into values.

    What is not such a node raises `NotPlain` or another `Exception`: nodes come from files that may be damaged.
    """

    def __init__(self, blocks: Sequence[bytes | memoryview]) -> None:
        self._blocks = blocks
        self._memories: dict[int, Array] = {}
        self._met: list[Any] = []
        self._classes: Mapping[str, Any] = {}
        self._kinds: dict[str, Callable[..., Any]] = {
            "float": lambda digits: struct.unpack("<d", bytes.fromhex(digits))[0],
            "complex": lambda real, imag: complex(self._value(real), self._value(imag)),
            "scalar": _scalar,
            "range": range,
            "again": lambda k: self._met[k],
            "tuple": lambda *items: tuple(map(self._value, items)),
            "list": self._list,
            "dict": self._dict,
            "set": self._set,
            "array": self._array,
            "generator": self._generator,
            "bits": self._bits,
            "legacy": self._legacy,
            "random": self._random,
            "object": self._own,
        }

    def checkpoint(self, node: Node, classes: Mapping[str, Any]) -> Checkpoint:
        """Return a checkpoint; `classes` is a namespace that has the program's classes.

        Raises:
            Exception: this is no checkpoint.
        """
        data = self.values(node["data"], classes)
        numpys, pythons = self.values(node["numpy"]), self.values(node["python"])["state"]
        np.random.RandomState().set_state(numpys)
        random.Random().setstate(pythons)
        return Checkpoint.of(data, numpys, pythons)

    def values(self, node: Node, classes: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return values by name.

        Raises:
            Exception: the node is not what `Writer.values` makes.
        """
        self._met, self._classes = [], classes or {}
        return {name: self._value(value) for name, value in node.items()}

    def _value(self, node: Node) -> Any:
        if not isinstance(node, list):
            if isinstance(node, dict):
                raise NotPlain("a node is a list")
            return node
        return self._kinds[node[0]](*node[1:])

    def _entered(self, value: Any) -> Any:
        self._met.append(value)
        return value

    def _list(self, *items: Node) -> list[Any]:
        made: list[Any] = self._entered([])
        made += map(self._value, items)
        return made

    def _dict(self, *items: Node) -> dict[Any, Any]:
        made: dict[Any, Any] = self._entered({})
        for key, value in items:
            known = self._value(key)
            made[known] = self._value(value)
        return made

    def _set(self, *items: Node) -> set[Any]:
        made: set[Any] = self._entered(set())
        made |= set(map(self._value, items))
        return made

    def _array(
        self, block: int, kind: str, shape: list[int], strides: list[int], offset: int, writeable: bool
    ) -> Array:
        if block not in self._memories:
            content = self._blocks[block]
            self._memories[block] = np.frombuffer(content, np.uint8).copy() if len(content) else np.empty(0, np.uint8)
        memory = self._memories[block].data
        array: Array = np.ndarray(tuple(shape), _dtype(kind), memory, offset, tuple(strides))
        array.flags.writeable = bool(writeable)
        self._entered(array)
        return array

    def _generator(self, bits: Node) -> np.random.Generator:
        place = len(self._met)
        self._met.append(None)
        self._met[place] = made = np.random.Generator(self._value(bits))
        return made

    def _bits(self, name: str, seeds: Node, state: Node) -> np.random.BitGenerator:
        made: np.random.BitGenerator = self._entered(BIT_GENERATORS[name](_seed_sequence(seeds)))
        made.state = self._value(state)
        return made

    def _legacy(self, state: Node) -> np.random.RandomState:
        made: np.random.RandomState = self._entered(np.random.RandomState())
        made.set_state(self._value(state))
        return made

    def _random(self, state: Node) -> random.Random:
        made: random.Random = self._entered(random.Random())
        made.setstate(self._value(state))
        return made

    def _own(self, name: str, attributes: Node) -> Any:
        kind = self._classes[name]
        if not isinstance(kind, type) or not is_ordinary(kind):
            raise NotPlain(f"{name} is no class of the program")
        made = self._entered(object.__new__(kind))
        vars(made).update(self._value(attributes))
        return made


def _dtype(text: str) -> "np.dtype[Any]":
    if not PLAIN_TYPE.match(text):
        raise NotPlain(f"{text!r} is no type of an array")
    return np.dtype(text)


def _scalar(kind: str, digits: str) -> Any:
    return np.frombuffer(bytes.fromhex(digits), _dtype(kind), 1)[0]


def _seed_sequence(node: Node) -> np.random.SeedSequence | None:
    if node is None:
        return None
    entropy, spawn_key, pool_size, spawned = node
    return np.random.SeedSequence(entropy, spawn_key=spawn_key, pool_size=pool_size, n_children_spawned=spawned)
