"""The former run: what is kept of it, so that one can return to it.

Going back and then changing something makes another future; so does starting again. What had been run until then is
set aside with its events, its curve and some of its checkpoints, and can be taken up again where it had got to, bit
for bit. One run is set aside at a time: the one whose curve is drawn as a ghost.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nntui_core.cells import CellEdit
from nntui_core.curve import LossCurve
from nntui_core.frame import Index
from nntui_core.history import History, RateChange
from nntui_core.interpreter import Interpreter, Position
from nntui_core.program import Program
from nntui_core.timeline import Timeline

if TYPE_CHECKING:
    from nntui_core.session import Session


@dataclass(frozen=True, slots=True)
class Ghost:
    """The curve of a former run, for comparison, and what set that run apart."""

    curve: LossCurve
    label: str


@dataclass(frozen=True)
class Former:
    """A run that has been set aside, and where it stood; `undo` is what its edits can be taken back by."""

    label: str
    interpreter: Interpreter
    history: History
    curve: LossCurve
    frontier: Position
    position: Position
    failed: bool
    ended: bool
    broke: bool
    shapes: dict[str, Index]
    loss_is_array: bool
    first_rate: float | None
    undo: tuple[Program | CellEdit, ...]

    def take_up(self, timeline: Timeline) -> None:
        """Make a timeline this run again, standing where it stood."""
        timeline.interpreter, timeline.history, timeline.curve = self.interpreter, self.history, self.curve
        timeline.shapes, timeline.loss_is_array = self.shapes, self.loss_is_array
        timeline.frontier = self.frontier
        timeline.failure = None
        timeline.stand_at(self.position)
        if self.failed:
            timeline.execute()
        if timeline.position == self.position:
            timeline.interpreter.ended, timeline.interpreter.broke = self.ended, self.broke


def set_aside(session: "Session", position: Position, curve: LossCurve) -> Former:
    """Return what is to be kept of a session's run, to be taken up at a position that it has been at."""
    here = position == session.position
    return Former(
        label_of(session),
        session.interpreter,
        session.history.set_aside(position.iteration),
        curve,
        session.frontier,
        position,
        here and session.failure is not None,
        here and session.ended,
        here and session.interpreter.broke,
        session.shapes,
        session.loss_is_array,
        session.first_rate,
        tuple(session.to_undo),
    )


def label_of(session: "Session") -> str:
    """Say what sets a session's run apart from others: its rates and its seed."""
    changes = [event for event in session.history.events if isinstance(event, RateChange)]
    rates = [event.rate for event in changes]
    first = rates[0] if rates and changes[0].position == (0, 0) else session.first_rate
    rate = "" if first is None else f"γ {first:g}"
    if rates and rates[-1] != first:
        rate += f"→{rates[-1]:g}"
    seed = "" if session.seed is None else f"seed {session.seed}"
    return ", ".join(part for part in (rate, seed) if part)
