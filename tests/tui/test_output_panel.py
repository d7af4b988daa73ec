"""What a script prints can be read: its end, what came before it, and that there is something where nobody sees it."""

from pathlib import Path

import pytest
from tests.tui.reading import Desk, opened, script

from nntui.layout import CODE, OUTPUT
from nntui_core.output import MOST_LINES

PRINTS = """import numpy as np
x = np.array([[0, 1.0], [1, 1]])
y = np.array([[0], [1.0]])
w = np.array([[0.3], [0.2]])
print("a line that is too long for the panel " + "and goes on " * 20 + "to its end")
for i in range(5000):
    p = x @ w
    loss = np.mean((p - y) ** 2)
    w = w - 0.1 * x.T @ (p - y)
    print("step", i)
"""


@pytest.fixture
def prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "prints.py"


def shown(desk: Desk) -> list[str]:
    return [line.strip() for line in desk.inside(OUTPUT).split("\n") if line.strip()]


async def test_where_nobody_sees_it_the_code_says_that_something_was_printed(prints: Path) -> None:
    async with opened(script(prints, PRINTS.replace('print("a', '("a'))) as desk:
        assert "printed" not in desk.panel(CODE)
        await desk.press("O")
        assert "has printed nothing yet" in desk.explanation()
        await desk.press("n", "n")
        assert "2 lines printed: O" in desk.panel(CODE)
        await desk.press("O")
        assert shown(desk) == ["step 0", "step 1"]
        assert "printed" not in desk.panel(CODE)
        await desk.press("O")
        assert desk.main.panels.focused_name == CODE
        assert "2 lines printed: O" in desk.panel(CODE)
    async with opened(script(prints, PRINTS), size=(120, 36)) as desk:
        assert "printed" not in desk.panel(CODE)  # the panel itself is in sight


async def test_scrolling_back_and_to_the_end_again(prints: Path) -> None:
    async with opened(script(prints, PRINTS)) as desk:
        await desk.press(*"nnnnnnnn", "O")
        rows = desk.main.panels.output.rows()
        assert shown(desk) == [f"step {i}" for i in range(8 - rows, 8)]
        await desk.press("k", "k")
        assert shown(desk) == [f"step {i}" for i in range(6 - rows, 6)]
        assert f"{8 - rows}–{7} of 9" in desk.panel(OUTPUT)
        await desk.press("n")  # what is printed meanwhile moves nothing
        assert shown(desk) == [f"step {i}" for i in range(6 - rows, 6)]
        await desk.press("home")
        assert shown(desk)[0].startswith("a line that is too long")
        assert shown(desk)[0].endswith("…")
        await desk.press("pagedown")
        assert shown(desk)[0] == f"step {rows - 1}"
        await desk.press("end", "n")
        assert shown(desk) == [f"step {i}" for i in range(10 - rows, 10)]


async def test_what_is_forgotten_is_not_scrolled_to(prints: Path) -> None:
    async with opened(script(prints, PRINTS)) as desk:
        await desk.press("space")
        await desk.until(lambda: desk.frame.status == "ended")
        await desk.settled()
        await desk.press("O", "home")
        assert shown(desk)[0] == f"step {5000 - MOST_LINES}"
        await desk.press("j")
        assert shown(desk)[0] == f"step {5001 - MOST_LINES}"
