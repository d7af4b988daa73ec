"""From a call's syntax tree to operations: NumPy's functions, methods of arrays, random draws, the program's own."""

import ast
import operator
import types
from collections.abc import Sequence
from typing import Any

import numpy as np

from nntui_core.kernel import functions, methods
from nntui_core.kernel.containers import KINDS, Container
from nntui_core.kernel.expressions import READERS, Expressions
from nntui_core.kernel.recording import computed
from nntui_core.kernel.tape import CannotLower, Value

REDUCING = {id(getattr(np, name)): name for name in functions.REDUCTIONS}
PRODUCTS = {id(np.dot): "{2}({0}, {1})", id(np.matmul): "{2}({0}, {1})"}
COPYING = frozenset({"copy", "astype"})


def call(self: Expressions, node: ast.Call) -> Value:
    """Record a call."""
    if any(isinstance(argument, ast.Starred) for argument in node.args) or any(k.arg is None for k in node.keywords):
        raise CannotLower("a call with *")
    owner = self.evaluate(node.func.value) if isinstance(node.func, ast.Attribute) else None
    if owner is None and (made := methods.maker(self, node)) is not None:
        return made
    arguments = [self.evaluate(argument) for argument in node.args]
    keywords = {keyword.arg: self.evaluate(keyword.value) for keyword in node.keywords if keyword.arg is not None}
    if owner is not None and isinstance(owner.example, Container):
        assert isinstance(node.func, ast.Attribute)
        return _of_container(self, owner, node.func.attr, arguments, keywords)
    if owner is not None and not owner.constant:
        assert isinstance(node.func, ast.Attribute)
        return _method(self, owner, node.func.attr, arguments, keywords)
    if owner is not None:
        assert isinstance(node.func, ast.Attribute)
        name = node.func.attr
        function = self.constant(computed(lambda thing: getattr(thing, name), (owner,)))
        if isinstance(owner.example, type):
            self.tape.of_classes[owner.example, name] = function.example
    else:
        function = self.evaluate(node.func)
    if isinstance(function.example, Container):
        return methods.of_object(self, function, "__call__", arguments, keywords)
    if not function.constant:
        raise CannotLower(f"a call of {ast.unparse(node.func)}")
    return _known(self, function, arguments, keywords)


def _of_container(
    self: Expressions, owner: Value, name: str, arguments: list[Value], keywords: dict[str, Value]
) -> Value:
    """Record a method of a list, a dict or an object of the program's, or a call of what an attribute holds."""
    if owner.example.kind in KINDS:
        if keywords:
            raise CannotLower(f"the method {name}")
        return methods.of_container(self, owner, name, arguments)
    if name not in self.keys(owner):
        return methods.of_object(self, owner, name, arguments, keywords)
    held = self.attribute(owner, name)
    if not held.constant:
        raise CannotLower(f"a call of {name}")
    return _known(self, held, arguments, keywords)


def _known(self: Expressions, function: Value, arguments: list[Value], keywords: dict[str, Value]) -> Value:
    """Record a call of a function that is known."""
    called = function.example
    if isinstance(called, types.FunctionType) and called.__globals__ is self.globals_of_program():
        return self.inlined(called, arguments, keywords)
    if id(called) in PRODUCTS and len(arguments) == 2 and not keywords:
        return _product(self, function, *arguments)
    if id(called) in REDUCING and arguments and arguments[0].is_array:
        return self.reduction(REDUCING[id(called)], arguments[0], _reducing(arguments, keywords, ("axis", "dtype")))
    if functions.is_numpys(called) and not keywords and len(arguments) == called.nin:
        if any(value.is_array for value in arguments):
            return self.elementwise(called, arguments)
        return _call(self, function, arguments, {})
    if id(called) in functions.KEPT:
        _settled(arguments, keywords, id(called) in functions.ANY_NUMBER)
        return _call(self, function, arguments, keywords)
    if functions.shuffles(called) and not keywords:
        return methods.shuffle(self, function, arguments)
    if functions.draws(called):
        _settled(arguments, keywords, False)
        return _call(self, function, arguments, keywords, effect=True)
    if called is __import__ and arguments[0].example == "numpy":
        return self.constant(np)
    if id(called) in functions.CONSTRUCTORS or id(called) in functions.MATH:
        if all(value.constant for value in (*arguments, *keywords.values())):
            return (
                self.constant(computed(called, arguments))
                if not keywords
                else _call(self, function, arguments, keywords)
            )
        if all(value.is_number for value in arguments) and not keywords and called not in (min, max):
            return _call(self, function, arguments, {})
    raise CannotLower(f"a call of {getattr(called, '__name__', called)}")


def _reducing(arguments: Sequence[Value], keywords: dict[str, Value], names: tuple[str, ...]) -> dict[str, Value]:
    return {**dict(zip(names, arguments[1:], strict=False)), **keywords}


def _settled(arguments: Sequence[Value], keywords: dict[str, Value], any_number: bool) -> None:
    """Make sure that the result's layout follows: what is no array does not change."""
    for value in (*arguments, *keywords.values()):
        if not (value.constant or value.is_array or (any_number and value.is_number)):
            raise CannotLower("a size that may change")


def _call(
    self: Expressions, function: Value, arguments: list[Value], keywords: dict[str, Value], effect: bool = False
) -> Value:
    names = tuple(keywords)
    most = len(arguments)
    slots = [f"{{{i + 1}}}" for i in range(most)] + [f"{name}={{{most + i + 1}}}" for i, name in enumerate(names)]

    def compute(called: Any, *given: Any) -> Any:
        return called(*given[:most], **dict(zip(names, given[most:], strict=True)))

    operands = (function, *arguments, *keywords.values())
    return self.keep(f"{{0}}({', '.join(slots)})", operands, compute, effect)


def _product(self: Expressions, function: Value, left: Value, right: Value) -> Value:
    if not (left.is_array and right.is_array):
        if left.is_array or right.is_array:  # np.dot(2, a) is a product of numbers
            return _call(self, function, [left, right], {})
        raise CannotLower("a product of numbers")
    text = "({0} @ {1})" if function.example is np.matmul else "{0}.dot({1})"
    return self.product(left, right, function.example, text)


def _method(self: Expressions, owner: Value, name: str, arguments: list[Value], keywords: dict[str, Value]) -> Value:
    """Record a method of an array, or a draw from a random generator."""
    if type(owner.example) in (np.random.Generator, np.random.RandomState) and name in functions.DRAWN:
        _settled(arguments, keywords, False)
        return _bound(self, owner, name, arguments, keywords, effect=True)
    if type(owner.example) in (np.random.Generator, np.random.RandomState) and name == "shuffle" and not keywords:
        return methods.shuffle(self, owner, arguments)
    if not owner.is_array or name not in functions.METHODS:
        raise CannotLower(f"the method {name}")
    if name == "dot" and len(arguments) == 1 and arguments[0].is_array and not keywords:
        return self.product(owner, arguments[0], np.dot, "{0}.dot({1})")
    if name in functions.REDUCTIONS:
        return self.reduction(name, owner, _reducing([owner, *arguments], keywords, ("axis", "dtype")))
    _settled(arguments, keywords, name == "clip")
    value = _bound(self, owner, name, arguments, keywords)
    op = value.origin
    if (
        name in COPYING
        and op is not None
        and value.is_array
        and owner.example.dtype.kind in "biuf"
        and value.whole is None
    ):
        op.into = "{out}[...] = {0}"
    return value


def _bound(
    self: Expressions,
    owner: Value,
    name: str,
    arguments: list[Value],
    keywords: dict[str, Value],
    effect: bool = False,
) -> Value:
    names = tuple(keywords)
    most = len(arguments)
    slots = [f"{{{i + 1}}}" for i in range(most)] + [f"{key}={{{most + i + 1}}}" for i, key in enumerate(names)]

    def compute(thing: Any, *given: Any) -> Any:
        called = operator.methodcaller(name, *given[:most], **dict(zip(names, given[most:], strict=True)))
        return called(thing)

    return self.keep(f"{{0}}.{name}({', '.join(slots)})", (owner, *arguments, *keywords.values()), compute, effect)


READERS[ast.Call] = call
