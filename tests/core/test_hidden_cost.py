"""The loss curve of programs that compute their loss in a function and keep it in no variable."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nntui_core import script
from nntui_core.session import Session

HEAD = """import numpy as np
rng = np.random.default_rng(3)
X = rng.normal(size=(12, 3))
y = (X[:, :1] * X[:, 1:2] > 0).astype(float)
"""

METHOD = (
    HEAD
    + """
class Net:
    def __init__(self):
        self.W1 = rng.normal(size=(3, 5))
        self.W2 = rng.normal(size=(5, 1))
    def forward(self, X):
        self.a1 = np.tanh(X @ self.W1)
        self.a2 = 1 / (1 + np.exp(-(self.a1 @ self.W2)))
        return self.a2
    def loss(self, y):
        return seen(np.mean((self.a2 - y) ** 2))
    def backward(self, X, y, lr):
        d2 = 2 * (self.a2 - y) / len(y) * self.a2 * (1 - self.a2)
        d1 = d2 @ self.W2.T * (1 - self.a1 ** 2)
        self.W2 -= lr * self.a1.T @ d2
        self.W1 -= lr * X.T @ d1
    def fit(self, X, y, epochs=20, lr=0.5):
        for epoch in range(epochs):
            self.forward(X)
            {call}
            self.backward(X, y, lr)

net = Net()
net.fit(X, y)
"""
)

LOCAL = (
    HEAD
    + """
W1, W2 = rng.normal(size=(3, 5)), rng.normal(size=(5, 1))
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def train_step(X, y, lr):
    global W1, W2
    a1 = np.tanh(X @ W1)
    a2 = sigmoid(a1 @ W2)
    {loss}
    d2 = (a2 - y) / len(y)
    d1 = d2 @ W2.T * (1 - a1 ** 2)
    W2 = W2 - lr * a1.T @ d2
    W1 = W1 - lr * X.T @ d1
for epoch in range(20):
    train_step({batch}, 0.5)
"""
)
LOSS = "loss = seen(-np.mean(y * np.log(a2) + (1 - y) * np.log(1 - a2)))"


def told(tmp_path: Path, source: str) -> Session:
    """Return a session that has run the loop's twenty iterations."""
    path = tmp_path / "mine.py"
    path.write_text(source.replace("seen(", "("))
    session = Session(script.load(str(path)))
    session.infer_cost()
    session.run(20)
    return session


def losses(source: str) -> list[float]:
    """Run a program under Python; return what it hands to `seen`."""
    found: list[float] = []

    def seen(loss: Any) -> Any:
        found.append(float(loss))
        return loss

    exec(compile(source, "mine.py", "exec"), {"seen": seen, "__name__": "__main__"})
    return found


def curve(session: Session) -> list[float]:
    return list(session.curve.points(10**6).losses)


@pytest.mark.parametrize(
    "call", ["self.loss(y)", "print(epoch, self.loss(y))", "history = []; history.append(self.loss(y))"]
)
def test_a_loss_that_a_method_computes_has_a_curve(tmp_path: Path, call: str) -> None:
    source = METHOD.replace("{call}", call)
    session = told(tmp_path, source)
    assert session.program.roles.cost == "np.mean((net.a2 - y) ** 2)"
    assert curve(session) == losses(source)


def test_a_loss_that_is_printed_now_and_then_has_a_curve_of_every_iteration(tmp_path: Path) -> None:
    source = METHOD.replace("{call}", "if epoch % 7 == 0: print(epoch, self.loss(y))")
    found = curve(told(tmp_path, source))
    assert len(found) == 20
    assert found[::7] == losses(source)


def test_a_loss_in_a_local_variable_is_told_of_the_weights_after_the_iteration(tmp_path: Path) -> None:
    source = LOCAL.format(loss=LOSS, batch="X, y")
    session = told(tmp_path, source)
    assert "with the weights after each iteration" in session.program.told_cost
    assert "train_step" in session.program.told_cost
    np.testing.assert_allclose(curve(session)[:-1], losses(source)[1:], rtol=1e-12)


def test_a_cost_that_is_stated_nowhere_is_inferred_although_the_prediction_is_a_local_variable(tmp_path: Path) -> None:
    session = told(tmp_path, LOCAL.format(loss="pass", batch="X, y"))
    np.testing.assert_allclose(curve(session)[:-1], losses(LOCAL.format(loss=LOSS, batch="X, y"))[1:], rtol=1e-12)
    assert session.program.told_cost == "not stated; inferred from the backward pass"


@pytest.mark.parametrize(
    ("batch", "loss"),
    [
        ("*(lambda i: (X[i], y[i]))(rng.permutation(12)[:6])", LOSS),
        ("*((X[:8], y[:8]), (X[8:], y[8:]))[epoch % 2]", "loss = np.sum((a2 - y) ** 2) / len(y)"),
    ],
)
def test_a_loss_of_samples_that_change_is_not_told(tmp_path: Path, batch: str, loss: str) -> None:
    """The first iteration's samples are not those of the next: a curve of them would be another one."""
    session = told(tmp_path, LOCAL.format(loss=loss, batch=batch))
    assert session.program.roles.cost is None
    assert curve(session) == []


def test_an_edited_loss_is_told_anew(tmp_path: Path) -> None:
    session = told(tmp_path, METHOD.replace("{call}", "self.loss(y)"))
    line = next(i for i, text in enumerate(session.program.lines, 1) if "np.mean" in text)
    session.edit_line(line, "return 0.5 * np.sum((self.a2 - y) ** 2)")
    assert session.program.roles.cost == "0.5 * np.sum((net.a2 - y) ** 2)"


def test_an_edited_line_of_the_loop_leaves_the_curve(tmp_path: Path) -> None:
    session = told(tmp_path, LOCAL.format(loss=LOSS, batch="X, y").replace("range(20)", "range(30)"))
    session.edit_line(len(session.program.lines), "train_step(X, y, 0.1)")
    session.run(3)
    assert len(curve(session)) == 23
    assert "train_step" in session.program.told_cost
