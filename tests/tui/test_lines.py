"""Lines that repaint only what has changed: the pieces as properties, the widget in a small app."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from textual.app import App, ComposeResult
from textual.geometry import Region

from nntui.widgets.lines import Line, Lines, changed_span, cut, merged

STYLES = [Style(color=colour, bold=bold) for colour in ("red", "blue") for bold in (False, True)]
PAD = Style(color="green")
RUNS = st.lists(st.tuples(st.text("ab│─▶×", max_size=6), st.sampled_from(STYLES)), max_size=8)


def painted(line: Line) -> list[tuple[str, Style]]:
    """Every character with its style."""
    return [(character, look) for text, look in line for character in text]


@given(RUNS)
def test_merging_changes_no_character_and_leaves_no_equal_neighbours(runs: Line) -> None:
    line = merged(runs)
    assert painted(line) == painted(runs)
    assert all(text for text, _ in line)
    assert all(a[1] != b[1] for a, b in itertools.pairwise(line))


@given(RUNS, st.integers(0, 40))
def test_cutting_gives_exactly_the_width(runs: Line, width: int) -> None:
    line = painted(cut(runs, width, PAD))
    assert len(line) == width
    kept = painted(runs)[:width]
    assert line[: len(kept)] == kept
    assert line[len(kept) :] == [(" ", PAD)] * (width - len(kept))


@given(RUNS, RUNS, st.integers(1, 30))
def test_repainting_the_span_alone_gives_the_new_line(before: Line, after: Line, width: int) -> None:
    old, new = cut(before, width, PAD), cut(after, width, PAD)
    screen, wanted = painted(old), painted(new)
    span = changed_span(old, new)
    if span is None:
        assert screen == wanted
        return
    first, last = span
    assert 0 <= first < last <= width
    assert screen[first] != wanted[first]
    assert screen[last - 1] != wanted[last - 1]
    screen[first:last] = wanted[first:last]
    assert screen == wanted


@given(RUNS, RUNS)
def test_lines_of_different_length_are_repainted_whole(before: Line, after: Line) -> None:
    old, new = merged(before), merged(after)
    if len(painted(old)) != len(painted(new)):
        assert changed_span(old, new) == (0, max(len(painted(old)), len(painted(new))))


def test_the_same_line_in_other_runs_is_no_change() -> None:
    look = STYLES[0]
    assert changed_span([("ab", look)], [("a", look), ("b", look)]) is None


class Board(Lines):
    """Shows the lines that it is given, and notes what it asks to be repainted."""

    can_focus = False

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__()
        self.shown = lines
        self.asked: list[Region] = []
        self.asked_for_all = 0
        self.rendered: list[int] = []

    def compose_lines(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002
        return self.shown

    def refresh(self, *regions: Region, **how: bool) -> "Board":
        if hasattr(self, "asked"):
            self.asked += regions
            self.asked_for_all += not regions
        return super().refresh(*regions, **how)

    def forget(self) -> None:
        self.asked, self.asked_for_all, self.rendered = [], 0, []


class BoardApp(App[None]):
    CSS = "Board { width: 20; height: 4; }"

    def __init__(self, board: Board) -> None:
        super().__init__()
        self.board = board

    def compose(self) -> ComposeResult:
        yield self.board


def plain(*texts: str) -> list[Line]:
    return [[(text, STYLES[0])] for text in texts]


async def test_only_what_changed_is_asked_to_be_repainted() -> None:
    board = Board(plain("zero", "one  1.000  2.000", "two", "three"))
    app = BoardApp(board)
    async with app.run_test(size=(30, 6)) as pilot:
        await pilot.pause()
        board.forget()

        board.update_lines()
        assert (board.asked, board.asked_for_all) == ([], 0)

        board.shown = plain("zero", "one  1.500  2.000", "two", "Three")
        board.update_lines()
        assert board.asked == [Region(7, 1, 1, 1), Region(0, 3, 1, 1)]
        assert board.asked_for_all == 0

        await pilot.pause()
        strips = [strip.text[:20] for strip in app.screen._compositor.render_strips()[:4]]
        assert strips == [text.ljust(20) for text in ("zero", "one  1.500  2.000", "two", "Three")]


async def test_a_changed_style_is_a_change() -> None:
    board = Board(plain("abc"))
    async with BoardApp(board).run_test(size=(30, 6)) as pilot:
        await pilot.pause()
        board.forget()
        board.shown = [[("a", STYLES[0]), ("b", STYLES[1]), ("c", STYLES[0])]]
        board.update_lines()
        assert board.asked == [Region(1, 0, 1, 1)]


async def test_lines_that_vanish_are_wiped_and_lines_too_many_are_left_out() -> None:
    board = Board(plain(*"abcdef"))
    app = BoardApp(board)
    async with app.run_test(size=(30, 6)) as pilot:
        await pilot.pause()
        texts = [strip.text.strip() for strip in app.screen._compositor.render_strips()]
        assert texts == ["a", "b", "c", "d", "", ""]
        board.forget()
        board.shown = plain("a")
        board.update_lines()
        assert board.asked == [Region(0, y, 1, 1) for y in (1, 2, 3)]


async def test_another_size_makes_all_lines_again() -> None:
    board = Board(plain("abc", "def"))
    app = BoardApp(board)
    async with app.run_test(size=(30, 6)) as pilot:
        await pilot.pause()
        board.styles.width = 10
        await pilot.pause()
        assert board.size.width == 10
        strips = [board.render_line(y) for y in range(4)]
        assert [strip.cell_length for strip in strips] == [10] * 4
        assert strips[1].text == "def".ljust(10)


@pytest.mark.parametrize("y", [4, 99])
async def test_a_line_beyond_the_last_is_blank(y: int) -> None:
    board = Board(plain("abc"))
    async with BoardApp(board).run_test(size=(30, 6)) as pilot:
        await pilot.pause()
        assert board.render_line(y).text == " " * 20
