"""The options that describe a network and its data: `--layers 2-8-1 --activation tanh --data circles`.

They make the default program anew and go with no other one. What they mean is said in `nntui_core.network` and
`nntui_core.datasets`; here they are read, and what is wrong with one is said in its name.
"""

import argparse
from typing import TYPE_CHECKING

from nntui.usage import InputError, finite, nearest, short, suggestion, whole

if TYPE_CHECKING:
    from nntui_core.network import Network
    from nntui_core.program import Program

DESCRIBING = (
    "layers",
    "activation",
    "output",
    "loss",
    "bias",
    "init",
    "optimizer",
    "batch",
    "l2",
    "holdout",
    "data",
    "samples",
    "noise",
    "header",
    "standardize",
)
"""The options that describe a network. `--target` is one of them where there is `--data`."""

HIDDEN_WIDTH = 4
"""Units of the hidden layer where `--layers` does not say."""

NUMBER = finite("0.1")


def add_network_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that describe a network, and those of its data."""
    group = parser.add_argument_group("options of the default network")
    group.add_argument("--layers", metavar="A-B-C", help="widths of the layers, inputs first")
    group.add_argument(
        "--activation",
        metavar="NAME",
        help="of the hidden layers: sigmoid (default), tanh, relu, leaky-relu, identity; one for each, with commas",
    )
    group.add_argument("--loss", metavar="NAME", help="half-sse (default), mse, bce (sigmoid output), ce (softmax)")
    group.add_argument(
        "--output", metavar="NAME", help="of the last layer: sigmoid (half-sse), identity (mse), tanh (either)"
    )
    group.add_argument("--bias", action="store_true", default=None, help="add biases b1, b2, …, which start at 0")
    group.add_argument(
        "--init",
        metavar="NAME",
        help="initial weights: uniform01 (for sigmoid), xavier (for tanh and identity), he (for relu and leaky-relu),"
        " uniform, normal, zeros, constant",
    )
    group.add_argument("--optimizer", metavar="NAME", help="gd (default, γ 1), momentum (γ 0.1), adam (γ 0.001)")
    group.add_argument(
        "--batch",
        metavar="N",
        type=whole(1, 10**9),
        help="learn from N shuffled samples an iteration; 3000 iterations then, not 1000",
    )
    group.add_argument("--l2", metavar="X", type=NUMBER, help="add ½X·ΣW² to the cost, biases left out")
    group.add_argument("--holdout", metavar="X", type=NUMBER, help="share of the samples that are not learned from")
    data = parser.add_argument_group("options of its data")
    data.add_argument("--data", metavar="NAME|FILE", help="nntui data lists the names; a file is .csv, .tsv or .npz")
    data.add_argument("--samples", metavar="N", type=whole(1, 10**9), help="points of circles, moons and spiral")
    data.add_argument("--noise", metavar="X", type=NUMBER, help="the standard deviation of their noise")
    data.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether a file's first row has the columns' names (default: where it has no number)",
    )
    data.add_argument(
        "--standardize", action="store_true", default=None, help="inputs with mean 0 and standard deviation 1"
    )


def described(args: argparse.Namespace) -> str | None:
    """Return the first option that describes a network, None where none is given."""
    return next((name for name in DESCRIBING if getattr(args, name) is not None), None)


def without_description(args: argparse.Namespace) -> dict[str, object]:
    """Return the arguments with all options that describe a network left out."""
    return {**vars(args), **dict.fromkeys(DESCRIBING)}


def program(args: argparse.Namespace) -> "Program":
    """Return the program of the network that the options describe.

    Raises:
        InputError: they do not go together, or with the data.
    """
    from nntui_core.network import build

    described_network = network(args)
    if described_network.standardize:
        from nntui_core.network import standardizing

        constant = standardizing.constant_column(described_network)
        if constant is not None:
            raise InputError(f"--standardize: {constant}")
    return build(described_network)


def network(args: argparse.Namespace) -> "Network":
    """Return the description of the network.

    Raises:
        InputError: something does not exist or does not fit.
    """
    from nntui_core.datasets import DataError, load
    from nntui_core.network import Network, NetworkError, parse_layers

    _refuse_unknown_data(args.data)
    try:
        data = load(
            args.data or "forum",
            classes=args.loss == "ce",
            target=args.target,
            header=args.header,
            samples=args.samples,
            noise=args.noise,
        )
        layers = parse_layers(args.layers) if args.layers is not None else (data.inputs, HIDDEN_WIDTH, data.outputs)
        return Network(
            layers,
            activations=_names(args.activation),
            output=args.output,
            loss="half-sse" if args.loss is None else args.loss,
            bias=bool(args.bias),
            init=args.init,
            optimizer="gd" if args.optimizer is None else args.optimizer,
            batch=args.batch,
            l2=args.l2,
            holdout=args.holdout,
            standardize=bool(args.standardize),
            data=data,
        )
    except (NetworkError, DataError) as error:
        raise InputError(f"--{error.option}: {error}") from None


def _names(text: str | None) -> tuple[str, ...]:
    return () if text is None else tuple(name.strip() for name in text.split(","))


def _refuse_unknown_data(name: str | None) -> None:
    from nntui_core.datasets import NAMES

    near = nearest(name or "", NAMES)
    if name is not None and name not in NAMES and "." not in name and near is not None:
        raise InputError(f"--data: there is no data {short(name)}{suggestion(near)} (nntui data lists what there is)")
