"""Keys that come faster than pictures do what they would do slowly: a picture from before them decides nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from tests.tui.reading import Desk, beside, opened

from nntui_core.interpreter import Position
from nntui_core.writers import go_to_last_writer


@contextmanager
def busy(desk: Desk) -> Iterator[None]:
    """No picture is taken meanwhile, as at the far end of a slow wire."""
    with mock.patch.object(desk.main.receipts, "outstanding", return_value=True):
        yield
    desk.main.wake()


async def test_one_can_go_back_before_the_picture_of_going_forward_has_come() -> None:
    async with opened() as desk:
        with busy(desk):
            for key in ("n", "n", "n", "N", "S", "S"):
                await desk.hit(key)
            assert desk.frame.iteration == 0
        await desk.settled()
        assert (desk.frame.iteration, desk.frame.tick) == (1, 9)


async def test_a_key_that_depends_on_the_picture_waits_for_it_and_later_keys_wait_with_it() -> None:
    async with opened() as desk:
        own = beside()
        await desk.focus("W1")
        with busy(desk):
            for key in ("n", "n", "p", "s", "s", "question_mark"):
                await desk.hit(key)
            assert desk.at_main
        await desk.settled()
        assert not desk.at_main
        own.advance(2)
        go_to_last_writer(own, "W1", (0, 0))
        own.step()
        own.step()
        assert own.position == Position(2, 1)
        assert (desk.frame.iteration, desk.frame.tick) == own.position


async def test_what_cannot_be_done_is_said_by_the_engine_then() -> None:
    async with opened() as desk:
        with busy(desk):
            for key in ("n", "N", "N"):
                await desk.hit(key)
        await desk.settled()
        assert desk.frame.iteration == 0
        assert "this is the start" in desk.explanation()
