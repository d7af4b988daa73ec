"""The end by a signal: a hangup (the connection broke) or SIGTERM. The session is kept, and the process ends soon.

The engine's thread is told first, so that what it keeps does not wait for the terminal to be restored. Where the
terminal is gone, restoring it may never end: then the process ends without.
"""

import os
import signal
import threading
from collections.abc import Callable

from nntui.engine import Engine

SAVING = 2.0
"""Seconds that the engine has for keeping the session."""
RESTORING = 1.5
"""Seconds that the terminal has after that."""
STUCK = 1.0
"""Seconds of the same piece of work after which the engine is not waited for."""


HUNG_UP = 128 + getattr(signal, "SIGHUP", 1)
"""The exit status after a hangup, as the shell counts it."""


def heed_signals(end: Callable[[int], None]) -> None:
    """From now on, SIGHUP and SIGTERM call `end` with the exit status.

    They are not left to the event loop: that may be waiting for a terminal that takes nothing.
    """
    for name in ("SIGHUP", "SIGTERM"):
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, lambda number, _: end(128 + number))


def end(engine: Engine, leave: Callable[[], object], status: int) -> None:
    """Keep the session and end the process soon: by `leave`, or without it where that takes too long."""
    engine.stop()
    threading.Thread(target=_in_any_case, args=(engine, status), name="nntui end", daemon=True).start()
    leave()


def _in_any_case(engine: Engine, status: int) -> None:
    """End the process where it does not end by itself."""
    engine.join(SAVING)
    threading.Event().wait(RESTORING)
    os._exit(status)


def wait_for(engine: Engine) -> None:
    """Let the engine keep the session; not for long, and not at all where it is stuck in a statement."""
    engine.stop()
    engine.join(SAVING if engine.busy() < STUCK else 0.1)
