"""The forward pass that follows the last update, and what exporting changes in a text."""

import pytest

from nntui_core import builtin, export
from nntui_core.interpreter import Interpreter
from nntui_core.program import Program


def test_the_forward_pass_leaves_updates_and_what_comes_later_out() -> None:
    source = """import numpy as np
x, y, W, lr = np.eye(3), np.ones((3, 1)), np.zeros((3, 1)), 0.5
for turn in range(3):
    a = x @ W - 0.5
    error = a - y
    loss = np.sum(error ** 2)
    a = error * 2
    W = W - 0.1 * x.T @ error
"""
    text = "\n".join(export.forward(Program.parse(source, "p")))
    assert text == "a = x @ W - 0.5\nerror = a - y\nloss = np.sum(error ** 2)"


def test_in_an_inner_loop_only_the_updates_are_left_out() -> None:
    source = """import numpy as np
x, y, W, lr = np.eye(3), np.ones((3, 1)), np.zeros((3, 1)), 0.5
for epoch in range(5):
    loss = 0.0
    for i in range(3):
        a = x[i] @ W
        loss += np.sum((a - y[i]) ** 2)
        d = a - y[i]
        W = W - 0.1 * np.outer(x[i], d)
"""
    program = Program.parse(source, "p")
    text = "\n".join(export.forward(program))
    assert "loss = 0.0" in text
    assert "pass" in text
    assert "outer" not in text


RANDOM = """import numpy as np
rng = np.random.default_rng(3)
x, y, W = np.eye(3), np.ones((3, 1)), np.zeros((3, 1))
for turn in range(3):
    kept = rng.random((3, 1)) < 0.5 * np.random.random()
    a = (x @ W) * kept
    d = a - y
    loss = np.sum(d**2)
    W = W - 0.1 * x.T @ d
"""


def test_the_outcome_leaves_the_namespace_and_its_random_generators_as_they_were() -> None:
    interpreter = Interpreter(Program.parse(RANDOM, "p"))
    interpreter.start()
    interpreter.run(2)
    before = interpreter.take_checkpoint()
    first = export.outcome(interpreter.program, interpreter.namespace)
    again = export.outcome(interpreter.program, interpreter.namespace)
    assert first["loss"] == again["loss"]
    after = interpreter.take_checkpoint()
    assert after.data["rng"].bit_generator.state == before.data["rng"].bit_generator.state
    assert after.data["loss"] == before.data["loss"]
    assert str(after.numpys_random) == str(before.numpys_random)


def test_what_cannot_be_computed_is_no_outcome() -> None:
    program = Program.parse(RANDOM.replace("W = W - 0.1 * x.T @ d", "W = np.zeros(d.size + 1)"), "p")
    interpreter = Interpreter(program)
    interpreter.start()
    interpreter.run(1)
    assert export.outcome(program, interpreter.namespace) == {}


def test_the_count_is_all_that_another_count_changes() -> None:
    program = builtin.load("forum")
    changed = export.with_iterations(program, 12)
    assert changed.source == program.source.replace("range(1000)", "range(12)")


@pytest.mark.parametrize("header", ["for i in range(0, 3):", "for i in range(n):", "for i in [1]:", "while n:"])
def test_a_header_without_a_count_is_refused(header: str) -> None:
    program = Program.parse(f"n = 3\n{header}\n    n = 0\n", "p")
    with pytest.raises(export.ExportError, match=r"line 2: .*no count"):
        export.with_iterations(program, 12)


def test_a_text_without_a_last_newline_gets_one() -> None:
    program = Program.parse(builtin.source("default").rstrip(), "p")
    assert export.script(program).startswith(program.source + "\n\n# The final")
