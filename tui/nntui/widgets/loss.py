"""The loss curve, drawn by plotext; the former run is a pale ghost, a changed rate a vertical mark.

Losses that are infinite or not a number are gaps and never stretch an axis. plotext is imported when the first
curve is drawn, after the first paint.
"""

import math
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from rich.style import Style
from textual.color import Color
from textual.message import Message

from nntui import numerals
from nntui.layout import LOSS
from nntui.palette import style
from nntui.widgets.lines import FAR, Line, Panel
from nntui.widgets.scrubber import LEAP, Axis, marked, target
from nntui_core.frame import Accuracy, Curve, Frame

MARKER = "hd"
"""Quadrant blocks: four points a character, and every terminal font has them."""
HELD_OUT = "·"
"""The curve of samples that are held out: told apart without colours."""
GHOST = "░"
"""The curve of the former run, likewise."""
MOST_MARKS = 12
"""Changes of the rate, of lines and of numbers that are marked; of more, the last ones."""


class LossPanel(Panel):
    """The cost of each iteration; moving in it moves through time."""

    class Seek(Message):
        """The session is to go to an iteration that it has been at."""

        def __init__(self, iteration: int) -> None:
            super().__init__()
            self.iteration = iteration

    def __init__(self) -> None:
        super().__init__(LOSS)
        self.logarithmic = False
        self._curve = Curve()
        self._accuracy = Accuracy()
        self._inferred = False
        self._drawn: tuple[object, ...] = ()
        self._picture: list[Line] = []
        self._axis = Axis()
        self._here = 0
        """The iteration that the session is at, or is about to go to."""
        self._known = 0

    def show(self, frame: Frame) -> None:
        """Take a new picture."""
        self._curve, self._inferred = frame.curve, bool(frame.inferred_cost)
        self._here, self._known = frame.iteration, frame.known
        self._accuracy = frame.accuracy or self._accuracy
        self.update_lines()

    def move(self, down: int, right: int) -> None:
        """Move through time by columns, as far as the program has been run."""
        there = target(self._axis, self._here, self._known, right)
        if right and there != self._here:
            self._here = there
            self.update_lines()
            self.post_message(self.Seek(there))

    def leap(self, pages: int, edge: int) -> None:
        """Move by several columns, or to the first or the last iteration that is known."""
        self.move(0, pages * LEAP if pages else edge * FAR)

    def foot_text(self) -> str:
        """Say where in time this is, where it is not the end, and how to move."""
        if self._here < self._known:
            return f"{self._here:,} of {self._known:,}" + (" · ← → move" if self.has_focus else "")
        if self.has_focus and self._known:
            return "← moves back in time"
        return self._scores()[1]

    def toggle_log(self) -> None:
        """Change between a linear and a logarithmic axis."""
        self.logarithmic = not self.logarithmic
        self.update_lines()

    def points(self) -> int:
        """Return how many points of the curve are of use: two a column."""
        return max(2 * (self.size.width - 2), 16)

    def title_runs(self) -> Line:
        """Say which axis, and since when the loss is no number."""
        (learned, held_out), _ = self._scores()
        marks = style(self.palette.dim), style(self.palette.mark)
        return [*self._states(), *((text, look) for text, look in zip((learned, held_out), marks, strict=True) if text)]

    def _states(self) -> Line:
        """Return what is unusual: a logarithmic axis, an inferred cost, a loss that is no number, a ghost."""
        dim = style(self.palette.dim)
        runs: Line = [(" log", dim)] if self.logarithmic else []
        if self._inferred:
            runs.append((" inferred", dim))
        if self._curve.first_not_finite is not None:
            runs.append((f" not finite since {self._curve.first_not_finite:,}", style(self.palette.error, bold=True)))
        elif self._curve.ghost_label and self._curve.ghost_iterations:
            runs.append((f" {GHOST} {self._curve.ghost_label}", dim))
        return runs

    def _scores(self) -> tuple[tuple[str, str], str]:
        """Return what the title says of all samples and of those held out, and what is left for the lower edge."""
        room = self.size.width - 4 - len(self.panel_name) - sum(len(text) for text, _ in self._states())
        forms = list(self._forms())
        return next((form for form in forms if sum(map(len, form[0])) <= room), forms[-1])

    def _forms(self) -> Iterator[tuple[tuple[str, str], str]]:
        """Yield the same from the most words to the fewest."""
        shares = (self._accuracy.learned, self._accuracy.held_out)
        if not self._curve.iterations:  # the program has computed no prediction yet
            shares = (None, None)
        learned, held_out = ("" if s is None else f"{s:.1%}" for s in shares)
        learned = f"≈{learned}" if learned and self._accuracy.some else learned
        right = f" {learned} right" if learned else ""
        if not self._curve.held_out_losses:
            yield (right, ""), ""
            yield (right.removesuffix(" right"), ""), ""
            yield ("", ""), right.strip()
            return
        loss = f"{HELD_OUT * 3} held out {numerals.brief(self._curve.held_out_losses[-1], 3)}"
        yield (right, f" {loss}, {held_out} right" if held_out else f" {loss}"), ""
        if held_out:
            yield (f" {learned}", f" {HELD_OUT * 3} {held_out}"), loss
            yield ("", ""), f"{learned} {HELD_OUT * 3} {held_out} right"
        yield ("", ""), loss

    def inside(self, width: int, height: int) -> Sequence[Line]:
        """Draw the curve, unless it is drawn already."""
        key = (self._curve, width, height, self.logarithmic, self.app.theme)
        if key != self._drawn:
            self._picture = self._draw(width, height)
            self._drawn = key
        if not self._curve.iterations or self._here > self._curve.iterations[-1]:
            return self._picture
        return marked(self._picture, self._axis.column(self._here), style(self.palette.mark, bold=True))

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
            plot.plot(*ghost, marker=GHOST, color=_rgb(self.palette.border))
        changes = {*(at for at, _ in self._curve.rate_changes), *self._curve.edits} - {0}
        for at in sorted(changes)[-MOST_MARKS:]:
            plot.vline(at, _rgb(self.palette.mark))
        if own[0]:
            plot.plot(*own, marker=MARKER, color=_rgb(self.palette.focus))
        held_out = finite(self._curve.held_out_iterations, self._curve.held_out_losses, self.logarithmic)
        if held_out[0]:
            plot.plot(*held_out, marker=HELD_OUT, color=_rgb(self.palette.mark))
        drawn = own, ghost, held_out
        self._axes(plot, [v for _, y in drawn for v in y], [i for x, _ in drawn for i in x], width, height)
        return [_runs(line, self.palette.dim) for line in plot.build().split("\n")[:height]]

    def _axes(self, plot: Any, losses: Sequence[float], iterations: Sequence[int], width: int, height: int) -> None:
        low, high = min(losses), max(losses)
        if low == high:
            low, high = low - abs(low or 1) / 2, high + abs(high or 1) / 2
        steps = min(max(height - 1, 3) // 3, 4)
        ticks = [low + (high - low) * k / steps for k in range(steps + 1)]
        plot.ylim(low, high)
        labels = [f"{text} " for text in tick_labels([10.0**v if self.logarithmic else v for v in ticks])]
        plot.yticks(ticks, labels)
        last = max(iterations)
        used = max(map(len, labels))
        self._axis = Axis(used, max(width - used, 1), last)
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


_SGR = re.compile(r"\x1b\[(?:38;2;(\d+);(\d+);(\d+)|0)m")
"""What plotext writes besides text: a colour, and its end."""


def _runs(ansi: str, plain: str) -> Line:
    """Read a line that plotext has coloured; what has no colour gets the plain one."""
    runs: Line = []
    look, at = style(plain), 0
    for token in _SGR.finditer(ansi):
        runs.append((ansi[at : token.start()], look))
        look = _coloured(*map(int, token.groups())) if token[1] else style(plain)
        at = token.end()
    return [run for run in (*runs, (ansi[at:], look)) if run[0]]


@cache
def _coloured(red: int, green: int, blue: int) -> Style:
    return style(f"#{red:02x}{green:02x}{blue:02x}")
