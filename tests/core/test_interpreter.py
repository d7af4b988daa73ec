"""Stepping, running and plain Python are the same arithmetic, bit for bit."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.program_oracle import Fingerprint, executed, fingerprint, global_random_state_kept
from tests.core.program_strategies import sources

from nntui_core import builtin
from nntui_core.failure import ProgramFailed
from nntui_core.interpreter import Interpreter, LoopOver, Position, RunFailed
from nntui_core.program import Program

THOROUGH = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
FOREVER = 10**6


def started(source: str) -> Interpreter:
    interpreter = Interpreter(Program.parse(source, "test"))
    interpreter.start()
    return interpreter


def stepped(source: str, iterations: int = FOREVER) -> Interpreter:
    """Step through so many iterations, or to the natural end."""
    interpreter = started(source)
    most = min(iterations, FOREVER if interpreter.natural_end is None else interpreter.natural_end)
    try:
        while interpreter.position.iteration < most and not interpreter.ended:
            interpreter.step()
    except LoopOver:
        pass
    return interpreter


def ran(source: str, iterations: int = FOREVER) -> Interpreter:
    interpreter = started(source)
    most = min(iterations, 10**4 if interpreter.natural_end is None else interpreter.natural_end)
    interpreter.run(most)
    return interpreter


def outcome(how: Callable[[], Interpreter]) -> tuple[Position, Fingerprint]:
    with global_random_state_kept():
        interpreter = how()
        return interpreter.position, fingerprint(interpreter.namespace)


def in_plain_python(source: str) -> Fingerprint:
    with global_random_state_kept():
        return fingerprint(executed(source))


@given(sources())
@THOROUGH
def test_stepping_and_running_a_random_program_end_as_plain_python_does(source: str) -> None:
    expected = in_plain_python(source)
    at, by_steps = outcome(lambda: stepped(source))
    ran_to, by_run = outcome(lambda: ran(source))
    assert by_steps == expected
    assert by_run == expected
    assert at == ran_to


@given(sources(), st.integers(0, 4), st.integers(0, 60))
@THOROUGH
def test_a_checkpoint_gone_back_to_leads_to_the_same_end(source: str, iterations: int, wandering: int) -> None:
    def there_and_back() -> Interpreter:
        interpreter = stepped(source, iterations)
        here, checkpoint = interpreter.position.iteration, interpreter.take_checkpoint()
        ended = interpreter.ended
        try:
            for _ in range(0 if ended else wandering):
                interpreter.step()
        except LoopOver:
            pass
        interpreter.restore(checkpoint, here)
        if not ended:
            end = interpreter.natural_end
            interpreter.run(10**4 if end is None else end - here)
        return interpreter

    assert outcome(there_and_back)[1] == in_plain_python(source)


@given(sources(), st.lists(st.integers(1, 3), max_size=4))
@THOROUGH
def test_a_run_cut_into_pieces_and_steps_is_the_same_run(source: str, pieces: list[int]) -> None:
    def in_pieces() -> Interpreter:
        interpreter = started(source)
        for piece in pieces:
            if not interpreter.ended:
                interpreter.run(piece)
            goal = interpreter.position.iteration + 1
            try:
                while not interpreter.ended and interpreter.position.iteration < goal:
                    interpreter.step()
            except LoopOver:
                pass
        return interpreter

    def straight() -> Interpreter:
        interpreter = started(source)
        most = sum(pieces) + len(pieces)
        if most:
            interpreter.run(most)
        return interpreter

    cut, whole = outcome(in_pieces), outcome(straight)
    assert cut == whole


@pytest.mark.parametrize("name", ["default", "forum"])
def test_a_builtin_program_steps_and_runs_as_plain_python_does(name: str) -> None:
    source = builtin.source(name).replace("range(1000)", "range(60)")
    expected = in_plain_python(source)
    assert outcome(lambda: stepped(source))[1] == expected
    assert outcome(lambda: ran(source))[1] == expected


PAIRED = {"W1": "weight1", "W2": "weight2", "z1": "z1", "a1": "a1", "z2": "z2", "a2": "a2", "loss": "loss"}


@pytest.mark.parametrize("iterations", [1, 10, 1000])
def test_default_and_forum_agree_in_every_bit(iterations: int) -> None:
    default, forum = started(builtin.source("default")), started(builtin.source("forum"))
    assert default.run(iterations) == forum.run(iterations) == iterations
    for here, there in PAIRED.items():
        assert default.namespace[here].tobytes() == forum.namespace[there].tobytes(), here


def test_default_learns_what_ten_lines_of_numpy_learn() -> None:
    rng = np.random.default_rng(1)
    x, y = np.array([[0.0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]), np.array([[0.0], [1], [1], [0]])
    W1, W2 = rng.random((3, 4)), rng.random((4, 1))
    for _ in range(100):
        a1 = 1 / (1 + np.exp(-(x @ W1)))
        a2 = 1 / (1 + np.exp(-(a1 @ W2)))
        d2 = (a2 - y) * (a2 * (1 - a2))
        d1 = (d2 @ W2.T) * (a1 * (1 - a1))
        W2, W1 = W2 - 1.0 * (a1.T @ d2), W1 - 1.0 * (x.T @ d1)
    default = started(builtin.source("default"))
    default.run(100)
    assert default.namespace["W1"].tobytes() == W1.tobytes()
    assert default.namespace["W2"].tobytes() == W2.tobytes()


# --- standing and stepping ----------------------------------------------------------------------------------

COUNTING = "import numpy as np\nw = 0\nfor i in range(3):\n    w = w + 1\n    w = w * 2\n"


def test_a_step_runs_the_statement_that_was_announced_and_no_more() -> None:
    interpreter = started(COUNTING)
    assert (interpreter.position, interpreter.following) == (Position(0, 0), 0)
    assert interpreter.step() == 0
    assert (interpreter.position, interpreter.following) == (Position(0, 1), 1)
    assert (interpreter.namespace["w"], interpreter.statement.text) == (1, "w = w * 2")
    assert interpreter.step() == 1
    assert (interpreter.position, interpreter.following) == (Position(1, 0), 0)
    assert interpreter.namespace["w"] == 2


def test_each_turn_of_an_inner_loop_is_stepped_through() -> None:
    interpreter = started("w = 0\nfor i in range(3):\n    for k in range(2):\n        w += k\n    w *= 2\n")
    assert [interpreter.step() for _ in range(4)] == [0, 1, 1, 2]
    assert interpreter.position == Position(1, 0)


def test_a_range_goes_on_counting_beyond_its_end() -> None:
    interpreter = started(COUNTING)
    assert interpreter.natural_end == 3
    assert interpreter.run(5) == 5
    assert interpreter.namespace["i"] == 4
    interpreter.step()
    assert (interpreter.namespace["i"], interpreter.ended) == (5, False)


def test_a_range_with_a_start_and_a_stride_counts_beyond_its_end_in_its_stride() -> None:
    interpreter = started(COUNTING.replace("range(3)", "range(10, 4, -2)"))
    interpreter.run(4)
    assert interpreter.namespace["i"] == 4
    interpreter.step()
    assert interpreter.namespace["i"] == 2


@pytest.mark.parametrize("by_steps", [True, False])
def test_an_exhausted_iterable_ends_the_loop(by_steps: bool) -> None:
    source = COUNTING.replace("range(3)", "[7, 8, 9]")
    interpreter = stepped(source) if by_steps else ran(source, 50)
    assert interpreter.natural_end == 3
    if not by_steps:
        assert interpreter.run(50) == 0
        assert interpreter.ended
    with pytest.raises(LoopOver):
        interpreter.step()


@pytest.mark.parametrize("by_steps", [True, False])
def test_a_while_loop_ends_when_its_condition_is_false(by_steps: bool) -> None:
    source = COUNTING.replace("for i in range(3)", "while w < 20")
    interpreter = stepped(source) if by_steps else ran(source, 50)
    assert (interpreter.position, interpreter.namespace["w"], interpreter.ended) == (Position(4, 0), 30, True)


@pytest.mark.parametrize("by_steps", [True, False])
def test_a_break_ends_the_loop_in_its_iteration(by_steps: bool) -> None:
    source = "w = 0\nfor i in range(9):\n    w += 1\n    if w == 3:\n        break\n    w += 0\n"
    interpreter = stepped(source) if by_steps else ran(source)
    assert (interpreter.position, interpreter.namespace["i"], interpreter.ended) == (Position(3, 0), 2, True)


def test_a_run_reports_the_loss_of_each_iteration() -> None:
    source = builtin.source("default")
    fast, slow = started(source), started(source)
    seen: list[float] = []
    fast.run(30, seen.append)
    expected: list[float] = []
    for _ in range(30):
        slow.run(1)
        expected.append(slow.namespace["loss"])
    assert seen == expected
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 30


def test_a_checkpoint_is_refused_in_the_middle_of_an_iteration() -> None:
    interpreter = started(COUNTING)
    interpreter.step()
    with pytest.raises(RuntimeError, match="between two iterations"):
        interpreter.take_checkpoint()
    with pytest.raises(RuntimeError, match="between two iterations"):
        interpreter.run(1)


# --- what a body may hold -----------------------------------------------------------------------------------


def assert_as_in_python(source: str) -> None:
    expected = in_plain_python(source)
    assert outcome(lambda: stepped(source))[1] == expected
    assert outcome(lambda: ran(source))[1] == expected


LEARNING = """\
import numpy as np
x = np.array([[1.0, 2.0], [3.0, 4.0]])
y = np.array([[1.0], [0.0]])
W = np.array([[0.1], [0.2]])
lr = 0.1
for i in range(6):
    p = x @ W
    {}
    W = W - lr * x.T @ (p - y)
"""


@pytest.mark.parametrize(
    "line",
    [
        "loss = np.sum((p - y) ** 2)",
        "loss: float = np.sum((p - y) ** 2)",
        "import math as m; w = m.sqrt(2)",
        "def twice(v): return v * 2\n    W = twice(W)",
        "q = [float(v) for v in p[:, 0] if v > 0]; r = {k: k for k in range(3)}",
        "class Holder: value = 3\n    W = W * Holder.value",
        "W, old = W * 2, W",
        "del p\n    p = x @ W",
        "f = lambda v: v * W\n    W = f(0.5)",
        "try:\n        1 / 0\n    except ZeroDivisionError as e:\n        W += 1\n    finally:\n        W /= 2",
        "match i:\n        case 0:\n            c = 1\n        case other:\n            W = W * other",
        "assert W.size; global_name = W",
        "first, *rest = x; W = W * rest[0][0]",
        "print(end='')",
        "W = np.asmatrix(W); W = np.asarray(W)",
        "loss = float(np.sum((p - y) ** 2)); continue",
    ],
    ids=lambda line: line.split("\n")[0][:30],
)
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_a_statement_in_the_body_means_what_it_means_in_python(line: str) -> None:
    assert_as_in_python(LEARNING.format(line))


def test_a_loss_that_is_computed_in_some_iterations_only_does_not_stop_a_run() -> None:
    source = LEARNING.format("if i % 3 == 2:\n        loss = np.sum((p - y) ** 2)")
    assert Program.parse(source, "test").roles.loss == "loss"
    assert_as_in_python(source)


def test_going_back_out_of_a_try_block_leaves_no_trace() -> None:
    source = LEARNING.format("try:\n        W = W * 2\n        W = W + 1\n    finally:\n        W = W - 3")
    interpreter = started(source)
    checkpoint, expected = interpreter.take_checkpoint(), fingerprint(interpreter.namespace)
    for _ in range(3):
        interpreter.step()
    interpreter.restore(checkpoint, 0)
    assert fingerprint(interpreter.namespace) == expected
    interpreter.run(6)
    assert fingerprint(interpreter.namespace) == in_plain_python(source)


@pytest.mark.parametrize(
    "header",
    [
        "for W in [W, W * 2, W * 3]:",
    ],
    ids=["items that the body changes in place"],
)
def test_going_back_also_takes_back_what_the_loops_header_did(header: str) -> None:
    source = (
        "import numpy as np\nrng = np.random.default_rng(1)\nW = np.ones((2, 2))\n"
        f"total = 0\n{header}\n    W += 1\n    noise = rng.random()\n    total = total + W.sum() + noise\n"
    )
    interpreter = started(source)
    checkpoint = interpreter.take_checkpoint()
    for _ in range(3):
        interpreter.step()
    interpreter.restore(checkpoint, 0)
    interpreter.run(100)
    assert fingerprint(interpreter.namespace) == in_plain_python(source)


# --- failing ------------------------------------------------------------------------------------------------


def test_a_failing_setup_names_its_line() -> None:
    with pytest.raises(ProgramFailed) as caught:
        started("import numpy as np\nx = 1\ny = x + missing\nfor i in range(3):\n    x = 2\n")
    assert caught.value.failure.line == 3
    assert caught.value.failure.statement is None
    assert "NameError" in caught.value.failure.message
    assert "missing" in caught.value.failure.message


def test_a_failing_header_names_its_line() -> None:
    with pytest.raises(ProgramFailed) as caught:
        started("x = 1\nfor i in missing:\n    x = 2\n")
    assert caught.value.failure.line == 2


def test_a_while_condition_that_fails_names_its_line() -> None:
    interpreter = started("x = 1\nwhile x < missing:\n    x = 2\n")
    with pytest.raises(ProgramFailed) as caught:
        interpreter.step()
    assert caught.value.failure.line == 2


FAILING_LATER = (
    "import numpy as np\nw = np.ones(3)\nfor i in range(9):\n    w = w + 1\n    w = w + np.ones(3 if i < 4 else 4)\n"
)


def test_a_step_that_fails_stands_before_the_statement_that_failed() -> None:
    interpreter = started(FAILING_LATER)
    interpreter.run(4)
    interpreter.step()
    with pytest.raises(ProgramFailed) as caught:
        interpreter.step()
    assert (interpreter.position, interpreter.following) == (Position(4, 1), 1)
    assert (caught.value.failure.line, caught.value.failure.statement) == (5, 1)


@pytest.mark.parametrize(("before", "finished"), [(0, 4), (3, 1), (4, 0)])
def test_a_run_that_fails_tells_how_many_iterations_it_had_finished(before: int, finished: int) -> None:
    interpreter = started(FAILING_LATER)
    interpreter.run(before)
    with pytest.raises(RunFailed) as caught:
        interpreter.run(9)
    assert caught.value.finished == finished


def test_an_iterable_that_fails_says_so_in_words_and_counts_what_was_finished() -> None:
    source = (
        "def items():\n    yield 1\n    yield 2\n    raise ValueError('no third')\n"
        "w = 0\nfor i in items():\n    w += i\n"
    )
    interpreter = started(source)
    with pytest.raises(RunFailed) as caught:
        interpreter.run(9)
    assert caught.value.finished == 2
    interpreter = started(source)
    interpreter.step()
    interpreter.step()
    with pytest.raises(ProgramFailed, match="no third"):
        interpreter.step()
