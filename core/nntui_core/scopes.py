"""One namespace for a program and for the functions on the way to its loop: whose names are in force.

Where the loop is in a function, that function's own names are in the namespace while it runs. Names of the program
that they hide are set aside, under names that no program can use; so are the own names of the function that calls it.
So functions that the loop calls share all variables with it, and a checkpoint holds everything.
"""

from collections.abc import Mapping, MutableMapping, Set
from typing import Any

HIDDEN = "the program's "
"""Before a name of the program that a function's own name hides; no Python name has blanks."""

CALLER = "the caller's {} "
"""Before an own name of a function that has called the one that the loop is in."""

Namespace = MutableMapping[str, Any]


def enter(namespace: Namespace, own: Set[str], bound: Mapping[str, Any]) -> None:
    """Put a function's parameters with their arguments in force; what its own names hide is set aside."""
    _hide(namespace, own)
    namespace.update(bound)


def leave(namespace: Namespace, own: Set[str]) -> None:
    """Take a function's own names out of the namespace, and put back those of the program that they hid."""
    for name in own & set(namespace):
        del namespace[name]
    _put_back(namespace, HIDDEN)


def set_aside(namespace: Namespace, own: Set[str], depth: int) -> None:
    """Leave a function that has called another one: its own names are kept for when that one returns."""
    for name in own & set(namespace):
        namespace[CALLER.format(depth) + name] = namespace.pop(name)
    _put_back(namespace, HIDDEN)


def return_to(namespace: Namespace, own: Set[str], depth: int) -> None:
    """Put back the own names of a function whose call has returned."""
    _hide(namespace, own)
    _put_back(namespace, CALLER.format(depth))


def _hide(namespace: Namespace, own: Set[str]) -> None:
    for name in own & set(namespace):
        namespace[HIDDEN + name] = namespace.pop(name)


def _put_back(namespace: Namespace, prefix: str) -> None:
    for name in [n for n in namespace if n.startswith(prefix)]:
        namespace[name.removeprefix(prefix)] = namespace.pop(name)
