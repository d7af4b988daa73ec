"""What a line does through the program's own functions."""

import ast

from nntui_core import helpers
from nntui_core.program import Program

FUNCTIONS = """
def error(a, b):
    return a - b
def both(a, b, *, scale=1):
    e = error(a, b)
    return scale * e
def forever(a):
    return forever(a)
"""
KNOWN = helpers.functions(ast.parse(FUNCTIONS).body)


def told(text: str) -> list[str]:
    return [ast.unparse(node) for node in helpers.opened(ast.parse(text).body[0], KNOWN)]


def test_arguments_stand_for_parameters() -> None:
    assert told("d = error(p, y[0])") == ["d = error(p, y[0])", "return p - y[0]"]
    assert told("d = both(p, b=y, scale=2)") == [
        "d = both(p, b=y, scale=2)",
        "e = error(p, y)",
        "return p - y",
        "return 2 * e",
    ]


def test_what_is_no_function_of_the_program_stays() -> None:
    assert told("d = np.dot(p, y)") == ["d = np.dot(p, y)"]


def test_there_is_an_end() -> None:
    assert len(told("d = forever(x)")) == 1 + helpers.DEEPEST


SOURCE = """
import numpy as np
def predict(x, w):
    return x @ w
def half_square(p, y):
    return 0.5 * np.sum((p - y) ** 2)
def gradient(x, p, y):
    return x.T @ (p - y)
def moved(w, g, rate):
    return w - rate * g
x, y, w = np.ones((3, 2)), np.ones((3, 1)), np.zeros((2, 1))
eta = 0.1
for i in range(5):
    out = predict(x, w)
    j = half_square(out, y)
    g = gradient(x, out, y)
    w = moved(w, g, eta)
"""


def test_roles_are_read_through_functions() -> None:
    roles = Program.parse(SOURCE, "mine").roles
    found = (roles.parameters, roles.inputs, roles.target, roles.prediction, roles.loss, roles.rate)
    assert found == (("w",), ("x",), "y", "out", "j", "eta")
