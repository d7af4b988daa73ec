"""Where a program keeps its arrays inside of others: the leaves of its dictionaries, lists and objects.

A *container* is a dict, a list, a tuple, or an object of one of the program's own classes. A *leaf* is an array or a
number in one, `params['W1']`, `net.layers[0].W`. Numbers in lists are no leaves: a list of losses grows for ever.
While an iteration is followed (`nntui_core.unroll`), a container is known by a token, since `cache` in one function is
`self.cache` in another; which of its names it is called by is settled at the end (`Containers.names`).
"""

import itertools
import re
import types
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nntui_core.values import is_data, is_numeric

DEEPEST = 4
TEMPORARY = "value_"
"""How the names of values begin that are computed on the way."""
NEW = "items"
"""What a list is called that no variable holds yet."""
MOST = 400
"""Leaves that are looked for at most."""
NAMELESS = re.compile(r"\[\d+\]\[\d+\]")
"""A path that says nothing, `caches[2][0]`: what is there is called by another name."""

Step = tuple[str, Any]
"""One step into a container: how it is written, and the value there."""


def is_container(value: object) -> bool:
    """Tell whether a value may have leaves."""
    if isinstance(value, dict | list | tuple):
        return True
    code = types.ModuleType | types.FunctionType | types.MethodType | type | np.generic | np.ndarray
    return hasattr(value, "__dict__") and not isinstance(value, code) and type(value).__module__ not in ("numpy",)


def steps(container: Any) -> Iterator[Step]:
    """Yield what a container holds, with the text that reaches it."""
    if isinstance(container, dict):
        for key, value in list(container.items()):
            if isinstance(key, str | int):
                yield f"[{key!r}]", value
    elif isinstance(container, list | tuple):
        for index, value in enumerate(container):
            yield f"[{index}]", value
    elif is_container(container):
        for name, value in list(vars(container).items()):
            yield f".{name}", value


def is_leaf(container: Any, value: object) -> bool:
    """Tell whether what a container holds is a leaf."""
    if not is_numeric(value) or isinstance(value, bool):
        return False
    return not isinstance(container, list | tuple) or (isinstance(value, np.ndarray) and value.ndim > 0)


@dataclass(frozen=True, slots=True)
class Part:
    """Something in a container: the container's path, the step to it, and both values."""

    path: str
    text: str
    container: Any
    value: Any

    @property
    def name(self) -> str:
        """The path of the part."""
        return self.path + self.text

    @property
    def is_leaf(self) -> bool:
        """Whether it is an array or a number."""
        return is_leaf(self.container, self.value)


def parts(namespace: Mapping[str, Any], later: Collection[str] = ()) -> Iterator[Part]:
    """Yield everything in a namespace's containers, each container under one path, the shallow before the deep.

    `later` are names that come last, the loop's own: `layer` is another name for `layers[2]`.
    """
    roots = [n for n, v in namespace.items() if n.isidentifier() and is_data(n, v) and is_container(v)]
    met: set[int] = set()
    found = 0
    for root in sorted(roots, key=lambda name: name in later):
        waiting = [(root, namespace[root], 0)]
        while waiting:
            path, container, depth = waiting.pop(0)
            if id(container) in met:
                continue
            met.add(id(container))
            for text, value in steps(container):
                part = Part(path, text, container, value)
                yield part
                found += part.is_leaf
                if found > MOST:
                    return
                if depth < DEEPEST and is_container(value):
                    waiting.append((part.name, value, depth + 1))


def leaf_names(namespace: Mapping[str, Any], later: Collection[str] = ()) -> tuple[str, ...]:
    """Return the places of a namespace: the paths of its leaves."""
    return tuple(part.name for part in parts(namespace, later) if part.is_leaf and not NAMELESS.search(part.name))


@dataclass
class Containers:
    """The containers that have been met, each with its token."""

    tokens: dict[int, int] = field(default_factory=dict)
    kept: list[Any] = field(default_factory=list)
    """The containers by token; kept, so that no other object gets their identity."""
    first: dict[int, str] = field(default_factory=dict)
    """The name that each was first met under."""
    started: dict[int, str] = field(default_factory=dict)
    """The path of those that were there at the start."""

    def token(self, container: Any, name: str) -> int:
        """Return a container's token; `name` is what it is called here."""
        if id(container) not in self.tokens:
            self.tokens[id(container)] = len(self.kept)
            self.kept.append(container)
        token = self.tokens[id(container)]
        if self.first.get(token, NEW) == NEW:
            self.first[token] = NEW if name.startswith(TEMPORARY) else name
        return token

    def known(self, container: Any) -> bool:
        """Tell whether a container has been met."""
        return id(container) in self.tokens

    def names(self, namespace: Mapping[str, Any], later: Collection[str] = ()) -> dict[int, str]:
        """Return what each container is called, its leaves after it: its path at the end, else at the start."""
        now: dict[int, str] = {}
        lasting = {name: value for name, value in namespace.items() if not name.startswith(TEMPORARY)}
        for part in parts(lasting, later):
            now.setdefault(id(part.container), part.path)
        known = self.started | {token: now[identity] for identity, token in self.tokens.items() if identity in now}
        used = set(known.values())
        for token, wanted in self.first.items():
            if token not in known:
                known[token] = next(n for n in numbered(wanted) if n not in used)
                used.add(known[token])
        return known


def numbered(name: str) -> Iterator[str]:
    """Yield a name, and the same with a number: two lists of the same name are not the same list."""
    yield name
    yield from (f"{name}_{number}" for number in itertools.count(2))
