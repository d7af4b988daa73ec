"""A dialog that asks for expressions over the program's variables; the engine says what is wrong with them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Label

from nntui.dialogs.number import Dialog, say_problem


@dataclass(frozen=True, slots=True)
class Field:
    """A line to type into: what it asks for, and what stands in it at first."""

    question: str
    present: str = ""


class EntryDialog(Dialog):
    """Asks for one text or several; `send` hands them to the engine, or raises a ValueError that says what would do.

    It stays until the engine has taken them.
    """

    def __init__(self, fields: Sequence[Field], hint: str, send: Callable[[Sequence[str]], None]) -> None:
        super().__init__()
        self._fields = fields
        self._hint = hint
        self._send = send

    def compose(self) -> ComposeResult:
        """Show the fields, and an example beneath them."""
        with Vertical(id="box"):
            for field in self._fields:
                yield Label(field.question, markup=False)
                yield Input(field.present, select_on_focus=True)
            yield Label(self._hint, classes="hint", markup=False)

    def on_input_submitted(self) -> None:
        """Hand over what has been typed."""
        try:
            self._send([field.value for field in self.query(Input)])
        except ValueError as error:
            say_problem(self, str(error))

    def problem(self, text: str) -> None:
        """Say what is wrong; leave where nothing is."""
        if text:
            say_problem(self, text)
        else:
            self.dismiss(None)
