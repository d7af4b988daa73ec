"""A run that has been set aside comes back bit for bit, and takes bounded memory."""

import itertools
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from tests.core.program_oracle import fingerprint, global_random_state_kept
from tests.core.program_strategies import sources
from tests.core.straight import DEFAULT, assert_same_moment, frequent_checkpoints, losses_of, session_of

from nntui_core import history as history_module
from nntui_core import network
from nntui_core.interpreter import Position
from nntui_core.session import Refused, Session

THOROUGH = settings(
    deadline=None,
    max_examples=12,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
COMMANDS = st.one_of(
    st.tuples(st.sampled_from(["step", "next_iteration", "back"]), st.none()),
    st.tuples(st.just("advance"), st.integers(1, 4)),
    st.tuples(st.just("goto"), st.builds(Position, st.integers(0, 6), st.integers(0, 9))),
    st.tuples(st.sampled_from(["set_rate", "set_rate", "G", "G"]), st.none()),
)
Rates = dict[Position, float]


@given(sources(), st.lists(COMMANDS, min_size=4, max_size=9))
@example(
    DEFAULT,
    [("advance", 4), ("set_rate", None), ("advance", 2), ("goto", Position(2, 3)), ("set_rate", None), ("G", None)] * 2,
)
@THOROUGH
def test_a_walk_with_branches_meets_the_moments_of_straight_runs(source: str, commands: list[tuple[str, Any]]) -> None:
    fresh_rate = itertools.count(1)
    rates: Rates = {}
    aside: tuple[Rates, Position, list[float]] | None = None
    with global_random_state_kept(), frequent_checkpoints():
        session = session_of(source)
        for name, argument in commands:
            former, here = session.former, session.position
            before = (dict(rates), session.frontier, losses_of(session))
            try:
                if name == "set_rate":
                    rate = 1 / (2.5 + next(fresh_rate))
                    session.set_rate(rate)
                    if session.former is not former:
                        aside = before
                    rates = {p: r for p, r in rates.items() if p < here} | {here: rate}
                elif name == "G":
                    session.return_to_former()
                    assert aside is not None
                    rates, position, losses = aside
                    assert session.position == position
                    assert losses_of(session) == losses
                    assert session.ghost is not None
                    assert list(session.ghost.curve.points(10**6).losses) == before[2]
                    aside = (before[0], here, before[2])
                elif argument is None:
                    getattr(session, name)()
                else:
                    getattr(session, name)(argument)
            except Refused:
                assert name != "set_rate"
                assert name != "G" or aside is None
            assert_same_moment(session, source, rates)


def test_there_is_nothing_to_return_to_at_first() -> None:
    session = session_of()
    with pytest.raises(Refused, match="no former run"):
        session.return_to_former()
    session.advance(5)
    session.set_rate(0.5)
    with pytest.raises(Refused, match="no former run"):
        session.return_to_former()


def test_an_edited_line_and_its_undo_belong_to_their_run() -> None:
    session = session_of()
    session.advance(30)
    first = fingerprint(session.interpreter.namespace)
    session.goto(Position(10, 0))
    line = session.program.body[9].line
    session.edit_line(line, "W2 = W2 - 2 * lr * dW2")
    edited = session.program.source
    session.advance(10)
    assert session.return_to_former() == "γ 1, seed 1"
    assert (session.position, session.program.source) == (Position(30, 0), DEFAULT)
    assert fingerprint(session.interpreter.namespace) == first
    assert session.to_undo == []
    assert_same_moment(session, DEFAULT)
    session.return_to_former()
    assert (session.position, session.program.source) == (Position(20, 0), edited)
    session.undo_edit()
    assert session.program.source == DEFAULT


@pytest.mark.parametrize("again", ["reset", "reset_with_next_seed"])
def test_a_run_that_was_started_again_by_mistake_comes_back(again: str) -> None:
    session = session_of()
    session.goto(Position(40, 3))
    session.set_rate(0.5)
    session.goto(Position(300, 5))
    before, losses = fingerprint(session.interpreter.namespace), losses_of(session)
    getattr(session, again)()
    session.advance(7)
    started = session.program.source
    session.return_to_former()
    assert session.position == Position(300, 5)
    assert fingerprint(session.interpreter.namespace) == before
    assert losses_of(session) == losses
    assert_same_moment(session, DEFAULT, {Position(40, 3): 0.5})
    session.goto(Position(20, 2))
    assert_same_moment(session, DEFAULT, {Position(40, 3): 0.5})
    session.return_to_former()
    assert (session.position, session.program.source) == (Position(7, 0), started)
    session.advance(1)
    assert_same_moment(session, started, {Position(0, 0): 0.5})


ENDS = {
    "failed": DEFAULT + "    check = np.ones(3) + np.ones(4 if iteration == 6 else 3)\n",
    "ended": DEFAULT.replace("    z1 =", "    if iteration == 5: break\n    z1 ="),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_run_that_failed_or_ended_comes_back_so(end: str) -> None:
    session = session_of(ENDS[end])
    while session.why_not() is None:
        session.step()
    before = (session.position, session.why_not(), session.interpreter.broke)
    session.reset()
    session.advance(2)
    assert session.why_not() is None
    session.return_to_former()
    assert (session.position, session.why_not(), session.interpreter.broke) == before
    session.back()
    assert session.why_not() is None


def test_what_is_set_aside_takes_little_memory() -> None:
    session = Session(network.build(network.Network((3, 60, 60, 1))))
    with mock.patch.multiple(history_module, FIRST_SPACING=8, BUDGET=2**20, ASIDE=2**18):
        session.reset()
        for _ in range(4):
            session.advance(150)
            session.goto(Position(session.position.iteration - 100, 0))
            session.set_rate((session.rate or 0) / 2)
            assert session.former is not None
            most = max(checkpoint.nbytes for _, checkpoint in session.history.kept())
            assert session.history.nbytes <= 2**20
            assert session.former.history.nbytes <= 2**18 + 2 * most
            there = session.former.position
        session.return_to_former()
        assert session.position == there
