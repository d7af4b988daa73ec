"""Has the terminal taken the last picture?

Between the app and the eyes lie a queue, a pseudo-terminal, perhaps sshd and a slow wire, and each of them takes what
it is given long before it is seen. So after a picture the terminal is asked where its cursor is: its answer comes
when it has drawn all that came before the question. No picture is sent while an answer is outstanding.

A terminal that never answers is not waited for after a while, and not asked again. An answer that should have come
may be lost: typed into the shell while the program was suspended, say.
"""

import time
from collections.abc import Callable

QUESTION = "\x1b[6n"
"""DSR, "report cursor position" (ECMA-48, 8.3.35)."""
PATIENCE = 1.0
"""Seconds that a terminal is waited for that has never answered."""
LOST = 10.0
"""Seconds after which an answer of one that has answered before is taken to be lost."""


class Receipts:
    """Asks the terminal for receipts. `write` writes to it."""

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._asked_at: float | None = None
        self._has_answered = False
        self._is_mute = False

    def ask(self) -> None:
        """Ask for a receipt of what has been written so far."""
        if not self._is_mute and self._asked_at is None:
            self._asked_at = self._clock()
            self._write(QUESTION)

    def came(self) -> None:
        """Take the terminal's answer."""
        self._asked_at, self._has_answered, self._is_mute = None, True, False

    def forget(self) -> None:
        """Wait no longer for an answer: the terminal was another program's meanwhile."""
        self._asked_at = None

    def outstanding(self) -> bool:
        """Tell whether the terminal has yet to take the last picture."""
        if self._asked_at is None:
            return False
        if self._clock() - self._asked_at > (LOST if self._has_answered else PATIENCE):
            self._asked_at, self._is_mute = None, not self._has_answered
            return False
        return True
