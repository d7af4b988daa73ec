"""The confusion matrix: a row for each class, a column for each class that its samples are taken for."""

from collections.abc import Sequence

from rich.style import Style

from nntui.layout import CONFUSION
from nntui.palette import style
from nntui.widgets.bars import wrapped
from nntui.widgets.lines import Line, Panel
from nntui.widgets.output import plain
from nntui_core.frame import Confusion, Window

WIDEST_NAME = 10
"""Characters of a class's name at a row."""
LEAST_CELL = 3
"""Columns of a count, with the blank before it, at least."""


class ConfusionPanel(Panel):
    """Counts; the diagonal is what is right, and what is not nothing beside it stands out."""

    def __init__(self) -> None:
        super().__init__(CONFUSION)
        self._shown = Confusion()
        self._top = self._left = 0
        self._widest, self._names = LEAST_CELL, 1
        """Columns of a count with the blank before it, and of a row's name: as wide as the widest seen so far."""

    def show(self, confusion: Confusion) -> None:
        """Take a new picture; where numbers are wider than those before, ask for what there is room for now."""
        if confusion.classes != self._shown.classes:
            self._widest, self._names = LEAST_CELL, 1
        self._shown = confusion
        self._widest = max([self._widest, *(len(str(count)) + 1 for row in confusion.counts for count in row)])
        self._names = min(max([self._names, *(len(plain(name)) for name in confusion.rows)]), WIDEST_NAME)
        if not confusion.problem and confusion.window != self.window():
            self.post_message(self.Moved())
        self.update_lines()

    def window(self) -> Window:
        """Return the part of the matrix that there is room for."""
        width, height = self.size.width - 2, self.size.height - 2
        rows, columns = height - self._has_heading, (width - self._names - 1) // self._cell
        return Window(self._top, self._left, max(rows, 1), max(columns, 1))

    @property
    def _cell(self) -> int:
        """Columns of a count: as many as it needs, or more where there is room for its class's name."""
        room = (self.size.width - 2 - self._names - 1) // max(self._shown.classes, 1)
        return max(self._widest, min(room, self._names + 1))

    @property
    def _has_heading(self) -> bool:
        """Whether there is a line for the names of the columns; where that would push a class out, there is none."""
        return self._shown.classes != self.size.height - 2

    def move(self, down: int, right: int) -> None:
        """Scroll by classes."""
        shown, there = self._shown, self.window()
        self._top = min(max(self._top + down, 0), max(shown.classes - there.rows, 0))
        self._left = min(max(self._left + right, 0), max(shown.classes - there.columns, 0))
        self.post_message(self.Moved())

    def title_runs(self) -> Line:
        """Say which samples, and how many of them are in the right class."""
        shown = self._shown
        if not shown.samples:
            return []
        which = "held out" if shown.held_out else "training"
        about = "≈" if shown.some else ""
        return [(f" {which} {about}{shown.accuracy:.1%}", style(self.palette.dim))]

    def foot_text(self) -> str:
        """Say what rows and columns are, and which of many are in sight."""
        shown = self._shown
        if shown.problem or not shown.samples:
            return ""
        if len(shown.rows) < shown.classes or len(shown.columns) < shown.classes:
            top, left = shown.window.row, shown.window.column
            ends = top + len(shown.rows), left + len(shown.columns)
            return f"[{top}:{ends[0]}, {left}:{ends[1]}] of {shown.classes}"
        return "rows: true, columns: predicted"

    def inside(self, width: int, height: int) -> Sequence[Line]:
        """Return the names of the classes predicted, and a row for each true class."""
        shown, dim = self._shown, style(self.palette.dim)
        if shown.problem:
            return [[(text, dim)] for text in wrapped(shown.problem, width - 1)]
        wide, cell = self._names, self._cell
        heads = "".join(_short(plain(name), cell - 1).rjust(cell) for name in shown.columns)
        lines: list[Line] = [[(" " * (wide + 1) + heads, dim)]] if self._has_heading else []
        for i, (name, counts) in enumerate(zip(shown.rows, shown.counts, strict=True)):
            line: Line = [(f" {_short(plain(name), wide).ljust(wide)}", style(self.palette.text, bold=True))]
            for j, count in enumerate(counts):
                right = shown.window.row + i == shown.window.column + j
                line.append((str(count or "·").rjust(cell), self._look(count, right)))
            lines.append(line)
        return lines

    def _look(self, count: int, right: bool) -> Style:
        if not count:
            return style(self.palette.dim)
        return style(self.palette.focus if right else self.palette.error, bold=right)


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else name[: max(most - 1, 0)] + "…"
