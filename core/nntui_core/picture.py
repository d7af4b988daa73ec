"""From a session and what a front end wants to see, make a frame.

A picture costs what is in sight: windows are cut from arrays before anything is turned into Python numbers, and what
does not change from frame to frame (the lines of the program) is made once per program.
"""

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np

from nntui_core.failure import Failure
from nntui_core.frame import (
    Cell,
    CodeLine,
    Curve,
    FlowStep,
    Frame,
    Index,
    MatrixView,
    Origin,
    Predictions,
    Status,
    Variable,
    View,
    Window,
)
from nntui_core.history import RateChange
from nntui_core.interpreter import Position
from nntui_core.origins import END, Made, Origins
from nntui_core.program import Phase, Program
from nntui_core.session import Session
from nntui_core.values import Array


class Painter:
    """Makes the frames of one session; keeps what is the same in all frames of a program."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._origins = Origins(session)
        self._program: Program | None = None
        self._code: tuple[CodeLine, ...] = ()
        self._variables: tuple[Variable, ...] = ()
        self._flow: tuple[FlowStep, ...] = ()
        self._title = ""

    def frame(self, view: View) -> Frame:
        """Return a picture of the session as it stands."""
        session = self.session
        program = session.program
        if program is not self._program:
            self._program = program
            self._code = tuple(code_lines(program, session.shapes))
            self._variables = tuple(variables(program, session.shapes))
            self._flow = tuple(flow(program))
            self._title = title(program, session.shapes)
        iteration, tick = session.position
        last = session.trace[-1] if session.trace else None
        made = self._made(view)
        return Frame(
            program=program.name,
            title=self._title,
            iteration=iteration,
            tick=tick,
            following=None if session.ended else session.interpreter.following,
            current_line=session.interpreter.statement.line,
            executed_line=last.statement.line if last else None,
            status=_status(session),
            rate_name=program.roles.rate,
            rate=session.rate,
            loss=session.loss,
            seed=session.seed,
            failure=_failure_lines(session.failure),
            code=self._code,
            flow=self._flow,
            inputs=program.roles.inputs[0] if program.roles.inputs else "",
            variables=self._variables,
            weights=program.roles.parameters,
            deltas=tuple(dict.fromkeys(program.roles.deltas)),
            matrices=self._matrices(view, made),
            curve=_curve(session, view.curve_points),
            predictions=_predictions(session, view),
            cell=None if made is None else cell(program, made),
            natural_end=session.interpreter.natural_end,
            cannot_go_on=session.why_not(),
            cannot_go_back=session.why_not_back(),
        )

    def origin(self, name: str, index: Index, before: tuple[int, int] | None) -> Origin:
        """Return how a cell came about, as it was before the statement at a position (None: as it is now).

        Raises:
            LookupError: there is no such cell.
        """
        program = self.session.program
        made = self._origins.made(name, index, END if before is None else Position(*before))
        return Origin(cell(program, made), tuple(cell(program, source) for source in self._origins.sources(made)))

    def _matrices(self, view: View, made: Made | None) -> dict[str, MatrixView]:
        session = self.session
        sources: dict[str, set[tuple[int, int]]] = {}
        for source in made.explanation.sources if made and made.explanation else ():
            shape = session.shapes.get(source.name, ())
            sources.setdefault(source.name, set()).add(drawn_at(source.index, shape))
        found = {}
        for name, window in view.windows.items():
            value = session.state.get(name)
            there: Index | None = session.shapes.get(name) if value is None else value.shape
            if there is None:
                continue
            before = session.state_before.get(name)
            lit = frozenset(sources.get(name, ()))
            found[name] = matrix_view(name, there, value, before, window, lit)
        return found

    def _made(self, view: View) -> Made | None:
        """Return what is to be explained: the selected cell, or what the last statement wrote."""
        name, index = view.selected or self._written_last()
        try:
            return self._origins.made(name, index)
        except LookupError:
            return None

    def _written_last(self) -> tuple[str, Index]:
        """Return the first cell of what the last statement wrote: what is explained while nothing is selected."""
        for executed in reversed(self.session.trace[-1:]):
            for name in executed.statement.targets:
                return name, (0,) * len(self.session.shapes.get(name, ()))
        return "", ()


def drawn_at(index: Index, shape: Index) -> tuple[int, int]:
    """Return the row and column at which a cell is drawn."""
    if len(index) < 2:
        return 0, index[0] if index else 0
    return int(np.ravel_multi_index(index[:-1], shape[:-1])), index[-1]


def cell(program: Program, made: Made) -> Cell:
    """Return a cell and how it was made, as text."""
    label = f"{made.name}[{','.join(map(str, made.index))}]" if made.index else made.name
    line = made.line
    text = program.lines[line - 1].strip() if line else ""
    if made.position is None:
        when = f"from the setup, line {line}" if line else "from the setup"
        return Cell(made.name, made.index, label, repr(made.value), when=when, text=text)
    when = f"iteration {made.position.iteration}, line {line}"
    told = made.explanation
    if told is None:
        return Cell(made.name, made.index, label, repr(made.value), when=when, text=text, position=made.position)
    return Cell(
        made.name,
        made.index,
        label,
        repr(made.value),
        told.formula,
        told.short,
        told.arithmetic,
        when,
        text,
        made.position,
        told.unknown,
    )


def _status(session: Session) -> Status:
    if session.failure is not None:
        return "failed"
    return "ended" if session.ended else "paused"


def _failure_lines(failure: Failure | None) -> tuple[str, ...]:
    return () if failure is None else (f"line {failure.line}: {failure.message}", *failure.details)


def as_rows(shape: Index) -> tuple[int, int]:
    """Return how many rows and columns a value of this shape is drawn with; a vector is one row."""
    if len(shape) < 2:
        return 1, shape[0] if shape else 1
    rows = 1
    for size in shape[:-1]:
        rows *= size
    return rows, shape[-1]


def matrix_view(
    name: str,
    shape: Index,
    value: Array | None,
    before: Array | None,
    window: Window,
    sources: frozenset[tuple[int, int]] = frozenset(),
) -> MatrixView:
    """Cut a window out of a value; `before` is the value that changes are marked against."""
    rows, columns = as_rows(shape)
    if value is None:
        return MatrixView(name, shape, rows, columns, window, None)
    part = _window(value, rows, columns, window)
    return MatrixView(
        name,
        shape,
        rows,
        columns,
        window,
        tuple(map(tuple, part.tolist())),
        _scale(value),
        _changed(value, before, window, rows, columns),
        sources,
    )


def _window(value: Array, rows: int, columns: int, window: Window) -> Array:
    whole: Array = value.reshape(rows, columns)
    return whole[window.row : window.row + window.rows, window.column : window.column + window.columns]


def _scale(value: Array) -> float:
    """Return the greatest finite magnitude, 0 where there is none."""
    if not value.size:
        return 0.0
    greatest = float(max(abs(value.max()), abs(value.min())))
    if np.isfinite(greatest):
        return greatest
    finite = np.abs(value[np.isfinite(value)])
    return float(finite.max()) if finite.size else 0.0


def _changed(value: Array, before: Array | None, window: Window, rows: int, columns: int) -> frozenset[tuple[int, int]]:
    if before is value:
        return frozenset()
    now = _window(value, rows, columns, window)
    if before is None or before.shape != value.shape:
        differs = np.ones(now.shape, bool)
    else:
        then = _window(before, rows, columns, window)
        differs = (now != then) & ~((now != now) & (then != then))
    return frozenset((window.row + int(r), window.column + int(c)) for r, c in np.argwhere(differs))


def code_lines(program: Program, shapes: dict[str, Index]) -> Iterable[CodeLine]:
    """Yield the lines of a program's text, with what is known of the statement that begins on each."""
    starts = {statement.line: statement for statement in program.body}
    for number, text in enumerate(program.lines, start=1):
        statement = starts.get(number)
        if statement is None:
            code, comment = _without_comment(text)
            yield CodeLine(number, code, comment)
            continue
        target = statement.targets[0] if statement.targets else ""
        shape = shapes.get(target)
        code = text[: len(text) - len(text.lstrip())] + statement.text.split("\n")[0]
        yield CodeLine(
            number,
            code,
            statement.comment,
            statement.index,
            statement.phase.value,
            target,
            "" if shape is None else shape_text(shape),
        )


def _without_comment(line: str) -> tuple[str, str]:
    """Split a line at its comment, if it is nothing but one."""
    stripped = line.lstrip()
    return ("", stripped.lstrip("# ")) if stripped.startswith("#") else (line, "")


def shape_text(shape: Index) -> str:
    """Write a shape in few letters: `(3,4)`, `(4,)`, `()`."""
    return "(" + ",".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def variables(program: Program, shapes: dict[str, Index]) -> Iterable[Variable]:
    """Yield the program's arrays: parameters, deltas, gradients, then the others in the order they are written in."""
    roles = program.roles
    written = [name for statement in program.body for name in statement.targets]
    order = [*roles.parameters, *roles.deltas, *_gradients(program), *written, *shapes]
    phases = {name: statement.phase.value for statement in program.body for name in statement.targets}
    for name in dict.fromkeys(order):
        shape = shapes.get(name)
        if shape is None or not shape or name == program.counter:
            continue
        role = roles.of(name)
        yield Variable(name, shape, phases.get(name, "setup"), role.value if role else None)


def _gradients(program: Program) -> Iterable[str]:
    """Yield, parameter by parameter, the backward variables that its update reads."""
    backward = {name for s in program.body if s.phase is Phase.BACKWARD for name in s.targets}
    for parameter in program.roles.parameters:
        for statement in program.writers(parameter):
            yield from (name for name in statement.reads if name in backward)


def flow(program: Program) -> Iterable[FlowStep]:
    """Yield the statements' targets in order, each with the parameter that the forward pass meets there."""
    parameters = program.roles.parameters
    for statement in program.body:
        if not statement.targets or statement.phase is Phase.OTHER:
            continue
        met = [n for n in statement.reads if n in parameters] if statement.phase is Phase.FORWARD else []
        yield FlowStep(statement.targets[0], statement.index, statement.phase.value, met[0] if met else "")


def title(program: Program, shapes: dict[str, Index]) -> str:
    """Return a few words on a program: its layers, as far as its parameters tell, and its activation."""
    sizes = [shapes[name] for name in program.roles.parameters if len(shapes.get(name, ())) == 2]
    parts = []
    if sizes and all(a[1] == b[0] for a, b in itertools.pairwise(sizes)):
        parts.append("-".join(map(str, [sizes[0][0], *(shape[1] for shape in sizes)])))
    called = [f for f in sorted(program.functions) for s in program.body if f"{f}(" in s.text and s.phase == "forward"]
    parts += list(dict.fromkeys(called))[:1]
    return " ".join(parts)


def _curve(session: Session, most: int) -> Curve:
    points = session.curve.points(most)
    ghost = session.ghost.curve.points(most) if session.ghost else None
    changes = tuple((e.position.iteration, e.rate) for e in session.history.events if isinstance(e, RateChange))
    return Curve(
        points.iterations,
        points.losses,
        ghost.iterations if ghost else (),
        ghost.losses if ghost else (),
        session.ghost.label if session.ghost else "",
        changes,
        session.curve.first_not_finite,
    )


def _predictions(session: Session, view: View) -> Predictions:
    roles = session.program.roles
    first, rows = view.samples

    def samples(name: str | None) -> tuple[tuple[tuple[float, ...], ...], int]:
        value: Any = session.state.get(name) if name else None
        if value is None or value.ndim > 2:
            return (), 0
        table = value.reshape(-1, 1) if value.ndim < 2 else value
        return tuple(map(tuple, table[first : first + rows].tolist())), len(table)

    name = roles.inputs[0] if roles.inputs else None
    (inputs, n), (targets, m), (predictions, k) = map(samples, (name, roles.target, roles.prediction))
    return Predictions(
        name or "",
        roles.target or "",
        roles.prediction or "",
        first,
        max(n, m, k),
        inputs,
        targets,
        predictions,
    )
