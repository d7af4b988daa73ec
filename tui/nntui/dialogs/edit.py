"""A dialog that edits one line of the program, with the shapes of the variables at hand."""

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Label

from nntui.dialogs.number import Dialog, say_problem
from nntui.protocol import Edited
from nntui_core.frame import CodeLine, Variable

HINT = "enter: from here on · escape: leave it as it is · U takes it back later"


class EditDialog(Dialog):
    """Asks for the new text of a line; `apply` hands it to the engine, which says what is wrong by `problem`."""

    def __init__(self, line: CodeLine, variables: Sequence[Variable], apply: Callable[[int, str], None]) -> None:
        super().__init__()
        self._line = line
        self._variables = variables
        self._apply = apply
        self._given: str | None = None
        """The text that the engine has been handed last."""

    def compose(self) -> ComposeResult:
        """Show the line, the shapes and a place for what is wrong."""
        comment = f"  # {self._line.comment}" if self._line.comment else ""
        with Vertical(id="box"):
            yield Label(f"line {self._line.number}", markup=False)
            yield Input(self._line.text.strip() + comment, select_on_focus=False)
            yield Label(HINT, classes="hint", markup=False)
            yield Label(shapes_text(self._variables), markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Hand the text to the engine."""
        self._given = event.value
        self._apply(self._line.number, event.value)

    def answer(self, answer: Edited) -> None:
        """Close where the line has been changed, or say under it what is wrong; another edit's answer is none."""
        if (answer.line, answer.text) != (self._line.number, self._given):
            return
        if answer.problem:
            say_problem(self, answer.problem)
        else:
            self.dismiss(None)


def shapes_text(variables: Sequence[Variable]) -> str:
    """List the arrays with their shapes."""
    return "  ".join(f"{v.name} ({','.join(map(str, v.shape or ()))})" for v in variables)
