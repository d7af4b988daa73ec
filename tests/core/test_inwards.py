"""What check suggests for a line in a function is an edit of that line, in the function's own names."""

from pathlib import Path

import pytest

from nntui_core import script
from nntui_core.findings import ERROR, Finding
from nntui_core.inwards import in_its_function
from nntui_core.session import Session

METHODS = """import numpy as np
rng = np.random.default_rng(1)
X = rng.normal(size=(10, 3))
y = (X[:, :1] > 0).astype(float)
class Net:
    def __init__(self):
        self.W1 = rng.normal(size=(3, 4))
        self.W2 = rng.normal(size=(4, 1))
    def forward(self, X):
        self.z1 = X @ self.W1
        self.a1 = 1 / (1 + np.exp(-self.z1))
        self.z2 = self.a1 @ self.W2
        self.a2 = 1 / (1 + np.exp(-self.z2))
    def loss(self, y):
        return -np.mean(y * np.log(self.a2) + (1 - y) * np.log(1 - self.a2))
    def backward(self, X, y, lr):
        m = len(y)
        d2 = (self.a2 - y) / m
        d1 = d2 @ self.W2.T * self.a1 * (1 - self.a1)
        self.W2 -= lr * self.a1.T @ d2  # the output layer
        self.W1 -= lr * X.T @ d1
net = Net()
lr = 0.5
for epoch in range(100):
    net.forward(X)
    error = net.loss(y)
    net.backward(X, y, lr)
"""
MISTAKES = {
    "sign": (
        "self.W2 -= lr * self.a1.T @ d2  #",
        "self.W2 += lr * self.a1.T @ d2  #",
        "        self.W2 -= lr * self.a1.T @ d2  # the output layer",
    ),
    "error-distorted": ("d2 = (self.a2 - y) / m", "d2 = np.abs(self.a2 - y) / m", "        d2 = (self.a2 - y) / m"),
    "scale": (
        "self.W2 -= lr * self.a1.T @ d2",
        "self.W2 -= lr * 3 * self.a1.T @ d2",
        "        self.W2 -= lr * self.a1.T @ d2  # the output layer",
    ),
}


def opened(tmp_path: Path, source: str) -> Session:
    path = tmp_path / "mine.py"
    path.write_text(source)
    return Session(script.load(str(path)))


@pytest.mark.parametrize("code", MISTAKES)
def test_the_edit_is_of_the_line_in_the_method_and_cures_it(tmp_path: Path, code: str) -> None:
    right, wrong, line = MISTAKES[code]
    assert right in METHODS
    session = opened(tmp_path, METHODS.replace(right, wrong))
    found = [finding for finding in session.check().findings if finding.severity == "error"]
    assert [finding.code for finding in found] == [code]
    assert found[0].replacement is not None
    assert found[0].replacement[1] == line
    session.edit_line(*found[0].replacement)
    assert session.position == (0, 0)
    assert not session.check().failed


@pytest.mark.parametrize(
    ("flat", "told"),
    [
        ("net.W2 -= lr * net.a1.T @ d2 / 10", "self.W2 -= lr * self.a1.T @ d2 / 10"),
        ("net.W2 -= lr * error", None),  # a variable of the loop, which the method does not know
        ("the advice is in words", None),
    ],
)
def test_only_what_has_names_in_the_function_is_an_edit(tmp_path: Path, flat: str, told: str | None) -> None:
    straight = opened(tmp_path, METHODS).program.straight
    assert straight is not None
    line = METHODS.splitlines().index(MISTAKES["sign"][2]) + 1
    finding = Finding("scale", ERROR, line, "net.W2", "it is wrong", flat)
    found = in_its_function(finding, straight)
    if told is None:
        assert found == finding
    else:
        assert found.replacement == (line, f"        {told}  # the output layer")


def test_a_number_is_called_what_the_function_calls_it(tmp_path: Path) -> None:
    straight = opened(tmp_path, METHODS).program.straight
    assert straight is not None
    line = METHODS.splitlines().index("        d2 = (self.a2 - y) / m") + 1
    found = in_its_function(Finding("sign", ERROR, line, "d2", "it is wrong", "d2 = (y - net.a2) / 10"), straight)
    assert found.suggestion == "d2 = (y - self.a2) / m"
