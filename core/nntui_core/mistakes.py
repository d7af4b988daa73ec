"""The usual mistakes, each as a right program with a line or two changed.

Open one and watch: many learn. What the loss curve does not show, a check names. The codes are those of
`nntui_core.diagnosis`; what is seen was measured on XOR over ten seeds and 10,000 iterations.
"""

from dataclasses import dataclass
from importlib import resources

from nntui_core import builtin
from nntui_core.program import Program

Edit = tuple[str, str]
"""(a line of the right program without its indentation and comment, the text in its place)"""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake: its code, what it is, what one sees of it, and the edits of a right program that make it.

    `base` is that program: one of `builtin.NAMES`, or a file of `programs/mistakes`.
    """

    code: str
    title: str
    what_is_seen: str
    edits: tuple[Edit, ...]
    base: str = "default"


DELTA1 = "delta1 = (delta2 @ W2.T) * (a1 * (1 - a1))"
DELTA2 = "delta2 = (a2 - y) * (a2 * (1 - a2))"

MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        "sign",
        "δ = (y − a)… and the update subtracts",
        "the cost rises to 1.0",
        ((DELTA2, "delta2 = (y - a2) * (a2 * (1 - a2))"),),
    ),
    Mistake(
        "delta-for-gradient",
        "∂C/∂z2 where ∂C/∂W2 belongs: no `a1.T @`",
        "silent, since 4 samples equal 4 hidden units; it learns all the same",
        (("dW2 = a1.T @ delta2", "dW2 = delta2"),),
    ),
    Mistake(
        "missing-transpose",
        "`a1 @ delta2` for `a1.T @ delta2`",
        "silent, since 4 samples equal 4 hidden units; it learns all the same",
        (("dW2 = a1.T @ delta2", "dW2 = a1 @ delta2"),),
    ),
    Mistake(
        "elementwise-product",
        "`*` where `@` belongs",
        "W2 silently grows to (4,4)",
        (("dW2 = a1.T @ delta2", "dW2 = a1 * delta2"),),
    ),
    Mistake(
        "wrong-activation",
        "`z1.T @ delta2`: another layer's values",
        "silent; the cost stays near 0.44",
        (("dW2 = a1.T @ delta2", "dW2 = z1.T @ delta2"),),
    ),
    Mistake(
        "derivative-of-z",
        "`z1 * (1 - z1)`: a σ′ for activations, given z",
        "NaN",
        ((DELTA1, "delta1 = (delta2 @ W2.T) * (z1 * (1 - z1))"),),
    ),
    Mistake(
        "derivative-twice",
        "σ applied to an activation",
        "slow: 0.48 after 1,000 iterations",
        ((DELTA1, "delta1 = (delta2 @ W2.T) * (sigmoid(a1) * (1 - sigmoid(a1)))"),),
    ),
    Mistake(
        "missing-hidden-derivative",
        "delta1 without σ′(z1)",
        "stuck at 0.4985",
        ((DELTA1, "delta1 = delta2 @ W2.T"),),
    ),
    Mistake(
        "missing-output-derivative",
        "delta2 = a2 − y, cross-entropy's delta, with squared error",
        "learns faster than the right rule",
        ((DELTA2, "delta2 = a2 - y"),),
    ),
    Mistake(
        "error-for-delta",
        "the raw error sent back instead of delta2",
        "learns all the same",
        ((DELTA1, "delta1 = ((a2 - y) @ W2.T) * (a1 * (1 - a1))"),),
    ),
    Mistake(
        "update-order",
        "W2 updated before delta1 reads it",
        "learns all the same; W1's relative error is 0.04",
        (
            (DELTA1, "W2 = W2 - lr * dW2"),
            ("W2 = W2 - lr * dW2", DELTA1),
            ("dW1 = x.T @ delta1", ""),
            ("W1 = W1 - lr * dW1", "dW1 = x.T @ delta1\n    W1 = W1 - lr * dW1"),
        ),
    ),
    Mistake(
        "error-distorted",
        "abs() inside the delta",
        "the cost rises to 1.0",
        ((DELTA2, "delta2 = np.abs(a2 - y) * (a2 * (1 - a2))"),),
    ),
    Mistake(
        "scale",
        "a mean as the cost, the gradient of a sum",
        "learns four times as fast as the cost says",
        (("loss = 0.5 * np.sum((a2 - y) ** 2)", "loss = 0.5 * np.mean((a2 - y) ** 2)"),),
    ),
    Mistake(
        "bias-not-summed",
        "∂C/∂b = δ, not summed over the samples",
        "a bias for each sample: it learns whatever x is",
        (("db1 = delta1.sum(axis=0, keepdims=True)", "db1 = delta1"),),
        "biases",
    ),
    Mistake(
        "parameter-not-updated",
        "a bias that is read and never written",
        "b1 stays zero",
        (("db1 = delta1.sum(axis=0, keepdims=True)", ""), ("b1 = b1 - lr * db1", "")),
        "biases",
    ),
    Mistake(
        "target-shape",
        "y of shape (n,) against (n,1)",
        "y − a is (n,n), and the backward pass fails on its shape",
        (
            (
                "y = np.array([[0], [1], [1], [0]], dtype=float)",
                "y = np.array([0, 1, 1, 0], dtype=float)",
            ),
        ),
    ),
    Mistake(
        "symmetric-start",
        "all initial weights are zero",
        "the hidden units stay equal",
        (("W1 = rng.random((3, 4))", "W1 = np.zeros((3, 4))"), ("W2 = rng.random((4, 1))", "W2 = np.zeros((4, 1))")),
    ),
    Mistake(
        "start-scale",
        "weights ten times a normal draw",
        "saturated: three of ten seeds learn",
        (
            ("W1 = rng.random((3, 4))", "W1 = 10 * rng.standard_normal((3, 4))"),
            ("W2 = rng.random((4, 1))", "W2 = 10 * rng.standard_normal((4, 1))"),
        ),
    ),
    Mistake("learning-rate", "a learning rate of 100", "0.375, or NaN", (("lr = 1.0", "lr = 100.0"),)),
    Mistake(
        "gradient-accumulates",
        "a gradient buffer that is never set to zero",
        "four of ten seeds learn",
        (
            ("lr = 1.0", "lr = 1.0\ndW2 = np.zeros((4, 1))"),
            ("dW2 = a1.T @ delta2", "dW2 += a1.T @ delta2"),
        ),
    ),
    Mistake(
        "stale-forward",
        "x is shuffled without y",
        "0.50",
        (("z1 = x @ W1", "x = x[rng.permutation(4)]\n    z1 = x @ W1"),),
    ),
    Mistake(
        "softmax-axis",
        "softmax over the samples instead of the classes",
        "the rows of a2 do not sum to 1",
        (("return e / e.sum(axis=1, keepdims=True)", "return e / e.sum(axis=0, keepdims=True)"),),
        "classes",
    ),
    Mistake(
        "in-place-activation",
        "the backward pass writes into x by another name",
        "wrong only from the second iteration on",
        (
            ("z1 = x @ W1", "a0 = x\n    z1 = a0 @ W1"),
            ("dW1 = x.T @ delta1", "dW1 = a0.T @ delta1\n    a0 *= 0.5"),
        ),
    ),
    Mistake(
        "integer-arrays",
        "integer weights",
        "element writes cut the fraction off: W1 does not change",
        (
            ("W1 = rng.random((3, 4))", "W1 = rng.integers(-2, 3, (3, 4))"),
            ("W1 = W1 - lr * dW1", "W1[:] = W1 - lr * dW1"),
        ),
    ),
    Mistake(
        "shape-coincidence",
        "no mistake yet: 4 samples, 4 hidden units",
        "a wrong product would run",
        (),
    ),
)


def base(name: str) -> str:
    """Return the text of the right program that a mistake is made from.

    Raises:
        KeyError: there is no such program.
    """
    if name in builtin.NAMES:
        return builtin.source(name)
    file = resources.files("nntui_core").joinpath("programs", "mistakes", f"{name}.py")
    if not file.is_file():
        raise KeyError(name)
    return file.read_text(encoding="utf-8")


def program(code: str) -> Program:
    """Return the program that makes a mistake, named by its code.

    Raises:
        KeyError: there is no such mistake.
    """
    mistake = next((m for m in MISTAKES if m.code == code), None)
    if mistake is None:
        raise KeyError(code)
    return Program.parse(edited(base(mistake.base), mistake.edits), code)


def edited(source: str, edits: tuple[Edit, ...]) -> str:
    """Return a text with lines replaced; each edit names one line of the original. An empty text deletes the line.

    Raises:
        ValueError: an edit does not name exactly one line.
    """
    lines = source.splitlines()
    bare = [line.split("#")[0].strip() for line in lines]
    result: list[str | None] = list(lines)
    for old, new in edits:
        if bare.count(old) != 1:
            raise ValueError(f"{old!r} is not one line of the program")
        at = bare.index(old)
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        result[at] = indent + new if new else None
    return "\n".join(line for line in result if line is not None) + "\n"
