"""What is sent to the terminal makes it show what was painted, in few bytes."""

from hypothesis import given
from hypothesis import strategies as st
from tests.emulator import Look, Terminal

from nntui.canvas import Canvas, change

WIDTH, HEIGHT = 12, 4

ATTRIBUTES = st.lists(st.sampled_from("123479"), unique=True).map(sorted)
FOREGROUND = st.sampled_from(["", "31", "97", "38;5;117", "38;2;1;2;3"])
BACKGROUND = st.sampled_from(["", "41", "107", "48;5;234", "48;2;9;8;7"])
LOOKS = st.builds(lambda *parts: ";".join(x for x in (*parts[0], *parts[1:]) if x), ATTRIBUTES, FOREGROUND, BACKGROUND)


@st.composite
def spans(draw: st.DrawFn) -> str:
    """Return what paints some cells in a row, as Textual does it."""
    x, y = draw(st.integers(0, WIDTH - 1)), draw(st.integers(0, HEIGHT - 1))
    out = f"\x1b[{y + 1};{x + 1}H"
    left = WIDTH - x
    for text, look in draw(st.lists(st.tuples(st.text("ab ─█", min_size=1, max_size=6), LOOKS), max_size=3)):
        text = text[:left]
        left -= len(text)
        out += f"\x1b[{look}m{text}\x1b[0m" if look else text
    return out


PICTURES = st.lists(spans(), min_size=1, max_size=5).map("\n".join)


@given(st.lists(st.tuples(PICTURES, st.booleans()), max_size=8))
def test_the_terminal_comes_to_show_what_was_painted(pictures: list[tuple[str, bool]]) -> None:
    canvas, plain, far = Canvas(), Terminal(), Terminal()
    for picture, sends in pictures:
        plain.take(picture)
        canvas.draw(picture)
        if sends:  # a terminal that is busy gets nothing in between
            far.take(canvas.difference())
    far.take(canvas.difference())
    blank: tuple[str, Look] = (" ", {})
    for place in plain.cells.keys() | far.cells.keys():
        assert far.cells.get(place, blank) == plain.cells.get(place, blank), place
    assert canvas.difference() == ""


@given(LOOKS, LOOKS)
def test_a_look_after_another_is_the_new_one(old: str, new: str) -> None:
    stepped, fresh = Terminal(), Terminal()
    stepped.take(f"\x1b[0;{old}m{change(old, new) if old != new else ''}x")
    fresh.take(f"\x1b[0;{new}mx")
    assert stepped.cells == fresh.cells


def test_only_what_differs_is_sent() -> None:
    canvas = Canvas()
    canvas.draw("\x1b[2;3H\x1b[38;5;117mabc def ghi\x1b[0m")
    first = canvas.difference()
    assert "abc def ghi" in first
    canvas.draw("\x1b[2;3H\x1b[38;5;117mabc def ghi\x1b[0m")
    assert canvas.difference() == ""
    canvas.draw("\x1b[2;3H\x1b[38;5;117mabx def ghy\x1b[0m")
    assert canvas.difference() == "\x1b[2;5H\x1b[0;38;5;117mx\x1b[7Cy\x1b[0m\x1b[2;14H"


def test_wide_characters_keep_their_columns() -> None:
    canvas = Canvas()
    canvas.draw("\x1b[1;1Ha損b")
    assert "a損b" in canvas.difference()
    canvas.draw("\x1b[1;1Ha損c")
    assert canvas.difference() == "\x1b[1;4H\x1b[0mc\x1b[0m\x1b[1;5H"


def test_after_another_size_all_is_sent_again_that_is_still_there() -> None:
    canvas = Canvas()
    canvas.draw("\x1b[1;1Habcd\n\x1b[2;1Hefgh\n\x1b[3;1Hijkl")
    canvas.difference()
    canvas.forget(3, 2)
    far = Terminal()
    far.take(canvas.difference())
    assert far.text() == "abc\nefg"
    canvas.draw("\x1b[1;2Hxyz\n\x1b[3;1Hunseen")
    far.take(canvas.difference())
    assert far.text() == "axy\nefg", "what is beyond an edge would be written over the last column"
