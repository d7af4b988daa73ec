"""Drawings that a key brings up: they take a place, are live, and give it back."""

from pathlib import Path

import pytest
from tests.tui.reading import Desk, beside, endless, opened, script

from nntui.layout import LOSS, PREDICTIONS, SURFACE
from nntui.screen import DRAW_EVERY
from nntui.widgets import blocks
from nntui_core.program import Program
from nntui_core.script import load
from nntui_core.surface import Surfaces

SCRIPTS = Path(__file__).parents[1] / "scripts"
SIZES = [(80, 24), (120, 36), (160, 48)]


def own_script(name: str) -> Program:
    return load(str(SCRIPTS / f"{name}.py"))


@pytest.mark.parametrize("size", SIZES)
async def test_f_brings_up_the_surface_and_f_gives_its_place_back(size: tuple[int, int]) -> None:
    async with opened(size=size) as desk:
        before = desk.text()
        await desk.press("f")
        assert SURFACE in desk.panel(SURFACE).split("\n")[0]
        assert "○ 0 ● 1" in desk.panel(SURFACE)
        inside = desk.inside(SURFACE)
        assert inside.count("○") + inside.count("●") == 4
        assert "→x0 -0.2…1.2" in desk.panel(SURFACE)
        assert {"W1", "W2", "delta1", "delta2", "code"} <= desk.main.panels.in_sight()
        await desk.press("f")
        assert desk.text() == before


@pytest.mark.parametrize("size", SIZES)
async def test_escape_gives_it_back_too(size: tuple[int, int]) -> None:
    async with opened(size=size) as desk:
        before = desk.text()
        await desk.press("f", "escape")
        assert desk.text() == before
        await desk.press("escape")
        assert "no drawing is up" in desk.explanation()


async def test_on_a_small_terminal_it_is_seen_and_given_back() -> None:
    async with opened(size=(40, 12)) as desk:
        await desk.press("f")
        assert desk.main.panels.in_sight() == {SURFACE}
        await desk.press("escape")
        assert desk.main.panels.in_sight() == {"code"}


async def test_what_gets_the_focus_comes_into_sight_in_its_place() -> None:
    async with opened() as desk:
        await desk.press("f")
        assert LOSS not in desk.main.panels.in_sight()
        await desk.focus(PREDICTIONS)
        assert {LOSS, PREDICTIONS} <= desk.main.panels.in_sight()
        await desk.focus(SURFACE)
        assert LOSS not in desk.main.panels.in_sight()


@pytest.mark.parametrize(
    ("name", "reason"),
    [("dot_chains", "the input has 12 columns; a surface needs two"), ("relu_hidden", "the input has 1 column")],
)
async def test_where_there_is_none_the_key_says_why(name: str, reason: str) -> None:
    async with opened(own_script(name)) as desk:
        await desk.press("f")
        assert reason in desk.explanation()
        assert desk.main.panels.drawing is None


@pytest.mark.parametrize("name", ["columns", "softmax_classifier", "one_at_a_time", "course_dictionaries"])
async def test_own_scripts_have_one(name: str) -> None:
    async with opened(own_script(name)) as desk:
        await desk.press("n", "f")
        surface = desk.frame.surface
        assert surface is not None
        assert surface.problem == ""
        assert len(surface.values) == desk.main.panels.surface.grid()[1]
        assert len(set(desk.inside(SURFACE))) > 3


def colours(desk: Desk) -> list[str]:
    """What the surface's cells are drawn with."""
    return [str(look) for line in desk.main.panels.surface._lines for _, look in line]


async def test_each_step_bends_it() -> None:
    async with opened() as desk:
        await desk.press("f")
        values: list[object] = []
        for _ in range(3):
            await desk.press("n")
            assert desk.frame.surface is not None
            assert desk.frame.surface.values not in values
            values.append(desk.frame.surface.values)


async def test_its_colours_follow() -> None:
    async with opened(own_script("columns")) as desk:
        await desk.press("f")
        shown = colours(desk)
        await desk.press(*"nnnn")
        assert colours(desk) != shown


async def test_it_is_live_while_running_with_few_of_the_pictures_and_right_at_the_end() -> None:
    async with opened(endless()) as desk:
        await desk.press("f")
        before = desk.frame.surface
        await desk.hit("space")
        start = desk.main._pictures
        await desk.until(lambda: desk.main._pictures >= start + 3 * DRAW_EVERY)
        asked = [c for c in desk.queue.sent if c.verb == "look" and c.view is not None][-2 * DRAW_EVERY :]
        assert sum(c.view is not None and c.view.surface is not None for c in asked) == 2
        await desk.press("space")
        after = desk.frame.surface
        assert after is not None
        assert before is not None
        assert after.values != before.values
        own = beside(endless())
        own.advance(desk.frame.iteration)
        columns, rows = desk.main.panels.surface.grid()
        assert Surfaces(own).draw(columns, rows).values == after.values


async def test_a_run_that_ends_by_itself_leaves_the_last_surface(tmp_path: Path) -> None:
    text = own_script("eleven_letters").source.replace("5000", "400")
    async with opened(script(tmp_path / "short.py", text)) as desk:
        await desk.press("f")
        before = desk.frame.surface
        await desk.hit("space")
        await desk.until(lambda: desk.frame.status == "ended")
        await desk.settled()
        assert desk.frame.surface is not None
        assert before is not None
        assert desk.frame.surface.values != before.values


async def test_without_colours_levels_are_characters_and_samples_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(own_script("columns")) as desk:
        await desk.press("n", "f")
        inside = desk.inside(SURFACE)
        assert {"O", "X"} <= set(inside)
        assert set(inside) - set("OX\n") <= set(blocks.POSITIVE + blocks.NEGATIVE)
        assert len(set(inside)) > 5


async def test_in_ascii_nothing_is_a_question_mark() -> None:
    async with opened() as desk:
        desk.app.only_ascii = True
        await desk.press("n", "f")
        assert desk.panel(SURFACE).isascii()
        assert "?" not in desk.panel(SURFACE)


async def test_a_drawing_can_have_the_whole_screen() -> None:
    async with opened() as desk:
        await desk.press("f")
        await desk.focus(SURFACE)
        await desk.press("z")
        assert desk.main.panels.in_sight() == {SURFACE}
        surface = desk.frame.surface
        assert surface is not None
        assert len(surface.values[0]) == 78
        await desk.press("z", "escape")
        assert desk.main.panels.focused_name == "code"
