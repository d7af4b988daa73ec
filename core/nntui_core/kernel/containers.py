"""Dicts, lists, tuples and objects that a recording knows by identity: what is in them are values like any other.

Two kinds: one that the program has when an iteration begins is *found*; one that the iteration makes (`{}`, `[x]`, a
comprehension) is *made*. The recording never writes into a found one: what an iteration stores there is bound to a
place, `net.layers[0].W`, and goes into the real container when the kernel is left. A made one is made anew then.
"""

import inspect
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from nntui_core.kernel.tape import CannotLower, Value

ATOMS = (bool, int, float, str, type(None))
"""Types of values that say everything by their `repr`."""
KINDS = (dict, list, tuple)
LONGEST = 600
"""What a container holds at most."""
HEAP = 1 << 9
"""The flag of a class that was made by a `class` statement (`Py_TPFLAGS_HEAPTYPE`)."""


class Container:
    """What a value's example is where the value is no number and no array, but holds some."""

    @property
    def kind(self) -> type:
        """Its class."""
        raise NotImplementedError

    @property
    def keys(self) -> list[Any]:
        """Its keys, indices or the names of its attributes, in order."""
        raise NotImplementedError


@dataclass(eq=False)
class Found(Container):
    """A container that the program has. `thing` is the recording's copy of it."""

    thing: Any
    text: str
    """The name or place at which it was met first: its own name from then on."""
    slots: list[str]
    """All names and places at which it was met."""
    value: Value = field(init=False)
    """The one value that stands for it."""
    grows: bool = False
    """Whether something is appended to it: then nobody may look what is in it."""
    opened: bool = False
    """Whether somebody has looked what is in it."""

    def __post_init__(self) -> None:
        self.value = Value(self, name=self.text)

    @property
    def kind(self) -> type:
        """Its class."""
        return type(self.thing)

    @property
    def keys(self) -> list[Any]:
        """Its keys, indices or the names of its attributes, in order."""
        if isinstance(self.thing, dict):
            return list(self.thing)
        return list(range(len(self.thing))) if isinstance(self.thing, list | tuple) else list(vars(self.thing))

    def held(self, key: Any) -> Any:
        """Return what was at a key when the iteration began."""
        return self.thing[key] if isinstance(self.thing, KINDS) else vars(self.thing)[key]

    def place(self, key: Any) -> str:
        """Return the text of the place at a key."""
        return place(self.text, self.kind, key)


class Made(Container):
    """A container that the iteration makes; `held` is what is in it by now."""

    def __init__(self, kind: type, held: dict[Any, Value]) -> None:
        self._kind, self.held = kind, held

    @classmethod
    def of(cls, kind: type, values: list[Value]) -> "Made":
        """Return a list or a tuple."""
        return cls(kind, dict(enumerate(values)))

    @property
    def kind(self) -> type:
        """Its class."""
        return self._kind

    @property
    def keys(self) -> list[Any]:
        """Its keys or indices, in order."""
        return list(self.held)

    @property
    def values(self) -> list[Value]:
        """What is in it."""
        return list(self.held.values())

    def fill(self, values: list[Value]) -> None:
        """Let a list hold other values."""
        self.held = dict(enumerate(values))


@dataclass(frozen=True, slots=True)
class Shape:
    """What a made container is when the kernel is left: a display of names and places, or of shapes again."""

    kind: type
    parts: tuple[tuple[Any, "str | Shape"], ...]

    def names(self) -> Iterator[str]:
        """Yield the places whose values are in it."""
        for _, part in self.parts:
            if isinstance(part, Shape):
                yield from part.names()
            else:
                yield part

    def text(self, of: Callable[[str], str]) -> str:
        """Return the display that makes it; `of` gives the text of a place's value."""
        texts = [part.text(of) if isinstance(part, Shape) else of(part) for _, part in self.parts]
        if self.kind is dict:
            keys = (key for key, _ in self.parts)
            return "{" + ", ".join(f"{key!r}: {text}" for key, text in zip(keys, texts, strict=True)) + "}"
        inner = "".join(f"{text}, " for text in texts)
        return f"[{inner}]" if self.kind is list else f"({inner})"


def place(holder: str, kind: type, key: Any) -> str:
    """Return the text of the place at a key of a container."""
    return f"{holder}[{key!r}]" if kind in KINDS else f"{holder}.{key}"


def is_settled(thing: Any) -> bool:
    """Tell whether something is a value that nothing can change and whose `repr` says all: a size, a switch."""
    if type(thing) is tuple:
        return all(type(part) is float or is_settled(part) for part in thing)
    return type(thing) in ATOMS and type(thing) is not float


def is_container(thing: Any) -> bool:
    """Tell whether something is a container that can be known: its keys and attributes mean nothing but themselves."""
    if type(thing) is dict:
        return all(type(key) in (str, int) for key in thing)
    return type(thing) in KINDS or (_is_plain(type(thing)) and hasattr(thing, "__dict__"))


def _is_plain(kind: type) -> bool:
    """Tell whether the objects of a class keep attributes just so, without a method in between."""
    if kind is types.SimpleNamespace:
        return True
    if type(kind) is not type or not all(each.__flags__ & HEAP for each in kind.__mro__[:-1]):
        return False
    own = ("__setattr__", "__delattr__", "__getattribute__")
    plain = all(getattr(kind, name) is getattr(object, name) for name in own)
    return plain and not any(hasattr(kind, name) for name in ("__getattr__", "__slots__"))


def method(kind: type, name: str) -> tuple[types.FunctionType, bool]:
    """Return the function that a method of a class is, and whether it gets the object.

    Raises:
        CannotLower: it is none.
    """
    found = inspect.getattr_static(kind, name, None)
    function = found.__func__ if isinstance(found, staticmethod) else found
    if not isinstance(function, types.FunctionType):
        raise CannotLower(f"{kind.__name__}.{name} is no method")
    return function, function is found
