"""However a moment is reached, forwards, backwards or by a jump, it is the same moment, bit for bit."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.core.program_oracle import fingerprint, global_random_state_kept
from tests.core.program_strategies import sources
from tests.core.straight import (
    DEFAULT,
    NAIVE,
    STATEMENTS,
    Straight,
    assert_same_moment,
    frequent_checkpoints,
    losses_of,
    session_of,
)

from nntui_core import history as history_module
from nntui_core.interpreter import Position
from nntui_core.ladder import next_rung
from nntui_core.program import Program
from nntui_core.session import Refused
from nntui_core.values import same_bits

THOROUGH = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])


# --- any way leads to the same moment -----------------------------------------------------------------------

COMMANDS = st.one_of(
    st.tuples(st.sampled_from(["step", "next_iteration", "back", "back_iteration"]), st.none()),
    st.tuples(st.just("advance"), st.integers(1, 5)),
    st.tuples(st.just("goto"), st.builds(Position, st.integers(0, 6), st.integers(0, 20))),
    st.tuples(st.just("set_rate"), st.none()),
)


@given(sources(), st.lists(COMMANDS, min_size=1, max_size=7))
@example(DEFAULT, [("advance", 2), ("set_rate", None), ("goto", Position(1, 0)), ("next_iteration", None)])
@example(DEFAULT, [("advance", 2), ("set_rate", None), ("goto", Position(1, 0)), ("advance", 1)])
@THOROUGH
def test_any_walk_through_a_random_program_meets_the_moments_of_a_straight_run(
    source: str, commands: list[tuple[str, Any]]
) -> None:
    fresh_rate = itertools.count(1)
    rates: dict[Position, float] = {}
    with global_random_state_kept(), frequent_checkpoints():
        session = session_of(source)
        for name, argument in commands:
            try:
                if name == "set_rate":
                    rate = 1 / (2.5 + next(fresh_rate))  # never the program's own: that would be no change
                    session.set_rate(rate)
                    rates = {p: r for p, r in rates.items() if p < session.position} | {session.position: rate}
                elif argument is None:
                    getattr(session, name)()
                else:
                    getattr(session, name)(argument)
            except Refused:
                assert name != "set_rate"
                assert session.ended or session.position == Position(0, 0)
            assert session.failure is None
            assert_same_moment(session, source, rates)


@given(sources(), st.lists(st.integers(1, 4), min_size=1, max_size=5))
@THOROUGH
def test_any_partition_of_a_run_gives_the_same_curve_and_arrays(source: str, pieces: list[int]) -> None:
    outcomes = []
    with frequent_checkpoints(), global_random_state_kept():
        for parts in (pieces, [sum(pieces)], [1] * sum(pieces)):
            session = session_of(source)
            for part in parts:
                if not session.why_not():
                    session.advance(part)
            outcomes.append((session.position, fingerprint(session.interpreter.namespace), losses_of(session)))
        session = session_of(source)
        goal = sum(pieces)
        while session.position.iteration < goal and not session.why_not():
            session.step()
        outcomes.append((session.position, fingerprint(session.interpreter.namespace), losses_of(session)))
    assert outcomes[1] == outcomes[0]
    assert outcomes[2] == outcomes[0]
    assert outcomes[3] == outcomes[0]


@pytest.mark.parametrize("goal", [Position(0, 0), Position(0, 5), Position(1, 0), Position(2, 3), Position(700, 4)])
@pytest.mark.parametrize("start", [Position(0, 0), Position(1, 10), Position(700, 3), Position(1500, 0)])
def test_a_jump_leads_where_stepping_leads(start: Position, goal: Position) -> None:
    session = session_of()
    session.goto(start)
    session.goto(goal)
    assert session.position == goal
    assert_same_moment(session, DEFAULT)


def test_back_undoes_one_step_from_anywhere() -> None:
    session = session_of()
    for position in (Position(0, 1), Position(0, STATEMENTS - 1), Position(1, 0), Position(1, 1), Position(40, 0)):
        session.goto(position)
        session.back()
        assert session.position == Straight(DEFAULT).to(position).positions[-1]
        assert_same_moment(session, DEFAULT)


def test_back_goes_all_the_way_to_the_start_and_then_says_why_not() -> None:
    session = session_of()
    start = fingerprint(session.interpreter.namespace)
    session.goto(Position(2, 3))
    for _ in range(2 * STATEMENTS + 3):
        session.back()
    assert session.position == Position(0, 0)
    assert fingerprint(session.interpreter.namespace) == start
    for back in (session.back, session.back_iteration):
        with pytest.raises(Refused, match="this is the start"):
            back()


def test_back_iteration_goes_to_the_start_of_this_one_and_then_of_the_one_before() -> None:
    session = session_of()
    session.goto(Position(7, 4))
    for iteration in (7, 6, 5):
        session.back_iteration()
        assert session.position == Position(iteration, 0)
        assert_same_moment(session, DEFAULT)


@pytest.mark.parametrize("ticks", [0, 1, 5])
@pytest.mark.parametrize("iterations", [1, 2, 3, 40])
def test_after_advancing_one_can_go_back(ticks: int, iterations: int) -> None:
    session = session_of()
    for _ in range(ticks):
        session.step()
    session.advance(iterations)
    assert session.position == Position(iterations, 0)
    session.back()
    assert session.position == Position(iterations - 1, STATEMENTS - 1)
    assert_same_moment(session, DEFAULT)


def test_next_iteration_goes_to_the_start_of_the_next_from_anywhere() -> None:
    session = session_of()
    session.next_iteration()
    assert session.position == Position(1, 0)
    session.step()
    session.next_iteration()
    assert session.position == Position(2, 0)
    assert_same_moment(session, DEFAULT)


# --- what is kept -------------------------------------------------------------------------------------------


def test_kept_states_cannot_be_written_and_do_not_move() -> None:
    session = session_of()
    session.goto(Position(1, 5))
    kept = [(s, {n: v.tobytes() for n, v in s.values.items()}) for e in session.trace for s in (e.before, e.after)]
    session.advance(20)
    for state, expected in kept:
        assert {name: value.tobytes() for name, value in state.values.items()} == expected
        for value in state.values.values():
            with pytest.raises(ValueError, match="read-only"):
                value[...] = 0


def test_the_trace_holds_the_states_around_each_statement() -> None:
    session = session_of()
    session.goto(Position(3, 4))
    assert [e.position for e in session.trace] == [Position(2, t) for t in range(11)] + [
        Position(3, t) for t in range(4)
    ]
    for one, other in itertools.pairwise(session.trace):
        header = {"iteration"} if other.position.tick == 0 else set()  # the loop's header gives it its value
        assert set(other.before.changed_since(one.after)) <= header
    for executed in session.trace:
        assert executed.statement.index == executed.position.tick
        targets = executed.statement.targets
        assert set(executed.after.changed_since(executed.before)) <= {*targets, "iteration"}
        oracle = Straight(DEFAULT).to(executed.position)
        oracle.interpreter.step()
        for target in targets:
            assert same_bits(executed.after[target], np.asarray(oracle.namespace[target]))


def test_the_last_writer_is_found_in_this_iteration_or_the_one_before() -> None:
    session = session_of()
    assert session.last_writer("z1") is None
    session.goto(Position(1, 1))
    assert session.last_writer("z1").position == Position(1, 0)  # type: ignore[union-attr]
    assert session.last_writer("W1").position == Position(0, 10)  # type: ignore[union-attr]
    assert session.last_writer("x") is None


def test_the_state_before_is_that_before_the_last_command() -> None:
    session = session_of()
    session.step()
    assert session.state.changed_since(session.state_before) == ("iteration", "z1") or set(
        session.state.changed_since(session.state_before)
    ) == {"iteration", "z1"}
    before = session.state
    session.next_iteration()
    assert session.state_before is before
    before = session.state
    session.back()
    assert session.state_before is before


def test_opening_a_program_runs_nothing_that_stays() -> None:
    source = DEFAULT.replace("    loss =", "    noise = np.random.rand() + rng.random()\n    loss =")
    with global_random_state_kept():
        np.random.seed(5)
        session = session_of(source)
        assert_same_moment(session, source)
        np.random.seed(5)
        untouched = repr(np.random.get_state(legacy=False))
        session = session_of(source)
        assert repr(np.random.get_state(legacy=False)) == untouched
    assert session.position == Position(0, 0)
    assert "z1" not in session.state
    assert session.shapes["z1"] == (4, 4)
    assert session.shapes["loss"] == ()
    assert session.curve.count == 0


def test_memory_stays_bounded_in_a_long_run() -> None:
    session = session_of()
    session.advance(20_000)
    assert session.history.nbytes <= history_module.BUDGET
    assert len(session.trace) == STATEMENTS
    assert session.curve.count == 20_000
    session.goto(Position(11_234, 5))
    assert session.position == Position(11_234, 5)


# --- the rate -----------------------------------------------------------------------------------------------


def test_a_rate_set_in_mid_iteration_counts_from_the_next_update_on() -> None:
    session = session_of()
    session.goto(Position(2, 10))
    session.set_rate(0.25)
    session.step()
    expected = Straight(DEFAULT).to(Position(2, 10)).namespace
    assert np.array_equal(session.state["W1"], expected["W1"] - 0.25 * expected["dW1"])
    assert np.array_equal(session.state["W2"], expected["W2"])


def test_rates_set_on_the_way_are_repeated_however_one_comes_by() -> None:
    rates = {Position(3, 10): 0.5, Position(20, 0): 2.0, Position(20, 10): 0.125}
    session = session_of()
    for position, rate in rates.items():
        session.goto(position)
        session.set_rate(rate)
    for goal in (Position(60, 0), Position(3, 10), Position(20, 5), Position(3, 11), Position(21, 0), Position(400, 2)):
        session.goto(goal)
        assert_same_moment(session, DEFAULT, rates)
    session = session_of()
    for position, rate in rates.items():
        while session.position < position:
            session.step()
        session.set_rate(rate)
    session.advance(500)
    assert_same_moment(session, DEFAULT, rates)


@pytest.mark.parametrize("position", [Position(0, 0), Position(0, 4), Position(5, 0), Position(5, 10)])
def test_the_rate_at_a_position_is_the_one_set_there_however_it_is_reached(position: Position) -> None:
    session = session_of()
    session.goto(position)
    session.set_rate(0.5)
    session.step()
    session.back()
    assert session.position == position
    assert session.rate == 0.5
    assert session.state["lr"] == 0.5


def test_a_rate_that_was_set_can_be_set_back_in_the_same_place() -> None:
    session = session_of()
    session.set_rate(0.5)
    session.advance(3)
    session.goto(Position(0, 0))
    session.set_rate(1.0)
    session.advance(3)
    assert_same_moment(session, DEFAULT)


def test_setting_the_rate_in_the_past_makes_another_future() -> None:
    session = session_of()
    session.advance(100)
    former = losses_of(session)
    session.goto(Position(40, 0))
    session.set_rate(0.5)
    assert losses_of(session) == former[:40]
    assert session.ghost is not None
    assert list(session.ghost.curve.points(10**6).losses) == former
    assert "γ 1" in session.ghost.label
    session.advance(60)
    assert losses_of(session)[:41] == former[:41]
    assert losses_of(session)[41] != former[41]
    assert_same_moment(session, DEFAULT, {Position(40, 0): 0.5})


def test_a_branch_in_the_thinned_part_of_a_long_curve_keeps_the_curve_up_to_the_present() -> None:
    session = session_of()
    session.advance(9000)
    session.goto(Position(3001, 4))
    session.set_rate(0.5)
    assert session.position == Position(3001, 4)
    assert session.curve.count == 3001
    assert session.curve.points(10**6).losses[-1] == Straight(DEFAULT).to(Position(3001, 0)).namespace["loss"]


def test_setting_the_same_rate_changes_nothing() -> None:
    session = session_of()
    session.advance(10)
    session.goto(Position(5, 0))
    session.set_rate(1.0)
    assert session.curve.count == 10
    assert session.history.events == []
    assert session.ghost is None


@pytest.mark.parametrize("rate", [math.nan, math.inf, -math.inf])
def test_a_rate_that_is_no_number_is_refused(rate: float) -> None:
    session = session_of()
    with pytest.raises(Refused, match="a finite number would do"):
        session.set_rate(rate)
    assert session.rate == 1.0


def test_a_program_without_a_rate_refuses_one() -> None:
    session = session_of(DEFAULT.replace("lr * ", "").replace("lr = 1.0\n", ""))
    assert session.rate is None
    with pytest.raises(Refused, match="no learning rate"):
        session.set_rate(0.5)


@pytest.mark.parametrize(
    ("rate", "up", "down"),
    [
        (1, 2, 0.5),
        (2, 5, 1),
        (5, 10, 2),
        (0.1, 0.2, 0.05),
        (0.3, 0.5, 0.2),
        (7, 10, 5),
        (1e-9, 2e-9, 5e-10),
        (1e3, 2e3, 500),
    ],
)
def test_the_ladder_goes_1_2_5(rate: float, up: float, down: float) -> None:
    assert next_rung(rate, up=True) == up
    assert next_rung(rate, up=False) == down


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_up_and_down_the_ladder_meet_again(rate: float) -> None:
    up, down = next_rung(rate, up=True), next_rung(rate, up=False)
    assert down < rate < up
    assert f"{up:e}"[0] in "125"
    assert up / down <= 10.01
    assert next_rung(next_rung(up, up=True), up=False) == up
    assert next_rung(next_rung(up, up=False), up=True) == up


@pytest.mark.parametrize("rate", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("up", [True, False])
def test_a_rate_off_the_ladder_for_good_is_refused(rate: float, up: bool) -> None:
    with pytest.raises(Refused, match="not on the 1-2-5 ladder"):
        next_rung(rate, up)


def test_the_ladder_ends_where_floats_end() -> None:
    for rate, up in ((1.7e308, True), (5e-324, False)):
        with pytest.raises(Refused, match="goes no further"):
            next_rung(rate, up)


# --- starting again -----------------------------------------------------------------------------------------


def test_a_reset_brings_back_the_weights_and_keeps_the_rate() -> None:
    session = session_of()
    start = {name: session.state[name].tobytes() for name in ("W1", "W2")}
    session.advance(30)
    session.set_rate(0.5)
    session.advance(30)
    former = losses_of(session)
    session.reset()
    assert {name: session.state[name].tobytes() for name in start} == start
    assert (session.position, session.rate, session.curve.count) == (Position(0, 0), 0.5, 0)
    assert session.state["lr"] == 0.5
    assert session.ghost is not None
    assert list(session.ghost.curve.points(10**6).losses) == former
    assert "0.5" in session.ghost.label
    assert "seed 1" in session.ghost.label
    assert session.program.source == DEFAULT
    session.advance(10)
    assert_same_moment(session, DEFAULT, {Position(0, 0): 0.5})


def test_a_reset_before_anything_ran_keeps_the_former_ghost() -> None:
    session = session_of()
    session.advance(5)
    session.reset()
    ghost = session.ghost
    session.reset()
    assert session.ghost is ghost
    assert ghost is not None


def test_a_reset_brings_back_weights_that_no_seed_made() -> None:
    session = session_of(DEFAULT.replace("default_rng(1)", "default_rng()"))
    start = session.state["W1"].tobytes()
    session.advance(3)
    session.reset()
    assert session.state["W1"].tobytes() == start


def test_the_next_seed_is_written_into_the_program() -> None:
    session = session_of()
    session.set_rate(0.5)
    session.advance(3)
    session.reset_with_next_seed()
    assert session.program.source == DEFAULT.replace("default_rng(1)", "default_rng(2)")
    assert (session.seed, session.rate) == (2, 0.5)
    assert session.state["W1"].tobytes() == np.random.default_rng(2).random((3, 4)).tobytes()
    assert session.ghost is not None
    assert "seed 1" in session.ghost.label


def test_a_program_without_a_seed_refuses_the_next_one() -> None:
    session = session_of(DEFAULT.replace("default_rng(1)", "default_rng()"))
    with pytest.raises(Refused, match="no seed"):
        session.reset_with_next_seed()


# --- failing and ending -------------------------------------------------------------------------------------


def test_the_naive_program_fails_at_its_second_update_and_says_why_it_cannot_go_on() -> None:
    session = session_of(NAIVE)
    for _ in range(10):
        session.step()
    assert session.failure is None
    session.step()
    assert session.failure is not None
    assert session.position == Position(0, 10)
    for command in (session.step, session.next_iteration, lambda: session.advance(3)):
        with pytest.raises(Refused, match=r"line 28 failed: S steps back, r resets"):
            command()
    session.back()
    assert (session.position, session.failure) == (Position(0, 9), None)
    assert_same_moment(session, NAIVE)
    session.reset()
    assert (session.position, session.failure, session.why_not()) == (Position(0, 0), None, None)


@pytest.mark.parametrize("way", ["advance", "goto", "next_iteration", "step"])
def test_every_way_forward_stops_at_the_failing_statement(way: str) -> None:
    session = session_of(NAIVE)
    if way == "advance":
        session.advance(50)
    elif way == "goto":
        session.goto(Position(50, 3))
    else:
        while session.why_not() is None:
            getattr(session, way)()
    assert session.position == Position(0, 10)
    assert session.failure is not None
    assert (session.failure.line, session.failure.statement) == (28, 10)
    assert [e.position for e in session.trace] == [Position(0, tick) for tick in range(10)]


def failing_at(iteration: int, statement: str) -> str:
    """Return the default program with a first or a last statement that fails in one iteration."""
    line = f"    check = np.ones(3) + np.ones(4 if iteration == {iteration} else 3)\n"
    if statement == "first":
        return DEFAULT.replace("    z1 =", f"{line}    z1 =")
    return DEFAULT + line


@pytest.mark.parametrize("statement", ["first", "last"])
@pytest.mark.parametrize("iteration", [0, 1, 2, 15, 16, 17, 100])
def test_a_run_that_fails_later_stands_where_stepping_would(iteration: int, statement: str) -> None:
    source = failing_at(iteration, statement)
    session = session_of(source)
    session.advance(500)
    tick = 0 if statement == "first" else STATEMENTS
    assert session.position == Position(iteration, tick)
    assert session.failure is not None
    assert "(3,)" in str(session.failure)
    assert session.curve.count == iteration
    assert losses_of(session) == Losses(source, iteration)
    assert_same_moment(session, source)
    if iteration or tick:
        session.back()
        assert session.failure is None
        assert_same_moment(session, source)
        session.step()
        assert session.failure is None
        session.step()
        assert session.failure is not None


def Losses(source: str, iterations: int) -> list[float]:  # noqa: N802 - reads as a value
    straight = Straight(source)
    return [float(straight.to(Position(i + 1, 0)).namespace["loss"]) for i in range(iterations)]


def test_a_jump_from_a_failure_goes_anywhere_before_it() -> None:
    source = failing_at(30, "last")
    session = session_of(source)
    session.advance(100)
    for goal in (Position(29, 5), Position(0, 0), Position(30, 11), Position(3, 0)):
        session.goto(goal)
        assert session.position == goal
        assert session.failure is None
        assert_same_moment(session, source)
    session.goto(Position(31, 0))
    assert session.position == Position(30, STATEMENTS)
    assert session.failure is not None


ENDINGS = {
    "a break": DEFAULT.replace("    z1 =", "    if iteration == 5: break\n    z1 ="),
    "a break after the loss": DEFAULT.replace("    delta2 =", "    if iteration == 5: break\n    delta2 ="),
    "an iterable": DEFAULT.replace("range(1000)", "[5, 6, 7, 8]"),
    "a condition": DEFAULT.replace("for iteration in range(1000)", "while W2.max() > 0.39"),
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("way", ["advance", "goto", "advance in pieces"])
def test_a_loop_that_is_over_ends_where_stepping_ends_and_one_can_go_back(ending: str, way: str) -> None:
    source = ENDINGS[ending]
    stepped = session_of(source)
    while stepped.why_not() is None:
        stepped.step()
    assert 1 <= stepped.position.iteration < 100
    session = session_of(source)
    if way == "advance":
        session.advance(100)
        if session.why_not() is None:  # an end is met by trying
            session.step()
    elif way == "goto":
        session.goto(Position(100, 0))
    else:
        while session.why_not() is None:
            session.advance(2)
    assert session.ended
    assert session.position == stepped.position
    assert losses_of(session) == losses_of(stepped)
    assert fingerprint(session.interpreter.namespace) == fingerprint(stepped.interpreter.namespace)
    with pytest.raises(Refused, match="the loop is over"):
        session.step()
    session.goto(Position(200, 0))
    session.back()
    stepped.back()
    assert session.position == stepped.position
    assert not session.ended
    assert fingerprint(session.interpreter.namespace) == fingerprint(stepped.interpreter.namespace)


def test_a_loss_seen_while_running_is_the_value_at_that_moment() -> None:
    source = DEFAULT.replace("lr = 1.0", "lr = 1.0\nroom = np.zeros(1)").replace(
        "    loss = 0.5 * np.sum((a2 - y) ** 2)", "    loss = np.add(0.5 * np.sum((a2 - y) ** 2), 0, out=room)"
    )
    fast, slow = session_of(source), session_of(source)
    fast.advance(6)
    while slow.position.iteration < 6:
        slow.step()
    assert losses_of(fast) == losses_of(slow)
    assert len(set(losses_of(fast))) == 6


def test_a_program_without_a_loss_has_an_empty_curve() -> None:
    session = session_of("w = 0\nfor i in range(5):\n    w = w + 1\n")
    session.advance(4)
    session.step()
    assert (session.loss, session.curve.count) == (None, 0)


def test_an_overflow_is_a_value_and_its_first_iteration_is_known() -> None:
    source = DEFAULT.replace("a2 = sigmoid(z2)", "a2 = z2 * z2 * z2").replace("lr = 1.0", "lr = 1e9")
    session = session_of(source)
    session.advance(200)
    assert session.failure is None
    stepped = Losses(source, 200)
    first = next(i for i, loss in enumerate(stepped) if not math.isfinite(loss))
    assert session.curve.first_not_finite == first


def test_a_setup_that_fails_leaves_the_session_as_it_was() -> None:
    session = session_of(DEFAULT.replace("y = np", "assert rng.integers(2**40) != 0 and True\ny = np"))
    session.advance(3)
    before = (session.program, session.position, session.curve, session.ghost)
    failing = Program.parse(DEFAULT.replace("y = np", "y = missing\ny = np"), "failing")
    with pytest.raises(Exception, match="missing"):
        session._open(failing, None)
    assert (session.program, session.position, session.curve, session.ghost) == before


def test_data_that_cannot_be_copied_is_told_in_words_and_not_as_a_crash() -> None:
    from nntui_core.failure import ProgramFailed

    source = DEFAULT.replace("lr = 1.0", "lr = 1.0\nbatches = (x for _ in range(10))")
    try:
        session = session_of(source)
    except ProgramFailed as failed:
        assert "batches" in str(failed)  # noqa: PT017 - either is an answer
    else:
        session.step()
