"""Variables inside of others: `params['W1']`, `net.w1`. They are data like any name, and are treated as names.

A *place* is such an expression, written in one canonical way. For reading a program (who writes what, what does a cell
come from, is a gradient right) every place in its syntax tree is replaced by a name that is the place's text; no
name that a program can have looks like one. For running, the tree stays as it was.

Which expressions are places cannot be known from the text alone. The rule: a constant text as the index, and an
attribute that no array has. An index that is a number is an element or a row, and stays one.
"""

import ast
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from nntui_core import parsing

ARRAY_ATTRIBUTES = frozenset({"T", "shape", "size", "ndim", "dtype", "flat", "real", "imag", "base", "nbytes", "mT"})
"""What every array has: no variables of the program."""


def is_place(name: str) -> bool:
    """Tell whether a name is a place's text."""
    return not name.isidentifier()


def is_written_so(text: str) -> bool:
    """Tell whether a text from elsewhere is a name or a place and nothing that would do more than look it up."""
    try:
        node = parsing.parse(text, "eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Attribute):
            plain = not node.attr.startswith("__")
        else:
            plain = isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str | int)
        if not plain:
            return False
        node = node.value
    return isinstance(node, ast.Name) and not node.id.startswith("__")


class _Named(ast.NodeTransformer):
    """Replaces places by names."""

    def __init__(self, not_data: frozenset[str]) -> None:
        self._not_data = not_data

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """What is called is a function, not a place; what it is called on may be one."""
        if isinstance(node.func, ast.Attribute):
            node.func.value = self.visit(node.func.value)
        node.args = [self.visit(argument) for argument in node.args]
        for keyword in node.keywords:
            keyword.value = self.visit(keyword.value)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """`params['W1']` is a place where `params` is data."""
        self.generic_visit(node)
        key = node.slice
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and self._is_data(node.value):
            return self._name(node, f"{_text(node.value)}[{key.value!r}]")
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """`net.w1` is a place where `net` is data."""
        self.generic_visit(node)
        if node.attr not in ARRAY_ATTRIBUTES and self._is_data(node.value):
            return self._name(node, f"{_text(node.value)}.{node.attr}")
        return node

    def _is_data(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id not in self._not_data

    @staticmethod
    def _name(node: ast.Subscript | ast.Attribute, text: str) -> ast.Name:
        return ast.copy_location(ast.Name(text, node.ctx), node)


def _text(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ast.unparse(node)


def named(node: ast.stmt, not_data: frozenset[str]) -> ast.stmt:
    """Return a statement with its places as names, changed in place; give it a copy.

    `not_data` are the names of modules and functions, whose attributes are no places.
    """
    replaced: ast.stmt = _Named(not_data).visit(node)
    return replaced


class _Known(ast.NodeTransformer):
    """Replaces what is written like one of some names."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names

    def visit(self, node: ast.AST) -> Any:
        """Put the name in the place of the whole, before its parts are looked at."""
        if isinstance(node, ast.Attribute | ast.Subscript) and (text := ast.unparse(node)) in self._names:
            return ast.copy_location(ast.Name(text, node.ctx), node)
        return self.generic_visit(node)


def parsed(text: str, names: Collection[str]) -> ast.stmt:
    """Return a statement with those of its parts as names that are among `names`: `net.W[0]`, where that is one.

    Raises:
        SyntaxError: the text is no statement.
    """
    inside = frozenset(name for name in names if is_place(name))
    tree = parsing.parse(text).body[0]
    known: ast.stmt = _Known(inside).visit(tree) if inside else tree
    return known


def base(place: str) -> str:
    """Return the variable that a place is in: `params` for `params['W1']`, `net` for `net.w1`."""
    return place.split("[")[0].split(".")[0]


def value(namespace: Mapping[str, Any], name: str) -> Any:
    """Return the value at a name or a place of a namespace, None where there is nothing.

    Only subscripts and attributes are looked up, as the program itself does; nothing else can be in a place.
    """
    if name in namespace or name.isidentifier():
        return namespace.get(name)
    try:
        return eval(name, {"__builtins__": {}}, namespace)
    except Exception:  # noqa: BLE001 - whatever an object of the program raises when it lacks the place
        return None


def put(namespace: dict[str, Any], name: str, new: Any) -> None:
    """Set the value at a name or a place.

    Raises:
        Exception: whatever the object that holds the place raises.
    """
    if name.isidentifier():
        namespace[name] = new
    else:
        exec(f"{name} = __new__", {"__builtins__": {}, "__new__": new}, namespace)


def flat(namespace: Mapping[str, Any], places: Iterable[str]) -> dict[str, Any]:
    """Return a namespace with the values of places beside it, under the places' names."""
    found = {place: value(namespace, place) for place in places}
    return {**namespace, **{place: there for place, there in found.items() if there is not None}}
