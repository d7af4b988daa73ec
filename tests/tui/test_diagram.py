"""The network diagram: where units go, lines that say their sign, and the units of the selected cell."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from tests.tui.reading import Desk, opened

from nntui.layout import DIAGRAM, SURFACE
from nntui.widgets.braille import BRAILLE, Canvas, Pen
from nntui.widgets.diagram import MOST_LINES, places, weakest_drawn
from nntui_core.network import Network, build
from nntui_core.script import load

SCRIPTS = Path(__file__).parents[1] / "scripts"
PLAIN = Style()


@given(st.lists(st.integers(1, 16), min_size=2, max_size=6), st.integers(3, 120), st.integers(1, 50))
def test_every_unit_has_a_place_of_its_own_within_the_panel(sizes: list[int], width: int, height: int) -> None:
    found = places(sizes, width, height)
    if found is None:
        assert max(sizes) > height - 1 or len(sizes) * 3 > width
        return
    spots = list(itertools.chain(*found[0]))
    assert [len(layer) for layer in found[0]] == sizes
    assert len(set(spots)) == len(spots)
    assert all(0 <= x < width and 0 <= y < height for x, y in spots)


@pytest.mark.parametrize("layers", [2, 3, 4])
def test_sixteen_units_find_room_at_80_by_24(layers: int) -> None:
    assert places([16] * layers, 34, 10) is not None


def drawn(canvas: Canvas, by_signs: bool = False) -> list[str]:
    return ["".join(text for text, _ in line) for line in canvas.lines({}, PLAIN, by_signs)]


def test_a_solid_line_has_more_dots_than_a_dashed_one() -> None:
    dots = []
    for pen in (Pen(PLAIN, 1, "+"), Pen(PLAIN, 1, "-", 3, 6)):
        canvas = Canvas(20, 3)
        canvas.line((0, 1), (19, 1), pen)
        assert drawn(canvas)[0] == drawn(canvas)[2] == " " * 20
        dots.append(sum(bin(ord(c) - BRAILLE).count("1") for c in drawn(canvas)[1] if c != " "))
    assert dots[0] == 39
    assert 0.4 * dots[0] < dots[1] < 0.6 * dots[0]


@given(st.tuples(st.integers(0, 9), st.integers(0, 5)), st.tuples(st.integers(0, 9), st.integers(0, 5)))
def test_a_line_goes_from_one_character_to_the_other_without_a_gap(
    start: tuple[int, int], end: tuple[int, int]
) -> None:
    canvas = Canvas(10, 6)
    canvas.line(start, end, Pen(PLAIN, 1, "+"))
    rows = drawn(canvas, by_signs=True)
    marked = {(x, y) for y, row in enumerate(rows) for x, c in enumerate(row) if c == "+"}
    assert {start, end} <= marked
    reached, waiting = {start}, [start]
    while waiting:
        x, y = waiting.pop()
        near = {(x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)} & marked - reached
        reached |= near
        waiting += near
    assert reached == marked


def test_the_more_important_line_has_the_character() -> None:
    canvas = Canvas(5, 1)
    canvas.line((0, 0), (4, 0), Pen(PLAIN, 2, "-"))
    canvas.line((0, 0), (4, 0), Pen(PLAIN, 1, "+"))
    assert drawn(canvas, by_signs=True) == ["-----"]


def test_of_many_weights_the_strongest_are_drawn() -> None:
    matrix = [[(-1) ** j * (16 * i + j) for j in range(16)] for i in range(16)]
    least = weakest_drawn(matrix)
    assert sum(abs(w) >= least for row in matrix for w in row) == MOST_LINES
    assert weakest_drawn([[0.0, 1.0]]) == 0.0


def discs(desk: Desk) -> tuple[int, int]:
    """Count the discs of units that are not selected, and of those that are."""
    inside = desk.inside(DIAGRAM)
    return inside.count("○"), inside.count("●")


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (160, 48)])
async def test_capital_d_brings_it_up_and_gives_its_place_back(size: tuple[int, int]) -> None:
    async with opened(size=size) as desk:
        before = desk.text()
        await desk.press("D")
        assert sum(discs(desk)) == 3 + 4 + 1
        assert "3-4-1" in desk.panel(DIAGRAM)
        for name in ("x", "a1", "a2"):
            assert name in desk.inside(DIAGRAM).split("\n")[0]
        await desk.press("D")
        assert desk.text() == before


async def test_the_units_of_the_selected_cell_stand_out() -> None:
    async with opened() as desk:
        await desk.press("n", "D")
        await desk.focus("delta1")
        await desk.press("right", "right")
        assert discs(desk) == (7, 1)
        assert desk.frame.diagram is not None
        assert desk.frame.diagram.chosen == ((1, 2),)
        await desk.focus("W1")
        await desk.press("down")
        assert discs(desk) == (6, 2)
        assert desk.frame.diagram.edge == (0, 1, 0)


async def test_one_drawing_takes_the_place_of_the_other() -> None:
    async with opened() as desk:
        await desk.press("D", "f")
        assert SURFACE in desk.main.panels.in_sight()
        assert DIAGRAM not in desk.main.panels.in_sight()
        await desk.press("D")
        assert DIAGRAM in desk.main.panels.in_sight()


async def test_a_layer_that_is_too_wide_is_told() -> None:
    async with opened(build(Network((3, 40, 1)))) as desk:
        await desk.press("D")
        assert "a1 has 40 units" in desk.explanation()
        assert desk.main.panels.drawing is None


async def test_where_there_is_no_room_it_says_what_to_do() -> None:
    async with opened(build(Network((3, *[16] * 5, 1)))) as desk:
        await desk.press("D")
        assert "more room" in " ".join(desk.inside(DIAGRAM).split())
        await desk.press("shift+tab", "z")
        assert sum(discs(desk)) == 3 + 5 * 16 + 1


async def test_in_ascii_a_line_is_made_of_its_sign() -> None:
    async with opened(load(str(SCRIPTS / "columns.py"))) as desk:
        desk.app.only_ascii = True
        await desk.press("n", "D")
        inside = desk.inside(DIAGRAM)
        assert inside.isascii()
        assert "?" not in inside
        assert {"+", "-", "o"} <= set(inside)
        assert "+ positive, - negative" in desk.panel(DIAGRAM)
