"""A dialog that opens another program: the built-in ones, and the usual mistakes, each to be watched and checked."""

from dataclasses import dataclass

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

ROOMY = 60
"""Columns from which on a program's name and its sentence stand on one line."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A program to open: its name as the command line takes it, and a sentence."""

    name: str
    says: str


class OpenDialog(ModalScreen[str | None]):
    """Its result is the name of a program, or None where the user left."""

    BINDINGS = [
        Binding("escape,q", "leave", "leave"),
        Binding("j", "move('cursor_down')", "down", show=False),
        Binding("k", "move('cursor_up')", "up", show=False),
    ]

    def __init__(self, choices: list[Choice]) -> None:
        super().__init__()
        self._choices = choices

    def compose(self) -> ComposeResult:
        """Show the list."""
        narrow = self.app.size.width < ROOMY
        width = 0 if narrow else max(len(choice.name) for choice in self._choices)
        question = "open a program · enter opens it"
        hint = "" if narrow else " · the present loss curve stays, pale"
        with Vertical(id="box"):
            yield Label(f"{question}{hint}", markup=False)
            yield OptionList(*(Option(_row(c, width), id=c.name) for c in self._choices))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the choice."""
        self.dismiss(event.option.id)

    def action_move(self, how: str) -> None:
        """Move by a line."""
        getattr(self.query_one(OptionList), f"action_{how}")()

    def action_leave(self) -> None:
        """Leave without opening anything."""
        self.dismiss(None)


def _row(choice: Choice, width: int) -> Text:
    """Return a choice on one line, cut where it is too long; without a width for the name on two."""
    name = f"{choice.name:<{width}}  " if width else f"{choice.name}\n "
    return Text.assemble((name, "bold"), choice.says, no_wrap=True, overflow="ellipsis")
