"""The loss curve: bounded memory, exact ends, no spike lost; held against a plain list."""

import itertools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nntui_core import curve as curve_module
from nntui_core.curve import BUCKETS, EXACT, LossCurve, Points

THOROUGH = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])


@contextmanager
def small() -> Iterator[None]:
    """Make room for few losses, so that short curves are folded and merged many times."""
    with mock.patch.multiple(curve_module, EXACT=4, BUCKETS=4):
        yield


def grown(losses: list[float], piece: int = 10**6) -> LossCurve:
    curve = LossCurve()
    for first in range(0, len(losses), piece):
        curve.extend(first, losses[first : first + piece])
    return curve


def bits(values: tuple[float, ...] | list[float]) -> bytes:
    return np.asarray(values, dtype=float).tobytes()


def kept_numbers(curve: LossCurve) -> int:
    """Count every number that a curve holds."""
    arrays = [value for value in vars(curve).values() if isinstance(value, np.ndarray)]
    assert arrays
    return sum(array.size for array in arrays)


def assert_shows(points: Points, losses: list[float], most: int) -> None:
    """Check what holds of every thinned curve, however it came about."""
    assert len(points.iterations) == len(points.losses) <= max(most, 4)
    assert all(a < b for a, b in itertools.pairwise(points.iterations)), "in order, each iteration once"
    assert bits(points.losses) == bits([losses[i] for i in points.iterations]), "each loss is that of its iteration"


def finite(losses: list[float] | tuple[float, ...]) -> list[float]:
    return [loss for loss in losses if math.isfinite(loss)]


def test_a_short_curve_is_exact() -> None:
    losses = [1 / (i + 1) for i in range(EXACT + EXACT)]
    points = grown(losses).points(10**6)
    assert points.iterations == tuple(range(len(losses)))
    assert points.losses == tuple(losses)


def test_an_empty_curve_has_no_points() -> None:
    assert LossCurve().points(100) == Points()
    assert LossCurve().count == 0


def test_a_million_losses_take_bounded_memory_and_lose_no_spike() -> None:
    rng = np.random.default_rng(0)
    losses = rng.random(10**6)
    losses[345_678], losses[765_432] = 9.0, -9.0
    curve, most_kept = LossCurve(), 0
    for first in range(0, len(losses), 7919):
        curve.extend(first, losses[first : first + 7919].tolist())
        most_kept = max(most_kept, kept_numbers(curve))
    assert curve.count == 10**6
    assert most_kept < 2 * EXACT + 5 * BUCKETS + 2 * 10**6 // BUCKETS
    for most in (4, 5, 160, 1000, 3000, 10**6):
        points = curve.points(most)
        assert_shows(points, losses.tolist(), most)
        assert (points.iterations[0], points.iterations[-1]) == (0, 10**6 - 1)
        assert {345_678, 765_432} <= set(points.iterations)
    everything = curve.points(10**6)
    assert everything.iterations[:EXACT] == tuple(range(EXACT))
    assert everything.iterations[-EXACT:] == tuple(range(10**6 - EXACT, 10**6))


@given(
    st.lists(st.floats(width=32) | st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0]), max_size=120),
    st.integers(1, 40),
    st.integers(0, 50),
)
@THOROUGH
def test_a_curve_shows_a_lists_losses(losses: list[float], piece: int, most: int) -> None:
    with small():
        curve = grown(losses, piece)
        points = curve.points(most)
    assert curve.count == len(losses)
    assert_shows(points, losses, most)
    if losses:
        assert (points.iterations[0], points.iterations[-1]) == (0, len(losses) - 1)
    bad = [i for i, loss in enumerate(losses) if not math.isfinite(loss)]
    assert curve.first_not_finite == (bad[0] if bad else None)


@given(st.lists(st.floats(allow_infinity=False, width=32), min_size=1, max_size=120), st.integers(1, 40))
@THOROUGH
def test_the_least_and_the_greatest_loss_are_always_in_sight(losses: list[float], piece: int) -> None:
    with small():
        shown = finite(grown(losses, piece).points(4).losses)
    if finite(losses):
        assert min(shown) == min(finite(losses))
        assert max(shown) == max(finite(losses))


@given(st.lists(st.floats(0, 1), max_size=150), st.integers(1, 20), st.integers(1, 20))
@THOROUGH
def test_pieces_do_not_matter_to_the_ends_and_the_extremes(losses: list[float], one: int, other: int) -> None:
    with small():
        first, second = grown(losses, one), grown(losses, other)
        thin, thin_too = first.points(6), second.points(6)
    assert first.count == second.count
    for pick in (min, max):
        assert pick(thin.losses, default=None) == pick(thin_too.losses, default=None)


@given(
    st.lists(
        st.tuples(st.just("extend"), st.integers(1, 40))
        | st.tuples(st.just("cut"), st.integers(0, 200))
        | st.tuples(st.just("again"), st.integers(0, 10)),
        max_size=12,
    ),
    st.integers(4, 60),
)
@THOROUGH
def test_a_curve_that_is_cut_and_goes_on_is_that_of_a_list_that_is_cut_and_goes_on(
    commands: list[tuple[str, int]], most: int
) -> None:
    fresh = itertools.count(0.5)
    model: list[float] = []
    with small():
        curve = LossCurve()
        for command, number in commands:
            if command == "extend":
                more = list(itertools.islice(fresh, number))
                curve.extend(len(model), more)
                model += more
            elif command == "again":  # losses that are known already are passed over
                start = max(len(model) - number, 0)
                curve.extend(start, [-1.0] * (len(model) - start))
            else:
                before = len(model)
                curve.cut(number)
                assert min(before, number) >= curve.count
                assert number < before or curve.count == before
                model = model[: curve.count]
            assert curve.count == len(model)
            assert_shows(curve.points(most), model, most)
            assert kept_numbers(curve) < 4 + 10 * 4 + 4 + 128
            if command == "extend":
                assert curve.points(most).iterations[-1] == len(model) - 1


@pytest.mark.parametrize("at", [0, 1, EXACT - 1, EXACT, EXACT + 1, 2500, 9000, 9999, 10_000, 12_000])
def test_a_cut_forgets_what_comes_after(at: int) -> None:
    losses = [float(i) for i in range(10_000)]
    curve = grown(losses, 500)
    curve.cut(at)
    assert min(at, 10_000) - 16 <= curve.count <= min(at, 10_000)
    points = curve.points(10**6)
    assert_shows(points, losses, 10**6)
    assert all(i < curve.count for i in points.iterations)
    start = curve.count
    curve.extend(start, [-1.0] * 3000)
    assert_shows(curve.points(10**6), losses[:start] + [-1.0] * 3000, 10**6)
    assert curve.count == start + 3000


def test_a_cut_in_an_exact_part_is_exact() -> None:
    losses = [float(i) for i in range(10_000)]
    for at in (17, EXACT, 10_000 - EXACT, 9_990):
        curve = grown(losses, 500)
        curve.cut(at)
        assert curve.count == at, at


def test_a_cut_forgets_the_first_loss_that_was_not_finite_if_that_comes_after() -> None:
    for at, left in ((60, 50), (51, 50), (50, None), (10, None)):
        curve = grown([1.0] * 50 + [math.inf, math.nan] + [1.0] * 30)
        assert curve.first_not_finite == 50
        curve.cut(at)
        assert curve.first_not_finite == left


def test_the_first_loss_that_was_not_finite_is_found_in_any_piece() -> None:
    losses = [1.0] * 5000 + [math.nan] + [1.0] * 5000 + [math.inf]
    assert grown(losses, 1).first_not_finite == 5000
    assert grown(losses, 777).first_not_finite == 5000


def test_a_gap_is_refused() -> None:
    curve = grown([1.0, 2.0])
    with pytest.raises(ValueError, match="cannot go on at 3"):
        curve.extend(3, [1.0])
    assert curve.count == 2


def test_losses_known_already_are_passed_over() -> None:
    curve = grown([1.0, 2.0, 3.0])
    curve.extend(1, [-2.0, -3.0, 4.0])
    curve.extend(0, [-1.0])
    assert curve.points(10).losses == (1.0, 2.0, 3.0, 4.0)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=100), st.integers(0, 120), st.integers(4, 30))
@THOROUGH
def test_later_iterations_can_be_left_out(losses: list[float], until: int, most: int) -> None:
    with small():
        points = grown(losses, 9).points(most, until)
    assert_shows(points, losses[:until], most)
    assert all(i < until for i in points.iterations)
    assert bool(points.iterations) == (until > 0)


def test_what_is_not_finite_never_hides_the_finite_extremes_beside_it() -> None:
    losses = [1.0] * 3000
    losses[1500:1503] = [math.inf, 7.0, math.nan]
    shown = grown(losses, 100).points(160).losses
    assert 7.0 in shown


def test_losses_of_held_out_samples_go_with_the_others() -> None:
    curve = LossCurve()
    curve.extend(0, [1.0, 2.0])
    curve.extend(2, [3.0, 4.0], [5.0, 6.0])
    assert curve.held_out is not None
    assert curve.held_out.count == curve.count == 4
    assert curve.held_out.exact(2) == [5.0, 6.0]
    assert np.isnan(curve.held_out.exact(0)[:2]).all()
    again = LossCurve.of(curve.parts())
    assert again.held_out is not None
    assert again.held_out.exact(2) == [5.0, 6.0]
    curve.cut(3)
    curve.extend(2, [3.0, 7.0], [5.0, 8.0])
    assert curve.exact(2) == [3.0, 7.0]
    assert curve.held_out.exact(2) == [5.0, 8.0]
