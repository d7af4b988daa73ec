"""Colours with a meaning, each of which is also told without colour.

The diverging pair, orange for positive and blue for negative, is told apart by the colour-blind (Okabe and Ito,
"Color Universal Design", 2008). Every number carries its sign as well. Magnitude is five steps, so that
neighbouring cells share a style and few bytes go over the wire; on a dark background all shades are of the xterm
palette, so that 256 colours show them as they are.
"""

from dataclasses import dataclass
from functools import cache

from rich.color import Color
from rich.style import Style

STEPS = 5
"""Shades of magnitude on each side of zero."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one kind of background."""

    text: str
    dim: str
    border: str
    focus: str
    shades: tuple[str, ...]
    """Of numbers, from the most negative over near zero to the most positive: 2 · STEPS + 1 of them."""
    fields: tuple[str, ...]
    """Of areas, likewise: near zero they are near the background."""
    classes: tuple[str, ...]
    """Of areas that belong to one of several classes."""
    error: str
    mark: str
    cursor: str


DARK = Palette(
    text="#d7dae0",
    dim="#7f8794",
    border="#4a5260",
    focus="#8ab4f8",
    shades=(
        *("#00afff", "#5fafff", "#5fafd7", "#87afd7", "#afafd7"),
        "#9e9e9e",
        *("#d7af87", "#d7af5f", "#ffaf5f", "#ffaf00", "#ff8700"),
    ),
    fields=(
        *("#00afff", "#0087d7", "#005faf", "#005f87", "#00005f"),
        "#262626",
        *("#5f0000", "#875f00", "#af5f00", "#d78700", "#ffaf00"),
    ),
    classes=(
        *("#005f87", "#875f00", "#005f00", "#5f5f87", "#878700"),
        *("#008787", "#870000", "#585858", "#875f87", "#5f0000"),
    ),
    error="#ff6b6b",
    mark="#f0c94c",
    cursor="#3d4a63",
)
LIGHT = Palette(
    text="#24292f",
    dim="#57606a",
    border="#b4bac2",
    focus="#0a58ca",
    shades=(
        *("#005ab5", "#125ba6", "#255c96", "#375d87", "#4a5f78"),
        "#5c6068",
        *("#685a53", "#73553e", "#7f4f2a", "#8a4a15", "#964400"),
    ),
    fields=(
        *("#005faf", "#5f87d7", "#87afff", "#afd7ff", "#d7d7ff"),
        "#eeeeee",
        *("#ffd7af", "#ffaf5f", "#ff8700", "#d75f00", "#af5f00"),
    ),
    classes=(
        *("#87d7ff", "#ffd787", "#afd787", "#d7afff", "#ffff87"),
        *("#87d7d7", "#ffafaf", "#d0d0d0", "#ffd7ff", "#d7af87"),
    ),
    error="#b3261e",
    mark="#7a5c00",
    cursor="#cfe0ff",
)

SIXTEEN = Palette(
    text="#ffffff",
    dim="#aaaaaa",
    border="#aaaaaa",
    focus="#55ffff",
    shades=(
        *("#5555ff", "#5555ff", "#5555ff", "#00aaaa", "#00aaaa"),
        "#aaaaaa",
        *("#aa5500", "#aa5500", "#ffff55", "#ffff55", "#ffff55"),
    ),
    fields=(
        *("#55ffff", "#55ffff", "#5555ff", "#5555ff", "#0000aa"),
        "#000000",
        *("#aa5500", "#ff5555", "#ff5555", "#ffff55", "#ffff55"),
    ),
    classes=("#0000aa", "#aa5500", "#00aa00", "#aa00aa", "#00aaaa", "#aa0000", "#555555"),
    error="#ff5555",
    mark="#ffff55",
    cursor="#0000aa",
)
"""Only colours that are among the sixteen of the Linux console; two shades of magnitude on each side."""


def step_of(value: float, scale: float) -> int:
    """Return the shade of a number, from -STEPS to STEPS; 0 is near zero, infinite counts as the strongest."""
    if value != value or not scale or isinstance(value, complex):
        return 0
    share = min(abs(value) / scale, 1.0)
    step = round(share * STEPS)
    return step if value > 0 else -step


@cache
def shade(palette: Palette, step: int) -> Color:
    """Return the colour of a shade from `step_of`."""
    return Color.parse(palette.shades[step + STEPS])


@cache
def style(
    colour: str | Color | None = None,
    *,
    bold: bool = False,
    underline: bool = False,
    background: str | Color | None = None,
    reverse: bool = False,
) -> Style:
    """Return a style, the same object for the same arguments, so that equal neighbours are merged cheaply."""
    return Style(
        color=colour,
        bgcolor=background,
        bold=bold or None,
        underline=underline or None,
        reverse=reverse or None,
    )
