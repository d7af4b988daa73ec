"""Where a number came from, and where those came from, back to the inputs and the initial weights.

A session's trace holds the statements of this iteration and the one before. A number that is older, such as a weight
five iterations ago, is found by going back to its iteration, looking, and returning; the session stands where it
stood, bit for bit.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nntui_core.cells import CellEdit
from nntui_core.dataflow import writes
from nntui_core.explain import Explanation, explain
from nntui_core.frame import Index
from nntui_core.history import RateChange
from nntui_core.inside import lines_of
from nntui_core.interpreter import Position
from nntui_core.program import Program
from nntui_core.session import Executed, Session
from nntui_core.values import State


@dataclass(frozen=True, slots=True)
class Made:
    """A cell at one moment, and how it was made.

    `position` is that of the statement that wrote it, None for a value of the setup; `line` is where that was, None
    for a number that the user set at that position.
    `explanation` is None where there is no arithmetic to tell: the setup made it, or nobody knows what did.
    """

    name: str
    index: Index
    value: Any
    position: Position | None
    line: int | None
    explanation: Explanation | None = None
    inside: tuple[Executed, ...] | None = None
    """The flat lines of its iteration before the one that wrote it, where its statement hides several."""


FARTHEST = 100
"""Iterations that are looked back at for the statement that wrote a variable."""
END = Position(2**62, 0)
"""A position after all others."""


class Origins:
    """Finds the writers of a session's values."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lines: tuple[Executed, tuple[Executed, ...]] | None = None
        self._visited: dict[int, Sequence[Executed]] | None = None
        """The iterations that have been looked at, while several cells are asked for at once."""

    def made(
        self, name: str, index: Index, before: Position = END, look_back: bool = True, explained: bool = True
    ) -> Made:
        """Return how a cell got the value that it had before the statement at a position (by default: has now).

        Without `look_back` only what the trace tells is told; without `explained` only when it was written, and where.

        Raises:
            LookupError: there is no such variable or cell, or the variable holds no numbers.
        """
        name = self._numbered(name)
        executed = self._writer(name, before, FARTHEST if look_back else 2)
        by_hand = self._by_hand(name, index, before)
        if by_hand is not None and (executed is None or executed.position < by_hand[0]):
            position, value = by_hand
            return Made(name, index, value, position, None)
        if executed is None:
            return self._from_setup(name, index)
        statement = executed.statement
        if name not in executed.targets:  # another name for an array that the statement changed in place
            value = _cell(executed.after, name, index)
            return Made(name, index, value, executed.position, statement.line)
        inner = _made_inside(name, index, self._flat_lines(executed), executed.position, explained)
        if inner is not None:
            return inner
        if not explained:
            return Made(name, index, _cell(executed.after, name, index), executed.position, statement.line)
        told = explain(executed.program, statement, executed.before, executed.after, index, name)
        return Made(name, told.index, told.value, executed.position, statement.line, told)

    def _numbered(self, name: str) -> str:
        """Return what the flat lines call a field of a named tuple: `p[0]` for `p.W1`."""
        owner, _, field = name.rpartition(".")
        fields = getattr(self._session.interpreter.namespace.get(owner), "_fields", ()) if owner else ()
        number = f"{owner}[{fields.index(field)}]" if field in fields else name
        return number if self._session.program.writers(number) and not self._session.program.writers(name) else name

    def sources(self, made: Made) -> tuple[Made, ...]:
        """Return where the cells that a value was computed from had come from, in the order of their use, unexplained.

        They may be hundreds: an iteration that has to be gone back to is gone back to once for all of them.
        """
        if made.explanation is None or made.position is None:
            return ()
        self._visited = {}
        try:
            return tuple(self.source(made, s.name, s.index, explained=False) for s in made.explanation.sources)
        finally:
            self._visited = None

    def inside(self, iteration: int) -> tuple[Executed, ...]:
        """Return the flat lines of an iteration that has begun, those in functions; none where it hides nothing."""
        return lines_of(self._trace_of(iteration), self._session.interpreter.namespace)

    def made_inside(self, name: str, index: Index, iteration: int) -> Made | None:
        """Return how the cell of a local variable was made in an iteration, None where no line of it makes any.

        Raises:
            LookupError: the variable has no such cell.
        """
        return _made_inside(name, index, self.inside(iteration))

    def source(self, made: Made, name: str, index: Index, explained: bool = True) -> Made:
        """Return where a cell that a value was computed from had come from.

        Raises:
            LookupError: nobody knows.
        """
        inner = _made_inside(name, index, made.inside or (), explained=explained)
        return inner if inner is not None else self.made(name, index, made.position or END, explained=explained)

    def _trace_of(self, iteration: int) -> Sequence[Executed]:
        if self._visited is None:
            return self._session.trace_of(iteration)
        if iteration not in self._visited:
            self._visited[iteration] = self._session.trace_of(iteration)
        return self._visited[iteration]

    def _flat_lines(self, executed: Executed) -> tuple[Executed, ...]:
        """Return the flat lines of a statement's iteration, up to the statement; none where it hides nothing."""
        if executed.program.straight is None:
            return ()
        if self._lines is None or self._lines[0] is not executed:
            trace = self._trace_of(executed.position.iteration)
            so_far = [e for e in trace if e.position <= executed.position]
            self._lines = executed, lines_of(so_far, self._session.interpreter.namespace)
        return self._lines[1]

    def _writer(self, name: str, before: Position, farthest: int) -> Executed | None:
        """Return the last statement before a position that wrote a variable, None where the setup did."""
        session = self._session
        if not session.program.writers(name):
            return None
        earliest = min(before.iteration, session.position.iteration)
        for iteration in range(earliest, max(earliest - farthest, -1), -1):
            for executed in reversed(self._trace_of(iteration)):
                if executed.position < before and _wrote(executed, name):
                    return executed
        if earliest >= farthest:
            raise LookupError(f"{name} was last written more than {farthest} iterations ago: g goes there")
        return None

    def _by_hand(self, name: str, index: Index, before: Position) -> tuple[Position, float] | None:
        """Return where the user set a cell last, at or before a position, and to what; None where that never was."""
        for event in reversed(self._session.history.events):
            if event.position > before:
                continue
            if isinstance(event, RateChange) and event.name == name:
                return event.position, event.rate
            if isinstance(event, CellEdit) and (event.name, event.index) == (name, index):
                return event.position, event.value
        return None

    def _from_setup(self, name: str, index: Index) -> Made:
        session = self._session
        start = self._trace_of(0) if session.program.writers(name) else ()
        state = start[0].before if start else session.state
        value = _cell(state, name, index)
        return Made(name, index, value, None, _setup_line(session.program, name))


@functools.lru_cache(maxsize=64)
def _setup_line(program: Program, name: str) -> int | None:
    """Return the line of the setup that wrote a variable last."""
    return next((node.lineno for node in reversed(program.setup) if name in writes(node)), None)


def _made_inside(
    name: str, index: Index, lines: Sequence[Executed], position: Position | None = None, explained: bool = True
) -> Made | None:
    """Return how the last flat line that wrote a variable (in the statement at a position) made a cell."""
    for number in range(len(lines) - 1, -1, -1):
        line = lines[number]
        if name in line.statement.targets and position in (None, line.position):
            if not explained:
                return Made(name, index, _cell(line.after, name, index), line.position, line.statement.line)
            told = explain(line.program, line.statement, line.before, line.after, index, name)
            return Made(name, told.index, told.value, line.position, line.statement.line, told, tuple(lines[:number]))
    return None


def _cell(state: State, name: str, index: Index) -> Any:
    value = state.get(name)
    if (
        value is None
        or len(index) != value.ndim
        or not all(-n <= i < n for i, n in zip(index, value.shape, strict=True))
    ):
        raise LookupError(f"there is no {name}[{','.join(map(str, index))}]")
    return value[index].item()


def _wrote(executed: Executed, name: str) -> bool:
    """Tell whether a statement wrote a variable: by name, or because the array is one that it changed in place."""
    if name in executed.targets:
        return name in executed.after
    return name in executed.before and executed.after.get(name) is not executed.before.get(name)
