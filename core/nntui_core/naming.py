"""What is called what in the flat lines of an iteration, once all of it has been followed.

While it is followed, a container is known by a token, an array that a function returns by a number. In the end
they get the names that a reader expects: a container that of the variable that holds it, an array that of the variable
that it is put into, `A2` and not `forward_A2`, or that of the function that returned it.
"""

import ast
import dataclasses
from collections.abc import Mapping, Sequence

from nntui_core import dataflow, places
from nntui_core.flatlines import Line, cloned
from nntui_core.flattening import MARK, Names
from nntui_core.leaves import NAMELESS


class _Final(ast.NodeTransformer):
    """Puts the final names in the place of tokens."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """The leaf of a token, or any other name."""
        if node.id.startswith(MARK):
            _, token, text = node.id.split(MARK)
            node.id = self.names[int(token)] + text
        return node


def named(lines: Sequence[Line], names: Mapping[int, str]) -> list[Line]:
    """Put the final names in the place of tokens."""
    return [dataclasses.replace(line, node=_Final(names).visit(cloned(line.node))) for line in lines]


class _Renamed(ast.NodeTransformer):
    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old, new

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if node.id == self.old:
            node.id = self.new
        return node


def christened(lines: list[Line], called: Mapping[str, tuple[str, str]], names: Names) -> list[Line]:
    """Give the values that were computed on the way the names that they are `called` by: (name, function)."""
    for name in dict.fromkeys(name for line in lines for name in dataflow.writes(line.node)):
        if name in called:
            fresh = names.fresh(*called[name]).id
            lines = [_renamed(line, name, fresh) for line in lines]
    return lines


def _renamed(line: Line, old: str, new: str) -> Line:
    if not any(isinstance(part, ast.Name) and part.id == old for part in ast.walk(line.node)):
        return line
    return dataclasses.replace(line, node=_Renamed(old, new).visit(cloned(line.node)))


def _copied(node: ast.stmt) -> tuple[str, str] | None:
    """Return the two names of `new = old`."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Name):
        return node.targets[0].id, node.value.id
    return None


def coalesced(lines: list[Line], visible: set[str]) -> list[Line]:
    """Call a local variable what its value is called in the end: `A2`, not `forward_A2`, and drop the copying."""
    while True:
        copies = [(i, *pair) for i, line in enumerate(lines) if (pair := _copied(line.node))]
        copies.sort(key=lambda copied: places.is_place(copied[1]))  # rather `A2` than `cache['A2']`
        found = next((c for c in copies if _may_be_one(lines, visible, *c)), None)
        if found is None:
            return [line for line in lines if not _says_nothing(line.node, lines)]
        at, new, old = found
        rest = lines[:at] + lines[at + 1 :]
        lines = [_renamed(line, old, new) for line in rest]


def _may_be_one(lines: Sequence[Line], visible: set[str], at: int, new: str, old: str) -> bool:
    """Tell whether two names of a line `new = old` may become one."""
    if new == old:
        return True
    if NAMELESS.search(new):
        return False
    if (places.base(old) if places.is_place(old) else old) in visible:
        return False
    writers = [i for i, line in enumerate(lines) if old in dataflow.writes(line.node)]
    if len(writers) != 1 or writers[0] >= at:
        return False
    first = writers[0]
    if new in dataflow.writes(lines[first].node):
        return False
    for line in lines[first + 1 : at]:
        if new in (*dataflow.writes(line.node), *dataflow.reads(line.node)):
            return False
    again = [i for i, line in enumerate(lines) if i > at and new in dataflow.writes(line.node)]
    read = [i for i, line in enumerate(lines) if i > at and old in dataflow.reads(line.node)]
    return not again or not read or max(read) <= min(again)


def _says_nothing(node: ast.stmt, lines: Sequence[Line]) -> bool:
    """Tell whether a line only puts something where nobody looks for it: `caches[2][0] = A`."""
    pair = _copied(node)
    if pair is None or not NAMELESS.search(pair[0]):
        return False
    return not any(pair[0] in dataflow.reads(line.node) for line in lines)
