"""The app: one main screen, the palette, and how it ends."""

import sys
from typing import TYPE_CHECKING

from textual.app import App
from textual.binding import Binding

from nntui.engine import Engine, Opener
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

    def __init__(self, program: "Program | Opener") -> None:
        super().__init__()
        self.animation_level = "none"
        opener: Opener = program if callable(program) else lambda: program
        self.main = MainScreen(lambda wake: Engine(opener, wake))

    def on_mount(self) -> None:
        """Show the main screen."""
        self.push_screen(self.main)


FAULT = 70
"""The exit status of a fault of nntui itself: EX_SOFTWARE of sysexits."""


def run(program: "Program | Opener") -> int:
    """Open the screen on a program, or on what gives one, and return the exit status."""
    app = NntuiApp(program)
    app.run()
    if app.main.crash:
        sys.stderr.write(f"{app.main.crash}\nThis is a fault of nntui, not of your program.\n")
        return FAULT
    return app.return_code or 0
