"""Textual's driver of a terminal, made for terminals at the far end of a wire.

Pictures go over a canvas, so that only what has changed is sent, and nothing at all while the terminal has yet to take
the last picture: then it gets the latest, however many there have been.

A connection breaks whenever it likes, and then every write fails, a read fails or returns nothing for ever. Textual's
threads for writing and reading would die of the one, so that the app waits for them for ever, and spin on the other.
"""

import contextlib
import os
import select
import sys
import threading
from collections.abc import Callable
from typing import IO, Any

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from nntui.canvas import PICTURE, Canvas
from nntui.receipts import Receipts

BEGIN, END = "\x1b[?2026h", "\x1b[?2026l"
"""Marks between which a terminal that knows them waits with showing; Textual writes them where it does."""


class _Outlet:
    """A file whose reader may go: what is written after that is lost, which is all that can be done."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._file.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()


class _End(threading.Event):
    """Tells the thread that reads keys to end, which asks after each read: also where nobody is left to press any."""

    def __init__(self, is_gone: Callable[[], bool]) -> None:
        super().__init__()
        self._is_gone = is_gone

    def is_set(self) -> bool:
        return super().is_set() or self._is_gone()


class TerminalDriver(LinuxDriver):
    """Drives a terminal that may be gone at any moment."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._file: Any = _Outlet(sys.__stderr__ or sys.stderr)
        self._receipts: Receipts = app.receipts  # type: ignore[attr-defined]
        self._canvas = Canvas()
        self._can_wait = False
        """Whether the terminal knows the marks."""
        self._is_stopped = False
        self.exit_event = _End(self.is_gone)

    def write(self, data: str) -> None:
        """Draw a picture; anything else goes to the terminal as it is."""
        if data in (BEGIN, END):
            self._can_wait = True
        elif PICTURE.match(data):
            self._canvas.draw(data)
        else:
            super().write(data)

    def flush(self) -> None:
        """Send what has changed, unless the terminal is still busy with what it has been sent."""
        if self._writer_thread is None or self._receipts.outstanding():
            return
        difference = self._canvas.difference()
        if difference:
            super().write(f"{BEGIN}{difference}{END}" if self._can_wait else difference)
            self._receipts.ask()

    def forget(self, width: int, height: int) -> None:
        """Send everything again: the terminal has another size, or something else is on it."""
        self._canvas.forget(width, height)

    def start_application_mode(self) -> None:
        """Take the terminal, and show on its empty screen what was shown before."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._canvas.forget(*self._get_terminal_size())
        self._receipts.forget()
        self.flush()

    def run_input_thread(self) -> None:
        """Read keys until there is no terminal any more; `is_gone` tells the app so."""
        with contextlib.suppress(OSError):
            super().run_input_thread()

    def close(self) -> None:
        """Let go of the terminal; what could not be written to one that has gone does not spoil the exit status."""
        super().close()
        if self.is_gone():
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._file.fileno())
            os.close(nowhere)

    def is_gone(self) -> bool:
        """Tell whether the terminal has been hung up."""
        poll = select.poll()
        poll.register(self.fileno, 0)
        return any(what & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, what in poll.poll(0))

    def _sigtstp_application(self, *_: object) -> None:
        self._is_stopped = True
        super()._sigtstp_application()

    def _sigcont_application(self, *_: object) -> None:
        """Take the terminal back. A plain SIGSTOP gave no occasion to let go of it; a hangup sends SIGCONT, too."""
        if self.is_gone():
            return
        if not self._is_stopped:
            self.suspend_application_mode()
            self._must_signal_resume = True
        self._is_stopped = False
        super()._sigcont_application()
