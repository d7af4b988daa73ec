"""The check names every mistake of the table, and finds none where there is none."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nntui_core import builtin, gradients, mistakes
from nntui_core.diagnosis import NothingToCheck, Report, check
from nntui_core.failure import ProgramFailed
from nntui_core.interpreter import Interpreter
from nntui_core.mistakes import DELTA1, DELTA2, MISTAKES, Edit, edited
from nntui_core.program import Program
from nntui_core.values import Array

CORRECT = sorted((Path(__file__).parent / "correct_programs").glob("*.py"))
WARNINGS = {"shape-coincidence", "start-scale", "learning-rate"}

DW1, DW2 = "dW1 = x.T @ delta1", "dW2 = a1.T @ delta2"
UPDATE1, UPDATE2 = "W1 = W1 - lr * dW1", "W2 = W2 - lr * dW2"
LOSS = "loss = 0.5 * np.sum((a2 - y) ** 2)"
X = "x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=float)"
Y = "y = np.array([[0], [1], [1], [0]], dtype=float)"
FIVE: tuple[Edit, ...] = (
    (X, "x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1], [2, 1, 1]], dtype=float)"),
    (Y, "y = np.array([[0], [1], [1], [0], [1]], dtype=float)"),
)
ONE: tuple[Edit, ...] = ((X, "x = np.array([[0.5, 2, 1]], dtype=float)"), (Y, "y = np.array([[1]], dtype=float)"))
FORUM2 = "weight2 = weight2 + learningRate * np.dot(a1.T, dC_dw2)"
FORUM1 = "weight1 = weight1 + learningRate * np.dot(x.T, dC_dw1)"
INPLACE1, INPLACE2 = "W1 -= lr * dW1", "W2 -= lr * dW2"

Variant = tuple[str, str, tuple[Edit, ...]]

VARIANTS: tuple[Variant, ...] = (
    ("sign", "default", ((UPDATE1, "W1 = W1 + lr * dW1"),)),
    ("sign", "default", ((UPDATE1, "W1 += lr * dW1"), (UPDATE2, "W2 += lr * dW2"))),
    ("sign", "default", ((DELTA1, "delta1 = -(delta2 @ W2.T) * (a1 * (1 - a1))"),)),
    ("sign", "forum", ((FORUM1, FORUM1.replace("+", "-")),)),
    ("sign", "forum", (("delta2 = y - a2", "delta2 = a2 - y"),)),
    ("delta-for-gradient", "default", ((DW2, "dW2 = delta2"), *FIVE)),
    ("delta-for-gradient", "default", ((DW1, "dW1 = delta1"),)),
    ("delta-for-gradient", "default", ((UPDATE2, "W2 = W2 - lr * delta2"), (DW2, ""))),
    ("delta-for-gradient", "default", ((UPDATE2, "W2 = W2 - lr * delta2"), (UPDATE1, "W1 = W1 - lr * delta1"), *ONE)),
    ("missing-transpose", "default", ((DW2, "dW2 = a1 @ delta2"), *FIVE)),
    ("missing-transpose", "default", ((DELTA1, "delta1 = (delta2 @ W2) * (a1 * (1 - a1))"),)),
    ("missing-transpose", "forum", ((FORUM1, FORUM1.replace("x.T", "x")),)),
    ("missing-transpose", "default", ((UPDATE1, "W1 = W1 - lr * (delta1.T @ x)"), (DW1, ""))),
    ("elementwise-product", "default", ((DW2, "dW2 = a1 * delta2"), (UPDATE2, INPLACE2))),
    ("elementwise-product", "default", ((DW2, "dW2 = a1.T * delta2"),)),
    ("elementwise-product", "default", ((DELTA1, "delta1 = (delta2 @ W2.T) @ (a1 * (1 - a1))"),)),
    ("wrong-activation", "default", ((DW2, "dW2 = a2.T @ delta2"),)),
    ("wrong-activation", "default", ((DELTA2, "delta2 = (a2 - y) * (a1 * (1 - a1))"),)),
    ("derivative-of-z", "default", ((DELTA2, "delta2 = (a2 - y) * (z2 * (1 - z2))"),)),
    ("derivative-twice", "default", ((DELTA2, "delta2 = (a2 - y) * (a2 * (1 - a2)) * (a2 * (1 - a2))"),)),
    (
        "derivative-twice",
        "default",
        ((LOSS, "loss = -np.sum(y * np.log(a2) + (1 - y) * np.log(1 - a2))"),),
    ),
    ("missing-hidden-derivative", "default", ((DW1, "dW1 = x.T @ (delta2 @ W2.T)"), (DELTA1, ""))),
    ("missing-hidden-derivative", "forum", (("dC_dw1 = delta1 * (a1 * (1 - a1))", "dC_dw1 = delta1"),)),
    ("missing-output-derivative", "forum", (("dC_dw2 = delta2 * (a2 * (1 - a2))", "dC_dw2 = delta2"),)),
    ("error-for-delta", "forum", (("delta1 = np.dot(dC_dw2, weight2.T)", "delta1 = np.dot(delta2, weight2.T)"),)),
    ("update-order", "default", ((DW2, f"{DW2}\n    W2 -= lr * dW2"), (UPDATE2, ""))),
    ("error-distorted", "default", ((DELTA2, "delta2 = (a2 - y) ** 2 * (a2 * (1 - a2))"),)),
    ("error-distorted", "forum", (("delta2 = y - a2", "delta2 = np.abs(y - a2)"),)),
    ("scale", "default", ((DW2, "dW2 = a1.T @ delta2 / 4"),)),
    ("scale", "default", ((LOSS, "loss = np.sum((a2 - y) ** 2)"),)),
    ("scale", "default", ((DELTA2, "delta2 = 2 * (a2 - y) * (a2 * (1 - a2))"),)),
    ("bias-not-summed", "biases", (("b1 = b1 - lr * db1", "b1 -= lr * delta1"),)),
    (
        "bias-not-summed",
        "biases",
        (("b2 = b2 - lr * db2", "b2 = b2 - lr * delta2"), ("b2 = np.zeros((1, 1))", "b2 = np.ones((1, 1))")),
    ),
    ("parameter-not-updated", "default", ((UPDATE1, ""),)),
    ("parameter-not-updated", "default", ((UPDATE1, "W1_new = W1 - lr * dW1"),)),
    ("parameter-not-updated", "default", ((UPDATE2, ""), (DW2, ""))),
    ("parameter-not-updated", "biases", (("b2 = b2 - lr * db2", ""),)),
    ("target-shape", "biases", ((Y, "y = np.array([0.0, 1, 1, 0])"),)),
    ("target-shape", "forum", ((Y, "y = np.array([0.0, 1, 1, 0])"),)),
    (
        "symmetric-start",
        "default",
        (
            ("W1 = rng.random((3, 4))", "W1 = np.full((3, 4), 0.3)"),
            ("W2 = rng.random((4, 1))", "W2 = np.full((4, 1), 0.5)"),
        ),
    ),
    (
        "symmetric-start",
        "classes",
        (
            ("W1 = rng.standard_normal((2, 4))", "W1 = np.ones((2, 4))"),
            ("W2 = rng.standard_normal((4, 3))", "W2 = np.ones((4, 3))"),
        ),
    ),
    (
        "start-scale",
        "default",
        (
            ("W1 = rng.random((3, 4))", "W1 = 0.01 * rng.standard_normal((3, 4))"),
            ("W2 = rng.random((4, 1))", "W2 = 0.01 * rng.standard_normal((4, 1))"),
        ),
    ),
    ("learning-rate", "default", (("lr = 1.0", "lr = 0.001"),)),
    (
        "gradient-accumulates",
        "default",
        (("lr = 1.0", "lr = 1.0\ndW1 = np.zeros((3, 4))"), (DW1, "dW1 = dW1 + x.T @ delta1")),
    ),
    (
        "stale-forward",
        "default",
        (
            ("lr = 1.0", "lr = 1.0\nz1 = x @ W1\na1 = sigmoid(z1)\nz2 = a1 @ W2\na2 = sigmoid(z2)"),
            ("z1 = x @ W1", ""),
            ("a1 = sigmoid(z1)", ""),
            ("z2 = a1 @ W2", ""),
            ("a2 = sigmoid(z2)", ""),
        ),
    ),
    (
        "stale-forward",
        "default",
        (("lr = 1.0", "lr = 1.0\nz1 = x @ W1\na1 = sigmoid(z1)"), ("z1 = x @ W1", ""), ("a1 = sigmoid(z1)", "")),
    ),
    ("stale-forward", "default", (("z1 = x @ W1", "rng.shuffle(y)\n    z1 = x @ W1"),)),
    (
        "stale-forward",
        "default",
        (("z1 = x @ W1", "xs = x[rng.permutation(4)]\n    z1 = xs @ W1"), (DW1, "dW1 = xs.T @ delta1")),
    ),
    ("softmax-axis", "classes", (("return e / e.sum(axis=1, keepdims=True)", "return e / e.sum()"),)),
    (
        "in-place-activation",
        "default",
        ((DELTA2, f"{DELTA2}\n    a1 *= 1 - a1"), (DELTA1, "delta1 = (delta2 @ W2.T) * a1")),
    ),
    (
        "in-place-activation",
        "default",
        ((DELTA2, f"{DELTA2}\n    slope = a1\n    slope *= 1 - a1"), (DELTA1, "delta1 = (delta2 @ W2.T) * slope")),
    ),
    (
        "in-place-activation",
        "default",
        ((DELTA2, "error = y\n    error -= a2\n    delta2 = (a2 - y) * (a2 * (1 - a2))"),),
    ),
    (
        "integer-arrays",
        "default",
        (("W1 = rng.random((3, 4))", "W1 = rng.integers(-2, 3, (3, 4))"), (UPDATE1, INPLACE1)),
    ),
    (
        "integer-arrays",
        "default",
        (("W2 = rng.random((4, 1))", "W2 = np.array([[1], [-1], [2], [-2]])"), (UPDATE2, "W2[...] = W2 - lr * dW2")),
    ),
)


def diagnose(program: Program, iterations: int = 0) -> Report:
    interpreter = Interpreter(program)
    interpreter.start()
    interpreter.run(iterations)
    return check(interpreter)


def from_edits(base: str, edits: tuple[Edit, ...]) -> Program:
    return Program.parse(edited(mistakes.base(base), edits), base)


def codes(report: Report) -> list[str]:
    """The codes found, without the coincidence of 4 samples and 4 hidden units, which is there all the time."""
    return [f.code for f in report.findings if f.code != "shape-coincidence"]


@pytest.mark.parametrize("name", ["default", "forum"])
@pytest.mark.parametrize("iterations", [0, 1, 12, 300])
def test_the_built_in_programs_are_right(name: str, iterations: int) -> None:
    report = diagnose(builtin.load(name), iterations)
    assert [f.code for f in report.findings] == ["shape-coincidence"]
    assert not report.failed
    assert report.iteration == iterations
    for parameter in report.parameters:
        assert parameter.verdict == "descent"
        assert parameter.factor == pytest.approx(1, abs=1e-6)
        assert parameter.cosine == pytest.approx(1, abs=1e-9)
        assert parameter.relative_error < 1e-6


@pytest.mark.parametrize("path", CORRECT, ids=lambda path: path.stem)
@pytest.mark.parametrize("iterations", [0, 1, 7])
def test_right_programs_in_other_styles_have_no_errors(path: Path, iterations: int) -> None:
    report = diagnose(Program.parse(path.read_text(), path.stem), iterations)
    assert not [f for f in report.findings if f.severity == "error"]
    assert not report.failed
    assert report.parameters


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.code)
def test_every_mistake_of_the_table_is_named(mistake: mistakes.Mistake) -> None:
    report = diagnose(mistakes.program(mistake.code))
    expected = [] if mistake.code == "shape-coincidence" else [mistake.code]
    assert codes(report) == expected
    assert report.failed == (mistake.code not in WARNINGS)


@pytest.mark.parametrize(
    ("code", "base", "edits"), VARIANTS, ids=[f"{i}-{code}" for i, (code, _, _) in enumerate(VARIANTS)]
)
def test_variants_of_the_mistakes_are_named(code: str, base: str, edits: tuple[Edit, ...]) -> None:
    report = diagnose(from_edits(base, edits))
    assert set(codes(report)) == {code}
    assert report.failed == (code not in WARNINGS)


LATER = (
    "bias-not-summed",
    "integer-arrays",
    "gradient-accumulates",
    "stale-forward",
    "symmetric-start",
    "sign",
    "scale",
)


@pytest.mark.parametrize("code", LATER)
@pytest.mark.parametrize("iterations", [1, 12])
def test_mistakes_are_named_in_later_iterations_too(code: str, iterations: int) -> None:
    report = diagnose(mistakes.program(code), iterations)
    assert codes(report) == [code]
    assert report.failed


CURED = [
    m.code
    for m in MISTAKES
    if m.code
    not in ("update-order", "parameter-not-updated", "stale-forward", "in-place-activation", "shape-coincidence")
]


@pytest.mark.parametrize("code", CURED)
def test_applying_the_suggestion_cures(code: str) -> None:
    program = mistakes.program(code)
    for _ in range(3):
        report = diagnose(program)
        edits = [f.replacement for f in report.findings if f.replacement is not None and f.code == code]
        if not edits:
            break
        lines = program.lines
        for line, text in edits:
            lines[line - 1] = text
        program = Program.parse("\n".join(lines), code)
    assert codes(report) == []
    assert not report.failed


@pytest.mark.parametrize(
    ("code", "base", "edits"), VARIANTS, ids=[f"{i}-{code}" for i, (code, _, _) in enumerate(VARIANTS)]
)
def test_a_replacement_never_makes_it_worse(code: str, base: str, edits: tuple[Edit, ...]) -> None:
    program = from_edits(base, edits)
    report = diagnose(program)
    lines = program.lines
    replacements = [f.replacement for f in report.findings if f.replacement is not None and f.severity == "error"]
    for line, text in replacements:
        lines[line - 1] = text
    if replacements:
        assert not diagnose(Program.parse("\n".join(lines), code)).failed


ACTIVATIONS = {
    "sigmoid": ("1 / (1 + np.exp(-{z}))", "{a} * (1 - {a})"),
    "tanh": ("np.tanh({z})", "1 - {a} ** 2"),
    "relu": ("np.maximum({z}, 0)", "({z} > 0)"),
    "linear": ("1.0 * {z}", "1.0"),
}
OUTPUTS = {
    "half sum of squares": ("0.5 * np.sum(({p} - y) ** 2)", "({p} - y)"),
    "mean of squares": ("np.mean(({p} - y) ** 2)", "2 * ({p} - y) / y.size"),
}


def written_by_rule(widths: list[int], samples: int, activations: list[str], cost: str, biases: bool, seed: int) -> str:
    """A right program of any depth, as the rules of back-propagation write it."""
    loss, slope = OUTPUTS[cost]
    depth = len(widths) - 1
    lines = ["import numpy as np", f"rng = np.random.default_rng({seed})", "lr = 0.1", "a0 = 0"]
    lines += [f"x = rng.standard_normal(({samples}, {widths[0]}))", f"y = rng.random(({samples}, {widths[-1]}))"]
    for i in range(1, depth + 1):
        lines.append(f"W{i} = rng.standard_normal(({widths[i - 1]}, {widths[i]}))")
        lines += [f"b{i} = 0.1 * rng.standard_normal((1, {widths[i]}))"] if biases else []
    lines.append("for it in range(1000):")
    body, before = [], "x"
    for i in range(1, depth + 1):
        body.append(f"z{i} = {before} @ W{i}" + (f" + b{i}" if biases else ""))
        body.append(f"a{i} = " + ACTIVATIONS[activations[i - 1]][0].format(z=f"z{i}"))
        before = f"a{i}"
    body.append("loss = " + loss.format(p=before))
    for i in range(depth, 0, -1):
        above = slope.format(p=before) if i == depth else f"d{i + 1} @ W{i + 1}.T"
        own = ACTIVATIONS[activations[i - 1]][1].format(a=f"a{i}", z=f"z{i}")
        body.append(f"d{i} = ({above}) * ({own})")
        body.append(f"g{i} = {'x' if i == 1 else f'a{i - 1}'}.T @ d{i}")
    for i in range(1, depth + 1):
        body.append(f"W{i} = W{i} - lr * g{i}")
        body += [f"b{i} = b{i} - lr * d{i}.sum(axis=0, keepdims=True)"] if biases else []
    return "\n".join([*lines, *("    " + line for line in body)]) + "\n"


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_no_network_written_by_rule_has_errors(data: st.DataObject) -> None:
    widths = data.draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    kinds = data.draw(st.lists(st.sampled_from(sorted(ACTIVATIONS)), min_size=3, max_size=3))
    source = written_by_rule(
        widths,
        data.draw(st.integers(1, 5)),
        kinds,
        data.draw(st.sampled_from(sorted(OUTPUTS))),
        data.draw(st.booleans()),
        data.draw(st.integers(0, 1000)),
    )
    try:
        report = diagnose(Program.parse(source, "by rule"), data.draw(st.sampled_from([0, 3])))
    except NothingToCheck:
        assume(False)  # three steps were enough to diverge
    assert not [f for f in report.findings if f.severity == "error"], source
    assert not report.failed


def test_naive_is_told_that_its_gradient_is_a_delta() -> None:
    report = diagnose(builtin.load("naive"))
    assert codes(report) == ["delta-for-gradient", "delta-for-gradient"]
    first, second = report.findings[:2]
    assert first.suggestion == "weight2 = weight2 + learningRate * np.dot(a1.T, dC_dw2)"
    assert second.suggestion == "weight1 = weight1 + learningRate * np.dot(x.T, dC_dw1)"
    assert "dC_dw2 is −1 × ∂C/∂z2" in first.message
    assert first.replacement == (first.line, "    " + first.suggestion)
    assert "np.dot(a1.T, dC_dw2)" in report.answer


def test_the_suggestion_is_in_the_style_of_the_program() -> None:
    report = diagnose(from_edits("default", ((UPDATE2, "W2 = W2 - lr * delta2"), (DW2, ""))))
    assert report.findings[0].suggestion == "W2 = W2 - lr * (a1.T @ delta2)"


def test_the_forum_gets_its_answer() -> None:
    report = diagnose(builtin.load("forum"))
    assert report.answer == (
        "Your `dC_dw2` is −1 × ∂C/∂z2, not ∂C/∂weight2; `np.dot(a1.T, dC_dw2)` is −1 × ∂C/∂weight2; the two minus "
        "signs cancel: `weight2 + learningRate * …` goes downhill (cosine 1.000 with −∂C/∂weight2). The first minus "
        "comes in on line 23: `delta2` is −1 × ∂C/∂a2. `weight2 - learningRate * dC_dw2` would step along that delta "
        "instead, uphill: cosine −0.519 with −∂C/∂weight2."
    )


def test_the_answers_last_sentence_is_measured() -> None:
    """The step of the textbook's line, run as written: its cosine with −∂C/∂weight2 from central differences."""
    program = builtin.load("forum")
    interpreter = Interpreter(program)
    interpreter.start()
    report = diagnose(program)
    slope = next(p.gradient for p in report.parameters if p.name == "weight2")
    while "dC_dw2" not in interpreter.namespace:
        interpreter.step()
    before = interpreter.namespace["weight2"]
    after = eval("weight2 - learningRate * dC_dw2", interpreter.namespace)
    step = after - before
    cosine = float(np.sum(step * -slope) / (np.linalg.norm(step) * np.linalg.norm(slope)))
    said = f"cosine {cosine:.3f} with −∂C/∂weight2".replace("-", "−")
    assert f"`weight2 - learningRate * dC_dw2` would step along that delta instead, uphill: {said}" in report.answer


def test_the_answer_is_measured() -> None:
    flipped = from_edits(
        "forum",
        (
            ("delta2 = y - a2", "delta2 = a2 - y"),
            (FORUM2, FORUM2.replace("+", "-")),
            (FORUM1, FORUM1.replace("+", "-")),
        ),
    )
    report = diagnose(flipped)
    assert not report.failed
    assert "Your `dC_dw2` is ∂C/∂z2" in report.answer
    assert "cancel" not in report.answer


def test_default_has_nothing_to_answer() -> None:
    assert diagnose(builtin.load("default")).answer == ""


def test_every_backward_variable_gets_its_meaning() -> None:
    meanings = {v.name: v.text() for v in diagnose(builtin.load("forum")).variables}
    assert meanings == {
        "delta2": "−1 × ∂C/∂a2",
        "dC_dw2": "−1 × ∂C/∂z2",
        "delta1": "−1 × ∂C/∂a1",
        "dC_dw1": "−1 × ∂C/∂z1",
    }
    default = {v.name: v.text() for v in diagnose(builtin.load("default")).variables}
    assert default == {"delta2": "∂C/∂z2", "dW2": "∂C/∂W2", "delta1": "∂C/∂z1", "dW1": "∂C/∂W1"}


def test_a_pre_activation_without_a_name_is_shown_as_its_expression() -> None:
    path = next(p for p in CORRECT if p.stem == "eleven_lines")
    report = diagnose(Program.parse(path.read_text(), path.stem))
    meanings = {v.name: v.text() for v in report.variables}
    assert meanings["l2_delta"] == "−1 × ∂C/∂(np.dot(l1, syn1))"
    assert report.cost.inferred
    assert report.cost.expression == "0.5 * np.sum((l2 - y) ** 2)"


def test_a_stated_cost_is_taken_as_stated() -> None:
    cost = diagnose(builtin.load("default")).cost
    assert (cost.name, cost.expression, cost.inferred) == ("loss", "0.5 * np.sum((a2 - y) ** 2)", False)
    assert cost.value == pytest.approx(0.6642421413488204)


def test_json_has_the_documented_fields() -> None:
    for program in (builtin.load("naive"), mistakes.program("derivative-of-z"), mistakes.program("target-shape")):
        report = diagnose(program)
        data = json.loads(json.dumps(report.as_json(), allow_nan=False))
        assert list(data) == ["iteration", "cost", "parameters", "variables", "findings"]
        assert list(data["cost"]) == ["name", "expression", "value"]
        assert all(list(p) == ["name", "verdict", "factor", "cosine", "relative_error"] for p in data["parameters"])
        assert all(list(v) == ["name", "is", "factor", "relative_error"] for v in data["variables"])
        fields = ["code", "severity", "line", "variable", "message", "suggestion"]
        assert data["findings"]
        assert all(list(f) == fields for f in data["findings"])


def test_the_error_map_points_at_the_wrong_cells() -> None:
    wrong = from_edits("default", ((DW2, f"{DW2}\n    dW2[2, 0] += 0.5"),))
    report = diagnose(wrong)
    error = next(p.error for p in report.parameters if p.name == "W2")
    assert report.failed
    assert error.shape == (4, 1)
    assert not error.flags.writeable
    assert error[2, 0] == pytest.approx(0.5)
    assert np.delete(error, 2).max() < 1e-9


RANDOM = """
import numpy as np
rng = np.random.default_rng(1)
np.random.seed(5)
x = np.random.randn(6, 3)
y = x[:, :1] * 2
W = rng.standard_normal((3, 1))
same = W
view = W[1:]
log = []
for i in range(50):
    noise = 0.1 * np.random.randn(6, 3) + 0 * rng.random()
    p = (x + noise) @ W
    loss = np.mean((p - y) ** 2)
    log.append(float(loss))
    g = (x + noise).T @ (p - y) * 2 / 6
    W -= 0.1 * g
"""


@pytest.mark.parametrize("iterations", [0, 3])
def test_the_interpreter_is_left_as_it_was(iterations: int) -> None:
    interpreter, untouched = Interpreter(Program.parse(RANDOM, "random")), Interpreter(Program.parse(RANDOM, "random"))
    untouched.start()
    untouched.run(iterations + 4)
    expected = untouched.namespace
    interpreter.start()
    interpreter.run(iterations)
    data = {n: v for n, v in interpreter.namespace.items() if n != "__builtins__"}
    weights, log = interpreter.namespace["W"].copy(), list(interpreter.namespace["log"])
    generator = interpreter.namespace["rng"].bit_generator.state
    legacy = np.random.get_state(legacy=False)
    assert not check(interpreter).failed
    assert {n for n in interpreter.namespace if n != "__builtins__"} == set(data)
    assert all(interpreter.namespace[n] is v for n, v in data.items())
    assert np.array_equal(interpreter.namespace["W"], weights)
    assert interpreter.namespace["log"] == log
    assert interpreter.namespace["rng"].bit_generator.state == generator
    after = np.random.get_state(legacy=False)
    assert np.array_equal(after["state"]["key"], legacy["state"]["key"])
    assert after["state"]["pos"] == legacy["state"]["pos"]
    assert interpreter.namespace["same"] is interpreter.namespace["W"]
    assert np.shares_memory(interpreter.namespace["view"], interpreter.namespace["W"])
    assert interpreter.position == (iterations, 0)
    interpreter.run(4)
    assert interpreter.namespace["log"] == expected["log"]
    assert np.array_equal(interpreter.namespace["W"], expected["W"])


def test_what_cannot_be_copied_is_not_used_up() -> None:
    source = builtin.source("default").replace("lr = 1.0", "lr = 1.0\nscales = (1.0 for _ in range(100))")
    source = source.replace("z1 = x @ W1", "z1 = x @ W1 * next(scales)")
    interpreter = Interpreter(Program.parse(source, "generator"))
    interpreter.start()
    with pytest.raises(NothingToCheck, match="scales cannot be copied"):
        check(interpreter)
    assert len(list(interpreter.namespace["scales"])) == 100


def test_functions_that_read_globals_see_the_copy() -> None:
    source = (
        builtin.source("default")
        .replace("x @ W1", "first()")
        .replace(
            "rng = np.random.default_rng(1)", "def first():\n    return x @ W1\n\n\nrng = np.random.default_rng(1)"
        )
    )
    interpreter = Interpreter(Program.parse(source, "globals"))
    interpreter.start()
    before = interpreter.namespace["W1"].copy()
    check(interpreter)
    assert np.array_equal(interpreter.namespace["W1"], before)


def test_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    source = builtin.source("default") + "    print('cost', loss)\n"
    diagnose(Program.parse(source, "printing"))
    assert capsys.readouterr().out == ""


def test_large_arrays_are_sampled_and_the_report_says_so() -> None:
    source = builtin.source("default").replace("rng.random((3, 4))", "rng.standard_normal((3, 900))")
    source = source.replace("rng.random((4, 1))", "rng.standard_normal((900, 1)) / 30")
    interpreter = Interpreter(Program.parse(source, "wide"))
    interpreter.start()
    report = check(interpreter, budget=50)
    assert not report.failed
    assert "50 of 2700 cells of W1" in report.sampled
    error = next(p.error for p in report.parameters if p.name == "W1")
    assert np.isfinite(error).sum() == 50
    wrong = Program.parse(source.replace("W1 - lr * dW1", "W1 + lr * dW1"), "wide")
    interpreter = Interpreter(wrong)
    interpreter.start()
    assert codes(check(interpreter, budget=50)) == ["sign"]


def test_a_mistake_in_large_arrays_is_named_where_it_is_made() -> None:
    source = mistakes.base("classes").replace("rng.standard_normal((2, 4))", "rng.standard_normal((2, 60))")
    source = source.replace("rng.standard_normal((4, 3))", "rng.standard_normal((60, 3)) / 8")
    source = source.replace("(delta2 @ W2.T) * (1 - a1**2)", "delta2 @ W2.T")
    interpreter = Interpreter(Program.parse(source, "wide"))
    interpreter.start()
    report = check(interpreter, budget=100)
    found = [(f.code, f.suggestion) for f in report.findings if f.severity == "error"]
    assert found == [("missing-hidden-derivative", "delta1 = (delta2 @ W2.T) * (1 - a1 ** 2)")]
    assert "of z1" in report.sampled


def test_small_programs_are_not_sampled() -> None:
    assert diagnose(builtin.load("default")).sampled == ""


def test_a_program_without_parameters_is_refused() -> None:
    with pytest.raises(NothingToCheck, match="no parameters"):
        diagnose(Program.parse("x = 1.0\nfor i in range(3):\n    x = x * 2\n", "none"))


def test_an_error_of_the_forward_pass_is_the_programs() -> None:
    with pytest.raises(ProgramFailed):
        diagnose(from_edits("default", (("z2 = a1 @ W2", "z2 = a1 @ W1"),)))


def test_a_check_in_the_middle_of_an_iteration_is_refused() -> None:
    interpreter = Interpreter(builtin.load("default"))
    interpreter.start()
    interpreter.step()
    with pytest.raises(RuntimeError):
        check(interpreter)


def test_an_unknown_error_is_still_an_error() -> None:
    report = diagnose(from_edits("default", ((UPDATE1, "W1 = W1 - lr * dW1 - nowhere"),)))
    assert report.failed
    assert any("nowhere" in f.message for f in report.findings)


def test_a_mistake_without_a_name_is_still_found() -> None:
    report = diagnose(from_edits("default", ((DW1, "dW1 = x.T @ np.sin(3 * delta1 + 1)"),)))
    assert report.failed
    assert codes(report) == ["not-a-gradient"]


def test_mistakes_in_two_layers_are_both_named() -> None:
    report = diagnose(from_edits("default", ((DW2, "dW2 = a1 @ delta2"), (DELTA1, "delta1 = delta2 @ W2.T"))))
    assert set(codes(report)) == {"missing-transpose", "missing-hidden-derivative"}


def test_a_mistake_upstream_hides_what_follows_from_it() -> None:
    report = diagnose(from_edits("default", ((DELTA2, "delta2 = a2 - y"),)))
    wrong = [p.name for p in report.parameters if p.verdict != "descent"]
    assert wrong == ["W1", "W2"]
    assert [(f.code, f.variable) for f in report.findings if f.severity == "error"] == [
        ("missing-output-derivative", "delta2")
    ]


def test_a_cell_takes_four_forward_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of a check goes into forward passes (`benchmarks/engine.py` measures it): so few are enough."""
    passes: Counter[str] = Counter()
    forward = gradients._Tail.__call__

    def counted(tail: gradients._Tail, value: Array) -> float:
        passes[tail.variable] += 1
        return forward(tail, value)

    monkeypatch.setattr(gradients._Tail, "__call__", counted)
    diagnose(builtin.load("default"))
    sizes = {"W1": 12, "W2": 4, "z1": 16, "a1": 16, "z2": 4}
    assert {name: passes[name] for name in sizes} == {name: 4 * size + 1 for name, size in sizes.items()}
    assert passes["a2"] == 2 * (4 * 4 + 1), "twice: whether the cost is one is asked first, by its slope"
    passes.clear()
    diagnose(mistakes.program("parameter-not-updated"))
    assert passes["b1"] == 4 * 3 + 1


def test_every_edit_names_one_line() -> None:
    with pytest.raises(ValueError, match="not one line"):
        edited("a = 1\n", (("b = 2", "b = 3"),))
    with pytest.raises(KeyError):
        mistakes.program("no-such-mistake")
    assert len({m.code for m in MISTAKES}) == len(MISTAKES)


def test_an_iteration_too_long_to_follow_gets_no_verdict() -> None:
    """A trace that is cut off before the updates must not say that nothing is updated."""
    body = "    p = x @ w\n    d = p - y\n    for k in range({turns}):\n        k\n    w = w - lr * x.T @ d\n"
    setup = "import numpy as np\nx = np.eye(5)[:, :2] + 1\ny = np.ones((5, 1))\nw = np.zeros((2, 1))\nlr = 0.1\n"
    text = f"{setup}for i in range(10):\n{body}"
    report = diagnose(Program.parse(text.format(turns=100), "short"))
    assert [p.verdict for p in report.parameters] == ["descent"]
    with pytest.raises(NothingToCheck, match="more than 2,000 statements"):
        diagnose(Program.parse(text.format(turns=3000), "long"))
