"""One iteration as a straight line: what its lines are, that they compute the same, and what is left alone."""

import pytest

from nntui_core.interpreter import Interpreter
from nntui_core.program import Program
from nntui_core.session import Session
from nntui_core.straight import Straight, follow
from nntui_core.values import same_bits

SETUP = """import numpy as np
x = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.25]])
y = np.array([[1.0], [0.0], [1.0]])
W = np.array([[0.1], [0.2]])
lr = 0.5
class Box:
    pass
"""


def following(source: str) -> Straight | None:
    interpreter = Interpreter(Program.parse(source, "mine"))
    interpreter.start()
    return follow(interpreter)


def flat(functions: str, body: str) -> list[str]:
    """Return the flat lines of a loop's first iteration."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    found = following(f"{SETUP}{functions}\nfor i in range(3):\n{lines}")
    assert found is not None
    return [statement.text for statement in found.program.body]


@pytest.mark.parametrize(
    ("functions", "body", "expected"),
    [
        ("", "p = x @ W", ["p = x @ W"]),
        ("def f(a, b):\n    z = a @ b\n    return z", "p = f(x, W)", ["p = x @ W"]),
        ("def f(a, b):\n    z = a @ b\n    return np.tanh(z), z", "p, q = f(x, W)", ["q = x @ W", "p = np.tanh(q)"]),
        ("def f(a):\n    a -= lr * (x.T @ y)", "f(W)", ["W -= lr * (x.T @ y)"]),
        ("d = {'W': W * 1}", "for k in d:\n    d[k] = d[k] * 2", ["d['W'] = d['W'] * 2"]),
        ("d = {'W1': W * 1}", "d['W' + str(i + 1)] -= lr", ["d['W1'] -= lr"]),
        ("ws = [W * 1, W * 2]", "for j in range(len(ws)):\n    ws[j] -= lr", ["ws[0] -= lr", "ws[1] -= lr"]),
        ("ws = [W * 1, W * 2]", "for w in ws:\n    w -= lr", ["ws[0] -= lr", "ws[1] -= lr"]),
        (
            "ws = [W * 1, W * 2]",
            "ws = [w - lr * g for w, g in zip(ws, [W, W])]",
            ["ws[0] = ws[0] - lr * W", "ws[1] = ws[1] - lr * W"],
        ),
        ("", "a = [x]\na.append(a[-1] @ W)", ["a[0] = x", "a[1] = a[0] @ W"]),
        ("", "a = [x]\na.insert(0, x @ W)", ["a[0] = x", "a[0], a[1] = (x @ W, a[0])"]),
        (
            "class Net:\n    def go(self, v):\n        self.z = v @ self.W\n        return self.f(self.z)\n"
            "    def f(self, v):\n        return np.tanh(v)\nn = Net()\nn.W = W",
            "p = n.go(x)",
            ["n.z = x @ n.W", "p = np.tanh(n.z)"],
        ),
        (
            "class Layer:\n    def __call__(self, v):\n        return v @ self.W\nl = Layer()\nl.W = W",
            "p = l(x)",
            ["p = x @ l.W"],
        ),
        ("def f(a, on):\n    return a @ W if on else a", "p = f(x, i == 0)", ["p = x @ W"]),
        (
            "def f(a):\n    total = sum(np.sum(v @ W) for v in [a, a])\n    return total",
            "c = f(x)",
            ["items[0] = np.sum(x @ W)", "items[1] = np.sum(x @ W)", "c = sum([items[0], items[1]])"],
        ),
        ("def f(a):\n    if i > 5:\n        return a\n    b = a @ W\n    return b", "p = f(x)", ["p = x @ W"]),
        (
            "def f(a):\n    return {'z': a @ W}",
            "c = f(x)\np = np.tanh(c['z'])",
            ["c['z'] = x @ W", "p = np.tanh(c['z'])"],
        ),
        (
            "def f(a):\n    W = a.T @ y\n    return W",
            "W = f(x)\nV = f(x * 2)",
            ["W = x.T @ y", "a = x * 2", "V = a.T @ y"],
        ),
    ],
)
def test_flat_lines(functions: str, body: str, expected: list[str] | None) -> None:
    lines = flat(functions, body)
    if expected is not None:
        assert lines == expected


@pytest.mark.parametrize(
    "body",
    [
        "try:\n        raise ValueError\n    except ValueError:\n        pass",
        "p = x @ np.ones(7)",
        "W = next(iter([]))",
    ],
)
def test_what_cannot_be_followed(body: str) -> None:
    assert following(f"{SETUP}for i in range(3):\n    {body}\n") is None


TWO_NETS = """class Net:
    def __init__(self, W):
        self.W = W
    def step(self, x, y):
        p = x @ self.W
        self.error = p - y
        self.W = self.W - lr * (x.T @ self.error)
nets = [Net(W), Net(W * 2)]
for i in range(4):
    for net in nets:
        net.step(x, y)
"""


def test_a_turn_of_an_inner_loop_is_enough_where_it_is_a_step_of_learning() -> None:
    found = following(SETUP + TWO_NETS)
    assert found is not None
    assert found.cut
    assert found.program.roles.parameters == ("nets[0].W",)


def test_following_changes_nothing() -> None:
    source = SETUP + TWO_NETS.replace("lr *", "np.random.rand() * lr *")
    one, other = Session(Program.parse(source, "mine")), Interpreter(Program.parse(source, "mine"))
    one.interpreter.namespace["np"].random.seed(3)
    other.start()
    one.goto(one.position)
    for session in (one,):
        before = session.interpreter.namespace["nets"][0].W.copy()
        follow(session.interpreter)
        assert same_bits(session.interpreter.namespace["nets"][0].W, before)


def test_an_edited_line_is_followed_again() -> None:
    source = f"""{SETUP}params = {{"W": W}}
def forward(params):
    return x @ params["W"]
for i in range(9):
    p = forward(params)
    g = x.T @ (p - y)
    params["W"] -= lr * g
"""
    session = Session(Program.parse(source, "mine"))
    assert session.program.roles.parameters == ("params['W']",)
    session.advance(2)
    line = session.program.lines.index("    g = x.T @ (p - y)") + 1
    session.edit_line(line, "g = x.T @ (p - y) / 3")
    assert session.program.roles.parameters == ("params['W']",)
    session.advance(1)
    session.back_iteration()
    assert session.program.roles.prediction == "p"
    session.undo_edit()
    assert session.program.roles.parameters == ("params['W']",)


def test_the_lines_have_the_places_of_the_text() -> None:
    found = following(SETUP + TWO_NETS)
    assert found is not None
    texts = [(line.line, line.function) for line in found.lines]
    first = (SETUP + TWO_NETS).splitlines().index("        p = x @ self.W") + 1
    assert texts == [(first, "step"), (first + 1, "step"), (first + 2, "step")]
