"""The verdict on the gradients: what each update is worth, what is wrong, and what would cure it."""

import math
from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding

from nntui.dialogs.number import Dialog
from nntui.dialogs.origin import wrapped_lines
from nntui.palette import style
from nntui.protocol import Edited
from nntui.widgets.lines import Line, Lines
from nntui_core.replies import MEASURES, Found, Verdict, Verdicts

SAYS = {
    "descent": ("✓", "goes downhill along ∂C/∂{name}"),
    "ascent": ("✗", "goes uphill: the sign is wrong"),
    "not-a-gradient": ("✗", "is not a step along ∂C/∂{name}"),
    "not-updated": ("✗", "is not updated"),
}
SHADES = " ░▒▓█"
"""A cell's error, from none to as large as the gradient itself."""
FIRST_SHADE = 1e-4
"""Share of the greatest slope from which on an error is shaded."""


class CheckLines(Lines):
    """The inside of the dialog."""

    has_border = True

    def __init__(self) -> None:
        super().__init__(id="check")
        self.verdicts: Verdicts | None = None
        self.top = 0
        self.applied = False
        """Whether a suggestion has been applied."""

    def compose_lines(self, width: int, height: int) -> Sequence[Line]:
        """Show as much as there is room for, and the keys in the last line."""
        verdicts = self.verdicts
        if verdicts is None:
            return []
        lines = self._all(verdicts, width - 2)
        room = height - 1
        self.top = max(min(self.top, len(lines) - room), 0)
        shown = lines[self.top : self.top + room]
        shown += [[] for _ in range(room - len(shown))]
        return [*shown, [(self._keys(width, len(lines) > room), style(self.palette.focus))]]

    def _keys(self, width: int, scrolls: bool) -> str:
        """Say the keys, in fewer words where there is little room."""
        count = len(self.curable)
        first = "the suggestion" if count == 1 else f"the first of {count} suggestions"
        long = [f"a applies {first}"] * bool(count) + ["escape leaves"] + ["↑↓ scroll"] * scrolls
        short = ["a applies"] * bool(count) + ["esc leaves"] + ["↑↓"] * scrolls
        text = " " + " · ".join(long)
        return text if len(text) <= width else " " + " · ".join(short)

    @property
    def curable(self) -> tuple[Found, ...]:
        """The findings that one edited line would cure."""
        found = self.verdicts.findings if self.verdicts else ()
        return tuple(finding for finding in found if finding.replacement is not None)

    def _all(self, verdicts: Verdicts, room: int) -> list[Line]:
        colours = self.palette
        dim = style(colours.dim)
        lines: list[Line] = []
        if verdicts.answer:
            lines += wrapped_lines(verdicts.answer, room, style(colours.mark, bold=True), 6)
            lines.append([])
        lines.append([(f" iteration {verdicts.iteration} · {verdicts.cost}"[: room + 1], dim)])
        for verdict in verdicts.verdicts:
            lines += self._verdict(verdict, room)
        if verdicts.sampled:
            lines += wrapped_lines(verdicts.sampled, room, dim, 2)
        lines.append([])
        for finding in verdicts.findings:
            lines += self._finding(finding, room)
        if not verdicts.findings:
            lines.append([(" Nothing was found to be wrong.", style(colours.text))])
        if self.applied:
            lines.append([(" The line is changed from here on; r starts again with it.", style(colours.mark))])
        lines += self._maps([v for v in verdicts.verdicts if v.error], room)
        if any(math.isfinite(verdict.cosine) for verdict in verdicts.verdicts):
            lines += [[], *wrapped_lines(MEASURES, room, dim, 6)]
        return lines

    def _verdict(self, verdict: Verdict, room: int) -> list[Line]:
        colours = self.palette
        mark, says = SAYS[verdict.verdict]
        good = verdict.verdict == "descent"
        line: Line = [
            (f" {mark} {verdict.name} ", style(colours.text if good else colours.error, bold=True)),
            (says.format(name=verdict.name), style(colours.text)),
        ]
        if not math.isfinite(verdict.cosine):
            return [line]
        dim = style(colours.dim)
        factor = f"no factor: {verdict.unsized}" if verdict.unsized else f"factor {verdict.factor:.4g}"
        numbers = f"cosine {verdict.cosine:.4f} · {factor} · error {verdict.relative_error:.1e}"
        if sum(len(text) for text, _ in line) + len(numbers) + 3 <= room:
            return [[*line, (f"   {numbers}", dim)]]
        return [line, *wrapped_lines(f"  {numbers}", room, dim, 3)]

    def _finding(self, finding: Found, room: int) -> list[Line]:
        colours = self.palette
        wrong = finding.severity == "error"
        where = f"line {finding.line}: " if finding.line else ""
        look = style(colours.error if wrong else colours.mark, bold=True)
        mark = "✗" if wrong else "!"
        lines = wrapped_lines(f"{mark} {finding.code} · {where}{finding.message}", room, look, 4)
        if finding.suggestion:
            lines += wrapped_lines(f"  → {finding.suggestion}", room, style(colours.text), 3)
        return lines

    def _maps(self, verdicts: Sequence[Verdict], room: int) -> list[Line]:
        """Draw the heat maps of the errors beside each other, as far as there is room."""
        wrong = [v for v in verdicts if not v.relative_error < FIRST_SHADE]
        if not wrong:
            return []
        blocks: list[list[str]] = []
        for verdict in wrong:
            rows = ["".join(shade(value) * 2 for value in row) for row in verdict.error]
            title = f"error of {verdict.name}"
            wide = max(len(title), *(len(row) + 2 for row in rows))
            block = [title.ljust(wide), *(f"│{row}│".ljust(wide) for row in rows)]
            if sum(len(b[0]) + 3 for b in blocks) + wide <= room:
                blocks.append(block)
        tall = max(len(block) for block in blocks)
        lines: list[Line] = [[], [(" how far each cell of the update is off: blank is right", style(self.palette.dim))]]
        for y in range(tall):
            row = "   ".join(b[y] if y < len(b) else " " * len(b[0]) for b in blocks)
            lines.append([(" " + row, style(self.palette.text))])
        return lines


def shade(share: float) -> str:
    """Return a character for an error, given as a share of the greatest slope; `?` where it was not measured."""
    if share != share:
        return "?"
    if share < FIRST_SHADE:
        return SHADES[0]
    return SHADES[min(1 + int(share * (len(SHADES) - 1)), len(SHADES) - 1)]


class CheckDialog(Dialog):
    """Shows verdicts; `apply` asks the engine to edit a line."""

    BINDINGS = [
        Binding("a", "apply", "apply"),
        Binding("up,k", "scroll(-1)", "up"),
        Binding("down,j", "scroll(1)", "down"),
        Binding("c,q,enter", "leave", "leave"),
    ]

    def __init__(self, apply: Callable[[int, str], None]) -> None:
        super().__init__()
        self._apply = apply
        self._cure: tuple[int, str] | None = None
        """The line that is being changed; until that is answered and checked, there is nothing to apply."""
        self.lines = CheckLines()

    def compose(self) -> ComposeResult:
        """Show the lines."""
        yield self.lines

    def show_verdicts(self, verdicts: Verdicts) -> None:
        """Take the result of a check."""
        self._cure = None
        self.lines.verdicts = verdicts
        self.lines.update_lines()

    def is_about(self, answer: Edited) -> bool:
        """Tell whether an answer is that to the suggestion applied here."""
        return (answer.line, answer.text) == self._cure

    def action_scroll(self, by: int) -> None:
        """Scroll by a line."""
        self.lines.top = max(self.lines.top + by, 0)
        self.lines.update_lines()

    def action_apply(self) -> None:
        """Apply the first suggestion that is a line; the check is then made again."""
        curable = self.lines.curable
        if curable and curable[0].replacement is not None and self._cure is None:
            self.lines.applied = True
            self._cure = curable[0].replacement
            self._apply(*self._cure)
