"""Another network and other data on the screen: what is typed, what is chosen, and what is said of a mistake."""

from pathlib import Path

import pytest
from tests.tui.reading import Desk, opened
from textual.widgets import Input, Label

from nntui.dialogs.network import NetworkDialog, with_data
from nntui_core.datasets import ENTRIES, load
from nntui_core.network import Network, build

ENTRY = {entry.name: entry for entry in ENTRIES}


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("--data xor --layers 2-4-1", "iris", "--data iris --layers 4-4-3"),
        ("--layers 4-8-6-3 --loss ce --data iris", "moons", "--data moons --layers 2-8-6-2 --loss ce"),
        ("--layers 3-1 --bias", "xor", "--data xor --layers 2-1 --bias"),
        ("", "digits", "--data digits --layers 64-4-10"),
        ("--data circles --noise 0.3 --samples 50 --l2 0.1", "and", "--data and --layers 2-4-1 --l2 0.1"),
        ("--data a.csv --target 'a b' --no-header --layers", "or", "--data or --layers 2-4-1 --layers"),
        ("--data 'open", "forum", "--data forum --layers 3-4-1"),
    ],
)
def test_other_data_takes_its_place_in_the_line(text: str, name: str, said: str) -> None:
    assert with_data(text, ENTRY[name]) == said


async def dialog(desk: Desk) -> NetworkDialog:
    await desk.press("d")
    await desk.until(lambda: isinstance(desk.app.screen, NetworkDialog) and desk.app.screen.is_mounted)
    found = desk.app.screen
    assert isinstance(found, NetworkDialog)
    return found


async def test_another_network_takes_the_place_of_the_present_one() -> None:
    async with opened("forum") as desk:
        await desk.press("n", "n")
        shown = await dialog(desk)
        shown.query_one(Input).value = "--data parity3 --layers 3-5-1 --activation tanh --loss bce --seed 3"
        await desk.press("enter")
        await desk.until(lambda: desk.frame.program == "3-5-1" and desk.at_main)
        assert desk.frame.seed == 3
        assert desk.frame.curve.ghost_label == "forum"
        shown = await dialog(desk)
        line = "--layers 3-5-1 --data parity3 --activation tanh --loss bce --seed 3"
        assert shown.query_one(Input).value == line


async def test_data_is_chosen_from_the_list() -> None:
    async with opened(build(Network((2, 3, 1), data=load("xor"), bias=True))) as desk:
        shown = await dialog(desk)
        assert shown.query_one(Input).value == "--layers 2-3-1 --data xor --bias"
        await desk.press("down", "home", *["down"] * 4, "enter")
        assert shown.query_one(Input).value == "--data parity3 --layers 3-3-1 --bias"
        await desk.press("enter")
        await desk.until(lambda: desk.frame.program == "3-3-1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("--data bad.csv", "bad.csv, line 2, column 1 ('[b]a[/b]'): '\\x1b[31mx' is not a number"),
        ("--layers 2-3-1", "2-3-1 does not fit the data"),
        ("--help", "there is no option '--help'"),
        ("forum", "'forum' is no option; o opens other programs"),
        ("--data 'xor", "a quote is opened and never closed"),
    ],
)
async def test_a_mistake_is_said_and_the_former_program_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.csv").write_text("[b]a[/b],b\n\x1b[31mx,1\n", encoding="utf-8")
    async with opened("forum") as desk:
        await desk.press("n")
        shown = await dialog(desk)
        shown.query_one(Input).value = text
        await desk.press("enter")
        hint = shown.query_one(".hint", Label)
        await desk.until(lambda: said in str(hint.content))
        await desk.press("escape")
        assert desk.frame.program == "forum"
        assert desk.frame.iteration == 1


async def test_coincident_sizes_are_told_when_a_network_is_opened() -> None:
    async with opened(build(Network((2, 4, 1), data=load("xor")))) as desk:
        await desk.until(lambda: "delta2 and W2 are both (4, 1)" in desk.explanation())
    async with opened(build(Network((2, 5, 1), data=load("xor")))) as desk:
        await desk.settled()
        assert "are both" not in desk.explanation()
