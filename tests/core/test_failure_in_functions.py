"""A failure inside of a function of the program: the line that calls it, and the line that failed, are named."""

from pathlib import Path

import pytest

from nntui_core import script
from nntui_core.failure import Failure, ProgramFailed
from nntui_core.session import Refused, Session

SOURCE = """import numpy as np
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]])
y = np.array([[0], [1], [1], [0.0]])
class Net:
    def __init__(self):
        self.W1 = np.full((2, 3), 0.5)
        self.W2 = np.full((3, {outputs}), 0.5)
    def forward(self, X):
        self.a1 = np.tanh(X @ self.W1)
        self.a2 = self.a1 @ self.W2
    def step(self, y):
        d2 = self.a2 - y
        dW2 = {gradient}
        dW1 = X.T @ (d2 @ self.W2.T * (1 - self.a1 ** 2))
        self.W1 -= 0.1 * dW1
        self.W2 -= 0.1 * dW2
net = Net()
for i in range(100):
    net.forward(X)
    net.step(y)
"""


def opened(tmp_path: Path, gradient: str, outputs: str = "1") -> Session:
    path = tmp_path / "mine.py"
    path.write_text(SOURCE.format(gradient=gradient, outputs=outputs))
    return Session(script.load(str(path)))


def failed(session: Session) -> Failure:
    session.run(3)
    assert session.failure is not None
    return session.failure


def test_the_line_in_the_function_and_its_operands_are_named(tmp_path: Path) -> None:
    failure = failed(opened(tmp_path, "self.a1 @ d2"))
    assert (failure.line, failure.statement, failure.within) == (20, 1, 13)
    assert failure.details == (
        "in step, line 13: dW2 = self.a1 @ d2",
        "self.a1 is (4,3), d2 is (4,1): a product needs columns = rows, and 3 is not 4",
    )


def test_a_name_that_is_not_there(tmp_path: Path) -> None:
    failure = failed(opened(tmp_path, "self.a1.T @ delta2"))
    assert failure.details[0] == "in step, line 13: dW2 = self.a1.T @ delta2"
    assert "d2" in failure.details[1]


def test_the_update_inside_says_what_it_needs(tmp_path: Path) -> None:
    failure = failed(opened(tmp_path, "d2"))
    assert failure.within == 16
    assert failure.details[0] == "in step, line 16: self.W2 -= 0.1 * dW2"


def test_a_comprehension_is_a_part_of_its_function(tmp_path: Path) -> None:
    failure = failed(opened(tmp_path, "sum([g @ d2 for g in [self.a1]])"))
    assert failure.within == 13
    assert failure.details[0].startswith("in step, line 13: dW2 = sum(")


def test_nothing_is_changed_by_looking(tmp_path: Path) -> None:
    session = opened(tmp_path, "self.a1 @ d2")
    session.step()
    before = dict(session.state.values)
    session.step()
    assert session.failure is not None
    assert {n: v.tobytes() for n, v in session.state.values.items()} == {n: v.tobytes() for n, v in before.items()}


def test_a_function_that_fails_in_the_setup(tmp_path: Path) -> None:
    with pytest.raises(ProgramFailed) as caught:
        opened(tmp_path, "d2", "outputs")
    assert caught.value.failure.line == 17
    assert caught.value.failure.details[0] == "in __init__, line 7: self.W2 = np.full((3, outputs), 0.5)"


FUNCTION = """import numpy as np
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]])
y = np.array([[0], [1], [1], [0.0]])
W = np.full((2, 1), 0.5)
def backward(X, y, a):
    d = a - y
    return X @ d
for i in range(100):
    a = X @ W
    dW = backward(X, y, a)
    W -= 0.1 * dW
"""


def test_check_blames_no_line_of_the_loop(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(FUNCTION)
    report = Session(script.load(str(path))).check()
    assert [(f.code, f.line) for f in report.findings if f.severity == "error"] == [("raises", 7)]
    assert "in backward, line 7: return X @ d" in report.findings[0].message
    assert report.sampled == ""


def test_check_says_where_nothing_can_be_checked(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"in step, line 13: dW2 = self\.a1 @ d2"):
        opened(tmp_path, "self.a1 @ d2").check()
