"""What a picture holds of the loss curves."""

import pytest

from nntui_core import builtin
from nntui_core.frame import View
from nntui_core.picture import Painter
from nntui_core.session import Session


@pytest.mark.parametrize("iterations", [1, 2, 40])
def test_the_former_run_is_shown_as_far_as_the_present_one_goes_and_true(iterations: int) -> None:
    """A former run a thousand times as long: its points are its own losses, near the start as well."""
    session = Session(builtin.load("default"))
    session.advance(50_000)
    straight = Session(builtin.load("default"))
    session.reset()
    session.advance(iterations)
    curve = Painter(session).frame(View(curve_points=40)).curve
    assert curve.iterations[-1] == iterations - 1
    assert len(curve.ghost_iterations) > 10
    assert max(curve.ghost_iterations) <= 3 * iterations + 30
    own = {}
    for k in range(max(curve.ghost_iterations) + 1):
        straight.advance(1)
        own[k] = straight.loss
    assert [own[k] for k in curve.ghost_iterations] == list(curve.ghost_losses)


def test_before_the_present_run_begins_the_former_one_is_shown_whole() -> None:
    session = Session(builtin.load("default"))
    session.advance(5_000)
    session.reset()
    assert Painter(session).frame(View(curve_points=40)).curve.ghost_iterations[-1] == 4_999
