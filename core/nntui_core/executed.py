"""A statement that has run: what a trace is made of."""

from dataclasses import dataclass

from nntui_core.interpreter import Position
from nntui_core.program import Program, Statement
from nntui_core.values import State


@dataclass(frozen=True, slots=True)
class Executed:
    """One statement that has run: where, and the states around it."""

    position: Position
    program: Program
    index: int
    before: State
    after: State
    turn: int = 0
    """How often the statement had run before in this iteration."""

    @property
    def targets(self) -> tuple[str, ...]:
        """What it wrote in this turn: of `weights[i] -= …`, which of them."""
        straight = self.program.straight
        return straight.written(self.index, self.turn) if straight else self.statement.targets

    @property
    def statement(self) -> Statement:
        """The statement that has run."""
        return self.program.body[self.index]
