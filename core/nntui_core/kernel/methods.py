"""Calls that concern containers: methods of the program's objects, which are opened in place, of lists and of dicts.

A list or dict that the iteration makes can be built up; one that the program has can only be appended to.
"""

import ast
import operator
from collections.abc import Callable, Sequence
from typing import Any

from nntui_core.kernel.containers import KINDS, Container, Found, Made, method
from nntui_core.kernel.expressions import Expressions
from nntui_core.kernel.recording import computed
from nntui_core.kernel.tape import CannotLower, How, Op, Value
from nntui_core.kernel.turns import items


def of_object(
    self: Expressions, owner: Value, name: str, arguments: Sequence[Value], keywords: dict[str, Value]
) -> Value:
    """Record a method of an object.

    Raises:
        CannotLower: it is no function of the program's own.
    """
    kind = owner.example.kind
    function, gets_object = method(kind, name)
    if kind in KINDS or name in self.keys(owner) or function.__globals__ is not self.globals_of_program():
        raise CannotLower(f"a call of {name}")
    self.tape.of_classes[kind, name] = function
    return self.inlined(function, [*([owner] if gets_object else []), *arguments], keywords)


def of_container(self: Expressions, owner: Value, name: str, arguments: Sequence[Value]) -> Value:
    """Record a method of a list or a dict."""
    count, does = METHODS.get((owner.example.kind, name), (-1, _copied))
    if count != len(arguments):
        raise CannotLower(f"the method {name}")
    result = does(self, owner, *arguments)
    return self.constant(None) if result is None else result


def _made(owner: Value) -> Made:
    if isinstance(owner.example, Found):
        raise CannotLower(f"{owner.example.text} changes its length")
    made: Made = owner.example
    return made


def shuffle(self: Expressions, by: Value, arguments: Sequence[Value]) -> Value:
    """Record the shuffling of a list of numbers: it draws, and the numbers have other places afterwards.

    It is shuffled by a function, or by a random generator of the program's.
    """
    holder = arguments[0] if len(arguments) == 1 else by
    if not isinstance(holder.example, Container) or holder.example.kind is not list:
        raise CannotLower("a shuffle of something else than a list")
    keys = self.keys(holder)
    values = [self.read(holder, key) for key in keys]
    if not all(value.is_number for value in values):
        raise CannotLower("a shuffle of something else than numbers")
    text = f"{{0}}({{1}}, [{', '.join(f'{{{i + 2}}}' for i in keys)}])"
    op = Op(How.KEPT, text, (self.constant(_shuffled), by, *values), effect=True)
    op.result = Value(_shuffled(by.example, [value.example for value in values]), origin=op)
    self.tape.ops.append(op)
    for key in keys:
        self.store(holder, key, self.keep("{0}[{1}]", (op.result, self.constant(key)), operator.getitem))
    return self.constant(None)


def _shuffled(by: Any, values: list[Any]) -> list[Any]:
    (by if callable(by) else by.shuffle)(values)
    return values


def _insert(_: Expressions, owner: Value, index: Value, value: Value) -> None:
    made = _made(owner)
    if not index.constant or type(index.example) is not int:
        raise CannotLower("an index that is not known beforehand")
    values = made.values
    values.insert(index.example, value)
    made.fill(values)


def _reverse(_: Expressions, owner: Value) -> None:
    made = _made(owner)
    made.fill(made.values[::-1])


def _copied(self: Expressions, owner: Value) -> Value:
    held = {key: self.read(owner, key) for key in self.keys(owner)}
    return Value(Made(owner.example.kind, held))


METHODS: dict[tuple[type, str], tuple[int, Callable[..., Value | None]]] = {
    (list, "append"): (1, Expressions.append),
    (list, "insert"): (2, _insert),
    (list, "reverse"): (0, _reverse),
    (list, "copy"): (0, _copied),
    (dict, "copy"): (0, _copied),
}
"""How many arguments a method takes, and what does it."""


def maker(self: Expressions, node: ast.Call) -> Value | None:
    """Record `list(…)`, `tuple(…)`, `dict(…)`, `len(…)`; None where it is another call."""
    if not isinstance(node.func, ast.Name) or node.keywords or len(node.args) > 1:
        return None
    called = self.look_up(node.func.id).example
    if called is list or called is tuple:
        return Value(Made.of(called, list(items(self, node.args[0])) if node.args else []))
    if called is dict:
        return _dict(self, self.evaluate(node.args[0])) if node.args else Value(Made(dict, {}))
    if called is len and node.args:
        return _length(self, self.evaluate(node.args[0]))
    return None


def _dict(self: Expressions, holder: Value) -> Value:
    if not isinstance(holder.example, Container) or holder.example.kind is not dict:
        raise CannotLower("a dict of something else than a dict")
    return _copied(self, holder)


def _length(self: Expressions, holder: Value) -> Value:
    if isinstance(holder.example, Container) and holder.example.kind in KINDS:
        return self.constant(len(self.keys(holder)))
    if not (holder.constant or holder.is_array):
        raise CannotLower("a length that is not known beforehand")
    return self.constant(computed(len, (holder,)))
