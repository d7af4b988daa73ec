"""Numbers in six characters, so that columns of them stand still while they change."""

import math
from collections.abc import Iterable

WIDTH = 6
"""Characters of a number in a matrix."""

SMALLEST = 1e-99
"""Below this the exponent takes too many characters."""

_MARKS = ((9.9995, "{:.3f}"), (99.995, "{:.2f}"), (999.95, "{:.1f}"), (9999.5, "{:.0f}."))
"""Up to which magnitude a format keeps to five characters, besides the sign."""


def fixed(value: float, plus: bool = False) -> str:
    """Write a number in exactly six characters: `+0.141`, ` 12.35`, `-3e-05`, `   inf`.

    Args:
        value: the number.
        plus: whether a positive number has a sign.
    """
    if isinstance(value, complex):
        return f"{value:.1g}"[:WIDTH].rjust(WIDTH)
    if value != value:
        return "   nan"
    sign = "-" if math.copysign(1, value) < 0 and value != 0 else "+" if plus and value else " "
    size = abs(value)
    if math.isinf(size):
        return f"{sign}inf".rjust(WIDTH)
    if size == 0:
        return " 0    "
    if size < SMALLEST:
        return f"{sign}0.000"
    if size < 0.0005:
        return (sign + _exponential(size)).ljust(WIDTH)
    for limit, form in _MARKS:
        if size < limit:
            return (sign + form.format(size)).ljust(WIDTH)
    return (sign + _exponential(size)).ljust(WIDTH)


def _exponential(size: float) -> str:
    """Write a magnitude in at most five characters, as exactly as they allow."""
    for digits in (2, 1, 0):
        mantissa, exponent = f"{size:.{digits}e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
        if len(text) < WIDTH:
            return text
    return text


def short(value: float | None) -> str:
    """Write a number for a line of text: `0.6642`, `1e-05`, `nan`; a dash where there is none."""
    return "–" if value is None else f"{value:.4g}"


def brief(value: float, digits: int = 3) -> str:
    """Write a number in few characters, for an axis: `0.66`, `3.2e-4`, `0`; six where three digits do."""
    text = f"{value:.{digits}g}"
    if len(text) <= WIDTH + digits - 3 and "e" not in text:
        return text
    return "0" if abs(value) < SMALLEST else (("-" if value < 0 else "") + _exponential(abs(value)))[:WIDTH]


def whole(values: Iterable[float]) -> bool:
    """Tell whether all numbers are small whole numbers, which are better read without decimals."""
    return all(
        value == value and abs(value) < 10_000 and value == int(value) for value in values if not _endless(value)
    )


def _endless(value: float) -> bool:
    return isinstance(value, complex) or math.isinf(value)
