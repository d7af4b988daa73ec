"""Loops over single samples that read `y[i]`: the cost is that of the sample, and a sum in the loop is a cost."""

from pathlib import Path

import numpy as np
import pytest

from nntui_core import script
from nntui_core.findings import Report
from nntui_core.session import Session

SOURCE = """import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

rng = np.random.default_rng(1)
x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=float)
y = np.array([0, 1, 1, 0], dtype=float)
W1 = rng.random((3, 5))
W2 = rng.random(5)
lr = 0.5
for epoch in range(100):
    total = 0
    for i in range(4):
        a1 = sigmoid(x[i] @ W1)
        a2 = sigmoid(a1 @ W2)
        total += 0.5 * (a2 - y[i]) ** 2
        d2 = (a2 - y[i]) * a2 * (1 - a2)
        d1 = d2 * W2 * a1 * (1 - a1)
        W2 -= lr * d2 * a1
        W1 -= lr * np.outer(x[i], d1)
"""
STATED = "        total += 0.5 * (a2 - y[i]) ** 2\n"


def opened(tmp_path: Path, source: str) -> Session:
    path = tmp_path / "mine.py"
    path.write_text(source)
    return Session(script.load(str(path)))


def checked(tmp_path: Path, source: str) -> Report:
    return opened(tmp_path, source).check()


def slopes(x: np.ndarray, y: float, W1: np.ndarray, W2: np.ndarray) -> np.ndarray:
    """The derivative of the sample's ½(a2 − y)² for each hidden pre-activation, by differences of the formula."""

    def cost(z: np.ndarray) -> float:
        a1 = 1 / (1 + np.exp(-z))
        return float(0.5 * (1 / (1 + np.exp(-(a1 @ W2))) - y) ** 2)

    z, h = x @ W1, 1e-6
    return np.array([(cost(z + h * e) - cost(z - h * e)) / (2 * h) for e in np.eye(len(z))])


@pytest.mark.parametrize("source", [SOURCE, SOURCE.replace(STATED, "").replace("    total = 0\n", "")])
def test_a_right_loop_is_right_and_its_delta_is_the_derivative(tmp_path: Path, source: str) -> None:
    session = opened(tmp_path, source)
    report = session.check()
    assert not report.failed
    assert report.cost.value == pytest.approx(0.255386, abs=1e-6)
    assert report.cost.inferred == (STATED not in source)
    (d1,) = [variable for variable in report.variables if variable.name == "d1"]
    assert d1.factor == pytest.approx(1.0, abs=1e-6)
    start = session.state
    expected = slopes(start["x"][0], float(start["y"][0]), start["W1"], start["W2"])
    while session.state.get("d1") is None:
        session.step()
    np.testing.assert_allclose(session.state["d1"], expected, rtol=1e-6)


def test_what_is_summed_up_is_the_loss(tmp_path: Path) -> None:
    session = opened(tmp_path, SOURCE)
    assert session.program.roles.loss == "total"
    session.next_iteration()
    namespace: dict[str, float] = {}
    exec(SOURCE.replace("range(100)", "range(1)"), namespace)
    assert session.loss == float(namespace["total"])


@pytest.mark.parametrize(
    ("right", "wrong", "code"),  # with one sample and one output, what is missing is but a factor
    [
        ("d2 = (a2 - y[i]) * a2 * (1 - a2)", "d2 = a2 - y[i]", "scale"),
        ("d1 = d2 * W2 * a1 * (1 - a1)", "d1 = d2 * W2", "missing-hidden-derivative"),
        ("W1 -= lr * np.outer", "W1 += lr * np.outer", "sign"),
    ],
)
def test_mistakes_are_named_here_too(tmp_path: Path, right: str, wrong: str, code: str) -> None:
    report = checked(tmp_path, SOURCE.replace(right, wrong))
    assert report.failed
    assert code in [finding.code for finding in report.findings]


def test_it_is_said_that_later_turns_were_not_looked_at(tmp_path: Path) -> None:
    """The second turn is wrong, and nobody has looked at it."""
    report = checked(tmp_path, SOURCE.replace("W1 -= lr *", "W1 -= (lr if i == 0 else -lr) *"))
    assert "the first turn of the inner loop" in report.sampled


SUMMED_UP = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(5, 3))
Y = np.eye(2)[rng.integers(0, 2, 5)]
W = rng.normal(size=(3, 2))
b = np.zeros(2)
lr = 0.1
for it in range(20):
    dW = np.zeros_like(W)
    db = np.zeros_like(b)
    for x, y in zip(X, Y):
        a = 1 / (1 + np.exp(-(x @ W + b)))
        d = (a - y) * a * (1 - a)
        dW += np.outer(x, d)
        db += d
    W -= lr * dW
    b -= lr * db
"""


@pytest.mark.parametrize("taken", ["for x, y in zip(X, Y):", "for k in range(len(X)):\n        x = X[k]; y = Y[k]"])
@pytest.mark.parametrize("iteration", [0, 7])
def test_samples_of_one_name_that_are_summed_up_are_judged_by_the_first(
    tmp_path: Path, taken: str, iteration: int
) -> None:
    text = SUMMED_UP.replace("for x, y in zip(X, Y):", taken)
    own = opened(tmp_path, text)
    for _ in range(iteration):
        own.next_iteration()
    report = own.check()
    assert not report.failed
    assert "the first of 5 samples" in report.sampled
    wrong = checked(tmp_path, text.replace("d = (a - y)", "d = (y - a)"))
    assert [finding.code for finding in wrong.findings if finding.severity == "error"] == ["sign"]
