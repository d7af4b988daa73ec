"""Checkpoints of the past stay within their budget, and the first one is never lost."""

import bisect
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nntui_core import history as history_module
from nntui_core.history import FIRST_SPACING, History, RateChange
from nntui_core.interpreter import Position
from nntui_core.program import Program
from nntui_core.values import STATES, Checkpoint

PROGRAM = Program.parse("lr = 1.0\nfor i in range(9):\n    a = 1\n", "test")


def history_of_nothing() -> History:
    return History(PROGRAM)


def checkpoint_of(iteration: int, size: int = 1, former: Checkpoint | None = None) -> Checkpoint:
    return Checkpoint.take({"i": iteration, "W": np.zeros(size)}, former)


def i_of(checkpoint: Checkpoint) -> int:
    namespace: dict[str, Any] = {}
    checkpoint.restore(namespace)
    return int(namespace["i"])


def filled(iterations: int, size: int = 1) -> History:
    """Return a history of so many iterations, with checkpoints where they were due."""
    history = history_of_nothing()
    former = None
    for iteration in range(iterations):
        if history.due(iteration):
            former = checkpoint_of(iteration, size, former)
            history.add(iteration, former)
    return history


def test_the_first_checkpoint_is_due_at_once_and_the_next_after_the_spacing() -> None:
    history = history_of_nothing()
    assert history.due(0)
    history.add(0, checkpoint_of(0))
    assert [i for i in range(3 * FIRST_SPACING) if history.due(i)] == list(range(FIRST_SPACING, 3 * FIRST_SPACING))
    assert history.next_due(0) == FIRST_SPACING
    assert history.next_due(FIRST_SPACING + 5) == FIRST_SPACING + 6


def test_nearest_is_the_last_one_not_after() -> None:
    history, step = filled(3 * FIRST_SPACING + 2), FIRST_SPACING
    asked = (0, step - 1, step, 2 * step - 1, 2 * step, 3 * step + 1, 10**9)
    assert [history.nearest(i)[0] // step for i in asked] == [0, 0, 1, 1, 2, 3, 3]
    at, checkpoint = history.nearest(2 * step + 3)
    assert i_of(checkpoint) == at == 2 * step


def test_nothing_is_nearest_in_an_empty_history() -> None:
    with pytest.raises(LookupError, match="iteration 3"):
        history_of_nothing().nearest(3)


def test_too_many_checkpoints_are_thinned_and_the_spacing_doubles() -> None:
    with mock.patch.object(history_module, "MOST", 8):
        history = filled(FIRST_SPACING * 100)
    kept = sorted({history.nearest(i)[0] for i in range(FIRST_SPACING * 100)})
    assert kept[0] == 0
    assert 4 <= len(kept) <= 8
    assert history.spacing == FIRST_SPACING * 16
    assert kept == list(range(0, FIRST_SPACING * 100, history.spacing))


@pytest.mark.parametrize(("size", "budget"), [(2_000, "BUDGET"), (40_000, "LARGE_BUDGET")])
def test_checkpoints_keep_to_their_budget_of_memory(size: int, budget: str) -> None:
    room = size * 8 * 10 + STATES
    with mock.patch.object(history_module, budget, room):
        history = filled(FIRST_SPACING * 60, size)
    assert history.nbytes <= room
    kept = {history.nearest(i)[0] for i in range(FIRST_SPACING * 60)}
    assert 3 <= len(kept) <= 10
    assert history.nbytes >= len(kept) * size * 8


def test_large_checkpoints_are_taken_more_often() -> None:
    small, large = filled(FIRST_SPACING, 1), filled(FIRST_SPACING, history_module.LARGE // 8 + 1)
    assert small.nearest(FIRST_SPACING - 1)[0] == 0
    assert large.nearest(FIRST_SPACING - 1)[0] > FIRST_SPACING // 2


def test_two_checkpoints_are_kept_however_large_they_are() -> None:
    with mock.patch.object(history_module, "BUDGET", 10):
        history = filled(FIRST_SPACING * 3, 1)
    assert history.nearest(0)[0] == 0
    assert len({history.nearest(i)[0] for i in range(FIRST_SPACING * 3)}) <= 2


@given(st.lists(st.integers(1, 60), max_size=60), st.integers(3, 9), st.lists(st.integers(0, 2000), max_size=5))
@settings(deadline=None, max_examples=60)
def test_nearest_always_answers_and_never_from_the_future(gaps: list[int], most: int, asked: list[int]) -> None:
    history, offered = history_of_nothing(), [0]
    checkpoint = checkpoint_of(0)
    with mock.patch.object(history_module, "MOST", most):
        history.add(0, checkpoint)
        for gap in gaps:
            iteration = offered[-1] + gap
            if history.due(iteration):
                history.add(iteration, checkpoint)
                offered.append(iteration)
    for iteration in [*asked, *offered]:
        at, _ = history.nearest(iteration)
        assert at <= iteration
        assert at in offered
        assert iteration - at <= history.spacing + 60 or iteration > offered[-1]
    assert len({history.nearest(i)[0] for i in offered}) <= most


def test_a_cut_forgets_later_checkpoints_and_events_and_keeps_earlier_ones() -> None:
    step = FIRST_SPACING
    history = filled(6 * step + 2)
    places = [Position(3, 0), Position(2 * step + 8, 2), Position(2 * step + 8, 3), Position(3 * step, 0)]
    for place in places:
        history.add_event(RateChange(place, "lr", 0.1))
    size = history.nbytes
    history.cut(places[2])
    assert [event.position for event in history.events] == places[:3]
    assert history.nearest(10**6)[0] == 2 * step
    assert history.nbytes - STATES == pytest.approx((size - STATES) * 3 / 7)
    assert history.due(3 * step)


def test_a_cut_keeps_the_checkpoint_of_the_iteration_where_it_stands() -> None:
    history = filled(4 * FIRST_SPACING)
    history.cut(Position(2 * FIRST_SPACING, 0))
    assert history.nearest(10**6)[0] == 2 * FIRST_SPACING
    history.cut(Position(0, 0))
    assert history.nearest(10**6)[0] == 0


def test_a_second_event_of_a_kind_at_a_position_takes_the_place_of_the_first() -> None:
    history = history_of_nothing()
    for place, rate in ((Position(0, 0), 0.1), (Position(0, 1), 0.2), (Position(0, 1), 0.3)):
        history.add_event(RateChange(place, "lr", rate))
    assert [(event.position.tick, event.rate) for event in history.events if isinstance(event, RateChange)] == [
        (0, 0.1),
        (1, 0.3),
    ]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20, unique=True), st.data())
@settings(deadline=None)
def test_events_are_found_from_a_position_on_and_before_another(places: list[tuple[int, int]], data: Any) -> None:
    ordered = sorted(Position(*place) for place in places)
    history = history_of_nothing()
    history.events = [RateChange(place, "lr", float(i)) for i, place in enumerate(ordered)]
    ends = st.builds(Position, st.integers(0, 10), st.integers(0, 10))
    start, end = data.draw(ends), data.draw(ends)
    expected = ordered[bisect.bisect_left(ordered, start) : bisect.bisect_left(ordered, end)] if start < end else []
    assert [event.position for event in history.events_in(start, end)] == expected
