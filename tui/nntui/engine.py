"""A thread that owns the session. Commands go in by a queue, the latest report comes out of a slot.

The screen's thread never computes, and the engine's thread never touches a widget. The slot holds one report, and a
later one replaces it. `wake` is called when the empty slot is filled: at most once for each time that the screen
empties it. What the thread does is in `nntui.worker`.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from nntui.protocol import LOOKS, Command, Report, Verb
from nntui.work import Work

if TYPE_CHECKING:
    from nntui.autosave import Autosave
    from nntui_core.files import Kept
    from nntui_core.program import Program

Opener = Callable[[], "Program | Kept"]
"""Gives the program to debug, or a session from a file; called in the engine's thread, again when it is read again."""


class Engine:
    """Runs a program in a thread of its own."""

    def __init__(self, opener: Opener, wake: Callable[[], None], autosave: "Autosave | None" = None) -> None:
        self._opener = opener
        self._autosave = autosave
        self._wake = wake
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._slot: Report | None = None
        self._work = Work()
        self.sent = 0
        """How many commands have been sent, those left out that only look."""
        self._thread = threading.Thread(target=self._main, name="nntui engine", daemon=True)

    def start(self) -> None:
        """Start the thread; the first report comes when the program has been set up."""
        self._thread.start()

    def send(self, command: Command) -> None:
        """Queue a command. Never blocks."""
        self.sent += command.verb not in LOOKS
        self._commands.put(command)

    def stop(self) -> None:
        """Ask the thread to end, and do not wait for it."""
        self._commands.put(Command(Verb.STOP))

    def join(self, seconds: float) -> None:
        """Wait until the thread has ended, but no longer than so many seconds."""
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def busy(self) -> float:
        """Return for how many seconds the thread has been at the same piece of work, 0 where it waits."""
        return self._work.busy()

    def at(self) -> str:
        """Say what the thread is at, empty where there is nothing to say."""
        return self._work.told()

    def interrupt(self) -> bool:
        """Interrupt what the thread is at; return whether there was something to interrupt.

        A statement that is inside of compiled code ends first.
        """
        return self._work.interrupt()

    def take(self) -> Report | None:
        """Empty the slot: return the latest report, None where there is no new one."""
        with self._lock:
            report, self._slot = self._slot, None
        return report

    def _put(self, report: Report) -> None:
        with self._lock:
            unread, self._slot = self._slot, report
            if unread is not None:  # what was said and has not been read is not lost
                self._slot = replace(
                    report, notice=report.notice or unread.notice, answer=report.answer or unread.answer
                )
        if unread is None:
            self._wake()

    def _main(self) -> None:
        try:
            from nntui.worker import Worker

            Worker(self._opener, self._commands, self._put, self._work, self._autosave).work()
        except BaseException:  # noqa: BLE001 - a fault of nntui must reach the screen, not die in a thread
            import traceback

            self._put(Report(None, crash=traceback.format_exc()))
