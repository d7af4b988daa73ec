"""From a session and what a front end wants to see, make a frame.

A picture costs what is in sight: windows are cut from arrays before anything is turned into Python numbers, and what
does not change from frame to frame (the lines of the program) is made once per program.
"""

import functools

from nntui_core import pairing
from nntui_core.coincidence import coincidence
from nntui_core.curve import Points
from nntui_core.dataflow import source_lines
from nntui_core.diagram import Diagrams
from nntui_core.evaluation import Evaluations
from nntui_core.failure import Failure
from nntui_core.findings import Report
from nntui_core.frame import (
    CodeLine,
    Curve,
    FlowStep,
    Frame,
    Index,
    MatrixView,
    Status,
    Variable,
    View,
)
from nntui_core.history import RateChange
from nntui_core.interpreter import Position
from nntui_core.listing import code_lines, flow, title, variables
from nntui_core.matrices import Matrices, drawn_at
from nntui_core.origins import END, Made, Origins
from nntui_core.program import INFERRED, Phase, Program
from nntui_core.replies import Cell, Origin, Verdicts
from nntui_core.session import Session
from nntui_core.surface import Surfaces
from nntui_core.verdicts import verdicts
from nntui_core.watches import Watches


class Painter:
    """Makes the frames of one session; keeps what is the same in all frames of a program."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.in_a_hurry = False
        """Whether the program is running: what the trace does not tell is not looked for."""
        self.report: Report | None = None
        """The last check; its meanings stand beside the lines of the program that was checked."""
        self._checked: Program | None = None
        self._shown_report: Report | None = None
        self._cost = self._other_cost = ""
        """The cost that the last check has inferred, and another one that a check before had."""
        self._origins = Origins(session)
        self._watches = Watches(session)
        self._cutter = Matrices()
        self._surfaces = Surfaces(session)
        self._diagrams = Diagrams(session)
        self._evaluations = Evaluations(session)
        self._program: Program | None = None
        self._code: tuple[CodeLine, ...] = ()
        self._variables: tuple[Variable, ...] = ()
        self._flow: tuple[FlowStep, ...] = ()
        self._title = self._caution = ""

    def frame(self, view: View) -> Frame:
        """Return a picture of the session as it stands."""
        session = self.session
        program = session.program
        if program is not self._program or self.report is not self._shown_report:
            self._shown_report = self.report
            self._program = program
            self._code = tuple(code_lines(program, session.shapes, session.original, self._report_of(program)))
            self._variables = tuple(variables(program, session.shapes))
            self._flow = tuple(flow(program))
            self._title = title(program, session.shapes)
            self._caution = coincidence(program, session.shapes)
        iteration, tick = session.position
        output_first, output = session.output.lines(view.output_first, view.output_lines)
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
            predictions=pairing.predictions(session, view),
            cell=None if made is None else cell(program, made),
            natural_end=session.interpreter.natural_end,
            cannot_go_on=session.why_not(),
            cannot_go_back=session.why_not_back(),
            path=program.origin.path,
            output=output,
            output_first=output_first,
            output_oldest=session.output.oldest,
            output_count=session.output.count,
            roles=_roles(program),
            inferred_cost=(program.roles.cost or "") if program.told_cost == INFERRED else "",
            surface=None if view.surface is None else self._surfaces.draw(*view.surface),
            no_surface=self._surfaces.problem(),
            caution=self._caution,
            breakpoints={n: (b.condition, b.every) for n, b in session.breakpoints.within(program).items()},
            watches=self._watches.now(),
            has_former=session.former is not None,
            known=max(session.frontier.iteration, iteration),
            diagram=self._diagrams.draw(*_cell_of(made)) if view.diagram else None,
            no_diagram=self._diagrams.problem(),
            accuracy=self._evaluations.accuracy() if view.accuracy and _comes_to_an_end(session) else None,
            confusion=None if view.confusion is None else self._evaluations.confusion(view.confusion),
            worst=None if view.worst is None else self._evaluations.worst(*view.worst),
            no_confusion=self._evaluations.no_classes(),
            no_worst=self._evaluations.no_worst(),
        )

    def check(self) -> Verdicts:
        """Check the gradients; what each variable is stands beside its line from now on.

        Raises:
            Refused: there is nothing to check.
        """
        self.report = self.session.check()
        cost = self.report.cost
        if cost.inferred and cost.text != self._cost:
            self._other_cost, self._cost = self._cost, cost.text
        self._checked = self.session.program
        return verdicts(self.report, self._other_cost if cost.inferred else "")

    @property
    def unchecked(self) -> bool:
        """Whether the program has not been checked since it was opened or edited."""
        return self._checked is not self.session.program

    def skip_check(self) -> None:
        """Take the program as checked, without a result."""
        self.report, self._checked = None, self.session.program

    def _report_of(self, program: Program) -> Report | None:
        return self.report if self._checked is program else None

    def origin(self, name: str, index: Index, before: tuple[int, int] | None) -> Origin:
        """Return how a cell came about, as it was before the statement at a position (None: as it is now).

        Raises:
            LookupError: there is no such cell.
        """
        program = self.session.program
        made = self._origins.made(name, index, END if before is None else Position(*before))
        return Origin(cell(program, made, True), tuple(cell(program, source) for source in self._origins.sources(made)))

    def _matrices(self, view: View, made: Made | None) -> dict[str, MatrixView]:
        session = self.session
        sources: dict[str, set[tuple[int, int]]] = {}
        for name, index in made.explanation.places(view.windows) if made and made.explanation else ():
            sources.setdefault(name, set()).add(drawn_at(index, session.shapes.get(name, ())))
        found = {}
        for name, window in view.windows.items():
            value = session.state.get(name)
            there: Index | None = session.shapes.get(name) if value is None else value.shape
            if there is None:
                continue
            before = session.state_before.get(name)
            lit = frozenset(sources.get(name, ()))
            found[name] = self._cutter.view(name, there, value, before, window, lit)
        return found

    def _made(self, view: View) -> Made | None:
        """Return what is to be explained: the selected cell, or what the last statement wrote."""
        name, index = view.selected or self._written_last()
        try:
            return self._origins.made(name, index, look_back=not self.in_a_hurry)
        except LookupError:
            return None

    def _written_last(self) -> tuple[str, Index]:
        """Return the first cell of what the last statement wrote: what is explained while nothing is selected."""
        for executed in reversed(self.session.trace):
            for name in executed.targets:
                value = executed.after.get(name)
                if value is not None:
                    return name, (0,) * value.ndim
        return "", ()


def _cell_of(made: Made | None) -> tuple[str, Index]:
    return ("", ()) if made is None else (made.name, made.index)


@functools.lru_cache(maxsize=2)
def _lines(source: str) -> list[str]:
    return source_lines(source)


def cell(program: Program, made: Made, in_full: bool = False) -> Cell:
    """Return a cell and how it was made, as text; `in_full` with its arithmetic in full precision."""
    label = f"{made.name}[{','.join(map(str, made.index))}]" if made.index else made.name
    line = made.line
    text = _lines(program.source)[line - 1].strip() if line else ""
    if made.position is None:
        when = f"from the setup, line {line}" if line else "from the setup"
        return Cell(made.name, made.index, label, repr(made.value), when=when, text=text)
    if line is None:
        return Cell(
            made.name, made.index, label, repr(made.value), when=f"set by you in iteration {made.position.iteration}"
        )
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
        told.arithmetic if in_full else "",
        when,
        text,
        made.position,
        told.unknown,
        None if told.update is None else tuple(f"{number:.6g}" for number in told.update),  # type: ignore[arg-type]
    )


def _comes_to_an_end(session: Session) -> bool:
    """Tell whether the forward pass is known to: a picture must not run what nobody has seen the end of."""
    program = session.program
    if session.frontier.iteration or program.straight is not None:
        return True
    forward = [name for statement in program.body if statement.phase is Phase.FORWARD for name in statement.targets]
    return bool(forward) and forward[-1] in session.shapes


def _status(session: Session) -> Status:
    if session.failure is not None:
        return "failed"
    return "ended" if session.ended else "paused"


def _roles(program: Program) -> dict[str, str]:
    roles = program.roles
    single = {name: getattr(roles, name) or "" for name in ("target", "prediction", "loss", "cost", "rate")}
    return {"parameters": ", ".join(roles.parameters), **single}


def _failure_lines(failure: Failure | None) -> tuple[str, ...]:
    return () if failure is None else (f"line {failure.line}: {failure.message}", *failure.details)


def _ghost_end(points: Points) -> int | None:
    """Return where the former run's curve is cut off: a little after the present one's end, once that has begun.

    So two runs are compared over the same iterations, however long the former one was.
    """
    return 3 * points.iterations[-1] + 31 if points.iterations else None


def _curve(session: Session, most: int) -> Curve:
    points = session.curve.points(most)
    ghost = session.ghost.curve.points(most, _ghost_end(points)) if session.ghost else None
    held_out = session.curve.held_out.points(most) if session.curve.held_out else None
    changes = tuple((e.position.iteration, e.rate) for e in session.history.events if isinstance(e, RateChange))
    return Curve(
        points.iterations,
        points.losses,
        ghost.iterations if ghost else (),
        ghost.losses if ghost else (),
        session.ghost.label if session.ghost else "",
        changes,
        tuple(e.position.iteration for e in session.history.events if not isinstance(e, RateChange)),
        session.curve.first_not_finite,
        held_out.iterations if held_out else (),
        held_out.losses if held_out else (),
    )
