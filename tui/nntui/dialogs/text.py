"""A dialog that asks for one line of text."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label


class TextDialog(ModalScreen[str | None]):
    """Asks for a text; its result is the text, or None where the user left or gave none."""

    BINDINGS = [Binding("escape", "leave", "leave")]

    def __init__(self, question: str, present: str) -> None:
        super().__init__(classes="dialog")
        self._question = question
        self._present = present

    def compose(self) -> ComposeResult:
        """Show the question and a field."""
        with Vertical(id="box"):
            yield Label(self._question, markup=False)
            yield Input(self._present, select_on_focus=False)
            yield Label("enter: take it · escape: leave", classes="hint", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the text."""
        self.dismiss(event.value.strip() or None)

    def action_leave(self) -> None:
        """Leave without doing anything."""
        self.dismiss(None)
