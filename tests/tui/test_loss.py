"""What is given to plotext: nothing beyond the end of the axis."""

from hypothesis import given
from hypothesis import strategies as st

from nntui.widgets.loss import before

CURVES = st.lists(st.integers(0, 100_000), min_size=1, max_size=20, unique=True).map(sorted)


@given(CURVES, st.integers(0, 120_000))
def test_a_curve_ends_with_the_axis_and_stays_on_its_line(iterations: list[int], last: int) -> None:
    losses = [0.5 * i + 1.0 for i in iterations]
    x, y = before(iterations, losses, last)
    assert all(i <= last for i in x)
    assert [i for i in x if i in iterations] == [i for i in iterations if i <= last]
    if iterations[0] <= last < iterations[-1]:
        assert x[-1] == last
    assert all(abs(v - (0.5 * i + 1.0)) < 1e-6 for i, v in zip(x, y, strict=True))


def test_a_curve_that_begins_after_the_end_of_the_axis_is_not_drawn() -> None:
    assert before([50, 60], [1.0, 2.0], 30) == ([], [])
