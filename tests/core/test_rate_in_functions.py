"""A learning rate that is a number in a function, or in its call: adjusted from here on, as one in the loop is."""

from pathlib import Path

import numpy as np
import pytest
from tests.core.program_oracle import fingerprint

from nntui_core import script
from nntui_core.interpreter import Position
from nntui_core.program import Program
from nntui_core.recoding import same_setup
from nntui_core.session import Session

HEAD = """import numpy as np
rng = np.random.default_rng(3)
X = rng.normal(size=(12, 3))
y = (X[:, :1] * X[:, 1:2] > 0).astype(float)
"""
CLASS = (
    HEAD
    + """
class Net:
    def __init__(self):
        self.W = rng.normal(size=(3, 1))
        self.b = np.zeros(1)
    def forward(self, X):
        self.a = 1 / (1 + np.exp(-(X @ self.W + self.b)))
    def update(self, X, y, {parameter}):
        d = (self.a - y) / len(y)
        self.W -= {rate} * X.T @ d
        self.b -= {rate} * d.sum(axis=0)
net = Net()
for epoch in range(40):
    net.forward(X)
    net.update(X, y{argument})
"""
)
STYLES = {
    "in the update": CLASS.format(parameter="k=1", rate="0.5", argument=""),
    "in the call": CLASS.format(parameter="lr", rate="lr", argument=", 0.5"),
    "by name": CLASS.format(parameter="lr", rate="lr", argument=", lr=0.5"),
    "as a default": CLASS.format(parameter="lr=0.5", rate="lr", argument=""),
    "in a function with the loop": HEAD
    + """
def train(X, y):
    W = np.full((3, 1), 0.25)
    for epoch in range(40):
        a = 1 / (1 + np.exp(-(X @ W)))
        d = (a - y) / len(y)
        W -= 0.5 * X.T @ d
    return W
W = train(X, y)
""",
}


def opened(tmp_path: Path, source: str) -> Session:
    path = tmp_path / "mine.py"
    path.write_text(source)
    return Session(script.load(str(path)))


def weights(session: Session) -> list[object]:
    return [session.state[name] for name in session.program.roles.parameters]


@pytest.mark.parametrize("style", STYLES)
def test_the_rate_changes_from_here_on(tmp_path: Path, style: str) -> None:
    session = opened(tmp_path, STYLES[style])
    assert session.rate == 0.5
    session.advance(3)
    before = [np.array(w) for w in weights(session)]
    session.set_rate(0.25)
    assert session.position == Position(3, 0)
    assert session.rate == 0.25
    session.advance(1)
    slow = [np.asarray(w) - b for w, b in zip(weights(session), before, strict=True)]
    session.goto(Position(3, 0))
    session.set_rate(0.5)
    session.advance(1)
    fast = [np.asarray(w) - b for w, b in zip(weights(session), before, strict=True)]
    for a, b in zip(slow, fast, strict=True):
        np.testing.assert_allclose(2 * a, b, rtol=1e-9)


@pytest.mark.parametrize("style", STYLES)
def test_back_before_the_change_the_old_rate_is_in_force(tmp_path: Path, style: str) -> None:
    session, other = opened(tmp_path, STYLES[style]), opened(tmp_path, STYLES[style])
    session.advance(3)
    session.set_rate(4.0)
    session.run(20)
    end = fingerprint(session.interpreter.namespace)
    session.goto(Position(2, 0))
    other.goto(Position(2, 0))
    assert fingerprint(session.interpreter.namespace) == fingerprint(other.interpreter.namespace)
    session.goto(Position(23, 0))
    assert fingerprint(session.interpreter.namespace) == end
    assert session.rate == 4.0


def test_a_line_of_a_function_changes_from_here_on(tmp_path: Path) -> None:
    session = opened(tmp_path, STYLES["in the update"])
    session.advance(3)
    line = next(i for i, text in enumerate(session.program.lines, 1) if "self.b -=" in text)
    session.edit_line(line, "self.b -= 0.0 * d.sum(axis=0)")
    assert session.position == Position(3, 0)
    before = np.array(session.state["net.b"])
    session.advance(2)
    assert np.array_equal(session.state["net.b"], before)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("0.5 * X.T", "0.25 * X.T", True),
        ("np.zeros(1)", "np.ones(1)", False),  # __init__ has run
        ("rng.normal(size=(3, 1))", "2 * rng.normal(size=(3, 1))", False),
        ("self, X, y, k=1", "self, X, y, k=2", True),
        ("self, X, y, k=1", "self, X, y, k=rng.random()", False),
        ("    net.forward(X)", "    pass", True),
        ("np.exp(-(", "np.exp(-2 * (", True),
        ("default_rng(3)", "default_rng(4)", False),
        ("        self.W -= 0.5", "        pass\n        self.W -= 0.5", False),
    ],
)
def test_what_has_run_already_is_not_changed(old: str, new: str, same: bool) -> None:
    source = STYLES["in the update"]
    assert old in source
    assert same_setup(Program.parse(source, "a"), Program.parse(source.replace(old, new), "a")) is same


def test_a_function_that_the_setup_has_called_too_is_a_part_of_it() -> None:
    source = STYLES["in the update"].replace("net = Net()\n", "net = Net()\nnet.forward(X)\n")
    assert not same_setup(Program.parse(source, "a"), Program.parse(source.replace("np.exp(-(", "np.exp(-2 * ("), "a"))


def test_two_calls_with_two_rates_are_no_rate(tmp_path: Path) -> None:
    session = opened(tmp_path, STYLES["in the call"] + "    net.update(X, y, 0.5)\n")
    assert session.rate is None
