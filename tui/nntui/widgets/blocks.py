"""Fields of colour: two cells a character, drawn with the upper half block.

Where colours cannot be told apart (NO_COLOR, ASCII), a cell is a character instead: the more ink, the larger the
number, and negative ones have signs of their own.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from rich.color import Color

from nntui.palette import STEPS, Palette, step_of, style
from nntui.widgets.lines import Line

HALF = "▀"
POSITIVE = " .+*#@"
NEGATIVE = " '-~=%"
"""Characters for steps 0 to `STEPS`, of either sign."""

Levels = Sequence[Sequence[int]]
"""Rows of levels, or of classes."""
Marks = Mapping[tuple[int, int], str]
"""A character to be drawn over a cell, by the cell's row and column."""
NO_MARKS: Marks = {}


BROKEN = STEPS + 1
"""The level of what is no finite number."""


def level_of(value: float, scale: float) -> int:
    """Return the level of a number: its step from -STEPS to STEPS, or `BROKEN`."""
    return step_of(value, scale) if isinstance(value, complex) or math.isfinite(value) else BROKEN


@cache
def field(palette: Palette, step: int) -> Color:
    """Return the colour of an area for a level."""
    return Color.parse(palette.error if step == BROKEN else palette.fields[step + STEPS])


@cache
def region(palette: Palette, number: int) -> Color:
    """Return the colour of a class's region; after some, the colours come again."""
    return Color.parse(palette.classes[number % len(palette.classes)])


def character(step: int) -> str:
    """Return what a level is drawn with where there are no colours."""
    if step == BROKEN:
        return "?"
    return POSITIVE[step] if step >= 0 else NEGATIVE[-step]


@cache
def _upon(colour: Color) -> str:
    """Return a colour that can be read upon another: black or white."""
    red, green, blue = colour.get_truecolor()
    return "#000000" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "#ffffff"


def half_blocks(levels: Levels, colour: Callable[[int], Color], marks: Marks = NO_MARKS) -> list[Line]:
    """Draw rows of levels, two rows a line; an odd last row has nothing below it."""
    lines: list[Line] = []
    for y in range(0, len(levels), 2):
        below = levels[y + 1] if y + 1 < len(levels) else ()
        line: Line = []
        for x, upper in enumerate(levels[y]):
            lower = below[x] if x < len(below) else None
            mark = marks.get((y, x)) or marks.get((y + 1, x))
            if mark is not None:
                behind = colour(upper if (y, x) in marks or lower is None else lower)
                line.append((mark, style(_upon(behind), bold=True, background=behind)))
            elif upper == lower:  # a blank needs one colour, and joins its neighbours
                line.append((" ", style(background=colour(upper))))
            else:
                line.append((HALF, style(colour(upper), background=None if lower is None else colour(lower))))
        lines.append(line)
    return lines


def characters(levels: Levels, sign: Callable[[int], str], colour: str, marks: Marks = NO_MARKS) -> list[Line]:
    """Draw rows of levels with a character each; marks stand out."""
    plain, strong = style(colour), style(colour, bold=True, reverse=True)
    return [
        [(marks[y, x], strong) if (y, x) in marks else (sign(level), plain) for x, level in enumerate(row)]
        for y, row in enumerate(levels)
    ]
