"""What each variable is for, however the learner named it."""

import re
from dataclasses import dataclass

import pytest

from nntui_core import builtin
from nntui_core.program import Phase, Program, Role, Roles

HEAD = "import numpy as np\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n"


@dataclass(frozen=True)
class Case:
    """A loop, the roles in it, and the phase of each of its statements, by first letter."""

    source: str
    roles: Roles
    phases: str


CASES = {
    "default": Case(
        builtin.source("default"),
        Roles(("W1", "W2"), ("x",), "y", "a2", "loss", "lr", ("delta1", "delta2")),
        "fffflbbbbuu",
    ),
    "forum": Case(
        builtin.source("forum"),
        Roles(("weight1", "weight2"), ("x",), "y", "a2", "loss", "learningRate", ("dC_dw1", "dC_dw2")),
        "fffflbbbbuu",
    ),
    "changed in place": Case(
        HEAD
        + """
X, T = np.ones((4, 3)), np.ones((4, 1))
w = np.ones((3, 1))
eta = 0.1
for epoch in range(9):
    out = sigmoid(X @ w)
    err = out - T
    mse = np.mean(err ** 2)
    grad = X.T.dot(err * out * (1 - out))
    w -= eta * grad
""",
        Roles(("w",), ("X",), "T", "out", "mse", "eta", ("grad",)),
        "fblbu",
    ),
    "with a bias": Case(
        """
import numpy as np
X, y = np.ones((4, 3)), np.ones((4, 1))
W, b = np.ones((3, 1)), np.zeros(1)
lr = 0.1
for i in range(9):
    p = X @ W + b
    cost = ((y - p) ** 2).mean()
    d = p - y
    W[:] = W - lr * (X.T @ d)
    b[...] -= lr * d.sum(axis=0)
""",
        Roles(("W", "b"), ("X",), "y", "p", "cost", "lr", ("d", "d")),
        "flbuu",
    ),
    "with momentum": Case(
        """
import numpy as np
X, y = np.ones((4, 3)), np.ones((4, 1))
W, v = np.ones((3, 1)), np.zeros((3, 1))
lr = 0.1
for i in range(9):
    p = X @ W
    loss = np.sum((p - y) ** 2)
    delta = p - y
    g = X.T @ delta
    v = 0.9 * v + g
    W = W - lr * v
""",
        Roles(("W",), ("X",), "y", "p", "loss", "lr", ("delta",)),
        "flbbbu",
    ),
    "without a loss": Case(
        """
import numpy as np
X, y = np.ones((4, 3)), np.ones((4, 1))
W = np.ones((3, 1))
for i in range(9):
    p = X @ W
    W = W - 0.1 * X.T @ (p - y)
""",
        Roles(("W",), ("X",), "y", "p", None, None, ("W",)),
        "fu",
    ),
    "with an inner loop over samples": Case(
        """
import numpy as np
X, Y = np.ones((4, 3)), np.ones((4, 1))
W = np.ones((3, 1))
lr = 0.1
for epoch in range(9):
    for k in range(4):
        p = np.dot(X[k], W)
        e = p - Y[k]
        loss = np.sum(e ** 2)
        W = W - lr * np.outer(X[k], e)
""",
        Roles(("W",), ("X",), "Y", "p", "loss", "lr", ("e",)),
        "ffblu",
    ),
    "no network at all": Case("n = 0\nfor i in range(3):\n    n = n + 1\n    pass\n", Roles(), "oo"),
}


@pytest.mark.parametrize("name", CASES)
def test_roles_are_found(name: str) -> None:
    assert Program.parse(CASES[name].source, "test").roles == CASES[name].roles


@pytest.mark.parametrize("name", CASES)
def test_phases_are_found(name: str) -> None:
    assert "".join(s.phase[0] for s in Program.parse(CASES[name].source, "test").body) == CASES[name].phases


NAMES = re.compile(r"\b(W1|W2|x|y|a1|a2|z1|z2|loss|delta1|delta2|dW1|dW2|lr)\b")


def test_names_do_not_matter() -> None:
    renamed = Program.parse(NAMES.sub(lambda match: "v" + "".join(reversed(match[0])), CASES["default"].source), "test")
    plain = Program.parse(CASES["default"].source, "test")
    assert renamed.source != plain.source
    assert [s.phase for s in renamed.body] == [s.phase for s in plain.body]
    assert renamed.roles == Roles(("v1W", "v2W"), ("vx",), "vy", "v2a", "vssol", "vrl", ("v1atled", "v2atled"))


def test_each_name_has_at_most_one_role() -> None:
    roles = CASES["default"].roles
    expected = {
        "W1": Role.PARAMETER,
        "W2": Role.PARAMETER,
        "x": Role.INPUT,
        "y": Role.TARGET,
        "a2": Role.PREDICTION,
        "loss": Role.LOSS,
        "lr": Role.LEARNING_RATE,
        "a1": None,
        "missing": None,
    }
    assert {name: roles.of(name) for name in expected} == expected


def test_a_rate_that_the_loop_changes_is_not_the_learning_rate() -> None:
    source = CASES["default"].source + "    lr = lr * 0.99\n"
    assert Program.parse(source, "test").roles.rate is None


def test_a_rate_may_divide_and_may_be_negative() -> None:
    source = CASES["default"].source.replace("lr = 1.0", "lr = -8").replace("- lr * dW2", "- dW2 / lr")
    assert Program.parse(source, "test").roles.rate == "lr"


def test_phases_are_words() -> None:
    assert [str(phase) for phase in Phase] == ["forward", "loss", "backward", "update", "other"]


BOOKKEEPING = """
    if loss < best:
        best = loss
        best_W2 = W2.copy()
    smooth = 0.9 * smooth + 0.1 * loss
    if smooth < 1e-9:
        break
"""


def test_what_is_only_remembered_is_no_parameter() -> None:
    source = builtin.source("default").replace("lr = 1.0", "lr = 1.0\nbest, smooth = 9.9, 1.0") + BOOKKEEPING
    roles = Program.parse(source, "bookkeeping").roles
    assert (roles.parameters, roles.loss) == (("W1", "W2"), "loss")
    at_once = builtin.source("default").replace("lr = 1.0", "lr = 1.0\nbest, smooth = 9.9, 1.0")
    line = next(line for line in at_once.splitlines() if "loss =" in line)
    roles = Program.parse(at_once.replace(line, line + BOOKKEEPING), "bookkeeping").roles
    assert (roles.parameters, roles.loss) == (("W1", "W2"), "loss")


def test_an_update_from_a_remembered_gradient_is_an_update() -> None:
    source = builtin.source("default").replace("lr = 1.0", "lr = 1.0\nold = np.zeros((4, 1))")
    source = source.replace("W2 = W2 - lr * dW2", "W2 = W2 - lr * old\n    old = dW2")
    roles = Program.parse(source, "late").roles
    assert (roles.parameters, roles.loss) == (("W1", "W2"), "loss")
    source = builtin.source("default").replace("lr = 1.0", "lr = 1.0\nold = np.zeros((4, 1))")
    source = source.replace("delta1 = (delta2 @", "delta1 = (old @") + "    old = delta2\n"
    assert Program.parse(source, "late").roles.parameters == ("W1", "W2")
