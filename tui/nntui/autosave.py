"""What is kept of a session without being asked, so that a broken connection costs nothing.

Each nntui writes a session file of its own into the user's state directory, every few seconds in which something has
changed, and at its end. Beside the file lies a mark with the number of the process; a clean end takes it away. So a
mark whose process is no longer there tells of a session that was cut off.
"""

import contextlib
import json
import os
import platform
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nntui_core.replacing import is_alive

if TYPE_CHECKING:
    from nntui_core.session import Session

EVERY = 5.0
"""Seconds between two saves, at least."""
SHARE = 0.005
"""The part of the time that saving may take."""
ENDING = 8.0
"""Seconds that another nntui has to end when its session is taken over."""
FILES = 5
"""Session files that are kept, those of running nntuis not counted."""
CHECKPOINTS = 24
"""Checkpoints in such a file, about: the way back from its position is short, other ways are a little longer."""


def folder() -> Path:
    """Return where the files are."""
    import platformdirs

    return platformdirs.user_state_path("nntui", appauthor=False) / "sessions"


class Autosave:
    """Keeps one session after the other in one file."""

    def __init__(self, where: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = where / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.npz"
        self._mark = self.path.with_suffix(".running")
        self._clock = clock
        self._next = clock() + EVERY
        self._known: object = None
        self.trouble = ""
        """Why it cannot keep anything, empty where it can."""
        self.has_kept = False

    def begin(self, session: "Session") -> None:
        """A session has been opened: there is nothing to keep until something changes."""
        self._known = _state_of(session)

    def cut_off(self) -> str:
        """Say that a session was cut off, nothing where none was."""
        return notice(self.path.parent)

    def farewell(self) -> str:
        """Say where the session is, nothing where there is nothing to go on with."""
        if self.trouble or not self.has_kept:
            return self.trouble
        path = str(self.path)
        home = f"{Path.home()}/"
        short = f"~/{path.removeprefix(home)}" if path.startswith(home) else path
        return f"the session is kept in {short}: nntui --resume goes on"

    def due_in(self, session: "Session | None") -> float | None:
        """Return in how many seconds something should be kept, None where nothing has changed."""
        if session is None or self.trouble or _state_of(session) == self._known:
            return None
        return max(self._next - self._clock(), 0.0)

    def keep(self, session: "Session | None") -> None:
        """Keep a session if that is due."""
        if session is not None and self.due_in(session) == 0:
            self._save(session)

    def end(self, session: "Session | None") -> None:
        """Keep what has changed, and take the mark away."""
        if session is not None and self.due_in(session) is not None:
            self._save(session)
        with contextlib.suppress(OSError):
            self._mark.unlink(missing_ok=True)

    def _save(self, session: "Session") -> None:
        from nntui_core import files

        began = self._clock()
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._mark.exists():
                self._mark.write_text(json.dumps(_identity(os.getpid())), encoding="utf-8")
                _tidy(self.path.parent)
            files.save(session, self.path, CHECKPOINTS)
            self.has_kept = True
        except OSError as error:
            self.trouble = f"the session cannot be kept in {self.path.parent}: {error.strerror}"
        self._known = _state_of(session)
        self._next = self._clock() + max(EVERY, (self._clock() - began) / SHARE)


def _state_of(session: "Session") -> object:
    """Return what is different whenever there is something new to keep."""
    stops = tuple(session.breakpoints.within(session.program).values()), session.watches
    return session.history, session.position, tuple(session.history.events), stops


def _identity(pid: int) -> dict[str, Any]:
    """Return what tells a process from all others, as far as the system says it."""
    born = ""
    with contextlib.suppress(OSError, IndexError):
        born = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[19]
    return {"pid": pid, "host": platform.node(), "born": born}


@dataclass(frozen=True, slots=True)
class Left:
    """A session file that no running nntui writes to."""

    path: Path
    saved: float
    """When, in seconds since 1970."""
    cut_off: bool
    pid: int = 0
    """The process that writes to it still; 0 where none does."""

    def when(self) -> str:
        """Return when it was saved, in words."""
        then, today = time.localtime(self.saved), time.localtime()
        return time.strftime("%H:%M" if then[:3] == today[:3] else "%Y-%m-%d %H:%M", then)

    def take(self) -> None:
        """It goes on: it is no longer cut off."""
        with contextlib.suppress(OSError):
            self.path.with_suffix(".running").unlink(missing_ok=True)


def left(where: Path) -> list[Left]:
    """Return the sessions that can be gone on with: those that were cut off first, and the latest first."""
    found = [one for one in _all(where) if not one.pid]
    return sorted(found, key=lambda one: (one.cut_off, one.saved), reverse=True)


def running(where: Path) -> list[Left]:
    """Return the sessions that other nntuis on this machine write to now, the latest first."""
    return sorted((one for one in _all(where) if one.pid > 0), key=lambda one: one.saved, reverse=True)


ELSEWHERE = -1
"""Stands for a process on another machine, which cannot be asked whether it is there."""


def _all(where: Path) -> list[Left]:
    found = []
    with contextlib.suppress(OSError):
        for path in where.glob("*.npz"):
            mark = path.with_suffix(".running")
            cut_off = mark.exists()
            found.append(Left(path, path.stat().st_mtime, cut_off, _writer(mark) if cut_off else 0))
    return found


def _writer(mark: Path) -> int:
    """Return the process that made a mark, 0 where it has ended."""
    try:
        identity = json.loads(mark.read_text(encoding="utf-8"))
        pid = int(identity["pid"])
        if identity["host"] != platform.node():
            return ELSEWHERE
        return pid if is_alive(pid) and (not identity["born"] or identity == _identity(pid)) else 0
    except (OSError, ValueError, KeyError, TypeError):  # it is being made, or half of it was written
        return 0


def end_other(one: Left) -> bool:
    """End the nntui that writes to a session, which keeps it; return whether it has ended."""
    mark, deadline = one.path.with_suffix(".running"), time.monotonic() + ENDING
    if _writer(mark) == one.pid:  # the user took a while to answer: another process may have its number by now
        with contextlib.suppress(OSError):
            os.kill(one.pid, signal.SIGTERM)
            os.kill(one.pid, signal.SIGCONT)  # ctrl+z has stopped it, maybe: then it would not notice
    while _writer(mark) == one.pid and time.monotonic() < deadline:
        time.sleep(0.02)
    return _writer(mark) != one.pid


def _tidy(where: Path) -> None:
    """Take away all but the latest files."""
    for old in sorted(left(where), key=lambda one: one.saved, reverse=True)[FILES - 1 :]:
        old.take()
        old.path.unlink(missing_ok=True)


def notice(where: Path) -> str:
    """Say that a session was cut off, nothing where none was."""
    found = left(where)
    if not found or not found[0].cut_off:
        return ""
    return f"a session of {found[0].when()} was cut off: nntui --resume goes on"
