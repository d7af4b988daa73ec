"""What a statement reads and writes, read off its text."""

import ast

import pytest

from nntui_core import dataflow


def node_of(text: str) -> ast.stmt:
    return ast.parse(text).body[0]


@pytest.mark.parametrize(
    ("statement", "writes", "reads"),
    [
        ("z = x @ W", "z", "x W"),
        ("z = x @ W + x", "z", "x W"),
        ("z = W.T @ x", "z", "W x"),
        ("W += lr * g", "W", "W lr g"),
        ("W -= W", "W", "W"),
        ("W[0] = g", "W", "W g"),
        ("W[i, j] += g", "W", "W i j g"),
        ("W[i][j] = 1", "W", "W i j"),
        ("net.W = g", "net", "net g"),
        ("net.layers[k].W -= g", "net", "net k g"),
        ("a, (b, *c) = d", "a b c", "d"),
        ("[a, b[0]] = d", "a b", "b d"),
        ("a = b = c", "a b", "c"),
        ("x: float = y", "x", "y"),
        ("f(x, key=y)", "", "f x y"),
        ("z = sum(x)", "z", "x"),
        ("z = np.sum(x)", "z", "np x"),
        ("print(abs(len(x)))", "", "x"),
        ("z = (w := x) + w", "z w", "x w"),
        ("if x > (m := y): z = a", "m", "x y"),
        ("for i in range(n): z = a", "i", "n"),
        ("for i, (p, q) in zip(xs, ys): z = a", "i p q", "xs ys"),
        ("while e > tol: z = a", "", "e tol"),
        ("with open(f) as h: z = a", "h", "f"),
        ("with a as b, c as d: pass", "b d", "a c"),
        ("try:\n    z = a\nexcept E:\n    z = b\nfinally:\n    z = c", "", ""),
        ("pass", "", ""),
        ("(y +\n x)", "", "y x"),
        ("z = a if b else c", "z", "a b c"),
        ("assert a, b", "", "a b"),
    ],
)
def test_a_statement_reads_and_writes(statement: str, writes: str, reads: str) -> None:
    assert dataflow.writes(node_of(statement)) == tuple(writes.split())
    assert dataflow.reads(node_of(statement)) == tuple(reads.split())


def test_names_that_are_no_data_are_left_out() -> None:
    node = node_of("z = np.dot(sigmoid(x), W)")
    assert dataflow.reads(node) == ("np", "sigmoid", "x", "W")
    assert dataflow.reads(node, {"np", "sigmoid"}) == ("x", "W")
    assert dataflow.reads(node_of("n += 1"), {"n"}) == ()


@pytest.mark.parametrize(
    ("target", "name"),
    [("W", "W"), ("W[0]", "W"), ("W[0].T[1:]", "W"), ("net.W", "net"), ("f(x)[0]", None), ("(a + b)[0]", None)],
)
def test_a_target_belongs_to_a_variable(target: str, name: str | None) -> None:
    assert dataflow.base_name(ast.parse(target, mode="eval").body) == name


NESTED = """\
if a:
    b = 1
elif c:
    d = 2
else:
    for i in e:
        f = 3
    else:
        g = 4
"""


def test_a_block_belongs_to_the_statement_right_above_it() -> None:
    node = node_of(NESTED)
    blocks = list(dataflow.child_blocks(node))
    assert [[ast.unparse(s).split("\n")[0] for s in block] for block in blocks] == [["b = 1"], ["if c:"]]
    assert dataflow.reads(node) == ("a",)
    assert dataflow.writes(node) == ()


def test_the_blocks_of_a_try_come_in_source_order() -> None:
    node = node_of("try:\n    a\nexcept E:\n    b\nexcept F:\n    c\nelse:\n    d\nfinally:\n    e")
    assert [ast.unparse(block[0]) for block in dataflow.child_blocks(node)] == list("abcde")


def test_a_function_has_no_blocks_of_the_loop() -> None:
    assert list(dataflow.child_blocks(node_of("def f():\n    a = 1"))) == []
    assert list(dataflow.child_blocks(node_of("class C:\n    a = 1"))) == []


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("a = 1\nb += 1\nc[0] = 2\nd.e = 3", "a b"),
        (NESTED, "b d i f g"),
        ("def f(): pass\nclass C: pass", "f C"),
        ("import a.b, c as d\nfrom e import f as g, h", "a d g h"),
        ("try:\n    a = 1\nexcept E:\n    b = 1\nelse:\n    c = 1\nfinally:\n    d = 1", "a b c d"),
        ("while (n := f()):\n    m = n", "n m"),
        ("del a", "a"),
        ("a: int = 1\na = 2", "a"),
        ("f(x)\npass", ""),
    ],
)
def test_a_block_binds(text: str, bound: str) -> None:
    assert set(dataflow.bound_names(ast.parse(text).body)) == set(bound.split())


def test_functions_classes_and_modules_are_not_data() -> None:
    text = "import numpy as np, os.path\nfrom math import exp as e\ndef f(): pass\nclass C: pass\nx = 1\ng = f"
    assert dataflow.not_data(ast.parse(text).body) == {"np", "os", "e", "f", "C"}
