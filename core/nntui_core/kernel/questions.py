"""Comparisons: of numbers and arrays, which are operations; and those whose answer is known while recording.

Whether something is None, whether two containers are one, whether a dict has a key, what a text says (`f'W{l}'`): that
follows from what the kernel was made for.
"""

import ast
from typing import Any

from nntui_core.kernel.containers import ATOMS, Container
from nntui_core.kernel.expressions import READERS, Expressions
from nntui_core.kernel.recording import computed
from nntui_core.kernel.tape import CannotLower, Value


def _comparison(self: Expressions, node: ast.Compare) -> Value:
    if len(node.ops) != 1:
        raise CannotLower("a chain of comparisons")
    left, right = self.evaluate(node.left), self.evaluate(node.comparators[0])
    symbol = type(node.ops[0])
    if symbol in (ast.In, ast.NotIn):
        return self.constant(_is_in(self, left, right) == (symbol is ast.In))
    if symbol in (ast.Is, ast.IsNot) and (known := _is_same(left, right)) is not None:
        return self.constant(known == (symbol is ast.Is))
    return self.apply(symbol, left, right)


def _is_in(self: Expressions, left: Value, right: Value) -> bool:
    if left.constant and type(left.example) in ATOMS:
        if right.constant:
            return bool(computed(_contains, (right, left)))
        if isinstance(right.example, Container) and right.example.kind is dict:
            return left.example in self.keys(right)
    raise CannotLower("a search that is not known beforehand")


def _contains(whole: Any, part: Any) -> bool:
    return part in whole


def _is_same(left: Value, right: Value) -> bool | None:
    """Tell whether two values are the same object, None where that is not known."""
    if isinstance(left.example, Container) and isinstance(right.example, Container):
        return left.example is right.example
    nothing, other = (left, right) if left.constant and left.example is None else (right, left)
    if nothing.constant and nothing.example is None and not other.constant:
        return False
    return None


def _several(self: Expressions, node: ast.BoolOp) -> Value:
    """Read `a and b`, `a or b`, where all but the last are known beforehand."""
    ends = isinstance(node.op, ast.Or)
    for each in node.values[:-1]:
        value = self.evaluate(each)
        if not value.constant:
            raise CannotLower("a test that is not known beforehand")
        if bool(value.example) == ends:
            return value
    return self.evaluate(node.values[-1])


def _text(self: Expressions, node: ast.JoinedStr) -> Value:
    """Read a text that is made of known ones and of whole numbers."""
    return self.constant("".join(_part(self, part) for part in node.values))


def _part(self: Expressions, part: ast.expr) -> str:
    plain = isinstance(part, ast.FormattedValue) and part.conversion == -1 and part.format_spec is None
    value = self.evaluate(part.value if isinstance(part, ast.FormattedValue) else part)
    if not (plain or isinstance(part, ast.Constant)) or not value.constant or type(value.example) not in (int, str):
        raise CannotLower("a text that is not known beforehand")
    return str(value.example)


READERS[ast.Compare] = _comparison
READERS[ast.BoolOp] = _several
READERS[ast.JoinedStr] = _text
