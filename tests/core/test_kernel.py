"""A lowered body is the body as it was written, to the last bit: values, layouts, aliases, random states, losses."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from tests.core.kernel_strategies import Loop, loops
from tests.core.lowering import body_of, outcome, started
from tests.core.program_oracle import fingerprint, global_random_state_kept

from nntui_core import builtin, script
from nntui_core.interpreter import Interpreter
from nntui_core.kernel import CannotLower, blocks, lowered, running
from nntui_core.output import Output

SCRIPTS = sorted((Path(__file__).parent.parent / "scripts").glob("*.py"))
CORRECT = sorted((Path(__file__).parent / "correct_programs").glob("*.py"))
THOROUGH = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def at_once() -> Iterator[None]:
    """Let every body be lowered after a few iterations."""
    before, running.HOT = running.HOT, 0.0
    yield
    running.HOT = before


@given(loops())
@THOROUGH
def test_a_random_loop_ends_as_it_was_written(loop: Loop) -> None:
    kernel = loop.started()
    assert outcome(kernel, lower=True) == outcome(loop.started(), lower=False)
    assert not body_of(kernel).reason.startswith(running.FAULT)
    assert len(body_of(kernel)._kernels) <= 2


@given(loops())
@settings(THOROUGH, max_examples=30)
def test_a_random_loop_in_blocks_ends_as_it_was_written(loop: Loop) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", 8)
        patch.setattr(blocks, "LARGE", 9)
        kernel = outcome(loop.started(), lower=True)
    assert kernel == outcome(loop.started(), lower=False)


def test_a_large_network_ends_as_it_was_written() -> None:
    source = builtin.source("default").replace("(3, 4)", "(3, 300)").replace("(4, 1)", "(300, 1)")
    source = source.replace("dtype=float)", "dtype=float).repeat(40, axis=0)")
    kernel = started(source)
    assert outcome(kernel, lower=True) == outcome(started(source), lower=False)
    body = body_of(kernel)
    assert body._kernel is not None
    assert "for P0" in body._kernel.source


def test_a_slow_body_is_lowered_though_it_runs_one_iteration_at_a_time() -> None:
    source = builtin.source("default").replace("(3, 4)", "(3, 300)").replace("(4, 1)", "(300, 1)")
    interpreter = started(source.replace("dtype=float)", "dtype=float).repeat(400, axis=0)"))
    body = body_of(interpreter)
    for _ in range(40):  # as in the screen, where a slice is over after an iteration or two
        interpreter.run(1, lambda *_: None)
    assert body._kernel is not None


def opened(path: Path) -> Interpreter:
    interpreter = Interpreter(script.load(str(path)))
    with Output().installed(anew=True), global_random_state_kept():
        interpreter.start()
    if "start" in interpreter.namespace:
        interpreter.namespace["start"] = 0.0  # the time of day
    return interpreter


AS_WRITTEN = {
    "book_class": "a shuffle of something else than numbers",
    "book_lists": "a shuffle of something else than numbers",
    "named_tuple": "p is a Params",
}
"""Scripts whose body is not lowered, and why; that of every other one is."""


@pytest.mark.parametrize("path", [*SCRIPTS, *CORRECT], ids=lambda path: path.stem)
def test_a_script_ends_as_it_was_written(path: Path) -> None:
    kernel = opened(path)
    assert outcome(kernel, lower=True) == outcome(opened(path), lower=False)
    body = body_of(kernel)
    reason = AS_WRITTEN.get(path.stem, "")
    assert (body.reason, len(body._kernels)) == (reason, not reason)


@pytest.mark.parametrize("name", ["default", "forum"])
@pytest.mark.parametrize("type_", ["float", "np.float32", "int"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_builtin_program_in_other_types_and_orders_ends_as_it_was_written(name: str, type_: str, order: str) -> None:
    source = builtin.source(name).replace("dtype=float", f"dtype={type_}, order={order!r}")
    kernel = started(source)
    assert outcome(kernel, lower=True) == outcome(started(source), lower=False)
    assert body_of(kernel).reason == ""


@pytest.mark.parametrize(("name", "calls"), [("default", 23), ("forum", 24)])
def test_how_many_calls_an_iteration_of_a_builtin_program_takes(name: str, calls: int) -> None:
    """The default one: 5 products, 4 a sigmoid, a2 - y and its numbers, 3 a delta, 1 an update: the rate is 1."""
    interpreter = started(builtin.source(name))
    interpreter.run(4)
    assert lowered(interpreter.program, interpreter.namespace).calls == calls


def test_nothing_is_allocated_in_an_iteration_of_the_default_program() -> None:
    interpreter = started(builtin.source("default"))
    interpreter.run(4)
    kernel = lowered(interpreter.program, interpreter.namespace)
    loop = kernel.source[kernel.source.index("for ITEM") : kernel.source.index("SEEN(v")]
    lines = [line.strip() for line in loop.split("\n")[1:-2]]
    made = [line for line in lines if line.startswith(("v", "R"))]
    assert len(made) == 3, made  # the numbers of the loss: a list of them, their sum, its half
    assert all(line.startswith(("m", "k")) for line in lines if line not in made)


WHOLE = """
import numpy as np
rng = np.random.default_rng(1)
x = rng.random((4, 3))
W = rng.random((3, 2))
{setup}
for i in range(60):
    p = np.tanh(x @ W)
    loss = np.sum(p ** 2)
    g = x.T @ p
    {line}
    W = W - lr * g
"""


@pytest.mark.parametrize(
    "line",
    [
        "if i == 20: lr = 1",  # another type
        "if i == 20: lr = 0.5",
        "if i == 20: W = np.asfortranarray(W)",
        "if i == 20: W = W.astype(np.float32)",
        "if i == 20: x = x[:3]; p = p[:3]",
        "if i == 20: x = x.view(type('Own', (np.ndarray,), {}))",
        "if i == 20: np = __import__('math')",  # fails in the next iteration
        "if i == 20: del W",
        "if i == 20: break",
        "if i > 20: continue",
        "if i == 20: W[0, 0] = np.nan",
        "if loss < 1e-3: print(i, loss); break",
        "if i == 20: x.flags.writeable = False",
        "if i == 20: np.seterr(invalid='raise'); W[0] = np.inf; x[:] = 0.0",
        "first = W if i == 0 else first",
        "if i == 0: first = W; old = p",
        "g.flags.writeable = i != 20; g += 1",
        "np.add(g, 1, out=g)",
        "np.clip(g, -0.1, 0.1, out=g); z += g.sum()",
        "np.clip(g, -0.1, 0.1, g); z += g.sum()",
        "for a in [g]: a.clip(-0.1, 0.1, out=a); z += a.sum()",
        "s = g.T @ g; g.T.dot(g * 0.5, out=s); z += s.sum()",
        "np.cumsum(g, axis=0, out=g); z += g.sum()",
        "y = 0.1 / (g > 0); np.nan_to_num(y, copy=False, posinf=0.0); z += y.sum()",
        "sizes.append(W.T); W *= 0.5",
        "x = x * 1.0",
        "last = W; W = W.copy(); W += 1",
        "y = W.T; W *= 0.5; z = y[0].sum()",
        "W, g = W, g",
        "sizes.append(loss)",
        "sizes[0] = loss",
        "for row in W[0]: W *= 0.5; z += row",
        "for k, row in enumerate(W): W = W + row",
    ],
)
def test_what_a_kernel_was_made_for_may_change(line: str) -> None:
    source = WHOLE.format(line=line, setup="lr = 0.1; first = 0; sizes = [0]; last = y = W; z = 0.0")
    with np.errstate():
        kernel = outcome(started(source), lower=True)
    assert kernel == outcome(started(source), lower=False)


def test_an_element_is_read_before_the_right_side_changes_it() -> None:
    setup = "def changed():\n    a[0] = 5.0\n    return 1.0\nlr, a = 0.1, np.ones(3)"
    source = WHOLE.format(line="a[0] += changed(); a[0] *= 0.5", setup=setup)
    kernel = started(source)
    assert outcome(kernel, lower=True) == outcome(started(source), lower=False)


def test_arrays_that_overlap_stay_as_they_were_written() -> None:
    source = WHOLE.format(line="W += g; A -= W.sum()", setup="lr = 0.1; A = W[:2]; W0 = W")
    kernel = started(source)
    assert outcome(kernel, lower=True) == outcome(started(source), lower=False)


def test_a_failing_iteration_is_the_same_one() -> None:
    source = WHOLE.format(line="n = 1 / (30 - i)", setup="lr = 0.1; n = 0.0")
    kernel = outcome(started(source), lower=True)
    assert kernel["failed"] == outcome(started(source), lower=False)["failed"]


def test_a_new_rate_is_used_at_once() -> None:
    both = []
    for lower in (True, False):
        interpreter = started(builtin.source("default"))
        for rate in (1.0, 0.5, 3, 1.0):
            interpreter.namespace["lr"] = rate
            outcome(interpreter, lower)
        both.append(fingerprint(interpreter.namespace))
    assert both[0] == both[1]


def test_a_rate_that_comes_back_finds_its_kernel() -> None:
    interpreter = started(builtin.source("default"))
    for rate in (1.0, 0.5, 1.0, 0.25, 1.0, 2.0, 1, 1.0):
        interpreter.namespace["lr"] = rate
        interpreter.run(20)
    assert len(body_of(interpreter)._kernels) == 3  # for 1.0, for another float, and for a whole number


def test_what_is_kept_of_a_run_does_not_change_in_the_next() -> None:
    interpreter = started(builtin.source("default"))
    interpreter.run(40)
    held = dict(interpreter.namespace)
    before = fingerprint(held)
    interpreter.run(40)
    assert fingerprint(held) == before


def test_what_cannot_be_lowered_says_why() -> None:
    interpreter = started(WHOLE.format(line="print(i)", setup="lr = 0.1"))
    interpreter.run(4)
    with pytest.raises(CannotLower, match="print"):
        lowered(interpreter.program, interpreter.namespace)
