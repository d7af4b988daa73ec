"""How often may a picture be drawn, so that the program that runs keeps the processor?

The screen's thread and the loop share one interpreter lock, so what the one takes the other lacks. On a large screen,
or a slow machine, pictures at the usual rate would take a fifth of the processor. So a picture is asked for when the
thread's own processor time since the last one is a small share of the time that has passed.
"""

import time
from collections.abc import Callable

SHARE = 0.06
"""Of the time that passes, what the screen's thread may use while the program runs."""
LONGEST = 0.5
"""Seconds after which a picture comes whatever the last one cost: what a dialog or the start took is no debt."""


class Thrift:
    """Keeps the screen's share of the processor. Both clocks are in seconds: of the thread, and of the wall."""

    def __init__(
        self, used: Callable[[], float] = time.thread_time, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._used, self._clock = used, clock
        self._last = (used(), clock())

    def allows(self) -> bool:
        """Tell whether it is time for another picture; if so, the next is counted from here."""
        used, now = self._used(), self._clock()
        passed = now - self._last[1]
        if used - self._last[0] > SHARE * passed and passed < LONGEST:
            return False
        self._last = (used, now)
        return True
