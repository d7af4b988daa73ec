"""One run of a session, and what may end it: a condition, a breakpoint, the first NaN.

Conditions are asked after each iteration and breakpoints before their statements, in the fast run as well: a body
with these questions in it is compiled for the purpose (see `nntui_core.compiled`), so that the run ends exactly
where it should. NaN is looked for between the pieces of a run, and traced back to the statement that made it.
"""

from collections import Counter

from nntui_core import nans
from nntui_core.breakpoints import Breakpoint
from nntui_core.looking import Looking, LookingError
from nntui_core.nans import NanWatch
from nntui_core.program import Program
from nntui_core.session import Session


class Run:
    """A run that begins where a session stands; the statement there is run even where it has a breakpoint.

    `until` ends it after the first iteration after which it holds.
    """

    def __init__(self, session: Session, until: Looking | None = None) -> None:
        self._session = session
        self._until = until
        self._nans = NanWatch(session)
        self._first: int | None = session.interpreter.following
        self._program: Program | None = None
        self._breakpoints: dict[int, Breakpoint] = {}
        self._conditions: dict[int, Looking] = {}
        self._hits: Counter[int] = Counter()
        self._times: Counter[int] = Counter()
        self._why = ""
        self.stopped = False
        self.met = (0, 0)

    def anew(self) -> "Run":
        """Return a run to the same condition, from where the session stands now."""
        return Run(self._session, self._until)

    @property
    def statements(self) -> frozenset[int]:
        """The statements that have a breakpoint."""
        program = self._session.program
        if program is not self._program:
            self._program = program
            self._breakpoints = self._session.breakpoints.by_statement(program)
            self._conditions = {}
        return frozenset(self._breakpoints)

    def before(self, index: int) -> bool:
        """Stop before a statement whose breakpoint says so."""
        first, self._first = self._first, None
        if index not in self.statements:
            return False
        self._times[index] += 1
        if index != first and self._hit(index, self._breakpoints[index]):
            self.stopped, self.met = True, (index, self._times[index])
        return self.stopped

    def _hit(self, index: int, breakpoint_: Breakpoint) -> bool:
        namespace = self._session.interpreter.namespace
        try:
            if breakpoint_.condition:
                if index not in self._conditions:
                    self._conditions[index] = self._session.looking(breakpoint_.condition)
                if not self._conditions[index].holds(namespace):
                    return False
        except LookingError as error:
            self._why = f"stopped at the breakpoint: {error}"
            return True
        self._hits[index] += 1
        self._why = f"stopped at the breakpoint on {breakpoint_}"
        return self._hits[index] % breakpoint_.every == 0

    def after(self) -> bool:
        """Stop after an iteration where the condition holds."""
        self._first = None
        self._times.clear()
        if self._until is not None and not self.stopped:
            try:
                self.stopped = self._until.holds(self._session.interpreter.namespace)
                self._why = f"stopped: `{self._until.text}` holds now"
            except LookingError as error:
                self.stopped, self._why = True, f"stopped: {error}"
        return self.stopped

    def go(self, iterations: int) -> str | None:
        """Run so many iterations, fast; return why it has stopped, None where it goes on."""
        session = self._session
        session.run_to(session.position.iteration + iterations, self._guard())
        return self._ended()

    def trace(self) -> str | None:
        """Run to the start of the next iteration, traced; return why it has stopped, None where it goes on."""
        session = self._session
        session.catch_up()
        guard = self._guard()
        while session.execute(guard) and session.position.tick:
            pass
        return self._ended()

    def _guard(self) -> "Run | None":
        """Return what is to be asked on the way: nobody, where there is nothing to ask, so that the plain body runs."""
        return self if self._until is not None or self._session.breakpoints.any else None

    def _ended(self) -> str | None:
        session = self._session
        made = self._nans.look() if session.failure is None else None
        if made is not None:
            self.stopped = True
            return f"stopped: {nans.told(made)}"
        if not self.stopped:
            return None
        if session.watched:
            session.retrace()
        return self._why


def next_iteration(session: Session) -> str | None:
    """Run to the start of the next iteration; return why it has stopped before, None where it has not.

    Raises:
        Refused: the program has failed, or its loop is over.
    """
    session.begin()
    return Run(session).trace()


def read_until(text: str, session: Session) -> int | Looking:
    """Return what a run is to go on to: the start of an iteration, or a condition.

    Raises:
        LookingError: it is neither, or lies behind, or holds already.
    """
    number = text.strip().replace(",", "").replace("_", "")
    if number.isascii() and number.isdigit() and len(number) <= 12:
        if int(number) <= session.position.iteration:
            raise LookingError(f"iteration {int(number):,} is behind: g goes there")
        return int(number)
    until = session.looking(text)
    try:
        holds = until.holds(session.interpreter.namespace)
    except LookingError:  # its variables may have no value yet; where it is no condition at all, the run will say so
        return until
    if holds:
        raise LookingError(f"`{until.text}` holds already")
    return until
