"""Fields of colour: two cells a character, drawn with the upper half block.

Where colours cannot be told apart (NO_COLOR, ASCII), a cell is a character instead: the more ink, the larger the
number, and negative ones have signs of their own.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache

from rich.color import Color

from nntui.palette import STEPS, Palette, step_of, style
from nntui.widgets.lines import Line, Run

HALF = "▀"
POSITIVE = " .+*#@"
NEGATIVE = " '-~=%"
"""Characters for steps 0 to `STEPS`, of either sign."""

Levels = Sequence[Sequence[int]]
"""Rows of levels, or of classes."""


BROKEN = STEPS + 1
"""The level of what is no finite number."""


def level_of(value: float, scale: float) -> int:
    """Return the level of a number: its step from -STEPS to STEPS, or `BROKEN`."""
    return step_of(value, scale) if isinstance(value, complex) or math.isfinite(value) else BROKEN


@cache
def field(palette: Palette, step: int) -> Color:
    """Return the colour of an area for a level."""
    return Color.parse(palette.error if step == BROKEN else palette.fields[step + STEPS])


def character(step: int) -> str:
    """Return what a level is drawn with where there are no colours."""
    if step == BROKEN:
        return "?"
    return POSITIVE[step] if step >= 0 else NEGATIVE[-step]


def half_blocks(levels: Levels, colour: Callable[[int], Color | str]) -> list[Line]:
    """Draw rows of levels, two rows a line; an odd last row has nothing below it."""
    lines: list[Line] = []
    for y in range(0, len(levels), 2):
        upper = levels[y]
        lower: Sequence[int | None] = levels[y + 1] if y + 1 < len(levels) else [None] * len(upper)
        line: Line = []
        for a, b in zip(upper, lower, strict=True):
            if a == b:  # a blank needs one colour, and joins its neighbours
                line.append((" ", style(background=colour(a))))
            else:
                line.append((HALF, style(colour(a), background=None if b is None else colour(b))))
        lines.append(line)
    return lines


def characters(levels: Levels, sign: Callable[[int], str], colour: str) -> list[Line]:
    """Draw rows of levels with a character each."""
    return [[("".join(map(sign, row)), style(colour))] for row in levels]


def put(lines: list[Line], y: int, x: int, mark: Run) -> None:
    """Put one character over what is drawn; where that is not in sight, nothing happens."""
    if not 0 <= y < len(lines) or not 0 <= x < sum(len(text) for text, _ in lines[y]):
        return
    line: Line = []
    at = 0
    for text, look in lines[y]:
        if at <= x < at + len(text):
            line += [(text[: x - at], look), mark, (text[x - at + 1 :], look)]
        else:
            line.append((text, look))
        at += len(text)
    lines[y] = line
