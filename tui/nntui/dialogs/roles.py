"""A dialog that says what a script's variables are for, where nntui has not found it out, or wrongly."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from nntui_core.roles import Given

FIELDS = (
    ("parameters", "learned arrays, with commas between"),
    ("target", "what should come out"),
    ("prediction", "what does come out"),
    ("loss", "the variable that holds the cost"),
    ("cost", "the cost as an expression, where no variable holds it"),
    ("rate", "the learning rate"),
)


class RolesDialog(ModalScreen[Given | None]):
    """Its result is what the user says; an empty field is found out from the program."""

    BINDINGS = [
        Binding("escape", "leave", "leave"),
        Binding("up", "app.focus_previous"),
        Binding("down", "app.focus_next"),
    ]

    def __init__(self, present: dict[str, str]) -> None:
        super().__init__()
        self._present = present

    def compose(self) -> ComposeResult:
        """Show a field for each role."""
        with Vertical(id="box"):
            yield Label("what the variables are for · empty: nntui finds it out", markup=False)
            for name, says in FIELDS:
                yield Label(f"{name}: {says}", classes="hint", markup=False)
                yield Input(self._present.get(name, ""), id=name, select_on_focus=False)
            yield Label("enter: start again so · escape: leave", classes="hint", markup=False)

    def on_input_submitted(self) -> None:
        """Take all fields."""
        said = {name: self.query_one(f"#{name}", Input).value.strip() for name, _ in FIELDS}
        parameters = tuple(part.strip() for part in said.pop("parameters").split(",") if part.strip())
        self.dismiss(Given(parameters, **{name: text or None for name, text in said.items()}))

    def action_leave(self) -> None:
        """Leave it as it is."""
        self.dismiss(None)
