"""Which line is blamed, and what is suggested: the programs on which a check once blamed a right line."""

from pathlib import Path

import pytest
from tests.core.test_diagnosis import LOSS, UPDATE1, UPDATE2, VARIANTS, Y, diagnose
from tests.core.test_diagnosis import X as X4

from nntui_core import mistakes
from nntui_core.diagnosis import Report
from nntui_core.findings import ERROR, Finding
from nntui_core.mistakes import DELTA1, DELTA2, MISTAKES, Edit, edited
from nntui_core.program import Program

HERE = Path(__file__).parent
X_BIASES = "x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)"
SEVEN: tuple[Edit, ...] = (
    (X4, "x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1], [2, 1, 1], [1, 2, 1], [0, 2, 1]], dtype=float)"),
    (Y, "y = np.array([[0], [1], [1], [0], [1], [0], [1]], dtype=float)"),
)
SEVEN_BIASES: tuple[Edit, ...] = (
    (X_BIASES, "x = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [2, 1], [1, 2], [0, 2]], dtype=float)"),
    SEVEN[1],
)
LOSSES = {"default": LOSS, "biases": LOSS, "classes": "loss = -np.sum(y * np.log(a2))"}
SQUARE: tuple[Edit, ...] = (
    (X4, "x = rng.standard_normal((5, 3))"),
    (Y, "y = rng.random((5, 3))"),
    ("W1 = rng.random((3, 4))", "W1 = rng.standard_normal((3, 3))"),
    ("W2 = rng.random((4, 1))", "W2 = rng.standard_normal((3, 3))"),
)
RNG = "rng = np.random.default_rng(1)"
RELU = """
import numpy as np
rng = np.random.default_rng(1)
x = np.array([[0.1, 0.3], [0.2, 1], [1, 0.4], [1, 1]])
y = np.array([[0.0], [1], [1], [0]])
W1 = rng.standard_normal((2, 5))
b1 = np.zeros((1, 5))
W2 = rng.standard_normal((5, 1))
lr = 0.1
for i in range(100):
    z1 = x @ W1 + b1
    a1 = np.maximum(0, z1)
    z2 = a1 @ W2
    loss = np.mean((z2 - y) ** 2)
    dz2 = 2 * (z2 - y) / 4
    dW2 = a1.T @ dz2
    dz1 = (dz2 @ W2.T) * (z1 > 0)
    dW1 = x.T @ dz1
    db1 = dz1.sum(axis=0, keepdims=True)
    W1 -= lr * dW1
    b1 -= lr * db1
    W2 -= lr * dW2
"""


def text_of(base: str) -> str:
    """The text of a right program: built in, of this folder, of the scripts, or here."""
    files = (HERE / "correct_programs" / f"{base}.py", HERE.parent / "scripts" / f"{base}.py")
    file = next((file for file in files if file.is_file()), None)
    if base == "relu":
        return RELU
    return file.read_text() if file is not None and base != "classes" else mistakes.base(base)


def broken(base: str, *edits: Edit) -> Program:
    return Program.parse(edited(text_of(base), edits), base)


def errors(report: Report) -> list[Finding]:
    return [f for f in report.findings if f.severity == ERROR]


def said(report: Report) -> list[tuple[str, str | None]]:
    return [(f.code, f.suggestion) for f in errors(report)]


def applied(program: Program, report: Report) -> Program:
    lines = program.lines
    for finding in errors(report):
        if finding.replacement is not None:
            lines[finding.replacement[0] - 1] = finding.replacement[1]
    return Program.parse("\n".join(lines), program.name)


RIGHT_DELTA2 = "delta2 = (a2 - y) * (a2 * (1 - a2))"
TANH: Edit = ("a1 = sigmoid(z1)", "a1 = np.tanh(z1)")
DZ1 = "dz1 = (dz2 @ W2.T) * (z1 > 0)"
LEAKY: Edit = ("a1 = np.maximum(0, z1)", "a1 = np.where(z1 > 0, z1, 0.1 * z1)")

CURED: list[tuple[str, str, tuple[Edit, ...], str, str]] = [
    # the first backward line, where no cost is stated
    *(
        ("default", f"no loss, {wrong}", ((LOSS, ""), (DELTA2, f"delta2 = {wrong}")), code, RIGHT_DELTA2)
        for wrong, code in (
            ("np.abs(a2 - y) * (a2 * (1 - a2))", "error-distorted"),
            ("(a2 - y) ** 3 * (a2 * (1 - a2))", "error-distorted"),
            ("(a2 - y) * (z2 * (1 - z2))", "derivative-of-z"),
            ("(a2 - y) * (a2 * (1 - a2)) ** 2", "derivative-twice"),
        )
    ),
    *(
        (
            "eleven_lines",
            f"no loss, {wrong}",
            (("l2_error = y - l2", f"l2_error = {wrong}"),),
            "error-distorted",
            "l2_error = y - l2",
        )
        for wrong in ("abs(y - l2)", "(y - l2) ** 2")
    ),
    # an edit inside a comparison was right by chance
    ("relu", "dead mask", ((DZ1, DZ1.replace(">", "<")),), "wrong-derivative", DZ1),
    # an edit that no activation of the forward pass asks for
    (
        "classes",
        "one derivative too many",
        (
            ("delta2 = a2 - y", "delta2 = (a2 - y) * a2 * (1 - a2) / len(x)"),
            (LOSSES["classes"], "loss = -np.mean(np.sum(y * np.log(a2), axis=1))"),
        ),
        "derivative-twice",
        "delta2 = (a2 - y) / len(x)",
    ),
    # another sum
    (
        "columns",
        "the other axis",
        (("db1 = (1 / m) * np.sum(dZ1, axis=1, keepdims=True)", "db1 = (1 / m) * np.sum(dZ1, axis=0, keepdims=True)"),),
        "bias-not-summed",
        "db1 = (1 / m) * np.sum(dZ1, axis=1, keepdims=True)",
    ),
    (
        "columns",
        "the axis is not kept",
        (("db1 = (1 / m) * np.sum(dZ1, axis=1, keepdims=True)", "db1 = (1 / m) * np.sum(dZ1, axis=1)"),),
        "gradient-shape",
        "db1 = (1 / m) * np.sum(dZ1, axis=1, keepdims=True)",
    ),
    # the derivative of another activation function
    (
        "default",
        "tanh with a sigmoid's derivative",
        (TANH,),
        "wrong-derivative",
        "delta1 = (delta2 @ W2.T) * (1 - a1 ** 2)",
    ),
    (
        "default",
        "the same, without brackets",
        (TANH, (DELTA1, "delta1 = delta2 @ W2.T * a1 * (1 - a1)")),
        "wrong-derivative",
        "delta1 = (delta2 @ W2.T) * (1 - a1 ** 2)",
    ),
    ("relu", "a leaky ReLU", (LEAKY,), "wrong-derivative", "dz1 = (dz2 @ W2.T) * np.where(z1 > 0, 1, 0.1)"),
    (
        "eleven_lines",
        "deriv=True forgotten",
        (("l2_delta = l2_error * nonlin(l2, deriv=True)", "l2_delta = l2_error * nonlin(l2)"),),
        "wrong-derivative",
        "l2_delta = l2_error * nonlin(l2, deriv=True)",
    ),
    (
        "default",
        "a slope on a line of its own",
        ((DELTA1, "slope = z1 * (1 - z1)\n    delta1 = (delta2 @ W2.T) * slope"),),
        "derivative-of-z",
        "slope = a1 * (1 - a1)",
    ),
    # the simplest of several
    (
        "default",
        "a transposed update",
        (*SQUARE, (UPDATE2, "W2 = W2 - lr * delta2.T @ a1")),
        "missing-transpose",
        "W2 = W2 - lr * a1.T @ delta2",
    ),
]


@pytest.mark.parametrize(
    ("base", "edits", "code", "suggestion"),
    [(base, *rest) for base, _, *rest in CURED],
    ids=[f"{base}, {title}" for base, title, *_ in CURED],
)
def test_the_wrong_line_is_blamed_alone_and_cured_for_good(
    base: str, edits: tuple[Edit, ...], code: str, suggestion: str
) -> None:
    program = broken(base, *edits)
    report = diagnose(program)
    assert said(report) == [(code, suggestion)]
    cured = applied(program, report)
    for iteration in (0, 1, 20):
        assert not errors(diagnose(cured, iteration))


def test_a_softmax_with_squared_errors_has_no_small_cure() -> None:
    """Its Jacobian is no factor: the line that should be ∂C/∂z2 is named, and no later one, and no cure is made up."""
    report = diagnose(broken("classes", (LOSSES["classes"], "loss = 0.5 * np.sum((a2 - y) ** 2)")))
    assert said(report) == [("not-a-gradient", None)]
    assert errors(report)[0].message == "delta2 should be ∂C/∂z2, and delta2 is ∂C/∂a2"


def test_a_shape_is_told() -> None:
    line = "db1 = (1 / m) * np.sum(dZ1, axis=1, keepdims=True)"
    report = diagnose(broken("columns", (line, line.replace(", keepdims=True", ""))))
    assert "its shape is (4,) and not (4, 1)" in errors(report)[0].message


def test_no_name_of_our_own_is_shown() -> None:
    for edit in (
        ("l2_delta = l2_error * nonlin(l2, deriv=True)", "l2_delta = np.sin(l2_error) + 1"),
        ("l2_delta = l2_error * nonlin(l2, deriv=True)", "l2_delta = l2_error * nonlin(l2)"),
    ):
        report = diagnose(broken("eleven_lines", edit))
        assert errors(report)
        assert "__" not in "".join(f"{f.message}{f.suggestion}" for f in report.findings)


def test_what_spoils_a_value_is_blamed_and_not_the_line_that_reads_it() -> None:
    report = diagnose(broken("default", (DELTA2, "a2 -= y\n    delta2 = a2 * (a2 * (1 - a2))")))
    (finding,) = errors(report)
    assert (finding.code, finding.line, finding.variable) == ("in-place-activation", 23, "a2")
    assert finding.message.startswith("`a2 -= y` writes into a2, and delta2 on line 24 needs a2")
    assert "`a2_new = a2 - y`" in str(finding.suggestion)
    assert "`delta2 = a2_new * (a2 * (1 - a2))`" in str(finding.suggestion)
    assert finding.replacement is None


def test_a_new_value_is_not_written_into() -> None:
    edits = ((DELTA1, f"{DELTA1}\n    a1 = sigmoid(a1)"), (UPDATE2, "W2 = W2 - lr * a1.T @ delta2"))
    report = diagnose(broken("default", *edits, ("dW2 = a1.T @ delta2", "")))
    (finding,) = errors(report)
    assert (finding.code, finding.line, finding.variable) == ("wrong-activation", 25, "a1")
    assert finding.message.startswith("`a1 = sigmoid(a1)` gives another value to a1")
    assert "does not go downhill" in report.answer
    assert "name of its own" not in report.answer


def test_what_is_right_in_this_iteration_only_is_no_cure() -> None:
    edits = ((DELTA2, "delta2 = a2 - y"), ("dW1 = x.T @ delta1", "dW1 = (1 + iteration) * x.T @ delta1"))
    assert said(diagnose(broken("default", *edits[:1]))) == [("missing-output-derivative", DELTA2)]
    assert said(diagnose(broken("default", *edits))) == [("missing-output-derivative", None)]


def test_a_divisor_is_not_edited_into_one_number() -> None:
    """RMSprop with the squares of the weights: summed to one number they would divide all cells alike, right or not."""
    squares = "s2 = 0.9 * s2 + 0.1 * W2**2\n    W2 = W2 - lr * dW2 / (np.sqrt(s2) + 1e-8)"
    report = diagnose(broken("default", ("lr = 1.0", "lr = 0.02\ns2 = np.zeros((4, 1))"), (UPDATE2, squares)))
    assert said(report) == [("not-a-gradient", None)]


# --- nothing moves ----------------------------------------------------------------------------------------------------


def test_a_rate_of_zero_is_why_nothing_moves() -> None:
    program = broken("default", ("lr = 1.0", "lr = 0.0"))
    report = diagnose(program)
    assert said(report) == [("parameter-not-updated", "lr = 0.1")]
    assert errors(report)[0].message == "W1, W2 stay as at the start: the learning rate lr is 0"
    assert not errors(diagnose(applied(program, report)))


def test_a_line_that_changes_nothing_is_not_missing() -> None:
    report = diagnose(broken("default", (DELTA1, "delta1 = 0 * (delta2 @ W2.T)")))
    finding = next(f for f in errors(report) if f.variable == "W1")
    assert (finding.code, finding.suggestion) == ("parameter-not-updated", None)
    assert "since delta1 on line 25 is zero in every element" in finding.message
    assert "no line" not in finding.message
    old = "W2 = W2 - lr * old\n    old = dW2"
    late = diagnose(broken("default", ("lr = 1.0", "lr = 1.0\nold = np.zeros((4, 1))"), (UPDATE2, old)))
    assert "changes it by nothing, since old is zero in every element" in errors(late)[0].message


def test_a_line_that_writes_the_same_value() -> None:
    report = diagnose(broken("default", (UPDATE2, "W2 = W2 - 0 * lr * dW2")))
    assert "gives it the value that it had" in errors(report)[0].message


@pytest.mark.parametrize(("sign", "step"), [("", "-"), ("-", "+")])
def test_the_line_that_is_missing_goes_downhill(sign: str, step: str) -> None:
    report = diagnose(broken("default", (UPDATE1, ""), ("dW1 = x.T @ delta1", f"dW1 = {sign}x.T @ delta1")))
    assert said(report) == [("parameter-not-updated", f"W1 = W1 {step} lr * dW1")]


def test_relus_that_start_at_zero_start_equal() -> None:
    zeros: tuple[Edit, ...] = (
        ("W1 = rng.standard_normal((2, 5))", "W1 = np.zeros((2, 5))"),
        ("x = np.array([[0.1, 0.3], [0.2, 1], [1, 0.4], [1, 1]])", "x = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])"),
    )
    program = broken("relu", *zeros)
    report = diagnose(program)
    assert said(report) == [("symmetric-start", "W1 = rng.standard_normal((2, 5))")]
    assert not errors(diagnose(applied(program, report)))


def test_the_best_loss_so_far_changes_no_verdict() -> None:
    kept = f"{LOSS}\n    if loss < best:\n        best = loss\n        best_W2 = W2.copy()"
    report = diagnose(
        broken("default", ("lr = 1.0", "lr = 1.0\nbest = 9.9"), (LOSS, kept), (DELTA2, "delta2 = a2 - y"))
    )
    assert said(report) == [("missing-output-derivative", DELTA2)]
    assert [p.name for p in report.parameters] == ["W1", "W2"]
    assert report.cost.name == "loss"


# --- the mistakes, crossed with how the program is written -----------------------------------------------------------

ALL = [*((m.code, m.base, m.edits) for m in MISTAKES if m.edits), *VARIANTS]
NO_MISTAKE = {("missing-output-derivative", (DELTA2, "delta2 = a2 - y"))}
"""Without a stated cost, this is the right delta of another one; a scale is a matter of the cost as well."""
NAMED_ERROR = "error = y"
"""A variable of this name is taken for the cost where no other is stated."""


def crossed(inferred: bool, seven: bool) -> list[tuple[str, str, tuple[Edit, ...]]]:
    found = []
    for code, base, edits in ALL:
        old, new = {o for o, _ in edits}, " ".join(n for _, n in edits)
        unstated = inferred and (base not in LOSSES or LOSSES[base] in old or code == "scale" or NAMED_ERROR in new)
        sized = seven and (base == "classes" or old & {X4, Y, X_BIASES} or "permutation(4)" in new)
        if unstated or sized or (inferred and any((code, edit) in NO_MISTAKE for edit in edits)):
            continue
        more: tuple[Edit, ...] = ((LOSSES[base], ""),) if inferred else ()
        more += (SEVEN_BIASES if base == "biases" else SEVEN) if seven else ()
        found.append((code, base, edits + more))
    return found


@pytest.mark.parametrize(("inferred", "seven", "first"), [(True, False, 0), (False, True, 1), (True, True, 0)])
def test_the_mistakes_are_named_however_the_program_is_written(inferred: bool, seven: bool, first: int) -> None:
    """Every second mistake without a stated cost, the others with seven samples, and some with both."""
    both = inferred and seven
    cases = crossed(inferred, seven)[first :: 4 if both else 2]
    assert len(cases) >= (10 if both else 25)
    wrong = []
    for code, base, edits in cases:
        report = diagnose(broken(base, *edits))
        codes = {f.code for f in report.findings if f.code != "shape-coincidence"}
        if codes != {code}:
            wrong.append((code, base, edits, codes))
    assert not wrong
