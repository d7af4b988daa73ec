"""The app: one main screen, the palette, and how it ends."""

import sys
from typing import TYPE_CHECKING

from textual.app import App
from textual.binding import Binding

from nntui.engine import Engine
from nntui.palette_commands import Commands
from nntui.screen import MainScreen

if TYPE_CHECKING:
    from nntui_core.program import Program


class NntuiApp(App[int]):
    """nntui in a terminal."""

    CSS_PATH = "app.tcss"
    TITLE = "nntui"
    COMMANDS = App.COMMANDS | {Commands}
    BINDINGS = [Binding("ctrl+q", "quit", "quit", show=False, priority=True)]
    ENABLE_COMMAND_PALETTE = True

    def __init__(self, program: "Program") -> None:
        super().__init__()
        self.animation_level = "none"
        self.main = MainScreen(lambda wake: Engine(program, wake))

    def on_mount(self) -> None:
        """Show the main screen."""
        self.push_screen(self.main)


def run(program: "Program") -> int:
    """Open the screen on a program and return the exit status: 0, or 2 where the program's setup failed."""
    app = NntuiApp(program)
    app.run()
    status = app.return_code or 0
    result = app.return_value
    if isinstance(result, int) and result:
        status = result
    return status


if __name__ == "__main__":
    from nntui_core import builtin

    sys.exit(run(builtin.load(sys.argv[1] if len(sys.argv) > 1 else "default")))
