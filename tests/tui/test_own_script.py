"""A script of somebody's own on the screen: what it does wrong is said in words, and what is wrong can be set right."""

from pathlib import Path

import pytest
from tests.tui.reading import opened, script
from textual.widgets import Input

from nntui import screen

SCRIPTS = Path(__file__).parents[1] / "scripts"
TEXT = """import numpy as np
x = np.array([[0, 1.0], [1, 1], [2, 1]])
y = np.array([[0], [1.0], [1.0]])
w = np.array([[0.3], [0.2]])
lr = 0.1
for i in range(50):
    p = x @ w
    w = w - lr * x.T @ (p - y)
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "mine.py"


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [
        ("target", "yy", "target: there is no variable yy: did you mean y?"),
        ("prediction", "output", "prediction: there is no variable output; there are"),
        ("parameters", "w, b", "parameters: there is no variable b; there are"),
        ("rate", "eta", "rate: there is no variable eta; there are i, lr, p, w, x, y"),
        ("cost", "np.sum((q - y) ** 2)", "cost: there is no variable q; there are"),
        ("cost", "np.sum((p -", "cost: np.sum((p - is no expression"),
    ],
)
async def test_a_role_for_no_variable_is_refused(file: Path, field: str, text: str, says: str) -> None:
    async with opened(script(file, TEXT)) as desk:
        before = desk.frame.roles
        await desk.press("v")
        desk.app.screen.query_one(f"#{field}", Input).value = text
        desk.app.screen.query_one(f"#{field}", Input).focus()
        await desk.press("enter")
        assert desk.at_main
        assert says in desk.explanation()
        assert desk.frame.roles == before
        await desk.press("n")
        assert desk.frame.iteration == 1


async def test_a_role_for_a_variable_is_taken(file: Path) -> None:
    async with opened(script(file, TEXT)) as desk:
        await desk.press("v")
        desk.app.screen.query_one("#cost", Input).value = "np.mean((p - y) ** 2)"
        desk.app.screen.query_one("#cost", Input).focus()
        await desk.press("enter")
        assert desk.frame.roles["cost"] == "np.mean((p - y) ** 2)"


async def test_what_takes_long_is_told_with_its_line(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "PATIENCE", 0.1)
    endless = "while True:\n    pass\n"
    async with opened(script(file, TEXT.replace("lr = 0.1\n", endless)), wait=False) as desk:
        await desk.until(lambda: "still at work" in desk.words())
        assert "(setup, line 5 of mine.py)" in desk.words() or "(setup, line 6 of mine.py)" in desk.words()
        assert "i interrupts it" in desk.words()
        await desk.hit("i")
        await desk.until(lambda: desk.main.trouble)
    spins = "def spin(a):\n    while True:\n        pass\n\n\n"
    async with opened(script(file, spins + TEXT.replace("p = x @ w", "p = spin(x @ w)")), wait=False) as desk:
        await desk.until(lambda: "line 2 of mine.py)" in desk.words() or "line 3 of mine.py)" in desk.words())
        await desk.hit("i")
        await desk.until(lambda: desk.queue.idle)


async def test_a_weight_that_a_constructor_made_was_not_set_by_hand(file: Path) -> None:
    async with opened(script(file, (SCRIPTS / "network_class.py").read_text())) as desk:
        await desk.focus("net.w1")
        await desk.press("enter")
        assert "This is where it begins: the setup made this number." in desk.text()
