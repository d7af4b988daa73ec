"""The worker: a thread that owns the session. Commands go in by a queue, the latest picture comes out of a slot.

The screen's thread never computes, and this thread never touches a widget. While running, it advances in slices of
a few milliseconds and looks at the queue in between. A picture is made when it is asked for (`Look`) and after every
other command, never one an iteration; the slot holds one, and a later one replaces it. `wake` is called when
the empty slot is filled: at most once for each time that the screen empties it.
"""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from nntui_core.frame import Frame, Index, Origin, Verdicts, View

if TYPE_CHECKING:
    from nntui_core.picture import Painter
    from nntui_core.program import Program
    from nntui_core.session import Session

SLICE = 0.004
"""Seconds that the engine runs between two looks at the queue."""
SMALL = 50_000
"""Numbers that a program's variables may hold for its gradients to be checked without being asked."""
SPEED_SPAN = 0.5
"""Seconds over which iterations a second are counted."""


class Verb(StrEnum):
    """What a command does."""

    LOOK = "look"
    STEP = "step"
    BACK = "back"
    NEXT_ITERATION = "next iteration"
    PREVIOUS_ITERATION = "previous iteration"
    RUN = "run"
    PAUSE = "pause"
    GOTO = "go to"
    RESET = "reset"
    NEXT_SEED = "next seed"
    SET_RATE = "set rate"
    RATE_UP = "rate up"
    RATE_DOWN = "rate down"
    EXPLAIN = "explain"
    CHECK = "check"
    EDIT = "edit"
    UNDO = "undo"
    OPEN = "open"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Command:
    """A command: a verb, and what some verbs take.

    `number` is a rate, an iteration or a line, `view` what is in sight, `cell` and `before` the cell to explain and
    the position (iteration, tick) of the statement that read it, None for the cell as it is now; `text` is what to
    put into a line, `program` what to open.
    """

    verb: Verb
    number: float = 0.0
    view: View | None = None
    cell: tuple[str, Index] | None = None
    before: tuple[int, int] | None = None
    text: str = ""
    program: "Program | None" = None


@dataclass(frozen=True, slots=True)
class Edited:
    """The answer to an edit: what is wrong with it, empty where it has been made."""

    problem: str = ""


Answer = Origin | Verdicts | Edited
"""What a dialog has asked for."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the engine has to say: the latest picture, whether it is running and how fast, a notice, an answer.

    `frame` is None where there is no picture because the program could not even be set up: `fatal` says why.
    `crash` is the traceback of a fault of nntui itself.
    """

    frame: Frame | None
    running: bool = False
    speed: float = 0.0
    notice: str = ""
    fatal: str = ""
    crash: str = ""
    answer: Answer | None = None


KEEP_RUNNING = frozenset({Verb.LOOK, Verb.RUN, Verb.SET_RATE, Verb.RATE_UP, Verb.RATE_DOWN, Verb.RESET, Verb.NEXT_SEED})
"""Commands that do not pause a run."""


class Engine:
    """Runs a program in a thread of its own."""

    def __init__(self, program: "Program", wake: Callable[[], None]) -> None:
        self._program = program
        self._wake = wake
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._slot: Report | None = None
        self._thread = threading.Thread(target=self._main, name="nntui engine", daemon=True)

    def start(self) -> None:
        """Start the thread; the first report comes when the program has been set up."""
        self._thread.start()

    def send(self, command: Command) -> None:
        """Queue a command. Never blocks."""
        self._commands.put(command)

    def stop(self) -> None:
        """Ask the thread to end, and do not wait for it."""
        self._commands.put(Command(Verb.STOP))

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
            Worker(self._program, self._commands, self._put).work()
        except Exception:  # noqa: BLE001 - a fault of nntui must reach the screen, not die in a thread
            import traceback

            self._put(Report(None, crash=traceback.format_exc()))


class Worker:
    """The thread's inside: takes commands, advances the session, puts reports."""

    def __init__(
        self, program: "Program", commands: "queue.SimpleQueue[Command]", put: Callable[[Report], None]
    ) -> None:
        self._program = program
        self._commands = commands
        self._put = put
        self._view = View()
        self._running = False
        self._notice = ""
        self._answer: Answer | None = None
        self._slice = 1
        self._speed = Speed()

    def work(self) -> None:
        """Serve commands until told to stop."""
        from nntui_core.failure import ProgramFailed
        from nntui_core.picture import Painter
        from nntui_core.session import opened

        program: Program | None = self._program
        session: Session | None = None
        while program is not None:
            try:
                session = opened(program, session)
            except ProgramFailed as error:
                if session is None:
                    self._put(Report(None, fatal=str(error)))
                    return
                self._notice = f"{program.name} cannot be opened: {error}"
            program = self._serve(session, Painter(session))

    def _serve(self, session: "Session", painter: "Painter") -> "Program | None":
        """Serve commands for a session; return the program to open next, None to stop."""
        self._show(painter)
        while True:
            if self._learn_meanings(session, painter):
                self._show(painter)
            commands = self._waiting()
            for command in commands:
                if command.verb is Verb.STOP:
                    return None
                if command.verb is Verb.OPEN:
                    self._running = False
                    return command.program
                self._obey(session, painter, command)
            was_running = self._running
            if was_running:
                self._run_slice(session)
            if commands or was_running != self._running:
                if self._running:
                    session.advance(1)
                    session.mark_nothing()
                self._show(painter)

    def _show(self, painter: "Painter") -> None:
        frame = painter.frame(self._view)
        self._put(Report(frame, self._running, self._speed.a_second(), self._notice, answer=self._answer))
        self._notice, self._answer = "", None

    def _waiting(self) -> list[Command]:
        """Return the commands in the queue; while paused, wait for the first."""
        found = [] if self._running else [self._commands.get()]
        while not self._commands.empty():
            found.append(self._commands.get())
        return found

    def _obey(self, session: "Session", painter: "Painter", command: Command) -> None:
        from nntui_core.session import Refused

        if command.view is not None:
            self._view = command.view
        if self._running and command.verb not in KEEP_RUNNING:
            self._pause(session)
        try:
            self._do(session, painter, command)
        except Refused as reason:
            self._notice = str(reason)

    def _do(self, session: "Session", painter: "Painter", command: Command) -> None:
        from nntui_core.interpreter import Position
        from nntui_core.session import next_rung

        table: dict[Verb, Callable[[], None]] = {
            Verb.STEP: session.step,
            Verb.BACK: session.back,
            Verb.NEXT_ITERATION: session.next_iteration,
            Verb.PREVIOUS_ITERATION: session.back_iteration,
            Verb.GOTO: lambda: session.goto(Position(int(command.number), 0)),
            Verb.RESET: session.reset,
            Verb.NEXT_SEED: session.reset_with_next_seed,
            Verb.SET_RATE: lambda: session.set_rate(command.number),
            Verb.RATE_UP: lambda: session.set_rate(next_rung(session.rate or 0.0, up=True)),
            Verb.RATE_DOWN: lambda: session.set_rate(next_rung(session.rate or 0.0, up=False)),
            Verb.RUN: lambda: self._start(session),
            Verb.EXPLAIN: lambda: self._explain(painter, command),
            Verb.CHECK: lambda: self._check(painter),
            Verb.EDIT: lambda: self._edit(session, command),
            Verb.UNDO: session.undo_edit,
        }
        if command.verb in table:
            table[command.verb]()

    def _explain(self, painter: "Painter", command: Command) -> None:
        from nntui_core.session import Refused

        assert command.cell is not None
        try:
            self._answer = painter.origin(*command.cell, command.before)
        except LookupError as error:
            raise Refused(str(error.args[0])) from None

    def _check(self, painter: "Painter") -> None:
        self._answer = painter.check()

    def _edit(self, session: "Session", command: Command) -> None:
        from nntui_core.edits import EditError
        from nntui_core.failure import ProgramFailed
        from nntui_core.session import Refused

        try:
            session.edit_line(int(command.number), command.text)
            self._answer = Edited()
        except (EditError, ProgramFailed, Refused) as error:
            self._answer = Edited(str(error))

    def _learn_meanings(self, session: "Session", painter: "Painter") -> bool:
        """Check a small program that has not been checked, while there is nothing else to do."""
        from nntui_core.session import Refused

        if not painter.unchecked or self._running or not self._commands.empty() or session.size > SMALL:
            return False
        try:
            painter.check()
        except Refused:  # it has no cost, say: then there are no meanings to show, and `c` says why
            painter.skip_check()
            return False
        return True

    def _start(self, session: "Session") -> None:
        from nntui_core.session import Refused

        reason = session.why_not()
        if reason:
            raise Refused(reason)
        self._running = True
        self._slice = 1
        self._speed = Speed()

    def _pause(self, session: "Session") -> None:
        """Stop running; the last iteration is traced, so that everything can be explained."""
        self._running = False
        if session.why_not() is None:
            session.advance(1)
        session.mark_nothing()

    def _run_slice(self, session: "Session") -> None:
        start = time.perf_counter()
        before = session.position.iteration
        if session.why_not() is None:
            session.run(self._slice)
        if session.why_not() is not None:
            self._running = False
        took = time.perf_counter() - start
        done = session.position.iteration - before
        self._speed.count(done)
        per_iteration = took / max(done, 1)
        self._slice = max(1, min(int(SLICE / max(per_iteration, 1e-9)), 2 * self._slice))


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
