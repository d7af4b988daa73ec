"""Expressions of a running program, rewritten so that they read flat names only.

`self.W[i] @ a` in the middle of a method becomes `net.W[0] @ net.a`, each a single name: what `self` and `i` are is
known, because the program is being followed (`nntui_core.unroll`). Whole numbers that only count become constants, a
dictionary or list that is used as a whole becomes a display of its leaves, and what no name reaches (a bound method,
a local generator) is *held* under a name of its own.
"""

import ast
import builtins
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nntui_core import parsing
from nntui_core.flatlines import cloned
from nntui_core.leaves import Containers, is_container, is_leaf, numbered, steps
from nntui_core.values import is_numeric

MARK = "\0"
"""Before and after a container's token, in the name of a leaf whose container has no final name yet."""
WIDEST = 200
"""Things that a container used as a whole may hold."""


class Unsupported(Exception):  # noqa: N818 - it is no error of the program
    """The program does something that cannot be followed; the message says what."""


@dataclass
class Frame:
    """A running function, or the loop's body: its variables, and what they are called in flat lines."""

    variables: dict[str, Any]
    function: str = ""
    """Empty for the loop's body."""
    named: dict[str, tuple[Any, ast.expr]] = field(default_factory=dict)
    """By variable: the value it had when it was bound, and what that is in flat lines."""
    shared: set[str] = field(default_factory=set)
    """Names that are `global`: variables of the program."""
    counting: set[str] = field(default_factory=set)
    """Variables of the body whose value is a constant in flat lines: those of loops that are unrolled."""

    @property
    def outermost(self) -> bool:
        """Whether this is the loop's body."""
        return not self.function


class Names:
    """What values are called in flat lines."""

    def __init__(self, namespace: dict[str, Any], taken: set[str]) -> None:
        self.namespace = namespace
        self.containers = Containers()
        self.listed: set[int] = set()
        """The identities of lists that were made by a comprehension: their numbers are leaves too."""
        self.held: dict[str, Any] = {}
        """What has no name of its own, by the name it is given."""
        self._visible, self._taken = taken, set(taken)
        self._homes: dict[int, list[ast.expr]] = {}
        self._kept: list[Any] = []

    def fresh(self, variable: str, function: str) -> ast.Name:
        """Return a name for a local variable that nothing else has."""
        stem = f"{function}_{variable}" if variable in self._visible else variable
        name = next(n for n in numbered(stem) if n not in self._taken)
        self._taken.add(name)
        return ast.Name(name, ast.Load())

    def leaf(self, container: Any, text: str, name: str) -> ast.Name:
        """Return the name of a leaf."""
        return ast.Name(f"{MARK}{self.containers.token(container, name)}{MARK}{text}", ast.Load())

    def has_leaf(self, container: Any, value: Any) -> bool:
        """Tell whether what a container holds is a leaf that has a name."""
        if id(container) in self.listed:
            return is_numeric(value) and not isinstance(value, int)
        return is_leaf(container, value) and (isinstance(value, np.ndarray) or type(value) is not int)

    def settle(self, value: Any, name: ast.expr) -> None:
        """Remember what an array is called."""
        if isinstance(value, np.ndarray):
            self._homes.setdefault(id(value), []).append(name)
            self._kept.append(value)

    def home(self, value: Any) -> ast.expr | None:
        """Return what an array is called now, None where nothing holds it any more."""
        for name in self._homes.get(id(value), ()):
            if isinstance(name, ast.Name) and self._is_at(name.id, value):
                return cloned(name)
        return None

    def _is_at(self, name: str, value: Any) -> bool:
        if name.startswith(MARK):
            _, token, text = name.split(MARK)
            container = self.containers.kept[int(token)]
            return any(text == there and held is value for there, held in steps(container))
        return name not in self.namespace or self.namespace[name] is value

    def hold(self, value: Any, text: str) -> ast.expr:
        """Return a name for something that no flat name reaches."""
        root = next((n for n, v in self.namespace.items() if _same(v, value) and n.isidentifier()), None)
        if root is not None:
            return ast.Name(root, ast.Load())
        known = next((n for n, v in self.held.items() if _same(v, value)), None)
        if known is None:
            known = self.fresh("".join(c if c.isalnum() else "_" for c in text) or "it", "the").id
            self.held[known] = value
        return ast.Name(known, ast.Load())


def _same(a: Any, b: Any) -> bool:
    """Tell whether two values are one: also two copies of a function, or two looks at a method."""
    if isinstance(a, types.MethodType) and isinstance(b, types.MethodType):
        return a.__self__ is b.__self__ and a.__func__ is b.__func__
    if isinstance(a, types.FunctionType) and isinstance(b, types.FunctionType):
        return a.__code__ is b.__code__ and a.__closure__ is b.__closure__
    return a is b


class Flattener(ast.NodeTransformer):
    """Rewrites one expression of a frame."""

    def __init__(self, names: Names, frame: Frame, evaluate: Callable[[ast.expr], Any]) -> None:
        self.names, self.frame, self.evaluate = names, frame, evaluate

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A variable: by its flat name, or what it stands for."""
        frame = self.frame
        if node.id in frame.variables:
            value = frame.variables[node.id]
            named = frame.named.get(node.id)
            if named is not None and named[0] is value and self._holds(named[1], value):
                return cloned(named[1])
            if frame.outermost and node.id not in frame.counting:
                return self.display(value, node.id) if is_container(value) else node
            return self.thing(value, node.id)
        if node.id in self.names.namespace:
            value = self.names.namespace[node.id]
            return self.display(value, node.id) if is_container(value) else node
        return node  # a builtin, or nothing

    def _holds(self, name: ast.expr, value: Any) -> bool:
        return not isinstance(name, ast.Name) or not isinstance(value, np.ndarray) or self.names._is_at(name.id, value)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """`self.W`: a leaf, where `self` is an object of the program."""
        return self._part(node, f".{node.attr}")

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """`params['W' + str(l)]`: a leaf, where `params` is a container."""
        return self._part(node, None)

    def _part(self, node: ast.Attribute | ast.Subscript, text: str | None) -> ast.expr:
        base = self.value_of(node.value)
        if not is_container(base):
            self.generic_visit(node)
            return node
        if isinstance(node, ast.Subscript):
            key = self.evaluate(node.slice)
            if isinstance(key, slice):
                return self.display(base[key], ast.unparse(node))
            text = written_key(base, key)
        there = dict(steps(base))
        if text is None or text not in there:
            value = self.evaluate(node)
            return self.thing(value, ast.unparse(node))
        value = there[text]
        if self.names.has_leaf(base, value):
            return self.names.leaf(base, text, ast.unparse(node.value))
        return self.thing(value, ast.unparse(node))

    def value_of(self, node: ast.expr) -> Any:
        """Return what a chain of names, attributes and subscripts is; None for other expressions."""
        inner = node
        while isinstance(inner, ast.Attribute | ast.Subscript):
            inner = inner.value
        if not isinstance(inner, ast.Name):
            return None
        try:
            return self.evaluate(node)
        except Exception:  # noqa: BLE001 - whatever an object of the program raises: then it is no container
            return None

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """What is called stays a function; what it is called on may be a leaf."""
        function = node.func
        if isinstance(function, ast.Attribute):
            base = self.value_of(function.value)
            if is_container(base):
                node.func = self.names.hold(self.evaluate(function), ast.unparse(function))
            elif not isinstance(base, types.ModuleType):
                function.value = self.visit(function.value)
        elif isinstance(function, ast.Name) and function.id == "len" and function.id not in self.frame.variables:
            return ast.Constant(self.evaluate(node))
        elif isinstance(function, ast.Name):
            if function.id in self.frame.variables and not self.frame.outermost:
                node.func = self.names.hold(self.frame.variables[function.id], function.id)
        else:
            node.func = self.visit(function)
        node.args = [self.visit(argument) for argument in node.args]
        for keyword in node.keywords:
            keyword.value = self.visit(keyword.value)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        """A function without a name is held as it is."""
        return self.names.hold(self.evaluate(node), "function")

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        """A text is what it is now."""
        return ast.Constant(self.evaluate(node))

    def thing(self, value: Any, text: str) -> ast.expr:
        """Return an expression for a value that has no flat name of its own."""
        if isinstance(value, np.ndarray):
            home = self.names.home(value)
            if home is None:
                raise Unsupported(f"nothing is known of {text}")
            return home
        if value is None or value is Ellipsis or isinstance(value, bool | int | float | str | bytes):
            return ast.Constant(value)
        if is_numeric(value):
            return ast.Constant(value.item())
        if is_container(value):
            return self.display(value, text)
        return self.names.hold(value, text)

    def display(self, container: Any, text: str) -> ast.expr:
        """Return a container that is used as a whole, written out."""
        if not isinstance(container, dict | list | tuple):
            return self.names.hold(container, text)
        if len(container) > WIDEST:
            raise Unsupported(f"{text} holds {len(container)} things")
        parts = []
        for step, value in steps(container):
            leaf = self.names.has_leaf(container, value) and self.names.containers.known(container)
            parts.append(self.names.leaf(container, step, text) if leaf else self.thing(value, text + step))
        if isinstance(container, dict):
            return ast.Dict([ast.Constant(key) for key in container], parts)
        return ast.Tuple(parts, ast.Load()) if isinstance(container, tuple) else ast.List(parts, ast.Load())


def written_key(container: Any, key: Any) -> str | None:
    """Return how a step into a container is written, None where it has no such step."""
    if isinstance(container, dict):
        return f"[{key!r}]" if isinstance(key, str | int) else None
    if isinstance(container, list | tuple) and isinstance(key, int | np.integer):
        return f"[{int(key) % max(len(container), 1)}]"
    return None


def part_of(expression: ast.expr | None, text: str) -> ast.expr | None:
    """Return what one step into an expression's value is: an element of a display, else a subscript of it."""
    if expression is None:
        return None
    step = parsing.parse(f"_{text}", "eval").body
    if isinstance(step, ast.Subscript):
        key = ast.literal_eval(step.slice)
        if isinstance(expression, ast.Dict):
            for name, value in zip(expression.keys, expression.values, strict=True):
                if isinstance(name, ast.Constant) and name.value == key:
                    return value
            return None
        if isinstance(expression, ast.List | ast.Tuple):
            return expression.elts[key] if key < len(expression.elts) else None
        return ast.Subscript(expression, ast.Constant(key), ast.Load())
    assert isinstance(step, ast.Attribute)
    return ast.Attribute(expression, step.attr, ast.Load())


def looked_up(frame: Frame, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Return all names that code of a frame can read."""
    if frame.outermost:
        return dict(namespace)
    return {"__builtins__": builtins, **namespace, **frame.variables}
