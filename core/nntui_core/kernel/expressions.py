"""From an expression's syntax tree to operations on the tape."""

import ast
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from nntui_core.kernel import functions
from nntui_core.kernel.containers import Container, Made
from nntui_core.kernel.holding import Holding
from nntui_core.kernel.recording import computed
from nntui_core.kernel.tape import CannotLower, How, Op, Value, layout
from nntui_core.kernel.trial import agree

UFUNCS: dict[type[ast.AST], np.ufunc] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
    ast.FloorDiv: np.floor_divide,
    ast.Mod: np.remainder,
    ast.USub: np.negative,
    ast.Gt: np.greater,
    ast.Lt: np.less,
    ast.GtE: np.greater_equal,
    ast.LtE: np.less_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
"""What an operator does to arrays."""

PYTHONS: dict[type[ast.AST], tuple[str, Callable[..., Any]]] = {
    ast.Add: ("({0} + {1})", operator.add),
    ast.Sub: ("({0} - {1})", operator.sub),
    ast.Mult: ("({0} * {1})", operator.mul),
    ast.Div: ("({0} / {1})", operator.truediv),
    ast.FloorDiv: ("({0} // {1})", operator.floordiv),
    ast.Mod: ("({0} % {1})", operator.mod),
    ast.Pow: ("({0} ** {1})", operator.pow),
    ast.USub: ("(-{0})", operator.neg),
    ast.UAdd: ("(+{0})", operator.pos),
    ast.Not: ("(not {0})", operator.not_),
    ast.Invert: ("(~{0})", operator.invert),
    ast.Gt: ("({0} > {1})", operator.gt),
    ast.Lt: ("({0} < {1})", operator.lt),
    ast.GtE: ("({0} >= {1})", operator.ge),
    ast.LtE: ("({0} <= {1})", operator.le),
    ast.Eq: ("({0} == {1})", operator.eq),
    ast.NotEq: ("({0} != {1})", operator.ne),
    ast.Is: ("({0} is {1})", operator.is_),
    ast.IsNot: ("({0} is not {1})", operator.is_not),
}
"""How an operator is written, and what it does to numbers."""


class Expressions(Holding):
    """A recording that reads expressions."""

    def __init__(self, namespace: Mapping[str, Any], rebound: Iterable[str], real: Mapping[str, Any]) -> None:
        super().__init__(namespace, rebound, real)
        self._agreed: dict[tuple[Any, ...], bool] = {}

    def agree(self, what: Any, one: Callable[..., Any], other: Callable[..., Any], operands: Sequence[Any]) -> bool:
        """Tell whether two ways to do `what` agree on arrays of these layouts; each question is tried once.

        But for arrays that overlap: `a @ a.T` goes a way of its own.
        """
        arrays = [array for array in operands if type(array) is np.ndarray and array.flags.writeable]
        if len(arrays) < len(operands) or (len(arrays) == 2 and np.may_share_memory(arrays[0], arrays[1])):
            return agree(one, other, operands)
        key = (what, *(layout(array) for array in arrays))
        if key not in self._agreed:
            self._agreed[key] = agree(one, other, operands)
        return self._agreed[key]

    def globals_of_program(self) -> Mapping[str, Any]:
        """Return the program's own namespace, which its functions look into."""
        return self._real

    def assign(self, target: ast.expr, value: Value) -> None:
        """Let a target hold a value."""
        raise NotImplementedError

    def inlined(self, function: Any, arguments: Sequence[Value], keywords: dict[str, Value]) -> Value:
        """Open a function of the program's own in place."""
        raise NotImplementedError

    def evaluate(self, node: ast.expr) -> Value:
        """Record an expression; return its value.

        Raises:
            CannotLower: it has a part that stays as it was written.
        """
        reader = READERS.get(type(node))
        if reader is None:
            raise CannotLower(f"{type(node).__name__} in {ast.unparse(node)}")
        return reader(self, node)

    def apply(self, symbol: type[ast.AST], *operands: Value) -> Value:
        """Record an operator."""
        if symbol not in PYTHONS:
            raise CannotLower(symbol.__name__)
        text, compute = PYTHONS[symbol]
        if all(value.constant for value in operands):
            return self.constant(computed(compute, operands))
        if any(value.is_array for value in operands):
            return self._on_arrays(symbol, operands)
        if not all(value.is_number for value in operands):
            raise CannotLower("an operator on something else than numbers")
        if symbol is ast.Pow and not (isinstance(operands[0].example, float) and type(operands[1].example) is int):
            raise CannotLower("a power of a number that may be of another kind")
        return self.keep(text, operands, compute)

    def _on_arrays(self, symbol: type[ast.AST], operands: tuple[Value, ...]) -> Value:
        text, compute = PYTHONS[symbol]
        if symbol is ast.Pow:
            return self._power(*operands)
        if symbol not in UFUNCS:
            return self.keep(text, operands, compute)
        return self.elementwise(UFUNCS[symbol], operands)

    def _power(self, base: Value, exponent: Value) -> Value:
        power = exponent.example
        if exponent.constant and self.agree(("power", repr(power)), lambda a: a**power, np.square, [base.example]):
            return self.elementwise(np.square, (base,))
        return self.keep("({0} ** {1})", (base, exponent), operator.pow)

    def elementwise(self, ufunc: np.ufunc, operands: Sequence[Value]) -> Value:
        """Record a ufunc on numbers and arrays."""
        if not all(value.is_array or value.is_number for value in operands):
            raise CannotLower(f"{ufunc.__name__} of something else than numbers and arrays")
        example = computed(ufunc, operands)
        if ufunc is np.divide and operands[0].constant and _is_one(operands[0].example):
            array = operands[1].example
            if (
                type(example) is np.ndarray
                and layout(example)[0] == array.dtype
                and self.agree("inverse", _inverse, np.reciprocal, [array])
            ):
                ufunc, operands = np.reciprocal, operands[1:]
        slots = ", ".join(f"{{{i + 1}}}" for i in range(len(operands)))
        op = Op(How.ELEMENTWISE, f"{{0}}({slots})", (self.constant(ufunc), *operands))
        if type(example) is np.ndarray:
            out = "out={out}" if ufunc in BY_NAME else "{out}"
            op.into, op.over = f"{{0}}({slots}, {out})", ufunc in functions.OVER
        return self.add(op, example)

    def product(self, left: Value, right: Value, written: Callable[..., Any], text: str) -> Value:
        """Record a matrix product: `a.dot(b, out)` where that gives the bits that `written` gives."""
        example = computed(written, (left, right))
        if not (left.is_array and right.is_array):
            return self.keep(text, (left, right), written)
        op = Op(How.PRODUCT, text, (left, right))
        if type(example) is np.ndarray and example.flags.c_contiguous:
            out = np.empty_like(example)
            if self.agree(written, written, lambda a, b: a.dot(b, out), (left.example, right.example)):
                op.into = "{0}.dot({1}, {out})"
            elif written is operator.matmul or written is np.matmul:
                op.operands, op.text = (left, right, self.constant(np.matmul)), "{2}({0}, {1})"
                op.into = "{2}({0}, {1}, {out})"
        return self.add(op, example)

    def reduction(self, name: str, array: Value, keywords: dict[str, Value]) -> Value:
        """Record a sum, a mean, a greatest or least."""
        if not all(value.constant for value in keywords.values()) or not keywords.keys() <= {"axis", "keepdims"}:
            raise CannotLower(f"{name} with other things than an axis")
        axis, keep = (keywords[k].example if k in keywords else None for k in ("axis", "keepdims"))
        keep = bool(keep)
        ufunc, reduce = functions.REDUCTIONS[name], self.constant(REDUCE[name])
        method = f"{{0}}.{name if name not in ('amax', 'amin') else name[1:]}(axis={axis!r}, keepdims={keep!r})"
        written = _method(name, axis, keep)
        count = _count(array.example.shape, axis) if name == "mean" else 1

        def quick(a: Any) -> Any:
            total = ufunc.reduce(a, axis=axis, keepdims=keep)
            return np.divide(total, float(count)) if name == "mean" else total

        if array.example.dtype != np.float64 or not self.agree((name, axis, keep), written, quick, [array.example]):
            return self.keep(method, (array,), written)
        example = ufunc.reduce(array.example, axis=axis, keepdims=keep)
        op = Op(How.REDUCTION, f"{{0}}({{1}}, {axis!r}, None, None, {keep!r})", (reduce, array))
        if type(example) is np.ndarray:
            op.into = f"{{0}}({{1}}, {axis!r}, None, {{out}}, {keep!r})"
        total = self.add(op, example)
        return self.apply(ast.Div, total, self.constant(float(count))) if name == "mean" else total


BY_NAME = frozenset({np.maximum, np.minimum})
"""Ufuncs that want their output by name: a third argument by position is deprecated."""
REDUCE = {name: ufunc.reduce for name, ufunc in functions.REDUCTIONS.items()}


def _is_one(number: Any) -> bool:
    return type(number) in (int, float) and number == 1


def _inverse(array: Any) -> Any:
    return 1 / array


def _method(name: str, axis: Any, keep: bool) -> Callable[[Any], Any]:
    return lambda array: getattr(np, name)(array, axis=axis, keepdims=keep)


def _count(shape: tuple[int, ...], axis: Any) -> int:
    axes = range(len(shape)) if axis is None else (axis,) if isinstance(axis, int) else axis
    count = 1
    for each in axes:
        count *= shape[each]
    return count


def _constant(self: Expressions, node: ast.Constant) -> Value:
    return self.constant(node.value)


def _name(self: Expressions, node: ast.Name) -> Value:
    return self.look_up(node.id)


def _binary(self: Expressions, node: ast.BinOp) -> Value:
    left, right = self.evaluate(node.left), self.evaluate(node.right)
    if isinstance(node.op, ast.MatMult):
        return self.product(left, right, operator.matmul, "({0} @ {1})")
    if isinstance(left.example, Container):
        return self.longer(type(node.op), left, right)
    return self.apply(type(node.op), left, right)


def _unary(self: Expressions, node: ast.UnaryOp) -> Value:
    return self.apply(type(node.op), self.evaluate(node.operand))


def _tuple(self: Expressions, node: ast.Tuple) -> Value:
    values = [self.evaluate(element) for element in node.elts]
    if all(value.constant for value in values):
        return self.constant(tuple(value.example for value in values))
    return Value(Made.of(tuple, values))


def _choice(self: Expressions, node: ast.IfExp) -> Value:
    test = self.evaluate(node.test)
    if not test.constant:
        raise CannotLower("a choice that is not known beforehand")
    return self.evaluate(node.body if test.example else node.orelse)


def _slice(self: Expressions, node: ast.Slice) -> Value:
    parts = [self.constant(None) if p is None else self.evaluate(p) for p in (node.lower, node.upper, node.step)]
    if not all(part.constant for part in parts):
        raise CannotLower("a slice whose ends change")
    return self.constant(slice(*(part.example for part in parts)))


STATIC = frozenset({"T", "shape", "size", "ndim", "dtype"})


def _attribute(self: Expressions, node: ast.Attribute) -> Value:
    value = self.evaluate(node.value)
    if isinstance(value.example, Container):
        return self.attribute(value, node.attr)
    if value.constant:
        return self.constant(computed(lambda thing: getattr(thing, node.attr), (value,)))
    if not value.is_array or node.attr not in STATIC:
        raise CannotLower(f".{node.attr}")
    if node.attr == "T":
        return self.keep("{0}.T", (value,), lambda array: array.T)
    return self.constant(getattr(value.example, node.attr))


def _subscript(self: Expressions, node: ast.Subscript) -> Value:
    value, index = self.evaluate(node.value), self.evaluate(node.slice)
    if isinstance(value.example, Container):
        return self.item(value, index)
    if value.constant and index.constant:
        return self.constant(computed(operator.getitem, (value, index)))
    if not value.is_array:
        raise CannotLower(f"an element of {ast.unparse(node.value)}")
    parts, text = index_parts(index, 1)
    for part in parts:
        if part.is_array and part.example.dtype.kind == "b":
            raise CannotLower("a choice of elements by a condition")
    return self.keep(f"{{0}}[{text}]", (value, *parts), lambda array, *index: array[_joined(index, text)])


def index_parts(index: Value, first: int) -> tuple[list[Value], str]:
    """Return the values that an index is made of, and its text over them, the first one being `{first}`."""
    if isinstance(index.example, Made) and index.example.kind is tuple:
        parts = index.example.values
        return parts, "(" + "".join(f"{{{first + i}}}, " for i in range(len(parts))) + ")"
    return [index], f"{{{first}}}"


def _joined(index: Sequence[Any], text: str) -> Any:
    return tuple(index) if text.startswith("(") else index[0]


READERS: dict[type[ast.AST], Callable[[Any, Any], Value]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Tuple: _tuple,
    ast.IfExp: _choice,
    ast.Slice: _slice,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
}
"""Which function reads which kind of expression; other rooms add theirs: calls, comparisons, displays."""
