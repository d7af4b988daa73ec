"""A run ends exactly where it should, in pieces of any size, traced or not, and changes nothing by looking."""

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
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

from nntui_core import nans
from nntui_core.breakpoints import Breakpoint, statement_on
from nntui_core.interpreter import Position
from nntui_core.looking import LookingError
from nntui_core.program import Program
from nntui_core.running import Run, read_until
from nntui_core.session import Session

THOROUGH = settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes
)
PIECES = st.lists(st.integers(0, 4), min_size=1, max_size=4)
"""Of a run: 0 is one traced iteration, other numbers are so many fast ones."""


def run(session: Session, until: str | None = None, pieces: list[int] = [3, 0], most: int = 60) -> str | None:  # noqa: B006
    """Run in pieces until something stops it, or the loop is over, or for so many iterations."""
    condition = None if until is None else session.looking(until)
    running = Run(session, condition)
    last = session.position.iteration + most
    why = None
    while why is None and session.why_not() is None and session.position.iteration < last:
        for piece in pieces:
            if why is None and session.why_not() is None:
                why = running.go(piece) if piece else running.trace()
    if session.why_not() is None:
        session.retrace()
    return why


def end_of(source: str, most: int = 20) -> tuple[list[float], list[tuple[Position, int]]]:
    """Return the losses of a straight run, and before which statement it stood at each position."""
    straight = session_of(source)
    passed = []
    while straight.why_not() is None and straight.position.iteration < most:
        here, following = straight.position, straight.interpreter.following
        straight.step()
        if not straight.ended or straight.position != here:
            passed.append((here, following))
    return losses_of(straight), passed


# --- conditions ---------------------------------------------------------------------------------------------


@given(sources(), st.data(), PIECES)
@THOROUGH
def test_a_run_ends_after_the_first_iteration_after_which_the_condition_holds(
    source: str, data: st.DataObject, pieces: list[int]
) -> None:
    with global_random_state_kept(), frequent_checkpoints():
        losses, _ = end_of(source)
        limit = data.draw(st.sampled_from(losses)) if losses else 0.0
        session = session_of(source)
        why = run(session, f"loss <= {limit!r}", pieces)
        first = next((i for i, loss in enumerate(losses) if loss <= limit), None)
        if first is None:
            assert why is None
        else:
            assert why is not None or session.ended
            assert session.position == Position(first + 1, 0)
        assert_same_moment(session, source)


def test_the_stop_is_said_and_what_comes_before_can_be_looked_at() -> None:
    session = session_of()
    why = run(session, "loss < 0.1", [50], 10_000)
    losses = losses_of(session)
    assert why == "stopped: `loss < 0.1` holds now"
    assert losses[-1] < 0.1 <= losses[-2]
    assert session.trace[-1].position == Position(session.position.iteration - 1, STATEMENTS - 1)
    session.back()
    assert session.position == Position(len(losses) - 1, STATEMENTS - 1)


def test_a_condition_that_fails_stops_and_says_why() -> None:
    session = session_of()
    assert run(session, "W1[iteration, 0] < -1e9") == (
        "stopped: `W1[iteration, 0] < -1e9`: IndexError: index 3 is out of bounds for axis 0 with size 3"
    )
    assert session.position == Position(4, 0)


def test_a_condition_is_read_as_a_number_or_an_expression() -> None:
    session = session_of()
    session.advance(10)
    assert read_until(" 5,000 ", session) == 5000
    with pytest.raises(LookingError, match="iteration 10 is behind: g goes there"):
        read_until("10", session)
    with pytest.raises(LookingError, match="`loss < 9` holds already"):
        read_until("loss < 9", session)
    until = read_until("loss < 0.1", session)
    assert not isinstance(until, int)
    assert until.text == "loss < 0.1"
    assert not isinstance(read_until("dW1.max() < 1", session_of()), int)


def test_a_while_loop_and_a_break_end_a_guarded_run_as_they_end_a_plain_one() -> None:
    for source in (
        DEFAULT.replace("for iteration in range(1000)", "while W2.max() > 0.39"),
        DEFAULT.replace("    z1 =", "    if iteration == 5: break\n    z1 ="),
        DEFAULT.replace("    z1 =", "    if iteration == 5: continue\n    z1 =").replace("range(1000)", "[1, 5, 6]"),
    ):
        plain, guarded = session_of(source), session_of(source)
        while plain.why_not() is None:
            plain.run(10)
        assert run(guarded, "loss < -1") is None
        assert guarded.position == plain.position
        assert guarded.ended
        assert guarded.interpreter.broke == plain.interpreter.broke
        assert fingerprint(guarded.interpreter.namespace) == fingerprint(plain.interpreter.namespace)


def test_a_function_with_a_return_in_its_loop_can_be_guarded() -> None:
    source = DEFAULT[: DEFAULT.index("for iteration")] + (
        "def train(W1, W2):\n"
        + "".join(f"    {line}\n" for line in DEFAULT[DEFAULT.index("for iteration") :].splitlines())
        + "        if iteration == 7:\n            return W1\n    return W2\n\n\nresult = train(W1, W2)\n"
    )
    session = Session(Program.parse(source, "function"))
    line = next(s.line for s in session.program.body if s.targets == ("loss",))
    session.breakpoints.put(session.program, Breakpoint(line))
    for iteration in range(8):
        assert run(session) == f"stopped at the breakpoint on line {line}"
        assert session.position == Position(iteration, 4)
    assert run(session) is None
    assert session.ended
    assert session.interpreter.broke


# --- breakpoints --------------------------------------------------------------------------------------------


@given(sources(), st.data(), PIECES, st.integers(1, 3))
@THOROUGH
def test_a_run_stops_before_each_statement_with_a_breakpoint(
    source: str, data: st.DataObject, pieces: list[int], every: int
) -> None:
    with global_random_state_kept(), frequent_checkpoints():
        _, passed = end_of(source)
        session = session_of(source)
        body = session.program.body
        line = data.draw(st.sampled_from([s.line for s in body]))
        index = statement_on(session.program, line)
        session.breakpoints.put(session.program, Breakpoint(line, "", every))
        expected = [position for position, following in passed if following == index]
        here = Position(0, 0)
        for _ in range(3):
            ahead = [p for p in expected if p > here]
            why = run(session, None, pieces, 20)
            if len(ahead) < every:
                assert why is None
                break
            here = ahead[every - 1]
            assert why is not None
            assert session.position == here
            assert session.interpreter.following == index
            assert_same_moment(session, source)


@pytest.mark.parametrize("tick", [0, 5])
@pytest.mark.parametrize("pieces", [[7, 0], [500], [0]])
def test_a_breakpoint_with_a_condition_stops_where_it_holds(tick: int, pieces: list[int]) -> None:
    """The loop's variable has the value that it has in the body, before the first statement too."""
    session = session_of()
    line = session.program.body[tick].line
    session.breakpoints.put(session.program, Breakpoint(line, "iteration == 40"))
    assert run(session, None, pieces, 100) == f"stopped at the breakpoint on line {line} if iteration == 40"
    assert session.position == Position(40, tick)
    assert_same_moment(session, DEFAULT)
    session.back()
    assert_same_moment(session, DEFAULT)
    losses = losses_of(session_at(300))
    session.breakpoints.put(session.program, Breakpoint(line, f"loss < {losses[200]!r}", 3))
    run(session, None, pieces, 300)
    below = [i for i, loss in enumerate(losses) if loss < losses[200]]
    seen = below[2] if tick > 4 else below[2] + 1  # before its line, the loss is that of the iteration before
    assert session.position == Position(seen, tick)


def session_at(iteration: int) -> Session:
    session = session_of()
    session.advance(iteration)
    return session


def test_a_condition_of_a_breakpoint_that_fails_stops_and_says_why() -> None:
    session = session_of()
    line = session.program.body[4].line
    session.breakpoints.put(session.program, Breakpoint(line, "dW1.max() > 9"))
    assert run(session) == "stopped at the breakpoint: `dW1.max() > 9`: dW1 has no value yet"
    assert session.position == Position(0, 4)


def test_breakpoints_stay_with_their_lines() -> None:
    session = session_of()
    lines = {s.targets[0]: s.line for s in session.program.body}
    for name in ("z1", "loss", "dW1"):
        session.breakpoints.put(session.program, Breakpoint(lines[name]))

    def marked() -> list[str]:
        return [session.program.lines[line - 1].strip() for line in session.breakpoints.within(session.program)]

    before = marked()
    session.edit_line(lines["z2"], "z2 = a1 @ W2\nz2 = z2 + 0")
    assert marked() == before
    session.edit_line(lines["z1"], "z1 = x @ W1 + 0")
    assert marked() == ["z1 = x @ W1 + 0", *before[1:]]
    session.step()
    session.next_iteration()
    session.undo_edit()
    session.undo_edit()
    assert marked() == before
    session.edit_line(lines["loss"], "")
    assert run(session) == f"stopped at the breakpoint on line {lines['dW1']}"
    session.goto(Position(0, 0))
    assert marked() == ["z1 = x @ W1 + 0", *before[1:]]
    session.breakpoints.take(session.program, lines["z1"])
    assert marked() == before[1:]


def test_what_is_printed_before_a_breakpoint_is_printed_once() -> None:
    source = DEFAULT.replace("    loss =", "    print(iteration)\n    loss =")
    session = session_of(source)
    line = next(s.line for s in session.program.body if s.targets == ("dW1",))
    session.breakpoints.put(session.program, Breakpoint(line, "iteration == 5"))
    run(session, None, [50])
    assert session.output.last(99) == ("0", "1", "2", "3", "4", "5")
    session.breakpoints.take(session.program, line)
    session.advance(2)
    assert session.output.last(99) == ("0", "1", "2", "3", "4", "5", "6")


def test_a_run_from_a_breakpoint_in_the_known_past_prints_nothing_again() -> None:
    source = DEFAULT.replace("    loss =", "    print(iteration)\n    loss =")
    session = session_of(source)
    session.advance(20)
    session.goto(Position(3, 0))
    line = next(s.line for s in session.program.body if s.targets == ("dW1",))
    session.breakpoints.put(session.program, Breakpoint(line, "iteration == 12"))
    run(session, None, [50])
    assert session.position.iteration == 12
    assert session.frontier == Position(20, 0)
    session.breakpoints.take(session.program, line)
    session.advance(10)
    assert session.output.last(99) == tuple(map(str, range(22)))


def test_a_run_passes_the_users_changes_as_a_replay_does() -> None:
    session = session_of()
    session.goto(Position(30, 4))
    session.set_rate(0.25)
    session.goto(Position(2, 0))
    line = session.program.body[9].line
    session.breakpoints.put(session.program, Breakpoint(line, "lr < 1"))
    assert run(session, None, [50, 0]) is not None
    assert session.position == Position(30, 9)
    assert_same_moment(session, DEFAULT, {Position(30, 4): 0.25})


def test_a_program_that_fails_fails_in_a_guarded_run_too() -> None:
    session = session_of(NAIVE)
    assert run(session, "iteration > 5") is None
    assert session.failure is not None
    assert session.position == Position(0, 10)


# --- NaN ----------------------------------------------------------------------------------------------------

LINEAR = (
    DEFAULT.replace("a2 = sigmoid(z2)", "a2 = z2")
    .replace("a1 = sigmoid(z1)", "a1 = z1")
    .replace("lr = 1.0", "lr = 10.0")
)


def first_nan(source: str) -> tuple[Position, str]:
    """Return where a straight run has its first NaN, statement by statement."""
    straight = Straight(source)
    while True:
        here = straight.interpreter.position
        straight.to(Position(here.iteration, here.tick + 1))
        for name, value in straight.namespace.items():
            if isinstance(value, np.ndarray | float) and name.isidentifier() and np.isnan(value).any():
                return here, name


@pytest.mark.parametrize("pieces", [[1], [0], [100], [2, 0]])
def test_a_run_stops_after_the_statement_that_made_the_first_nan(pieces: list[int]) -> None:
    position, name = first_nan(LINEAR)
    session = session_of(LINEAR)
    line = session.program.body[position.tick].line
    text = session.program.body[position.tick].text
    assert run(session, None, pieces) == (
        f"stopped: `{text}` (line {line}, iteration {position.iteration}) made the first NaN, in {name}[0,0]; "
        "delta1 had overflowed to infinity before"
    )
    assert session.position == Position(position.iteration, position.tick + 1)
    assert_same_moment(session, LINEAR)


def test_a_run_that_goes_on_from_a_nan_does_not_stop_at_it_again() -> None:
    session = session_of(LINEAR)
    assert run(session) is not None
    assert run(session, None, [5, 0]) is None
    assert session.position.iteration >= 60
    assert_same_moment(session, LINEAR)
    session.reset()
    assert run(session) is not None


def test_a_nan_that_begins_in_mid_iteration_where_the_run_began_is_found() -> None:
    position, _ = first_nan(LINEAR)
    session = session_of(LINEAR)
    session.goto(Position(position.iteration, position.tick - 3))
    assert run(session, None, [1]) is not None
    assert session.position == Position(position.iteration, position.tick + 1)


def test_a_nan_in_the_data_is_passed_on_and_stops_nothing() -> None:
    source = DEFAULT.replace("[1, 0, 1]", "[np.nan, 0, 1]")
    session = session_of(source)
    assert run(session, None, [1, 0, 5]) is None
    assert session.position.iteration >= 60
    assert_same_moment(session, source)
    assert nans.began(session) == "x holds NaN from the start, and the loop passes it on"


def test_a_nan_before_a_breakpoint_or_a_condition_comes_first() -> None:
    position, _ = first_nan(LINEAR)
    for until in (None, "not (loss < 1e308)"):
        session = session_of(LINEAR)
        session.breakpoints.put(session.program, Breakpoint(session.program.body[0].line, "not (loss < 1e308)"))
        why = run(session, until, [100])
        assert why is not None
        assert "first NaN" in why
        assert session.position == Position(position.iteration, position.tick + 1)


def test_infinities_alone_stop_nothing() -> None:
    session = session_of("import numpy as np\nw = np.ones(2)\nfor i in range(9):\n    w = w * 1e200\n")
    assert run(session, None, [4], 8) is None
    assert np.isinf(session.state["w"]).all()


def test_a_run_without_a_screen_learns_where_nan_began() -> None:
    position, name = first_nan(LINEAR)
    session = session_of(LINEAR)
    assert nans.began(session) is None
    session.advance(700)
    told = nans.began(session)
    assert told is not None
    assert f"iteration {position.iteration}) made the first NaN, in {name}[0,0]" in told


def test_an_infinite_loss_is_no_nan_and_a_nan_number_is_one() -> None:
    assert not nans.has_nan(np.array([np.inf, -np.inf]))
    assert nans.has_nan(np.array([np.inf, -np.inf, np.nan]))
    assert nans.has_nan(float("nan"))
    assert nans.has_nan(np.float32("nan"))
    assert not nans.has_nan(np.array([1, 2]))
    assert not nans.has_nan("nan")
    assert nans.has_nan(np.array([1j, np.nan]))
