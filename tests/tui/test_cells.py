"""Numbers of a matrix, set by hand."""

import pytest
from tests.tui.reading import Desk, beside, opened
from textual.widgets import Input

from nntui.dialogs.entry import EntryDialog
from nntui_core.program import Program

W1 = "W1"


async def entered(desk: Desk, text: str) -> None:
    """Type a number into the dialog, and press enter."""
    await desk.press("e")
    await desk.until(lambda: isinstance(desk.app.screen, EntryDialog) and len(desk.app.screen.query(Input)) == 1)
    desk.app.screen.query_one(Input).value = ""
    await desk.type(text)
    await desk.hit("enter")


async def to_matrix(desk: Desk, name: str) -> None:
    while desk.main.focused is not desk.main.panels.panel(name):
        await desk.press("tab")


async def test_e_sets_the_selected_number_from_there_on_and_u_takes_it_back() -> None:
    async with opened() as desk:
        own = beside()
        await desk.press("n", "n", "s")
        own.advance(2)
        own.step()
        await to_matrix(desk, W1)
        await desk.press("down", "right")
        before = own.state[W1][1, 1]
        await desk.press("e")
        await desk.until(lambda: isinstance(desk.app.screen, EntryDialog))
        assert "W1[1,1]" in desk.text()
        assert desk.app.screen.query_one(Input).value == repr(float(before))
        await desk.press("escape")
        await entered(desk, "-2.5")
        await desk.until(lambda: desk.at_main)
        await desk.settled()
        own.edit_cell(W1, (1, 1), -2.5)
        assert desk.frame.matrices[W1].values == tuple(map(tuple, own.state[W1].tolist()))
        assert desk.frame.matrices[W1].changed == {(1, 1)}
        assert "-2.500" in desk.panel(W1)
        assert "set by you in iteration 2" in desk.explanation()
        await desk.press("n", "n", "n")
        own.advance(3)
        assert desk.frame.matrices[W1].values == tuple(map(tuple, own.state[W1].tolist()))
        assert desk.frame.curve.edits == (2,)
        await desk.press("U")
        assert (desk.frame.iteration, desk.frame.tick) == (2, 1)
        assert not desk.frame.curve.edits
        assert "iteration 2 without W1[1,1] = -2.5; G returns to the run with it" in desk.explanation()
        await desk.press("G")
        assert desk.frame.matrices[W1].values == tuple(map(tuple, own.state[W1].tolist()))


@pytest.mark.parametrize(("text", "says"), [("nan", "finite"), ("x", "not a number"), ("", "not a number")])
async def test_what_is_no_number_is_said_where_it_is_typed(text: str, says: str) -> None:
    async with opened() as desk:
        await to_matrix(desk, W1)
        await entered(desk, text)
        await desk.until(lambda: says in desk.text())
        assert isinstance(desk.app.screen, EntryDialog)
        await desk.press("escape")
        assert desk.frame.matrices[W1].values == tuple(map(tuple, beside().state[W1].tolist()))


async def test_what_the_variable_cannot_hold_is_said_by_the_engine() -> None:
    setup = "import numpy as np\nk = np.arange(6).reshape(2, 3)\nw = np.ones(3)\n"
    loop = "for i in range(9):\n    k = k + 1\n    w = w * k[0]\n"
    async with opened(Program.parse(setup + loop, "whole")) as desk:
        await to_matrix(desk, "k")
        await entered(desk, "0.5")
        await desk.until(lambda: "holds whole numbers" in desk.text())
        desk.app.screen.query_one(Input).value = "7"
        await desk.hit("enter")
        await desk.until(lambda: desk.at_main)
        await desk.settled()
        values = desk.frame.matrices["k"].values
        assert values is not None
        assert values[0][0] == 7


async def test_where_there_is_no_number_e_says_why() -> None:
    async with opened() as desk:
        await to_matrix(desk, "delta1")
        await desk.press("e")
        assert "nothing is computed yet that could be edited" in desk.explanation()
