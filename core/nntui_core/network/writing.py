"""A network's description becomes the text of a program, as a careful person would write it by hand.

The text has the form of `programs/default.py`, which is `write(Network())` to the letter. The weights are drawn
first of all, so that they are the same whatever else is drawn.
"""

from collections.abc import Iterator

from nntui_core.network import backward, forward, samples
from nntui_core.network.description import Network
from nntui_core.network.initial import INITIAL
from nntui_core.network.wording import options
from nntui_core.program import Program

FORUM_TITLE = "The forum's network with the textbook's signs: no bias, a column of ones in x, 3-4-1, logistic sigmoid."


def write(network: Network) -> str:
    """Return the program text of a network."""
    functions = [*forward.definitions(network), *network.data.functions, *samples.forward_function(network)]
    return "\n".join(
        [
            _docstring(network),
            "",
            *(f"import {module}" for module in network.data.imports),
            *([""] if network.data.imports else []),
            "import numpy as np",
            "",
            "",
            *(line for function in functions for line in (function, "", "")),
            *_setup(network),
            "",
            f"for iteration in range({network.steps}):",
            *(f"    {line}" for line in _body(network)),
            "",
        ]
    )


def build(network: Network, name: str | None = None) -> Program:
    """Return a network as a program, named by its layers where no name is given."""
    return Program.parse(write(network), name or network.shown)


def _docstring(network: Network) -> str:
    said = options(network)
    if not said and network.layers == (3, 4, 1):
        return f'"""{FORUM_TITLE}"""'
    text = _in_quotes(_title(network))
    return f'"""{text}\n\nnntui {_in_quotes(said)}\n"""' if said else f'"""{text}"""'


def _in_quotes(text: str) -> str:
    """Return a text as it stands inside of quotes: names of files are other people's."""
    return text.encode("unicode_escape").decode("ascii").replace('"', '\\"') if not _is_plain(text) else text


def _is_plain(text: str) -> bool:
    return text.isprintable() and not set(text) & {'"', "\\"}


def _title(network: Network) -> str:
    hidden = list(dict.fromkeys(unit.name for unit in network.units[:-1]))
    last = network.units[-1].name
    units = [*hidden, *([] if hidden == [last] else [f"{last} output" if hidden else last])]
    penalty = " + ½λΣW²" if network.l2 is not None else ""
    method = [] if network.optimizer == "gd" else [network.optimizer]
    parts = [
        network.shown,
        *units,
        "biases" if network.bias else "no bias",
        f"C = {network.cost.formula}{penalty}",
        *method,
        f"on {network.data.title}",
    ]
    return ", ".join(parts) + "."


def _setup(network: Network) -> Iterator[str]:
    yield f"rng = np.random.default_rng({network.seed})"
    if network.data.labels:
        yield f"labels = {list(network.data.labels)!r}"
    if not network.data.drawn:
        yield from network.data.setup
    for k in range(1, network.depth + 1):
        drawn = INITIAL[network.initial].format(inputs=network.layers[k - 1], outputs=network.layers[k])
        yield f"W{k} = {drawn}"
        if network.bias:
            yield f"b{k} = np.zeros({network.layers[k]})"
    if network.data.drawn:
        yield from network.data.setup
    yield from samples.split(network)
    for name in network.parameters:
        yield from (line.format(W=name) for line in network.method.buffers)
    yield from network.method.numbers
    if network.l2 is not None:
        yield f"l2 = {network.l2!r}"
    yield f"lr = {network.gamma!r}"


def _body(network: Network) -> Iterator[str]:
    x, y = samples.names(network)
    yield from samples.picked(network)
    yield from forward.passes(network, x)
    yield from forward.cost(network, y)
    yield from backward.passes(network, x, y)
    yield from samples.held_out(network)
    for k in range(network.depth, 0, -1):
        for kind in ("W", "b") if network.bias else ("W",):
            yield from (line.format(W=f"{kind}{k}") for line in network.method.update)
