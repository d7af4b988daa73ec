"""Running until something, breakpoints and watches, as a user meets them."""

from pathlib import Path

import pytest
from tests.tui.reading import Desk, beside, diverging, endless, opened
from textual.widgets import Input

from nntui.cli import main
from nntui.dialogs.entry import EntryDialog
from nntui.widgets.scrubber import Axis, target
from nntui_core import builtin


async def asked(desk: Desk, key: str, *texts: str) -> None:
    """Open a dialog, type into its fields, and press enter."""
    await desk.press(key)
    await desk.until(
        lambda: isinstance(desk.app.screen, EntryDialog) and len(desk.app.screen.query(Input)) == len(texts)
    )
    for k, (field, text) in enumerate(zip(desk.app.screen.query(Input), texts, strict=True)):
        if k:
            await desk.press("tab")
        field.value = ""
        await desk.type(text)
    await desk.hit("enter")


async def stopped(desk: Desk) -> None:
    """Wait until a run has ended."""
    await desk.until(lambda: desk.at_main and not desk.main.running)
    await desk.settled()


async def test_u_runs_until_a_condition_holds_and_says_so() -> None:
    async with opened(endless()) as desk:
        await asked(desk, "u", "abs(dW1).max() < 5e-3")
        await stopped(desk)
        own = beside(endless())
        own.next_iteration()
        while not abs(own.state["dW1"]).max() < 5e-3:
            own.next_iteration()
        assert desk.frame.iteration == own.position.iteration
        assert desk.frame.tick == 0
        assert desk.explanation() == "stopped: `abs(dW1).max() < 5e-3` holds now"
        await desk.press("s")
        assert "stopped" not in desk.explanation()


async def test_u_runs_until_an_iteration() -> None:
    async with opened(endless()) as desk:
        await asked(desk, "u", "1,234")
        await stopped(desk)
        assert (desk.frame.iteration, desk.frame.tick) == (1234, 0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("loss < 9", "holds already"),
        ("W1 = 3", "assigns something"),
        ("lss < 3", "there is no lss here: did you mean loss?"),
        ("2", "iteration 2 is behind: g goes there"),
        ("rng.random() < 0.1", "may change something"),
        ("", "nothing to evaluate"),
    ],
)
async def test_what_cannot_be_run_to_is_said_in_the_dialog(text: str, says: str) -> None:
    async with opened() as desk:
        await desk.press("n", "n", "n")
        await asked(desk, "u", text)
        await desk.settled()
        await desk.until(lambda: says in desk.words())
        assert isinstance(desk.app.screen, EntryDialog)
        await desk.press("escape")
        assert desk.frame.iteration == 3


async def test_the_last_condition_is_still_there_and_an_example_too() -> None:
    async with opened(endless()) as desk:
        await desk.press("u")
        await desk.until(lambda: "loss < 0.1" in desk.words())
        await desk.press("escape")
        await asked(desk, "u", "loss < 0.6")
        await stopped(desk)
        await desk.press("u")
        assert desk.app.screen.query_one(Input).value == "loss < 0.6"


async def test_b_marks_a_line_in_the_gutter_and_a_run_stops_before_it() -> None:
    async with opened(endless()) as desk:
        await desk.press("s", "s", "b")
        line = desk.frame.current_line
        assert "a run stops before line" in desk.explanation()
        assert "▶●" in desk.panel("code")
        await desk.hit("space")
        await stopped(desk)
        assert (desk.frame.iteration, desk.frame.tick, desk.frame.current_line) == (1, 2, line)
        assert desk.explanation() == f"stopped at the breakpoint on line {line}"
        await desk.press("n")
        assert (desk.frame.iteration, desk.frame.tick) == (2, 0)
        await desk.press("n")
        assert (desk.frame.iteration, desk.frame.tick) == (2, 2)
        await desk.press("b", "n")
        assert "●" not in desk.panel("code")
        await desk.press("n")
        assert (desk.frame.iteration, desk.frame.tick) == (4, 0)


async def test_a_breakpoint_goes_on_the_selected_line() -> None:
    async with opened(endless()) as desk:
        await desk.press("down", "down", "down", "b")
        assert "●" in next(line for line in desk.lines() if "a2 = sigmoid" in line)
        await desk.press("up", "up", "up", "up", "b")
        assert "is not one that the loop runs" in desk.explanation()


async def test_a_breakpoint_with_a_condition_and_a_count() -> None:
    async with opened(endless()) as desk:
        await asked(desk, "B", "iteration % 2 == 1", "3")
        await desk.settled()
        assert "◆" in desk.panel("code")
        await desk.hit("space")
        await stopped(desk)
        assert (desk.frame.iteration, desk.frame.tick) == (5, 0)
        assert "if iteration % 2 == 1, every 3 hits" in desk.explanation()
        await desk.press("down", "down", "b", "B")
        both = ("● line", "◆ line", "· if iteration % 2 == 1 · every 3 hits")
        await desk.until(lambda: all(text in desk.words() for text in both))
        await desk.press("escape", "up", "up", "B")
        assert [field.value for field in desk.app.screen.query(Input)] == ["iteration % 2 == 1", "3"]
        await desk.press("escape")


@pytest.mark.parametrize(
    ("condition", "every", "says"), [("lr = 2", "1", "assigns something"), ("", "none", "'none' is no count")]
)
async def test_a_wrong_condition_or_count_is_said(condition: str, every: str, says: str) -> None:
    async with opened() as desk:
        await asked(desk, "B", condition, every)
        await desk.until(lambda: says in desk.words())
        await desk.press("escape")
        assert desk.frame.breakpoints == {}


async def test_a_breakpoint_is_on_its_line_after_the_line_has_been_edited() -> None:
    async with opened(endless()) as desk:
        await desk.press("down", "b", "e")
        desk.app.screen.query_one(Input).value = "a1 = sigmoid(z1) + 0"
        await desk.press("enter")
        await desk.until(lambda: desk.at_main)
        await desk.settled()
        assert "●" in next(line for line in desk.lines() if "a1 = sigmoid(z1) + 0" in line)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (40, 12)])
async def test_watches_have_a_line_while_there_are_any(size: tuple[int, int]) -> None:
    async with opened(size=size) as desk:
        before = desk.text()
        await asked(desk, "w", "loss; 10 + iteration; z9; 1 / (iteration - 1)")
        await desk.until(lambda: "there is no z9 here" in desk.words())
        await desk.press("escape")
        await asked(desk, "w", "10 + iteration; loss; 1 / (iteration - 1)")
        await desk.until(lambda: desk.at_main)
        await desk.press("n")
        assert ("10 + iteration = 10 · loss = 0.664" if size[0] >= 80 else "10 + iteration = 10 +2: w") in desk.words()
        await desk.press("n")
        assert "10 + iteration = 11" in desk.words()
        if size[0] > 100:
            assert "1 / (iteration - 1) = ZeroDivisionError: division by zero" in desk.words()
        else:
            assert ("+1: w" if size[0] >= 80 else "+2: w") in desk.words()
            await desk.press("w")
            await desk.until(lambda: "1 / (iteration - 1) = ZeroDivisionError: division by zero" in desk.words())
            await desk.press("escape")
        await asked(desk, "w", "")
        await desk.until(lambda: desk.at_main)
        await desk.press("N", "N")
        assert desk.frame.watches == ()
        if size[0] >= 80:
            assert [line[:30] for line in desk.lines()[1:10]] == [line[:30] for line in before.split("\n")[1:10]]


async def test_a_run_stops_at_the_first_nan_and_says_which_statement_made_it() -> None:
    async with opened(diverging()) as desk:
        await desk.hit("space")
        await stopped(desk)
        assert "made the first NaN, in" in desk.explanation()
        line = desk.frame.executed_line
        assert f"(line {line}, iteration {desk.frame.iteration})" in desk.explanation()
        assert desk.frame.tick > 0
        there = desk.frame.iteration
        await desk.hit("space")
        await desk.until(lambda: desk.frame.iteration > there + 100)
        await desk.press("space")


async def test_p_goes_back_to_who_wrote_the_selected_number() -> None:
    async with opened() as desk:
        await desk.press("n", "n", "n", "s", "p")
        assert "select a number first" in desk.explanation()
        await desk.focus("W2")
        await desk.press("down", "p")
        assert (desk.frame.iteration, desk.frame.tick) == (2, 9)
        line = desk.frame.current_line
        assert desk.explanation().startswith(f"`W2 = W2 - lr * dW2` (line {line}, iteration 2) set W2[1,0] from ")
        await desk.press("p")
        assert (desk.frame.iteration, desk.frame.tick) == (1, 9)
        await desk.press("p", "p")
        assert (
            "nothing in the loop has written W2[1,0] before this: it comes from the setup, line" in desk.explanation()
        )
        assert (desk.frame.iteration, desk.frame.tick) == (0, 9)


async def test_a_change_in_the_past_leaves_a_ghost_to_which_one_can_return() -> None:
    async with opened(size=(120, 36)) as desk:
        await desk.press("G")
        assert "there is no former run" in desk.explanation()
        await desk.press(*"nnnn", "N", "N", "plus", "n", "n", "n")
        assert (desk.frame.iteration, desk.frame.rate) == (5, 2.0)
        assert "░ γ 1, seed 1" in desk.panel("loss curve")
        own = beside()
        own.advance(4)
        await desk.press("G")
        assert (desk.frame.iteration, desk.frame.rate) == (4, 1.0)
        assert "the former run (γ 1, seed 1), where it had got to" in desk.explanation()
        assert desk.frame.matrices["W1"].values == tuple(map(tuple, own.state["W1"].tolist()))
        assert "░ γ 1→2, seed 1" in desk.panel("loss curve")
        await desk.press("G")
        assert (desk.frame.iteration, desk.frame.rate) == (5, 2.0)


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_arrows_on_the_loss_curve_move_through_time(size: tuple[int, int]) -> None:
    async with opened(endless(), size=size) as desk:
        await asked(desk, "u", "400")
        await stopped(desk)
        await desk.focus("loss curve")
        assert "▼" not in desk.panel("loss curve")
        seen = [desk.frame.iteration]
        for key in ("left", "left", "left", "right", "pageup", "home", "right", "pagedown", "end", "right"):
            await desk.press(key)
            seen.append(desk.frame.iteration)
            own = beside(endless())
            own.advance(seen[-1] or 1)
            if seen[-1]:
                assert desk.frame.matrices["W1"].values == tuple(map(tuple, own.state["W1"].tolist()))
            assert ("▼" in desk.panel("loss curve")) == (seen[-1] < 400)
        column = 400 - seen[1]
        assert 400 / size[0] < column < 30
        assert seen == [400, 400 - column, 400 - 2 * column, 400 - 3 * column, 400 - 2 * column,
                        400 - 12 * column, 0, column, 11 * column, 400, 400]  # fmt: skip
        assert desk.frame.known == 400


async def test_the_mark_on_the_curve_is_where_the_present_is() -> None:
    async with opened(endless(), size=(120, 36)) as desk:
        await asked(desk, "u", "100")
        await stopped(desk)
        await desk.focus("loss curve")
        columns = []
        for iteration in (20, 50, 80):
            await desk.press("g")
            desk.app.screen.query_one(Input).value = str(iteration)
            await desk.press("enter")
            await desk.settled()
            assert f"{iteration} of 100" in desk.panel("loss curve")
            first, *rest = desk.inside("loss curve").split("\n")
            columns.append(first.index("▼"))
            assert any(line[columns[-1]] == "│" for line in rest)
        assert columns[1] - columns[0] == pytest.approx(columns[2] - columns[1], abs=1)
        await desk.press("N")
        assert "79 of 100" in desk.panel("loss curve")


def test_a_column_is_an_iteration_at_least_and_time_has_ends() -> None:
    axis = Axis(first=6, columns=25, last=10)
    assert (axis.step, axis.column(0), axis.column(10), axis.column(99)) == (1, 6, 30, 30)
    assert [target(axis, 5, 11, columns) for columns in (-1, 1, -99, 99)] == [4, 6, 0, 11]
    assert target(Axis(0, 50, 1_000_000), 500_000, 10**6, 1) == 520_408


def test_a_run_without_a_screen_says_where_nan_began(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = builtin.source("default").replace("= sigmoid(z", "= 1.0 * (z").replace("lr = 1.0", "lr = 10.0")
    Path("linear.py").write_text(text, encoding="utf-8")
    assert main(["run", "linear.py", "-n", "50"]) == 0
    said = capsys.readouterr()
    assert said.err == (
        "nntui: `dW1 = x.T @ delta1` (line 26, iteration 3) made the first NaN, in dW1[0,0]; "
        "delta1 had overflowed to infinity before\n"
    )
    assert "W1 3×4" in said.out
    Path("data.py").write_text(builtin.source("default").replace("[1, 0, 1]", "[np.nan, 0, 1]"), encoding="utf-8")
    assert main(["run", "data.py", "-n", "5", "--json"]) == 0
    assert capsys.readouterr().err == "nntui: x holds NaN from the start, and the loop passes it on\n"
    assert main(["run", "default", "-n", "5"]) == 0
    assert capsys.readouterr().err == ""
