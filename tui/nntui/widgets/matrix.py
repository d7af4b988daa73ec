"""A matrix as numbers: colour by sign and size, the changed ones bold, the sources of the selected cell underlined.

A large one can be looked at as colours: a block for each cell, or the whole of it, a block for each group of cells.
Only the window in sight is known here. When the cursor leaves it, the window moves and the engine is asked for it.
"""

from collections.abc import Sequence
from enum import Enum

from rich.style import Style

from nntui import numerals
from nntui.layout import CELL
from nntui.palette import shade, step_of, style
from nntui.widgets import blocks
from nntui.widgets.lines import FAR, Line, Panel
from nntui_core.frame import Index, MatrixView, Variable, Window


class Look(Enum):
    """How a matrix is drawn."""

    NUMBERS = "numbers"
    BLOCKS = "blocks"
    """A block of colour a cell."""
    WHOLE = "whole"
    """All of it, a block a group of cells."""


class MatrixPanel(Panel):
    """Shows one variable of the program."""

    def __init__(self, variable: Variable) -> None:
        super().__init__(variable.name)
        self.variable = variable
        self.row = 0
        self.column = 0
        self.look = Look.NUMBERS
        self._top = 0
        self._left = 0
        self._view: MatrixView | None = None
        self._selected: Index | None = None
        self._drawn: tuple[object, ...] = ()
        """What the lines depend on besides the colours, as it was when a picture was last drawn."""

    def show(self, view: MatrixView | None, selected: Index | None) -> None:
        """Take a new picture; `selected` is the cell whose arithmetic is shown, if it is one of this matrix.

        Where all is as it was, as with the inputs during a run, nothing is drawn.
        """
        self._view = view
        self._selected = selected
        drawn = (view, selected, self.row, self.column, self._top, self._left, self.look, self.has_focus, self.size)
        if drawn != self._drawn:
            self._drawn = drawn
            self.update_lines()

    @property
    def extent(self) -> tuple[int, int]:
        """Rows and columns of the whole matrix as it is drawn."""
        if self._view is not None:
            return self._view.rows, self._view.columns
        shape = self.variable.shape or (1,)
        rows = 1
        for size in shape[:-1]:
            rows *= size
        return rows, shape[-1]

    @property
    def index(self) -> Index:
        """The cursor's cell, as an index of the variable."""
        shape = self._view.shape if self._view is not None else self.variable.shape or ()
        if len(shape) < 2:
            return (self.column,) if shape else ()
        index: list[int] = []
        row = self.row
        for size in reversed(shape[:-1]):
            row, rest = divmod(row, size)
            index.insert(0, rest)
        return (*index, self.column)

    @property
    def value(self) -> float | None:
        """The number in the cursor's cell, None where it is not among those that are in sight."""
        view = self._view
        if view is None or view.values is None or view.window.group != (1, 1):
            return None
        row, column = self.row - view.window.row, self.column - view.window.column
        there = 0 <= row < len(view.values) and 0 <= column < len(view.values[row])
        return view.values[row][column] if there else None

    def fits(self) -> tuple[int, int]:
        """Return how many rows and columns of values there is room for."""
        tall, wide = max(self.size.height - 2, 1), max(self.size.width - 2, 1)
        if self.look is Look.NUMBERS:
            return tall, max(wide // CELL, 1)
        return tall * (1 if self.by_characters else 2), wide

    @property
    def group(self) -> tuple[int, int]:
        """How many rows and columns of cells a value in sight stands for."""
        if self.look is not Look.WHOLE:
            return 1, 1
        (rows, columns), (tall, wide) = self.extent, self.fits()
        return max(-(-rows // tall), 1), max(-(-columns // wide), 1)

    def window(self) -> Window:
        """Return the part of the matrix that is in sight."""
        rows, columns = self.fits()
        if self.group != (1, 1):
            return Window(0, 0, rows, columns, self.group)
        return Window(self._top, self._left, rows, columns)

    def next_look(self) -> None:
        """Draw the matrix in another way: numbers, blocks, and the whole where blocks do not show all of it."""
        if self.look is Look.NUMBERS:
            self.look = Look.BLOCKS
        elif self.look is Look.BLOCKS and not self._shows_all():
            self.look = Look.WHOLE
        else:
            self.look = Look.NUMBERS
        self.keep_cursor_in_sight()
        self.post_message(self.Moved())

    def _shows_all(self) -> bool:
        (rows, columns), (tall, wide) = self.extent, self.fits()
        return rows <= tall and columns <= wide

    def move(self, down: int, right: int) -> None:
        """Move the cursor by cells, or by groups where those are seen, and the window after it."""
        rows, columns = self.extent
        tall, wide = self.group
        self.row = min(max(self.row + down * tall, 0), max(rows - 1, 0))
        self.column = min(max(self.column + right * wide, 0), max(columns - 1, 0))
        self.keep_cursor_in_sight()
        self.post_message(self.Moved())

    def select(self, row: int | None, column: int | None) -> None:
        """Put the cursor into a row or a column, or both, and bring it into sight."""
        self.row = self.row if row is None else row
        self.column = self.column if column is None else column
        self.keep_cursor_in_sight()

    def leap(self, pages: int, edge: int) -> None:
        """Move by pages of rows, or to the first or last column."""
        self.move(pages * self.fits()[0], edge * FAR)

    def keep_cursor_in_sight(self) -> None:
        """Scroll as far as needed, and no further than the matrix goes."""
        rows, columns = self.extent
        tall, wide = self.fits()
        self._top = min(max(min(self._top, self.row), self.row - tall + 1), max(rows - tall, 0))
        self._left = min(max(min(self._left, self.column), self.column - wide + 1), max(columns - wide, 0))

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self.keep_cursor_in_sight()
        super().on_resize()

    def on_focus(self) -> None:
        """The focused panel's cursor is the selected cell."""
        super().on_focus()
        self.post_message(self.Moved())

    def title_runs(self) -> Line:
        """Say the shape, and where in a large matrix this is."""
        shape = self._view.shape if self._view is not None else self.variable.shape or ()
        text = " " + "×".join(map(str, shape))
        if len(shape) == 1:
            text += "×"
        room = self.size.width - 4 - len(self.panel_name)
        forms = [text + summary for summary in self._summaries()] + [text]
        return [(form, style(self.palette.dim)) for form in forms if len(form) <= room][:1]

    def _summaries(self) -> list[str]:
        """Return what is said of a matrix whose numbers are not all in sight, the longest form first."""
        stats = self._view.stats if self._view is not None else None
        if stats is None or (self.look is Look.NUMBERS and self._shows_all()):
            return []
        least, mean, most, norm = map(numerals.brief, (stats.least, stats.mean, stats.most, stats.norm))
        return [
            f" · min {least} mean {mean} max {most} norm {norm}",
            f" · {least}…{most} mean {mean} norm {norm}",
            f" · {least}…{most} mean {mean}",
            f" · {least}…{most}",
        ]

    def foot_text(self) -> str:
        """Say which part of a large matrix is in sight, or what a block stands for."""
        if self.group != (1, 1):
            return f"a block: mean of {self.group[0]}×{self.group[1]}"
        rows, columns = self.extent
        tall, wide = self.fits()
        if self._shows_all():
            return ""
        last = (min(self._top + tall, rows) - 1, min(self._left + wide, columns) - 1)
        return f"[{self._top}:{last[0] + 1}, {self._left}:{last[1] + 1}]"

    def inside(self, width: int, height: int) -> Sequence[Line]:
        """Return the rows of numbers, or of blocks."""
        view = self._view
        if view is not None and view.values is not None and view.window.group != self.group:
            return []  # what there is has been cut out for another look; the right one is under way
        rows, columns = self.extent
        if view is None or view.values is None:
            dots = style(self.palette.dim)
            shown = min(columns, max(width // CELL, 1))
            return [[("   ·   " * shown, dots)] for _ in range(min(rows, height))]
        if self.look is not Look.NUMBERS:
            return self._blocks(view, view.values)
        whole = numerals.whole(value for row in view.values for value in row)
        plus = self.variable.phase == "backward"
        return [
            [
                part
                for j, value in enumerate(row)
                for part in self._cell(view, view.window.row + i, view.window.column + j, value, whole, plus)
            ]
            for i, row in enumerate(view.values)
        ]

    def _blocks(self, view: MatrixView, values: Sequence[Sequence[float]]) -> Sequence[Line]:
        levels = [[blocks.level_of(value, view.scale) for value in row] for row in values]
        window = view.window
        at = (self.row - window.row) // window.group[0], (self.column - window.column) // window.group[1]
        marks = {at: "×"} if self.has_focus else blocks.NO_MARKS
        if self.by_characters:
            return blocks.characters(levels, blocks.character, self.palette.text, marks)
        return blocks.half_blocks(levels, lambda step: blocks.field(self.palette, step), marks)

    def _cell(self, view: MatrixView, row: int, column: int, value: float, whole: bool, plus: bool) -> Line:
        text = f" {value:.0f}".ljust(numerals.WIDTH) if whole else numerals.fixed(value, plus)
        return [(" ", style(self.palette.text)), (text, self._look(view, row, column, value))]

    def _look(self, view: MatrixView, row: int, column: int, value: float) -> Style:
        if value != value or value in (float("inf"), float("-inf")):
            return style(self.palette.error, bold=True)
        return style(
            shade(self.palette, step_of(value, view.scale)),
            bold=(row, column) in view.changed,
            underline=(row, column) in view.sources,
            reverse=self._is_selected(row, column),
        )

    def _is_selected(self, row: int, column: int) -> bool:
        if self._selected is None:
            return False
        if self.has_focus:
            return (row, column) == (self.row, self.column)
        shape = self._view.shape if self._view is not None else ()
        return (row, column) == cell_of(self._selected, shape)


def cell_of(index: Index, shape: Index) -> tuple[int, int]:
    """Return the row and column at which an index of a variable is drawn."""
    if len(index) < 2:
        return 0, index[0] if index else 0
    row = 0
    for i, size in zip(index[:-1], shape[:-1], strict=True):
        row = row * size + i
    return row, index[-1]
