"""The dialogs about stopping and watching: run until, a breakpoint's condition, watch expressions."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from nntui.dialogs.entry import EntryDialog, Field
from nntui.protocol import Command, Taken, Verb
from nntui.widgets.code import breakpoint_mark
from nntui_core.frame import Frame

if TYPE_CHECKING:
    from nntui.screen import MainScreen

UNTIL_HINT = (
    "an iteration: 5000 · a condition, looked at after each iteration: loss < 0.1 · abs(dW1).max() < 1e-3 · "
    "enter: run · escape: leave"
)
BREAKPOINT_HINT = "iteration > 100, or nothing · tab goes on to N, 1 stops each time · enter: set it · escape: leave it"
WATCH_HINT = "loss; abs(dW1).max(); W1[0, 0] · a ; between them · none at all: watch nothing · enter: take them"


class StopDialogs:
    """Opens these dialogs over a main screen."""

    def __init__(self, screen: "MainScreen") -> None:
        self._screen = screen
        self._until = ""
        """What was run to last: it stands there to be run to again, or changed."""
        self.actions: dict[str, Callable[[], None]] = {
            "until": self._ask_until,
            "condition": self._ask_condition,
            "watch": self._ask_watches,
        }

    def answer(self, answer: Taken) -> None:
        """Hand the engine's answer to the dialog that has asked."""
        dialog = self._screen.app.screen
        if isinstance(dialog, EntryDialog):
            dialog.problem(answer.problem)

    def _push(self, dialog: EntryDialog) -> None:
        self._screen.app.push_screen(dialog)

    def _send(self, verb: Verb, text: str, number: float = 0.0, every: int = 1) -> None:
        self._screen.engine.send(Command(verb, number, self._screen.view(), text=text, every=every))

    def _ask_until(self) -> None:
        def send(texts: Sequence[str]) -> None:
            self._until = texts[0]
            self._send(Verb.UNTIL, texts[0])

        self._push(EntryDialog([Field("run until", self._until)], UNTIL_HINT, send))

    def _ask_condition(self) -> None:
        line = self._screen.panels.code.marked_line()
        if line is None:
            return

        def send(texts: Sequence[str]) -> None:
            every = texts[1].strip() or "1"
            if not (every.isascii() and every.isdigit() and 0 < int(every) < 10**9):
                raise ValueError(f"{every!r} is no count: a whole number from 1 on would do")
            self._send(Verb.BREAKPOINT, texts[0], line.number, int(every))

        frame = self._screen.picture
        present = frame.breakpoints.get(line.number) if frame is not None else None
        condition, every = present or ("", 1)
        there = "".join(f"{text}\n" for text in _breakpoint_texts(frame)) if frame is not None else ""
        fields = [
            Field(f"{there}a breakpoint before line {line.number}, where", condition),
            Field("stop at every N-th hit, N =", str(every)),
        ]
        self._push(EntryDialog(fields, BREAKPOINT_HINT, send))

    def _ask_watches(self) -> None:
        frame = self._screen.picture
        present = "; ".join(watch.text for watch in frame.watches) if frame is not None else ""
        lines = "".join(f"\n{watch.text} = {watch.value}" for watch in frame.watches) if frame is not None else ""

        def send(texts: Sequence[str]) -> None:
            self._send(Verb.WATCH, texts[0])

        self._push(EntryDialog([Field(f"watch the values of{lines}", present)], WATCH_HINT, send))


def _breakpoint_texts(frame: Frame) -> list[str]:
    """Return a line for each breakpoint there is."""
    return [
        f"{breakpoint_mark(frame, line)} line {line}: {frame.code[line - 1].text.strip()}"
        + (f" · if {condition}" if condition else "")
        + (f" · every {every} hits" if every > 1 else "")
        for line, (condition, every) in sorted(frame.breakpoints.items())
    ]
