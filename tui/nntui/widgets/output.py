"""What the program prints, never over the screen: the last lines, or those that somebody has scrolled back to."""

from collections.abc import Sequence

from nntui.layout import OUTPUT
from nntui.palette import style
from nntui.widgets.bars import shortened
from nntui.widgets.lines import Line, Panel
from nntui_core.frame import Frame

UNPRINTABLE = dict.fromkeys((*range(32), *range(127, 160)), "·")


class OutputPanel(Panel):
    """The program's output. It follows the end until somebody scrolls back; control characters do nothing."""

    def __init__(self) -> None:
        super().__init__(OUTPUT)
        self.first: int | None = None
        """The number of the first line that is wished for, None while the end is followed."""
        self._frame: Frame | None = None

    def show(self, frame: Frame) -> None:
        """Take a new picture."""
        self._frame = frame
        self.update_lines()

    def rows(self) -> int:
        """Return how many lines there is room for."""
        return max(self.size.height - 2, 1)

    def follow(self) -> None:
        """Show the end, and what will be printed."""
        self.first = None

    def move(self, down: int, right: int) -> None:
        """Scroll by lines; at the end, follow it again."""
        frame = self._frame
        if frame is None:
            return
        here = frame.output_first if self.first is None else max(self.first, frame.output_oldest)
        there = max(here + down, frame.output_oldest)
        self.first = there if there + self.rows() < frame.output_count else None
        self.post_message(self.Moved())

    def foot_text(self) -> str:
        """Say which lines are in sight, where they are not all."""
        frame = self._frame
        if frame is None or frame.output_count <= self.rows():
            return ""
        if self.first is None:
            return f"{frame.output_count:,} lines"
        first = frame.output_first
        forgotten = " · earlier ones are not kept" if 0 < first == frame.output_oldest else ""
        return f"{first + 1:,}–{first + len(frame.output):,} of {frame.output_count:,}{forgotten}"

    def inside(self, width: int, height: int) -> Sequence[Line]:
        """Return the lines in sight; one that is too long ends with `…`."""
        look = style(self.palette.text)
        lines = self._frame.output if self._frame else ()
        lines = lines[-height:] if self.first is None else lines[:height]
        return [[(" " + shortened(plain(line), width - 1), look)] for line in lines]


def plain(text: str) -> str:
    """Return a text of a program in which control characters are dots and tabs are blanks."""
    return text.expandtabs(4).translate(UNPRINTABLE)
