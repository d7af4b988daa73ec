"""The loss curve, drawn by plotext; the former run is a pale ghost, a changed rate a vertical mark.

Losses that are infinite or not a number are gaps and never stretch an axis. plotext is imported when the first
curve is drawn, after the first paint.
"""

import math
from collections.abc import Sequence
from typing import Any

from rich.text import Text
from textual.color import Color

from nntui import numerals
from nntui.layout import LOSS
from nntui.palette import style
from nntui.widgets.lines import Line, Panel, Run
from nntui_core.frame import Curve

MARKER = "hd"
"""Quadrant blocks: four points a character, and every terminal font has them."""
HELD_OUT = "·"
"""The curve of samples that are held out: told apart without colours."""
MOST_MARKS = 12
"""Changes of the rate that are marked; of more, the last ones."""


class LossPanel(Panel):
    """The cost of each iteration."""

    def __init__(self) -> None:
        super().__init__(LOSS)
        self.logarithmic = False
        self._curve = Curve()
        self._inferred = False
        self._drawn: tuple[object, ...] = ()
        self._picture: list[Line] = []

    def show(self, curve: Curve, inferred: bool) -> None:
        """Take a new picture; `inferred` tells whether the program states no cost of its own."""
        self._curve, self._inferred = curve, inferred
        self.update_lines()

    def toggle_log(self) -> None:
        """Change between a linear and a logarithmic axis."""
        self.logarithmic = not self.logarithmic
        self.update_lines()

    def points(self) -> int:
        """Return how many points of the curve are of use: two a column."""
        return max(2 * (self.size.width - 2), 16)

    def title_runs(self) -> Line:
        """Say which axis, and since when the loss is no number."""
        dim = style(self.palette.dim)
        runs: Line = [(" log", dim)] if self.logarithmic else []
        if self._inferred:
            runs.append((" inferred", dim))
        if self._curve.first_not_finite is not None:
            runs.append((f" not finite since {self._curve.first_not_finite:,}", style(self.palette.error, bold=True)))
        elif self._curve.ghost_label and self._curve.ghost_iterations:
            runs.append((f" · pale {self._curve.ghost_label}", dim))
        if self._curve.held_out_losses:
            last = numerals.brief(self._curve.held_out_losses[-1], 3)
            runs.append((f" {HELD_OUT * 3} held out {last}", style(self.palette.mark)))
        return runs

    def inside(self, width: int, height: int) -> Sequence[Line]:
        """Draw the curve, unless it is drawn already."""
        key = (self._curve, width, height, self.logarithmic, self.app.theme)
        if key != self._drawn:
            self._picture = self._draw(width, height)
            self._drawn = key
        return self._picture

    def _draw(self, width: int, height: int) -> list[Line]:
        own = finite(self._curve.iterations, self._curve.losses, self.logarithmic)
        ghost = finite(self._curve.ghost_iterations, self._curve.ghost_losses, self.logarithmic)
        if not own[0] and not ghost[0]:
            return [[(" no loss yet", style(self.palette.dim))]]
        from textual_plotext.plot import Plot

        plot: Any = Plot()
        plot.theme("clear")
        plot.plotsize(width, height)
        plot._set_size(width, height)
        plot.frame(False)
        if ghost[0]:
            plot.plot(*ghost, marker=MARKER, color=_rgb(self.palette.border))
        for at, _ in self._curve.rate_changes[-MOST_MARKS:]:
            if at:
                plot.vline(at, _rgb(self.palette.mark))
        if own[0]:
            plot.plot(*own, marker=MARKER, color=_rgb(self.palette.focus))
        held_out = finite(self._curve.held_out_iterations, self._curve.held_out_losses, self.logarithmic)
        if held_out[0]:
            plot.plot(*held_out, marker=HELD_OUT, color=_rgb(self.palette.mark))
        drawn = own, ghost, held_out
        self._axes(plot, [v for _, y in drawn for v in y], [i for x, _ in drawn for i in x], width, height)
        return [_runs(line, self.palette.dim) for line in plot.build().split("\n")[:height]]

    def _last(self, iterations: Sequence[int]) -> int:
        """Return where the axis ends: at the run's own end, or a little later where the former run went on."""
        own = self._curve.iterations[-1] if self._curve.iterations else None
        return max(iterations) if own is None else max(own, min(max(iterations), 3 * own + 30))

    def _axes(self, plot: Any, losses: Sequence[float], iterations: Sequence[int], width: int, height: int) -> None:
        low, high = min(losses), max(losses)
        if low == high:
            low, high = low - abs(low or 1) / 2, high + abs(high or 1) / 2
        steps = min(max(height - 1, 3) // 3, 4)
        ticks = [low + (high - low) * k / steps for k in range(steps + 1)]
        plot.ylim(low, high)
        plot.yticks(ticks, tick_labels([10.0**v if self.logarithmic else v for v in ticks]))
        last = self._last(iterations)
        count = 2 if width < 40 else 4
        xs = sorted({round(last * k / count) for k in range(count + 1)})
        plot.xlim(0, max(last, 1))
        plot.xticks(xs, [compact(x) for x in xs])


def tick_labels(values: Sequence[float]) -> list[str]:
    """Write the numbers at an axis in as few digits as tell them apart."""
    for digits in (3, 4, 5):
        labels = [numerals.brief(value, digits) for value in values]
        if len(set(labels)) == len(labels):
            break
    return labels


def finite(iterations: Sequence[int], losses: Sequence[float], log: bool) -> tuple[list[int], list[float]]:
    """Return the points that can be drawn: finite ones; on a log axis positive ones, as their logarithm."""
    kept = [(i, v) for i, v in zip(iterations, losses, strict=True) if math.isfinite(v) and (v > 0 or not log)]
    return [i for i, _ in kept], [math.log10(v) if log else v for _, v in kept]


def compact(count: int) -> str:
    """Write a number of iterations in few characters: `1200`, `35k`, `2.5M`."""
    if count < 10_000:
        return str(count)
    if count < 1_000_000:
        return f"{count / 1000:.3g}k"
    return f"{count / 1_000_000:.3g}M"


def _rgb(colour: str) -> tuple[int, int, int]:
    return Color.parse(colour).rgb


def _runs(ansi: str, plain: str) -> list[Run]:
    text = Text.from_ansi(ansi)
    runs: list[Run] = []
    for segment in text.render(_console()):
        runs.append((segment.text, segment.style if segment.style and segment.style.color else style(plain)))
    return [run for run in runs if run[0] != "\n"]


def _console() -> Any:
    from rich.console import Console

    return Console(color_system="truecolor", force_terminal=True, legacy_windows=False)
