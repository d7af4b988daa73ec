"""The verdict judges the gradient, under any optimizer, in any precision, with draws, kinks, decay, several rates."""

import itertools
import math

import pytest

from nntui_core import mistakes
from nntui_core.diagnosis import Report, check
from nntui_core.findings import ParameterVerdict
from nntui_core.interpreter import Interpreter
from nntui_core.mistakes import DELTA1, DELTA2, Edit, edited
from nntui_core.picture import Painter
from nntui_core.program import Program
from nntui_core.session import Session

DW1, DW2 = "dW1 = x.T @ delta1", "dW2 = a1.T @ delta2"
UPDATE1, UPDATE2 = "W1 = W1 - lr * dW1", "W2 = W2 - lr * dW2"
LOSS = "loss = 0.5 * np.sum((a2 - y) ** 2)"

WRONG: dict[str, Edit] = {
    "sign": (DELTA1, "delta1 = -(delta2 @ W2.T) * (a1 * (1 - a1))"),
    "delta-for-gradient": (DW2, "dW2 = delta2"),
    "missing-transpose": (DW2, "dW2 = a1 @ delta2"),
    "wrong-activation": (DW2, "dW2 = a2.T @ delta2"),
    "derivative-of-z": (DELTA2, "delta2 = (a2 - y) * (z2 * (1 - z2))"),
    "derivative-twice": (DELTA2, "delta2 = (a2 - y) * (a2 * (1 - a2)) * (a2 * (1 - a2))"),
    "missing-hidden-derivative": (DELTA1, "delta1 = delta2 @ W2.T"),
    "missing-output-derivative": (DELTA2, "delta2 = a2 - y"),
    "error-for-delta": (DELTA1, "delta1 = ((a2 - y) @ W2.T) * (a1 * (1 - a1))"),
    "error-distorted": (DELTA2, "delta2 = (a2 - y) ** 2 * (a2 * (1 - a2))"),
    "scale": (DW2, "dW2 = a1.T @ delta2 / 4"),
}

OPTIMIZERS = {
    "plain": ("W{i} = W{i} - lr * dW{i}",),
    "momentum": ("v{i} = 0.9 * v{i} + dW{i}", "W{i} = W{i} - lr * v{i}"),
    "velocity": ("v{i} = 0.9 * v{i} - lr * dW{i}", "W{i} += v{i}"),
    "average": ("v{i} = 0.9 * v{i} + (1 - 0.9) * dW{i}", "W{i} -= lr * v{i}"),
    "Nesterov": (
        "before = v{i}",
        "v{i} = 0.9 * v{i} - lr * dW{i}",
        "W{i} = W{i} - 0.9 * before + (1 + 0.9) * v{i}",
    ),
    "Adam": (
        "v{i} = 0.9 * v{i} + 0.1 * dW{i}",
        "s{i} = 0.999 * s{i} + 0.001 * dW{i} ** 2",
        "m_hat = v{i} / (1 - 0.9 ** (iteration + 1))",
        "W{i} = W{i} - lr * m_hat / (np.sqrt(s{i} / (1 - 0.999 ** (iteration + 1))) + 1e-8)",
    ),
    "RMSprop": ("s{i} = 0.9 * s{i} + 0.1 * dW{i} ** 2", "W{i} = W{i} - lr * dW{i} / (np.sqrt(s{i}) + 1e-8)"),
    "Adagrad": ("s{i} += dW{i} * dW{i}", "W{i} -= lr * dW{i} / np.sqrt(s{i} + 1e-8)"),
    "AdaMax": (
        "v{i} = 0.9 * v{i} + 0.1 * dW{i}",
        "s{i} = np.maximum(0.999 * s{i}, np.abs(dW{i}))",
        "W{i} = W{i} - lr * v{i} / (s{i} + 1e-8)",
    ),
    "AdamW": (
        "v{i} = 0.9 * v{i} + 0.1 * dW{i}",
        "s{i} = 0.999 * s{i} + 0.001 * dW{i} ** 2",
        "W{i} = W{i} - lr * (v{i} / (np.sqrt(s{i}) + 1e-8) + 0.01 * W{i})",
    ),
}


def diagnose(source: str, iterations: int = 0) -> Report:
    interpreter = Interpreter(Program.parse(source, "a program"))
    interpreter.start()
    interpreter.run(iterations)
    return check(interpreter)


def changed(*edits: Edit) -> str:
    return edited(mistakes.base("default"), edits)


def optimized(lines: tuple[str, ...], dtype: str = "float64", edits: tuple[Edit, ...] = (), rate: str = "0.02") -> str:
    """The default program with another update rule, all its numbers of a dtype."""
    cast = "" if dtype == "float64" else f".astype(np.{dtype})"
    updates = ["\n    ".join(lines).format(i=i) for i in (1, 2)]
    shapes = {"1": "(3, 4)", "2": "(4, 1)"}
    buffers = [f"{b}{i} = np.zeros({shape}){cast}" for b in "vs" for i, shape in shapes.items()]
    source = changed(
        *edits,
        (UPDATE1, updates[0]),
        (UPDATE2, updates[1]),
        ("lr = 1.0", "\n".join([f"lr = {rate}", *buffers])),
        ("W1 = rng.random((3, 4))", f"W1 = rng.random((3, 4)){cast}"),
        ("W2 = rng.random((4, 1))", f"W2 = rng.random((4, 1)){cast}"),
    )
    return source.replace("dtype=float", f"dtype=np.{dtype}")


def errors(report: Report) -> list[str]:
    return [f.code for f in report.findings if f.severity == "error"]


def told(report: Report) -> list[tuple[str, str]]:
    return [(f.code, f.severity) for f in report.findings if f.code != "shape-coincidence"]


def verdict(report: Report, name: str) -> ParameterVerdict:
    return next(p for p in report.parameters if p.name == name)


# --- optimizers and precision ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("optimizer", ["plain", "velocity", "Adam"])
@pytest.mark.parametrize("code", WRONG)
def test_a_mistake_is_named_under_every_optimizer(code: str, optimizer: str, dtype: str) -> None:
    report = diagnose(optimized(OPTIMIZERS[optimizer], dtype, (WRONG[code],)))
    assert errors(report) == [code]
    assert report.failed


@pytest.mark.parametrize(
    ("optimizer", "dtype"),
    [*itertools.product(OPTIMIZERS, ["float64", "float32"]), ("plain", "float16"), ("velocity", "float16")],
)
def test_a_right_gradient_is_right_under_every_optimizer(optimizer: str, dtype: str) -> None:
    for iterations in (0, 5):
        report = diagnose(optimized(OPTIMIZERS[optimizer], dtype), iterations)
        assert not report.failed
        assert not errors(report)
        for p in report.parameters:
            assert p.verdict == "descent"
            assert p.cosine == pytest.approx(1, abs=1e-9)
            assert p.relative_error < 1e-5
            assert math.isnan(p.factor) == (optimizer != "plain")
            assert ("size is set by" in p.unsized) == (optimizer != "plain")


@pytest.mark.parametrize("optimizer", ["momentum", "velocity", "Adam"])
def test_a_buffer_that_pushes_back_is_wrong(optimizer: str) -> None:
    lines = tuple(line.replace("v{i} = 0.9", "v{i} = -0.9") for line in OPTIMIZERS[optimizer])
    report = diagnose(optimized(lines))
    assert errors(report) == ["sign", "sign"]
    assert [(f.variable, "gives back −0.9 ×" in f.message) for f in report.findings[:2]] == [("v1", True), ("v2", True)]
    assert {p.verdict for p in report.parameters} == {"not-a-gradient"}


@pytest.mark.parametrize(
    ("old", "new"), [("dW{i} ** 2", "dW{i}"), ("np.sqrt(s{i})", "s{i}"), ("dW{i} ** 2", "W{i} ** 2")]
)
def test_a_divisor_that_is_not_the_size_of_the_gradient_is_wrong(old: str, new: str) -> None:
    lines = tuple(line.replace(old, new) for line in OPTIMIZERS["RMSprop"])
    assert lines != OPTIMIZERS["RMSprop"]
    report = diagnose(optimized(lines))
    assert report.failed
    assert {p.verdict for p in report.parameters} == {"not-a-gradient"}


@pytest.mark.parametrize("line", ["v2 = np.maximum(v2, W2)", "v2 = 0.9 * v2 + 0.1 * W2", "v2 = v2 + np.abs(dW2)"])
def test_an_array_that_no_step_depends_on_changes_no_verdict(line: str) -> None:
    plain = OPTIMIZERS["plain"]
    aside = ("W2 = W2 - lr * dW2", f"W2 = W2 - lr * dW2\n    {line}")
    assert errors(diagnose(edited(optimized(plain), (aside,)))) == []
    wrong = edited(optimized(plain, edits=(WRONG["missing-output-derivative"],)), (aside,))
    assert errors(diagnose(wrong)) == ["missing-output-derivative"]


def test_the_factor_under_momentum_is_that_of_what_enters() -> None:
    """An average's 0.1 is the optimizer's; a forgotten 2 of the cost is a mistake there as well."""
    report = diagnose(optimized(OPTIMIZERS["average"], edits=((LOSS, "loss = np.sum((a2 - y) ** 2)"),)))
    assert errors(report) == ["scale"]
    assert report.findings[0].suggestion == "delta2 = 2 * ((a2 - y) * (a2 * (1 - a2)))"


# --- the size of a step ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edits", "warned"),
    [
        ((("lr = 1.0", "lr = 1.0\nlr2 = 0.5"), (UPDATE2, "W2 = W2 - lr2 * dW2")), []),
        ((("lr = 1.0", "lr = 1.0\nlr2 = 0.5"), (UPDATE2, "W2 -= lr2 * (a1.T @ delta2)")), []),
        (((UPDATE2, "W2 = W2 - lr * dW2 / max(1, np.linalg.norm(dW2) / 0.1)"),), ["learning-rate"]),
        (((UPDATE2, "W2 = W2 - lr * 0.5 * dW2"),), ["learning-rate"]),
    ],
)
def test_a_step_of_another_size_is_no_error(edits: tuple[Edit, ...], warned: list[str]) -> None:
    report = diagnose(changed(*edits))
    assert told(report) == [(code, "warning") for code in warned]
    assert not report.failed


@pytest.mark.parametrize("rate", ["-1.0", "-0.3"])
def test_a_negative_rate_does_not_turn_the_verdict_round(rate: str) -> None:
    up = diagnose(changed(("lr = 1.0", f"lr = {rate}")))
    assert {p.verdict for p in up.parameters} == {"ascent"}
    assert up.failed
    plus = ((UPDATE1, "W1 = W1 + lr * dW1"), (UPDATE2, "W2 = W2 + lr * dW2"))
    down = diagnose(changed(("lr = 1.0", f"lr = {rate}"), *plus))
    assert {p.verdict for p in down.parameters} == {"descent"}
    assert not errors(down)


def test_without_a_rate_the_factor_is_not_given() -> None:
    report = diagnose(changed((UPDATE1, "W1 = W1 - 0.5 * dW1"), (UPDATE2, "W2 = W2 - 0.5 * dW2"), ("lr = 1.0", "")))
    assert [(p["factor"], p["verdict"]) for p in report.as_json()["parameters"]] == [(None, "descent")] * 2
    assert {p.unsized for p in report.parameters} == {"no variable holds the rate"}
    wrong = changed((UPDATE1, "W1 = W1 - 0.5 * dW1"), (UPDATE2, "W2 = W2 - 0.5 * delta2"), ("lr = 1.0", ""))
    measured = verdict(diagnose(wrong), "W2")
    assert (measured.verdict, math.isnan(measured.factor)) == ("not-a-gradient", True)
    assert 0.1 < measured.relative_error < 10


LINE = """
import numpy as np
x = np.array([1.0, 2.0, 3.0, 4.0, 6.0])
y = np.array([1.0, 2.5, 3.0, 5.5, 7.0])
w = 0.3
b = 0.1
lr = 0.01
for i in range(100):
    pred = w * x + b
    loss = {loss}
    dw = {dw}
    db = {db}
    w = w - lr * dw
    b = b - lr * db
"""
SQUARES = {"loss": "np.mean((pred - y) ** 2)", "dw": "2 * np.mean((pred - y) * x)", "db": "2 * np.mean(pred - y)"}


@pytest.mark.parametrize(
    ("dw", "wrong"),
    [
        ("2 * np.mean((pred - y) * x)", []),
        ("2 * np.mean(pred - y)", ["not-a-gradient"]),
        ("2 * np.mean((pred - y) * x ** 2)", ["error-distorted"]),
        ("np.mean((pred - y) * x)", ["scale"]),
        ("2 * np.sum((pred - y) * x)", ["scale"]),
        ("-2 * np.mean((pred - y) * x)", ["sign"]),
    ],
)
def test_a_single_number_is_no_multiple_of_whatever_it_should_be(dw: str, wrong: list[str]) -> None:
    report = diagnose(LINE.format(**{**SQUARES, "dw": dw}))
    assert errors(report) == wrong
    assert verdict(report, "b").verdict == "descent"


# --- rounding --------------------------------------------------------------------------------------------------


def test_a_small_rate_is_judged_as_far_as_the_weights_are_exact() -> None:
    report = diagnose(changed(("lr = 1.0", "lr = 1e-12")))
    assert not errors(report)
    wrong = diagnose(changed(("lr = 1.0", "lr = 1e-12"), WRONG["missing-hidden-derivative"]))
    assert errors(wrong) == ["missing-hidden-derivative"]


@pytest.mark.parametrize("step", ["lr * dW2 * 1e-15", "3e-15 * delta2"])
def test_a_step_that_drowns_in_rounding_is_not_judged(step: str) -> None:
    report = diagnose(changed((UPDATE2, f"W2 = W2 - {step}")))
    found = next(f for f in report.findings if f.variable == "W2" and f.severity == "error")
    assert "cannot be judged: the step is" in found.message
    measured = next(p for p in report.as_json()["parameters"] if p["name"] == "W2")
    assert [measured[key] for key in ("factor", "cosine", "relative_error")] == [None, None, None]
    assert report.failed


# --- weight decay ----------------------------------------------------------------------------------------------

PENALTY = (LOSS, f"{LOSS} + 0.5 * 0.1 * np.sum(W2 ** 2)")


@pytest.mark.parametrize("update", ["W2 = W2 - lr * (dW2 + 0.01 * W2)", "W2 = 0.99 * W2 - lr * dW2"])
def test_weight_decay_is_told_with_its_strength(update: str) -> None:
    report = diagnose(changed((UPDATE2, update)))
    assert told(report) == [("weight-decay", "warning")]
    assert "λ = 0.01" in report.findings[0].message
    measured = verdict(report, "W2")
    assert measured.verdict == "descent"
    assert measured.factor == pytest.approx(1)
    assert measured.relative_error < 1e-6


@pytest.mark.parametrize(
    "edits",
    [
        ((UPDATE2, "W2 = W2 - lr * (dW2 + 5 * W2)"),),
        ((UPDATE2, "W2 = W2 - lr * (dW2 - 0.01 * W2)"),),
        ((UPDATE2, "W2 = W2 - lr * (dW2 + 0.2 * W2)"), PENALTY),
        ((UPDATE2, "W2 = W2 - lr * (delta2 + 0.9 * W2)"),),
    ],
)
def test_what_is_no_weight_decay_is_no_descent(edits: tuple[Edit, ...]) -> None:
    report = diagnose(changed(*edits))
    assert verdict(report, "W2").verdict == "not-a-gradient"
    assert report.failed


def test_a_decay_that_leaves_nothing_is_told() -> None:
    report = diagnose(changed((UPDATE2, "W2 = W2 - lr * (dW2 + 3.0 * W2)")))
    assert [f.message for f in report.findings if f.severity == "error"] == [
        "besides the gradient each step takes away 3 × W2: nothing of W2 is kept"
    ]


def test_a_penalty_of_the_cost_is_part_of_the_gradient() -> None:
    report = diagnose(changed((UPDATE2, "W2 = W2 - lr * (dW2 + 0.1 * W2)"), PENALTY))
    assert told(report) == []
    assert not report.failed


# --- kinks -----------------------------------------------------------------------------------------------------

RELU = """
import numpy as np
rng = np.random.default_rng({seed})
x = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
y = np.array([[1.0], [1], [1], [0]])
W1 = rng.standard_normal((2, 5))
b1 = np.zeros((1, 5)) + {bias}
W2 = rng.standard_normal((5, 1))
b2 = np.zeros((1, 1))
lr = 0.1
for i in range(100):
    z1 = x @ W1 + b1
    a1 = np.maximum(0, z1)
    z2 = a1 @ W2 + b2
    loss = np.mean((z2 - y) ** 2)
    dz2 = 2 * (z2 - y) / 4
    dW2 = a1.T @ dz2
    db2 = dz2.sum(axis=0, keepdims=True)
    dz1 = (dz2 @ W2.T) * (z1 {mask} 0)
    dW1 = x.T @ dz1
    db1 = {db1}
    W1 -= lr * dW1
    b1 -= lr * db1
    W2 -= lr * dW2
    b2 -= lr * db2
"""
SUMMED = "dz1.sum(axis=0, keepdims=True)"


@pytest.mark.parametrize(("mask", "bias", "seed"), itertools.product([">", ">="], ["0", "1e-9"], [1, 2, 3]))
def test_at_a_kink_either_slope_is_right(mask: str, bias: str, seed: int) -> None:
    report = diagnose(RELU.format(seed=seed, bias=bias, mask=mask, db1=SUMMED))
    assert told(report) == []
    assert not report.failed
    assert "z1 has cells at a kink" in report.sampled


@pytest.mark.parametrize("db1", [f"3 * {SUMMED}", "dz2.sum(axis=0, keepdims=True) * W2.T", "np.abs(dz1).sum(axis=0)"])
def test_a_wrong_gradient_is_wrong_at_a_kink_too(db1: str) -> None:
    report = diagnose(RELU.format(seed=1, bias="0", mask=">", db1=db1))
    assert report.failed
    assert verdict(report, "W1").verdict == "descent"


# --- draws -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("generator", ["rng", "np.random", "old"])
def test_a_line_that_draws_is_differentiated(generator: str) -> None:
    normal = f"{generator}.{'standard_normal' if generator == 'rng' else 'normal'}"
    size = "(4, 4)" if generator == "rng" else "0, 1, (4, 4)"
    noise = (
        ("z1 = x @ W1", f"z1 = x @ W1 + 0.01 * {normal}({size})"),
        ("lr = 1.0", "lr = 1.0\nold = np.random.RandomState(5)"),
    )
    report = diagnose(changed(*noise), 2)
    assert told(report) == []
    assert not report.failed
    assert errors(diagnose(changed(*noise, WRONG["missing-hidden-derivative"]))) == ["missing-hidden-derivative"]


def test_dropout_within_the_activation_is_differentiated() -> None:
    dropped = (
        ("a1 = sigmoid(z1)", "a1 = sigmoid(z1) * (rng.random((4, 4)) > 0.3) / 0.7"),
        (DELTA1, "h = sigmoid(z1)\n    delta1 = (delta2 @ W2.T) * (a1 / h) * (h * (1 - h))"),
    )
    assert not diagnose(changed(*dropped)).failed


# --- the cost that is meant ------------------------------------------------------------------------------------

ABSOLUTE = "loss = np.mean(np.abs(a2 - y))"


def test_a_stated_mean_of_absolute_errors_that_is_descended_is_the_cost() -> None:
    slope = "delta2 = np.sign(a2 - y) / 4 * (a2 * (1 - a2))"
    right = diagnose(changed((LOSS, ABSOLUTE), (DELTA2, slope)))
    assert (right.cost.name, right.cost.inferred, errors(right)) == ("loss", False, [])
    wrong = diagnose(changed((LOSS, ABSOLUTE), (DELTA2, slope), WRONG["missing-hidden-derivative"]))
    assert (wrong.cost.name, errors(wrong)) == ("loss", ["missing-hidden-derivative"])


def test_a_mean_of_absolute_errors_that_is_only_shown_is_not() -> None:
    report = diagnose(changed((LOSS, ABSOLUTE)))
    assert (report.cost.expression, report.cost.inferred) == ("0.5 * np.sum((a2 - y) ** 2)", True)
    assert not report.failed


def test_dead_units_do_not_discard_the_stated_cost() -> None:
    dead = ("a1 = sigmoid(z1)", "a1 = np.maximum(z1 - 100, 0)"), (DELTA1, "delta1 = (delta2 @ W2.T) * (z1 > 100)")
    report = diagnose(changed(*dead))
    assert (report.cost.name, report.cost.inferred, report.failed) == ("loss", False, False)


def test_an_accuracy_is_no_cost() -> None:
    report = diagnose(changed((LOSS, "loss = np.mean((a2 > 0.5) == y)")))
    assert (report.cost.inferred, report.failed) == (True, False)


def test_single_numbers_too_descend_a_mean_of_absolute_errors() -> None:
    signs = {
        "loss": "np.mean(np.abs(pred - y))",
        "dw": "np.mean(np.sign(pred - y) * x)",
        "db": "np.mean(np.sign(pred - y))",
    }
    report = diagnose(LINE.format(**signs))
    assert (report.cost.name, report.failed) == ("loss", False)


def test_an_edit_that_makes_another_cost_fit_is_told() -> None:
    unstated = changed((LOSS, "pass"))
    session = Session(Program.parse(unstated, "mine"))
    painter = Painter(session)
    assert "is now" not in painter.check().answer
    line = next(s for s in session.program.body if s.targets == ("delta2",)).line
    session.edit_line(line, "delta2 = a2 - y")
    told = painter.check().answer
    assert "is now -np.sum(y * np.log(a2)" in told
    assert "it was 0.5 * np.sum((a2 - y) ** 2)" in told
    assert painter.check().answer == told  # also to who asks again
    session.edit_line(line, "delta2 = (a2 - y) * (a2 * (1 - a2))")
    assert "is now 0.5 * np.sum((a2 - y) ** 2)" in painter.check().answer
