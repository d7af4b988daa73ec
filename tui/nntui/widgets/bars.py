"""The four bars around the panels: header, flow, explanation and footer."""

from collections.abc import Callable, Sequence

from nntui import actions, numerals
from nntui.palette import style
from nntui.widgets.lines import Line, Lines, Run
from nntui_core.frame import FlowStep, Frame

ROOMY = 60
"""Columns from which on a header also says how many iterations there are to be."""


class Header(Lines):
    """Which program this is, and where it stands."""

    def __init__(self) -> None:
        super().__init__(id="header")
        self._frame: Frame | None = None
        self._is_running = False
        self._speed = 0.0
        self._trouble = ""

    def show(self, frame: Frame, running: bool, speed: float) -> None:
        """Take a new picture."""
        self._frame, self._is_running, self._speed = frame, running, speed
        self.update_lines()

    def trouble(self, text: str) -> None:
        """Say that there is no program."""
        self._trouble = text
        self.update_lines()

    def compose_lines(self, width: int, height: int) -> Sequence[Line]:
        """Put the name at the left, the numbers at the right; the name gives way."""
        colours = self.palette
        name: Line = [(" nntui", style(colours.focus, bold=True))]
        frame = self._frame
        if frame is None and self._trouble:
            return [[*name, (" · no program is open", style(colours.error, bold=True))]]
        if frame is None:
            return [[*name, (" · setting up the program …", style(colours.dim))]]
        state = self._state(frame)
        room = width - sum(len(text) for text, _ in state) - 7
        title = f" · {frame.program}" + (f" · {frame.title}" if frame.title and frame.title != frame.program else "")
        if frame.seed is not None:
            title += f" · seed {frame.seed}"
        if len(title) >= room:
            title = title[: room - 2] + "…" if room > 2 else ""
        blank = " " * max(room - len(title), 0)
        return [[*name, (title, style(colours.text)), (blank, style(colours.text)), *state]]

    def _of(self, frame: Frame) -> str:
        """Say how many iterations the loop's header asks for, where there is room."""
        if frame.natural_end is None or frame.iteration > frame.natural_end or self.size.width < ROOMY:
            return ""  # a built-in program may go on for longer than it asks for
        return f"/{frame.natural_end:,}"

    def _state(self, frame: Frame) -> Line:
        colours = self.palette
        status, colour = {
            "failed": ("failed", colours.error),
            "ended": ("the loop is over", colours.mark),
            "paused": ("paused", colours.dim),
        }[frame.status]
        if self._is_running:
            word = "running " if self.size.width > ROOMY else ""
            status, colour = f"{word}{self._speed:,.0f} it/s", colours.mark
        rate = f" · γ {frame.rate:g}" if frame.rate is not None else ""
        loss = frame.loss
        broken = loss is not None and (loss != loss or abs(loss) == float("inf"))
        return [
            (
                f"it {frame.iteration:,}{self._of(frame) if self.size.width >= ROOMY else ''}{rate} · ",
                style(colours.text),
            ),
            (f"C {numerals.short(loss)}", style(colours.error if broken else colours.text, bold=True)),
            (" · ", style(colours.text)),
            (f"{status} ", style(colour, bold=True)),
        ]


class Flow(Lines):
    """The order in which an iteration computes its variables; the next one is in brackets."""

    def __init__(self) -> None:
        super().__init__(id="flow")
        self._frame: Frame | None = None

    def show(self, frame: Frame) -> None:
        """Take a new picture."""
        self._frame = frame
        self.update_lines()

    def compose_lines(self, width: int, height: int) -> Sequence[Line]:
        """Return one line; where it is too long, the part around the next variable."""
        frame = self._frame
        if frame is None or not frame.flow:
            return []
        stops = flow_texts(frame)
        current = next((i for i, step in enumerate(frame.flow) if step.statement == frame.following), 0)
        start = 0
        while start < current and sum(len(a) + len(b) + 2 for a, b in stops[start : current + 2]) > width - 2:
            start += 1
        colours = self.palette
        line: Line = [(" …" if start else " ", style(colours.dim))]
        for i in range(start, len(stops)):
            joint, name = stops[i]
            line.append((joint, style(colours.border)))
            is_next = i == current and frame.following is not None
            text = f"[{name}]" if is_next else name
            line.append((text, style(colours.mark if is_next else colours.dim, bold=is_next)))
        return [line]


def flow_texts(frame: Frame) -> list[tuple[str, str]]:
    """Return for each step of the flow what stands before its name, and its name."""
    out = []
    before: FlowStep | None = None
    for step in frame.flow:
        joint = " → "
        if step.through:
            source = frame.inputs if before is None and frame.inputs else ""
            joint = f"{source} ─ {step.through} → "
        elif before is None:
            joint = f"{frame.inputs} → " if frame.inputs else ""
        elif step.phase != before.phase and {step.phase, before.phase} & {"backward", "update"}:
            joint = " ┆ "
        elif step.phase == "update":
            joint = " "
        out.append((joint, step.name))
        before = step
    return out


class Explanation(Lines):
    """Two lines about the selected cell; or why something failed or could not be done."""

    def __init__(self) -> None:
        super().__init__(id="explanation")
        self.small = False
        """Whether the program may be out of sight, so that the current line is shown here."""
        self._frame: Frame | None = None
        self._notice = ""

    def show(self, frame: Frame | None, notice: str) -> None:
        """Take a new picture, and what is to be said besides."""
        self._frame, self._notice = frame, notice
        self.update_lines()

    def compose_lines(self, width: int, height: int) -> Sequence[Line]:
        """Say the most urgent thing."""
        frame = self._frame
        room = width - 2
        if self._notice and not (frame is not None and frame.failure and self._notice == frame.cannot_go_on):
            return self._coloured(wrapped(self._notice, room), self.palette.mark)
        if frame is None:
            return []
        if frame.failure:
            return self._coloured(failure_lines(frame.failure, room, height), self.palette.error)
        lines = self._cell(frame, room)
        if self.small and height > 1:
            current = frame.code[frame.current_line - 1].text.strip()
            return [[(" ▶ ", style(self.palette.mark, bold=True)), (current, style(self.palette.mark))], *lines]
        return lines

    def _coloured(self, texts: Sequence[str], colour: str) -> list[Line]:
        return [[(" " + text, style(colour, bold=i == 0))] for i, text in enumerate(texts)]

    def _cell(self, frame: Frame, room: int) -> list[Line]:
        colours = self.palette
        cell = frame.cell
        if cell is None:
            hint = (
                frame.caution
                or "nothing is computed yet: s runs the line at ▶, n a whole iteration, space lets it run and stops it"
            )
            return self._coloured(wrapped(hint, room), colours.dim)
        when: Run = (f"   {cell.when}", style(colours.dim))
        value = f"{cell.label} = {cell.value}"
        whole = len(value) + len(when[0]) <= room
        exact: Line = [(" " + shortened(value, room), style(colours.text, bold=True)), when if whole else ("", when[1])]
        if not cell.short:
            return [exact]
        numbers: Line = [(" " + shortened(cell.short, room), style(colours.text))]
        if len(cell.formula) + len(when[0]) <= room:
            return [[(" " + cell.formula, style(colours.text, bold=True)), when], numbers]
        return [exact, numbers]


def shortened(text: str, width: int) -> str:
    """Cut a text that is too long, and say so."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def failure_lines(failure: Sequence[str], width: int, height: int) -> list[str]:
    """Say what failed in as many words as there is room for; the details matter more than NumPy's own message."""
    line, _, message = failure[0].partition(": ")
    details = " · ".join(failure[1:])
    forms = (f"{line}: {message} · {details}", f"{line}: {details}") if details else (failure[0],)
    return next((w for form in forms if len(w := wrapped(form, width)) <= height), wrapped(forms[-1], width))


def wrapped(text: str, width: int) -> list[str]:
    """Break a text at blanks into lines of a width."""
    import textwrap

    return textwrap.wrap(text, max(width, 1)) or [""]


class Footer(Lines):
    """The keys, from the table of actions; what can do nothing now is dim."""

    def __init__(self, why_not: Callable[[str], str | None]) -> None:
        super().__init__(id="footer")
        self._why_not = why_not

    def compose_lines(self, width: int, height: int) -> Sequence[Line]:
        """Return the keys that fit; help and quit always do."""
        colours = self.palette
        line: list[Run] = [(" ", style(colours.text))]
        for action in actions.footer(width):
            dead = self._why_not(action.name) is not None
            line.append((actions.footer_key(action), style(colours.dim if dead else colours.focus, bold=not dead)))
            line.append((f" {action.label}  ", style(colours.border if dead else colours.text)))
        return [line]
