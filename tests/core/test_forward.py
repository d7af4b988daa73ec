"""The forward pass by itself gives what the program gives, and the program cannot notice."""

import random
from pathlib import Path

import numpy as np
import pytest

from nntui_core import places
from nntui_core.forward import Forward, NoForward
from nntui_core.interpreter import Position
from nntui_core.program import Origin, Program
from nntui_core.script import load
from nntui_core.session import Session
from nntui_core.values import Checkpoint, same_bits

SCRIPTS = sorted((Path(__file__).parents[1] / "scripts").glob("*.py"))
HEAD = """
import numpy as np
rng = np.random.default_rng(3)
x = rng.normal(size=(6, 2))
y = (x[:, :1] > 0).astype(float)
W1, b1 = rng.normal(size=(2, 3)), np.zeros(3)
W2 = rng.normal(size=(3, 1))
calls = []
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
"""
BACK = """
    delta2 = a2 - y
    dW2 = a1.T @ delta2
    delta1 = delta2 @ W2.T * a1 * (1 - a1)
    W2 = W2 - 0.1 * dW2
    W1 = W1 - 0.1 * (x.T @ delta1)
    b1 = b1 - 0.1 * delta1.sum(axis=0)
"""


def program(forward: str, head: str = "") -> Program:
    lines = "".join(f"    {line}\n" for line in forward.strip().split("\n"))
    return Program.parse(f"{HEAD}{head}\nfor i in range(100):\n{lines}{BACK}", "forward", Origin())


ONE_SAMPLE_AFTER_ANOTHER = {"book_class", "book_lists", "book_loops"}
"""Scripts whose prediction is of one sample, an item of a list of them: there is no array of inputs to give."""
IN_A_METHOD = {"loss_in_method"}
"""Scripts whose prediction has a name that no line of the trace writes: a method computes it."""
OF_ALL_SAMPLES = [file for file in SCRIPTS if file.stem not in ONE_SAMPLE_AFTER_ANOTHER]


@pytest.mark.parametrize("file", [f for f in OF_ALL_SAMPLES if f.stem not in IN_A_METHOD], ids=lambda path: path.stem)
def test_of_each_script_it_is_the_programs_own_prediction(file: Path) -> None:
    session = Session(load(str(file)))
    forward = Forward.of(session.program)
    session.advance(1)
    writer = [executed for executed in session.trace_of(0) if forward.prediction in executed.targets][-1]
    session.goto(Position(0, writer.position.tick + 1))
    written = session.state
    inputs = written[forward.inputs]
    found = forward.run(session.interpreter.namespace, inputs)
    np.testing.assert_allclose(found, written[forward.prediction], rtol=1e-12)


@pytest.mark.parametrize("file", OF_ALL_SAMPLES, ids=lambda path: path.stem)
def test_the_program_cannot_notice(file: Path) -> None:
    session = Session(load(str(file)))
    session.advance(1)
    live = session.interpreter.namespace
    before = Checkpoint.take(live)
    printed = session.output.count
    forward = Forward.of(session.program)
    forward.run(live, session.state[forward.inputs])
    after = Checkpoint.take(live)
    assert set(before.data) == set(after.data)
    for name, value in before.data.items():
        if isinstance(value, np.ndarray):
            assert same_bits(value, after.data[name]), name
    assert session.output.count == printed
    assert str(before.numpys_random) == str(after.numpys_random)
    assert before.pythons_random == after.pythons_random


def test_random_draws_and_notes_of_the_forward_pass_stay_its_own() -> None:
    noisy = program(
        "a1 = noted(sigmoid(x @ W1 + b1) * (rng.random(3) < 2) + 0 * np.random.random() + 0 * random.random())\n"
        "a2 = sigmoid(a1 @ W2)",
        "import random\ndef noted(a):\n    calls.append(1)\n    print('here')\n    return a",
    )
    session = Session(noisy)
    session.advance(1)
    live = session.interpreter.namespace
    calls, own = len(live["calls"]), live["rng"].bit_generator.state
    np.random.seed(5)
    random.seed(5)
    numpys, pythons = str(np.random.get_state()), random.getstate()
    found = Forward.of(noisy).run(live, np.zeros((4, 2)))
    assert found.shape == (4, 1)
    assert len(live["calls"]) == calls
    assert live["rng"].bit_generator.state == own
    assert str(np.random.get_state()) == numpys
    assert random.getstate() == pythons
    assert session.output.count == calls


def test_a_line_that_writes_into_the_programs_array_is_refused_and_writes_nothing() -> None:
    writing = program(
        "a1 = sigmoid(np.multiply(x @ W1, scale, out=buffer[:len(x)]) + b1)\na2 = sigmoid(a1 @ W2)",
        "buffer = np.zeros((6, 3))\nscale = 1.0",
    )
    session = Session(writing)
    session.advance(1)
    kept = session.interpreter.namespace["buffer"].copy()
    with pytest.raises(NoForward, match=r"line \d+, run by itself: ValueError"):
        Forward.of(writing).run(session.interpreter.namespace, np.ones((6, 2)))
    assert same_bits(session.interpreter.namespace["buffer"], kept)


def test_its_lines_are_those_that_lead_through_the_parameters() -> None:
    session = Session(
        program("batch = x[:]\nunused = sigmoid(x) + i\nz1 = batch @ W1 + b1\na1 = sigmoid(z1)\na2 = sigmoid(a1 @ W2)")
    )
    forward = Forward.of(session.program)
    assert [statement.targets for statement in forward.statements] == [("z1",), ("a1",), ("a2",)]
    assert (forward.inputs, forward.prediction, forward.upright) == ("batch", "a2", True)


def test_samples_may_be_columns() -> None:
    columns = next(path for path in SCRIPTS if path.stem == "columns")
    assert not Forward.of(load(str(columns))).upright


@pytest.mark.parametrize(
    ("forward", "head", "reason"),
    [
        ("a1 = x\nfor W in (W1, W2):\n    a1 = sigmoid(a1 @ W)\na2 = a1 + 0 * b1.sum()", "", "loop"),
        ("a1 = sigmoid(x @ W1 + b1)\nif i >= 0:\n    a2 = sigmoid(a1 @ W2)", "", "condition"),
        ("a1 = sigmoid(x * W1[:1, :2])[:, [0, 1, 0]] + b1\na2 = sigmoid((a1 * W2.T).sum(axis=1, keepdims=True))", "",
         "no product"),
    ],
    ids=["layers in a loop", "a condition", "no product"],
)  # fmt: skip
def test_what_cannot_stand_by_itself_is_refused(forward: str, head: str, reason: str) -> None:
    with pytest.raises(NoForward, match=reason):
        Forward.of(program(forward, head))


def test_a_program_without_a_prediction_is_told_so() -> None:
    text = "w = 1.0\nfor i in range(3):\n    w = w * 0.5\n"
    with pytest.raises(NoForward, match="no prediction"):
        Forward.of(Program.parse(text, "none"))


def test_places_are_read_where_they_are() -> None:
    dictionaries = load(str(next(path for path in SCRIPTS if path.stem == "course_dictionaries")))
    session = Session(dictionaries)
    session.advance(3)
    live = session.interpreter.namespace
    before = places.value(live, "params['W1']").copy()
    Forward.of(dictionaries).run(live, np.zeros((2, 5)))
    assert same_bits(places.value(live, "params['W1']"), before)
