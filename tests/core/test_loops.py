"""Which loop is the training loop."""

import ast

import pytest

from nntui_core.interpreter import Interpreter
from nntui_core.loops import LoopError, Site, counters, find
from nntui_core.program import Program

TRAIN = "for i in range(9):\n    p = x @ W\n    W = W - lr * x.T @ (p - y)\n"
INSIDE = "".join(f"    {line}\n" for line in TRAIN.splitlines())
DEEPER = "".join(f"    {line}\n" for line in INSIDE.splitlines())
METHODS = """class N:
    def out(self, v):
        return v @ self.W
    def step(self, v):
        self.W -= v.T @ (self.out(v) - 1)
"""


def found(text: str, line: int | None = None) -> Site:
    return find(ast.parse(text), line)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (TRAIN, 1),
        (f"for k in range(3):\n    data[k] = k\n{TRAIN}", 3),
        (f"for k in range(3):\n    total += k\n{TRAIN}", 3),  # it carries something too, but multiplies nothing
        (f"{TRAIN}for k in range(3):\n    q = x @ W\n    print(q)\n", 1),  # a test, which carries nothing
        ("while e > 1:\n    e = e / 2\n", 1),
        (f"if __name__ == '__main__':\n{INSIDE}", 2),
        (f"def train():\n{INSIDE}train()\n", 2),
        (f"def train():\n{INSIDE}    return W\nW = train()\nprint(W)\n", 2),
        (f"def train(n, *, lr=1):\n{INSIDE}if '__main__' == __name__:\n    result = train(3)\n", 2),
        (f"def unused():\n{INSIDE}\n{TRAIN}", 6),
        (f"class A:\n    def f(self):\n{DEEPER}a = A()\na.f()\n", 3),
        (f"class A:\n    def f(self):\n{DEEPER}A().f()\n", 3),
        (f"def train():\n{INSIDE}def main():\n    return train()\nif __name__ == '__main__':\n    main()\n", 2),
        (f"with np.errstate(all='ignore'):\n{INSIDE}", 2),
        (f"try:\n{INSIDE}finally:\n    print(W)\n", 2),
        (f"def main():\n    with open('log') as log:\n{DEEPER}main()\n", 3),
        (f"{METHODS}n = N()\nfor i in range(9):\n    n.step(x)\nfor v in x:\n    print(n.out(v))\n", 7),
    ],
)
def test_the_training_loop(text: str, line: int) -> None:
    assert found(text).loop.lineno == line


def test_what_is_around_it() -> None:
    site = found(f"a = 1\ndef f(b, *c):\n    d = 2\n{INSIDE}    e = 3\ng = f(4)\nh = 5\n")
    assert [ast.unparse(n) for n in site.prelude] == ["d = 2"]
    assert [ast.unparse(n) for n in site.rest] == ["e = 3"]
    assert [ast.unparse(n) for n in site.after] == ["h = 5"]
    assert [type(n).__name__ for n in site.setup] == ["Assign", "FunctionDef"]
    assert site.arguments == {"b", "c"}
    assert site.call is not None
    assert site.call.names == {"b", "c", "d", "e", "i", "p", "W"}


@pytest.mark.parametrize(
    ("text", "part", "line"),
    [
        ("x = 1\n", "no training loop", None),
        (f"if x:\n{INSIDE}", "line 2 is inside of something else", None),
        (f"class A:\n    def f(self):\n{INSIDE.replace('    ', '        ')}", "line 3", None),
        (f"def train():\n{INSIDE}        yield W\nlist(train())\n", "line 2", None),
        (f"@jit\ndef train():\n{INSIDE}train()\n", "line 3", None),
        (f"{TRAIN}{TRAIN}", "on lines 1 and 4: choose one with --loop LINE", None),
        (TRAIN, "no loop begins on line 2; the loops that could be meant: 1", 2),
    ],
)
def test_none_or_several(text: str, part: str, line: int | None) -> None:
    with pytest.raises(LoopError) as caught:
        found(text, line)
    assert part in str(caught.value)


def test_a_line_chooses() -> None:
    assert found(f"{TRAIN}{TRAIN}", 4).loop.lineno == 4


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("i in range(3)", {"i"}),
        ("i in tqdm(range(3))", {"i"}),
        ("i, x in enumerate(data)", {"i"}),
        ("i, (x, y) in enumerate(zip(a, b))", {"i"}),
        ("x, y in zip(a, b)", set()),
        ("x, y in batches()", set()),
    ],
)
def test_variables_that_count(header: str, names: set[str]) -> None:
    assert counters(found(f"for {header}:\n    pass\n").loop) == names


CALLED = """import numpy as np
x, y, W = np.ones((2, 1)), np.zeros((2, 1)), np.ones((1, 1))
seen = []
def note(n):
    global last
    last = n
    seen.append(n)
def train(W, lr=0.5):
    y = np.full((2, 1), 3.0)
    for i in range(4):
        note(i)
        p = x @ W
        W = W - lr * x.T @ (p - y)
        if i == stop:
            return "returned"
    else:
        note("else")
    return "came to its end"
"""


@pytest.mark.parametrize(
    ("stop", "result", "seen"), [(2, "returned", [0, 1, 2]), (9, "came to its end", [0, 1, 2, 3, "else"])]
)
@pytest.mark.parametrize("fast", [True, False])
def test_a_function_ends_as_under_python(stop: int, result: str, seen: list[object], fast: bool) -> None:
    source = (
        f"{CALLED}stop = {stop}\nresult = train(W)\nfinal = [result, W[0, 0], y[0, 0], last, 'lr' in globals(), seen]\n"
    )
    plain: dict[str, object] = {}
    exec(source, plain)
    assert plain["final"] == [result, 1.0, 0.0, seen[-1], False, seen]
    interpreter = Interpreter(Program.parse(f"{source}seen.append(list(final))\n", "mine"))
    interpreter.start()
    kept = interpreter.namespace["seen"]
    assert interpreter.namespace["y"][0, 0] == 3.0
    if fast:
        interpreter.run(4)
    else:
        while not interpreter.ended and interpreter.position.iteration < 4:
            interpreter.step()
    interpreter.finish()
    assert kept[-1][:5] == [result, 1.0, 0.0, seen[-1], False]
    assert kept[:-1] == seen
    assert interpreter.namespace["y"][0, 0] == 3.0  # it stands in the function again


ON_THE_WAY = """import numpy as np
x, X, log = np.ones((2, 1)), "the program's own", []
class Net:
    def __init__(self, w):
        self.W = w
    def train(self, x, epochs, stop):
        scale = 0.1
        for epoch in range(epochs):
            p = x @ self.W
            self.W = self.W - scale * x.T @ (p - X_sum(x))
            log.append((epoch, X))
            if epoch == stop:
                return epoch
        log.append("all")
        return "end"
def X_sum(v):
    return 3.0
def main(stop):
    X, y = np.full((3, 1), 2.0), np.zeros((3, 1))
    net = Net(np.ones((1, 1)))
    result = net.train(X, 4, stop)
    log.append(("main", result, X.shape, y.shape))
    return net
net = main(STOP)
final = [float(net.W[0, 0]), X, x.shape, "result" in globals(), "epoch" in globals(), log]
"""


@pytest.mark.parametrize("stop", [2, 9])
@pytest.mark.parametrize("fast", [True, False])
def test_functions_on_the_way_end_as_under_python(stop: int, fast: bool) -> None:
    source = ON_THE_WAY.replace("STOP", str(stop))
    plain: dict[str, object] = {}
    exec(source, plain)
    interpreter = Interpreter(Program.parse(f"{source}log.append(final)\n", "mine"))
    interpreter.start()
    assert [entered.call.function.name for entered in interpreter.program.site.entered] == ["main", "train"]
    assert "y" not in interpreter.namespace  # that is main's
    if fast:
        interpreter.run(4)
    else:
        while not interpreter.ended and interpreter.position.iteration < 4:
            interpreter.step()
    interpreter.finish()
    found = interpreter.namespace["log"]
    assert found[:-1] == plain["log"]
    assert found[-1][:5] == plain["final"][:5]  # type: ignore[index]


def test_a_context_is_entered_before_the_loop_and_left_after_it() -> None:
    source = """class Context:
    def __init__(self, name):
        self.name = name
    def __enter__(self):
        seen.append(f"enter {self.name}")
        return self.name
    def __exit__(self, *_):
        seen.append(f"leave {self.name}")
seen = []
def train():
    with Context("a") as a, Context("b"):
        n = 0
        for i in range(2):
            n = n + 1
            seen.append((a, n))
        seen.append("over")
train()
"""
    plain: dict[str, object] = {}
    exec(source, plain)
    interpreter = Interpreter(Program.parse(source, "mine"))
    interpreter.start()
    interpreter.run(2)
    interpreter.finish()
    assert interpreter.namespace["seen"] == plain["seen"]
    assert plain["seen"] == ["enter a", "enter b", ("a", 1), ("a", 2), "over", "leave b", "leave a"]


def test_a_try_that_is_not_around_the_loop_keeps_its_handlers() -> None:
    text = """
import numpy as np
try:
    x = load("there is no such file")
except NameError:
    x = np.ones((2, 2))
w = np.ones((2, 1))
for i in range(3):
    w = w - x @ w
try:
    plot(w)
except NameError:
    print("no plot")
"""
    site = find(ast.parse(text))
    assert [type(node).__name__ for node in site.setup] == ["Import", "Try", "Assign"]
    assert [type(node).__name__ for node in site.after] == ["Try"]


def test_a_function_that_is_called_within_an_expression() -> None:
    text = """
def train(w):
    for i in range(3):
        w = w - x @ w
    return [w, w]
print("the end:", 1)
print(train(w)[-1])
"""
    site = find(ast.parse(text))
    assert site.call is not None
    assert site.call.function.name == "train"
    assert len(site.setup) == 2


def test_a_function_that_is_called_twice_has_one_training_loop() -> None:
    text = """import numpy as np
def train(W, X, Y, n):
    for i in range(n):
        W = W - 0.1 * X.T @ (X @ W - Y)
    return W
X = np.ones((5, 3)); Y = X[:, :1]
W = train(np.zeros((3, 1)), X, Y, 20)
W = train(W, X, Y, 30)
"""
    site = find(ast.parse(text))
    assert site.loop.lineno == 3
    assert site.call is not None
    assert site.call.statement.lineno == 7
