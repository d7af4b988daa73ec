"""What an edit of one line must not change besides, and edits that only a new start can follow."""

from pathlib import Path

import numpy as np
import pytest

from nntui_core import script
from nntui_core.interpreter import Position
from nntui_core.session import Session

HEAD = """import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(8, 2))
y = (X[:, :1] > 0) * 1.0
W = np.ones((2, 1))
"""
LAMBDAS = (
    HEAD
    + """
sig, dsig = lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)
for i in range(50):
    a = sig(X @ W)
    loss = np.mean((a - y) ** 2)
    W = W - 0.5 * X.T @ ((a - y) * dsig(a))
"""
)
DEFAULT = (
    HEAD
    + """
class Update:
    @staticmethod
    def down(W, g, rate=0.5):
        return W - rate * g

for i in range(50):
    a = 1 / (1 + np.exp(-(X @ W)))
    W = Update.down(W, X.T @ (a - y))
"""
)
GENERATOR = (
    HEAD
    + """
def batches():
    for k in range(50):
        yield X * 1.0

for xb in batches():
    a = 1 / (1 + np.exp(-(xb @ W)))
    W = W - 0.5 * xb.T @ (a - y)
"""
)
INSTANCE = DEFAULT.replace("for i in", "Update = Update()\nfor i in")


def opened(folder: Path, source: str) -> Session:
    path = folder / "mine.py"
    path.write_text(source)
    session = Session(script.load(str(path)))
    session.advance(3)
    return session


def edited(session: Session, old: str, new: str) -> None:
    number, text = next((i, text) for i, text in enumerate(session.program.lines, 1) if old in text)
    session.edit_line(number, text.replace(old, new))


def test_two_lambdas_on_a_line_stay_apart(tmp_path: Path) -> None:
    session = opened(tmp_path, LAMBDAS)
    plain = opened(tmp_path, LAMBDAS)
    edited(session, "np.mean((a - y) ** 2)", "2 * np.mean((a - y) ** 2)")
    session.advance(5)
    plain.advance(5)
    assert np.array_equal(session.state["W"], plain.state["W"])


def test_the_default_of_a_decorated_function_is_edited(tmp_path: Path) -> None:
    session = opened(tmp_path, DEFAULT)
    edited(session, "rate=0.5", "rate=0.0")
    before = session.state["W"]
    session.advance(1)
    assert np.array_equal(session.state["W"], before)


@pytest.mark.parametrize(
    ("source", "old", "new"),
    [
        (GENERATOR, "X * 1.0", "X * 0.0"),
        (INSTANCE, "W - rate", "W + rate"),
        (DEFAULT, "rate=0.5", "rate"),
    ],
    ids=["generator", "instance", "no default"],
)
def test_what_cannot_be_changed_on_the_way_starts_again(tmp_path: Path, source: str, old: str, new: str) -> None:
    session = opened(tmp_path, source)
    edited(session, old, new)
    assert session.position == Position(0, 0)
