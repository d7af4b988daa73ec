"""Whether a quicker way gives the same bits: found out by trying, with numbers that would show a difference.

Which routine NumPy or BLAS takes follows from dtypes, shapes and strides, never from the numbers, so a few random
fillings of the very arrays tell. Among the numbers are both zeros, infinities and NaN.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

LARGE = 50_000
"""Numbers from which on one filling has to do."""


def agree(one: Callable[..., Any], other: Callable[..., Any], operands: Sequence[Any]) -> bool:
    """Tell whether two functions of the same arrays agree in type, layout and every bit.

    The arrays are filled with other numbers meanwhile. Those that cannot be written are left as they are.
    """
    arrays = [value for value in operands if type(value) is np.ndarray and value.flags.writeable]
    before = [array.copy() for array in arrays]
    generator = np.random.default_rng(0)
    large = sum(array.size for array in arrays) > LARGE
    try:
        with np.errstate(all="ignore"):
            return all(_agree(one, other, operands, arrays, generator, turn) for turn in range(1 if large else 6))
    except (TypeError, ValueError, ArithmeticError):
        return False
    finally:
        for array, old in zip(arrays, before, strict=True):
            array[...] = old


def _agree(
    one: Callable[..., Any],
    other: Callable[..., Any],
    operands: Sequence[Any],
    arrays: Sequence[Any],
    generator: np.random.Generator,
    turn: int,
) -> bool:
    for array in arrays:
        _fill(array, generator, turn)
    return same(one(*operands), other(*operands))


def _fill(array: Any, generator: np.random.Generator, turn: int) -> None:
    kind = array.dtype.kind
    if kind in "fc":
        scale = 10.0 ** generator.integers(-3, 4, array.shape)
        array[...] = generator.standard_normal(array.shape) * scale
        if turn % 3 == 2:  # special ones, here and there
            special = generator.choice([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0], array.shape)
            array[...] = np.where(generator.random(array.shape) < 0.2, special, array)
    else:
        array[...] = generator.integers(0, 2 if kind == "b" else 50, array.shape)


def same(one: Any, other: Any) -> bool:
    """Tell whether two values agree in type, layout and every bit."""
    if type(one) is not type(other):
        return False
    if type(one) is np.ndarray:
        alike = one.dtype == other.dtype and one.shape == other.shape and one.strides == other.strides
        return bool(alike and one.tobytes() == other.tobytes())
    return bool(np.asarray(one).tobytes() == np.asarray(other).tobytes())
