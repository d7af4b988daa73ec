"""The measured derivative is the true one, and a variable is told by which derivative it is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nntui_core import builtin
from nntui_core.case import Case
from nntui_core.gradients import Derivative, Objective, differentiate, fit, match, meaning
from nntui_core.interpreter import Interpreter
from nntui_core.measure import cells_of, measure
from nntui_core.objective import layout, stated
from nntui_core.optimizers import NONE
from nntui_core.program import Phase, Program
from nntui_core.scratch import Scratch
from nntui_core.trace import Trace, record
from nntui_core.values import Array


def measured(program: Program, iterations: int = 0, budget: int = 4096) -> Case:
    interpreter = Interpreter(program)
    interpreter.start()
    interpreter.run(iterations)
    plan = layout(program)
    forward = frozenset(s.index for s in program.body if plan.phase(s) is Phase.FORWARD)
    with np.errstate(all="ignore"):
        return measure(record(Scratch(interpreter), plan.roles.parameters, forward), plan, NONE, budget)


def derivative(value: Array, error: float = 1e-12) -> Derivative:
    return Derivative("v", 0, value, np.arange(value.size), error)


def default_by_hand(case: Case) -> dict[str, Array]:
    """The derivatives of the default program, by the rules of back-propagation."""
    e = case.trace.environments[-1]
    start = case.trace.start
    da2 = e["a2"] - e["y"]
    dz2 = da2 * e["a2"] * (1 - e["a2"])
    da1 = dz2 @ start["W2"].T
    dz1 = da1 * e["a1"] * (1 - e["a1"])
    return {"W1": e["x"].T @ dz1, "W2": e["a1"].T @ dz2, "z1": dz1, "a1": da1, "z2": dz2, "a2": da2}


@pytest.mark.parametrize("iterations", [0, 5, 200])
def test_central_differences_give_the_derivatives_of_the_default_program(iterations: int) -> None:
    case = measured(builtin.load("default"), iterations)
    expected = default_by_hand(case)
    found = {d.variable: d for d in case.derivatives}
    assert set(found) == set(expected)
    for name, true in expected.items():
        np.testing.assert_allclose(found[name].value, true, rtol=1e-7, atol=1e-10)
        assert np.max(np.abs(found[name].value - true)) <= 10 * found[name].error
        assert found[name].whole
        assert not found[name].value.flags.writeable


POWERS = """
import numpy as np
W = np.array({weights})
x = np.array([[1.0, 2.0, 3.0]])
y = np.array([[0.5]])
for i in range(3):
    p = x @ (W ** 3)
    loss = np.sum((p - y) ** 2)
    W = W - 0.1 * x.T * (p - y)
"""


@given(arrays(float, (3, 1), elements=st.floats(-50, 50)))
@settings(max_examples=20, deadline=None)
def test_the_step_suits_every_magnitude(weights: Array) -> None:
    program = Program.parse(POWERS.format(weights=weights.tolist()), "powers")
    interpreter = Interpreter(program)
    interpreter.start()
    trace = record(Scratch(interpreter), ("W",))
    objective = _stated(trace, program)
    found = differentiate(trace, objective, "W", -1)
    x = np.array([[1.0, 2, 3]])
    true = 2 * (x @ weights**3 - 0.5) * x.T * 3 * weights**2
    scale = np.abs(true).max()
    np.testing.assert_allclose(found.value, true, rtol=1e-6, atol=1e-7 * max(1.0, scale, objective.cost.value))


def _stated(trace: Trace, program: Program) -> Objective:
    objective = stated(trace, layout(program))
    assert objective is not None
    return objective


def test_a_kink_is_stepped_over() -> None:
    source = """
import numpy as np
x = np.array([[1.0, 1.0]])
y = np.array([[2.0]])
W = np.array([[1e-5], [-3e-5]])
for i in range(3):
    z = x * W.T
    a = np.maximum(z, 0)
    p = a @ np.ones((2, 1))
    loss = 0.5 * np.sum((p - y) ** 2)
    delta = (p - y) * (z > 0)
    W = W - 0.1 * (x * delta).T
"""
    program = Program.parse(source, "kink")
    interpreter = Interpreter(program)
    interpreter.start()
    trace = record(Scratch(interpreter), ("W",))
    found = differentiate(trace, _stated(trace, program), "W", -1)
    np.testing.assert_allclose(found.value, np.array([[1e-5 - 2], [0]]), rtol=1e-6, atol=1e-7)


def test_integers_are_moved_by_fractions() -> None:
    source = builtin.source("default").replace("rng.random((3, 4))", "np.arange(12).reshape(3, 4) - 6")
    case = measured(Program.parse(source, "integers"))
    assert case.trace.start["W1"].dtype.kind == "i"
    np.testing.assert_allclose(case.gradients["W1"].value, default_by_hand(case)["W1"], rtol=1e-6, atol=1e-9)


def test_single_precision_is_measured_in_double() -> None:
    source = builtin.source("default").replace("rng.random((3, 4))", "rng.random((3, 4)).astype(np.float32)")
    case = measured(Program.parse(source, "single"))
    np.testing.assert_allclose(case.gradients["W1"].value, default_by_hand(case)["W1"], rtol=1e-4)


def test_a_sample_is_measured_and_the_rest_is_nan() -> None:
    whole, part = measured(builtin.load("default")), measured(builtin.load("default"), budget=8)
    gradient = part.gradients["W1"]
    assert gradient.cells.size == 8
    assert not gradient.whole
    assert np.isnan(gradient.value).sum() == 4
    np.testing.assert_array_equal(gradient.sampled, whole.gradients["W1"].value.reshape(-1)[gradient.cells])


def test_the_sample_is_always_the_same() -> None:
    first, second = cells_of(1000, 10, 50), cells_of(1000, 10, 50)
    assert first is not None
    assert second is not None
    np.testing.assert_array_equal(first, second)
    assert len(set(first.tolist())) == 50
    assert cells_of(50, 10, 50) is None


@given(
    arrays(float, (3, 2), elements=st.floats(0.1, 10)),
    st.sampled_from([1.0, -1.0, 0.25, -4.0]),
)
@settings(max_examples=50, deadline=None)
def test_a_multiple_of_a_derivative_is_recognised(value: Array, factor: float) -> None:
    found = meaning("delta", factor * value, [derivative(value)])
    assert found is not None
    assert found.is_ == "dC/dv"
    assert found.factor == pytest.approx(factor)
    assert found.relative_error < 1e-9


def test_a_factor_of_one_goes_before_other_factors() -> None:
    value = np.array([[1.0, 2.0], [3.0, 5.0]])
    double, same = derivative(2 * value), Derivative("w", 0, value, np.arange(4), 1e-12)
    found = meaning("d", value, [double, same])
    assert found is not None
    assert (found.is_, found.text()) == ("dC/dw", "∂C/∂w")


def test_a_transposed_derivative_is_recognised_last() -> None:
    value = np.array([[1.0, 2.0, 4.0], [3.0, 5.0, 7.0]])
    found = meaning("d", -value.T, [derivative(value)])
    assert found is not None
    assert (found.is_, found.text()) == ("(dC/dv).T", "−1 × (∂C/∂v).T")


def test_what_is_no_derivative_has_no_meaning() -> None:
    value = np.array([[1.0, 2.0], [3.0, 5.0]])
    nearly = value.copy()
    nearly[0, 0] += 1e-3
    assert meaning("d", nearly, [derivative(value)]) is None
    assert meaning("d", value, [derivative(np.zeros((2, 2)))]) is None
    assert meaning("d", np.full((2, 2), np.nan), [derivative(value)]) is None


def test_a_single_number_is_only_its_own_multiple() -> None:
    """Every number is a multiple of every other one."""
    one = derivative(np.array([[2.0]]))
    assert match(np.array([[3.0]]), [one]) is None
    assert match(np.array([[-2.0]]), [one]) is not None


def test_the_fit_tells_factor_and_cosine() -> None:
    value = np.array([1.0, 0.0])
    fitted = fit(np.array([3.0, 4.0]), derivative(value))
    assert fitted.factor == pytest.approx(3)
    assert fitted.cosine == pytest.approx(0.6)
    assert fitted.relative_error == pytest.approx(0.8)
    assert not fitted.exact
