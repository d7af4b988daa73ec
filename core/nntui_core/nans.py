"""Which statement made the first NaN.

While a program runs, its variables are looked at now and then, which costs next to nothing. Where one of them has
become NaN, the session goes back to where none was, runs to the first iteration that ends with one, and steps
through it. The statement looked for is one whose result holds NaN while nothing that it read did: `inf - inf`,
`0 * inf`, the logarithm of a negative number. A NaN that was in the data all along is passed on, not made.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from nntui_core import places
from nntui_core.executed import Executed
from nntui_core.interpreter import Position
from nntui_core.program import Program
from nntui_core.timeline import Timeline
from nntui_core.values import Array


def has_nan(value: object) -> bool:
    """Tell whether a number or an array holds NaN."""
    if isinstance(value, float | complex):
        return value != value
    if not (isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "fc"):
        return False
    with np.errstate(all="ignore"):
        total = value.sum()  # much faster than asking each number
    return bool(total != total) and bool(np.isnan(value).any())


def watched_names(program: Program) -> tuple[str, ...]:
    """Return the variables in which a NaN may be made: what the loop writes, and the parameters."""
    written = [name for statement in program.body for name in statement.targets]
    return tuple(dict.fromkeys([*written, *program.roles.parameters]))


def telling_names(program: Program) -> tuple[str, ...]:
    """Return the few variables that a NaN soon comes to: the loss and the parameters; without these, all."""
    roles = program.roles
    return (*roles.parameters, *([roles.loss] if roles.loss else [])) if roles.parameters else watched_names(program)


def holding_nan(values: Mapping[str, Any], names: Iterable[str]) -> frozenset[str]:
    """Return those names of a namespace that hold NaN."""
    return frozenset(name for name in names if has_nan(places.value(values, name)))


class NanWatch:
    """Looks for new NaNs in a session. Those that are there when it begins are known, and are not asked for."""

    def __init__(self, session: Timeline) -> None:
        self._session = session
        self._program: Program | None = None
        self._telling: tuple[str, ...] = ()
        self._clean = session.position
        self._known = holding_nan(session.interpreter.namespace, watched_names(session.program))
        self.statements: frozenset[int] = frozenset()
        self.stopped = False
        self.met = (0, 0)

    @classmethod
    def since(cls, session: Timeline, position: Position) -> "NanWatch":
        """Return a watch that began at the start of an earlier iteration."""
        watch = cls(session)
        watch._clean, watch._known = position, frozenset()
        return watch

    def look(self) -> Executed | None:
        """Return the statement that made the first new NaN, and go there: it has just run.

        Where no statement made one, the session stays, and what holds NaN now is known from then on.
        """
        session = self._session
        if session.program is not self._program:
            self._program, self._telling = session.program, telling_names(session.program)
        if not self._fresh(self._telling):
            self._clean = session.position
            return None
        end, ended, broke = session.position, session.ended, session.interpreter.broke
        made = self._found(end)
        if made is None:
            session.stand_at(end)
            session.interpreter.ended, session.interpreter.broke = ended, broke
            self._known |= self._fresh(watched_names(session.program))
            self._clean = end
        return made

    def _fresh(self, names: Iterable[str]) -> frozenset[str]:
        return holding_nan(self._session.interpreter.namespace, [name for name in names if name not in self._known])

    def _found(self, end: Position) -> Executed | None:
        session = self._session
        session.stand_at(self._clean)
        self._known |= self._fresh(watched_names(session.program))
        made = self._through_iteration(end) if session.position.tick else None
        if made is not None:
            return made
        self.stopped = False
        session.run_to(end.iteration, self)
        if self.stopped:
            session.stand_at(Position(session.position.iteration - 1, 0))
        return self._through_iteration(end)

    def _through_iteration(self, end: Position) -> Executed | None:
        """Step to the end of this iteration; return the first statement that made a NaN, having just run."""
        session = self._session
        going = session.position < end
        while going:
            here = session.position
            going = session.execute() and session.position.tick > 0 and session.position < end
            last = session.trace[-1] if session.trace else None
            if last is not None and last.position == here and made_nan(last):
                return last
        return None

    def before(self, _: int) -> bool:
        """Go on: it looks at the end of an iteration."""
        return False

    def after(self) -> bool:
        """Stop at the end of the first iteration in which there is a new NaN."""
        self.stopped = bool(self._fresh(watched_names(self._session.program)))
        return self.stopped


def made_nan(executed: Executed) -> tuple[str, ...]:
    """Return the variables into which a statement brought NaN that had not been in anything that it read."""
    before, after = executed.before, executed.after
    if any(has_nan(before.get(name)) for name in executed.statement.reads):
        return ()
    return tuple(n for n in after.changed_since(before) if has_nan(after[n]) and not has_nan(before.get(n)))


def told(executed: Executed) -> str:
    """Say which statement made the first NaN, where, and what had overflowed before."""
    name = made_nan(executed)[0]
    statement = executed.statement
    text = statement.text.split("\n")[0]
    text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    where = f"line {statement.line}, iteration {executed.position.iteration:,}"
    return f"`{text}` ({where}) made the first NaN, in {_cell(name, executed.after[name])}{_overflow(executed)}"


LONGEST = 48
"""Characters of a statement that are quoted."""


def _cell(name: str, value: Array) -> str:
    if not value.ndim:
        return name
    return f"{name}[{','.join(map(str, np.argwhere(np.isnan(value))[0]))}]"


def _overflow(executed: Executed) -> str:
    infinite = [n for n in executed.statement.reads if _has_infinity(executed.before.get(n))]
    return f"; {infinite[0]} had overflowed to infinity before" if infinite else ""


def _has_infinity(value: Array | None) -> bool:
    return value is not None and value.dtype.kind in "fc" and bool(np.isinf(value).any())


def from_setup(session: Timeline) -> str | None:
    """Return a variable that has held NaN since before the first iteration, None where there is none."""
    start = session.history.nearest(0)[1].data
    return next((name for name in sorted(start) if name.isidentifier() and has_nan(start[name])), None)


def began(session: Timeline) -> str | None:
    """Say where NaN began in a session that has run, None where there is none. The session may stand elsewhere then."""
    names = telling_names(session.program)
    now = holding_nan(session.interpreter.namespace, names)
    if not now:
        return None
    clean = [k for k, checkpoint in session.history.kept() if not now & holding_nan(checkpoint.data, names)]
    watch = NanWatch.since(session, Position(max(clean, default=0), 0))
    made = watch.look()
    if made is not None:
        return told(made)
    name = from_setup(session)
    if name is not None:
        return f"{name} holds NaN from the start, and the loop passes it on"
    names_now = ", ".join(sorted(now))
    return f"{names_now} became NaN, but run again from iteration {max(clean, default=0):,} on, no statement makes one"
