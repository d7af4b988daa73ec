"""Matrices that are larger than the screen: a window or colours are in sight; what is not in sight costs nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from tests.tui.reading import Desk, beside, opened

from nntui import numerals
from nntui.widgets.matrix import Look
from nntui_core.program import Program

TEXT = """
import numpy as np
rng = np.random.default_rng(1)
x = rng.random((32, {inputs}))
y = np.eye({outputs})[rng.integers(0, {outputs}, 32)]
W1 = rng.normal(0, 0.05, ({inputs}, {hidden}))
W2 = rng.normal(0, 0.05, ({hidden}, {outputs}))
lr = 0.1
for i in range(1000000):
    a1 = np.tanh(x @ W1)
    a2 = a1 @ W2
    loss = 0.5 * np.sum((a2 - y) ** 2)
    delta2 = a2 - y
    dW2 = a1.T @ delta2
    delta1 = (delta2 @ W2.T) * (1 - a1 * a1)
    dW1 = x.T @ delta1
    W2 = W2 - lr * dW2
    W1 = W1 - lr * dW1
"""


def network(inputs: int, hidden: int, outputs: int) -> Program:
    return Program.parse(TEXT.format(inputs=inputs, hidden=hidden, outputs=outputs), f"{inputs}-{hidden}-{outputs}")


@contextmanager
def formatted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Collect the numbers that are written for the screen."""
    found: list[float] = []
    inner = numerals.fixed

    def fixed(value: float, plus: bool = False) -> str:
        found.append(value)
        return inner(value, plus)

    with monkeypatch.context() as patch:
        patch.setattr(numerals, "fixed", fixed)
        yield found


async def numbers_of_a_step(monkeypatch: pytest.MonkeyPatch, program: Program) -> tuple[int, int]:
    """Return how many numbers are written for one step, and how many are in the frame's matrices."""
    async with opened(program) as desk:
        await desk.press("n")
        await desk.focus("W1")
        with formatted(monkeypatch) as found:
            await desk.press("s")
        views = desk.frame.matrices.values()
        samples = desk.frame.predictions
        rows = (*samples.inputs, *samples.targets, *samples.predictions)
        return len(found), sum(len(row) for view in views for row in view.values or ()) + sum(map(len, rows))


async def test_a_step_costs_what_is_in_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    small = await numbers_of_a_step(monkeypatch, network(64, 60, 30))
    large = await numbers_of_a_step(monkeypatch, network(784, 512, 30))
    assert large == small
    assert 0 < small[0] < 200


async def test_784_512_10_opens_steps_and_scrolls() -> None:
    async with opened(network(784, 512, 10)) as desk:
        own = beside(network(784, 512, 10))
        await desk.press("n")
        own.next_iteration()
        await desk.focus("W1")
        await desk.press("end", "pagedown", "up")
        panel = desk.main.panels.matrices["W1"]
        assert (panel.row, panel.column) == (panel.fits()[0] - 1, 511)
        assert f"{own.state['W1'][panel.row, 511]:.3f}" in desk.inside("W1")
        assert f"W1[{panel.row},511]" in desk.explanation()


def look(desk: Desk) -> Look:
    return desk.main.panels.matrices["W1"].look


async def test_m_shows_blocks_then_the_whole_then_numbers_again() -> None:
    async with opened(network(100, 90, 2)) as desk:
        await desk.press("n")
        await desk.focus("W1")
        panel = desk.main.panels.matrices["W1"]
        numbers = desk.inside("W1")
        await desk.press("m")
        assert look(desk) is Look.BLOCKS
        assert not set(desk.inside("W1")) & set("0123456789")
        await desk.press("m")
        assert look(desk) is Look.WHOLE
        down, right = panel.group
        assert f"mean of {down}×{right}" in desk.panel("W1")
        view = desk.frame.matrices["W1"]
        assert view.values is not None
        assert np.isclose(view.values[-1][-1], rest_of(desk, "W1", down, right))
        await desk.press("m")
        assert desk.inside("W1") == numbers


def rest_of(desk: Desk, name: str, down: int, right: int) -> float:
    """Return the mean of the last group of a matrix after one iteration."""
    own = beside(network(100, 90, 2))
    own.next_iteration()
    whole = own.state[name]
    rows, columns = whole.shape
    return float(whole[(rows - 1) // down * down :, (columns - 1) // right * right :].mean())


async def test_where_blocks_show_all_of_it_there_is_no_coarser_look() -> None:
    async with opened() as desk:
        await desk.focus("W1")
        await desk.press("m")
        assert look(desk) is Look.BLOCKS
        await desk.press("m")
        assert look(desk) is Look.NUMBERS


async def test_the_cursor_moves_by_groups_and_names_its_cell() -> None:
    async with opened(network(100, 90, 2)) as desk:
        await desk.press("n")
        await desk.focus("W1")
        await desk.press("m", "m", "down", "right")
        panel = desk.main.panels.matrices["W1"]
        assert (panel.row, panel.column) == panel.group
        assert f"W1[{panel.row},{panel.column}]" in desk.explanation()
        assert "×" in desk.inside("W1").split("\n")[0][1]


async def test_the_title_of_a_large_matrix_has_its_statistics() -> None:
    async with opened(network(100, 90, 2), size=(120, 36)) as desk:
        await desk.press("n")
        own = beside(network(100, 90, 2))
        own.next_iteration()
        whole = own.state["W1"]
        title = desk.panel("W1").split("\n")[0]
        wanted = [("min", whole.min()), ("mean", whole.mean()), ("max", whole.max()), ("norm", np.linalg.norm(whole))]
        for word, value in wanted:
            assert f"{word} {numerals.brief(float(value))}" in title


async def test_m_says_where_it_works() -> None:
    async with opened() as desk:
        await desk.press("m")
        assert "tab goes to one" in desk.explanation()


async def test_without_colours_a_block_is_a_character(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(network(100, 90, 2)) as desk:
        await desk.press("n")
        await desk.focus("W1")
        await desk.press("m")
        inside = desk.inside("W1").replace("\n", "")
        assert set(inside) <= set(" .+*#@'-~=%×")
        assert len(set(inside)) > 4
        assert desk.main.panels.matrices["W1"].fits()[0] == len(desk.inside("W1").split("\n"))


async def test_pages_move_in_the_code_and_in_the_predictions() -> None:
    async with opened(network(20, 8, 2)) as desk:
        await desk.press("n")
        await desk.focus("predictions")
        await desk.press("pagedown")
        assert desk.main.panels.predictions.first == desk.main.panels.predictions.size.height - 2
        await desk.press("end")
        assert "31 of 32" in desk.panel("predictions")
        await desk.focus("code")
        await desk.press("home")
        assert desk.main.panels.code.cursor == 1
        await desk.press("end")
        assert desk.main.panels.code.cursor == len(desk.frame.code)
