"""Lines of dots on characters: a braille character has two by four of them.

Where several lines cross a character, it has the look of the most important one. Where there is no
braille, a line is made of its sign, a plus or a minus.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.style import Style

from nntui.widgets.lines import Line

BRAILLE = 0x2800
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot of a character, by row and column."""


@dataclass(frozen=True, slots=True)
class Pen:
    """How a line is drawn: `on` of every `period` dots; `sign` is its character where there is no braille."""

    style: Style
    weight: float
    """How important it is."""
    sign: str
    on: int = 1
    period: int = 1


@dataclass
class Canvas:
    """A rectangle of characters to draw lines on."""

    width: int
    height: int
    _bits: dict[tuple[int, int], int] = field(default_factory=dict)
    _pens: dict[tuple[int, int], Pen] = field(default_factory=dict)

    def line(self, start: tuple[int, int], end: tuple[int, int], pen: Pen) -> None:
        """Draw from the middle of one character to that of another, both (column, row)."""
        (x0, y0), (x1, y1) = ((2 * x, 4 * y + 1) for x, y in (start, end))
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for k in range(steps + 1):
            if k % pen.period < pen.on:
                self._dot(x0 + round((x1 - x0) * k / steps), y0 + round((y1 - y0) * k / steps), pen)

    def _dot(self, x: int, y: int, pen: Pen) -> None:
        at = x // 2, y // 4
        if not (0 <= at[0] < self.width and 0 <= at[1] < self.height):
            return
        self._bits[at] = self._bits.get(at, 0) | DOTS[y % 4][x % 2]
        if at not in self._pens or pen.weight > self._pens[at].weight:
            self._pens[at] = pen

    def lines(self, over: Mapping[tuple[int, int], tuple[str, Style]], plain: Style, by_signs: bool) -> list[Line]:
        """Return what is drawn, with characters over it by (column, row)."""
        return [
            [over.get((x, y)) or self._character((x, y), plain, by_signs) for x in range(self.width)]
            for y in range(self.height)
        ]

    def _character(self, at: tuple[int, int], plain: Style, by_signs: bool) -> tuple[str, Style]:
        pen = self._pens.get(at)
        if pen is None:
            return " ", plain
        return pen.sign if by_signs else chr(BRAILLE + self._bits[at]), pen.style
