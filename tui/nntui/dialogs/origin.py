"""Where a number comes from: its arithmetic, the numbers in it, and the way back through them to the start."""

import textwrap
from collections.abc import Callable, Sequence

from rich.style import Style
from textual.app import ComposeResult
from textual.binding import Binding

from nntui.dialogs.number import Dialog
from nntui.palette import style
from nntui.widgets.lines import Line, Lines
from nntui_core.replies import Cell, Origin

Ask = Callable[[Cell, tuple[int, int] | None], None]
"""Asks the engine how a cell came about, as it was before the statement at a position."""

MOST_ARITHMETIC = 4
"""Lines that the arithmetic in full precision may take."""


class OriginLines(Lines):
    """The inside of the dialog."""

    has_border = True

    def __init__(self) -> None:
        super().__init__(id="origin")
        self.path: list[Origin] = []
        self.chosen = 0

    def compose_lines(self, width: int, height: int) -> Sequence[Line]:
        """Tell the cell in words and numbers, then list the cells that it was computed from."""
        if not self.path:
            return []
        room = width - 2
        colours = self.palette
        cell, sources = self.path[-1].cell, self.path[-1].sources
        trail = " ‹ ".join(origin.cell.label for origin in reversed(self.path))
        lines: list[Line] = [[(" " + _shortened(trail, room), style(colours.dim))]]
        lines.append([(f" {cell.label} = {cell.value}", style(colours.text, bold=True))])
        lines.append([(f" {_when(cell)}", style(colours.dim)), (cell.text, style(colours.mark))])
        if cell.formula:
            lines += self._wrapped(cell.formula, room, colours.text, 2)
            lines += self._wrapped("= " + cell.short, room, colours.focus, 2)
            spare = height - len(lines) - len(sources) - 4
            if spare > 0:
                lines += self._wrapped("= " + cell.arithmetic, room, colours.dim, min(spare, MOST_ARITHMETIC))
        if cell.update:
            old, step, new = cell.update
            lines.append([(f" old {old} · step {step} · new {new}", style(colours.mark))])
        if cell.unknown:
            lines += self._wrapped(f"not opened: {', '.join(cell.unknown)}", room, colours.error, 2)
        lines.append([])
        lines += self._sources(sources, room, height - len(lines) - 2) if sources else [self._end(cell)]
        keys = " ↑↓ choose · enter follows it ·" if sources else ""
        keys += " backspace returns · escape leaves"
        lines += [[] for _ in range(height - len(lines) - 1)]
        return [*lines, [(keys, style(colours.focus))]]

    def _wrapped(self, text: str, room: int, colour: str, most: int) -> list[Line]:
        return wrapped_lines(text, room, style(colour), most)

    def _end(self, cell: Cell) -> Line:
        if cell.position is None and cell.when.startswith("set by you"):
            return [(" This is where it begins: you set this number.", style(self.palette.mark))]
        if cell.position is None:
            return [(" This is where it begins: the setup made this number.", style(self.palette.mark))]
        return [(" No other cell went into it.", style(self.palette.mark))]

    def _sources(self, sources: Sequence[Cell], room: int, height: int) -> list[Line]:
        colours = self.palette
        shown = max(height - 1, 1)
        first = min(max(self.chosen - shown + 1, 0), max(len(sources) - shown, 0))
        more = f", {first + 1}–{min(first + shown, len(sources))} in sight" if len(sources) > shown else ""
        lines: list[Line] = [
            [(f" computed from {len(sources)} cell{'s' * (len(sources) > 1)}{more}:", style(colours.text))]
        ]
        label = max(len(source.label) for source in sources)
        value = max(len(source.value) for source in sources)
        for i, source in enumerate(sources[first : first + shown], start=first):
            here = i == self.chosen
            text = f"{source.label:<{label}} = {source.value:<{value}}   {source.when}"
            mark = " ▶ " if here else "   "
            lines.append(
                [(mark + _shortened(text, room - 2), style(colours.mark if here else colours.text, bold=here))]
            )
        return lines


class OriginDialog(Dialog):
    """Follows a number to its origin. `ask` asks the engine; its answers come by `add`."""

    BINDINGS = [
        Binding("up,k", "choose(-1)", "up"),
        Binding("down,j", "choose(1)", "down"),
        Binding("enter,right,l", "follow", "follow"),
        Binding("backspace,left,h", "back", "back"),
        Binding("q", "leave", "leave"),
    ]

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self._ask = ask
        self.lines = OriginLines()
        self._chosen: list[int] = []

    def compose(self) -> ComposeResult:
        """Show the lines."""
        yield self.lines

    def add(self, origin: Origin) -> None:
        """Take the engine's answer: one step further on the way."""
        if self.lines.path:
            self._chosen.append(self.lines.chosen)
        self.lines.path.append(origin)
        self.lines.chosen = 0
        self.lines.update_lines()

    def action_choose(self, by: int) -> None:
        """Choose another of the sources."""
        sources = self.lines.path[-1].sources if self.lines.path else ()
        self.lines.chosen = min(max(self.lines.chosen + by, 0), max(len(sources) - 1, 0))
        self.lines.update_lines()

    def action_follow(self) -> None:
        """Go on to the chosen source."""
        here = self.lines.path[-1] if self.lines.path else None
        if here is not None and here.sources:
            self._ask(here.sources[self.lines.chosen], here.cell.position)

    def action_back(self) -> None:
        """Return by one step; from the first one, leave."""
        if len(self.lines.path) < 2:
            self.dismiss(None)
            return
        self.lines.path.pop()
        self.lines.chosen = self._chosen.pop()
        self.lines.update_lines()


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def wrapped_lines(text: str, room: int, look: Style, most: int) -> list[Line]:
    """Break a text at blanks into at most so many lines."""
    parts = textwrap.wrap(text, room, break_on_hyphens=False, max_lines=most, placeholder=" …") or [""]
    return [[(" " + part, look)] for part in parts]


def _when(cell: Cell) -> str:
    return f"{cell.when}:  " if cell.text else cell.when
