"""Random training loops: each is valid Python, has a loss and a learning rate, and stays within what floats can hold.

The matrices are all 3 by 3, so that any statement may meet any of them; some are aliases or views of one another.
Every product goes through `tanh`, so that no random program overflows.
"""

import textwrap

from hypothesis import strategies as st

SETUP = """\
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


rng = np.random.default_rng({seed})
np.random.seed({seed})
x = rng.random((3, 3))
y = rng.random((3, 3))
W = rng.random((3, 3))
A = rng.random((3, 3))
B = np.asfortranarray(rng.random((3, 3)))
C = A
row = A[1]
column = B[:, 2]
corner = W.T[:2, 1:]
held = [A, rng.random((3, 3)), {{"deep": B}}]
n = 0
laps = 0
s = 0.5
lr = 0.25
"""

FORWARD = ["p = sigmoid(x @ W)", "loss = 0.5 * np.sum((p - y) ** 2)"]
UPDATE = ["g = x.T @ ((p - y) * (p * (1 - p)))", "W = W - lr * g"]

MATRICES = st.sampled_from(["A", "B", "C", "W", "held[0]", "held[1]", 'held[2]["deep"]'])
BOUND = st.sampled_from(["A", "B", "C", "held[0]", "held[1]"])
FACTORS = st.sampled_from(["0.5", "-0.75", "1.25", "s"])
NUMBERS = st.integers(0, 2)

EXPRESSIONS = st.sampled_from(
    [
        "{a}",
        "{a}.copy()",
        "{a}.T",
        "{a} + {b}",
        "{a} - {f} * {b}",
        "np.tanh({a} @ {b})",
        "np.tanh(np.dot({a}, {b}.T))",
        "np.tanh({a} * {b})",
        "sigmoid({a})",
        "np.maximum({a}, {f})",
        "{a} / (1 + np.abs({b}))",
        "rng.random((3, 3))",
        "np.random.rand(3, 3)",
        "rng.permutation(x)",
        "np.where({a} > {f}, {a}, {b})",
        "np.sum({a}, axis=0, keepdims=True) * np.ones((3, 1)) / 3",
    ]
)
STATEMENTS = st.sampled_from(
    [
        "{name} = {e}",
        "{name} = {e}  # a comment",
        "{name} = (\n    {e}\n)",
        "{name} += {e}",
        "{name} -= {f} * {a}",
        "{name} *= {f}",
        "{name}[{i}, {j}] = {f}",
        "{name}[{i}] += np.tanh({a}[{j}])",
        "{name}[...] = {e}",
        "row[:] = np.tanh({a}[{i}])",
        "row = {name}[{i}]",
        "column *= {f}",
        "corner += np.tanh({a}[:2, :2])",
        "np.add({a}, {b}, out={name}); s = float(np.tanh({name}[{i}, {j}]))",
        "s = np.mean({a}) / (1 + np.sum({a} ** 2))",
        "A, B = B, A",
        "n += {i} + 1",
        "held[{i} % 2] = {e}",
        "held = [{name}, {a}, {{'deep': {e}}}]",
        "if (last := float(s)) > {i}: {name} = {e}",
        "rng.shuffle(A)",
    ]
)

Block = list[str]


def simple_statements() -> st.SearchStrategy[Block]:
    """Draw one statement without blocks: a rebinding, an in-place change, an alias, a random draw."""
    expressions = st.builds(_filled, EXPRESSIONS, a=MATRICES, b=MATRICES, f=FACTORS)
    parts = {"name": BOUND, "a": MATRICES, "b": MATRICES, "e": expressions, "f": FACTORS, "i": NUMBERS, "j": NUMBERS}
    return st.builds(_filled, STATEMENTS, **parts).map(lambda text: [text])


def _filled(template: str, **parts: object) -> str:
    return template.format(**parts)


def indented(block: Block) -> Block:
    return textwrap.indent("\n".join(block), "    ").split("\n")


CONDITIONS = st.sampled_from(["n % 2 == 0", "s > 0", "A[0, 0] < B[1, 1]", "rng.random() < 0.5", "n % 3 == 1"])


def joined(statements: st.SearchStrategy[Block], least: int, most: int) -> st.SearchStrategy[Block]:
    """Draw so many statements, one after the other."""
    return st.lists(statements, min_size=least, max_size=most).map(lambda parts: [line for p in parts for line in p])


COMPOUND = [
    "if {c}:\n{A}",
    "if {c}:\n{A}\nelse:\n{B}",
    "if {c}:\n{A}\nelif s < 1:\n{B}",
    "for k in range(2):\n{A}\n    if {c}: {leave}\n{B}",
    "for k, part in enumerate(A):\n    if k > 1: {leave}\n{A}\nelse:\n{B}",
    "for k in range(3):\n{A}\n    if {c}:\n        {leave}",
    "m = 0\nwhile m < 2 and laps < 60:\n    m += 1\n    laps += 1\n    if {c}: {leave}\n{A}",
    "try:\n{A}\n    A = A @ np.ones(4)\nexcept ValueError:\n{B}",
    "with np.errstate(over='ignore'):\n{A}",
]


@st.composite
def compound_statements(draw: st.DrawFn, inner: st.SearchStrategy[Block]) -> Block:
    """Draw an `if`, an inner loop or a `try` around blocks."""
    form = draw(st.sampled_from(COMPOUND))
    parts = {
        "A": "\n".join(indented(draw(inner))),
        "B": "\n".join(indented(draw(inner))) if "{B}" in form else "",
        "c": draw(CONDITIONS) if "{c}" in form else "",
        "leave": draw(LEAVE) if "{leave}" in form else "",
    }
    return form.format(**parts).split("\n")


LEAVE = st.sampled_from(["break", "continue"])
SIMPLE = simple_statements()
SHALLOW = compound_statements(joined(SIMPLE, 1, 2))
DEEP = compound_statements(joined(SIMPLE | SHALLOW, 1, 2))
ANY_STATEMENT = SIMPLE | SIMPLE | SHALLOW | DEEP
BLOCKS = joined(ANY_STATEMENT, 1, 3)
OPTIONAL_BLOCKS = joined(ANY_STATEMENT, 0, 2)


HEADERS = {
    "range": "for iteration in range(5):",
    "strided range": "for iteration in range(9, -3, -3):",
    "list": "for iteration in [3, 1, 4, 1, 5]:",
    "pairs": "for iteration, (u, v) in enumerate(zip([1.0, 2.0, 3.0, 4.0], ['a', 'b', 'c', 'd'])):",
    "while": "while n < 12:",
    "generator": "for iteration in (k * k for k in range(4)):",
}


HEADER_LINES = st.sampled_from(list(HEADERS.values()))
LEAVING = st.sampled_from(["if n % 4 == 2: continue", "if n > 9: break", "if s > 0.9:\n    n += 1\n    continue"])
SEEDS = st.integers(0, 99)


@st.composite
def sources(draw: st.DrawFn) -> str:
    """Draw the text of a training loop."""
    before, middle, after = draw(OPTIONAL_BLOCKS), draw(BLOCKS), draw(OPTIONAL_BLOCKS)
    left = [draw(LEAVING)] if draw(st.booleans()) else []
    body = ["n += 1", *before, *FORWARD, *left, *middle, *UPDATE, *after]
    return "\n".join([SETUP.format(seed=draw(SEEDS)), draw(HEADER_LINES), *indented(body), ""])
