"""Which functions of a program are entered when an iteration is followed, and where their text is.

Those that do a part of the training are: they multiply matrices, keep something in a container, work with a variable
that some function says is `global`, or call such a function. `sigmoid(z)` is not: it is a function like any of
NumPy's. A method always is, unless it is a mere function.
"""

import ast
import types
from typing import Any

from nntui_core.patterns import called_name, names_in, products

Node = ast.FunctionDef


class Callees:
    """The functions of a program's text."""

    def __init__(self, tree: ast.Module, file: str) -> None:
        self._file = file
        self._nodes: dict[tuple[str, int], Node] = {}
        self._methods: set[int] = set()
        for part in ast.walk(tree):
            if isinstance(part, ast.FunctionDef):
                first = min([part.lineno, *(d.lineno for d in part.decorator_list)])
                self._nodes[part.name, first] = part
            elif isinstance(part, ast.ClassDef):
                self._methods |= {id(node) for node in part.body if isinstance(node, ast.FunctionDef)}
        self._working = self._find_working()

    def of(self, function: Any) -> tuple[types.FunctionType, Node]:
        """Return a function without its object, and its text."""
        plain = function.__func__ if isinstance(function, types.MethodType) else function
        assert isinstance(plain, types.FunctionType)
        return plain, self._nodes[plain.__name__, plain.__code__.co_firstlineno]

    def entered(self, function: Any) -> Any:
        """Return the function that a call of a value enters, None where it is not followed."""
        if not isinstance(function, types.FunctionType | types.MethodType | type) and hasattr(function, "__dict__"):
            function = getattr(function, "__call__", None)  # noqa: B004 - an object that is called: layer(x)
        plain = function.__func__ if isinstance(function, types.MethodType) else function
        if not isinstance(plain, types.FunctionType) or plain.__code__.co_filename != self._file:
            return None
        node = self._nodes.get((plain.__name__, plain.__code__.co_firstlineno))
        return function if node is not None and id(node) in self._working else None

    def may_enter(self, call: ast.Call) -> bool:
        """Tell, from the text alone, whether a call may be of a function that is entered."""
        return called_name(call) in {n.name for n in self._nodes.values() if id(n) in self._working}

    def _find_working(self) -> set[int]:
        nodes = list(self._nodes.values())
        plain = [n for n in nodes if not _is_odd(n)]
        shared = {name for n in nodes for part in ast.walk(n) if isinstance(part, ast.Global) for name in part.names}
        working = {id(n) for n in plain if _works(n) or id(n) in self._methods or names_in(n) & shared}
        while True:
            names = {n.name for n in plain if id(n) in working}
            more = {id(n) for n in plain if id(n) not in working and _called(n) & names}
            if not more:
                return working
            working |= more


def _is_odd(node: Node) -> bool:
    parts = list(ast.walk(node))
    plain = {"staticmethod", "classmethod"}
    decorated = any(not isinstance(d, ast.Name) or d.id not in plain for d in node.decorator_list)
    odd = ast.Yield | ast.YieldFrom | ast.Await | ast.Nonlocal
    return decorated or any(isinstance(part, odd) for part in parts)


def _works(node: Node) -> bool:
    if any(True for _ in products(node)):
        return True
    for part in ast.walk(node):
        if isinstance(part, ast.Subscript | ast.Attribute) and isinstance(part.ctx, ast.Store):
            return True
        if isinstance(part, ast.Dict | ast.DictComp):
            return True
        if isinstance(part, ast.Subscript) and _is_text(part.slice):
            return True
    return False


def _is_text(node: ast.expr) -> bool:
    return any(isinstance(p, ast.Constant) and isinstance(p.value, str) for p in ast.walk(node))


def _called(node: Node) -> set[str]:
    return {called_name(part) for part in ast.walk(node) if isinstance(part, ast.Call)}
