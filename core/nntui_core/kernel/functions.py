"""Which functions a kernel knows, and as what: tables instead of a chain of questions.

Only functions that change nothing, hold nothing and whose result's layout follows from their operands' layouts. All
else that a program calls stays as it was written.
"""

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np

REDUCTIONS: dict[str, np.ufunc] = {
    "sum": np.add,
    "mean": np.add,
    "max": np.maximum,
    "min": np.minimum,
    "amax": np.maximum,
    "amin": np.minimum,
    "prod": np.multiply,
}
"""The ufunc that a function or method of an array reduces with; a mean is a sum divided by its number."""

KEPT_NAMES = """
    absolute argmax argmin array array_equal clip concatenate copy cumsum diag dot expand_dims eye full hstack
    linspace max mean min nan_to_num ones ones_like outer prod ravel reshape round squeeze std sum swapaxes tile
    trace transpose tril triu var vstack where zeros zeros_like
"""
KEPT = {id(getattr(np, name)) for name in KEPT_NAMES.split()} | {id(np.linalg.norm)}
"""NumPy's functions that stay as they are, with a new result each time, or a view of one operand."""

ANY_NUMBER = {id(getattr(np, name)) for name in ["absolute", "clip", "maximum", "minimum", "round", "squeeze", "where"]}
"""Those whose operands may be numbers that change: no shape follows from them."""

METHOD_NAMES = """
    argmax argmin astype clip copy cumsum dot flatten max mean min prod ravel reshape round squeeze std sum swapaxes
    trace transpose var
"""
METHODS = frozenset(METHOD_NAMES.split())
"""Methods of arrays that stay as they are."""

DRAWN_NAMES = """
    binomial exponential integers normal permutation poisson rand randint randn random random_sample standard_normal
    uniform
"""
DRAWN = frozenset(DRAWN_NAMES.split())
"""Methods of random generators; what they draw is new, how much follows from their arguments."""

OWN = (float, int, abs, range, slice, round, bool, str, min, max)
CONSTRUCTORS: dict[int, Callable[..., Any]] = {id(function): function for function in OWN}
"""Python's own functions of numbers and sizes."""

MATH = {id(value) for value in vars(math).values() if callable(value)}

OVER = frozenset({np.add, np.subtract, np.multiply, np.divide, np.negative, np.square, np.reciprocal, np.sqrt})
"""Ufuncs that round correctly, each number by itself: where the result is written cannot matter."""


def is_numpys(function: Any) -> bool:
    """Tell whether a function is a ufunc of NumPy's with one result that works number by number."""
    if not isinstance(function, np.ufunc):
        return False
    own = id(getattr(np, function.__name__, None)) == id(function)
    return own and function.nout == 1 and function.signature is None


def draws(function: object) -> bool:
    """Tell whether a function draws random numbers, from a generator or from the global one."""
    owner = getattr(function, "__self__", None)
    name = getattr(function, "__name__", "")
    return isinstance(owner, np.random.Generator | np.random.RandomState) and name in DRAWN


def shuffles(function: object) -> bool:
    """Tell whether a function shuffles a list by random numbers, Python's or NumPy's."""
    owner = getattr(function, "__self__", None)
    known = isinstance(owner, np.random.Generator | np.random.RandomState) or type(owner) is random.Random
    return known and getattr(function, "__name__", "") == "shuffle"
