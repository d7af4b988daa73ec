"""One table of keys: the bindings, the footer, the help, the palette and the README's table all come from it."""

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tui.reading import opened
from textual.app import App
from textual.binding import Binding

from nntui.actions import ACTIONS, BY_NAME, FOOTER, LEFT_OUT_FIRST, footer, footer_key, markdown_table
from nntui.app import NntuiApp
from nntui.deeds import LEAPS, MOVES
from nntui.dialogs.help import help_text
from nntui.dialogs.number import Dialog
from nntui_core import builtin

ROOT = Path(__file__).parents[2]
SPECIAL = {"move", "palette"}
"""`move` is done by the keys of `MOVES`, `palette` by Textual."""


def footer_text(width: int) -> str:
    """Write the footer as the screen does."""
    return " " + "".join(f"{footer_key(action)} {action.label}  " for action in footer(width))


def test_every_key_has_one_meaning() -> None:
    keys = Counter(key for action in ACTIONS for key in action.keys)
    assert [key for key, count in keys.items() if count > 1] == []
    assert len(BY_NAME) == len(ACTIONS)


def test_every_action_is_explained_in_one_plain_sentence() -> None:
    for action in ACTIONS:
        assert action.keys
        assert action.help
        assert action.help[0].islower() or action.help[0] == "L", action.name
        assert not action.help.endswith(".")
        assert "|" not in action.help + action.key
        assert "\n" not in action.help


def test_every_action_does_one_thing() -> None:
    screen = NntuiApp(lambda: builtin.load("default")).main
    for action in ACTIONS:
        if action.name not in SPECIAL:
            assert (action.name in screen.dialogs.actions) + (action.name in screen.deeds.actions) == 1, action.name
    assert {*screen.deeds.actions, *screen.dialogs.actions} - {"sample"} <= set(BY_NAME)
    assert set(BY_NAME["move"].keys) <= {*MOVES, *LEAPS}


def test_the_palette_has_the_key_that_textual_gives_it() -> None:
    assert BY_NAME["palette"].keys == (App.COMMAND_PALETTE_BINDING,)


def test_ctrl_c_quits_the_screen_and_copies_in_a_dialog() -> None:
    assert "ctrl+c" in BY_NAME["quit"].keys
    assert all(binding.key != "ctrl+c" for binding in Dialog.BINDINGS if isinstance(binding, Binding))


def test_the_readme_has_the_table() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- keys -->\n(.*?)\n<!-- /keys -->", readme, re.DOTALL)
    assert found, "README.md has no table between <!-- keys --> and <!-- /keys -->"
    assert found[1].strip() == markdown_table()


def test_the_table_has_a_row_for_every_action() -> None:
    rows = markdown_table().split("\n")
    assert len(rows) == len(ACTIONS) + 2
    assert all(row.count("|") == 3 for row in rows)


@given(st.integers(40, 300))
def test_the_footer_fits_and_keeps_the_way_out(width: int) -> None:
    assert len(footer_text(width).rstrip()) <= width
    names = [action.name for action in footer(width)]
    assert {"step", "run", "help", "quit"} <= set(names)
    assert names == [name for name in FOOTER if name in names]


def test_the_footer_is_whole_where_there_is_room() -> None:
    assert [action.name for action in footer(200)] == list(FOOTER)
    assert set(LEFT_OUT_FIRST) | {"step", "run", "help", "quit"} == set(FOOTER)
    assert all(BY_NAME[name].label for name in FOOTER)


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_the_footer_on_the_screen_is_whole(size: tuple[int, int]) -> None:
    async with opened(size=size) as desk:
        assert desk.lines()[-1].rstrip() == footer_text(size[0]).rstrip()


def test_every_action_is_in_the_help() -> None:
    lines = [line.strip() for line in help_text().plain.split("\n")]
    for action in ACTIONS:
        assert f"{action.key}  {action.help}" in lines


async def test_every_action_is_in_the_palette() -> None:
    async with opened(size=(100, 100)) as desk:
        await desk.press("ctrl+p")
        await desk.until(lambda: ACTIONS[0].help in desk.text())
        shown = desk.text()
        for action in ACTIONS:
            if action.name not in SPECIAL:
                assert f"{action.help} ({action.key})" in shown, action.name


async def test_an_action_of_the_palette_is_done() -> None:
    async with opened() as desk:
        await desk.press("ctrl+p")
        await desk.type("next iteration")
        await desk.until(lambda: "run to the start of the next iteration (n)" in desk.text())
        await desk.hit("enter")
        await desk.until(lambda: desk.frame.iteration == 1)
        assert desk.at_main
