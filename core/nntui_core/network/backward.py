"""The backward pass: the chain rule from the cost back to every parameter, delta being ∂C/∂z."""

from collections.abc import Iterator

from nntui_core.network.description import Network


def passes(network: Network, x: str, y: str) -> Iterator[str]:
    """Yield the lines from the cost to the gradients; `x` and `y` are the names of inputs and targets."""
    for k in range(network.depth, 0, -1):
        yield f"delta{k} = {_delta(network, k, y)}  # ∂C/∂z{k}"
        below = x if k == 1 else f"a{k - 1}"
        decay = f" + l2 * W{k}" if network.l2 is not None else ""
        yield f"dW{k} = {below}.T @ delta{k}{decay}  # ∂C/∂W{k}"
        if network.bias:
            yield f"db{k} = delta{k}.sum(axis=0)  # ∂C/∂b{k}"


def _delta(network: Network, k: int, y: str) -> str:
    last = k == network.depth
    error = network.cost.derivative.format(a=f"a{k}", y=y) if last else f"delta{k + 1} @ W{k + 1}.T"
    slope = network.units[k - 1].slope.format(a=f"a{k}", z=f"z{k}")
    if not slope or (last and network.cost.through):
        return error
    factor = slope if slope.startswith("np.") else f"({slope})"
    return f"{error if error.startswith('2') else f'({error})'} * {factor}"
