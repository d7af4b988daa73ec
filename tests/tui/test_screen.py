"""The screen through Textual's Pilot, at four sizes: every key, every panel, every number held to the engine's own."""

import contextlib
import io
import math
import sys
import threading
import time
from pathlib import Path

import pytest
from rich.color import Color
from tests.tui.reading import Desk, beside, diverging, endless, numbers, opened, script
from textual.containers import VerticalScroll
from textual.widgets import Input, Label

from nntui import examples, screen, worker
from nntui.app import NntuiApp
from nntui.dialogs.check import CheckDialog
from nntui.dialogs.edit import EditDialog
from nntui.dialogs.help import Help
from nntui.dialogs.number import NumberDialog
from nntui.dialogs.open import OpenDialog
from nntui.dialogs.origin import OriginDialog
from nntui.layout import CODE, LOSS, OUTPUT, PREDICTIONS
from nntui.protocol import Edited, Verb
from nntui.widgets.lines import Lines
from nntui.widgets.matrix import MatrixPanel
from nntui_core import builtin
from nntui_core.program import Program
from nntui_core.replies import Verdicts
from nntui_core.session import Session
from nntui_core.values import Array, State

SIZES = [(80, 24), (120, 36), (160, 48)]
FIXED = (LOSS, PREDICTIONS, CODE)
NAMED = {"W1", "W2", "delta1", "delta2", *FIXED}
MORE = {"z1", "a1", "z2", "a2", "dW1", "dW2"}
SMALLEST = (40, 12)


def held_to(desk: Desk, own: Session) -> set[str]:
    """Hold every matrix in sight to a session's numbers; return their names."""
    seen = desk.main.panels.in_sight() - set(FIXED)
    for name in seen:
        value = own.state.get(name)
        inside = desk.inside(name)
        if value is None:
            assert set(inside.split()) <= {"·"}, name
            assert inside.split(), name
            continue
        shown = numbers(inside)
        wanted = value.reshape(-1).tolist()
        assert len(shown) == len(wanted), f"{name} is cut off:\n{inside}"
        for a, b in zip(shown, wanted, strict=True):
            assert abs(a - b) <= max(0.0005, 0.0005 * abs(b)) + 1e-12, name
    return seen


def held_predictions(desk: Desk, own: Session) -> None:
    """Hold the table of predictions to a session's numbers."""
    rows = [line for line in desk.inside(PREDICTIONS).split("\n") if line.strip() and "x" not in line]
    x, y, a2 = own.state["x"], own.state["y"], own.state.get("a2")
    assert len(rows) == len(x)
    for k, row in enumerate(rows):
        words = row.replace("█", " ").split()
        assert [float(word) for word in words[:4]] == [*x[k].tolist(), *y[k].tolist()]
        if a2 is not None:
            assert words[4] == f"{a2[k, 0]:.3f}"


# --- what is in sight ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_the_named_panels_are_in_sight_with_all_their_numbers(size: tuple[int, int]) -> None:
    own = beside()
    async with opened(size=size) as desk:
        wanted = NAMED if size == (80, 24) else NAMED | MORE
        for keys, move in (("", None), ("s", own.step), ("n", own.next_iteration), ("n", own.next_iteration)):
            await desk.press(*keys)
            if move is not None:
                move()
            assert wanted <= desk.main.panels.in_sight()
            assert wanted - set(FIXED) <= held_to(desk, own)
            held_predictions(desk, own)


@pytest.mark.parametrize("size", SIZES)
async def test_every_panel_has_its_name_and_its_whole_frame(size: tuple[int, int]) -> None:
    async with opened(size=size) as desk:
        await desk.press("n")
        for name in desk.main.panels.in_sight():
            lines = desk.panel(name).split("\n")
            assert lines[0].startswith(f"╭ {name}"), name
            assert lines[0].endswith("╮"), name
            assert lines[-1][0] + lines[-1][-1] == "╰╯", name
            assert all(line[0] + line[-1] == "││" for line in lines[1:-1]), name


@pytest.mark.parametrize("size", [*SIZES, SMALLEST, (30, 10), (20, 8)])
async def test_every_line_of_the_screen_is_as_wide_as_the_screen(size: tuple[int, int]) -> None:
    async with opened(size=size) as desk:
        await desk.press("n", "s")
        lines = desk.lines()
        assert len(lines) == size[1]
        assert {len(line) for line in lines} == {size[0]}


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_the_code_shows_the_line_that_comes_next(size: tuple[int, int]) -> None:
    own = beside()
    async with opened(size=size) as desk:
        for _ in range(12):
            marked = [line for line in desk.inside(CODE).split("\n") if "▶" in line]
            assert len(marked) == 1
            assert own.interpreter.statement.text.split("  #")[0] in marked[0]
            await desk.press("s")
            own.step()


async def test_the_whole_loop_is_in_sight_on_a_large_screen() -> None:
    for size in ((120, 36), (160, 48)):
        async with opened(size=size) as desk:
            for statement in builtin.load("default").body:
                assert statement.text.split("  #")[0] in desk.inside(CODE)


@pytest.mark.parametrize("size", SIZES)
async def test_the_header_says_where_it_stands(size: tuple[int, int]) -> None:
    own = beside()
    async with opened(size=size) as desk:
        said = " ".join(desk.lines()[0].split())
        assert said == "nntui · default · 3-4-1 sigmoid · seed 1 it 0/1,000 · γ 1 · C – · paused"
        await desk.press("n", "n")
        own.advance(2)
        assert f"it 2/1,000 · γ 1 · C {own.loss:.4f} · paused" in desk.lines()[0]
        desk.main.send(Verb.GOTO, 1001)  # further than the loop asks for
        await desk.settled()
        assert "it 1,001 · γ 1" in desk.lines()[0]


async def test_the_flow_marks_what_comes_next() -> None:
    async with opened() as desk:
        order = [step.name for step in desk.frame.flow]
        assert " ".join(order) == "z1 a1 z2 a2 loss delta2 dW2 delta1 dW1 W2 W1"
        for name in order:
            assert desk.lines()[1].count("[") == 1
            assert f"[{name}]" in desk.lines()[1]
            await desk.press("s")
        assert "[z1]" in desk.lines()[1]


@pytest.mark.parametrize("name", ["default", "forum", "naive"])
async def test_every_built_in_program_shows_its_numbers(name: str) -> None:
    own = beside(name)
    async with opened(name) as desk:
        await desk.press("s", "s", "s")
        for _ in range(3):
            own.step()
        held_to(desk, own)
        held_predictions(desk, own)


# --- a small terminal ------------------------------------------------------------------------------------------------


async def test_a_small_terminal_shows_one_panel_and_reaches_all() -> None:
    own = beside()
    own.next_iteration()
    async with opened(size=SMALLEST) as desk:
        assert desk.main.panels.in_sight() == {CODE}
        await desk.press("n")
        visited = []
        for _ in range(len(desk.main.panels.matrices) + 3):
            await desk.press("tab")
            (name,) = desk.main.panels.in_sight()
            assert desk.main.panels.focused_name == name
            visited.append(name)
            held_to(desk, own)
        assert set(visited) == {*desk.main.panels.matrices, *FIXED}
        assert len(visited) == len(set(visited))


async def test_a_small_terminal_names_the_current_line_where_the_code_is_out_of_sight() -> None:
    async with opened(size=SMALLEST) as desk:
        await desk.press("tab", "s", "s")
        assert desk.main.panels.in_sight() == {"W1"}
        assert desk.widget(desk.main.explanation).split("\n")[0].strip() == "▶ z2 = a1 @ W2"


async def test_a_small_header_keeps_the_numbers() -> None:
    async with opened(size=SMALLEST) as desk:
        await desk.press("n")
        assert desk.lines()[0].rstrip().endswith("it 1 · γ 1 · C 0.6642 · paused")
        assert desk.lines()[0].startswith(" nntui ")


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (10, 5), (39, 11)])
async def test_a_tiny_terminal_is_survived(size: tuple[int, int]) -> None:
    async with opened(size=size) as desk:
        await desk.press("s", "tab", "n", "right", "z", "tab")
        await desk.resize(80, 24)
        await desk.settled()
        assert desk.frame.iteration == 1


# --- stepping --------------------------------------------------------------------------------------------------------


async def test_the_keys_of_time() -> None:
    own = beside()
    keys = {
        "s": own.step,
        "S": own.back,
        "n": own.next_iteration,
        "N": own.back_iteration,
        "r": own.reset,
        "R": own.reset_with_next_seed,
    }
    async with opened() as desk:
        for key in "sssnSSnnNsNrnsRnsSr":
            await desk.press(key)
            keys[key]()
            assert (desk.frame.iteration, desk.frame.tick) == tuple(own.position), key
            held_to(desk, own)
            assert desk.frame.seed == own.seed


async def test_the_next_seed_is_shown() -> None:
    async with opened() as desk:
        await desk.press("R")
        assert "seed 2" in desk.lines()[0]
        assert "default_rng(2)" in "\n".join(line.text for line in desk.frame.code)


async def test_back_at_the_start_says_why_not() -> None:
    async with opened() as desk:
        for key in ("S", "N"):
            await desk.press(key)
            assert desk.explanation() == "this is the start: nothing has run yet"
        await desk.press("s")
        assert "this is the start" not in desk.text()


async def test_what_can_do_nothing_is_dim_in_the_footer() -> None:
    async with opened(size=(160, 48)) as desk:
        footer = desk.main.footer

        def dim(label: str) -> bool:
            runs = footer._lines[0]
            (look,) = (look for text, look in runs if text.strip() == label)
            return look.color == Color.parse(footer.palette.border)

        assert dim("back")
        assert not dim("step")
        await desk.press("s")
        assert not dim("back")


async def test_changed_numbers_are_bold_and_no_others() -> None:
    async with opened() as desk:
        for _ in range(10):
            await desk.press("s")
        assert desk.frame.following == 10
        changed = {name for name, view in desk.frame.matrices.items() if view.changed}
        assert changed == {"W2"}
        assert bold_cells(desk, "W2") == {(row, 0) for row in range(4)}
        assert bold_cells(desk, "W1") == set()


def bold_cells(desk: Desk, name: str) -> set[tuple[int, int]]:
    """Return the cells of a matrix that are drawn bold."""
    return styled_cells(desk, name, "bold")


def styled_cells(desk: Desk, name: str, what: str) -> set[tuple[int, int]]:
    """Return the cells of a matrix that are drawn in a style, by what the compositor has painted."""
    region = desk.main.panels.panel(name).region
    found = set()
    for row in range(region.height - 2):
        for column in range((region.width - 2) // 7):
            look = desk.app.screen.get_style_at(region.x + 1 + 7 * column + 2, region.y + 1 + row)
            if getattr(look, what):
                found.add((row, column))
    return found


# --- the learning rate -----------------------------------------------------------------------------------------------


async def test_the_rate_climbs_and_descends_the_ladder_and_is_marked_on_the_curve() -> None:
    async with opened() as desk:
        await desk.press("n", "n", "plus")
        assert desk.frame.rate == 2.0
        await desk.press("plus", "minus", "n", "minus", "n")
        assert desk.frame.rate == 1.0
        assert "γ 1 " in desk.lines()[0]
        assert desk.frame.curve.rate_changes == ((2, 2.0), (3, 1.0))


async def test_a_changed_rate_draws_a_line_through_the_loss() -> None:
    async with opened(size=(120, 36)) as desk:
        await desk.press(*"nnnnnn")
        panel = desk.main.panels.loss
        mark = panel.palette.mark
        assert mark_columns(desk, mark) == set()
        await desk.press("plus", *"nnnnnn")
        columns = mark_columns(desk, mark)
        assert len(columns) == 1
        left, right = panel.region.x + 7, panel.region.right - 1
        assert abs(columns.pop() - (left + (right - left) * 6 / 11)) <= 2


def mark_columns(desk: Desk, colour: str) -> set[int]:
    """Return the columns of the loss curve in which something has this colour."""
    region = desk.main.panels.loss.region
    wanted = tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
    found = set()
    for y in range(region.y + 1, region.bottom - 2):
        for x in range(region.x + 1, region.right - 1):
            look = desk.app.screen.get_style_at(x, y)
            if look.color and look.color.triplet and tuple(look.color.triplet) == wanted:
                found.add(x)
    return found


async def test_a_rate_is_typed() -> None:
    own = beside()
    async with opened() as desk:
        await desk.press("n")
        await desk.press("l")
        assert isinstance(desk.app.screen, NumberDialog)
        assert float(desk.app.screen.query_one(Input).value) == 1.0
        await desk.type("0.25")
        await desk.press("enter")
        assert desk.at_main
        assert desk.frame.rate == 0.25
        assert "γ 0.25" in desk.lines()[0]
        await desk.press("n")
        own.next_iteration()
        own.set_rate(0.25)
        own.next_iteration()
        held_to(desk, own)


async def test_a_wrong_rate_is_told_and_nothing_changes() -> None:
    said = {"abc": "'abc' is not a number", "nan": "finite", "inf": "finite", " ": "'nothing' is not a number"}
    async with opened() as desk:
        await desk.press("l")
        for typed, says in said.items():
            desk.app.screen.query_one(Input).value = typed
            await desk.press("enter")
            assert isinstance(desk.app.screen, NumberDialog)
            assert says in desk.text()
            assert "0.5 or 1e-3 would do" in desk.text()
        await desk.press("escape")
        assert desk.at_main
        assert desk.frame.rate == 1.0


@pytest.mark.parametrize("size", [(80, 24), SMALLEST])
async def test_a_long_wrong_rate_is_told_within_the_dialog(size: tuple[int, int]) -> None:
    async with opened(size=size) as desk:
        await desk.press("l")
        desk.app.screen.query_one(Input).value = "one half, please [bold]" * 4
        await desk.press("enter")
        assert "is not a number: 0.5 or 1e-3 would do" in desk.words()
        label = desk.app.screen.query(Label).last()
        assert label.region.bottom <= size[1]


async def test_rates_have_full_precision() -> None:
    async with opened() as desk:
        await desk.press("l")
        await desk.type("0.123456789")
        await desk.press("enter")
        assert desk.frame.rate == 0.123456789
        for _ in range(2):  # taking what stands there changes nothing
            await desk.press("l")
            assert desk.app.screen.query_one(Input).value == "0.123456789"
            await desk.press("enter")
            assert desk.frame.rate == 0.123456789
        assert len(desk.frame.curve.rate_changes) <= 1


async def test_l_moves_in_a_matrix_and_capital_l_asks_for_the_rate() -> None:
    async with opened() as desk:
        await desk.focus("W1")
        await desk.press("l", "l")
        assert cursor(desk) == ("W1", (0, 2))
        await desk.press("L")
        assert isinstance(desk.app.screen, NumberDialog)


async def test_a_program_without_a_rate_says_so() -> None:
    source = builtin.source("default").replace("lr = 1.0\n", "").replace("lr * ", "")
    async with opened(Program.parse(source, "bare")) as desk:
        assert "γ" not in desk.lines()[0].split("·")[1]
        for key in ("plus", "minus", "L"):
            await desk.press(key)
            assert desk.explanation() == "this program has no learning rate that its setup gives as a number"


# --- going to an iteration -------------------------------------------------------------------------------------------


async def test_going_to_an_iteration_and_back() -> None:
    own = beside()
    async with opened() as desk:
        for goal in (20, 7, 0):
            await desk.press("g")
            await desk.type(str(goal))
            await desk.press("enter")
            assert (desk.frame.iteration, desk.frame.tick) == (goal, 0)
        await desk.press("g")
        await desk.type("1_0")
        await desk.press("enter")
        own.advance(10)
        held_to(desk, own)


async def test_a_long_way_can_be_paused() -> None:
    async with opened(endless()) as desk:
        await desk.press("g")
        await desk.type("1000000000")
        await desk.hit("enter")
        await desk.until(lambda: desk.main.running and desk.frame.iteration > 100)
        await desk.hit("space")
        await desk.settled()
        assert not desk.main.running
        assert 100 < desk.frame.iteration < 10**9


async def test_what_is_no_iteration_is_told() -> None:
    async with opened() as desk:
        await desk.press("g")
        for typed in ("-1", "1.5", "x", ""):
            desk.app.screen.query_one(Input).value = typed
            await desk.press("enter")
            assert "a whole number from 0 on would do" in desk.words()
        await desk.press("escape")
        assert desk.frame.iteration == 0


# --- the panels ------------------------------------------------------------------------------------------------------


def cursor(desk: Desk) -> tuple[str, tuple[int, ...]]:
    focused = desk.main.focused
    assert isinstance(focused, MatrixPanel)
    return focused.panel_name, focused.index


async def test_tab_visits_every_panel_and_brings_it_into_sight() -> None:
    async with opened() as desk:
        names = [*(v.name for v in desk.frame.variables), *FIXED]
        assert names[:4] == ["W1", "W2", "delta2", "delta1"] or names[:4] == ["W1", "W2", "delta1", "delta2"]
        assert desk.main.panels.focused_name == CODE
        for name in names:
            await desk.press("tab")
            assert desk.main.panels.focused_name == name
            assert desk.main.focused is desk.main.panels.panel(name)
            assert name in desk.main.panels.in_sight()
            assert desk.panel(name).startswith(f"╭ {name}"), desk.text()
        for name in (PREDICTIONS, LOSS, names[-4]):
            await desk.press("shift+tab")
            assert desk.main.panels.focused_name == name


@pytest.mark.parametrize("size", [(80, 24), SMALLEST])
async def test_every_matrix_that_gets_the_focus_shows_its_numbers(size: tuple[int, int]) -> None:
    own = beside()
    own.next_iteration()
    async with opened(size=size) as desk:
        await desk.press("n")
        for name in [v.name for v in desk.frame.variables]:
            await desk.press("tab")
            assert name in held_to(desk, own)


async def test_keys_typed_fast_after_tab_go_to_the_new_panel() -> None:
    async with opened() as desk:
        for key in ("tab", "right", "down"):
            desk.app.simulate_key(key)
        await desk.drained()
        await desk.until(lambda: isinstance(desk.main.focused, MatrixPanel))
        await desk.settled()
        assert cursor(desk) == ("W1", (1, 1))


@pytest.mark.parametrize("keys", [("right", "down", "left", "up"), ("l", "j", "h", "k")])
async def test_the_cursor_moves_and_stops_at_the_edges(keys: tuple[str, ...]) -> None:
    right, down, left, up = keys
    async with opened() as desk:
        await desk.focus("W1")
        await desk.press(left, up)
        assert cursor(desk) == ("W1", (0, 0))
        await desk.press(right, down)
        assert cursor(desk) == ("W1", (1, 1))
        await desk.press(*[right] * 5, *[down] * 5)
        assert cursor(desk) == ("W1", (2, 3))
        assert styled_cells(desk, "W1", "reverse") == {(2, 3)}
        await desk.press(left, up)
        assert cursor(desk) == ("W1", (1, 2))


async def test_the_cursor_moves_a_large_matrix_through_its_window() -> None:
    network = builtin.source("default").replace("rng.random((3, 4))", "rng.random((3, 40))")
    program = Program.parse(network.replace("rng.random((4, 1))", "rng.random((40, 1))"), "wide")
    own = Session(program)
    async with opened(program) as desk:
        await desk.focus("W1")
        for steps, edge in ((39, 39), (20, 19)):
            await desk.press(*(["right"] * steps if edge == 39 else ["left"] * steps))
            assert cursor(desk) == ("W1", (0, edge))
            assert f"W1[0,{edge}] = {own.state['W1'][0, edge]!s}" in desk.explanation()
            ((row, column),) = styled_cells(desk, "W1", "reverse")
            shown = desk.inside("W1").split("\n")[row].split()[column]
            assert float(shown) == pytest.approx(own.state["W1"][0, edge], abs=0.0005)
        assert ", " in desk.panel("W1").split("\n")[-1]


async def test_zoom_gives_the_whole_area_and_takes_it_back() -> None:
    async with opened() as desk:
        await desk.focus("W2")
        await desk.press("z")
        assert desk.main.panels.in_sight() == {"W2"}
        assert desk.main.panels.panel("W2").region.size == desk.main.panels.size
        held_to(desk, beside())
        await desk.press("tab")
        assert len(desk.main.panels.in_sight()) == 1
        await desk.press("z")
        assert NAMED & desk.main.panels.in_sight() == NAMED or len(desk.main.panels.in_sight()) > 4


async def test_the_loss_has_a_log_axis() -> None:
    async with opened() as desk:
        await desk.press("n", "n", "y")
        assert desk.panel(LOSS).startswith("╭ loss curve log ")
        await desk.press("y")
        assert not desk.panel(LOSS).startswith("╭ loss curve log ")


async def test_a_reset_leaves_the_former_run_as_a_ghost() -> None:
    async with opened(size=(120, 36)) as desk:
        await desk.press("n", "n", "n", "r")
        assert desk.frame.curve.losses == ()
        assert len(desk.frame.curve.ghost_losses) == 3
        assert "░ γ 1, seed 1" in desk.panel(LOSS)
        region = desk.main.panels.loss.region
        assert desk.part(region).count("░") > 1


async def test_the_code_scrolls_with_the_arrows_and_returns_with_a_step() -> None:
    async with opened() as desk:
        await desk.press(*["up"] * 30)
        assert "import numpy" in desk.inside(CODE) or '"""' in desk.inside(CODE)
        assert "▶" not in desk.inside(CODE)
        await desk.press("s")
        assert "▶" in desk.inside(CODE)


async def test_many_samples_scroll() -> None:
    source = builtin.source("default")
    start, end = source.index("x = "), source.index("W1 = ")
    data = "x = np.arange(60.0).reshape(20, 3) / 60\ny = x[:, :1]\n"
    async with opened(Program.parse(source[:start] + data + source[end:], "many")) as desk:
        await desk.press("n")
        await desk.focus(PREDICTIONS)
        assert "of 20" in desk.panel(PREDICTIONS)
        before = desk.inside(PREDICTIONS)
        await desk.press(*["down"] * 5)
        assert desk.inside(PREDICTIONS) != before
        await desk.press(*["down"] * 15)
        assert "–19 of 20" in desk.panel(PREDICTIONS)
        assert f"{desk.frame.predictions.predictions[-1][0]:.3f}" in desk.inside(PREDICTIONS).strip().split("\n")[-1]


# --- every number at full precision ----------------------------------------------------------------------------------


def exact(value: Array, index: tuple[int, ...]) -> str:
    return repr(value[index].item())


async def test_every_number_can_be_looked_up_at_full_precision() -> None:
    own = beside()
    own.next_iteration()
    own.step()
    own.step()
    async with opened() as desk:
        await desk.press("n", "s", "s")
        for variable in ("W1", "W2", "delta2", "z1", "y"):
            await desk.focus(variable)
            value = own.state[variable]
            rows, columns = value.shape
            for place in range(rows * columns):
                row, column = divmod(place, columns)
                column = column if row % 2 == 0 else columns - 1 - column  # there and back, like a plough
                assert cursor(desk) == (variable, (row, column))
                cell = desk.frame.cell
                assert cell is not None
                assert cell.label == f"{variable}[{row},{column}]"
                assert cell.value == exact(value, (row, column))
                assert desk.explanation().startswith(f"{cell.label} = ")
                at_the_end = column == (columns - 1 if row % 2 == 0 else 0)
                await desk.press("down" if at_the_end else "right" if row % 2 == 0 else "left")


async def test_enter_shows_a_number_in_full() -> None:
    own = beside("forum")
    own.advance(3)
    async with opened("forum") as desk:
        await desk.press("n", "n", "n")
        for variable in [v.name for v in desk.frame.variables][:6]:
            await desk.press("tab", "enter")
            assert isinstance(desk.app.screen, OriginDialog)
            assert f"{variable}[0,0] = {exact(own.state[variable], (0, 0))}" in desk.text()
            await desk.press("escape")


async def test_a_number_of_the_setup_is_shown_at_full_precision_at_once() -> None:
    own = beside()
    async with opened() as desk:
        await desk.focus("W1")
        await desk.press("down", "right")
        assert desk.explanation().startswith(f"W1[1,1] = {exact(own.state['W1'], (1, 1))} from the setup")


async def test_moving_the_cursor_lights_up_the_sources() -> None:
    async with opened(size=(120, 36)) as desk:
        await desk.press("n")
        await desk.focus("dW2")
        await desk.press("down")
        assert desk.explanation().startswith("dW2[1,0] = Σᵢ a1[i,1] · delta2[i,0]")
        assert styled_cells(desk, "a1", "underline") == {(row, 1) for row in range(4)}
        assert styled_cells(desk, "delta2", "underline") == {(row, 0) for row in range(4)}
        assert styled_cells(desk, "W1", "underline") == set()


async def test_following_a_weight_down_to_the_setup_and_back() -> None:
    own = beside()
    first = own.state["W2"]
    own.advance(2)
    async with opened() as desk:
        await desk.press("n", "n")
        await desk.focus("W2")
        await desk.press("enter")
        dialog = desk.app.screen
        assert isinstance(dialog, OriginDialog)
        assert f"W2[0,0] = {exact(own.state['W2'], (0, 0))}" in desk.text()
        labels = [f"W2[0,0] = {exact(own.state['W2'], (0, 0))}"]
        for depth in range(2):
            sources = dialog.lines.path[-1].sources
            at = next(i for i, source in enumerate(sources) if source.name == "W2")
            await desk.press(*["down"] * at, "enter")
            assert len(dialog.lines.path) == depth + 2
            cell = dialog.lines.path[-1].cell
            labels.append(f"W2[0,0] = {cell.value}")
            assert labels[-1] in desk.text()
        assert labels[-1] == f"W2[0,0] = {exact(first, (0, 0))}"
        assert "This is where it begins: the setup made this number." in desk.text()
        assert "rng.random((4, 1))" in desk.text()
        await desk.press("enter")
        assert len(dialog.lines.path) == 3
        for label in reversed(labels[:-1]):
            await desk.press("backspace")
            assert label in desk.text()
        await desk.press("backspace")
        assert desk.at_main
        assert (desk.frame.iteration, desk.frame.tick) == (2, 0)


@pytest.mark.parametrize("size", [(80, 24), SMALLEST])
async def test_the_chosen_source_is_always_in_sight(size: tuple[int, int]) -> None:
    async with opened(size=size) as desk:
        await desk.press("n")
        await desk.focus("dW2")
        await desk.press("enter")
        dialog = desk.app.screen
        assert isinstance(dialog, OriginDialog)
        sources = dialog.lines.path[-1].sources
        assert len(sources) == 8
        for source in sources:
            (marked,) = [line for line in desk.lines() if "▶" in line and "=" in line]
            assert f"{source.label} " in marked
            await desk.press("down")
        assert "escape leaves" in desk.text() or size == SMALLEST
        await desk.press("escape")
        assert desk.at_main


async def test_several_sources_are_in_sight_at_80_by_24() -> None:
    async with opened() as desk:
        await desk.press("n")
        await desk.focus("dW2")
        await desk.press("enter")
        assert sum(label in desk.text() for label in ("▶ a1[0,0]", "  a1[1,0]", "  a1[2,0]")) == 3


async def test_q_leaves_the_dialog_and_not_the_app() -> None:
    async with opened() as desk:
        await desk.press("s")
        await desk.press("enter")
        assert isinstance(desk.app.screen, OriginDialog)
        await desk.press("q")
        assert desk.at_main


# --- a program that fails --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [*SIZES, SMALLEST])
async def test_the_naive_program_fails_in_words(size: tuple[int, int]) -> None:
    async with opened("naive", size=size) as desk:
        await desk.press("n")
        assert desk.frame.status == "failed"
        assert "failed" in desk.lines()[0]
        if size != SMALLEST:
            said = desk.explanation()
            for part in ("line 28", "weight1 is (3,4)", "learningRate * dC_dw1 is (4,4)", "step of shape (3,4)"):
                assert part in said
        marked = [line for line in desk.inside(CODE).split("\n") if "✗" in line]
        assert len(marked) == 1
        assert "weight1 = weight1 - " in marked[0]


async def test_after_a_failure_the_keys_say_why_and_the_ways_back_work() -> None:
    async with opened("naive") as desk:
        await desk.press("n")
        for key in ("s", "n", "space"):
            await desk.press(key)
            assert desk.explanation().startswith("line 28: weight1 is (3,4)")
            assert desk.frame.cannot_go_on == "line 28 failed: S steps back, r resets"
            assert not desk.main.running
        await desk.press("S")
        assert (desk.frame.status, desk.frame.tick) == ("paused", 9)
        await desk.press("s", "s")
        assert desk.frame.status == "failed"
        await desk.press("r")
        assert (desk.frame.status, desk.frame.iteration, desk.frame.tick) == ("paused", 0, 0)
        held_to(desk, beside("naive"))


async def test_running_into_a_failure_stops_there() -> None:
    async with opened("naive") as desk:
        await desk.hit("space")
        await desk.until(lambda: desk.frame.status == "failed")
        await desk.settled()
        assert not desk.main.running
        assert "failed" in desk.lines()[0]
        assert "running" not in desk.text()


async def test_a_program_whose_setup_fails_says_so_on_the_screen() -> None:
    source = builtin.source("default").replace("rng.random((4, 1))", "x @ y  # [/not] [markup]")
    app = NntuiApp(Program.parse(source, "broken"))
    async with app.run_test() as pilot:
        while not app.main.trouble:
            await pilot.pause(0.01)
        assert "x @ y  # [/not] [markup]" not in app.main.trouble
        assert "line 14: ValueError" in app.main.trouble
        await pilot.press("s")  # does nothing, and does not crash
        await pilot.press("q")
    assert app.return_value == 0


# --- running ---------------------------------------------------------------------------------------------------------


async def test_space_runs_and_stops() -> None:
    async with opened(endless()) as desk:
        await desk.hit("space")
        await desk.until(lambda: desk.main.running and desk.frame.iteration > 500)
        assert "running" in desk.lines()[0]
        assert "it/s" in desk.lines()[0]
        await desk.hit("space")
        await desk.until(lambda: not desk.main.running)
        await desk.settled()
        assert "paused" in desk.lines()[0]
        own = Session(endless())
        own.advance(desk.frame.iteration)
        held_to(desk, own)
        assert f"it {desk.frame.iteration:,}" in desk.lines()[0]


async def test_the_panels_are_live_while_running() -> None:
    async with opened(endless()) as desk:
        await desk.hit("space")
        pictures: set[tuple[str, str]] = set()

        def several() -> bool:
            pictures.add((desk.inside("W2"), desk.panel(LOSS)))
            return len(pictures) > 3

        await desk.until(several)
        await desk.hit("space")


async def test_keys_work_while_running() -> None:
    async with opened(endless()) as desk:
        await desk.hit("space")
        await desk.until(lambda: desk.main.running)
        await desk.hit("plus")
        await desk.until(lambda: desk.frame.rate == 2.0)
        assert desk.main.running
        await desk.hit("tab")
        await desk.until(lambda: desk.main.panels.focused_name == "W1")
        await desk.hit("right")
        await desk.until(lambda: desk.frame.cell and desk.frame.cell.label == "W1[0,1]")
        await desk.hit("z")
        await desk.until(lambda: desk.main.panels.in_sight() == {"W1"})
        await desk.hit("z")
        await desk.until(lambda: LOSS in desk.main.panels.in_sight())
        await desk.hit("y")
        await desk.until(lambda: "loss curve log" in desk.text())
        await desk.hit("question_mark")
        await desk.until(lambda: isinstance(desk.app.screen, Help))
        await desk.hit("escape")
        await desk.until(lambda: desk.at_main)
        before = desk.frame.iteration
        await desk.hit("r")
        await desk.until(lambda: desk.frame.curve.ghost_losses)
        assert desk.main.running
        assert before > 0
        await desk.hit("s")
        await desk.until(lambda: not desk.main.running)
        await desk.settled()
        assert desk.frame.tick == 1


async def test_enter_stops_a_run_and_explains() -> None:
    async with opened(endless()) as desk:
        await desk.focus("W1")
        await desk.hit("space")
        await desk.until(lambda: desk.main.running and desk.frame.iteration > 100)
        await desk.hit("enter")
        await desk.until(lambda: isinstance(desk.app.screen, OriginDialog))
        await desk.settled()
        assert not desk.main.running
        assert f"W1[0,0] = {desk.frame.matrices['W1'].values[0][0]!r}" in desk.text()  # type: ignore[index]


async def test_quitting_while_running_is_at_once() -> None:
    async with opened(endless()) as desk:
        await desk.hit("space")
        await desk.until(lambda: desk.main.running)
        desk.app.simulate_key("q")
        await desk.until(lambda: desk.app.return_value is not None or not desk.app.is_running)
        assert desk.app.return_value == 0


async def test_resizing_while_running() -> None:
    async with opened(endless()) as desk:
        await desk.hit("space")
        await desk.until(lambda: desk.main.running)
        for width, height in ((160, 48), (40, 12), (120, 36), (1, 1), (80, 24)):
            await desk.resize(width, height)
            await desk.until(lambda w=width, h=height: [len(x) for x in desk.lines()] == [w] * h)  # type: ignore[misc]
            before = desk.frame.iteration
            await desk.until(lambda b=before: desk.frame.iteration > b)  # type: ignore[misc]
        assert desk.main.running
        await desk.hit("space")
        await desk.settled()
        assert desk.main.panels.in_sight() >= NAMED
        own = Session(endless())
        own.advance(desk.frame.iteration)
        held_to(desk, own)


@pytest.mark.parametrize("size", [*SIZES, SMALLEST])
async def test_resizing_while_paused_shows_what_that_size_has_room_for(size: tuple[int, int]) -> None:
    own = beside()
    own.advance(2)
    async with opened(size=(100, 30)) as desk:
        await desk.press("n", "n")
        await desk.resize(*size)
        await desk.settled()
        held_to(desk, own)
        resized = desk.text()
    async with opened(size=size) as desk:
        await desk.press("n", "n")
        assert desk.text() == resized


async def test_a_run_asks_for_few_pictures() -> None:
    async with opened(endless()) as desk:
        await desk.hit("space")
        await desk.until(lambda: desk.frame.iteration > 3000)
        await desk.hit("space")
        await desk.settled()
        looks = sum(command.verb in (Verb.LOOK, Verb.REFRESH) for command in desk.queue.sent)
        assert looks < 300 < desk.frame.iteration


# --- a loss that overflows -------------------------------------------------------------------------------------------


async def test_an_overflow_is_shown_as_such_and_a_run_goes_on_from_the_first_nan() -> None:
    async with opened(diverging(), size=(120, 36)) as desk:
        await desk.hit("space")
        await desk.until(lambda: "first NaN" in desk.explanation())
        assert not desk.main.running
        await desk.hit("space")
        await desk.until(lambda: desk.frame.curve.first_not_finite is not None and desk.frame.loss != desk.frame.loss)
        assert desk.main.running
        await desk.hit("space")
        await desk.settled()
        since = desk.frame.curve.first_not_finite
        assert since is not None
        assert f"not finite since {since:,}" in desk.panel(LOSS)
        assert "C nan" in desk.lines()[0]
        assert "nan" in desk.inside("W1")
        assert not math.isnan(desk.frame.curve.losses[0])
        assert "nan" not in desk.inside(LOSS)
        await desk.press("s", "S", "r", "n")
        assert desk.frame.iteration == 1
        assert "not finite" not in desk.panel(LOSS)


async def test_infinite_numbers_have_a_name_too() -> None:
    async with opened(diverging(), size=(120, 36)) as desk:
        seen: set[str] = set()
        while "nan" not in desk.inside("W1") and desk.frame.iteration < 500:
            await desk.press("n")
            seen |= set(desk.inside("W1").split()) | {desk.lines()[0].split(" · C ")[1].split()[0]}
        assert "inf" in {word.strip("-") for word in seen}


async def test_a_huge_rate_from_the_start() -> None:
    async with opened(endless(1e300)) as desk:
        await desk.press("n", "n", "n", "s", "s")
        assert "γ 1e+300" in desk.lines()[0]
        own = Session(endless(1e300))
        own.advance(3)
        own.step()
        own.step()
        for name in ("W1", "W2"):
            for shown, value in zip(numbers(desk.inside(name)), own.state[name].reshape(-1).tolist(), strict=True):
                assert shown == pytest.approx(value, rel=0.5)


# --- help, palette, quit ---------------------------------------------------------------------------------------------


async def test_help_opens_and_closes() -> None:
    async with opened() as desk:
        for key, leave in (("question_mark", "escape"), ("f1", "question_mark"), ("question_mark", "q")):
            await desk.press(key)
            assert isinstance(desk.app.screen, Help)
            assert "run one statement" in desk.text()
            await desk.press(leave)
            assert desk.at_main


async def test_the_help_can_be_scrolled_to_its_end() -> None:
    async with opened() as desk:
        await desk.press("question_mark")
        assert "Time" in desk.text()
        third = desk.lines()[3]
        await desk.press("j")
        assert desk.lines()[2][3:-3] == third[3:-3]
        await desk.press("end")
        await desk.until(lambda: "leaves this list" in desk.text())
        await desk.press("k")
        await desk.press("home")
        await desk.until(lambda: "Time" in desk.text())


async def test_a_check_says_what_its_numbers_mean() -> None:
    async with opened("forum", size=(120, 36)) as desk:
        await desk.press("c")
        assert "1 is straight downhill" in desk.words()


async def test_quick_keys_scroll_the_help_a_line_each() -> None:
    """A key held down over a slow wire comes as several in one packet, before anything is painted."""
    async with opened() as desk:
        await desk.press("question_mark")
        dialog = desk.app.screen
        assert isinstance(dialog, Help)
        for _ in range(5):
            dialog.action_scroll(1)
        assert dialog.query_one(VerticalScroll).scroll_y == 5
        for _ in range(2):
            dialog.action_scroll(-1)
        assert dialog.query_one(VerticalScroll).scroll_y == 3


async def test_the_help_can_be_read_on_a_small_terminal() -> None:
    async with opened(size=SMALLEST) as desk:
        await desk.press("question_mark", "end")
        await desk.until(lambda: "leaves this list" in desk.words())
        await desk.press("home")
        await desk.until(lambda: "run one statement" in desk.words())


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_quit(key: str) -> None:
    async with opened() as desk:
        await desk.press("s")
        await desk.hit(key)
        await desk.until(lambda: not desk.app.is_running or desk.app._exit)
        assert not desk.app.return_value
        assert not desk.app.return_code


async def test_keys_before_the_first_picture_are_answered() -> None:
    app = NntuiApp(builtin.load("default"))
    started: list[bool] = []
    app.main.engine.start = lambda: started.append(True)  # type: ignore[method-assign]
    async with app.run_test() as pilot:
        await pilot.press("s", "n", "plus", "enter", "tab", "z", "l")
        assert started == [True]
        assert app.is_running


# --- behind a dialog -------------------------------------------------------------------------------------------------


async def test_behind_a_dialog_a_run_goes_on_and_nothing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(endless()) as desk:
        await desk.hit("space")
        await desk.until(lambda: desk.main.running and desk.frame.iteration > 10)
        await desk.hit("question_mark")
        await desk.until(lambda: isinstance(desk.app.screen, Help))
        await desk.drained()
        drawn: list[str] = []
        for widget in desk.main.query(Lines):
            name = getattr(widget, "panel_name", widget.id)
            monkeypatch.setattr(widget, "update_lines", lambda name=name: drawn.append(name))
        pictures = []
        for _ in range(4):
            pictures.append(desk.frame.iteration)
            await desk.until(lambda: desk.frame.iteration > pictures[-1])
        assert drawn == []
        monkeypatch.undo()
        behind = desk.frame.iteration
        await desk.hit("escape")
        await desk.until(lambda: desk.at_main)
        await desk.hit("space")
        await desk.settled()
        assert desk.frame.iteration >= behind
        own = Session(endless())
        own.advance(desk.frame.iteration)
        held_to(desk, own)


# --- the check -------------------------------------------------------------------------------------------------------


def cosine(a: Array, b: Array) -> float:
    return float((a * b).sum() / ((a * a).sum() * (b * b).sum()) ** 0.5)


def before_updates(own: Session, updates: int) -> State:
    """Run an iteration's statements up to the last ones, and return the numbers."""
    for _ in range(len(own.program.body) - updates):
        own.step()
    return own.state


def squeezed(desk: Desk) -> str:
    """The check's text without line ends, as far as it is in sight."""
    return desk.words()


async def test_one_key_leads_to_the_sentence_that_answers_the_forums_question() -> None:
    now = before_updates(beside("forum"), 2)
    gradient = now["a1"].T @ ((now["a2"] - now["y"]) * now["a2"] * (1 - now["a2"]))
    descent = cosine(now["a1"].T @ now["dC_dw2"], -gradient)
    async with opened("forum") as desk:
        await desk.press("c")
        assert isinstance(desk.app.screen, CheckDialog)
        said = squeezed(desk)
        assert "Your `dC_dw2` is −1 × ∂C/∂z2, not ∂C/∂weight2" in said
        assert "`np.dot(a1.T, dC_dw2)` is −1 × ∂C/∂weight2; the two minus signs cancel" in said
        assert f"goes downhill (cosine {descent:.3f} with −∂C/∂weight2)" in said
        assert f"iteration 0 · loss = 0.5 * np.sum((a2 - y) ** 2) = {now['loss']:.6g}" in said
        await desk.press("escape")
        assert desk.at_main
        assert (desk.frame.iteration, desk.frame.tick) == (0, 0)


async def test_the_forums_answer_tells_the_textbooks_direction_as_the_naive_program_does() -> None:
    """A step and a cosine with −∂C: negative is uphill, in both programs' answers."""
    now = before_updates(beside("forum"), 2)
    gradient = now["a1"].T @ ((now["a2"] - now["y"]) * now["a2"] * (1 - now["a2"]))
    uphill = f"{cosine(-now['dC_dw2'], -gradient):.3f}".replace("-", "−")
    assert uphill == "−0.519"
    for name in ("naive", "forum"):
        async with opened(name) as desk:
            await desk.press("c")
            assert f"cosine {uphill} with −∂C/∂weight2" in squeezed(desk), name


async def test_the_numbers_of_a_check_are_those_of_now() -> None:
    own = beside("forum")
    own.advance(300)
    now = before_updates(own, 2)
    async with opened("forum") as desk:
        await desk.press("g")
        await desk.type("300")
        await desk.hit("enter")
        await desk.until(lambda: desk.frame.iteration == 300 and not desk.main.running)
        await desk.settled()
        await desk.press("c")
        assert f"iteration 300 · loss = 0.5 * np.sum((a2 - y) ** 2) = {now['loss']:.6g}" in squeezed(desk)


async def test_the_naive_program_is_cured_by_two_keys() -> None:
    async with opened("naive", size=(100, 36)) as desk:
        await desk.press("c")
        said = squeezed(desk)
        assert "✗ delta-for-gradient · line 27" in said
        assert "✗ delta-for-gradient · line 28" in said
        assert "a applies the first of 2 suggestions" in said
        assert "→ weight2 = weight2 + learningRate * np.dot(a1.T, dC_dw2)" in said
        await desk.press("a")
        said = squeezed(desk)
        assert isinstance(desk.app.screen, CheckDialog)
        assert "delta-for-gradient · line 27" not in said
        assert "✗ delta-for-gradient · line 28" in said
        assert " a applies " in said
        await desk.press("a")
        said = squeezed(desk)
        assert "✗" not in said
        assert "✓ weight1 goes downhill" in said
        assert "✓ weight2 goes downhill" in said
        assert "a applies" not in said
        assert "r starts again with it" in said
        await desk.press("a")  # there is nothing left to apply
        await desk.press("escape")
        edited = [line.number for line in desk.frame.code if line.edited]
        assert edited == [27, 28]
        marked = [line for line in desk.inside(CODE).split("\n") if line[2] == "*"]
        assert [" ".join(line.split()[1:6]) for line in marked] == [
            "weight2 = weight2 + learningRate",
            "weight1 = weight1 + learningRate",
        ]
        forum = beside("forum")
        await desk.press("r", "n", "n", "n")
        forum.advance(3)
        held_to(desk, forum)
        assert desk.frame.status == "paused"


async def test_after_a_failure_the_check_still_finds_and_cures() -> None:
    async with opened("naive") as desk:
        await desk.press("n")
        assert desk.frame.status == "failed"
        await desk.press("c", "a", "a", "escape")
        assert "paused" in desk.lines()[0]
        await desk.press("n")
        assert (desk.frame.status, desk.frame.iteration) == ("paused", 1)


@pytest.mark.parametrize("size", [(80, 24), SMALLEST])
async def test_a_check_can_be_scrolled_to_its_end(size: tuple[int, int]) -> None:
    async with opened("naive", size=size) as desk:
        await desk.press("c")
        seen: list[str] = desk.lines()
        for _ in range(60):
            await desk.hit("down")
            seen += desk.lines()
        await desk.settled()
        seen += desk.lines()
        assert any("shape-coincidence" in line for line in seen)
        assert any("error of weight2" in line for line in seen)
        assert any("weight1 = weight1 + learningRate" in line for line in seen)


@pytest.mark.parametrize("size", [(80, 24), SMALLEST])
async def test_a_check_always_says_how_to_leave_it(size: tuple[int, int]) -> None:
    async with opened("naive", size=size) as desk:
        await desk.press("c")
        last = desk.lines()[-2]
        assert "esc" in last
        assert "↑↓" in last


@pytest.mark.parametrize("size", [(80, 24), SMALLEST])
async def test_the_verdicts_of_a_check_are_whole(size: tuple[int, int]) -> None:
    async with opened("naive", size=size) as desk:
        await desk.press("c")
        seen = [desk.words()]
        for _ in range(40):
            await desk.press("down")
            seen.append(desk.words())
            if seen[-1] == seen[-2]:
                break
        assert any("✗ weight1 is not updated" in words for words in seen)
        for part in ("cosine -0.5188", "factor -0.3636", "error 1."):
            assert any(part in words.replace(" of ", "") for words in seen), part


async def test_a_program_without_a_cost_says_why_it_cannot_be_checked() -> None:
    source = "import numpy as np\nw = np.ones((2, 2))\nfor i in range(9):\n    w = w @ w / 2\n"
    async with opened(Program.parse(source, "costless")) as desk:
        await desk.press("c")
        assert desk.at_main
        assert desk.explanation().startswith("the gradients cannot be checked: ")
        await desk.press("n")
        assert desk.frame.iteration == 1


async def test_measured_meanings_stand_beside_the_lines_without_being_asked_for() -> None:
    async with opened("forum", size=(120, 36)) as desk:
        lines = {line.target: text for line in desk.frame.code if line.target for text in [line.meaning]}
        assert lines["dC_dw2"] == "−1 × ∂C/∂z2"
        shown = {line.split("=")[0].split()[-1]: line for line in desk.inside(CODE).split("\n") if "=" in line}
        assert "−1 × ∂C/∂a2" in shown["delta2"]
        assert "−1 × ∂C/∂z2" in shown["dC_dw2"]
        assert "−1 × ∂C/∂z1" in shown["dC_dw1"]
        await desk.press("n")
        assert "−1 × ∂C/∂z2" in desk.inside(CODE)
    async with opened("forum") as desk:
        await desk.press(*"ssssss")
        assert "−1 × ∂C/∂z2" in desk.inside(CODE)


# --- editing a line --------------------------------------------------------------------------------------------------


async def edit(desk: Desk, text: str) -> None:
    """Press `e`, put a text into the field, and press enter."""
    await desk.press("e")
    assert isinstance(desk.app.screen, EditDialog)
    desk.app.screen.query_one(Input).value = text
    await desk.press("enter")


async def test_a_late_answer_leaves_the_line_that_is_being_typed() -> None:
    """A check that took long, or the answer to an edit of another line, comes while this one is open."""
    async with opened("naive") as desk:
        verdicts: list[Verdicts] = []
        await desk.press("c")
        assert isinstance(desk.app.screen, CheckDialog)
        verdicts += [found for found in (desk.app.screen.lines.verdicts,) if found]
        await desk.press("escape", "e")
        dialog = desk.app.screen
        assert isinstance(dialog, EditDialog)
        dialog.query_one(Input).value = "my own text"
        for answer in (verdicts[0], Edited(1, "another line"), Edited(1, "another line", "it is wrong")):
            desk.main.dialogs.answer(answer)
            await desk.settled()
            assert desk.app.screen is dialog
        assert dialog.query_one(Input).value == "my own text"
        assert "it is wrong" not in desk.text()


async def test_an_edit_takes_effect_here_and_is_taken_back() -> None:
    own = beside()
    async with opened() as desk:
        await desk.press("n", "s", "s", "s")
        line = desk.frame.code[desk.frame.current_line - 1]
        assert line.text.strip() == "a2 = sigmoid(z2)"
        await desk.press("e")
        assert desk.app.screen.query_one(Input).value.startswith("a2 = sigmoid(z2)")
        assert "W1 (3,4)" in desk.words()
        assert "delta2 (4,1)" in desk.words()
        await desk.press("escape")
        assert desk.at_main
        await edit(desk, "a2 = np.tanh(z2)")
        assert desk.at_main
        own.next_iteration()
        for _ in range(3):
            own.step()
        assert (desk.frame.iteration, desk.frame.tick) == tuple(own.position)
        held_to(desk, own)  # what has been computed stays
        own.edit_line(line.number, "a2 = np.tanh(z2)")
        await desk.press("s", "n", "n")
        own.step()
        own.next_iteration()
        own.next_iteration()
        held_to(desk, own)
        assert [code.number for code in desk.frame.code if code.edited] == [line.number]
        await desk.press("U")
        assert not any(code.edited for code in desk.frame.code)
        assert "*" not in [text[2] for text in desk.inside(CODE).split("\n")]
        own.undo_edit()
        await desk.press("n")
        own.next_iteration()
        held_to(desk, own)
        await desk.press("U")
        assert desk.explanation().startswith("nothing has been edited: e edits a line")


@pytest.mark.parametrize("size", [(80, 24), SMALLEST])
async def test_a_wrong_edit_is_told_under_the_line_and_nothing_changes(size: tuple[int, int]) -> None:
    said = {
        "z1 = x @@ W1": "invalid syntax",
        "z1 = x @ W3": "there is no W3 here",
        "z1 = sigmod(x)": "there is no sigmod here; did you mean sigmoid?",
        "z1 = (x @ W1": "was never closed",
    }
    async with opened(size=size) as desk:
        before = desk.frame.code
        await desk.press("e")
        for text, says in said.items():
            desk.app.screen.query_one(Input).value = text
            await desk.press("enter")
            assert isinstance(desk.app.screen, EditDialog)
            label = desk.app.screen.query(".problem").first()
            assert says in " ".join(desk.widget(label).split())
            assert desk.app.screen.query_one(Input).value == text
            problem = desk.app.screen.query_one(".problem")
            assert problem.region.bottom <= size[1]
            assert problem.region.y > desk.app.screen.query_one(Input).region.y
        await desk.press("escape")
        assert desk.frame.code == before
        await desk.press("n")
        own = beside()
        own.next_iteration()
        assert f"C {own.loss:.4f}" in desk.lines()[0]


async def test_an_edit_that_raises_fails_where_it_stands_and_can_be_taken_back() -> None:
    async with opened() as desk:
        await edit(desk, "z1 = x @ x")
        await desk.press("s")
        assert desk.frame.status == "failed"
        assert "x" in desk.explanation()
        await desk.press("U", "s")
        assert (desk.frame.status, desk.frame.tick) == ("paused", 1)


async def test_lines_are_edited_where_the_code_has_the_focus() -> None:
    async with opened() as desk:
        await desk.focus("loss curve")
        await desk.press("e")
        assert desk.at_main
        assert desk.explanation() == "lines of the code and numbers of a matrix can be edited: tab goes there"


async def test_the_line_at_the_cursor_is_edited() -> None:
    async with opened() as desk:
        await desk.press("n", "down", "down", "e")
        assert desk.app.screen.query_one(Input).value.startswith("z2 = ")


# --- other programs --------------------------------------------------------------------------------------------------


async def test_opening_a_mistake_keeps_the_old_curve_pale() -> None:
    own = beside("sign")
    async with opened(size=(120, 36)) as desk:
        await desk.press(*"nnnn", "o")
        assert isinstance(desk.app.screen, OpenDialog)
        assert "naive" in desk.text()
        place = next(k for k, name in enumerate(examples.names()) if name == "sign")
        for _ in range(place):
            await desk.hit("j")
        await desk.press("enter")
        assert desk.at_main
        assert "nntui · sign" in desk.lines()[0]
        assert (desk.frame.iteration, desk.frame.curve.losses) == (0, ())
        assert len(desk.frame.curve.ghost_losses) == 4
        assert desk.panel(LOSS).count("░") > 1
        await desk.press("n", "n")
        own.advance(2)
        held_to(desk, own)
        await desk.press("c")
        assert "✗ sign" in squeezed(desk)


async def test_leaving_the_list_of_programs_opens_nothing() -> None:
    async with opened() as desk:
        await desk.press("n")
        for key in ("escape", "q"):
            await desk.press("o", "j", key)
            assert desk.at_main
            assert (desk.frame.program, desk.frame.iteration) == ("default", 1)


# --- scripts ---------------------------------------------------------------------------------------------------------

SCRIPT = """\
import numpy as np
x = np.array([[0., 1.], [1., 0.], [1., 1.]])
y = np.array([[1.], [0.], [1.]])
w = np.array([[0.5], [-0.5]])
lr = 0.1
print("before the loop")
for i in range(6):
    out = x @ w
    print("step", i, "loss", round(float(((out - y) ** 2).sum()), 4))
    loss = ((out - y) ** 2).sum()
    delta = out - y
    w = w - lr * x.T @ delta
print("after the loop", w.ravel().round(3))
"""


def printed(numbers: range) -> list[str]:
    """Return what the script prints, by running it as Python does, without what comes before and after its loop."""
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream):
        exec(compile(SCRIPT, "script", "exec"), {})
    return [stream.getvalue().split("\n")[1 + k] for k in numbers]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own, where scripts may go; they leave Python's path and arguments as they were."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    return tmp_path


async def test_a_block_on_one_line_is_shown_whole(folder: Path) -> None:
    text = SCRIPT.replace('    print("step"', '    if i > 0: print("step"')
    async with opened(script(folder / "mine.py", text), size=(120, 36)) as desk:
        assert 'if i > 0: print("step"' in desk.inside(CODE)


async def test_a_rate_that_is_a_number_before_a_matrix_product_can_be_changed(folder: Path) -> None:
    text = SCRIPT.replace("lr = 0.1\n", "").replace("lr * x.T @ delta", "0.1 * x.T @ delta")
    async with opened(script(folder / "mine.py", text)) as desk:
        assert desk.frame.rate == 0.1
        await desk.press("plus")
        assert desk.frame.rate == 0.2


async def test_an_update_after_many_small_statements_is_seen_by_the_check(folder: Path) -> None:
    text = SCRIPT.replace('    print("step"', '    for k in range(2000):\n        k + 1\n    print("step"')
    async with opened(script(folder / "mine.py", text)) as desk:
        await desk.press("c")
        assert "w is not updated" not in desk.words()


def output(desk: Desk) -> list[str]:
    """Return the lines of the output panel."""
    return [line.strip() for line in desk.inside(OUTPUT).split("\n") if line.strip()]


async def test_what_a_script_prints_is_in_its_panel_once(folder: Path) -> None:
    async with opened(script(folder / "mine.py", SCRIPT), size=(120, 36)) as desk:
        assert output(desk) == ["before the loop"]
        await desk.press("n", "n", "n")
        assert output(desk) == ["before the loop", *printed(range(3))]
        await desk.press("S", "S", "N", "n", "n", "s", "s", "N", "N", "n", "n")
        there = ["before the loop", *printed(range(3))]
        assert output(desk)[: len(there)] == there
        assert len(output(desk)) == len(set(output(desk)))
        await desk.press(*"nnnnnn")
        assert desk.frame.status == "ended"
        assert output(desk)[:-1] == ["before the loop", *printed(range(6))]
        assert output(desk)[-1].startswith("after the loop")
        for key in ("n", "s", "space", "S", "s", "N", "n"):
            await desk.press(key)
        assert sum(line.startswith("after the loop") for line in output(desk)) == 1
        await desk.press("n")
        assert "the loop is over" in desk.lines()[0]
        assert sum(line.startswith("after the loop") for line in output(desk)) == 1


async def test_the_output_is_reached_at_80_by_24_and_below(folder: Path) -> None:
    opener = script(folder / "mine.py", SCRIPT)
    for size in ((80, 24), SMALLEST):
        async with opened(opener, size=size) as desk:
            await desk.press("n")
            await desk.focus(OUTPUT)
            assert desk.panel(OUTPUT).startswith(f"╭ {OUTPUT} ")
            assert "before the loop" in desk.inside(OUTPUT)


async def test_control_characters_in_prints_do_nothing(folder: Path) -> None:
    evil = r"\r\x1b[2J\x1b[31mred\x1b]0;t\x07\x08\x9b5A\tend"
    opener = script(folder / "mine.py", SCRIPT.replace('"before the loop"', f'"{evil}"'))
    async with opened(opener, size=(120, 36)) as desk:
        (line,) = output(desk)
        assert "red" in line
        assert "end" in line
        assert all(character.isprintable() for character in desk.text().replace("\n", ""))
        assert {len(text) for text in desk.lines()} == {120}


async def test_a_million_prints_keep_the_screen_alive(folder: Path) -> None:
    text = SCRIPT.replace("range(6)", "range(50)")
    text = text.replace('    print("step", i', '    print(*range(20_000), sep="\\n")\n    print("step", i')
    async with opened(script(folder / "mine.py", text), size=(120, 36)) as desk:
        await desk.hit("space")
        await desk.until(lambda: desk.frame.output_count > 20_000)
        await desk.hit("tab")
        await desk.until(lambda: desk.main.panels.focused_name != CODE)
        await desk.until(lambda: desk.frame.status == "ended")
        await desk.settled()
        assert desk.frame.output_count == 1_000_052
        assert "1,000,052 lines" in desk.panel(OUTPUT)
        assert output(desk)[-1].startswith("after the loop")
        await desk.press("N")
        assert desk.frame.iteration < 50


BROKEN = {
    "syntax": (SCRIPT.replace("out = x @ w", "out = x @@ w"), ("line 8", "syntax")),
    "setup": (SCRIPT.replace("y = np.array", "y = nparray"), ("line 3", "nparray")),
    "no loop": (SCRIPT.split("for i")[0], ("loop",)),
    "python 2": (SCRIPT.replace('print("before the loop")', 'print "before the loop"'), ("line 6", "print")),
    "exits": (SCRIPT.replace('print("before the loop")', "raise SystemExit(3)"), ("line 6", "exit")),
    "import": (
        SCRIPT.replace("import numpy as np", "import numpy as np, no_such_module"),
        ("line 1", "no_such_module"),
    ),
    "asks": (SCRIPT.replace('print("before the loop")', 'input("?")'), ("line 6", "input")),
}


@pytest.mark.parametrize("kind", BROKEN)
async def test_a_script_that_cannot_be_opened_is_told_and_opened_when_it_is_mended(folder: Path, kind: str) -> None:
    text, words = BROKEN[kind]
    opener = script(folder / "mine.py", text)
    async with opened(opener) as desk:
        assert desk.main.picture is None
        for word in words:
            assert word in desk.words()
        assert "ctrl+r" in desk.words()
        assert "no program is open" in desk.lines()[0]
        for key in ("s", "n", "space", "c", "e", "enter", "tab", "z", "plus", "l", "ctrl+s", "v", "P"):
            await desk.hit(key)
        await desk.press("ctrl+r")  # it is as it was
        assert desk.main.picture is None
        assert words[0] in desk.words()
        assert desk.at_main
        script(folder / "mine.py", SCRIPT)
        await desk.press("ctrl+r")
        assert desk.frame.program == "mine.py"
        assert "it 0/6" in desk.lines()[0]
        assert "ctrl+r" not in desk.words()
        await desk.press("n")
        assert desk.frame.iteration == 1


async def test_a_script_that_is_not_there_is_told(folder: Path) -> None:
    opener = script(folder / "mine.py", SCRIPT)
    (folder / "mine.py").unlink()
    async with opened(opener) as desk:
        assert "mine.py" in desk.words()
        assert "No such file" in desk.words()
        await desk.press("o")
        await desk.press("enter")
        assert desk.frame.program == examples.names()[0]
        assert "No such file" not in desk.words()


async def test_a_reload_that_fails_leaves_the_former_program(folder: Path) -> None:
    opener = script(folder / "mine.py", SCRIPT)
    async with opened(opener) as desk:
        await desk.press("n", "n")
        script(folder / "mine.py", BROKEN["syntax"][0])
        await desk.press("ctrl+r")
        assert "line 8" in desk.explanation()
        assert "the former program stays" in desk.explanation()
        assert desk.frame.iteration == 2
        await desk.press("n")
        assert desk.frame.iteration == 3


async def test_a_change_on_disk_is_told_once_and_a_reload_takes_it(folder: Path) -> None:
    opener = script(folder / "mine.py", SCRIPT)
    async with opened(opener) as desk:
        await desk.press("n")
        script(folder / "mine.py", SCRIPT.replace("0.1", "0.25"))
        await desk.until(lambda: "has changed on disk" in desk.explanation())
        assert "ctrl+r reads it again" in desk.explanation()
        await desk.press("s")
        assert "has changed on disk" not in desk.explanation()
        await desk.press("ctrl+r")
        assert (desk.frame.iteration, desk.frame.rate) == (0, 0.25)
        assert len(desk.frame.curve.ghost_losses) == 1
        desk.main._look_around()
        assert "has changed on disk" not in desk.explanation()


async def test_what_has_been_read_again_is_not_told_as_changed(folder: Path) -> None:
    opener = script(folder / "mine.py", SCRIPT)
    async with opened(opener) as desk:
        script(folder / "mine.py", SCRIPT.replace("0.1", "0.25"))
        await desk.press("ctrl+r")
        assert desk.frame.rate == 0.25
        desk.main._look_around()
        assert "has changed on disk" not in desk.explanation()


async def test_saving_writes_a_copy_with_the_edits_and_never_over_the_script(folder: Path) -> None:
    opener = script(folder / "mine.py", SCRIPT)
    async with opened(opener) as desk:
        await edit(desk, "out = 2 * x @ w")
        for name in ("mine.py", "copy.py", "copy.py"):
            await desk.press("ctrl+s")
            desk.app.screen.query_one(Input).value = name
            await desk.press("enter")
            saved = "saved as" in desk.explanation()
            assert saved == (name == "copy.py" and "is there already" not in desk.explanation())
        assert "nothing is overwritten" in desk.explanation()
        assert (folder / "mine.py").read_text() == SCRIPT
        assert (folder / "copy.py").read_text() == SCRIPT.replace("out = x @ w", "out = 2 * x @ w")


ENDLESS_STATEMENT = SCRIPT.replace("for i", "def spin(i):\n    while i == 1:\n        pass\n\n\nfor i").replace(
    "    out = x @ w\n", "    spin(i)\n    out = x @ w\n"
)


async def test_an_endless_statement_is_interrupted_and_the_app_lives(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "PATIENCE", 0.1)
    monkeypatch.setattr(worker, "SMALL", 0)  # no check of its own accord, which would come to the statement too
    async with opened(script(folder / "mine.py", ENDLESS_STATEMENT)) as desk:
        await desk.press("n")
        await desk.hit("s")
        await desk.until(lambda: "still at work" in desk.explanation())
        assert "i interrupts it" in desk.explanation()
        await desk.hit("question_mark")
        await desk.until(lambda: isinstance(desk.app.screen, Help))
        await desk.hit("escape")
        await desk.until(lambda: desk.at_main)
        await desk.hit("i")
        await desk.settled()
        assert "interrupted" in desk.words()
        assert desk.frame.iteration == 1
        await desk.press("S")
        await desk.press("r", "s")
        assert (desk.frame.iteration, desk.frame.tick, desk.frame.status) == (0, 1, "paused")
        await desk.hit("space")  # a run comes to the statement too
        await desk.until(lambda: desk.main.engine.busy() > 0.2)
        await desk.hit("i")
        await desk.settled()
        assert not desk.main.running
        assert desk.frame.iteration == 1
        assert "interrupted" in desk.words()
        await desk.press("i")
        assert desk.explanation() == "nothing is running that would have to be interrupted"


async def test_a_check_of_its_own_accord_that_does_not_end_is_interrupted_once(folder: Path) -> None:
    async with opened(script(folder / "mine.py", ENDLESS_STATEMENT), wait=False) as desk:
        await desk.until(lambda: desk.main.picture is not None)
        await desk.until(lambda: desk.main.engine.busy() > 0.5 or desk.queue.idle)
        await desk.hit("i")
        await desk.settled()
        await desk.press("s", "s")
        assert (desk.frame.iteration, desk.frame.tick) == (0, 2)


async def test_an_endless_setup_is_interrupted_and_can_be_mended(folder: Path) -> None:
    opener = script(folder / "mine.py", SCRIPT.replace('print("before the loop")', "while True: pass"))
    async with opened(opener, wait=False) as desk:
        await desk.until(lambda: desk.main.engine.busy() > 0.2)
        assert "setting up the program" in desk.lines()[0]
        await desk.hit("s")
        assert desk.explanation() == "the program is being set up: the key does its work then"
        await desk.hit("i")
        await desk.settled()
        assert desk.main.picture is None
        assert "line 6" in desk.words()
        assert "interrupted" in desk.words()
        script(folder / "mine.py", SCRIPT)
        await desk.press("ctrl+r", "n")
        assert desk.frame.iteration == 1


async def test_keys_pressed_before_the_first_picture_are_done_after_it() -> None:
    ready = threading.Event()

    def opener() -> Program:
        assert ready.wait(20)
        return builtin.load("default")

    async with opened(opener, wait=False) as desk:
        await desk.hit("s")
        await desk.hit("s")
        assert desk.main.picture is None
        ready.set()
        await desk.until(lambda: desk.main.picture is not None)
        await desk.settled()
        assert (desk.frame.iteration, desk.frame.tick) == (0, 2)


async def test_quitting_does_not_wait_for_an_endless_setup(folder: Path) -> None:
    opener = script(folder / "mine.py", SCRIPT.replace('print("before the loop")', "while True: pass"))
    async with opened(opener, wait=False) as desk:
        await desk.until(lambda: desk.main.engine.busy() > 0.1)
        pressed = time.monotonic()
        desk.app.simulate_key("q")
        await desk.until(lambda: desk.app.return_value is not None or not desk.app.is_running)
        assert time.monotonic() - pressed < 2


FIRST_NEVER_ENDS = SCRIPT.replace("    out = x @ w\n", "    [0 for _ in iter(int, 1) if 0]\n    out = x @ w\n")


async def test_a_first_iteration_that_does_not_end_shows_the_screen_all_the_same(folder: Path) -> None:
    async with opened(script(folder / "mine.py", FIRST_NEVER_ENDS), wait=False) as desk:
        await desk.until(lambda: desk.main.picture is not None)
        assert desk.frame.status == "paused"
        await desk.until(lambda: desk.inside("w").split() == ["0.500", "-0.500"])
        await desk.until(lambda: desk.main.engine.busy() > 0.1)
        await desk.hit("i")
        await desk.settled()
        assert desk.explanation() == "interrupted"
        assert (desk.frame.iteration, desk.frame.tick) == (0, 0)
        await desk.press("question_mark", "escape")
        assert desk.at_main


async def test_quitting_does_not_wait_for_a_first_iteration(folder: Path) -> None:
    async with opened(script(folder / "mine.py", FIRST_NEVER_ENDS), wait=False) as desk:
        await desk.until(lambda: desk.main.picture is not None)
        await desk.until(lambda: desk.main.engine.busy() > 0.1)
        pressed = time.monotonic()
        desk.app.simulate_key("q")
        await desk.until(lambda: desk.app.return_value is not None or not desk.app.is_running)
        assert time.monotonic() - pressed < 2
