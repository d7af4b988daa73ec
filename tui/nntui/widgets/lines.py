"""A widget made of lines that repaints only what has changed.

Textual repaints what it is told to and sends every cell of it. So a panel here keeps its lines as runs of equal
style, compares the new ones with the old, and asks for the changed columns of the changed rows, and no more.
"""

from collections.abc import Iterable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from nntui import theme
from nntui.ascii import in_ascii
from nntui.palette import DARK, LIGHT, SIXTEEN, Palette, style

Run = tuple[str, Style]
Line = list[Run]


def merged(runs: Iterable[Run]) -> Line:
    """Join neighbouring runs of the same style, and leave out empty ones."""
    out: Line = []
    for text, look in runs:
        if not text:
            continue
        if out and (out[-1][1] is look or out[-1][1] == look):
            out[-1] = (out[-1][0] + text, out[-1][1])
        else:
            out.append((text, look))
    return out


def cut(line: Line, width: int, pad: Style) -> Line:
    """Make a line exactly `width` characters long: cut it or pad it with blanks."""
    out: Line = []
    left = width
    for text, look in line:
        if left <= 0:
            break
        out.append((text[:left], look))
        left -= len(out[-1][0])
    if left > 0:
        out.append((" " * left, pad))
    return merged(out)


def changed_span(old: Line, new: Line) -> tuple[int, int] | None:
    """Return the first column that differs and the one after the last, None where the lines are equal."""
    if old == new:
        return None
    a = [(c, look) for text, look in old for c in text]
    b = [(c, look) for text, look in new for c in text]
    if len(a) != len(b):
        return 0, max(len(a), len(b))
    first = next((i for i, (p, q) in enumerate(zip(a, b, strict=True)) if p != q), None)
    if first is None:
        return None
    last = next(i for i in range(len(a) - 1, -1, -1) if a[i] != b[i])
    return first, last + 1


class Lines(Widget):
    """A widget whose subclass says its lines; every character is one cell wide."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Line] = []

    @property
    def palette(self) -> Palette:
        """The colours for the present background."""
        if self.app.theme == theme.SIXTEEN:
            return SIXTEEN
        return DARK if self.app.current_theme.dark else LIGHT

    @property
    def by_characters(self) -> bool:
        """Whether an area is to be drawn with characters, because its colours could not be told apart."""
        return bool(getattr(self.app, "only_ascii", False) or self.app.no_color)

    def compose_lines(self, width: int, height: int) -> Sequence[Line]:
        """Return what to show in a widget of this size."""
        raise NotImplementedError

    def update_lines(self) -> None:
        """Make the lines again and repaint what differs."""
        width, height = self.size
        if not width or not height:
            return
        plain = style(self.palette.text)
        fresh = [cut(line, width, plain) for line in self.compose_lines(width, height)[:height]]
        fresh += [[(" " * width, plain)]] * (height - len(fresh))
        old, self._lines = self._lines, fresh
        if len(old) != len(fresh):
            self.refresh()
            return
        regions = []
        for y, (before, after) in enumerate(zip(old, fresh, strict=True)):
            span = changed_span(before, after)
            if span:
                regions.append(Region(span[0], y, span[1] - span[0], 1))
        if regions:
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """Return a line for Textual."""
        width = self.size.width
        if y >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        base = self.rich_style
        line = self._lines[y]
        if getattr(self.app, "only_ascii", False):
            line = [(in_ascii(text), look) for text, look in line]
        return Strip([Segment(text, base + look) for text, look in line], width)

    def on_resize(self) -> None:
        """Make the lines for the new size."""
        self._lines = []
        self.update_lines()
        self.refresh()


FAR = 10**9
"""Further than any panel goes."""


class Panel(Lines, can_focus=True):
    """Lines with a frame around them, a title in it, and the focus."""

    class Moved(Message):
        """Something else is in sight: the engine is to be asked for it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.panel_name = name

    def move(self, down: int, right: int) -> None:
        """Move in the panel by rows and columns; in most there is nothing to move."""

    def leap(self, pages: int, edge: int) -> None:
        """Move by pages, or to an edge: -1 is the first, 1 the last."""
        self.move(pages * max(self.size.height - 2, 1) + edge * FAR, 0)

    def title_runs(self) -> Line:
        """Return what stands in the upper edge, to the right of the name."""
        return []

    def foot_text(self) -> str:
        """Return what stands in the lower edge."""
        return ""

    def inside(self, width: int, height: int) -> Sequence[Line]:
        """Return the lines within the frame."""
        raise NotImplementedError

    def compose_lines(self, width: int, height: int) -> Sequence[Line]:
        """Put the frame around the inside."""
        look = style(self.palette.focus if self.has_focus else self.palette.border, bold=self.has_focus)
        plain = style(self.palette.text)
        name = style(self.palette.focus if self.has_focus else self.palette.text, bold=True)
        title = cut(
            [(self.panel_name, name), *self.title_runs()], _length(self.panel_name, self.title_runs(), width - 4), plain
        )
        used = sum(len(text) for text, _ in title)
        top: Line = [("╭ ", look), *title, (" " + "─" * (width - used - 4) + "╮", look)]
        inner = [cut(line, width - 2, plain) for line in self.inside(width - 2, height - 2)[: height - 2]]
        inner += [[(" " * (width - 2), plain)]] * (height - 2 - len(inner))
        foot = self.foot_text()[: max(width - 5, 0)]
        dashes = width - 2 - (len(foot) + 3 if foot else 0)
        bottom = "╰" + "─" * dashes + (f" {foot} ─" if foot else "") + "╯"
        return [top, *([("│", look), *line, ("│", look)] for line in inner), [(bottom, look)]]

    def on_resize(self) -> None:
        """Ask for what has come into sight."""
        super().on_resize()
        self.post_message(self.Moved())

    def on_focus(self) -> None:
        """Show the focus."""
        self.update_lines()

    def on_blur(self) -> None:
        """Show that the focus has gone."""
        self.update_lines()


def _length(name: str, runs: Line, room: int) -> int:
    return max(min(len(name) + sum(len(text) for text, _ in runs), room), 0)
