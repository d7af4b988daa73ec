"""The help screen, made from the table of actions."""

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Static

from nntui.actions import ACTIONS, Section
from nntui.dialogs.number import Dialog

ROOMY = 60
"""Columns from which on the keys stand below one another."""
LEGEND = """Reading the screen
 ▶ the line that comes next · → forward · C cost · ← backward · Δ update
 Orange is positive, blue negative, the stronger the larger.
 Bold is what the last command changed; underlined are the cells that
 the selected cell was computed from. 0 without decimals is exactly 0.
 ● a breakpoint · ◆ one with a condition or a count.
 In the loss curve, the pale ░ is the run before, a vertical line
 what you changed there, ▼ the present where one has gone back.
 W weights · z pre-activation · a activation · delta ∂C/∂z · γ rate"""


class Help(Dialog):
    """Every key with one sentence, by chapter."""

    BINDINGS = [
        Binding("question_mark,q", "leave", "leave"),
        Binding("j", "scroll(1)", "down", show=False),
        Binding("k", "scroll(-1)", "up", show=False),
    ]

    def compose(self) -> ComposeResult:
        """Show the list."""
        with VerticalScroll(id="box"):
            yield Static(help_text(self.app.size.width < ROOMY))

    def action_scroll(self, down: int) -> None:
        """Scroll by a line, at once: keys in one packet would all start from the line that was painted last."""
        self.query_one(VerticalScroll).scroll_relative(y=down, animate=False, immediate=True)


def help_text(narrow: bool = False) -> Text:
    """Return the list of keys and the legend; on a narrow screen the keys have no column of their own."""
    text = Text()
    for section in Section:
        text.append(f"{section.value}\n", "bold")
        for action in ACTIONS:
            if action.section is section:
                text.append(f"{action.key}  " if narrow else f" {action.key:>12}  ", "bold")
                text.append(f"{action.help}\n")
    text.append("\n" + LEGEND.split("\n")[0] + "\n", "bold")
    text.append("\n".join(LEGEND.split("\n")[1:]))
    text.append("\n\nescape, ? or q leaves this list.", "italic")
    return text
