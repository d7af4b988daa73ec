"""A debugging session: commands in, states and pictures out. Synchronous and deterministic: no thread, no clock.

A session stands at a position of its program. Commands move it (`step`, `next_iteration`, `advance`, `back`, `goto`),
change it (`set_rate`) or start again (`reset`). Going forward, it keeps what is needed to go back (checkpoints) and
to explain (the trace: every statement of this iteration and the one before, with the states around it).
"""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nntui_core import edits
from nntui_core.curve import LossCurve
from nntui_core.failure import Failure, ProgramFailed
from nntui_core.frame import Index
from nntui_core.history import History, RateChange
from nntui_core.interpreter import Interpreter, LoopOver, Position, RunFailed
from nntui_core.program import Program
from nntui_core.values import EMPTY, State, is_data, keep


class Refused(Exception):  # noqa: N818 - a refusal is an answer
    """A command that can do nothing now; the message says why, and what would do."""


@dataclass(frozen=True, slots=True)
class Executed:
    """One statement that has run: where, and the states around it."""

    position: Position
    statement: int
    before: State
    after: State


@dataclass(frozen=True, slots=True)
class Ghost:
    """The curve of a former run, for comparison, and what set that run apart."""

    curve: LossCurve
    label: str


LADDER = (1.0, 2.0, 5.0, 10.0)


def next_rung(rate: float, up: bool) -> float:
    """Return the next rate on the ladder …, 0.1, 0.2, 0.5, 1, 2, 5, …; a rate off the ladder moves onto it.

    Raises:
        Refused: the rate is not a positive number, or at the end of what a float can hold.
    """
    if not (rate > 0 and math.isfinite(rate)):
        raise Refused(f"the rate {rate:g} is not on the 1-2-5 ladder: set it with l")
    exponent = math.floor(math.log10(rate))
    rungs = [float(f"{step:g}e{e}") for e in range(exponent - 1, exponent + 2) for step in LADDER[:3]]
    beyond = [r for r in rungs if (r > rate * (1 + 1e-9) if up else r < rate * (1 - 1e-9))]
    found = (min if up else max)(beyond, default=0.0)
    if not (found > 0 and math.isfinite(found)):
        raise Refused(f"the rate {rate:g} goes no further")
    return found


class Session:
    """A program being debugged.

    Raises:
        ProgramFailed: the program's setup failed.
    """

    def __init__(self, program: Program) -> None:
        self.ghost: Ghost | None = None
        self._open(program)

    def _open(self, program: Program) -> None:
        """Start a program; where its setup fails, nothing of the session has changed."""
        interpreter = Interpreter(program)
        interpreter.start()
        self.program = program
        self.interpreter = interpreter
        self.history = History()
        self.curve = LossCurve()
        self.failure: Failure | None = None
        self._first_rate = self.rate
        self.history.add(0, interpreter.take_checkpoint())
        self.shapes = self._scout()
        self._arrive()

    def _scout(self) -> dict[str, Index]:
        """Run one iteration and take it back, to learn what shapes there will be."""
        shapes: dict[str, Index] = {}
        try:
            while True:
                self.interpreter.step()
                if self.interpreter.position.tick == 0:
                    break
        except (ProgramFailed, LoopOver):
            pass  # the shapes of what did run are known; the failure shows when the user gets there
        for name, value in self._look(EMPTY).values.items():
            shapes[name] = value.shape
        iteration, checkpoint = self.history.nearest(0)
        self.interpreter.restore(checkpoint, iteration)
        return shapes

    def _arrive(self) -> None:
        """Begin a trace here."""
        self.failure = None
        self.trace: list[Executed] = []
        self.state = self._look(EMPTY)
        self.state_before = self.state
        """The state before the last command, for marking what it changed."""

    def _look(self, before: State) -> State:
        namespace = self.interpreter.namespace
        skip = self.program.functions
        names = [n for n, v in namespace.items() if n not in skip and is_data(n, v)]
        return keep(namespace, names, before)

    # --- where it stands -------------------------------------------------------------------------------------------

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
        value = self.interpreter.namespace.get(name) if name else None
        return float(value) if isinstance(value, int | float | np.number) else None

    @property
    def loss(self) -> float | None:
        """The loss computed last, None where none has been."""
        if self.program.roles.loss not in self.interpreter.namespace:
            return None
        return _as_loss(self.interpreter.namespace[self.program.roles.loss])

    @property
    def seed(self) -> int | None:
        """The seed of the program's random generator, None where its setup has none."""
        return edits.seed_of(self.program)

    def mark_nothing(self) -> None:
        """Take what is seen now as nothing new: after a run, every number has changed."""
        self.state_before = self.state

    def last_writer(self, name: str) -> Executed | None:
        """Return the statement that wrote a variable last, None where that is not in the trace."""
        for executed in reversed(self.trace):
            if name in self.program.body[executed.statement].targets:
                return executed
        return None

    # --- forward ---------------------------------------------------------------------------------------------------

    def why_not(self) -> str | None:
        """Say why the session cannot go on, None where it can."""
        if self.failure is not None:
            return f"line {self.failure.line} failed: S steps back, r resets"
        if self.ended:
            return "the loop is over: S steps back, r resets"
        return None

    def why_not_back(self) -> str | None:
        """Say why the session cannot go back, None where it can."""
        return None if self.trace else "this is the start: nothing has run yet"

    def _begin(self) -> None:
        reason = self.why_not()
        if reason:
            raise Refused(reason)
        self.state_before = self.state

    def step(self) -> None:
        """Run one statement.

        Raises:
            Refused: the program has failed, or its loop is over.
        """
        self._begin()
        self._execute()

    def next_iteration(self) -> None:
        """Run up to the start of the next iteration.

        Raises:
            Refused: the program has failed, or its loop is over.
        """
        self._begin()
        while self._execute() and self.position.tick:
            pass

    def advance(self, iterations: int) -> None:
        """Run to the start of the iteration so many further on, fast; the last iteration is traced.

        It ends earlier where the program fails or its loop is over.

        Raises:
            Refused: the program has failed already, or its loop is over.
        """
        goal = self.position.iteration + iterations
        self.run(iterations - 1)
        self._catch_up()
        while self.position.iteration < goal and self._execute():
            pass

    def run(self, iterations: int) -> None:
        """Like `advance`, but nothing is traced: what is kept for looking stays behind until the next `advance`.

        Raises:
            Refused: the program has failed already, or its loop is over.
        """
        self._begin()
        self._run_to(self.position.iteration + iterations)
        if self.ended:
            self.goto(self.position)

    def _catch_up(self) -> None:
        """Begin a trace after untraced iterations."""
        if self.position.tick == 0 and not (
            self.trace and self.trace[-1].position.iteration == self.position.iteration - 1
        ):
            self.trace = []
            self.state = self._look(self.state)

    def _execute(self) -> bool:
        """Run one statement and trace it; return whether there can be a next one."""
        if self.why_not() is not None:
            return False
        position = self.position
        for event in self.history.events_in(position, Position(position.iteration, position.tick + 1)):
            self._apply(event)
        before = self.state
        try:
            statement = self.interpreter.step()
        except ProgramFailed as error:
            self.failure = error.failure
            return False
        except LoopOver:
            return False
        self.state = self._look(before)
        self.trace.append(Executed(position, statement, before, self.state))
        if self.position.tick == 0:
            self._finish(position.iteration, [self.loss] if self.program.roles.loss else [])
            self.trace = [e for e in self.trace if e.position.iteration >= position.iteration]
        return not self.ended

    def _finish(self, first: int, losses: Sequence[Any]) -> None:
        """Record the losses of iterations that have just been completed, and a checkpoint where one is due."""
        if losses:
            self.curve.extend(first, _as_losses(losses))
        if self.history.due(self.position.iteration):
            self.history.add(self.position.iteration, self.interpreter.take_checkpoint())

    def _run_to(self, iteration: int) -> None:
        """Run to the start of an iteration without tracing, unless the program fails or ends before.

        Stops at events on the way to apply them, and at checkpoints that are due.
        """
        while self.position.tick and self._execute():
            pass
        while self.position.tick == 0 and self.position.iteration < iteration and self.why_not() is None:
            here = self.position.iteration
            events = self.history.events_in(self.position, Position(iteration, 0))
            if events and events[0].position.iteration == here:
                self._through_events()
                continue
            stop = events[0].position.iteration if events else iteration
            self._run_fast(min(stop, self.history.next_due(here)) - here)

    def _through_events(self) -> None:
        """Run one iteration in which something was changed."""
        self.state = self._look(self.state)
        while self._execute() and self.position.tick:
            pass

    def _run_fast(self, iterations: int) -> None:
        start = self.position.iteration
        losses: list[Any] = []
        try:
            finished = self.interpreter.run(iterations, losses.append)
        except RunFailed as failed:
            self._replay_to_failure(start + failed.finished)
            return
        self._finish(start, losses[:finished])

    def _replay_to_failure(self, iteration: int) -> None:
        """Go to the iteration in which a fast run failed, and step to the statement that fails.

        The run left the namespace in the middle of that iteration, so the way leads over a checkpoint.
        """
        at, checkpoint = self.history.nearest(max(iteration - 1, 0))
        self.interpreter.restore(checkpoint, at)
        self.goto(Position(iteration, 0))
        while self._execute():
            pass

    # --- back and elsewhere ----------------------------------------------------------------------------------------

    def back(self) -> None:
        """Go one statement back.

        Raises:
            Refused: this is the start.
        """
        self._begin_back()
        self.goto(self.trace[-1].position)

    def _begin_back(self) -> None:
        reason = self.why_not_back()
        if reason:
            raise Refused(reason)

    def back_iteration(self) -> None:
        """Go to the start of this iteration, or of the one before where this is a start already.

        Raises:
            Refused: this is the start.
        """
        self._begin_back()
        iteration, tick = self.position
        self.goto(Position(iteration if tick else iteration - 1, 0))

    def goto(self, goal: Position) -> None:
        """Go to any position, back or forward; the same state bit for bit, however it is reached.

        Ends before the goal where the program fails or its loop is over before.
        """
        before = self.state
        traced_from = max(goal.iteration - 1, 0)
        if not (self.position.tick == 0 and self.position.iteration <= traced_from and self.failure is None):
            iteration, checkpoint = self.history.nearest(traced_from)
            self.interpreter.restore(checkpoint, iteration)
        self._arrive()
        self._run_to(traced_from)
        if self.position.tick == 0:
            self._arrive_keeping_failure()
        while self.position < goal and self._execute():
            pass
        self.state_before = before

    def _arrive_keeping_failure(self) -> None:
        failure = self.failure
        self._arrive()
        self.failure = failure

    def trace_of(self, iteration: int) -> Sequence[Executed]:
        """Return the statements of an iteration that has begun, with their states; empty for a later one.

        For an iteration that is not in the trace, the session goes back, looks, and returns to where it stands.
        """
        here = self.position
        known = here.iteration - 1 <= iteration or (self.trace and self.trace[0].position.iteration <= iteration)
        if known:
            return [executed for executed in self.trace if executed.position.iteration == iteration]
        failed, ended, marked = self.failure is not None, self.ended, self.state_before
        self.goto(Position(iteration + 1, 0))
        found = [executed for executed in self.trace if executed.position.iteration == iteration]
        self.goto(here)
        if failed:
            self._execute()
        self.interpreter.ended = ended
        self.state_before = marked
        return found

    # --- changes ---------------------------------------------------------------------------------------------------

    def set_rate(self, rate: float) -> None:
        """Set the learning rate, from the next update statement on.

        Raises:
            Refused: the program has no learning rate, or the rate is not a finite number.
        """
        if self.rate is None:
            raise Refused("this program has no learning rate that its setup gives as a number")
        if not math.isfinite(rate):
            raise Refused(f"{rate} is no learning rate: a finite number would do")
        if rate == self.rate:
            return
        self._branch()
        event = RateChange(self.position, rate)
        self._apply(event)
        self.history.events.append(event)
        self.state = self._look(self.state)

    def _apply(self, event: RateChange) -> None:
        name = self.program.roles.rate
        assert name is not None
        self.interpreter.namespace[name] = event.rate

    def _branch(self) -> None:
        """Forget what lies ahead: what is changed here makes another future."""
        self.history.cut(self.position)
        if self.curve.count > self.position.iteration:
            self.ghost = Ghost(copy.deepcopy(self.curve), self._label())
            self.curve.cut(self.position.iteration)
            if self.curve.count < self.position.iteration:
                self._refill()

    def _refill(self) -> None:
        """Run again from where the shortened curve ends, so that it reaches the present."""
        here = self.position
        iteration, checkpoint = self.history.nearest(self.curve.count)
        self.interpreter.restore(checkpoint, iteration)
        self.goto(here)

    def _label(self) -> str:
        rates = [event.rate for event in self.history.events]
        first = rates[0] if rates and self.history.events[0].position == (0, 0) else self._first_rate
        rate = "" if first is None else f"γ {first:g}"
        if rates and rates[-1] != first:
            rate += f"→{rates[-1]:g}"
        seed = "" if self.seed is None else f"seed {self.seed}"
        return ", ".join(part for part in (rate, seed) if part)

    def reset(self) -> None:
        """Go back to the start with the same initial weights; the present rate stays, the curve becomes a ghost."""
        self._start_again(self.program)

    def reset_with_next_seed(self) -> None:
        """Start again with the next seed.

        Raises:
            Refused: the setup draws no seeded numbers.
        """
        seed = self.seed
        if seed is None:
            raise Refused("this program has no seed: its setup never calls default_rng(NUMBER) or seed(NUMBER)")
        self._start_again(edits.with_seed(self.program, seed + 1))

    def _start_again(self, program: Program) -> None:
        rate = self.rate
        ghost = Ghost(self.curve, self._label()) if self.curve.count else self.ghost
        self._open(program)
        self.ghost = ghost
        if rate is not None and rate != self.rate:
            self.set_rate(rate)
        self.state_before = self.state


def _as_loss(value: object) -> float:
    """Return a loss as a float; NaN where it is no single number."""
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "biuf":
        return math.nan
    return float(array.reshape(-1)[0])


def _as_losses(values: Sequence[Any]) -> list[float]:
    if all(isinstance(value, float) for value in values):
        return list(values)
    return [_as_loss(value) for value in values]
