"""What one number of a result is made of: the operations that work cell by cell, as a table.

NumPy calls these functions universal: the same rule for each cell, whatever the shape. So a rule that is known for
single numbers explains every cell of every array. Each entry works on single numbers and on whole arrays alike.

Numbers keep their kind: an integer stays an integer, a float32 stays a float32, and a division by zero is infinite
as it is in NumPy, not an error as it is in Python.
"""

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Number = Any
"""A Python or NumPy number."""

Rule = Callable[..., Any]


def _where(condition: Any, chosen: Any, other: Any) -> Any:
    return np.where(condition, chosen, other)[()]


def _invert(value: Any) -> Any:
    return not value if isinstance(value, bool) else np.invert(value)


OPERATIONS: dict[str, tuple[int, Rule]] = {
    "add": (2, operator.add),
    "subtract": (2, operator.sub),
    "multiply": (2, operator.mul),
    "divide": (2, operator.truediv),
    "floor_divide": (2, operator.floordiv),
    "remainder": (2, operator.mod),
    "power": (2, operator.pow),
    "negative": (1, operator.neg),
    "greater": (2, operator.gt),
    "greater_equal": (2, operator.ge),
    "less": (2, operator.lt),
    "less_equal": (2, operator.le),
    "equal": (2, operator.eq),
    "not_equal": (2, operator.ne),
    "bitwise_and": (2, operator.and_),
    "bitwise_or": (2, operator.or_),
    "invert": (1, _invert),
    "logical_and": (2, np.logical_and),
    "logical_or": (2, np.logical_or),
    "logical_not": (1, np.logical_not),
    "where": (3, _where),
    "clip": (3, np.clip),
    "maximum": (2, np.maximum),
    "minimum": (2, np.minimum),
    "absolute": (1, np.absolute),
    "arctan": (1, np.arctan),
    "ceil": (1, np.ceil),
    "cos": (1, np.cos),
    "cosh": (1, np.cosh),
    "exp": (1, np.exp),
    "expm1": (1, np.expm1),
    "floor": (1, np.floor),
    "log": (1, np.log),
    "log10": (1, np.log10),
    "log1p": (1, np.log1p),
    "log2": (1, np.log2),
    "logaddexp": (2, np.logaddexp),
    "sign": (1, np.sign),
    "sin": (1, np.sin),
    "sinh": (1, np.sinh),
    "sqrt": (1, np.sqrt),
    "tan": (1, np.tan),
    "tanh": (1, np.tanh),
}
"""Name in NumPy -> how many numbers it takes, and its rule."""

CONVERSIONS: dict[str, Any] = {
    name: np.dtype(name).type
    for name in ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
} | {"float16": np.float16, "float32": np.float32, "float64": np.float64}
"""Kinds of numbers that `astype`, `float(...)` and `np.array(..., dtype=...)` turn a number into."""


def apply(operation: str, values: Sequence[Number]) -> Number:
    """Return the result of an operation of the table on single numbers (or whole arrays)."""
    if operation in CONVERSIONS:
        return np.asarray(values[0]).astype(CONVERSIONS[operation])[()]
    rule = OPERATIONS[operation][1]
    try:
        return rule(*values)
    except (ZeroDivisionError, OverflowError):  # Python's own numbers raise where NumPy's do not
        return rule(*(np.float64(value) if isinstance(value, int | float) else value for value in values))


def total(values: Sequence[Number]) -> Number:
    """Return the sum in the order given; truth values count as 0 and 1, a float32 stays one at the end."""
    if all(isinstance(value, bool | int | np.bool_ | np.integer) for value in values):
        return sum(int(value) for value in values)
    if isinstance(values[0], np.float32 | np.float16):
        return type(values[0])(functools.reduce(operator.add, map(float, values)))
    return functools.reduce(operator.add, values)


FOLDS: dict[str, tuple[Callable[[Sequence[Number]], Number], Rule]] = {
    "sum": (total, np.sum),
    "maximum": (lambda values: np.max(np.array(values)), np.max),
    "minimum": (lambda values: np.min(np.array(values)), np.min),
}
"""Kind of reduction -> its rule for a sequence of numbers, and for a whole array."""
