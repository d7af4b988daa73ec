"""What the program prints, the last lines; never over the screen."""

from collections.abc import Sequence

from nntui.layout import OUTPUT
from nntui.palette import style
from nntui.widgets.lines import Line, Panel

UNPRINTABLE = dict.fromkeys((*range(32), *range(127, 160)), "·")


class OutputPanel(Panel):
    """The end of the program's output. Control characters in it do nothing."""

    def __init__(self) -> None:
        super().__init__(OUTPUT)
        self._output: tuple[str, ...] = ()
        self._count = 0

    def show(self, output: tuple[str, ...], count: int) -> None:
        """Take a new picture."""
        self._output, self._count = output, count
        self.update_lines()

    def rows(self) -> int:
        """Return how many lines there is room for."""
        return max(self.size.height - 2, 1)

    def foot_text(self) -> str:
        """Say how much there has been in all."""
        return f"{self._count:,} lines" if self._count > self.rows() else ""

    def inside(self, width: int, height: int) -> Sequence[Line]:
        """Return the last lines."""
        look = style(self.palette.text)
        return [[(" " + plain(line), look)] for line in self._output[-height:]]


def plain(text: str) -> str:
    """Return a text of a program in which control characters are dots and tabs are blanks."""
    return text.expandtabs(4).translate(UNPRINTABLE)
