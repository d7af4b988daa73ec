"""Random training loops: each is valid Python, has a loss and a learning rate, and stays within what floats can hold.

The matrices are all 3 by 3, so that any statement may meet any of them; some are aliases or views of one another.
Every product goes through `tanh`, so that no random program overflows.
"""

import textwrap
from collections.abc import Callable

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


def compound_statements(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    """Draw an `if`, an inner loop or a `try` around blocks."""

    @st.composite
    def draw_compound(draw: st.DrawFn) -> Block:
        a, b, condition = draw(inner), draw(inner), draw(CONDITIONS)
        leave = draw(st.sampled_from(["break", "continue"]))
        forms: list[Block] = [
            [f"if {condition}:", *indented(a)],
            [f"if {condition}:", *indented(a), "else:", *indented(b)],
            [f"if {condition}:", *indented(a), "elif s < 1:", *indented(b)],
            ["for k in range(2):", *indented([*a, f"if {condition}: {leave}", *b])],
            ["for k, part in enumerate(A):", *indented([f"if k > 1: {leave}", *a]), "else:", *indented(b)],
            ["for k in range(3):", *indented([*a, f"if {condition}:", f"    {leave}"])],
            ["m = 0", "while m < 2:", *indented(["m += 1", f"if {condition}: {leave}", *a])],
            ["try:", *indented([*a, "A = A @ np.ones(4)"]), "except ValueError:", *indented(b)],
            ["with np.errstate(over='ignore'):", *indented(a)],
        ]
        return draw(st.sampled_from(forms))

    return draw_compound()


def blocks(least: int = 1, most: int = 3) -> st.SearchStrategy[Block]:
    """Draw a block of statements, compound ones among them."""
    one = st.recursive(simple_statements(), lambda s: compound_statements(_joined(s, 1, 2)), max_leaves=4)
    return _joined(one, least, most)


def _joined(statement: st.SearchStrategy[Block], least: int, most: int) -> st.SearchStrategy[Block]:
    joined: Callable[[list[Block]], Block] = lambda parts: [line for part in parts for line in part]  # noqa: E731
    return st.lists(statement, min_size=least, max_size=most).map(joined)


HEADERS = {
    "range": "for iteration in range(5):",
    "strided range": "for iteration in range(9, -3, -3):",
    "list": "for iteration in [3, 1, 4, 1, 5]:",
    "while": "while n < 12:",
    "generator": "for iteration in (k * k for k in range(4)):",
}


@st.composite
def sources(draw: st.DrawFn, headers: tuple[str, ...] = tuple(HEADERS), leave: bool = True) -> str:
    """Draw the text of a training loop, with a header of one of the kinds named.

    Where `leave` holds, the training loop's own `continue` and `break` may be among its statements.
    """
    before, middle, after = draw(blocks(0, 2)), draw(blocks()), draw(blocks(0, 2))
    ways = ["if n % 4 == 2: continue", "if n > 9: break", "if s > 0.9:\n    n += 1\n    continue"]
    left = [draw(st.sampled_from(ways))] if leave and draw(st.booleans()) else []
    body = ["n += 1", *before, *FORWARD, *left, *middle, *UPDATE, *after]
    header = HEADERS[draw(st.sampled_from(headers))]
    return "\n".join([SETUP.format(seed=draw(st.integers(0, 99))), header, *indented(body), ""])
