"""Checkpoints of the past, in bounded memory, and the events that a replay has to repeat.

Any moment is reached by restoring the nearest checkpoint before it and running forward: the program is
deterministic, its random generators are part of the checkpoint, and what a user did (a changed rate, an edited line or
cell) is an event with its position. When the checkpoints outgrow their budget, every second one goes and the spacing
doubles.
"""

import bisect
from dataclasses import dataclass

from nntui_core import places
from nntui_core.cells import CellEdit
from nntui_core.interpreter import Interpreter, Position
from nntui_core.program import Program
from nntui_core.values import Checkpoint

BUDGET = 12 * 2**20
"""Bytes that checkpoints may take, about."""
MOST = 512
"""Checkpoints kept at most."""
FIRST_SPACING = 2048
"""Iterations between checkpoints to begin with: a copy costs about twenty iterations of a small program that is
lowered, so one in a hundred; that many are run again in twenty milliseconds."""
LARGE = 2**18
"""Bytes from which on a checkpoint is a large one: its program is slow to replay, so there are more of them."""
LARGE_BUDGET, LARGE_SPACING = 240 * 2**20, 16
ASIDE = 3 * 2**20
"""Bytes that the checkpoints of a run that has been set aside may take, about; at least two are kept."""


@dataclass(frozen=True, slots=True)
class RateChange:
    """The learning rate, the variable `name`, was set before the statement at `position`."""

    position: Position
    name: str
    rate: float

    def apply(self, interpreter: Interpreter) -> None:
        """Set it again."""
        places.put(interpreter.namespace, self.name, self.rate)


@dataclass(frozen=True, slots=True)
class ProgramChange:
    """A line was edited before the statement at `position`; `following` is the statement that comes next then."""

    position: Position
    program: Program
    following: int

    def apply(self, interpreter: Interpreter) -> None:
        """Go on with the edited program."""
        interpreter.adopt(self.program, self.following)


Event = RateChange | ProgramChange | CellEdit
"""Something that the user did, and that a replay does again."""


class History:
    """Checkpoints by iteration, the first one always kept, and the events in order of their position."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._iterations: list[int] = []
        self._checkpoints: list[Checkpoint] = []
        self.nbytes = 0
        """What the checkpoints take in memory, about."""
        self.spacing = FIRST_SPACING
        self._budget = BUDGET
        self.events: list[Event] = []

    @property
    def program(self) -> Program:
        """The program as it was before all events."""
        return self._program

    def kept(self) -> list[tuple[int, Checkpoint]]:
        """Return all checkpoints, each with its iteration."""
        return list(zip(self._iterations, self._checkpoints, strict=True))

    def due(self, iteration: int) -> bool:
        """Tell whether a checkpoint of this iteration should be taken."""
        return not self._iterations or iteration >= self._iterations[-1] + self.spacing

    def next_due(self, iteration: int) -> int:
        """Return the first iteration after this one at which a checkpoint should be taken."""
        return max(self._iterations[-1] + self.spacing, iteration + 1)

    def add(self, iteration: int, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint, later than all others."""
        if not self._iterations and checkpoint.nbytes > LARGE:
            self.spacing, self._budget = LARGE_SPACING, LARGE_BUDGET
        self._iterations.append(iteration)
        self._checkpoints.append(checkpoint)
        self.nbytes += checkpoint.nbytes
        while len(self._iterations) > 2 and (len(self._iterations) > MOST or self.nbytes > self._budget):
            self._thin()

    def _thin(self) -> None:
        self.spacing *= 2
        kept = list(range(0, len(self._iterations), 2))
        self._iterations = [self._iterations[i] for i in kept]
        self._checkpoints = [self._checkpoints[i] for i in kept]
        self.nbytes = sum(checkpoint.nbytes for checkpoint in self._checkpoints)

    def set_aside(self, iteration: int) -> "History":
        """Return a copy in little memory; the checkpoint that leads to an iteration and the one before it is kept."""
        copy = History(self._program)
        copy._iterations, copy._checkpoints = list(self._iterations), list(self._checkpoints)
        copy.nbytes, copy.spacing, copy._budget = self.nbytes, self.spacing, self._budget
        copy.events = list(self.events)
        near, checkpoint = self.nearest(max(iteration - 1, 0))
        while len(copy._iterations) > 1 and copy.nbytes > ASIDE:
            copy._thin()
        if near not in copy._iterations:
            at = bisect.bisect(copy._iterations, near)
            copy._iterations.insert(at, near)
            copy._checkpoints.insert(at, checkpoint)
            copy.nbytes += checkpoint.nbytes
        return copy

    def nearest(self, iteration: int) -> tuple[int, Checkpoint]:
        """Return the last checkpoint at or before an iteration, and its iteration.

        Raises:
            LookupError: there is none.
        """
        i = bisect.bisect_right(self._iterations, iteration) - 1
        if i < 0:
            raise LookupError(f"no checkpoint at or before iteration {iteration}")
        return self._iterations[i], self._checkpoints[i]

    def add_event(self, event: Event) -> None:
        """Keep an event, later than all others; another rate or text at the same position replaces the one before.

        Edits of a cell are all kept, so that each can be taken back.
        """
        last = self.events[-1] if self.events else None
        if last is not None and last.position == event.position and type(last) is type(event) is not CellEdit:
            self.events.pop()
        self.events.append(event)

    def take_back(self, event: Event) -> None:
        """Forget an event; of equal ones, the last."""
        del self.events[max(k for k, known in enumerate(self.events) if known == event)]

    def program_before(self, position: Position) -> Program:
        """Return the program as it was before what was changed at a position."""
        changes = [e.program for e in self.events if isinstance(e, ProgramChange) and e.position < position]
        return changes[-1] if changes else self._program

    def cut(self, position: Position) -> None:
        """Forget what comes after a position: later checkpoints, and later events."""
        i = bisect.bisect_right(self._iterations, position.iteration)
        del self._iterations[i:], self._checkpoints[i:]
        self.nbytes = sum(checkpoint.nbytes for checkpoint in self._checkpoints)
        self.events = [event for event in self.events if event.position <= position]

    def events_in(self, start: Position, end: Position) -> list[Event]:
        """Return the events from `start` on and before `end`."""
        return [event for event in self.events if start <= event.position < end]
