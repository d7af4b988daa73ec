"""The worker's inside: takes commands, advances the session, puts reports.

While running, the session is advanced in slices of a few milliseconds, with a look at the queue in between. A picture
is made when it is asked for (`Verb.LOOK`) and after every other command, never one an iteration; before each, one
iteration is traced, so that everything in it can be explained. This module is imported in the engine's thread: NumPy
comes with it.
"""

import queue
import sys
import time
from collections.abc import Callable

from nntui import recreate, saving, stops
from nntui.autosave import Autosave
from nntui.engine import Opener
from nntui.pace import Pace
from nntui.protocol import CHANGE_A_RUN, KEEP_RUNNING, LOOKS, Answer, Command, Edited, Report, Verb
from nntui.usage import InputError
from nntui.work import Work
from nntui_core.edits import EditError
from nntui_core.failure import ProgramFailed
from nntui_core.files import FileError, Kept
from nntui_core.frame import View
from nntui_core.interpreter import Position
from nntui_core.ladder import next_rung
from nntui_core.output import Output
from nntui_core.picture import Painter
from nntui_core.reopening import opened
from nntui_core.running import Run, next_iteration, read_until
from nntui_core.script import ScriptError
from nntui_core.session import Refused, Session
from nntui_core.writers import go_to_last_writer

SWITCH_INTERVAL = 0.0005
"""Seconds after which a thread lets go of the interpreter lock: a tenth of Python's own. A key waits less for a run
of small NumPy calls, which hold it; `benchmarks/screen.py` measures how long."""
HEAD_START = 1.0
"""Seconds at most that the screen has to ask for what it shows, before the first iteration is looked at."""
PATIENT = 1.0
"""Seconds that the first iteration may take for a check that nobody has asked for."""
SMALL = 50_000
"""Numbers that a program's variables may hold for its gradients to be checked without being asked."""


SETUP, FIRST, CHECKING, SAVING = "setup", "looking at the first iteration", "checking the gradients", "saving"
WHAT = {Verb.CHECK: CHECKING, Verb.SAVE: SAVING, Verb.RELOAD: SETUP, Verb.OPEN: SETUP, Verb.RESET: SETUP}
"""What takes long, by the command that asks for it; all else runs lines of the program."""


class Worker:
    """Serves one screen."""

    def __init__(
        self,
        opener: Opener,
        commands: "queue.SimpleQueue[Command]",
        put: Callable[[Report], None],
        work: Work,
        autosave: Autosave | None = None,
    ) -> None:
        self._autosave = autosave
        self._opener = opener
        self._commands = commands
        self._put = put
        self._work = work
        self._output = Output()
        self._session: Session | None = None
        self._painter: Painter | None = None
        self._trouble = ""
        self._view = View()
        self._pace = Pace()
        self._done = 0
        """Commands that have been obeyed, those left out that only look."""
        self._finished = False
        """Whether what comes after the loop has been run."""
        self._notice = ""
        self._greeting = ""
        """What was said at the start; said again when the meanings have been learnt, which takes a moment."""
        self._answer: Answer | None = None
        self._ahead = False
        """Whether the first iteration is still to be looked at."""
        self._seen = False
        """Whether the screen has what it shows: it has asked for it, or for nothing at all for a while."""

    def work(self) -> None:
        """Serve commands until told to stop."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        self._guarded(lambda: self._open(self._opener), SETUP)
        if self._autosave is not None:
            self._notice = self._notice or self._autosave.cut_off()
        self._greeting = self._notice
        self._report()
        while True:
            if self._ahead and self._seen:
                self._guarded(self._look_ahead, FIRST)
                self._report()
            self._guarded(self._learn_meanings, CHECKING)
            if self._notice:
                self._report()
            commands = self._waiting()
            was_running = self._pace.running
            for command in commands:
                if command.verb is Verb.STOP:
                    if self._autosave is not None:
                        self._autosave.end(self._session)
                    return
                what = WHAT.get(command.verb, "")
                self._guarded(lambda command=command: self._obey(command), what)  # type: ignore[misc]
                self._done += command.verb not in LOOKS
            self._seen = not commands or bool(self._view.windows)
            if self._pace.running:
                self._guarded(self._run_slice)
            self._guarded(self._finish, "after the loop")
            self._guarded(self._keep, SAVING)
            if self._are_asking(commands) or was_running != self._pace.running or self._notice:
                self._report()

    def _are_asking(self, commands: list[Command]) -> bool:
        """Tell whether commands ask for a picture; one of a run that has ended is on its way, with why it has."""
        return (self._pace.running and bool(commands)) or any(c.verb is not Verb.REFRESH for c in commands)

    def _report(self) -> None:
        """Show; tracing an iteration for the picture may take long too, and where that is interrupted, show what is."""
        if not self._guarded(self._show):
            self._guarded(self._show)

    def _guarded(self, job: Callable[[], None], what: str = "") -> bool:
        """Do a piece of work that may take long; an interrupt ends it, and a run. Return whether there was none."""
        self._work.begin(what)
        interrupted = False
        try:
            job()
        except Refused as reason:
            self._notice = str(reason)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            asked = self._work.end()
        if interrupted or (asked and self._pace.running):
            self._pace.stop()
            self._notice = self._trouble = "interrupted"
            return False
        return True

    def _waiting(self) -> list[Command]:
        """Return the commands in the queue; while paused, wait for the first."""
        found = [] if self._pace.running else self._wait()
        while not self._commands.empty():
            found.append(self._commands.get())
        return found

    def _wait(self) -> list[Command]:
        """Wait for a command, or until something should be kept."""
        seconds = None if self._autosave is None else self._autosave.due_in(self._session)
        if self._ahead:
            seconds = HEAD_START
        if seconds is None:
            return [self._commands.get()]
        try:
            return [self._commands.get(timeout=seconds)]
        except queue.Empty:
            return []

    def _keep(self) -> None:
        """Keep the session, if that is due; say it once where that is not possible."""
        autosave = self._autosave
        if autosave is None:
            return
        could = not autosave.trouble
        autosave.keep(self._session)
        if could and autosave.trouble:
            self._notice = autosave.trouble

    # --- programs ---------------------------------------------------------------------------------------------------

    def _open(self, opener: Opener) -> None:
        """Open a program; where that fails, the former one stays."""
        try:
            found = opener()
            self._work.program = found.name
            session: Session
            if isinstance(found, Kept):
                session, self._notice = found.session(self._output)
            else:
                session = opened(found, self._session, self._output, look_ahead=False)
        except (InputError, ScriptError, FileError, ProgramFailed) as error:
            if self._session is None:
                self._trouble = str(error)
            else:
                self._notice = f"{error}; the former program stays"
            return
        self._session, self._painter = session, Painter(session)
        self._pace.stop()
        self._trouble = ""
        self._finished = isinstance(found, Kept) and session.ended
        self._ahead, self._seen = not isinstance(found, Kept), False
        if self._autosave is not None:
            self._autosave.begin(session)

    def _look_ahead(self) -> None:
        """Learn from the first iteration what there will be; the screen shows the program already.

        Where that takes long or is interrupted, nothing more is run that nobody has asked for.
        """
        session, self._ahead = self._session, False
        assert session is not None
        start = time.perf_counter()
        quick = False
        try:
            session.look_ahead()
            quick = time.perf_counter() - start < PATIENT
            if quick and session.size <= SMALL:
                quick = False  # where this is interrupted, the check is not begun
                session.infer_cost()
                quick = True
        finally:
            self._painter = Painter(session)
            if not quick:
                self._painter.skip_check()
                self._notice = "an iteration takes long: nothing is checked until c asks for it"

    def _finish(self) -> None:
        """Run what comes after a script's loop, once, when the loop is over."""
        session = self._session
        if session is None or not session.ended or self._finished:
            return
        self._finished = True
        try:
            session.finish()
        except ProgramFailed as error:
            self._notice = f"after the loop, {error}"

    def _learn_meanings(self) -> None:
        """Check a small program that has not been checked, while there is nothing else to do."""
        session, painter = self._session, self._painter
        if session is None or painter is None or self._pace.running or self._ahead or not self._commands.empty():
            return
        if not painter.unchecked or session.size > SMALL:
            return
        try:
            painter.check()
        except Refused:  # it has no cost, say: then there are no meanings to show, and `c` says why
            painter.skip_check()
        except KeyboardInterrupt:  # not again
            painter.skip_check()
            raise
        self._notice, self._greeting = self._notice or self._greeting, ""
        self._show()

    # --- commands ---------------------------------------------------------------------------------------------------

    def _obey(self, command: Command) -> None:
        if command.view is not None:
            self._view = command.view
        if command.verb is Verb.OPEN and command.program is not None:
            program = command.program
            self._open(lambda: program)
        elif command.verb is Verb.RELOAD:
            self._open(self._opener)
        elif self._session is not None and self._painter is not None:
            if self._ahead and command.verb is not Verb.LOOK:
                self._look_ahead()
            pausing = self._pace.running and command.verb not in KEEP_RUNNING
            if pausing:
                self._pause(self._session)
            if not (pausing and command.verb is Verb.TOGGLE):
                self._do(self._session, self._painter, command)
            if command.verb in CHANGE_A_RUN:
                self._pace.renew()

    def _do(self, session: Session, painter: Painter, command: Command) -> None:
        table: dict[Verb, Callable[[], None]] = {
            Verb.STEP: session.step,
            Verb.BACK: session.back,
            Verb.NEXT_ITERATION: lambda: self._next(session),
            Verb.PREVIOUS_ITERATION: session.back_iteration,
            Verb.GOTO: lambda: self._goto(session, int(command.number)),
            Verb.RESET: session.reset,
            Verb.NEXT_SEED: session.reset_with_next_seed,
            Verb.SET_RATE: lambda: session.set_rate(command.number),
            Verb.RATE_UP: lambda: session.set_rate(next_rung(session.rate or 0.0, up=True)),
            Verb.RATE_DOWN: lambda: session.set_rate(next_rung(session.rate or 0.0, up=False)),
            Verb.RUN: lambda: self._start(session, None, Run(session)),
            Verb.TOGGLE: lambda: self._start(session, None, Run(session)),
            Verb.UNTIL: lambda: self._ask(lambda: self._until(session, command.text)),
            Verb.WRITER: lambda: self._go_to_writer(session, command),
            Verb.FORMER: lambda: self._return(session),
            Verb.WATCH: lambda: self._ask(lambda: stops.watch(session, command.text)),
            Verb.TOGGLE_BREAKPOINT: lambda: self._toggle_breakpoint(session, int(command.number)),
            Verb.BREAKPOINT: lambda: self._ask(lambda: stops.put_breakpoint(session, command)),
            Verb.EXPLAIN: lambda: self._explain(painter, command),
            Verb.CHECK: lambda: self._check(painter),
            Verb.EDIT: lambda: self._edit(session, command),
            Verb.EDIT_CELL: lambda: self._edit_cell(session, command),
            Verb.UNDO: lambda: self._undo(session),
            Verb.GIVEN: lambda: session.set_roles(command.given) if command.given else None,
            Verb.SAVE: lambda: self._save(session, command.text),
            Verb.COMMAND: lambda: self._tell_command(session),
        }
        if command.verb in table:
            table[command.verb]()

    def _ask(self, job: Callable[[], object]) -> None:
        self._answer = stops.taken(job)

    def _toggle_breakpoint(self, session: Session, line: int) -> None:
        self._notice = stops.toggle_breakpoint(session, line)

    def _return(self, session: Session) -> None:
        label = session.return_to_former()
        self._notice = (
            f"the former run{f' ({label})' if label else ''}, where it had got to: G returns to the other one"
        )

    def _go_to_writer(self, session: Session, command: Command) -> None:
        assert command.cell is not None
        self._notice = str(go_to_last_writer(session, *command.cell))

    def _explain(self, painter: Painter, command: Command) -> None:
        assert command.cell is not None
        try:
            self._answer = painter.origin(*command.cell, command.before)
        except LookupError as error:
            raise Refused(str(error.args[0])) from None

    def _check(self, painter: Painter) -> None:
        self._answer = painter.check()

    def _edit(self, session: Session, command: Command) -> None:
        try:
            session.edit_line(int(command.number), command.text)
            problem = ""
        except (EditError, ProgramFailed, Refused) as error:
            problem = str(error)
        self._answer = Edited(int(command.number), command.text, problem)

    def _edit_cell(self, session: Session, command: Command) -> None:
        assert command.cell is not None
        name, index = command.cell
        self._ask(lambda: session.edit_cell(name, index, command.number))

    def _undo(self, session: Session) -> None:
        self._notice = session.undo_edit()

    def _save(self, session: Session, path: str) -> None:
        self._notice = saving.save(session, path)

    def _tell_command(self, session: Session) -> None:
        self._notice = recreate.command(session)

    # --- running ----------------------------------------------------------------------------------------------------

    def _goto(self, session: Session, iteration: int) -> None:
        """Go to what has been run already at once; go beyond by running, which can be paused."""
        if iteration <= max(session.position.iteration, session.frontier.iteration):
            session.goto(Position(iteration, 0))
        else:
            self._start(session, iteration, None)

    def _until(self, session: Session, text: str) -> None:
        until = read_until(text, session)
        goal, condition = (until, None) if isinstance(until, int) else (None, until)
        self._start(session, goal, Run(session, condition))

    def _start(self, session: Session, goal: int | None, run: Run | None) -> None:
        reason = session.why_not()
        if reason:
            raise Refused(reason)
        self._pace.begin(goal, run)

    def _next(self, session: Session) -> None:
        self._notice = next_iteration(session) or ""

    def _pause(self, session: Session) -> None:
        self._notice = self._pace.pause(session) or self._notice

    def _run_slice(self) -> None:
        assert self._session is not None
        self._notice = self._pace.advance(self._session) or self._notice

    def _show(self) -> None:
        """Put a report into the slot; while running, an iteration is traced for it."""
        session, painter = self._session, self._painter
        if session is None or painter is None:
            self._put(Report(None, trouble=self._trouble, done=self._done))
            return
        if self._pace.running and session.why_not() is None:
            self._notice = self._pace.trace(session) or self._notice
            session.mark_nothing()
        painter.in_a_hurry = self._pace.running
        frame = painter.frame(self._view)
        speed = self._pace.speed.a_second()
        self._put(Report(frame, self._pace.running, speed, self._notice, answer=self._answer, done=self._done))
        self._notice, self._answer = "", None
