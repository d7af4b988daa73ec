"""A number that is set by hand is an event: however a moment is reached, it is the same, and it can be taken back."""

import itertools
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from tests.core.program_oracle import fingerprint, global_random_state_kept
from tests.core.program_strategies import sources
from tests.core.straight import (
    DEFAULT,
    NAIVE,
    Rates,
    SetCell,
    assert_same_moment,
    frequent_checkpoints,
    losses_of,
    session_of,
)

from nntui_core.cells import CellEdit
from nntui_core.interpreter import Position
from nntui_core.origins import Origins
from nntui_core.session import Refused, Session

THOROUGH = settings(
    deadline=None,
    max_examples=10,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
START = Position(0, 0)


# --- any way leads to the same moment ---------------------------------------------------------------------------------

COMMANDS = st.one_of(
    st.tuples(st.sampled_from(["step", "next_iteration", "back", "back_iteration", "undo", "rate"]), st.none()),
    st.tuples(st.sampled_from(["cell", "cell"]), st.integers(0, 10**6)),
    st.tuples(st.just("advance"), st.integers(1, 5)),
    st.tuples(st.just("goto"), st.builds(Position, st.integers(0, 6), st.integers(0, 20))),
)


def cells_of(session: Session) -> list[tuple[str, tuple[int, ...]]]:
    """Return the cells of a session's arrays of floats that can be written."""
    arrays = sorted((n, v) for n, v in session.interpreter.namespace.items() if isinstance(v, np.ndarray))
    return [(n, index) for n, v in arrays if v.dtype == float and v.flags.writeable for index in np.ndindex(v.shape)]


@given(sources(), st.lists(COMMANDS, min_size=3, max_size=9))
@example(
    DEFAULT, [("advance", 4), ("cell", 5), ("advance", 2), ("goto", Position(4, 0)), ("step", None), ("undo", None)]
)
@example(DEFAULT, [("cell", 5), ("cell", 5), ("rate", None), ("advance", 3), ("undo", None), ("next_iteration", None)])
@THOROUGH
def test_any_walk_with_edited_cells_meets_the_moments_of_a_straight_run(
    source: str, commands: list[tuple[str, Any]]
) -> None:
    fresh = itertools.count(1)
    rates: Rates = {}
    cells: list[SetCell] = []
    with global_random_state_kept(), frequent_checkpoints():
        session = session_of(source)
        for name, argument in commands:
            here, number = session.position, 1 / (2.5 + next(fresh))
            if name == "undo":
                if not cells:
                    with pytest.raises(Refused, match="nothing has been edited"):
                        session.undo_edit()
                    continue
                session.undo_edit()
                back = cells.pop()[0]
                assert session.position == back
                rates = {p: r for p, r in rates.items() if p <= back}
            elif name == "rate" or (name == "cell" and not session.ended):
                rates = {p: r for p, r in rates.items() if p <= here}
                cells = [cell for cell in cells if cell[0] <= here]
                if name == "rate":
                    session.set_rate(number)
                    rates[here] = number
                elif found := cells_of(session):
                    array, index = found[argument % len(found)]
                    session.edit_cell(array, index, number)
                    cells.append((here, array, index, number))
            elif name != "cell":
                try:
                    getattr(session, name)(*([] if argument is None else [argument]))
                except Refused:
                    assert session.ended or session.position == START
            assert session.failure is None
            assert_same_moment(session, source, rates, cells)


def test_running_on_from_it_equals_stepping() -> None:
    runs = []
    for run_on in (lambda s: s.advance(900), lambda s: [s.next_iteration() for _ in range(900)]):
        session = session_of()
        session.goto(Position(300, 5))
        session.edit_cell("x", (0, 0), 0.25)  # what a lowered body computes of x once is computed again
        session.edit_cell("W2", (3, 0), -1.5)
        run_on(session)
        runs.append((fingerprint(session.interpreter.namespace), losses_of(session)))
    assert runs[0] == runs[1]


# --- what it changes --------------------------------------------------------------------------------------------------


def test_it_makes_another_future_and_undo_goes_back_to_where_it_was_made() -> None:
    session = session_of()
    session.advance(20)
    first = fingerprint(session.interpreter.namespace)
    session.goto(Position(8, 3))
    before = fingerprint(session.interpreter.namespace)
    session.edit_cell("a1", (1, 2), 0.5)
    assert session.state["a1"][1, 2] == 0.5
    assert session.state_before["a1"][1, 2] != 0.5
    session.advance(12)
    assert fingerprint(session.interpreter.namespace) != first
    session.return_to_former()
    assert fingerprint(session.interpreter.namespace) == first
    session.return_to_former()
    session.undo_edit()
    assert session.position == Position(8, 3)
    assert fingerprint(session.interpreter.namespace) == before
    assert session.ghost is not None
    session.goto(Position(20, 0))
    assert fingerprint(session.interpreter.namespace) == first
    with pytest.raises(Refused, match="nothing has been edited"):
        session.undo_edit()


def test_a_reset_keeps_what_was_set_at_the_start_and_forgets_the_rest() -> None:
    session = session_of()
    session.edit_cell("W1", (0, 0), 2.0)
    session.advance(3)
    session.edit_cell("W1", (0, 1), 3.0)
    session.reset()
    assert [str(event) for event in session.history.events] == ["W1[0,0] = 2.0"]
    assert session.state["W1"][0, 0] == 2.0
    session.undo_edit()
    assert session.state["W1"][0, 0] == session_of().state["W1"][0, 0]
    session.edit_cell("W1", (0, 0), 2.0)
    session.reset_with_next_seed()
    assert session.history.events == []
    assert session.to_undo == []


def test_each_of_two_edits_in_one_place_is_taken_back() -> None:
    session = session_of()
    was = session.state["W1"][0, 0]
    for value in (5.0, 6.0, 5.0):
        session.edit_cell("W1", (0, 0), value)
    seen = []
    for _ in range(3):
        session.undo_edit()
        seen.append(float(session.state["W1"][0, 0]))
    assert seen == [6.0, 5.0, was]


def test_every_name_for_an_array_sees_it_and_kept_states_do_not() -> None:
    session = session_of(
        "import numpy as np\nw = np.ones((2, 2))\nrow, net = w[1], {'w': w}\nfor i in range(5):\n    w += 1\n"
    )
    session.advance(2)
    kept = session.state
    session.edit_cell("w", (1, 0), 9.0)
    live = session.interpreter.namespace
    assert (live["row"][0], live["net"]["w"][1, 0]) == (9.0, 9.0)
    assert kept["w"][1, 0] == 3.0
    session.advance(1)
    assert session.state["row"][0] == 10.0


def test_a_number_in_a_place_of_an_object_is_set_there() -> None:
    setup = "import numpy as np\np = {'w': np.ones(3), 'b': 1.0, 'n': 2}\n"
    session = session_of(f"{setup}for i in range(9):\n    p['w'] = p['w'] * p['b'] * p['n']\n")
    session.edit_cell("p['w']", (1,), 4.0)
    session.edit_cell("p['b']", (), 0.5)
    session.edit_cell("p['n']", (), 6.0)
    session.advance(2)
    assert session.state["p['w']"].tolist() == [9.0, 36.0, 9.0]
    assert type(session.interpreter.namespace["p"]["n"]) is int


def test_the_rate_is_set_as_the_rate() -> None:
    session = session_of()
    session.edit_cell("lr", (), 0.5)
    assert session.rate == 0.5
    assert not isinstance(session.history.events[-1], CellEdit)


def test_after_a_failure_the_statement_is_tried_again() -> None:
    session = session_of(NAIVE)
    while session.failure is None:
        session.step()
    session.edit_cell("weight1", (0, 0), 0.0)
    assert session.failure is None
    session.step()
    assert session.failure is not None


def test_where_the_number_came_from_is_the_user() -> None:
    session = session_of()
    session.advance(3)
    session.edit_cell("W1", (0, 1), 3.0)
    assert Origins(session).made("W1", (0, 1)).line is None
    assert Origins(session).made("W1", (0, 1)).value == 3.0
    assert Origins(session).made("W1", (0, 0)).line is not None
    session.step()
    told = Origins(session).made("z1", (0, 0))
    source = next(s for s in Origins(session).sources(told) if s.name == "W1")
    assert source.line is not None
    session.advance(1)
    assert Origins(session).made("W1", (0, 1)).line is not None


# --- what is refused --------------------------------------------------------------------------------------------------


TYPES = """\
import numpy as np
k, f, b = np.arange(3), np.ones(2, np.float32), np.array([True])
s, c, t = 1, np.ones(2, complex), "text"
r = np.ones(2)
r.flags.writeable = False
for i in range(3):
    k = k + 0
"""


@pytest.mark.parametrize(
    ("name", "index", "value", "reason"),
    [
        ("k", (0,), 0.5, "whole numbers"),
        ("k", (0,), 1e30, "whole numbers"),
        ("k", (3,), 1.0, "there is no k"),
        ("k", (-1,), 1.0, "there is no k"),
        ("k", (), 1.0, "there is no k"),
        ("s", (0,), 1.0, "there is no s"),
        ("s", (), 0.5, "whole numbers"),
        ("f", (0,), float("nan"), "not finite"),
        ("f", (0,), float("inf"), "not finite"),
        ("f", (0,), 1e300, "too large"),
        ("b", (0,), 2.0, "True and False"),
        ("c", (0,), 2.0, "nothing that could be set"),
        ("t", (), 2.0, "nothing that could be set"),
        ("r", (0,), 2.0, "read-only"),
        ("np", (), 2.0, "nothing that could be set"),
        ("nowhere", (), 2.0, "nothing that could be set"),
    ],
)
def test_a_number_that_does_not_fit_is_refused(name: str, index: tuple[int, ...], value: float, reason: str) -> None:
    session = session_of(TYPES)
    before = fingerprint(session.interpreter.namespace)
    with pytest.raises(Refused, match=reason):
        session.edit_cell(name, index, value)
    assert fingerprint(session.interpreter.namespace) == before
    assert (session.history.events, session.to_undo) == ([], [])


def test_what_is_held_is_what_is_kept() -> None:
    session = session_of(TYPES)
    for name, value, held in [("k", 2.0, 2), ("f", 0.1, float(np.float32(0.1))), ("b", 0.0, False)]:
        session.edit_cell(name, (0,), value)
        assert session.interpreter.namespace[name][0] == held
        event = session.history.events[-1]
        assert isinstance(event, CellEdit)
        assert (event.value, type(event.value)) == (held, type(held))


def test_after_the_end_nothing_is_set() -> None:
    session = session_of("w = [1.0]\nb = 2.0\nfor i in w:\n    b = b + i\n")
    session.advance(5)
    assert session.ended
    with pytest.raises(Refused, match="the loop is over"):
        session.edit_cell("b", (), 1.0)


REFUSING = """
import numpy as np
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    lr: float = 0.5


class Wrapped:
    half = property(lambda self: 0.5)


settings, wrapped, pair, names = Settings(), Wrapped(), (1.0, 0.5), [1.0, 2.0]
W = np.ones(2)
for i in range(9):
    W = W - settings.lr * W * wrapped.half * pair[1]
"""


@pytest.mark.parametrize("name", ["settings.lr", "wrapped.half", "pair[1]", "names", "settings"])
def test_a_place_that_takes_no_number_is_refused_and_no_event_stays(name: str) -> None:
    session = session_of(REFUSING)
    with pytest.raises(Refused, match=re.escape(name)):
        session.edit_cell(name, (), 0.25)
    CellEdit(START, name, (), 0.25).apply(session.interpreter)  # as a file may claim
    assert not session.history.events
    assert not session.to_undo
