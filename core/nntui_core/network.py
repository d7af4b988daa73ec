"""A network description becomes a program: this module writes the text that a careful person would write by hand.

The text has the form of `programs/default.py`, which is `write(Network())` to the letter. Each part of it comes
from a table (activations, losses, initial weights), so that a new kind is a new row.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from nntui_core.program import Program

LARGEST = 20_000_000
"""Parameters that a network may have: 160 MB of them."""


class NetworkError(ValueError):
    """A network that cannot be built; the message says why and what would do."""


@dataclass(frozen=True, slots=True)
class Activation:
    """A unit's function: its definition, and its derivative written in terms of its own value `{a}`."""

    name: str
    definition: str
    derivative: str


@dataclass(frozen=True, slots=True)
class Loss:
    """A cost C of predictions `{a}` and targets `{y}`, and ∂C/∂a; both are expressions."""

    name: str
    cost: str
    derivative: str
    formula: str


@dataclass(frozen=True, slots=True)
class Data:
    """Samples as text: the expressions for the inputs x (samples, inputs) and the targets y (samples, outputs)."""

    name: str
    title: str
    x: str
    y: str
    inputs: int
    outputs: int


ACTIVATIONS = {
    "sigmoid": Activation("sigmoid", "def sigmoid(z):\n    return 1 / (1 + np.exp(-z))", "{a} * (1 - {a})"),
}
LOSSES = {
    "half-sse": Loss("half-sse", "0.5 * np.sum(({a} - {y}) ** 2)", "({a} - {y})", "½Σ(a−y)²"),
}
INITIAL = {
    "uniform01": "rng.random(({inputs}, {outputs}))",
}
DATA = {
    "forum": Data(
        "forum",
        "xor with a column of ones",
        "np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=float)",
        "np.array([[0], [1], [1], [0]], dtype=float)",
        3,
        1,
    ),
}
FORUM_TITLE = "The forum's network with the textbook's signs: no bias, a column of ones in x, 3-4-1, logistic sigmoid."


@dataclass(frozen=True, slots=True)
class Network:
    """What to build: `layers` are the widths from inputs to outputs, `rate` the learning rate γ.

    Raises:
        NetworkError: fewer than two layers, a width below 1, or too many parameters; the inputs or outputs do not
            fit the data.
    """

    layers: tuple[int, ...] = (3, 4, 1)
    seed: int = 1
    rate: float = 1.0
    iterations: int = 1000
    activation: Activation = field(default=ACTIVATIONS["sigmoid"])
    loss: Loss = field(default=LOSSES["half-sse"])
    initial: str = INITIAL["uniform01"]
    data: Data = field(default=DATA["forum"])

    def __post_init__(self) -> None:
        shown = "-".join(map(str, self.layers))
        if len(self.layers) < 2:
            raise NetworkError(f"{shown}: a network needs at least inputs and outputs, as in 3-1")
        if min(self.layers) < 1:
            raise NetworkError(f"{shown}: every layer needs at least one unit")
        if sum(a * b for a, b in itertools.pairwise(self.layers)) > LARGEST:
            raise NetworkError(f"{shown}: more than {LARGEST:,} weights")
        for place, width, there in (
            ("inputs", self.layers[0], self.data.inputs),
            ("outputs", self.layers[-1], self.data.outputs),
        ):
            if width != there:
                fitting = "-".join(map(str, (self.data.inputs, *self.layers[1:-1], self.data.outputs)))
                raise NetworkError(
                    f"{shown} does not fit the data: {width} {place}, the data {self.data.name!r} has {there};"
                    f" {fitting} would do"
                )

    @property
    def depth(self) -> int:
        """The number of weight matrices."""
        return len(self.layers) - 1


def parse_layers(text: str) -> tuple[int, ...]:
    """Read `3-4-1`.

    Raises:
        NetworkError: something between the dashes is not a whole number.
    """
    widths = []
    for part in text.split("-"):
        if not (part.isascii() and part.isdigit()) or len(part) > 9:
            raise NetworkError(
                f"{text!r}: {part!r} is not a number of units; write the widths with dashes, as in 3-4-1"
            )
        widths.append(int(part))
    return tuple(widths)


def write(network: Network) -> str:
    """Return the program text of a network."""
    return "\n".join(
        [
            f'"""{_title(network)}"""',
            "",
            "import numpy as np",
            "",
            "",
            network.activation.definition,
            "",
            "",
            *_setup(network),
            "",
            f"for iteration in range({network.iterations}):",
            *(f"    {line}" for line in _body(network)),
            "",
        ]
    )


def build(network: Network, name: str | None = None) -> Program:
    """Return a network as a program, named by its layers where no name is given."""
    return Program.parse(write(network), name or "-".join(map(str, network.layers)))


def _title(network: Network) -> str:
    if network.layers == (3, 4, 1) and network.data.name == "forum":
        return FORUM_TITLE
    layers = "-".join(map(str, network.layers))
    return f"{layers}, {network.activation.name}, no bias, C = {network.loss.formula}, on {network.data.title}."


def _setup(network: Network) -> Iterator[str]:
    yield f"rng = np.random.default_rng({network.seed})"
    yield f"x = {network.data.x}"
    yield f"y = {network.data.y}"
    for k in range(1, network.depth + 1):
        drawn = network.initial.format(inputs=network.layers[k - 1], outputs=network.layers[k])
        yield f"W{k} = {drawn}"
    yield f"lr = {network.rate!r}"


def _body(network: Network) -> Iterator[str]:
    yield from _forward(network)
    a = f"a{network.depth}"
    yield f"loss = {network.loss.cost.format(a=a, y='y')}  # C"
    yield from _backward(network)
    for k in range(network.depth, 0, -1):
        yield f"W{k} = W{k} - lr * dW{k}"


def _forward(network: Network) -> Iterator[str]:
    for k in range(1, network.depth + 1):
        below = "x" if k == 1 else f"a{k - 1}"
        yield f"z{k} = {below} @ W{k}  # pre-activation"
        kind = "prediction" if k == network.depth else "activation"
        yield f"a{k} = {network.activation.name}(z{k})  # {kind}"


def _backward(network: Network) -> Iterator[str]:
    for k in range(network.depth, 0, -1):
        slope = network.activation.derivative.format(a=f"a{k}")
        if k == network.depth:
            error = network.loss.derivative.format(a=f"a{k}", y="y")
        else:
            error = f"(delta{k + 1} @ W{k + 1}.T)"
        yield f"delta{k} = {error} * ({slope})  # ∂C/∂z{k}"
        below = "x" if k == 1 else f"a{k - 1}"
        yield f"dW{k} = {below}.T @ delta{k}  # ∂C/∂W{k}"
