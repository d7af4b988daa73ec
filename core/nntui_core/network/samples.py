"""What is done with the samples before a network learns from them: some are held out, all standardized, a few picked.

* **Held out** are random samples that no gradient ever sees: the cost of these is what the network has learned.
* **Standardized** are inputs with mean 0 and standard deviation 1 (the population's), both taken from the samples that
  are learned from.
* A **mini-batch** is the beginning of a fresh shuffle: every iteration learns from other samples.
"""

from collections.abc import Iterator

from nntui_core.network.description import Network


def names(network: Network) -> tuple[str, str]:
    """Return the names of the inputs and targets that an iteration learns from."""
    return ("x", "y") if network.batch is None else ("xb", "yb")


def split(network: Network) -> Iterator[str]:
    """Yield the lines of the setup that hold samples out and standardize."""
    n = network.held_out
    if n:
        yield f"order = rng.permutation(len(x))  # {n} of them are held out: no gradient sees them"
        yield f"x, x_holdout = x[order[{n}:]], x[order[:{n}]]"
        yield f"y, y_holdout = y[order[{n}:]], y[order[:{n}]]"
    if network.standardize:
        yield "mean, deviation = x.mean(axis=0), x.std(axis=0)"
        both = n and "x, x_holdout = (x - mean) / deviation, (x_holdout - mean) / deviation"
        yield both or "x = (x - mean) / deviation"


def picked(network: Network) -> Iterator[str]:
    """Yield the lines of the body that pick a mini-batch."""
    if network.batch is not None:
        yield f"batch = rng.permutation(len(x))[:{network.batch}]  # a mini-batch of the shuffled samples"
        yield "xb, yb = x[batch], y[batch]"


def held_out(network: Network) -> Iterator[str]:
    """Yield the lines of the body that compute the cost of the held-out samples, without the penalty on weights."""
    if network.holdout is None:
        return
    yield f"z_holdout = forward(x_holdout, {', '.join(network.parameters)})  # the held-out samples"
    yield f"a_holdout = {network.units[-1].value.format(z='z_holdout')}"
    value = network.cost.cost.format(a="a_holdout", z="z_holdout", y="y_holdout")
    yield f"holdout_loss = {value}  # their cost"


def forward_function(network: Network) -> Iterator[str]:
    """Yield the definition of the forward pass as a function, for samples that are not learned from."""
    if network.holdout is None:
        return
    lines = [f"def forward(x, {', '.join(network.parameters)}):", '    """Return the last pre-activation."""']
    a = "x"
    for k in range(1, network.depth + 1):
        z = f"{a} @ W{k}{f' + b{k}' if network.bias else ''}"
        if k == network.depth:
            lines.append(f"    return {z}")
        else:
            a = f"a{k}"
            value = network.units[k - 1].value
            lines.append(f"    {a} = {value.format(z=z)}")
    yield "\n".join(lines)
