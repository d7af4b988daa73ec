"""Two loss curves in one picture of plain text, for a terminal or a file."""

import math
from typing import Any

from nntui_core.curve import Points

WIDTH, HEIGHT = 78, 20
MARKERS = ("hd", "x")
"""Quadrant blocks for the first curve, a letter for the second: told apart without colours."""


def draw(curves: dict[str, Points]) -> list[str]:
    """Return the picture's lines, none where there is no loss to draw; losses that are no numbers are gaps."""
    finite = {
        name: [(i, v) for i, v in zip(p.iterations, p.losses, strict=True) if math.isfinite(v)]
        for name, p in curves.items()
    }
    everything = [point for points in finite.values() for point in points]
    if not everything:
        return []
    plot = _plot()
    for (name, points), marker in zip(finite.items(), MARKERS, strict=True):
        if points:
            plot.plot(*zip(*points, strict=True), marker=marker, label=name)
    _axes(plot, [v for _, v in everything], max(i for i, _ in everything))
    text: str = plot.uncolorize(plot.build())
    plot.clear_figure()
    return [line.rstrip() for line in text.rstrip("\n").split("\n")]


def _plot() -> Any:
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.limit_size(False, False)
    plotext.plotsize(WIDTH, HEIGHT)
    return plotext


def _axes(plot: Any, losses: list[float], last: int) -> None:
    low, high = min(losses), max(losses)
    if low == high:
        low, high = low - abs(low or 1) / 2, high + abs(high or 1) / 2
    ticks = [low + (high - low) * k / 4 for k in range(5)]
    plot.ylim(low, high)
    plot.yticks(ticks, [f"{tick:.3g}" for tick in ticks])
    steps = sorted({round(last * k / 4) for k in range(5)})
    plot.xlim(0, max(last, 1))
    plot.xticks(steps, [f"{step:,}" for step in steps])
