"""Which statement wrote a cell last: the session goes back to just before it.

The trace tells of this iteration and the one before. Further back the past is run again, from checkpoint to
checkpoint, and each iteration is asked whether it came by a statement that writes the variable, or left another
number in the cell, which it may do by another name for the same array.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nntui_core import places
from nntui_core.dataflow import writes
from nntui_core.executed import Executed
from nntui_core.frame import Index
from nntui_core.interpreter import Position
from nntui_core.session import Refused, Session


@dataclass(frozen=True, slots=True)
class Written:
    """A statement that is about to write a cell; `before` is None where there is no such number yet."""

    name: str
    index: Index
    line: int
    text: str
    position: Position
    before: Any
    after: Any

    def __str__(self) -> str:
        change = f"= {self.after:.6g}" if self.before is None else f"from {self.before:.6g} to {self.after:.6g}"
        where = f"line {self.line}, iteration {self.position.iteration:,}"
        return f"`{self.text}` ({where}) set {_label(self.name, self.index)} {change}: s runs it, p goes further back"


def go_to_last_writer(session: Session, name: str, index: Index) -> Written:
    """Go back to before the statement that wrote a cell last.

    Raises:
        Refused: no statement has; the session stands where it stood.
        KeyboardInterrupt: it has been interrupted; the session stands where it stood.
    """
    here, failed, ended = session.position, session.failure is not None, session.ended
    executed = _in_trace(session, name, index)
    try:
        if executed is None:
            executed = _further_back(session, name, index)
    finally:
        if executed is None:
            session.stand_at(here)
            if failed:
                session.execute()
            session.interpreter.ended = ended
    if executed is None:
        line = next((node.lineno for node in reversed(session.program.setup) if name in writes(node)), None)
        whence = f": it comes from the setup, line {line}" if line else ""
        raise Refused(f"nothing in the loop has written {_label(name, index)} before this{whence}")
    session.goto(executed.position)
    before, after = (_cell(state.values, name, index) for state in (executed.before, executed.after))
    statement = executed.statement
    return Written(name, index, statement.line, statement.text.split("\n")[0], executed.position, before, after)


def _in_trace(session: Session, name: str, index: Index) -> Executed | None:
    return next((executed for executed in reversed(session.trace) if _wrote(executed, name, index)), None)


def _further_back(session: Session, name: str, index: Index) -> Executed | None:
    end = session.trace[0].position.iteration if session.trace else session.position.iteration
    for start in reversed([k for k, _ in session.history.kept() if k < end]):
        session.restart_at(start)
        scan = _Scan(session, name, index)
        session.run_to(end, scan)
        if scan.last is not None:
            session.stand_at(Position(start + scan.last + 1, 0))
            return _in_trace(session, name, index)
        end = start
    return None


class _Scan:
    """Notes the last iteration of a run that wrote a cell."""

    stopped = False
    met = (0, 0)

    def __init__(self, session: Session, name: str, index: Index) -> None:
        self._session, self._name, self._index = session, name, index
        self.last: int | None = None
        """How many iterations of the run came before it."""
        self._done = 0
        self._met = False
        self._cell = self._now()

    @property
    def statements(self) -> frozenset[int]:
        """The statements that write the whole variable."""
        program = self._session.program
        return frozenset(s.index for s in program.body if _sets_whole(program.nodes[s.index], self._name))

    def before(self, index: int) -> bool:
        """Note that such a statement comes."""
        self._met = self._met or index in self.statements
        return False

    def after(self) -> bool:
        """Note an iteration that has come by one, or in which the number has changed."""
        cell = self._now()
        if self._met or not _same(cell, self._cell):
            self.last = self._done
        self._done += 1
        self._met, self._cell = False, cell
        return False

    def _now(self) -> Any:
        value = places.value(self._session.interpreter.namespace, self._name)
        return _cell({self._name: np.asarray(value)}, self._name, self._index) if value is not None else None


def _cell(values: Mapping[str, Any], name: str, index: Index) -> Any:
    value = values.get(name)
    if value is None or len(index) != value.ndim:
        return None
    try:
        return value[index].item()
    except IndexError:
        return None


def _same(a: Any, b: Any) -> bool:
    return (a is None) == (b is None) and (a is None or np.asarray(a).tobytes() == np.asarray(b).tobytes())


def _wrote(executed: Executed, name: str, index: Index) -> bool:
    """Tell whether a statement wrote a cell: it set the whole variable, or left another number in the cell."""
    after = _cell(executed.after.values, name, index)
    if after is None:
        return False
    whole = _sets_whole(executed.program.nodes[executed.index], name)
    return whole or not _same(_cell(executed.before.values, name, index), after)


def _sets_whole(node: ast.stmt, name: str) -> bool:
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.For):
        targets = [node.target]
    flat = [t for target in targets for t in (target.elts if isinstance(target, ast.Tuple | ast.List) else [target])]
    return any(isinstance(target, ast.Name) and target.id == name for target in flat)


def _label(name: str, index: Index) -> str:
    return f"{name}[{','.join(map(str, index))}]" if index else name
