"""Where panels go: no two overlap, none leaves the area, and what is asked for is in sight."""

import itertools
import sys
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nntui.layout import CELL, CODE, DRAWINGS, LOSS, OUTPUT, PREDICTIONS, SMALL, Box, arrange, panel_order, wishes
from nntui_core.frame import Variable, View
from nntui_core.network import Network, build
from nntui_core.picture import Painter
from nntui_core.session import Session

FIXED = (LOSS, PREDICTIONS, CODE)

BARS = 5
"""Lines of the screen that are no panel's: header, flow, two of explanation, footer."""
FORWARD_AND_GRADIENTS = {"z1", "a1", "z2", "a2", "dW1", "dW2"}


def network(*layers: int) -> tuple[tuple[Variable, ...], tuple[str, ...], int]:
    """Return a network's variables, its deltas, and how many lines its loop has, as the screen gets them."""
    frame = Painter(Session(build(Network(layers)))).frame(View())
    return frame.variables, frame.deltas, sum(line.statement is not None for line in frame.code) + 1


SMALL_NETWORK = network(3, 4, 1)


def of(width: int, height: int, focused: str | None = None, zoomed: bool = False) -> dict[str, Box]:
    """Arrange the default network on a screen of a size."""
    variables, deltas, lines = SMALL_NETWORK
    return arrange(width, height - BARS, variables, deltas, lines, focused, zoomed)


def overlap(a: Box, b: Box) -> bool:
    apart = a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
    return not apart


@st.composite
def variables(draw: st.DrawFn) -> list[Variable]:
    """Any arrays that a program may have: any number of axes, empty and huge ones, long names."""
    names = draw(st.lists(st.from_regex(r"[a-zA-Z_][a-zA-Z_0-9]{0,24}", fullmatch=True), max_size=14, unique=True))
    shape = st.lists(st.integers(0, 60) | st.integers(0, 900), max_size=3).map(tuple)
    return [
        Variable(
            name,
            draw(st.none() | shape),
            draw(st.sampled_from(["setup", "forward", "loss", "backward", "update", "other"])),
            draw(st.sampled_from([None, "parameter", "input", "target", "prediction"])),
        )
        for name in names
    ]


@st.composite
def arrangements(draw: st.DrawFn) -> tuple[int, int, list[Variable], list[str], int, str | None, bool]:
    there = draw(variables())
    deltas = draw(st.lists(st.sampled_from([v.name for v in there]), unique=True)) if there else []
    width, height = draw(st.integers(1, 400)), draw(st.integers(1, 150))
    focused = draw(st.none() | st.sampled_from(panel_order(there)))
    return width, height, there, deltas, draw(st.integers(1, 60)), focused, draw(st.booleans())


@settings(deadline=None)
@given(arrangements())
def test_boxes_stay_apart_and_within_the_area(
    arrangement: tuple[int, int, list[Variable], list[str], int, str | None, bool],
) -> None:
    width, height, there, deltas, lines, focused, zoomed = arrangement
    boxes = arrange(width, height, there, deltas, lines, focused, zoomed)
    assert set(boxes) <= set(panel_order(there))
    for box in boxes.values():
        assert box.width > 0
        assert box.height > 0
        assert 0 <= box.x <= box.x + box.width <= width
        assert 0 <= box.y <= box.y + box.height <= height
    for a, b in itertools.combinations(boxes.values(), 2):
        assert not overlap(a, b)


@settings(deadline=None)
@given(arrangements())
def test_the_focused_panel_is_always_in_sight(
    arrangement: tuple[int, int, list[Variable], list[str], int, str | None, bool],
) -> None:
    width, height, there, deltas, lines, focused, zoomed = arrangement
    boxes = arrange(width, height, there, deltas, lines, focused, zoomed)
    assert focused is None or focused in boxes
    if zoomed or width < SMALL[0] or height < SMALL[1] - BARS:
        assert boxes == {focused or CODE: Box(0, 0, width, height)}


NOTHING: list[Variable] = []
ONE_NUMBER = [Variable("w", (1,), "update", "parameter")]


@settings(deadline=None)
@given(arrangements())
@example((1, 1, NOTHING, [], 1, None, False))
@example((1, 1, ONE_NUMBER, [], 3, LOSS, False))
@example((1, 1, ONE_NUMBER, [], 3, PREDICTIONS, False))
def test_code_loss_and_predictions_stay_in_sight_from_80_by_24_on(
    arrangement: tuple[int, int, list[Variable], list[str], int, str | None, bool],
) -> None:
    width, height, there, deltas, lines, focused, _ = arrangement
    boxes = arrange(width + SMALL[0] - 1, height + SMALL[1] - BARS - 1, there, deltas, lines, focused)
    assert set(FIXED) - set(boxes) == set()


def holds_all(box: Box, variable: Variable) -> bool:
    """Tell whether a panel shows every number of a matrix, and its name and shape in its frame."""
    shape = variable.shape or (1,)
    rows, columns = (shape[0], shape[-1]) if len(shape) > 1 else (1, shape[-1])
    return box.height - 2 >= rows and (box.width - 2) // CELL >= columns


@pytest.mark.parametrize(
    ("size", "seen"),
    [
        ((80, 24), {"W1", "W2", "delta1", "delta2"}),
        ((120, 36), {"W1", "W2", "delta1", "delta2", *FORWARD_AND_GRADIENTS}),
        ((160, 48), {"W1", "W2", "delta1", "delta2", *FORWARD_AND_GRADIENTS}),
        ((250, 70), {"W1", "W2", "delta1", "delta2", "x", "y", *FORWARD_AND_GRADIENTS}),
    ],
)
def test_the_default_network_shows_whole_matrices(size: tuple[int, int], seen: set[str]) -> None:
    boxes = of(*size)
    assert seen | set(FIXED) <= set(boxes)
    for variable in SMALL_NETWORK[0]:
        if variable.name in boxes:
            assert holds_all(boxes[variable.name], variable), variable.name
    assert boxes[CODE].height >= 7
    assert boxes[PREDICTIONS].height - 2 >= 4
    assert boxes[LOSS].height >= 6


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (160, 48)])
@pytest.mark.parametrize("name", panel_order(SMALL_NETWORK[0]))
def test_every_panel_can_be_brought_into_sight_whole(size: tuple[int, int], name: str) -> None:
    boxes = of(*size, focused=name)
    variable = next((v for v in SMALL_NETWORK[0] if v.name == name), None)
    assert name in boxes
    assert variable is None or holds_all(boxes[name], variable)


@pytest.mark.parametrize("size", [(120, 36), (160, 48)])
def test_the_program_is_whole_where_there_is_room(size: tuple[int, int]) -> None:
    lines = SMALL_NETWORK[2] - 1
    assert of(*size)[CODE].height - 2 >= lines


@pytest.mark.parametrize("size", [(79, 24), (80, 23), (40, 12)])
def test_a_small_terminal_shows_one_panel(size: tuple[int, int]) -> None:
    whole = Box(0, 0, size[0], size[1] - BARS)
    assert of(*size) == {CODE: whole}
    assert of(*size, focused="W2") == {"W2": whole}


def test_a_zoomed_panel_has_the_whole_area() -> None:
    assert of(160, 48, "delta2", zoomed=True) == {"delta2": Box(0, 0, 160, 48 - BARS)}


def test_large_matrices_leave_room_for_the_rest() -> None:
    there = [
        Variable("W1", (784, 512), "update", "parameter"),
        Variable("W2", (512, 10), "update", "parameter"),
        Variable("delta1", (60_000, 512), "backward", None),
        Variable("delta2", (60_000, 10), "backward", None),
    ]
    boxes = arrange(80, 24 - BARS, there, ["delta1", "delta2"], 12)
    assert {"W1", "delta1", *FIXED} <= set(boxes)


def test_the_arranging_of_large_matrices_costs_no_more_than_of_small_ones() -> None:
    """Counted in steps of Python, not in seconds: it is done several times for each picture."""

    def steps(rows: int) -> int:
        there = [
            Variable("W1", (784, 512), "update", "parameter"),
            Variable("a1", (rows, 512), "forward", None),
            Variable("delta1", (rows, 512), "backward", None),
        ]
        count = 0

        def trace(*_: Any) -> Any:
            nonlocal count
            count += 1
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            arrange(160, 43, there, ["delta1"], 12)
        finally:
            sys.settrace(before)
        return count

    assert steps(60_000) < 5 * steps(1_000)


def test_deeper_networks_still_show_a_weight_and_a_delta() -> None:
    there, deltas, lines = network(3, 8, 4, 1)
    boxes = arrange(80, 24 - BARS, there, deltas, lines)
    assert {"W1", "delta1"} & set(boxes) or {"W1", "delta3"} & set(boxes)
    assert any(name in boxes for name in deltas)
    assert set(FIXED) <= set(boxes)


def test_the_width_that_a_matrix_asks_for_holds_its_numbers_and_its_name() -> None:
    for wish, variable in zip(wishes(*SMALL_NETWORK[:2]), SMALL_NETWORK[0], strict=True):
        assert holds_all(Box(0, 0, wish.width, wish.height), variable)
        assert wish.width - 4 >= len(variable.name)


@settings(deadline=None)
@given(arrangements(), st.booleans(), st.sampled_from(DRAWINGS), st.data())
def test_a_drawing_stays_apart_too_and_is_in_sight_unless_another_has_its_place(
    arrangement: tuple[int, int, list[Variable], list[str], int, str | None, bool],
    has_output: bool,
    drawing: str,
    data: st.DataObject,
) -> None:
    width, height, there, deltas, lines, _, zoomed = arrangement
    order = panel_order(there, has_output, drawing)
    focused = data.draw(st.none() | st.sampled_from(order))
    boxes = arrange(width, height, there, deltas, lines, focused, zoomed, has_output, drawing)
    assert set(boxes) <= set(order)
    assert not any(overlap(a, b) for a, b in itertools.combinations(boxes.values(), 2))
    assert all(0 <= b.x <= b.x + b.width <= width and 0 <= b.y <= b.y + b.height <= height for b in boxes.values())
    if focused is not None:
        assert focused in boxes
    if not zoomed and width >= SMALL[0] and height >= SMALL[1] - BARS and focused not in (LOSS, PREDICTIONS, OUTPUT):
        assert drawing in boxes


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (160, 48)])
def test_a_drawing_gives_back_what_it_took(size: tuple[int, int]) -> None:
    width, height = size
    there, deltas, lines = SMALL_NETWORK
    before = of(width, height)
    during = arrange(width, height - BARS, there, deltas, lines, drawing=DRAWINGS[0])
    assert of(width, height) == before
    assert {"W1", "W2", "delta1", "delta2", CODE} <= set(during)
    assert during[DRAWINGS[0]].width >= 36
    assert during[DRAWINGS[0]].height >= 12
    assert (LOSS in during) == (width > 80)
