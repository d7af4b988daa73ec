"""The values of watch expressions, in a few lines above the explanation; without watches it takes no room."""

from collections.abc import Sequence

from nntui.palette import style
from nntui.widgets.lines import Line, Lines
from nntui_core.frame import Frame, Watched

BETWEEN = "  ·  "
MOST = 3
"""Lines that watches take, at most."""


class Watches(Lines):
    """As many watches as there is room for, side by side and below each other; `w` shows the others."""

    def __init__(self) -> None:
        super().__init__(id="watches")
        self._watches: tuple[Watched, ...] = ()
        self.most = MOST
        """Lines that there is room for."""

    def show(self, frame: Frame) -> None:
        """Take a new picture; grow where there are more watches or longer values, shrink with other watches only."""
        same = [watch.text for watch in frame.watches] == [watch.text for watch in self._watches]
        self._watches = frame.watches
        needed = len(packed(self._watches, self.app.size.width, self.most))
        rows = min(max(needed, self.size.height if same else 0), self.most)
        if rows and rows != self.size.height:
            self.styles.height = rows
        self.update_lines()

    def compose_lines(self, width: int, height: int) -> Sequence[Line]:
        """Put the watches beside each other; where they do not fit, say how many are left out."""
        rows = packed(self._watches, width, height)
        shown = sum(map(len, rows))
        lines = [self._row(row) for row in rows]
        left = len(self._watches) - shown
        if left and lines:
            more = f" +{left}: w"
            room = width - len(more)
            lines[-1] = [*_cut(lines[-1], room), (more, style(self.palette.dim))]
        return lines

    def _row(self, row: Sequence[Watched]) -> Line:
        colours = self.palette
        line: Line = [(" ", style(colours.text))]
        for k, watch in enumerate(row):
            line.append((BETWEEN if k else "", style(colours.border)))
            line.append((f"{watch.text} = ", style(colours.dim)))
            line.append((watch.value, style(colours.text, bold=True)))
        return line


def packed(watches: Sequence[Watched], width: int, height: int) -> list[list[Watched]]:
    """Return which watches stand on which line; one that is too long for a line is cut."""
    rows: list[list[Watched]] = []
    left = 0
    for watch in watches:
        needs = len(watch.text) + 3 + len(watch.value)
        if rows and needs + len(BETWEEN) <= left:
            rows[-1].append(watch)
            left -= needs + len(BETWEEN)
        elif len(rows) < height:
            rows.append([watch])
            left = width - 2 - needs
        else:
            break
    return rows


def _cut(line: Line, room: int) -> Line:
    out: Line = []
    for text, look in line:
        out.append((text[:room], look))
        room -= len(out[-1][0])
    return [*out, (" " * max(room, 0), line[0][1])]
