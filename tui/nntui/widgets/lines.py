"""A widget made of lines that repaints only what has changed.

Textual repaints what it is told to and sends every cell of it. So a panel here keeps its lines as runs of equal
style, compares the new ones with the old, and asks for the changed columns of the changed rows, and no more.

All that is asked of Textual for each line or number is asked once a picture here: the size, the colours, the style
below the text. Looking them up in the tree of widgets took a third of a picture.
"""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.geometry import Region, Size
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
    if sum(len(text) for text, _ in line) == width:
        return merged(line)
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
    """Return the first column that differs and the one after the last, None where the lines are equal.

    Where characters are wider or narrower than a cell, as in what a learner's script prints, it is the whole line.
    """
    if old == new:
        return None
    if any(cell_len(text) != len(text) for text, _ in (*old, *new)):
        return 0, max(sum(cell_len(text) for text, _ in line) for line in (old, new))
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    start = sum(len(text) for text, _ in old[:same])
    a = [(c, look) for text, look in old[same:] for c in text]
    b = [(c, look) for text, look in new[same:] for c in text]
    if len(a) != len(b):
        return 0, start + max(len(a), len(b))
    first = next((i for i, (p, q) in enumerate(zip(a, b, strict=True)) if p != q), None)
    if first is None:
        return None
    last = next(i for i in range(len(a) - 1, -1, -1) if a[i] != b[i])
    return start + first, start + last + 1


class Lines(Widget):
    """A widget whose subclass says its lines; every character is one cell wide."""

    has_border = False
    """Whether the style sheet gives it a border, which Textual draws around the lines."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Line] = []
        self._strips: dict[int, tuple[Line, Style, Strip]] = {}
        """What lines have been made into, each with the line and the style below it."""
        self._below: tuple[Style, Color] | None = None
        """The style below all text, and the background; None where they are to be looked up."""
        self.palette: Palette = DARK
        """The colours for the present background."""

    def _present_palette(self) -> Palette:
        app = self.app
        if app.theme == theme.SIXTEEN:
            return SIXTEEN
        return DARK if app.current_theme.dark else LIGHT

    @property
    def size(self) -> Size:
        """Columns and rows of the lines."""
        return super().size if self.has_border else self.outer_size

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
        self.palette = self._present_palette()
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
            else:
                fresh[y] = before
        if regions:
            self.refresh(*regions)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return lines for Textual; those that are as they were are not made again."""
        if self.has_border:
            return super().render_lines(crop)
        if self._below is None:
            self._below = self.rich_style, self.background_colors[1]
        (base, background), filters = self._below, self.get_line_filters()
        strips = []
        for y in crop.line_range:
            strip = self._strip(y, base)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, background)
            strips.append(strip if crop.width == strip.cell_length else strip.crop(crop.x, crop.right))
        return strips

    def notify_style_update(self) -> None:
        """The style sheet or the theme has changed."""
        super().notify_style_update()
        self._below = None

    def render_line(self, y: int) -> Strip:
        """Return a line for Textual."""
        return self._strip(y, self.rich_style)

    def _strip(self, y: int, base: Style) -> Strip:
        width = self.size.width
        if y >= len(self._lines):
            return Strip.blank(width, base)
        line = self._lines[y]
        made_of, below, strip = self._strips.get(y, NOTHING)
        if made_of is not line or below != base:
            texts = [(in_ascii(text), look) for text, look in line] if self._in_ascii else line
            strip = Strip([Segment(text, base + look) for text, look in texts], width)
            self._strips[y] = line, base, strip
        return strip

    @property
    def _in_ascii(self) -> bool:
        return bool(getattr(self.app, "only_ascii", False))

    def on_resize(self) -> None:
        """Make the lines for the new size."""
        self._lines = []
        self.update_lines()
        self.refresh()


NOTHING: tuple[Line, Style, Strip] = [], Style.null(), Strip([])
"""No line has been made into a strip."""

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
        title: Line = [(self.panel_name, name), *self.title_runs()]
        title = cut(title, max(min(sum(len(text) for text, _ in title), width - 4), 0), plain)
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
