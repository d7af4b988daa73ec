"""Who wrote this cell last, and who before that, as a run that only goes forward tells it."""

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.core.program_oracle import fingerprint, global_random_state_kept
from tests.core.program_strategies import sources
from tests.core.straight import DEFAULT, assert_same_moment, frequent_checkpoints, session_of

from nntui_core.interpreter import Position
from nntui_core.session import Refused, Session
from nntui_core.writers import go_to_last_writer

QUICK = settings(
    deadline=None,
    max_examples=15,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


def writes_of(source: str, name: str, index: tuple[int, int], until: Position) -> list[Position]:
    """Return where a cell of a 3 by 3 matrix got another number, or all of the matrix was set, by stepping."""
    session, found = session_of(source), []
    while session.position < until:
        here, old = session.position, session.interpreter.namespace.get(name)
        before = None if old is None else old[index]
        session.step()
        new = session.interpreter.namespace[name]
        text = session.trace[-1].statement.text
        whole = text.replace(" ", "").startswith((f"{name}=", f"{name}+=", f"{name}-=", f"{name}*=")) or (
            text == "A, B = B, A" and name in "AB"
        )
        if whole or before is None or np.asarray(before).tobytes() != np.asarray(new[index]).tobytes():
            found.append(here)
    return found


@given(sources(), st.sampled_from(["A", "B", "W"]), st.tuples(st.integers(0, 2), st.integers(0, 2)), st.integers(1, 5))
@QUICK
def test_going_back_from_writer_to_writer_meets_those_that_stepping_meets(
    source: str, name: str, index: tuple[int, int], iterations: int
) -> None:
    with global_random_state_kept(), frequent_checkpoints():
        session = session_of(source)
        session.advance(iterations)
        if session.why_not() is not None:
            return
        end, last = session.position, fingerprint(session.interpreter.namespace)
        expected = writes_of(source, name, index, end)
        for position in reversed(expected[-4:]):
            written = go_to_last_writer(session, name, index)
            assert (session.position, written.position) == (position, position)
            assert_same_moment(session, source)
        if len(expected) <= 4:
            with pytest.raises(Refused, match="nothing in the loop has written"):
                go_to_last_writer(session, name, index)
            assert_same_moment(session, source)
        session.goto(end)
        assert fingerprint(session.interpreter.namespace) == last


RARE = DEFAULT.replace("    z1 =", "    if iteration % 700 == 3: best = W1.copy()\n    z1 =")


def test_a_writer_of_long_ago_is_found_and_told() -> None:
    session = session_of(RARE)
    session.advance(2000)
    line = next(s.line for s in session.program.body if s.targets == ("best",))
    seen = []
    for iteration in (1403, 703, 3):
        written = go_to_last_writer(session, "best", (0, 1))
        assert written.position == session.position == Position(iteration, 1)
        seen.append(written.after)
        assert str(written).startswith(f"`best = W1.copy()` (line {line}, iteration {iteration:,}) set best[0,1] ")
        assert_same_moment(session, RARE)
        session.step()
        assert session.state["best"][0, 1] == written.after
        session.back()
    with pytest.raises(Refused, match=r"nothing in the loop has written best\[0,1\] before this"):
        go_to_last_writer(session, "best", (0, 1))
    assert session.position == Position(3, 1)


def test_an_array_with_two_names_is_written_by_either() -> None:
    source = DEFAULT.replace("lr = 1.0", "lr = 1.0\nq = np.zeros(3)\nr = q").replace(
        "    z1 =", "    q[iteration % 3] += 1.0\n    z1 ="
    )
    session = session_of(source)
    session.advance(40)
    for iteration in (37, 34, 31):
        written = go_to_last_writer(session, "r", (1,))
        assert session.position == Position(iteration, 0)
        assert (written.before, written.after) == (iteration // 3, iteration // 3 + 1)


def test_what_the_setup_wrote_comes_from_its_line() -> None:
    session = session_of()
    session.advance(3)
    line = next(k for k, text in enumerate(session.program.lines, 1) if text.startswith("x = "))
    with pytest.raises(Refused, match=f"the setup, line {line}"):
        go_to_last_writer(session, "x", (0, 0))
    assert_same_moment(session, DEFAULT)


def test_from_a_failure_one_goes_back_and_a_refusal_leaves_it() -> None:
    source = DEFAULT + "    check = np.ones(3) + np.ones(4 if iteration == 20 else 3)\n"
    session: Session = session_of(source)
    session.advance(50)
    assert session.failure is not None
    with pytest.raises(Refused):
        go_to_last_writer(session, "y", (0, 0))
    assert session.failure is not None
    assert go_to_last_writer(session, "W1", (0, 0)).position == Position(20, 10)
    assert session.failure is None
