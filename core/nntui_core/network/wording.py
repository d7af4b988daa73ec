"""A network's description as the options of the command line that make it, and back.

They stand in the docstring of the program that is written, so that everyone who reads it can make it again, and so
that nntui knows its own programs when they come back in a file.
"""

import ast
import shlex

from nntui_core import parsing
from nntui_core.datasets.data import Data
from nntui_core.datasets.drawn import SHAPES, points
from nntui_core.network.description import Network, parse_layers

FLAGS = frozenset({"--bias", "--standardize", "--header", "--no-header"})
VALUES = frozenset(
    {
        *("--layers", "--activation", "--output", "--loss", "--init", "--optimizer", "--batch", "--l2", "--holdout"),
        *("--data", "--target", "--samples", "--noise"),
    }
)
"""The options that have no value, and those that have one."""


def options(network: Network) -> str:
    """Return the options that make a network, without those that change numbers only: seed and rate.

    Empty where nothing but the layers differs from the default.
    """
    words = [
        network.data.options,
        f"--activation {','.join(network.activations)}" if network.activations else "",
        f"--output {network.output}" if network.output else "",
        f"--loss {network.loss}" if network.loss != "half-sse" else "",
        "--bias" if network.bias else "",
        f"--init {network.init}" if network.init else "",
        f"--optimizer {network.optimizer}" if network.optimizer != "gd" else "",
        f"--batch {network.batch}" if network.batch is not None else "",
        f"--l2 {network.l2!r}" if network.l2 is not None else "",
        f"--holdout {network.holdout!r}" if network.holdout is not None else "",
        "--standardize" if network.standardize else "",
    ]
    said = [word for word in words if word]
    return " ".join([f"--layers {network.shown}", *said]) if said else ""


def said(source: str) -> str:
    """Return the options that a program's docstring says it was made with; empty where it says none."""
    text = ast.get_docstring(parsing.parse(source)) or ""
    last = text.split("\n")[-1].strip()
    return last.removeprefix("nntui ") if last.startswith("nntui --") else ""


def read(text: str) -> Network | None:
    """Return a network of the form that options, as `options` writes them, describe; None where they are no such.

    What they say of data is taken for its form only: the samples are made up.
    """
    try:
        words = shlex.split(text)
        given: dict[str, str] = {}
        while words:
            option = words.pop(0)
            given[option] = "" if option in FLAGS else words.pop(0)
        if not given.keys() <= {*FLAGS, *VALUES}:
            return None
        return _network(given)
    except (ValueError, IndexError):
        return None


def _network(given: dict[str, str]) -> Network:
    layers = parse_layers(given["--layers"]) if "--layers" in given else (3, 4, 1)
    data, activations = given.get("--data", "forum"), given.get("--activation")
    is_class = given.get("--loss") == "ce"
    made_up = Data(data, data, ("x = []", "y = []"), layers[0], layers[-1], 10**9, labels=("",) * layers[-1])
    return Network(
        layers,
        activations=tuple(activations.split(",")) if activations else (),
        output=given.get("--output"),
        loss=given.get("--loss", "half-sse"),
        bias="--bias" in given,
        init=given.get("--init"),
        optimizer=given.get("--optimizer", "gd"),
        batch=int(given["--batch"]) if "--batch" in given else None,
        l2=float(given["--l2"]) if "--l2" in given else None,
        holdout=float(given["--holdout"]) if "--holdout" in given else None,
        standardize="--standardize" in given,
        data=points(data, is_class, 10**9) if data in SHAPES else made_up,
    )
