"""How the worker runs a session: in slices of a few milliseconds, with a look at the queue in between.

A run ends where the user pauses it, at its goal, or where one of its stops says so (`nntui_core.running`): then what
is to be said of it is returned. A jump to an iteration has a goal and no stops.
"""

import time

from nntui_core.running import Run
from nntui_core.session import Session

SLICE = 0.004
"""Seconds that the session runs between two looks at the queue."""
SPEED_SPAN = 0.5
"""Seconds over which iterations a second are counted."""


class Pace:
    """Whether a session runs, to where, and how fast."""

    def __init__(self) -> None:
        self.running = False
        self.speed = Speed()
        self._goal: int | None = None
        """The iteration at whose start the run ends, None where it goes on."""
        self._run: Run | None = None
        """What may stop it, None for a jump."""
        self._slice = 1

    def begin(self, goal: int | None, run: Run | None) -> None:
        """Run from here on."""
        self.running, self._goal, self._run = True, goal, run
        self._slice = 1
        self.speed = Speed()

    def stop(self) -> None:
        """Run no further."""
        self.running = False

    def renew(self) -> None:
        """Take the session as it is now for where the run began: something has been changed."""
        if self._run is not None:
            self._run = self._run.anew()

    def pause(self, session: Session) -> str:
        """Stop running, with the last iteration traced, so that it can be explained; return what is to be said."""
        self.running = False
        said = self.trace(session) if session.why_not() is None else ""
        session.mark_nothing()
        return said

    def trace(self, session: Session) -> str:
        """Run one iteration so that it can be explained; return why it has stopped, empty where it goes on."""
        if self._run is None:
            session.advance(1)
            return ""
        return self._stopped(session, self._run.trace())

    def advance(self, session: Session) -> str:
        """Run a slice; return what is to be said where that ends the run."""
        start, before = time.perf_counter(), session.position.iteration
        left = self._slice if self._goal is None else min(self._slice, self._goal - before - 1)
        said = ""
        if session.why_not() is None and left > 0:
            said = self._fast(session, left)
        took, done = time.perf_counter() - start, session.position.iteration - before
        self.speed.count(max(done, 0))
        if session.why_not() is not None:
            self.running = False
        elif self.running and self._goal is not None and session.position.iteration >= self._goal - 1:
            said = self.pause(session)
        if done > 0:
            self._slice = max(1, min(int(SLICE * done / max(took, 1e-9)), 2 * self._slice))
        return said

    def _fast(self, session: Session, iterations: int) -> str:
        if self._run is None:
            session.run(iterations)
            return ""
        return self._stopped(session, self._run.go(iterations))

    def _stopped(self, session: Session, why: str | None) -> str:
        if why is None:
            return ""
        self.running = False
        session.mark_nothing()
        return why


class Speed:
    """Iterations a second, over the last half second or so."""

    def __init__(self) -> None:
        self._since = time.perf_counter()
        self._done = 0
        self._known = 0.0

    def count(self, iterations: int) -> None:
        """Add iterations that have just been run."""
        self._done += iterations

    def a_second(self) -> float:
        """Return the speed."""
        now = time.perf_counter()
        if now - self._since >= SPEED_SPAN or not self._known:
            self._known = self._done / max(now - self._since, 1e-9)
            self._since, self._done = now, 0
        return self._known
