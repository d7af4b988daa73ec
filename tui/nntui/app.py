"""The app: one main screen, the palette, and how it ends."""

import sys
from typing import TYPE_CHECKING

from textual.app import App
from textual.binding import Binding

from nntui.autosave import Autosave
from nntui.ending import heed_signals, wait_for
from nntui.engine import Engine, Opener
from nntui.palette_commands import Commands
from nntui.receipts import Receipts
from nntui.screen import MainScreen
from nntui.terminal import Display

if TYPE_CHECKING:
    from nntui_core.program import Program


DISPLAY = Display()


class NntuiApp(App[int]):
    """nntui in a terminal."""

    CSS_PATH = "app.tcss"
    TITLE = "nntui"
    COMMANDS = App.COMMANDS | {Commands}
    BINDINGS = [Binding("ctrl+q", "quit", "quit", show=False, priority=True)]
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self, program: "Program | Opener", display: Display = DISPLAY, autosave: Autosave | None = None
    ) -> None:
        super().__init__()
        self.animation_level = "none"
        self.only_ascii = display.ascii
        opener: Opener = program if callable(program) else lambda: program
        receipts = Receipts(self._write_to_terminal)
        self.main = MainScreen(lambda wake: Engine(opener, wake, autosave), display.fps, receipts)

    def _write_to_terminal(self, text: str) -> None:
        """Write behind the pictures that are queued; Textual offers no other way than its driver."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(text)
        else:
            self.main.receipts.came()

    def on_cursor_position(self) -> None:
        """The terminal has taken the last picture."""
        self.main.receipts.came()
        if self.main.leaving:
            self.exit(0)

    async def action_quit(self) -> None:
        """Quit as the main screen does."""
        self.main.leave()

    def on_mount(self) -> None:
        """Show the main screen."""
        self.set_class(self.only_ascii, "-ascii")
        self.push_screen(self.main)
        if not self.is_headless:
            heed_signals(self.main.engine, lambda status: self.exit(status, return_code=status))


FAULT = 70
"""The exit status of a fault of nntui itself: EX_SOFTWARE of sysexits."""


def run(program: "Program | Opener", display: Display = DISPLAY, autosave: Autosave | None = None) -> int:
    """Open the screen on a program, or on what gives one, and return the exit status."""
    app = NntuiApp(program, display, autosave)
    try:
        app.run(mouse=display.mouse)
    finally:
        wait_for(app.main.engine)
    if app.main.crash:
        sys.stderr.write(f"{app.main.crash}\nThis is a fault of nntui, not of your program.\n")
        return FAULT
    return app.return_code or 0
