"""The forward pass: from the inputs layer by layer to the prediction and the cost."""

from collections.abc import Iterator

from nntui_core.network.description import Network


def passes(network: Network, x: str) -> Iterator[str]:
    """Yield the lines from the inputs, a variable's name, to the prediction."""
    for k in range(1, network.depth + 1):
        below = x if k == 1 else f"a{k - 1}"
        bias = f" + b{k}" if network.bias else ""
        yield f"z{k} = {below} @ W{k}{bias}  # pre-activation"
        kind = "prediction" if k == network.depth else "activation"
        yield f"a{k} = {network.units[k - 1].value.format(z=f'z{k}')}  # {kind}"


def cost(network: Network, y: str) -> Iterator[str]:
    """Yield the lines of the cost; `y` is the targets' name."""
    k = network.depth
    value = network.cost.cost.format(a=f"a{k}", z=f"z{k}", y=y)
    if network.l2 is None:
        yield f"loss = {value}  # C"
        return
    squares = " + ".join(f"np.sum(W{j} ** 2)" for j in range(1, k + 1))
    yield f"penalty = 0.5 * l2 * {squares if k == 1 else f'({squares})'}  # ½λΣW²"
    yield f"loss = {value} + penalty  # C"


def definitions(network: Network) -> Iterator[str]:
    """Yield the functions that these lines call, each once."""
    yield from dict.fromkeys(unit.definition for unit in network.units if unit.definition)
    if network.cost.definition:
        yield network.cost.definition
