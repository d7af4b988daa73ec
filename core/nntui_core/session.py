"""A debugging session: commands in, states and pictures out. Synchronous and deterministic: no thread, no clock.

Commands move the session (`step`, `next_iteration`, `advance`, `back`, `goto`), change something at its position
(`set_rate`, `edit_line`), or start again (`reset`). What is changed in the past makes another future: the old
curve stays as a ghost.
"""

import copy
import math

from nntui_core import edits, straight
from nntui_core.assigned import naming_nothing
from nntui_core.branches import Former, Ghost, set_aside
from nntui_core.breakpoints import Breakpoints
from nntui_core.cells import CellEdit, fitted
from nntui_core.curve import LossCurve
from nntui_core.diagnosis import Report, check
from nntui_core.executed import Executed
from nntui_core.failure import ProgramFailed
from nntui_core.frame import Index
from nntui_core.history import Event, History, ProgramChange, RateChange
from nntui_core.interpreter import Position
from nntui_core.interruption import interruptible
from nntui_core.looking import Looking
from nntui_core.output import Output
from nntui_core.program import Given, Program
from nntui_core.recoding import same_setup
from nntui_core.timeline import Timeline

__all__ = ["Executed", "Refused", "Session"]


class Refused(Exception):  # noqa: N818 - a refusal is an answer
    """A command that can do nothing now; the message says why, and what would do."""


class Session(Timeline):
    """A program being debugged.

    Raises:
        ProgramFailed: the program's setup failed.
    """

    def __init__(self, program: Program, output: Output | None = None, look_ahead: bool = True) -> None:
        self.ghost: Ghost | None = None
        self.former: Former | None = None
        """The run whose curve is the ghost, where one can return to it."""
        self.original = program
        """The program as it was opened, without the user's edits."""
        self._undo: list[Program | CellEdit] = []
        self.breakpoints = Breakpoints(program)
        self.watches: tuple[str, ...] = ()
        """Expressions whose values are shown."""
        self._open(program, output, look_ahead)

    def _open(self, program: Program, output: Output | None, look_ahead: bool = True) -> None:
        """Start a program; where its setup fails, nothing of the session has changed."""
        super().__init__(program, output, look_ahead)
        self._first_rate = self.rate
        self._forget_undone()

    @property
    def seed(self) -> int | None:
        """The seed of the program's random generator, None where its setup has none."""
        return edits.seed_of(self.program)

    @property
    def to_undo(self) -> list[Program | CellEdit]:
        """What `undo_edit` takes back, the latest last: the program before each edit of a line, and edits of cells."""
        return self._undo

    @property
    def first_rate(self) -> float | None:
        """The learning rate that the program starts with, None where it has none."""
        return self._first_rate

    @property
    def size(self) -> int:
        """How many numbers the program's variables hold, as far as their shapes are known."""
        return sum(math.prod(shape) for shape in self.shapes.values())

    def mark_nothing(self) -> None:
        """Take what is seen now as nothing new: after a run, every number has changed."""
        self.state_before = self.state

    # --- forward and back ------------------------------------------------------------------------------------------

    def looking(self, text: str) -> Looking:
        """Return an expression over the program's variables.

        Raises:
            LookingError: it is none, could change something, or has a name that the program does not have.
        """
        return Looking(text, self.program, self.interpreter.namespace, self.shapes)

    def why_not_back(self) -> str | None:
        """Say why the session cannot go back, None where it can."""
        return None if self.trace else "this is the start: nothing has run yet"

    def begin(self) -> None:
        """Take what is seen now as what a command starts from.

        Raises:
            Refused: the program has failed, or its loop is over.
        """
        reason = self.why_not()
        if reason:
            raise Refused(reason)
        self.state_before = self.state

    def step(self) -> None:
        """Run one statement.

        Raises:
            Refused: the program has failed, or its loop is over.
        """
        self.begin()
        self.execute()

    def next_iteration(self) -> None:
        """Run up to the start of the next iteration.

        Raises:
            Refused: the program has failed, or its loop is over.
        """
        self.begin()
        while self.execute() and self.position.tick:
            pass

    def advance(self, iterations: int) -> None:
        """Run to the start of the iteration so many further on, fast; the last iteration is traced.

        It ends earlier where the program fails or its loop is over.

        Raises:
            Refused: the program has failed already, or its loop is over.
        """
        goal = self.position.iteration + iterations
        self.run(iterations - 1)
        self.catch_up()
        while self.position.iteration < goal and self.execute():
            pass

    def run(self, iterations: int) -> None:
        """Like `advance`, but nothing is traced: what is kept for looking stays behind until the next `advance`.

        Raises:
            Refused: the program has failed already, or its loop is over.
        """
        self.begin()
        self.run_to(self.position.iteration + iterations)

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

    def finish(self) -> None:
        """Run what comes after the loop, once it is over.

        Raises:
            ProgramFailed: it raised an exception; the session stands where it stood.
        """
        self.output.quiet = False
        with self.output.installed():
            self.interpreter.finish()

    def check(self) -> Report:
        """Check the gradients of the present iteration, from its start; the session stays where it stands.

        Raises:
            Refused: there is nothing to check.
            KeyboardInterrupt: it has been interrupted.
        """
        iteration, tick = self.position
        program = self.program

        def from_the_start() -> Report:
            self.interpreter.adopt(program, 0)  # also where a line was edited later in this iteration
            return check(self.interpreter)

        try:
            if tick or self.failure is not None or self.ended:
                return self.visit(Position(iteration, 0), lambda: interruptible(from_the_start))
            return interruptible(check, self.interpreter)
        except ValueError as reason:  # NothingToCheck is one; so is a text that the check cannot take apart
            raise Refused(f"the gradients cannot be checked: {reason}") from None
        except ProgramFailed as error:
            raise Refused(str(error)) from None

    def infer_cost(self) -> None:
        """Take the cost that a check infers, where the program states none; before the first iteration only.

        From then on the loss curve is that of the inferred cost.
        """
        if self.program.loss_text is not None or self.position != (0, 0):
            return
        try:
            cost = self.check().cost
        except Refused:
            return
        expression = straight.told_outside(self.interpreter, cost.expression)
        if cost.inferred and not cost.over and expression is not None:
            self._start_with(self.program.with_cost(expression))

    def _start_with(self, program: Program) -> None:
        """Read the program in another way, at the start."""
        self.history = History(program)
        self.interpreter.adopt(program, 0)
        self.history.add(0, self.interpreter.take_checkpoint())

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
        if self.program.roles.rate is None:  # it is written into the updates: their lines change
            self._adopt(edits.with_rate(self.program, rate))
        else:
            self._change(RateChange(self.position, self.program.roles.rate, rate))

    def _change(self, event: Event) -> None:
        """Do something at this position that a replay will do again."""
        marked = self.state
        self._branch()
        self.history.add_event(event)
        self._apply_events()
        self.state_before = marked

    def _branch(self) -> None:
        """Set aside what lies ahead: what is changed here makes another future."""
        if self.curve.count > self.position.iteration:
            self._keep_former(self._aside(self.frontier, copy.deepcopy(self.curve)))
        self.history.cut(self.position)
        self._forget_undone()
        self.frontier = self.position
        if self.curve.count > self.position.iteration:
            self.curve.cut(self.position.iteration)
            if self.curve.count < self.position.iteration:
                self._refill()

    def _aside(self, position: Position, curve: LossCurve) -> Former:
        """Return what is to be kept of this run, to be taken up at a position."""
        return set_aside(self, position, curve)

    def _keep_former(self, former: Former) -> None:
        self.former, self.ghost = former, Ghost(former.curve, former.label)

    def return_to_former(self) -> str:
        """Take up the run again whose curve is the ghost; the present one takes its place. Return what set it apart.

        Raises:
            Refused: there is none.
        """
        former = self.former
        if former is None:
            raise Refused("there is no former run to return to: change something in the past, or r starts again")
        present, before = self._aside(self.position, self.curve), self.state
        former.take_up(self)
        self._undo[:] = former.undo
        self._first_rate = former.first_rate
        self._keep_former(present)
        self.state_before = before
        return former.label

    def _refill(self) -> None:
        """Run again from where the shortened curve ends, so that it reaches the present."""
        here = self.position
        self._restore(self.curve.count)
        self.goto(here)

    def edit_line(self, line: int, text: str) -> None:
        """Replace a line of the program by a text, from this position on.

        A line before the loop takes effect by starting again, unless it is in a function that only the loop calls.

        Raises:
            EditError: the new text is no program, or reads a name that nobody writes.
            Refused: the session stands inside an inner block.
        """
        program = edits.with_line(self.program, line, text, known=self.interpreter.namespace)
        before = self.program
        self._adopt(program)
        self._undo.append(before)

    def set_roles(self, given: Given) -> None:
        """Say what the variables are for, and start again.

        Raises:
            Refused: the program has no variable of such a name.
        """
        program = self.program.with_roles(given)
        reason = naming_nothing(given, {*self.shapes, *program.places}, self.interpreter.namespace)
        if reason:
            raise Refused(reason)
        self._start_again(program)

    def edit_cell(self, name: str, index: Index, value: float) -> None:
        """Put a number into a cell, from this position on.

        Raises:
            Refused: there is no such cell, or it cannot hold the number; or the loop is over.
        """
        if name == self.program.roles.rate:
            self.set_rate(value)
            return
        try:
            number = fitted(self.interpreter.namespace, name, index, value)
        except ValueError as reason:
            raise Refused(str(reason)) from None
        if self.ended:
            raise Refused("the loop is over, nothing would be computed from it: S steps back, r resets")
        self._mend()
        edit = CellEdit(self.position, name, index, number)
        self._change(edit)
        self._undo.append(edit)

    def undo_edit(self) -> str:
        """Take the last edit back: of a line from here on; of a cell where it was made, which is gone to.

        Return what has been done, in words.

        Raises:
            Refused: there is none, or the session stands inside an inner block.
        """
        if not self._undo:
            raise Refused("nothing has been edited: e edits a line of the code, or a number of a matrix")
        last = self._undo[-1]
        if isinstance(last, CellEdit):
            return self._take_back(last)
        self._adopt(last)
        self._undo.pop()
        return "the text as it was before the last edit, from here on"

    def _take_back(self, edit: CellEdit) -> str:
        """Go to where a cell was edited, and on without that; what was run with it becomes the former run."""
        former = self.former
        self.goto(edit.position)
        marked = self.state
        self._branch()
        self.history.take_back(edit)
        self._undo.pop()
        self.stand_at(edit.position)
        self.state_before = marked
        hint = "" if self.former is former else "; G returns to the run with it"
        return f"iteration {edit.position.iteration:,} without {edit}{hint}"

    def _forget_undone(self) -> None:
        """Forget the edits of cells that are no part of this run any more."""
        self._undo[:] = [edit for edit in self._undo if isinstance(edit, Program) or edit in self.history.events]

    def _mend(self) -> None:
        """Stand before a statement that failed as if it had not been tried."""
        failed, self.failure = self.failure is not None, None
        if failed:
            self.goto(self.position)

    def _adopt(self, program: Program) -> None:
        """Go on with another text of the same program."""
        old = self.program
        if same_setup(old, program):
            program = self._followed(program)
            following = edits.following_after(old, program, self.interpreter.following)
            if following is None:
                raise Refused("this is inside a block: n goes to the next iteration, where lines can be edited")
            self._mend()
            self._change(ProgramChange(self.position, program, following))
        else:
            self._start_again(program, keep_rate=False)

    def _followed(self, program: Program) -> Program:
        """Return another text of the program with what following this iteration tells of it."""
        for ago in (0, 1) if straight.may_hide(program, self.interpreter.namespace) else ():  # a loop may be over
            here = Position(max(self.position.iteration - ago, 0), 0)
            found = self.visit(here, lambda: straight.read(self.interpreter, program))
            if found.straight is not None:
                return found
        return program

    def reset(self) -> None:
        """Go back to the start with the same initial weights; the present rate stays, the curve becomes a ghost.

        What was set by hand at the start is among them; the setup does not run again, and what it drew stays too.
        """
        start = Position(0, 0)
        rate, program = self.rate, self.program
        weights = [event for event in self.history.events if isinstance(event, CellEdit) and event.position == start]
        if self.curve.count:
            self._keep_former(self._aside(self.position, self.curve))
        self._forget()
        if program is not self.program:
            self.history.add_event(ProgramChange(start, program, 0))
        self.history.events += weights
        self._forget_undone()
        self.goto(start)
        if rate is not None and rate != self.rate:
            self.set_rate(rate)
        self.state_before = self.state

    def reset_with_next_seed(self) -> None:
        """Start again with the next seed.

        Raises:
            Refused: the setup draws no seeded numbers.
        """
        seed = self.seed
        if seed is None:
            raise Refused("this program has no seed: its setup never calls default_rng(NUMBER) or seed(NUMBER)")
        self._start_again(edits.with_seed(self.program, seed + 1))

    def _start_again(self, program: Program, keep_rate: bool = True) -> None:
        rate = self.rate if keep_rate else None
        former = self._aside(self.position, self.curve) if self.curve.count else self.former
        ghost = self.ghost
        self._open(program, self.output)
        if former is not None and former is not self.former:
            self._keep_former(former)
        else:
            self.ghost = ghost
        if rate is not None and rate != self.rate:
            self.set_rate(rate)
        self.state_before = self.state
