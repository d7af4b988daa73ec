"""A run that only ever goes forward, to hold sessions against that go back, jump and stop."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np
from tests.core.program_oracle import fingerprint

from nntui_core import builtin
from nntui_core import history as history_module
from nntui_core.interpreter import Interpreter, LoopOver, Position
from nntui_core.program import Program
from nntui_core.session import Session
from nntui_core.values import same_bits

DEFAULT = builtin.source("default")
NAIVE = builtin.source("naive")
Rates = dict[Position, float]
SetCell = tuple[Position, str, tuple[int, ...], float]
STATEMENTS = 11
"""Statements in the body of the default program."""


def session_of(source: str = DEFAULT) -> Session:
    return Session(Program.parse(source, "test"))


class Straight:
    """The independent oracle: a run that only ever goes forward, statement by statement, from the start.

    `rates` are the changes of the learning rate, by the position before which they were made; `cells` are cells that
    were set, in order.
    """

    def __init__(self, source: str, rates: Rates | None = None, cells: Sequence[SetCell] = ()) -> None:
        self.interpreter = Interpreter(Program.parse(source, "oracle"))
        self.interpreter.start()
        self.rates = rates or {}
        self.cells = cells
        self.positions: list[Position] = []

    def to(self, goal: Position) -> "Straight":
        """Go to a position, or to the end."""
        try:
            while self.interpreter.position < goal and not self.interpreter.ended:
                self._change()
                here = self.interpreter.position
                self.interpreter.step()
                self.positions.append(here)
        except LoopOver:
            pass
        self._change()
        return self

    def _change(self) -> None:
        if self.interpreter.position in self.rates:
            self.interpreter.namespace["lr"] = self.rates[self.interpreter.position]
        for position, name, index, value in self.cells:
            if position == self.interpreter.position:
                self.interpreter.namespace[name][index] = value

    @property
    def namespace(self) -> dict[str, Any]:
        return self.interpreter.namespace


def assert_same_moment(
    session: Session, source: str, rates: Rates | None = None, cells: Sequence[SetCell] = ()
) -> None:
    """Check a session's live data, kept state and trace against a straight run."""
    live = fingerprint(session.interpreter.namespace)
    straight = Straight(source, rates, cells).to(session.position)
    assert straight.interpreter.position == session.position
    expected = fingerprint(straight.namespace)
    begun = session.failure is not None and not session.position.tick
    if begun:  # the first statement failed: the loop's variable is that of the new iteration already
        expected["iteration"] = live["iteration"]
    assert live == expected
    assert straight.interpreter.following == session.interpreter.following
    for name, value in session.state.values.items():
        if name != "iteration" or not begun:
            assert same_bits(value, np.asarray(straight.namespace[name])), name
    first = Position(max(session.position.iteration - 1, 0), 0)
    assert [e.position for e in session.trace] == [p for p in straight.positions if p >= first]


def losses_of(session: Session) -> list[float]:
    points = session.curve.points(10**6)
    assert points.iterations == tuple(range(session.curve.count))
    return list(points.losses)


@contextmanager
def frequent_checkpoints() -> Iterator[None]:
    """Take and thin checkpoints within few iterations."""
    with mock.patch.multiple(history_module, FIRST_SPACING=2, MOST=3):
        yield
