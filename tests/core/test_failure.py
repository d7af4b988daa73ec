"""A failing statement is told in words: both shapes, which operand has which, what the target needs."""

from typing import Any

import numpy as np
import pytest
from tests.core.program_oracle import fingerprint, global_random_state_kept

from nntui_core import builtin
from nntui_core.failure import Failure, ProgramFailed, shape_text
from nntui_core.interpreter import Interpreter
from nntui_core.program import Program

SETUP = """\
import numpy as np
rng = np.random.default_rng(1)
x = np.ones((4, 3))
W = np.ones((3, 4))
b = np.ones(4)
n = 2
text = "a"
"""


def failure_of(source: str) -> Failure:
    interpreter = Interpreter(Program.parse(source, "test"))
    interpreter.start()
    with pytest.raises(ProgramFailed) as caught:
        _step_until_it_fails(interpreter)
    assert str(caught.value) == str(caught.value.failure)
    return caught.value.failure


def _step_until_it_fails(interpreter: Interpreter) -> None:
    for _ in range(100):
        interpreter.step()


def failing(statement: str) -> Failure:
    return failure_of(f"{SETUP}for i in range(3):\n    n = n\n    {statement}\n")


def test_the_naive_programs_second_update_is_told_in_words() -> None:
    failure = failure_of(builtin.source("naive"))
    assert (failure.line, failure.statement) == (28, 10)
    assert failure.message == "ValueError: operands could not be broadcast together with shapes (3,4) (4,4)"
    which, needed = failure.details
    assert which.startswith("weight1 is (3,4), learningRate * dC_dw1 is (4,4): ")
    assert "3 does not go with 4" in which
    assert "weight1" in needed
    assert "(3,4)" in needed
    assert "(4,4)" not in needed
    assert str(failure).startswith("line 28: ValueError")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("p = x @ x", "x is (4,3), x is (4,3): a product needs columns = rows, and 3 is not 4"),
        ("p = np.dot(x, W.T)", "x is (4,3), W.T is (4,3): a product needs columns = rows, and 3 is not 4"),
        ("p = np.matmul(x, x)", "x is (4,3), x is (4,3): a product needs columns = rows, and 3 is not 4"),
        ("p = x.dot(b)", "x is (4,3), b is (4,): a product needs columns = rows, and 3 is not 4"),
        ("p = np.tanh(1 + x @ (W + W.T))", "W is (3,4), W.T is (4,3): 4 does not go with 3"),
        ("p = (x * W.T) - x[:3]", "x * W.T is (4,3), x[:3] is (3,3): 4 does not go with 3"),
        ("p = x ** W", "x is (4,3), W is (3,4): 3 does not go with 4"),
        ("p = x / b", "x is (4,3), b is (4,): 3 does not go with 4"),
        ("p = n + text", "n is a number, text is str: `+` does not take them"),
    ],
)
def test_the_operation_that_failed_is_quoted_with_its_operands_shapes(statement: str, said: str) -> None:
    failure = failing(statement)
    assert (failure.line, failure.statement) == (10, 1)
    shapes, rule = said.split(": ")
    assert len(failure.details) == 1
    assert failure.details[0].startswith(f"{shapes}: ")
    assert failure.details[0].endswith(rule)


@pytest.mark.parametrize(
    ("statement", "operands"),
    [
        ("W = W - 0.1 * x", "W is (3,4), 0.1 * x is (4,3):"),
        ("W = 0.1 * x + W", "0.1 * x is (4,3), W is (3,4):"),
        ("W -= 0.1 * x", "W is (3,4), 0.1 * x is (4,3):"),
        ("W = W - 0.1 * (x + b)", "x is (4,3), b is (4,):"),
    ],
)
def test_an_update_also_says_what_the_target_needs(statement: str, operands: str) -> None:
    failure = failing(statement)
    which, needed = failure.details
    assert which.startswith(operands)
    assert "W" in needed
    assert "(3,4)" in needed
    assert "(4,3)" not in needed


def test_an_in_place_update_that_would_have_to_grow_says_that_it_does_not_fit() -> None:
    which, needed = failing("b += W").details
    assert which == "b is (4,), W is (3,4): the right side does not fit into the left"
    assert "(4,)" in needed
    assert "(3,4)" not in needed


def test_an_update_of_a_part_is_told_in_the_parts_shape() -> None:
    assert failing("W[0] += x").details[0] == "W[0] is (4,), x is (4,3): the right side does not fit into the left"


def test_a_name_that_is_not_there_is_told_with_those_that_are() -> None:
    failure = failing("p = x @ weights")
    assert failure.message == "NameError: name 'weights' is not defined"
    assert failure.details == ("the arrays here are W, b, x",)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("raise KeyError('k')", "KeyError: 'k'"),
        ("raise ValueError", "ValueError: no reason given"),
        ("raise ValueError('one\\ntwo')", "ValueError: one"),
        ("W = np.linalg.inv(W)", "LinAlgError: Last 2 dimensions of the array must be square"),
        ("p = x[9]", "IndexError: index 9 is out of bounds for axis 0 with size 4"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_any_other_exception_is_told_in_its_own_words(statement: str, message: str) -> None:
    assert failing(statement).message == message


def test_a_statement_in_a_block_is_named_itself() -> None:
    failure = failing("if n == 2:\n        n = 2\n        p = x @ x")
    assert (failure.line, failure.statement) == (12, 3)
    assert len(failure.details) == 1


def test_a_header_that_fails_is_not_blamed_on_its_block() -> None:
    failure = failing("for k in missing:\n        p = x @ x")
    assert failure.line == 10
    assert failure.message == "NameError: name 'missing' is not defined"
    assert failure.details == ("the arrays here are W, b, x",)


def test_telling_a_failure_changes_nothing() -> None:
    with global_random_state_kept():
        source = (
            f"{SETUP}alias = W\nfor i in range(3):\n"
            "    W = (W * rng.random()) + (rng.random((3, 4)) @ np.random.rand(3, 4))\n"
        )
        interpreter = Interpreter(Program.parse(source, "test"))
        interpreter.start()
        np.random.seed(3)
        with pytest.raises(ProgramFailed):
            interpreter.step()
        told = fingerprint(interpreter.namespace)
        plain: dict[str, Any] = {}
        exec(source[: source.index("for i in")], plain)
        np.random.seed(3)
        with pytest.raises(ValueError, match="matmul"):
            exec("i = 0\nW = (W * rng.random()) + (rng.random((3, 4)) @ np.random.rand(3, 4))", plain)
        assert told == fingerprint(plain)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.ones((4, 1)), "(4,1)"),
        (np.ones(4), "(4,)"),
        (np.ones((2, 3, 4)), "(2,3,4)"),
        (np.float64(1), "a number"),
        (np.array(1), "a number"),
        (3, "a number"),
        (1j, "a number"),
        ("a", "str"),
        (None, "NoneType"),
        ([1], "list"),
    ],
)
def test_a_shape_is_written_as_learners_write_it(value: object, text: str) -> None:
    assert shape_text(value) == text
