"""Moving through time on the loss curve: which column is which iteration, and the mark at the present one."""

from dataclasses import dataclass

from rich.style import Style

from nntui.widgets.lines import Line, merged

HEAD, STEM = "▼", "│"
LEAP = 10
"""Columns that a page is."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The horizontal axis of a curve: iterations 0 to `last`, in columns `first` to `first + columns - 1`."""

    first: int = 0
    columns: int = 1
    last: int = 1

    @property
    def step(self) -> int:
        """How many iterations a column is, at least one."""
        return max(round(self.last / max(self.columns - 1, 1)), 1)

    def column(self, iteration: int) -> int:
        """Return the column of an iteration; of one beyond the end, the last."""
        share = min(max(iteration / max(self.last, 1), 0.0), 1.0)
        return self.first + round(share * (self.columns - 1))


def target(axis: Axis, iteration: int, known: int, columns: int) -> int:
    """Return the iteration so many columns further on, backwards where they are negative, within what has been run."""
    return min(max(iteration + columns * axis.step, 0), known)


def marked(lines: list[Line], column: int, look: Style) -> list[Line]:
    """Return lines with a mark down a column: a head on the first, a stem where nothing is drawn, not on the last."""
    if len(lines) < 2:
        return lines
    head = [_put(lines[0], column, HEAD, look)]
    return [*head, *(_put(line, column, STEM, look, only_blank=True) for line in lines[1:-1]), lines[-1]]


def _put(line: Line, column: int, sign: str, look: Style, only_blank: bool = False) -> Line:
    cells = [(character, style) for text, style in line for character in text]
    cells += [(" ", look)] * (column + 1 - len(cells))
    if not only_blank or cells[column][0] == " ":
        cells[column] = (sign, look)
    return merged(cells)
