"""Inputs, targets and predictions side by side, each prediction with a bar."""

from collections.abc import Sequence

from nntui import numerals
from nntui.layout import PREDICTIONS
from nntui.palette import style
from nntui.widgets.lines import Line, Panel
from nntui_core.frame import Predictions

EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(value: float, width: int) -> str:
    """Draw a number from 0 to 1 as a bar of at most `width` characters, in eighths of a character."""
    if value != value:
        return " " * width
    eighths = round(min(max(value, 0.0), 1.0) * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (EIGHTHS[rest] if rest else "")).ljust(width)


def _values(row: Sequence[float], most: int) -> str:
    """Write a few numbers of a sample, whole ones short."""
    if numerals.whole(row):
        text = " ".join(f"{value:.0f}" for value in row)
    else:
        text = " ".join(f"{value:.2f}" for value in row)
    return text if len(text) <= most else text[: most - 1] + "…"


def wrong_ones(target: Sequence[float], prediction: Sequence[float]) -> set[int]:
    """Return which numbers of a prediction are wrong: the largest, where it stands for another class than the target.

    Where there are no classes, one 1 among 0s, those that are more than 0.5 away.
    """
    both = range(min(len(target), len(prediction)))
    if len(prediction) == len(target) > 1 and sorted(target) == [0.0] * (len(target) - 1) + [1.0]:
        largest = max(both, key=prediction.__getitem__)
        return set() if target[largest] == 1 else {largest}
    return {k for k in both if abs(prediction[k] - target[k]) > 0.5}


class PredictionsPanel(Panel):
    """A table with a line a sample."""

    def __init__(self) -> None:
        super().__init__(PREDICTIONS)
        self.first = 0
        self._shown = Predictions()

    def show(self, predictions: Predictions) -> None:
        """Take a new picture."""
        self._shown = predictions
        self.update_lines()

    def samples(self) -> tuple[int, int]:
        """Return the window of samples in sight: the first and how many."""
        return self.first, max(self.size.height - 2 - self._has_heading, 1)

    @property
    def _has_heading(self) -> bool:
        """Whether there is a line for a heading; where that would push a sample out, the title says it."""
        inside = self.size.height - 2
        return not inside - 1 < self._shown.total <= inside

    def title_runs(self) -> Line:
        """Say the columns, where there is no line for a heading."""
        if self._has_heading:
            return []
        names = (self._shown.input_name, self._shown.target_name, self._shown.prediction_name)
        return [(" " + " · ".join(name for name in names if name), style(self.palette.dim))]

    def move(self, down: int, right: int) -> None:
        """Scroll by samples."""
        _, rows = self.samples()
        self.first = min(max(self.first + down, 0), max(self._shown.total - rows, 0))
        self.post_message(self.Moved())

    def bring_up(self, row: int) -> None:
        """Bring a sample into sight."""
        first, rows = self.samples()
        if row < self._shown.total and not first <= row < first + rows:
            self.move(row - first, 0)

    def foot_text(self) -> str:
        """Say which samples are in sight, where they are not all."""
        first, rows = self.samples()
        total = self._shown.total
        return "" if total <= rows else f"{first}–{min(first + rows, total) - 1} of {total}"

    def inside(self, width: int, height: int) -> Sequence[Line]:
        """Return a heading and the samples."""
        shown = self._shown
        rows = max(len(shown.inputs), len(shown.targets), len(shown.predictions))
        if not rows:
            return [[(" no predictions yet", style(self.palette.dim))]]
        blank: tuple[float, ...] = ()
        table = [
            tuple(part[i] if i < len(part) else blank for part in (shown.inputs, shown.targets, shown.predictions))
            for i in range(rows)
        ]
        inputs = [_values(x, max(width // 3, 5)) for x, _, _ in table]
        targets = [_values(y, max(width // 4, 4)) for _, y, _ in table]
        a = max(*(len(text) for text in inputs), len(shown.input_name))
        b = max(*(len(text) for text in targets), len(shown.target_name))
        heading = f" {shown.input_name.ljust(a)}  {shown.target_name.ljust(b)}  {shown.prediction_name}"
        lines: list[Line] = [[(heading, style(self.palette.dim))]] if self._has_heading else []
        for x, y, (_, target, prediction) in zip(inputs, targets, table, strict=True):
            lines.append(self._sample(x.ljust(a), y.ljust(b), target, prediction, width - a - b - 6))
        return lines[:height]

    def _sample(self, x: str, y: str, target: Sequence[float], prediction: Sequence[float], room: int) -> Line:
        colours = self.palette
        line: Line = [(f" {x}  ", style(colours.dim)), (f"{y}  ", style(colours.text, bold=True))]
        wrong = wrong_ones(target, prediction)
        for k, value in enumerate(prediction):
            sign = "✗" if wrong and k == len(prediction) - 1 else " "
            text = f"{numerals.fixed(value).strip():<5} {sign}"
            line.append((text, style(colours.error if k in wrong else colours.text)))
        left = room - 7 * len(prediction) - 1
        if len(prediction) == 1 and left >= 4:
            wide = min(left, 24)
            line.append((f" {bar(prediction[0], wide)}", style(colours.error if wrong else colours.focus)))
        if not prediction:
            line.append(("·", style(colours.dim)))
        return line
