"""The decision surface: the prediction over the plane of two inputs, with the samples upon it."""

from collections.abc import Mapping, Sequence

from rich.color import Color

from nntui import numerals
from nntui.layout import SURFACE
from nntui.palette import style
from nntui.widgets import blocks
from nntui.widgets.bars import wrapped
from nntui.widgets.lines import Line, Panel
from nntui.widgets.output import plain
from nntui_core.frame import Surface

REGIONS = ".:-=+*%#@&"
"""Characters for the regions of classes, where there are no colours."""
SIGNS = "0123456789abcdefghijklmnopqrstuvwxyz"
"""Signs for samples of several classes."""
TWO, TWO_PLAIN = "○●", "OX"
"""Signs for samples of two classes."""


class SurfacePanel(Panel):
    """A field of colour; where colours cannot be told apart, of characters."""

    def __init__(self) -> None:
        super().__init__(SURFACE)
        self._surface: Surface | None = None

    def show(self, surface: Surface) -> None:
        """Take a new picture."""
        self._surface = surface
        self.update_lines()

    def grid(self) -> tuple[int, int]:
        """Return how many cells there is room for: columns and rows."""
        width, height = max(self.size.width - 2, 1), max(self.size.height - 2, 1)
        return width, height * (1 if self.by_characters else 2)

    def title_runs(self) -> Line:
        """Say which sign is which class."""
        surface = self._surface
        if surface is None or not surface.samples or surface.samples[0][2] < 0:
            return []
        room = self.size.width - 4 - len(self.panel_name)
        text = ""
        for sign, label in zip(self._signs(surface), surface.labels, strict=False):
            more = f" {sign}" if sign == label else f" {sign} {plain(label)}"
            if len(text) + len(more) > room:
                break
            text += more
        return [(text, style(self.palette.dim))]

    def foot_text(self) -> str:
        """Say what the axes are, and their ranges."""
        surface = self._surface
        if surface is None or surface.problem:
            return ""
        ranges = zip("→↑", surface.columns, surface.low, surface.high, strict=True)
        return "  ".join(
            f"{arrow}{surface.inputs}{column} {numerals.brief(low, 2)}…{numerals.brief(high, 2)}"
            for arrow, column, low, high in ranges
        )

    def inside(self, width: int, height: int) -> Sequence[Line]:
        """Return the field with the samples upon it."""
        surface = self._surface
        if surface is None:
            return []
        if surface.problem:
            return [[(text, style(self.palette.dim))] for text in wrapped(surface.problem, width - 1)]
        marks = self._marks(surface)
        if surface.classes:
            levels = [[int(value) for value in row] for row in surface.values]
        else:
            levels = [
                [blocks.level_of(value - surface.middle, surface.scale) for value in row] for row in surface.values
            ]
        if self.by_characters:
            sign = _region if surface.classes else blocks.character
            return blocks.characters(levels, sign, self.palette.text, marks)
        return blocks.half_blocks(levels, self._class_colour if surface.classes else self._colour, marks)

    def _colour(self, level: int) -> Color:
        return blocks.field(self.palette, level)

    def _class_colour(self, number: int) -> Color:
        return blocks.region(self.palette, number)

    def _signs(self, surface: Surface) -> str:
        if surface.classes or any(kind > 1 for _, _, kind in surface.samples):
            return SIGNS
        return TWO_PLAIN if self.by_characters else TWO

    def _marks(self, surface: Surface) -> Mapping[tuple[int, int], str]:
        rows, columns = len(surface.values), len(surface.values[0]) if surface.values else 0
        signs = self._signs(surface)
        return {
            (int(down * rows), int(across * columns)): "·" if kind < 0 else signs[kind % len(signs)]
            for across, down, kind in surface.samples
        }


def _region(number: int) -> str:
    return REGIONS[number % len(REGIONS)]
