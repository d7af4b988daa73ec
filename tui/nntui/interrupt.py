"""Ctrl+c in a run without a screen: a question that is answered between two slices.

So what has been computed stands complete, at the end of an iteration, and can be printed. A second ctrl+c does not
wait.
"""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def stop_asked() -> Iterator[Callable[[], bool]]:
    """Give a function that tells whether ctrl+c has been pressed."""
    asked = False

    def note(_signal: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # a job in the background, which ctrl+c is not meant for
        yield lambda: False
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
