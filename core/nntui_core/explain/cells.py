"""One cell's arithmetic as a tree.

The leaves are cells of variables and numbers of the program's text; a branch is an operation on its parts. A long
sum is a branch of its own kind: it knows its terms, and also its *general term*, the one with a running index, from
which a formula with a Σ is written.

Every node carries its value as found at the moment of the statement. `evaluate` calculates it again from the leaves
alone, which is how the tests know that the tree says what happened.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nntui_core.explain import scalars

Index = tuple[Any, ...]
"""Where a cell is: integers, some of which may be running (see `nntui_core.explain.indices`)."""


class NotUnderstood(Exception):  # noqa: N818 - it is no error of the program's
    """Something in a statement that cannot be explained; `what` is its name, as `np.einsum`."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class NotUniformError(Exception):
    """The terms of a sum have no general term: the Σ cannot be written, its terms can."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a variable; the index of a single number is ()."""

    name: str
    index: Index
    value: Any


@dataclass(frozen=True, slots=True)
class Constant:
    """A number that is no cell. `text` is how the program says it (`x.shape[0]`), empty where it is just a number."""

    value: Any
    text: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of `scalars.OPERATIONS` (or a conversion) on parts."""

    operation: str
    parts: "tuple[Node, ...]"
    value: Any


@dataclass(frozen=True, slots=True)
class Rest:
    """The terms of a very long reduction that are not built one by one: how many, and what they come to."""

    count: int
    value: Any


@dataclass(frozen=True, slots=True)
class Reduction:
    """Many terms that become one number. `kind` is a key of `scalars.FOLDS`.

    `general` makes the term with the given names as running indices, of which there are `rank`.
    """

    kind: str
    terms: "tuple[Node, ...]"
    rest: Rest | None
    value: Any
    rank: int
    general: "Callable[[Sequence[str]], Node]"


@dataclass(frozen=True, slots=True)
class Unknown:
    """What is not understood: the program's text for it, and its value all the same."""

    text: str
    value: Any


Node = Cell | Constant | Operation | Reduction | Unknown


def operation(name: str, *parts: Node) -> Operation:
    """Return the node of an operation, its value calculated from the values of its parts."""
    return Operation(name, parts, scalars.apply(name, [part.value for part in parts]))


def fold(kind: str, values: Sequence[Any], rest: Rest | None = None) -> Any:
    """Return what the terms of a reduction come to."""
    return scalars.FOLDS[kind][0]([*values, rest.value] if rest else values)


def children(node: Node) -> tuple[Node, ...]:
    """Return the parts of a node in the order in which they are written."""
    if isinstance(node, Operation):
        return node.parts
    return node.terms if isinstance(node, Reduction) else ()


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything under it, depth first; a part that occurs twice is met once."""
    met: set[int] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if id(current) not in met:
            met.add(id(current))
            yield current
            waiting.extend(reversed(children(current)))


def evaluate(node: Node) -> Any:
    """Calculate the value of a tree again, from its leaves."""
    return _evaluate(node, {})


def _evaluate(node: Node, done: dict[int, Any]) -> Any:
    if id(node) not in done:
        values = [_evaluate(part, done) for part in children(node)]
        if isinstance(node, Operation):
            done[id(node)] = scalars.apply(node.operation, values)
        elif isinstance(node, Reduction):
            done[id(node)] = fold(node.kind, values, node.rest)
        else:
            done[id(node)] = node.value
    return done[id(node)]
