"""The network as a diagram: units are discs, weights are lines between them, coloured by sign and size.

A positive weight is a solid line and a negative one a dashed one; in ASCII they are made of plus and minus. The units
of the selected cell, and the lines that meet in them, stand out.
"""

import itertools
import math
import os
from collections.abc import Iterator, Sequence

from rich.style import Style

from nntui.layout import DIAGRAM
from nntui.palette import STEPS, shade, step_of, style
from nntui.widgets.bars import wrapped
from nntui.widgets.braille import Canvas, Pen
from nntui.widgets.lines import Line, Panel
from nntui.widgets.output import plain
from nntui_core.frame import Diagram

DASH = {"on": 3, "period": 6}
FAINT = {"on": 1, "period": 4}
"""Of lines whose weight is near zero."""
MOST_LINES = 48
"""Lines that are drawn between two layers, besides those of the selected cell: of more, the strongest."""
CHOSEN = 10.0
"""How much more important a line is that belongs to the selected cell."""
DISCS, DISCS_IN_ASCII = ("○", "●"), ("o", "@")
"""A unit, and one that the selected cell belongs to."""

Spot = tuple[int, int]
"""A character's column and row."""


def places(sizes: Sequence[int], width: int, height: int) -> tuple[list[list[Spot]], bool] | None:
    """Return where each unit of each layer goes, and whether layers are columns; None where there is no room.

    The first row is left to the layers' names where layers are columns; where they are rows, the names stand above
    and below the discs' lines, at the left.
    """
    widest = max(sizes)
    if widest <= height - 1 and len(sizes) * 3 <= width:
        across = [round(1 + (width - 3) * k / (len(sizes) - 1)) for k in range(len(sizes))]
        return [
            [(x, 1 + int((i + 0.5) * (height - 1) / size)) for i in range(size)]
            for x, size in zip(across, sizes, strict=True)
        ], True
    if 2 * widest <= width and len(sizes) * 3 - 2 <= height:
        down = [round((height - 1) * k / (len(sizes) - 1)) for k in range(len(sizes))]
        return [
            [(int((i + 0.5) * width / size), y) for i in range(size)] for y, size in zip(down, sizes, strict=True)
        ], False
    return None


class DiagramPanel(Panel):
    """Draws the layers from left to right, or from top to bottom where there are more units than rows."""

    def __init__(self) -> None:
        super().__init__(DIAGRAM)
        self._diagram: Diagram | None = None
        self._drawn: tuple[object, ...] = ()
        self._lines_drawn: Sequence[Line] = ()

    def show(self, diagram: Diagram) -> None:
        """Take a new picture."""
        self._diagram = diagram
        self.update_lines()

    def title_runs(self) -> Line:
        """Say the layers' sizes."""
        sizes = "-".join(map(str, self._diagram.sizes)) if self._diagram is not None else ""
        return [(f" {sizes}", style(self.palette.dim))]

    def foot_text(self) -> str:
        """Say what the lines mean."""
        if self._diagram is None or self._diagram.problem:
            return ""
        crowded = any(below * above > MOST_LINES for below, above in itertools.pairwise(self._diagram.sizes))
        strongest = f", {MOST_LINES} strongest" if crowded else ""
        return ("+ positive, - negative" if self._by_signs else "solid +, dashed −") + strongest

    @property
    def _by_signs(self) -> bool:
        """Whether lines are made of signs: in ASCII, and on the Linux console, whose fonts lack braille."""
        return bool(getattr(self.app, "only_ascii", False)) or os.environ.get("TERM") == "linux"

    def inside(self, width: int, height: int) -> Sequence[Line]:
        """Draw the diagram, unless it is drawn already."""
        key = (self._diagram, width, height, self.app.theme)
        if key != self._drawn:
            self._drawn, self._lines_drawn = key, self._draw(width, height)
        return self._lines_drawn

    def _draw(self, width: int, height: int) -> Sequence[Line]:
        diagram = self._diagram
        if diagram is None:
            return []
        dim = style(self.palette.dim)
        if diagram.problem:
            return [[(text, dim)] for text in wrapped(diagram.problem, width - 1)]
        found = places(diagram.sizes, width, height)
        if found is None:
            text = f"{max(diagram.sizes)} units in {len(diagram.sizes)} layers need more room: tab to here, then z"
            return [[(line, dim)] for line in wrapped(text, width - 1)]
        spots, in_columns = found
        canvas = Canvas(width, height)
        finite = [abs(w) for matrix in diagram.weights for row in matrix for w in row if math.isfinite(w)]
        scale = max(finite, default=0.0)
        for k, matrix in enumerate(diagram.weights):
            least = weakest_drawn(matrix)
            for i, row in enumerate(matrix):
                for j, weight in enumerate(row):
                    chosen = _is_chosen(diagram, (k, i, j))
                    if chosen or not abs(weight) < least:
                        canvas.line(spots[k][i], spots[k + 1][j], self._pen(weight, scale, chosen))
        return canvas.lines(dict(self._over(diagram, spots, in_columns)), style(self.palette.text), self._by_signs)

    def _pen(self, weight: float, scale: float, chosen: bool) -> Pen:
        """Return how the line of a weight is drawn."""
        step = step_of(weight, scale)
        importance = abs(step) / STEPS + (CHOSEN if chosen else 0.0)
        if not math.isfinite(weight):
            return Pen(style(self.palette.error, bold=True), importance + 1, "?")
        look = style(shade(self.palette, step), bold=chosen)
        if not step:
            return Pen(look, importance, ".", **FAINT)
        return Pen(look, importance, "+") if weight > 0 else Pen(look, importance, "-", **DASH)

    def _over(
        self, diagram: Diagram, spots: Sequence[Sequence[Spot]], in_columns: bool
    ) -> Iterator[tuple[Spot, tuple[str, Style]]]:
        """Yield what stands over the lines: names, and the discs."""
        dim = style(self.palette.dim)
        for k, name in enumerate(diagram.names):
            x, y = (spots[k][0][0], 0) if in_columns else (0, spots[k][0][1])
            if in_columns or spots[k][0][0] > len(name):
                start = max(min(x - len(name) // 2, self.size.width - 2 - len(name)), 0) if in_columns else x
                yield from (((start + c, y), (letter, dim)) for c, letter in enumerate(plain(name)))
        disc, chosen_disc = DISCS_IN_ASCII if self._by_signs else DISCS
        ordinary = style(self.palette.text, bold=True)
        chosen = style(self.palette.mark, bold=True, reverse=True)
        for k, layer in enumerate(spots):
            for i, spot in enumerate(layer):
                yield spot, (chosen_disc, chosen) if (k, i) in diagram.chosen else (disc, ordinary)


def weakest_drawn(matrix: Sequence[Sequence[float]]) -> float:
    """Return the magnitude from which on weights are drawn, so that they are not too many."""
    magnitudes = sorted((abs(weight) for row in matrix for weight in row if math.isfinite(weight)), reverse=True)
    return magnitudes[MOST_LINES - 1] if len(magnitudes) > MOST_LINES else 0.0


def _is_chosen(diagram: Diagram, edge: tuple[int, int, int]) -> bool:
    """Tell whether a weight is the selected cell, or meets a unit that is."""
    k, i, j = edge
    return edge == diagram.edge if diagram.edge else (k, i) in diagram.chosen or (k + 1, j) in diagram.chosen
