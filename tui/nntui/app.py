"""The app: one main screen, the palette, and how it ends."""

import asyncio
import contextlib
import sys
from typing import TYPE_CHECKING, cast

from textual.app import App
from textual.binding import Binding
from textual.driver import Driver
from textual.events import Event, Key, Resize

from nntui.actions import ACTION_OF_KEY
from nntui.autosave import Autosave
from nntui.ending import HUNG_UP, end, heed_signals, wait_for
from nntui.engine import Engine, Opener
from nntui.output import say
from nntui.palette_commands import Commands
from nntui.receipts import Receipts
from nntui.screen import MainScreen
from nntui.terminal import Display
from nntui.theme import SIXTEEN_COLOURS

if TYPE_CHECKING:
    from nntui.driver import TerminalDriver
    from nntui_core.program import Program


DISPLAY = Display()


class NntuiApp(App[int]):
    """nntui in a terminal."""

    CSS_PATH = "app.tcss"
    TITLE = "nntui"
    COMMANDS = {Commands}
    BINDINGS = [Binding("ctrl+q", "quit", "quit", show=False, priority=True)]
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self, program: "Program | Opener", display: Display = DISPLAY, autosave: Autosave | None = None
    ) -> None:
        super().__init__()
        self.animation_level = "none"
        self.set_class(display.ascii, "-ascii")
        self.only_ascii = display.ascii
        self.register_theme(SIXTEEN_COLOURS)
        self.theme = display.theme
        opener: Opener = program if callable(program) else lambda: program
        self.receipts = Receipts(self._ask_terminal)
        self.main = MainScreen(lambda wake: Engine(opener, wake, autosave), display.fps, self.receipts)

    def _ask_terminal(self, question: str) -> None:
        if self._driver is not None:
            self._driver.write(question)

    def on_cursor_position(self) -> None:
        """The terminal has taken the last picture."""
        self.receipts.came()
        if self.main.leaving:
            self.exit(0)
        else:
            self._catch_up()

    def _catch_up(self) -> None:
        """Show what has had to wait for the terminal."""
        if self._driver is not None:
            self._driver.flush()
        self.main.wake()

    def on_resize(self, event: Resize) -> None:
        """Nobody knows what a terminal shows after its size has changed."""
        if self._terminal is not None:
            self._terminal.forget(*event.size)

    @property
    def _terminal(self) -> "TerminalDriver | None":
        """The driver, where it is the one made for terminals at the far end of a wire."""
        return cast("TerminalDriver", self._driver) if hasattr(self._driver, "forget") else None

    async def on_event(self, event: Event) -> None:
        """Do the main screen's keys one after the other, each when the dialog that the one before has opened is there.

        Textual would hand all keys of a packet to the focused panel first: a number typed right after `l` were lost.
        """
        if isinstance(event, Key) and self.screen is self.main and event.key in ACTION_OF_KEY:
            await self.main.action_do(ACTION_OF_KEY[event.key], event.key)
            opened = asyncio.Event()
            if self.screen is not self.main and self.screen.call_later(opened.set):
                await opened.wait()
        else:
            await super().on_event(event)

    async def action_quit(self) -> None:
        """Quit as the main screen does."""
        self.main.leave()

    def get_default_screen(self) -> MainScreen:
        """Return the main screen: an empty one below it would be laid out and painted first."""
        return self.main

    def on_mount(self) -> None:
        """Heed what may end the app."""
        self._event_loop = asyncio.get_running_loop()
        if not self.is_headless:
            heed_signals(self._end)
            self.set_interval(1.0, self._look_after_terminal)

    def get_driver_class(self) -> type[Driver]:
        """Drive a Unix terminal by the driver made for it."""
        chosen = super().get_driver_class()
        if chosen.__name__ != "LinuxDriver":
            return chosen
        from nntui.driver import TerminalDriver

        return TerminalDriver

    def _look_after_terminal(self) -> None:
        """End where the terminal has gone and no signal has said so; do not wait for a silent one for ever."""
        if self._terminal is not None and self._terminal.is_gone():
            self._end(HUNG_UP)
        else:
            self._catch_up()

    def _end(self, status: int) -> None:
        """End by a signal, which may come at any moment, also when the loop is over."""
        with contextlib.suppress(RuntimeError):
            end(self.main.engine, lambda: self._event_loop.call_soon_threadsafe(self.exit, status, status), status)


FAULT = 70
"""The exit status of a fault of nntui itself: EX_SOFTWARE of sysexits."""


def run(program: "Program | Opener", display: Display = DISPLAY, autosave: Autosave | None = None) -> int:
    """Open the screen on a program, or on what gives one, and return the exit status."""
    app = NntuiApp(program, display, autosave)
    try:
        app.run(mouse=display.mouse)
    finally:
        wait_for(app.main.engine)
    if autosave is not None and autosave.farewell():
        say(autosave.farewell())
    if app.main.crash:
        sys.stderr.write(f"{app.main.crash}\nThis is a fault of nntui, not of your program.\n")
        return FAULT
    return app.return_code or 0
