"""What to build: a network's layers and everything that the options of the command line say of it."""

import itertools
from collections.abc import Collection
from dataclasses import dataclass, field

from nntui_core.datasets.data import Data
from nntui_core.datasets.small import table
from nntui_core.network.activations import HIDDEN, SIGMOID, SOFTMAX, STABLE_SIGMOID, Activation
from nntui_core.network.initial import INITIAL, fitting
from nntui_core.network.losses import LOSSES, Loss
from nntui_core.network.optimizers import OPTIMIZERS, Optimizer

WHOLE_ITERATIONS, BATCH_ITERATIONS = 1000, 3000
"""Iterations where nobody says how many: each is one step, and one that sees a mini-batch only learns less."""
LARGEST = 20_000_000
"""Weights that a network may have: 160 MB of them."""


class NetworkError(ValueError):
    """A network that cannot be built; the message says why and what would do, `option` which option is to blame."""

    def __init__(self, option: str, message: str) -> None:
        super().__init__(message)
        self.option = option


@dataclass(frozen=True, slots=True)
class Network:
    """What to build: `layers` are the widths from inputs to outputs, `rate` the learning rate γ.

    `activations` are the hidden layers', one for all or one for each, logistic where there are none; `output` is the
    last layer's. None stands for what suits the rest: see `losses`, `initial` and `optimizers`. `batch` is the number
    of samples of a mini-batch, `l2` the λ of ½λΣW², `holdout` the share of samples that are not learned from.

    Raises:
        NetworkError: something does not exist or does not fit.
    """

    layers: tuple[int, ...] = (3, 4, 1)
    seed: int = 1
    rate: float | None = None
    iterations: int | None = None
    activations: tuple[str, ...] = ()
    output: str | None = None
    loss: str = "half-sse"
    bias: bool = False
    init: str | None = None
    optimizer: str = "gd"
    batch: int | None = None
    l2: float | None = None
    holdout: float | None = None
    standardize: bool = False
    data: Data = field(default_factory=lambda: table("forum"))

    def __post_init__(self) -> None:
        self._refuse_layers()
        self._refuse_unknown()
        self._refuse_activations()
        self._refuse_sizes()

    @property
    def depth(self) -> int:
        """The number of weight matrices."""
        return len(self.layers) - 1

    @property
    def shown(self) -> str:
        """The layers as they are written: `3-4-1`."""
        return "-".join(map(str, self.layers))

    @property
    def cost(self) -> Loss:
        """The loss."""
        return LOSSES[self.loss]

    @property
    def hidden_names(self) -> tuple[str, ...]:
        """The activation of each hidden layer, by name."""
        count = self.depth - 1
        names = self.activations or ("sigmoid",)
        return names * count if len(names) == 1 else names

    @property
    def units(self) -> tuple[Activation, ...]:
        """The activation of each layer, the output's last."""
        last = self.output or self.cost.outputs[0]
        stable = STABLE_SIGMOID if self.cost.through else SIGMOID
        known = {**HIDDEN, "sigmoid": stable, "softmax": SOFTMAX}
        return tuple(known[name] for name in (*self.hidden_names, last))

    @property
    def initial(self) -> str:
        """The kind of initial weights."""
        return self.init or fitting(self.hidden_names)

    @property
    def method(self) -> Optimizer:
        """The optimizer."""
        return OPTIMIZERS[self.optimizer]

    @property
    def gamma(self) -> float:
        """The learning rate: the optimizer's own where none is asked for."""
        return self.method.rate if self.rate is None else self.rate

    @property
    def steps(self) -> int:
        """The iterations that the loop's header asks for, each one step of the optimizer."""
        if self.iterations is not None:
            return self.iterations
        return WHOLE_ITERATIONS if self.batch is None else BATCH_ITERATIONS

    @property
    def held_out(self) -> int:
        """The number of samples that are held out: the share, rounded, but at least one and not all."""
        if self.holdout is None:
            return 0
        return min(max(round(self.holdout * self.data.samples), 1), self.data.samples - 1)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters, in the order of their use."""
        kinds = ("W", "b") if self.bias else ("W",)
        return tuple(f"{kind}{k}" for k in range(1, self.depth + 1) for kind in kinds)

    def _refuse_layers(self) -> None:
        if len(self.layers) < 2:
            raise NetworkError("layers", f"{self.shown}: a network needs at least inputs and outputs, as in 3-1")
        if min(self.layers) < 1:
            raise NetworkError("layers", f"{self.shown}: every layer needs at least one unit")
        if sum(a * b for a, b in itertools.pairwise(self.layers)) > LARGEST:
            raise NetworkError("layers", f"{self.shown}: more than {LARGEST:,} weights")
        for place, width, there in (
            ("inputs", self.layers[0], self.data.inputs),
            ("outputs", self.layers[-1], self.data.outputs),
        ):
            if width != there:
                fitting_layers = "-".join(map(str, (self.data.inputs, *self.layers[1:-1], self.data.outputs)))
                raise NetworkError(
                    "layers",
                    f"{self.shown} does not fit the data: {width} {place}, the data {self.data.name!r} has {there};"
                    f" {fitting_layers} would do",
                )

    def _refuse_unknown(self) -> None:
        asked: list[tuple[str, str, Collection[str]]] = [("activation", name, HIDDEN) for name in self.activations]
        asked += [("loss", self.loss, LOSSES), ("init", self.initial, INITIAL)]
        asked += [("optimizer", self.optimizer, OPTIMIZERS)]
        for option, name, known in asked:
            if name not in known:
                raise NetworkError(option, f"there is no {name!r}; there are {', '.join(known)}")
        if self.output is not None and self.output not in self.cost.outputs:
            there = " or ".join(self.cost.outputs)
            raise NetworkError("output", f"{self.output!r} does not go with --loss {self.loss}: its output is {there}")

    def _refuse_activations(self) -> None:
        hidden, given = self.depth - 1, len(self.activations)
        if given and not hidden:
            raise NetworkError("activation", f"{self.shown} has no hidden layer")
        if given > 1 and given != hidden:
            layers = f"{hidden} hidden layer{'' if hidden == 1 else 's'}"
            raise NetworkError("activation", f"{given} of them for the {layers} of {self.shown}: one, or one for each")

    def _refuse_sizes(self) -> None:
        samples = self.data.samples
        if self.loss == "ce" and self.layers[-1] < 2:
            raise NetworkError("loss", "ce is for two classes or more, one output for each; bce is for one output")
        if self.holdout is not None and (not 0 < self.holdout < 1 or samples < 2):
            raise NetworkError("holdout", f"{self.holdout!r} is not a share of the {samples:,} samples; 0.2 would do")
        left = samples - self.held_out
        if self.batch is not None and not 1 <= self.batch <= left:
            raise NetworkError("batch", f"{self.batch:,}: there are {left:,} samples to learn from, so 1 to {left:,}")
        if self.l2 is not None and not 0 <= self.l2 < float("inf"):
            raise NetworkError("l2", f"{self.l2!r} is not a number from 0 on; 0.001 would do")


def parse_layers(text: str) -> tuple[int, ...]:
    """Read `3-4-1`.

    Raises:
        NetworkError: something between the dashes is not a whole number.
    """
    widths = []
    for part in text.split("-"):
        if not (part.isascii() and part.isdigit()) or len(part) > 9:
            raise NetworkError(
                "layers", f"{text!r}: {part!r} is not a number of units; write the widths with dashes, as in 3-4-1"
            )
        widths.append(int(part))
    return tuple(widths)
