"""The program, with the line that comes next, what it computes and which shape that has."""

from collections.abc import Sequence

from nntui.actions import BY_NAME
from nntui.layout import CODE
from nntui.palette import style
from nntui.widgets.lines import Line, Panel
from nntui_core.frame import CodeLine, Frame

PHASES = {"forward": "→", "loss": "C", "backward": "←", "update": "Δ"}
"""A sign for each phase, beside the line."""


class CodePanel(Panel):
    """Shows as much of the text around the current line as there is room for."""

    def __init__(self) -> None:
        super().__init__(CODE)
        self._frame: Frame | None = None
        self._top = 0
        self._followed: tuple[int, int] | None = None
        self._printed = 0
        self.cursor: int | None = None
        """The line (1-based) that the user has moved to, None while the current line is followed."""

    def show(self, frame: Frame, printed: int = 0) -> None:
        """Take a new picture, and follow the current line; `printed` are lines printed that are not in sight."""
        self._frame, self._printed = frame, printed
        if (frame.iteration, frame.tick) != self._followed:
            self._followed = (frame.iteration, frame.tick)
            self.cursor = None
            self._follow()
        self.update_lines()

    def _follow(self) -> None:
        """Scroll so that the current line has a line before it and as many after it as there is room for."""
        if self._frame is None:
            return
        room = max(self.size.height - 2, 1)
        numbers = [line.number for line in self._frame.code if line.statement is not None]
        header, last = numbers[0] - 1, len(self._frame.code)
        if last - header < room:
            top = header
        elif last - header == room:
            top = numbers[0]
        else:
            top = max(header, self._frame.current_line - max(room // 2, 1))
        self._top = max(min(top - 1, last - room), 0)

    def move(self, down: int, right: int) -> None:
        """Move the cursor by lines; it returns to the current line with the next step."""
        if self._frame is None:
            return
        lines = len(self._frame.code)
        here = self._frame.current_line if self.cursor is None else self.cursor
        self.cursor = min(max(here + down, 1), lines)
        room = max(self.size.height - 2, 1)
        self._top = max(min(self._top, self.cursor - 1), self.cursor - room)
        self.update_lines()

    def marked_line(self) -> CodeLine | None:
        """Return the line that the cursor is on, or the current one."""
        if self._frame is None:
            return None
        number = self._frame.current_line if self.cursor is None else self.cursor
        return self._frame.code[number - 1]

    def on_resize(self) -> None:
        """Keep the current line in sight."""
        self._follow()
        super().on_resize()

    def foot_text(self) -> str:
        """Say what was printed where nobody sees it, and how much of the text is in sight."""
        if self._frame is None:
            return ""
        parts = []
        if self._printed:
            lines = "1 line" if self._printed == 1 else f"{self._printed:,} lines"
            parts.append(f"{lines} printed: {BY_NAME['output'].key}")
        if len(self._frame.code) > self.size.height - 2:
            last = min(self._top + self.size.height - 2, len(self._frame.code))
            parts.append(f"lines {self._top + 1}–{last} of {len(self._frame.code)}")
        return " · ".join(parts)

    def inside(self, width: int, height: int) -> Sequence[Line]:
        """Return the lines in sight."""
        if self._frame is None:
            return []
        shown = self._frame.code[self._top : self._top + height]
        notes = _notes_width(shown, width)
        return [self._line(self._frame, line, width, notes) for line in shown]

    def _line(self, frame: Frame, line: CodeLine, width: int, notes: int) -> Line:
        colours = self.palette
        current = line.number == frame.current_line
        failed = current and frame.status == "failed"
        mark = ("✗" if failed else "▶") if current else " "
        colour = colours.error if failed else colours.mark if current else colours.text
        if line.statement is None and not current:
            colour = colours.dim
        executed = line.number == frame.executed_line
        text = line.text or (f"# {line.comment}" if line.comment else "")
        room = width - 4
        note = _note(line, text, room, notes)
        code = text if len(text) <= room else text[: max(room - 1, 0)] + "…"
        back = colours.cursor if line.number == self.cursor and self.has_focus else None
        sign = "*" if line.edited else PHASES.get(line.phase, " ")
        sign = "!" if line.wrong else sign
        stop = breakpoint_mark(frame, line.number)
        return [
            (mark, style(colours.error if failed else colours.mark, bold=True)),
            (stop, style(colours.error if failed or stop != " " else colours.mark, bold=True)),
            (sign + " ", style(colours.error if line.wrong else colours.mark if line.edited else colours.dim)),
            (code.ljust(room - len(note)), style(colour, bold=current or executed, background=back)),
            (note, style(colours.error if line.wrong else colours.dim, background=back)),
        ]


def breakpoint_mark(frame: Frame, line: int) -> str:
    """Return the sign of a breakpoint, another one where it has a condition or a count; a blank where there is none."""
    found = frame.breakpoints.get(line)
    if found is None:
        return " "
    return "●" if found == ("", 1) else "◆"


def _note(line: CodeLine, text: str, room: int, notes: int) -> str:
    """Return what stands at the right of a line: meaning and shape, or the shape alone, as far as there is room."""
    if not line.text:
        return ""
    for note in (f"{line.meaning or line.comment} {line.shape}".strip(), line.shape):
        for width in (notes, len(note)):
            if note and len(text) + 1 + width <= room and len(note) <= width:
                return " " + note.ljust(width)
    return ""


def _notes_width(lines: Sequence[CodeLine], width: int) -> int:
    """Return how wide the column of meanings and shapes is: as wide as needed where the code leaves room for it."""
    if width < 60:
        return 0
    longest = max((len(f"{x.meaning or x.comment} {x.shape}".strip()) for x in lines if x.text), default=0)
    return min(longest, width // 3)
