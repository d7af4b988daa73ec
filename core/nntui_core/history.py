"""Checkpoints of the past, in bounded memory, and the events that a replay has to repeat.

Any moment is reached by restoring the nearest checkpoint before it and running forward: the program is
deterministic, its random generators are part of the checkpoint, and what a user did (a changed rate) is an event
with its position. When the checkpoints outgrow their budget, every second one goes and the spacing doubles.
"""

import bisect
from dataclasses import dataclass

from nntui_core.interpreter import Position
from nntui_core.values import Checkpoint

BUDGET = 12 * 2**20
"""Bytes that checkpoints may take, about."""
MOST = 1024
"""Checkpoints kept at most."""
FIRST_SPACING = 16
"""Iterations between checkpoints to begin with."""


@dataclass(frozen=True, slots=True)
class RateChange:
    """The learning rate was set, before the statement at `position`."""

    position: Position
    rate: float


class History:
    """Checkpoints by iteration, the first one always kept, and the events in order of their position."""

    def __init__(self) -> None:
        self._iterations: list[int] = []
        self._checkpoints: list[Checkpoint] = []
        self.nbytes = 0
        """What the checkpoints take in memory, about."""
        self.spacing = FIRST_SPACING
        self.events: list[RateChange] = []

    def due(self, iteration: int) -> bool:
        """Tell whether a checkpoint of this iteration should be taken."""
        return not self._iterations or iteration >= self._iterations[-1] + self.spacing

    def next_due(self, iteration: int) -> int:
        """Return the first iteration after this one at which a checkpoint should be taken."""
        return max(self._iterations[-1] + self.spacing, iteration + 1)

    def add(self, iteration: int, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint, later than all others."""
        self._iterations.append(iteration)
        self._checkpoints.append(checkpoint)
        self.nbytes += checkpoint.nbytes
        while len(self._iterations) > 2 and (len(self._iterations) > MOST or self.nbytes > BUDGET):
            self._thin()

    def _thin(self) -> None:
        self.spacing *= 2
        kept = list(range(0, len(self._iterations), 2))
        self._iterations = [self._iterations[i] for i in kept]
        self._checkpoints = [self._checkpoints[i] for i in kept]
        self.nbytes = sum(checkpoint.nbytes for checkpoint in self._checkpoints)

    def nearest(self, iteration: int) -> tuple[int, Checkpoint]:
        """Return the last checkpoint at or before an iteration, and its iteration.

        Raises:
            LookupError: there is none.
        """
        i = bisect.bisect_right(self._iterations, iteration) - 1
        if i < 0:
            raise LookupError(f"no checkpoint at or before iteration {iteration}")
        return self._iterations[i], self._checkpoints[i]

    def cut(self, position: Position) -> None:
        """Forget what comes after a position: later checkpoints and later events."""
        i = bisect.bisect_right(self._iterations, position.iteration)
        del self._iterations[i:], self._checkpoints[i:]
        self.nbytes = sum(checkpoint.nbytes for checkpoint in self._checkpoints)
        self.events = [event for event in self.events if event.position < position]

    def events_in(self, start: Position, end: Position) -> list[RateChange]:
        """Return the events from `start` on and before `end`."""
        return [event for event in self.events if start <= event.position < end]
