"""The samples that add most to the loss, the worst first."""

from collections.abc import Sequence

from nntui import numerals
from nntui.layout import WORST
from nntui.palette import style
from nntui.widgets.bars import wrapped
from nntui.widgets.lines import Line, Panel
from nntui.widgets.output import plain
from nntui_core.frame import Sample, Worst

WIDEST_NAME = 12
"""Characters of a class's name."""
MOST_NUMBERS = 3
"""Numbers of a target, or of a prediction, that are written out."""


class WorstPanel(Panel):
    """A line a sample; the one at the cursor can be gone to."""

    def __init__(self) -> None:
        super().__init__(WORST)
        self.shown = Worst()
        self._first = self._at = 0

    def show(self, worst: Worst) -> None:
        """Take a new picture."""
        self.shown = worst
        self._at = min(self._at, max(worst.total - 1, 0))
        self.update_lines()

    def window(self) -> tuple[int, int]:
        """Return the samples that there is room for: the first and how many."""
        return self._first, max(self.size.height - 3, 1)

    def move(self, down: int, right: int) -> None:
        """Move the cursor, and the window after it."""
        rows = self.window()[1]
        total = self.shown.total
        self._at = min(max(self._at + down, 0), max(total - 1, 0))
        self._first = min(max(min(self._first, self._at), self._at - rows + 1), max(total - rows, 0))
        self.update_lines()
        self.post_message(self.Moved())

    def chosen(self) -> Sample | None:
        """Return the sample at the cursor, None where none is there."""
        place = self._at - self.shown.first
        return self.shown.samples[place] if 0 <= place < len(self.shown.samples) else None

    def title_runs(self) -> Line:
        """Say what the shares are of."""
        about = " of some" if self.shown.some else ""
        return [(f"{about} by {self.shown.by}", style(self.palette.dim))] if self.shown.by else []

    def foot_text(self) -> str:
        """Say how to go to a sample, and how many there are."""
        if not self.shown.total:
            return ""
        return "enter: to its row" if self.has_focus else f"of {self.shown.total:,}"

    def inside(self, width: int, height: int) -> Sequence[Line]:
        """Return a heading and a line for each sample in sight."""
        shown, dim = self.shown, style(self.palette.dim)
        if shown.problem:
            return [[(text, dim)] for text in wrapped(shown.problem, width - 1)]
        digits = max(len(str(max((s.row for s in shown.samples), default=0))), 3)
        rows = [(self._target(sample), self._prediction(sample)) for sample in shown.samples]
        wide = max([len(target) for target, _ in rows] + [len(shown.target_name)])
        heading = f" {'row'.rjust(digits)} share  {shown.target_name.ljust(wide)}   {shown.prediction_name}"
        lines: list[Line] = [[(heading, dim)]]
        for k, (sample, (target, prediction)) in enumerate(zip(shown.samples, rows, strict=True)):
            wrong = sample.label != sample.predicted
            here = self.has_focus and shown.first + k == self._at
            look = style(self.palette.error if wrong else self.palette.text, reverse=here)
            sign = "≠" if wrong else " "
            text = f" {sample.row:>{digits}} {_percent(sample.share)}  {target.ljust(wide)} {sign} {prediction}"
            lines.append([(text.ljust(width), look)] if here else [(text, look)])
        return lines

    def _target(self, sample: Sample) -> str:
        return _short(sample.label) if sample.label else _numbers(sample.target)

    def _prediction(self, sample: Sample) -> str:
        if not sample.label:
            return _numbers(sample.prediction)
        return f"{numerals.fixed(sample.certainty).strip():<5} {_short(sample.predicted)}"


def _percent(share: float) -> str:
    return "    ·" if share != share else f"{share:>5.1%}" if share < 0.9995 else " 100%"


def _numbers(values: Sequence[float]) -> str:
    text = " ".join(numerals.brief(value, 3) for value in values[:MOST_NUMBERS])
    return text + (" …" if len(values) > MOST_NUMBERS else "")


def _short(name: str) -> str:
    text = plain(name)
    return text if len(text) <= WIDEST_NAME else text[: WIDEST_NAME - 1] + "…"
