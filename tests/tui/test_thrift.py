"""The screen's share of the processor, by clocks that are set by hand."""

from nntui.terminal import FRAMES_A_SECOND
from nntui.thrift import LONGEST, SHARE, Thrift


class Clocks:
    used = 0.0
    now = 0.0


def pictures(cost: float, asked: int) -> int:
    """Return how many of the pictures asked for at the usual rate are drawn, if each takes so much of the processor."""
    clocks, drawn = Clocks(), 0
    thrift = Thrift(lambda: clocks.used, lambda: clocks.now)
    for _ in range(asked):
        clocks.now += 1 / FRAMES_A_SECOND
        if thrift.allows():
            drawn += 1
            clocks.used += cost
    return drawn


def test_cheap_pictures_are_drawn_at_the_usual_rate() -> None:
    assert pictures(cost=0.005, asked=60) == 60


def test_dear_pictures_are_drawn_less_often() -> None:
    for cost in (0.012, 0.02, 0.028):
        drawn = pictures(cost, asked=int(60 * FRAMES_A_SECOND))
        assert 0.5 * SHARE * 60 <= drawn * cost <= SHARE * 60 + cost


def test_a_picture_comes_after_a_while_whatever_the_last_one_cost() -> None:
    assert pictures(cost=1.0, asked=int(60 * FRAMES_A_SECOND)) >= 60 / (LONGEST + 1 / FRAMES_A_SECOND)


def test_a_pause_is_not_saved_up() -> None:
    clocks = Clocks()
    thrift = Thrift(lambda: clocks.used, lambda: clocks.now)
    clocks.now = 100.0
    assert thrift.allows()
    clocks.used += 0.05
    clocks.now += 0.1
    assert not thrift.allows()
