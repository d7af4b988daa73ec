"""A dialog that asks for one number, and says at once what is wrong with what is typed."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

Reader = Callable[[str], float]
"""Turns text into a number, or raises a ValueError whose message says what would do."""


class Dialog(ModalScreen[float | None]):
    """The base of all dialogs: `escape` leaves it."""

    BINDINGS = [Binding("escape", "leave", "leave")]

    def action_leave(self) -> None:
        """Leave without doing anything."""
        self.dismiss(None)


class NumberDialog(Dialog):
    """Asks for a number; its result is the number, or None where the user left."""

    def __init__(self, question: str, present: str, read: Reader) -> None:
        super().__init__()
        self._question = question
        self._present = present
        self._read = read

    def compose(self) -> ComposeResult:
        """Show the question, a field with the present number, and a line for what is wrong."""
        with Vertical(id="box"):
            yield Label(self._question, markup=False)
            yield Input(self._present, select_on_focus=True)
            yield Label("enter: take it · escape: leave it as it is", classes="hint", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the number, or say what is wrong."""
        try:
            self.dismiss(self._read(event.value))
        except ValueError as error:
            say_problem(self, str(error))


def say_problem(dialog: Dialog, text: str) -> None:
    """Put what is wrong into the place of the hint."""
    hint = dialog.query_one(".hint", Label)
    hint.add_class("problem")
    hint.update(text)


def read_rate(text: str) -> float:
    """Read a learning rate."""
    import math

    try:
        rate = float(text)
    except ValueError:
        raise ValueError(f"{text.strip() or 'nothing'!r} is not a number: 0.5 or 1e-3 would do") from None
    if not math.isfinite(rate):
        raise ValueError("a learning rate is a finite number: 0.5 or 1e-3 would do")
    return rate


def read_iteration(text: str) -> float:
    """Read the number of an iteration, counted from 0."""
    cleaned = text.strip().replace(",", "").replace("_", "")
    if not (cleaned.isascii() and cleaned.isdigit()) or len(cleaned) > 12:
        raise ValueError(f"{text.strip() or 'nothing'!r} is not an iteration: a whole number from 0 on would do")
    return float(cleaned)
