"""What the engine's thread is at, how long it has been at it, and how the screen interrupts it.

An interrupt while the program's own code runs appears in it as ctrl+c does under Python. One that comes while nntui's
own code runs is remembered, and heard when that piece of work is done: such a piece is short.
"""

import sys
import threading
import time
from types import FrameType


class Work:
    """The work of one thread, in pieces."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._thread = 0
        self._asked = False
        self._what = ""
        self.program = ""
        """The name of the program, which is the file that its code is compiled from."""

    def begin(self, what: str = "") -> None:
        """Begin a piece of work, in the thread that does it; `what` says what it is."""
        self._thread = threading.get_ident()
        self._what = what
        self._asked = False
        self._since = time.monotonic()

    def end(self) -> bool:
        """End it; return whether somebody asked meanwhile that it be interrupted."""
        self._since = None
        return self._asked

    def busy(self) -> float:
        """Return for how many seconds the thread has been at the same piece of work, 0 where it waits."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since

    def told(self) -> str:
        """Say what the thread is at: the piece of work, and the line of the program's text that runs now."""
        line = self._line()
        where = f"line {line} of {self.program}" if line is not None else ""
        return f"{self._what}, {where}" if self._what and where else self._what or where

    def _line(self) -> int | None:
        """Return the innermost line of the program's text that the thread runs, None where it runs none."""
        frame: FrameType | None = sys._current_frames().get(self._thread)
        while frame is not None and not (self.program and frame.f_code.co_filename == self.program):
            frame = frame.f_back
        return None if frame is None else frame.f_lineno

    def interrupt(self) -> bool:
        """Interrupt the piece of work, from another thread; return whether there is one."""
        if self._since is None:
            return False
        from nntui_core.interruption import interrupt  # not before the first paint: it loads ctypes

        self._asked = True
        interrupt(self._thread)
        return True
