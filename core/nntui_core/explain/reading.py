"""From a syntax tree to lazy arrays: one small function for each kind of expression.

A name becomes a variable's array, an operator an elementwise operation, a call whatever the table of calls says. A
call of one of the program's own functions is *opened*: its body is read with the arguments in place of the
parameters, so that `sigmoid(z1)` becomes 1 / (1 + exp(−z1)).
"""

import ast
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nntui_core.explain import indexing, numpy_calls
from nntui_core.explain.arrays import Elementwise, Filled, Lazy, Variable
from nntui_core.explain.cells import NotUnderstood
from nntui_core.explain.names import Function, Names
from nntui_core.explain.numpy_calls import NONE, Plain, Thing, array, constant
from nntui_core.values import State

OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.FloorDiv: "floor_divide",
    ast.Mod: "remainder",
    ast.Pow: "power",
    ast.BitAnd: "bitwise_and",
    ast.BitOr: "bitwise_or",
    ast.USub: "negative",
    ast.Invert: "invert",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
}

KINDS: dict[str, type] = {"float": float, "int": int, "bool": bool}

DEEPEST = 20
"""How many function calls may be opened inside one another."""


class Reader:
    """Reads expressions in one scope: the program's own, or a function's while it is opened."""

    def __init__(self, names: Names, state: State, local: Mapping[str, Thing] | None = None, depth: int = 0) -> None:
        self.names, self.state, self.depth = names, state, depth
        self.local: dict[str, Thing] = dict(local or {})

    def read(self, node: ast.expr) -> Thing:
        """Return what an expression stands for.

        Raises:
            NotUnderstood: it, or a part of it, is not understood.
        """
        reader = READERS.get(type(node))
        if reader is None:
            raise NotUnderstood(ast.unparse(node))
        return reader(self, node)

    def array(self, node: ast.expr) -> Lazy:
        """Return what an expression stands for, as an array."""
        return array(self.read(node))

    def constant(self, node: ast.expr) -> Any:
        """Return the Python value of an expression that is one number, a text, None, or a tuple of such."""
        return constant(self.read(node))

    def binary(self, operator: ast.operator, left: Lazy, right: Lazy, text: str) -> Lazy:
        """Return the result of `left operator right`; `text` is how the program writes it."""
        if isinstance(operator, ast.MatMult):
            return numpy_calls.FUNCTIONS["matmul"](left, right)
        if type(operator) not in OPERATORS:
            raise NotUnderstood(text)
        return Elementwise(OPERATORS[type(operator)], left, right)


def _constant(_: Reader, node: Any) -> Thing:
    value = node.value
    return Filled(value) if isinstance(value, bool | int | float | complex) else Plain(value)


def _name(reader: Reader, node: Any) -> Thing:
    name = node.id
    if name in reader.local:
        return reader.local[name]
    value = reader.state.get(name)
    if value is not None:
        return Variable(name, value)
    if name in KINDS:
        return Plain(KINDS[name])
    if name in reader.names.functions:
        return Plain(node)
    if name in reader.names.members:
        return _module_value(reader.names.members[name], node)
    raise NotUnderstood(name)


def _module_value(member: str, node: ast.expr) -> Thing:
    """Return a member of NumPy that is used as a value: a number, a kind of number, a function to be passed on."""
    if member in numpy_calls.VALUES:
        return numpy_calls.VALUES[member]
    if member in numpy_calls.FUNCTIONS:
        return Plain(node)
    raise NotUnderstood(ast.unparse(node))


def _module(reader: Reader, node: ast.expr) -> bool:
    """Tell whether an expression is the module NumPy (or math)."""
    return isinstance(node, ast.Name) and node.id in reader.names.modules and node.id not in reader.local


def _attribute(reader: Reader, node: Any) -> Thing:
    if _module(reader, node.value):
        return _module_value(node.attr, node)
    if node.attr not in ("T", "shape", "size", "ndim"):
        raise NotUnderstood(ast.unparse(node))
    source, text = reader.array(node.value), ast.unparse(node)
    if node.attr == "T":
        return numpy_calls.METHODS["transpose"](source)
    if node.attr == "shape":
        return tuple(Filled(size, text=f"{text}[{axis}]") for axis, size in enumerate(source.shape))
    return Filled(int(np.prod(source.shape)) if node.attr == "size" else source.ndim, text=text)


def _binary(reader: Reader, node: Any) -> Thing:
    return reader.binary(node.op, reader.array(node.left), reader.array(node.right), ast.unparse(node))


def _unary(reader: Reader, node: Any) -> Thing:
    if isinstance(node.op, ast.UAdd):
        return reader.array(node.operand)
    if isinstance(node.op, ast.Not):
        return Filled(not reader.constant(node.operand))
    source = reader.array(node.operand)
    if isinstance(source, Filled) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        return Filled(-source.constant.value)
    return Elementwise(OPERATORS[type(node.op)], source)


def _compare(reader: Reader, node: Any) -> Thing:
    left, right = reader.read(node.left), reader.read(node.comparators[0])
    if len(node.ops) > 1:
        raise NotUnderstood(ast.unparse(node))
    if isinstance(node.ops[0], ast.Is | ast.IsNot):
        same = left == right if isinstance(left, Plain) else right != NONE and constant(left) is constant(right)
        return Filled(same == isinstance(node.ops[0], ast.Is))
    if isinstance(left, Plain) or isinstance(right, Plain) or isinstance(node.ops[0], ast.In | ast.NotIn):
        return Filled(_plain_compare(node, constant(left), constant(right)))
    return Elementwise(OPERATORS[type(node.ops[0])], array(left), array(right))


def _plain_compare(node: ast.Compare, left: Any, right: Any) -> bool:
    if isinstance(node.ops[0], ast.In | ast.NotIn):
        return bool(left in right) == isinstance(node.ops[0], ast.In)
    if isinstance(node.ops[0], ast.Eq | ast.NotEq):
        return bool(left == right) == isinstance(node.ops[0], ast.Eq)
    raise NotUnderstood(ast.unparse(node))


def _bool(reader: Reader, node: Any) -> Thing:
    stops_at = isinstance(node.op, ast.Or)
    for value in node.values[:-1]:
        found = reader.read(value)
        if bool(constant(found)) == stops_at:
            return found
    return reader.read(node.values[-1])


def _choice(reader: Reader, node: Any) -> Thing:
    return reader.read(node.body if reader.constant(node.test) else node.orelse)


def _sequence(reader: Reader, node: Any) -> Thing:
    return tuple(reader.read(part) for part in node.elts)


def _lambda(_: Reader, node: Any) -> Thing:
    return Plain(node)


def _subscript(reader: Reader, node: Any) -> Thing:
    source = reader.read(node.value)
    if isinstance(source, tuple) and not isinstance(node.slice, ast.Slice):
        chosen: Thing = source[reader.constant(node.slice)]
        return chosen
    return indexing.select(array(source), subscripts(reader, node.slice), ast.unparse(node))


def subscripts(reader: Reader, node: ast.expr) -> list[indexing.Subscript]:
    """Return the parts of an index expression, one for each comma-separated part."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return [_one_subscript(reader, part) for part in parts]


def _one_subscript(reader: Reader, node: ast.expr) -> indexing.Subscript:
    if isinstance(node, ast.Slice):
        bounds = (node.lower, node.upper, node.step)
        return slice(*(None if bound is None else reader.constant(bound) for bound in bounds))
    found = reader.read(node)
    if isinstance(found, Plain):
        if found.value is not None and found.value is not Ellipsis:
            raise NotUnderstood(f"[{ast.unparse(node)}]")
        return None if found.value is None else Ellipsis
    return array(found)


def _call(reader: Reader, node: Any) -> Thing:
    text = ast.unparse(node.func)
    call = _callee(reader, node.func)
    if any(isinstance(part, ast.Starred) for part in node.args) or any(key.arg is None for key in node.keywords):
        raise NotUnderstood(f"{text}(*...)")
    positional = [reader.read(part) for part in node.args]
    named = {key.arg: reader.read(key.value) for key in node.keywords}
    try:
        return call(*positional, **named)
    except TypeError:
        keywords = ", ".join(f"{key}=" for key in named)
        raise NotUnderstood(f"{text}({keywords})" if named else text) from None


def _callee(reader: Reader, node: ast.expr) -> Callable[..., Thing]:
    text = ast.unparse(node)
    if isinstance(node, ast.Attribute):
        if _module(reader, node.value):
            return _numpy_function(node.attr, text)
        if node.attr not in numpy_calls.METHODS:
            raise NotUnderstood(text)
        method, owner = numpy_calls.METHODS[node.attr], reader.array(node.value)
        return lambda *things, **named: method(owner, *things, **named)
    if isinstance(node, ast.Lambda):
        return _opener(reader, node)
    if not isinstance(node, ast.Name):
        raise NotUnderstood(text)
    return _named_function(reader, node.id)


def _named_function(reader: Reader, name: str) -> Callable[..., Thing]:
    if name in reader.local:
        given = reader.local[name]
        if isinstance(given, Plain) and isinstance(given.value, ast.expr):
            return _callee(Reader(reader.names, reader.state, depth=reader.depth), given.value)
        raise NotUnderstood(name)
    if name in reader.names.functions:
        return _opener(reader, reader.names.functions[name])
    if name in reader.names.members:
        return _numpy_function(reader.names.members[name], name)
    if name == "len":
        return _length
    if name not in numpy_calls.BUILTINS:
        raise NotUnderstood(name)
    return numpy_calls.BUILTINS[name]


def _numpy_function(name: str, text: str) -> Callable[..., Thing]:
    if name not in numpy_calls.FUNCTIONS:
        raise NotUnderstood(text)
    return numpy_calls.FUNCTIONS[name]


def _length(a: Thing) -> Thing:
    if isinstance(a, tuple):
        return Filled(len(a))
    source = array(a)
    return Filled(source.shape[0], text=f"len({source.name})" if isinstance(source, Variable) else "")


def _opener(reader: Reader, function: Function) -> Callable[..., Thing]:
    """Return what calls one of the program's functions: it reads the body with the arguments in place."""
    if reader.depth >= DEEPEST:
        raise NotUnderstood("functions that call one another without end")
    decorators = function.decorator_list if isinstance(function, ast.FunctionDef) else []
    if decorators:
        raise NotUnderstood(f"@{ast.unparse(decorators[0])}")

    def call(*positional: Thing, **named: Thing) -> Thing:
        inner = Reader(reader.names, reader.state, depth=reader.depth + 1)
        inner.local |= _bound(inner, function.args, positional, named)
        if isinstance(function, ast.Lambda):
            return inner.read(function.body)
        result = _run(inner, function.body)
        if result is None:
            raise NotUnderstood(f"{function.name} without a return")
        return result

    return call


def _bound(
    reader: Reader, spec: ast.arguments, positional: tuple[Thing, ...], named: dict[str, Thing]
) -> dict[str, Thing]:
    """Bind arguments to parameters as Python does."""
    if spec.vararg or spec.kwarg:
        raise NotUnderstood("a function with *args or **kwargs")
    parameters = [each.arg for each in (*spec.posonlyargs, *spec.args)]
    only_named = [each.arg for each in spec.kwonlyargs]
    late = dict(zip(reversed(parameters), reversed(spec.defaults), strict=False))
    late |= {name: node for name, node in zip(only_named, spec.kw_defaults, strict=True) if node is not None}
    given = dict(zip(parameters, positional, strict=False)) | named
    bound = {name: reader.read(node) for name, node in late.items() if name not in given} | given
    if len(positional) > len(parameters) or set(bound) != {*parameters, *only_named}:
        raise TypeError("the arguments do not fit")
    return bound


def _run(reader: Reader, body: list[ast.stmt]) -> Thing | None:
    """Read a function's statements in order; return what it returns, None where it comes to no `return`."""
    for node in body:
        if isinstance(node, ast.Return):
            return reader.read(node.value) if node.value is not None else NONE
        if isinstance(node, ast.If):
            result = _run(reader, node.body if reader.constant(node.test) else node.orelse)
            if result is not None:
                return result
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            _assign(reader, node)
        elif not isinstance(node, ast.Pass) and not (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ):
            raise NotUnderstood(ast.unparse(node).splitlines()[0])
    return None


def _assign(reader: Reader, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
    if node.value is None:
        return
    value = reader.read(node.value)
    if isinstance(node, ast.AugAssign):
        old = reader.array(_loaded(node.target))
        value = reader.binary(node.op, old, array(value), ast.unparse(node))
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        _bind(reader, target, value)


def _loaded(target: ast.expr) -> ast.expr:
    if not isinstance(target, ast.Name):
        raise NotUnderstood(f"an assignment to {ast.unparse(target)} in a function")
    return ast.Name(target.id, ast.Load())


def _bind(reader: Reader, target: ast.expr, value: Thing) -> None:
    if isinstance(target, ast.Name):
        reader.local[target.id] = value
    elif isinstance(target, ast.Tuple | ast.List):
        for at, element in enumerate(target.elts):
            _bind(reader, element, element_of(value, at))
    else:
        raise NotUnderstood(f"an assignment to {ast.unparse(target)} in a function")


def element_of(value: Thing, at: int) -> Thing:
    """Return what the target at a place of `a, b = value` gets."""
    if isinstance(value, tuple):
        found: Thing = value[at]
        return found
    return indexing.select(array(value), [Filled(at)], "unpacking")


READERS: dict[type[ast.expr], Callable[[Reader, Any], Thing]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.BoolOp: _bool,
    ast.IfExp: _choice,
    ast.Tuple: _sequence,
    ast.List: _sequence,
    ast.Lambda: _lambda,
    ast.Subscript: _subscript,
    ast.Call: _call,
}
