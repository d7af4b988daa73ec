"""A program and the way through it: forward by statement or at full speed, back, and to any position.

Going forward, a timeline keeps what is needed to go back (checkpoints and events, see `nntui_core.history`) and to
explain (the trace: every statement of this iteration and the one before, with the states around it). Any position is
reached by restoring the nearest checkpoint before it and running forward, the user's changes included; the state is
the same bit for bit, however it is reached.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from nntui_core import holdout, places, straight
from nntui_core.curve import LossCurve
from nntui_core.executed import Executed
from nntui_core.failure import Failure, ProgramFailed, message_of
from nntui_core.frame import Index
from nntui_core.history import History
from nntui_core.interpreter import Guard, Interpreter, LoopOver, Position, RunFailed, RunLeft
from nntui_core.literals import rate_literals
from nntui_core.output import Output
from nntui_core.program import Program
from nntui_core.seen import SeenLosses, as_loss, as_losses
from nntui_core.values import EMPTY, State, is_data, keep

Seen = TypeVar("Seen")

MOST_SCOUTED = 20_000
"""Statements that are run at most to learn what shapes there will be: an inner loop may be long."""


class Timeline:
    """A program that has been set up, standing at a position.

    Raises:
        ProgramFailed: the program's setup failed.
    """

    watched = True
    """Whether somebody looks at the iteration in which a run ends: it is run once more then, to be traced."""

    def __init__(self, program: Program, output: Output | None = None, look_ahead: bool = True) -> None:
        output = output or Output()
        interpreter = Interpreter(program)
        with output.installed(anew=True):
            interpreter.start()
        self.output = output
        """What the program prints."""
        self.interpreter = interpreter
        self.frontier = Position(0, 0)
        """How far this program has been run: what lies before has been printed already."""
        self.history = History(program)
        self.curve = LossCurve()
        self.failure: Failure | None = None
        self.history.add(0, self.interpreter.take_checkpoint())
        self.loss_is_array = False
        self.shapes: dict[str, Index] = {n: v.shape for n, v in self._look(EMPTY).values.items()}
        """The shapes of all variables, as far as they are known."""
        self._arrive()
        if look_ahead:
            self.look_ahead()

    def look_ahead(self) -> None:
        """Run the first iteration and take it back: to learn what it hides in functions, and the shapes to come.

        It may take long; interrupted, what was known before stays. Only at the start.

        Raises:
            KeyboardInterrupt: it was interrupted.
        """
        if self.position != (0, 0):
            return
        program = straight.read(self.interpreter)
        if program is not self.interpreter.program:
            self.interpreter.adopt(program, 0)
            self.history = History(program)
            self.history.add(0, self.interpreter.take_checkpoint())
        self.shapes = self._scout()
        self._arrive()

    def _scout(self) -> dict[str, Index]:
        """Run one iteration and take it back, to learn what shapes there will be."""
        shapes: dict[str, Index] = {}
        interrupted = False
        self.output.quiet = True
        try:
            for _ in range(MOST_SCOUTED):
                with self.output.installed():
                    self.interpreter.step()
                if self.interpreter.position.tick == 0:
                    break
        except LoopOver:
            pass
        except ProgramFailed as failed:  # the shapes of what did run are known; the failure shows when one gets there
            interrupted = failed.interrupted
        for name, value in self._look(EMPTY).values.items():
            shapes[name] = value.shape
        loss = places.value(self.interpreter.namespace, self.program.roles.loss or "_")
        self.loss_is_array = isinstance(loss, np.ndarray)
        iteration, checkpoint = self.history.nearest(0)
        self.interpreter.restore(checkpoint, iteration)
        if interrupted:
            raise KeyboardInterrupt
        return shapes

    def _arrive(self) -> None:
        """Begin a trace here."""
        self.trace: list[Executed] = []
        self.state = self._look(EMPTY)
        self.state_before = self.state
        """The state before the last command, for marking what it changed."""

    def _look(self, before: State) -> State:
        namespace = self.interpreter.namespace
        skip = self.program.functions
        names = [n for n, v in namespace.items() if n not in skip and n.isidentifier() and is_data(n, v)]
        return keep(namespace, [*names, *self.program.places], before)

    # --- where it stands -------------------------------------------------------------------------------------------

    @property
    def program(self) -> Program:
        """The program as it is at this position: an edited line makes another one."""
        return self.interpreter.program

    @property
    def position(self) -> Position:
        """Where the session stands."""
        return self.interpreter.position

    @property
    def ended(self) -> bool:
        """Whether the program's loop is over."""
        return self.interpreter.ended

    @property
    def rate(self) -> float | None:
        """The learning rate as it is now, None where the program has none."""
        name = self.program.roles.rate
        if name is None:
            literals = rate_literals(self.program)
            return float(literals[0].value) if literals else None  # type: ignore[arg-type]
        value = places.value(self.interpreter.namespace, name)
        return float(value) if isinstance(value, int | float | np.number) else None

    @property
    def loss(self) -> float | None:
        """The loss computed last, None where none has been."""
        text = self.program.loss_text
        if text is None:
            return None
        if text == self.program.roles.loss:
            value = places.value(self.interpreter.namespace, text)
        else:
            value = self.interpreter.evaluate(text)
        return None if value is None else as_loss(value)

    @property
    def held_out_loss(self) -> float | None:
        """The loss of held-out samples that was computed last, None where the program computes none."""
        if not self.program.writers(holdout.LOSS):
            return None
        value = places.value(self.interpreter.namespace, holdout.LOSS)
        return None if value is None else as_loss(value)

    def last_writer(self, name: str) -> Executed | None:
        """Return the statement that wrote a variable last, None where that is not in the trace."""
        for executed in reversed(self.trace):
            if name in executed.targets:
                return executed
        return None

    def why_not(self) -> str | None:
        """Say why it cannot go on, None where it can."""
        if self.failure is not None:
            return f"line {self.failure.line} failed: S steps back, r resets"
        if self.ended:
            return "the loop is over: S steps back, r resets"
        return None

    # --- forward ---------------------------------------------------------------------------------------------------

    def execute(self, guard: Guard | None = None) -> bool:
        """Run one statement, unless a guard stops before it, and trace it; return whether there can be a next one."""
        if self.why_not() is not None:
            return False
        self._apply_events()
        position, program, before = self.position, self.program, self.state
        try:
            with self._printing():
                if position.tick == 0:
                    self.interpreter.enter()
                    before = self._look(before)  # the loop's variable has its value now
                if guard is None or not guard.before(self.interpreter.following):
                    index = self.interpreter.step()
        except ProgramFailed as error:
            self.failure = error.failure
            return False
        except LoopOver:
            if not self.trace and position.iteration:
                self._trace_the_end()
            return False
        if _has_stopped(guard):
            if position.tick == 0:  # the iteration is not to have begun
                self.stand_at(position)
            return False
        self.state = self._look(before)
        turn = sum(e.index == index and e.position.iteration == position.iteration for e in self.trace)
        self.trace.append(Executed(position, program, index, before, self.state, turn))
        if self.position.tick == 0:
            held_out = [] if self.held_out_loss is None else [self.held_out_loss]
            self._finish(position.iteration, [self.loss] if program.loss_text else [], held_out)
            self.trace = [e for e in self.trace if e.position.iteration >= position.iteration]
            if guard is not None:
                guard.after()
        self._apply_events()
        return not (self.ended or _has_stopped(guard))

    @contextlib.contextmanager
    def _printing(self) -> Iterator[None]:
        """Keep what the program prints, if it does so for the first time."""
        self.output.quiet = self.position < self.frontier
        with self.output.installed():
            yield
        self.frontier = max(self.frontier, self.position)

    def _apply_events(self) -> None:
        """Repeat what the user changed at this position."""
        here = self.history.events_in(self.position, Position(self.position.iteration, self.position.tick + 1))
        for event in here:
            event.apply(self.interpreter)
        if here:
            self.state = self._look(self.state)

    def _finish(self, first: int, losses: Sequence[Any], held_out: Sequence[float] = ()) -> None:
        """Record the losses of iterations that have just been completed, and a checkpoint where one is due."""
        if losses:
            self.curve.extend(first, as_losses(losses), held_out)
        if self.history.due(self.position.iteration):
            _, former = self.history.nearest(self.position.iteration)
            self.history.add(self.position.iteration, self.interpreter.take_checkpoint(former))

    def run_to(self, iteration: int, guard: Guard | None = None) -> None:
        """Run to the start of an iteration without tracing, unless the program fails or ends before.

        Stops at events on the way to apply them, and at checkpoints that are due. A guard may end it too; where it
        does so before a statement, it stands there, and what came before is traced.
        """
        while self.position.tick and self.execute(guard):
            pass
        while self.position.tick == 0 and self.position.iteration < iteration and self.why_not() is None:
            if _has_stopped(guard):
                break
            here = self.position.iteration
            events = self.history.events_in(self.position, Position(iteration, 0))
            if events and events[0].position.iteration == here:
                self._through_events(guard)
                continue
            stop = events[0].position.iteration if events else iteration
            stop = min(stop, self.frontier.iteration) if here < self.frontier.iteration else stop
            self._run_fast(min(stop, self.history.next_due(here)) - here, guard)
        self._apply_events()

    def _through_events(self, guard: Guard | None) -> None:
        """Run one iteration in which something was changed."""
        self.state = self._look(self.state)
        while self.execute(guard) and self.position.tick:
            pass

    def _run_fast(self, iterations: int, guard: Guard | None) -> None:
        start = self.position.iteration
        seen = SeenLosses(self.loss_is_array, bool(self.program.writers(holdout.LOSS)))
        try:
            with self._printing():
                finished = self.interpreter.run(iterations, seen.take, guard)
        except RunFailed as failed:
            self.frontier = Position(start + failed.finished + 1, 0)  # what the failing iteration printed is there
            if isinstance(failed.__cause__, KeyboardInterrupt):  # not again
                if self.watched:
                    self._restore(max(start + failed.finished - 1, 0))
                    self.goto(Position(start + failed.finished, 0))
                raise KeyboardInterrupt from None
            self._replay_to_failure(start + failed.finished, failed)
            return
        except RunLeft as left:
            assert guard is not None
            self._replay_to_statement(start + left.finished, *guard.met)
            return
        self._finish(start, seen.losses[:finished], seen.held_out[:finished])
        if self.ended and self.watched:
            self._trace_the_end()

    def _trace_the_end(self) -> None:
        """Trace the last iteration again, so that one can look and go back; the loop stays over."""
        here = self.position
        self._restore(max(here.iteration - 1, 0))
        self.goto(here)
        self.interpreter.ended = True

    def _replay_to_failure(self, iteration: int, failed: RunFailed) -> None:
        """Go to the iteration in which a fast run failed, and step to the statement that fails.

        The run left the namespace in the middle of that iteration, so the way leads over a checkpoint.
        """
        self._restore(max(iteration - 1, 0))
        self.goto(Position(iteration, 0))
        while self.position.iteration <= iteration and self.execute():
            pass
        if self.failure is None and not self.ended:  # it cannot be repeated: say at least what it was
            cause = failed.__cause__
            self.failure = Failure(self.interpreter.statement.line, None, message_of(cause))

    def _replay_to_statement(self, iteration: int, index: int, times: int) -> None:
        """Go to where a fast run was left: before a statement that has come so many times in an iteration.

        What that iteration has printed so far is there already.
        """
        known, self.frontier = self.frontier, Position(iteration + 1, 0)
        self.stand_at(Position(iteration, 0))
        while True:
            times -= self.interpreter.following == index
            if not times or not self.execute():
                break
        self.frontier = max(known, self.position)

    def catch_up(self) -> None:
        """Begin a trace after untraced iterations."""
        here = self.position
        if here.tick == 0 and not (self.trace and self.trace[-1].position.iteration == here.iteration - 1):
            self.trace = []
            self.state = self._look(self.state)

    def _forget(self) -> None:
        """Go to the start, and forget what has been since."""
        start = self.history.nearest(0)[1]
        self.history = History(self.history.program_before(Position(0, 0)))
        self.history.add(0, start)
        self.curve = LossCurve()
        self.frontier = Position(0, 0)
        self.failure = None
        self._restore(0)
        self._arrive()

    # --- to any position -------------------------------------------------------------------------------------------

    def _restore(self, iteration: int) -> None:
        """Go to the nearest checkpoint at or before an iteration."""
        at, checkpoint = self.history.nearest(iteration)
        self.interpreter.restore(checkpoint, at, self.history.program_before(Position(at, 0)))

    def goto(self, goal: Position) -> None:
        """Go to any position, back or forward; the same state bit for bit, however it is reached.

        Ends before the goal where the program fails or its loop is over before.
        """
        if self.ended and goal >= self.position:
            return
        before = self.state
        traced_from = max(goal.iteration - 1, 0)
        here = self.position
        ahead = here.iteration < self.history.nearest(traced_from)[0]
        if here.tick or here.iteration > traced_from or self.failure is not None or ahead:
            self._restore(traced_from)
        self.failure = None
        self._arrive()
        self.run_to(traced_from)
        if self.ended:
            self.state_before = before
            return
        if self.position.tick == 0:
            self._arrive()
        while self.position < goal and self.execute():
            pass
        self._apply_events()
        self.state_before = before

    def restart_at(self, iteration: int) -> None:
        """Stand at the start of an iteration that a checkpoint was taken of, with nothing traced."""
        self._restore(iteration)
        self.failure = None
        self._arrive()

    def stand_at(self, goal: Position) -> None:
        """Go to any position by way of the nearest checkpoint, whatever the namespace holds now."""
        self._restore(max(goal.iteration - 1, 0))
        self.goto(goal)

    def retrace(self) -> None:
        """Trace this iteration so far and the one before, where a run has left that out."""
        begin = Position(max(self.position.iteration - 1, 0), 0)
        if self.position > begin and not (self.trace and self.trace[0].position == begin):
            self.stand_at(self.position)

    def trace_of(self, iteration: int) -> Sequence[Executed]:
        """Return the statements of an iteration that has begun, with their states; empty for a later one.

        For an iteration that is not in the trace, the session goes back, looks, and returns to where it stands.
        """
        known = self.position.iteration - 1 <= iteration or (
            self.trace and self.trace[0].position.iteration <= iteration
        )
        if known:
            return self._traced(iteration)
        return self.visit(Position(iteration + 1, 0), lambda: self._traced(iteration))

    def _traced(self, iteration: int) -> list[Executed]:
        return [executed for executed in self.trace if executed.position.iteration == iteration]

    def visit(self, goal: Position, look: Callable[[], Seen]) -> Seen:
        """Go to a position, look, and return to where this stands, bit for bit; return what was seen."""
        here, failed, ended, marked = self.position, self.failure is not None, self.ended, self.state_before
        self.goto(goal)
        try:
            return look()
        finally:
            self._restore(max(here.iteration - 1, 0))
            self.goto(here)
            if failed:
                self.execute()
            self.interpreter.ended = ended
            self.state_before = marked


def _has_stopped(guard: Guard | None) -> bool:
    return guard is not None and guard.stopped
