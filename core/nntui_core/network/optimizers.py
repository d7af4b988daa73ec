"""What is done with the gradients: plain gradient descent, momentum, Adam.

| name | for each parameter W with g = ∂C/∂W |
| --- | --- |
| gd | W ← W − γg |
| momentum | v ← 0.9 v + g, W ← W − γv (Polyak 1964, in the form of Sutskever et al. 2013 with γ outside) |
| adam | m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ), W ← W − γ m̂/(√v̂ + ε) |

Adam's numbers are those of Kingma and Ba, 2015, Algorithm 1: γ = 0.001, β₁ = 0.9, β₂ = 0.999, ε = 1e-8; t counts from
1. The buffers v and m are variables of the program like any other.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Optimizer:
    """An update as text: `{W}` is the parameter's name.

    `rate` is the learning rate where none is asked for, `numbers` the setup's lines once, `buffers` those for each
    parameter, `update` the body's lines for each.
    """

    name: str
    rate: float
    update: tuple[str, ...]
    buffers: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


OPTIMIZERS = {
    optimizer.name: optimizer
    for optimizer in (
        Optimizer("gd", 1.0, ("{W} = {W} - lr * d{W}",)),
        Optimizer(
            "momentum",
            0.1,
            ("v{W} = momentum * v{W} + d{W}  # velocity", "{W} = {W} - lr * v{W}"),
            ("v{W} = np.zeros_like({W})",),
            ("momentum = 0.9",),
        ),
        Optimizer(
            "adam",
            0.001,
            (
                "m{W} = beta1 * m{W} + (1 - beta1) * d{W}  # mean of ∂C/∂{W}, the latest counting most",
                "v{W} = beta2 * v{W} + (1 - beta2) * d{W} ** 2  # the same of its square",
                "mhat{W} = m{W} / (1 - beta1 ** (iteration + 1))  # without what it began with, 0",
                "vhat{W} = v{W} / (1 - beta2 ** (iteration + 1))",
                "{W} = {W} - lr * mhat{W} / (np.sqrt(vhat{W}) + epsilon)",
            ),
            ("m{W} = np.zeros_like({W})", "v{W} = np.zeros_like({W})"),
            ("beta1, beta2, epsilon = 0.9, 0.999, 1e-8",),
        ),
    )
}
