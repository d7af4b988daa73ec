"""What is minimised, and the derivative that the backward pass begins with.

| name | C | begins with |
| --- | --- | --- |
| half-sse | ½Σ(a − y)² over samples and outputs | ∂C/∂a = a − y |
| mse | the mean of (a − y)² over all elements | ∂C/∂a = 2(a − y)/N, N the number of elements |
| bce | the mean of −y ln a − (1 − y) ln(1 − a) over samples and outputs, a = sigmoid(z) | ∂C/∂z = (a − y)/N |
| ce | the mean over samples of −Σ y ln a, a = softmax(z) | ∂C/∂z = (a − y)/n, n the number of samples |

The last two are computed from z, so that the logarithm of a vanishing a is never taken:
−y ln a − (1 − y) ln(1 − a) = ln(1 + eᶻ) − yz, and ln softmax(z) = z − ln Σeᶻ with the largest z taken out first
(Goodfellow, Bengio and Courville, Deep Learning, §6.2.2 and §4.1).
"""

from dataclasses import dataclass

LOG_SOFTMAX = """\
def log_softmax(z):
    z = z - z.max(axis=1, keepdims=True)  # the same probabilities, and nothing overflows
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))"""


@dataclass(frozen=True, slots=True)
class Loss:
    """A cost of predictions `{a}`, pre-activations `{z}` and targets `{y}`, as text.

    `derivative` is ∂C/∂a, or ∂C/∂z where `through` tells that it has gone through the activation already. `outputs`
    are the activations that the last layer may have, the first of them where none is asked for.
    """

    name: str
    cost: str
    derivative: str
    formula: str
    outputs: tuple[str, ...]
    through: bool = False
    definition: str = ""


LOSSES = {
    loss.name: loss
    for loss in (
        Loss(
            "half-sse",
            "0.5 * np.sum(({a} - {y}) ** 2)",
            "{a} - {y}",
            "½Σ(a−y)²",
            ("sigmoid", "tanh", "identity"),
        ),
        Loss(
            "mse",
            "np.mean(({a} - {y}) ** 2)",
            "2 * ({a} - {y}) / {y}.size",
            "mean of (a−y)²",
            ("identity", "sigmoid", "tanh"),
        ),
        Loss(
            "bce",
            "np.mean(np.logaddexp(0, {z}) - {y} * {z})",
            "({a} - {y}) / {y}.size",
            "mean of −y ln a − (1−y) ln(1−a)",
            ("sigmoid",),
            through=True,
        ),
        Loss(
            "ce",
            "-np.mean(np.sum({y} * log_softmax({z}), axis=1))",
            "({a} - {y}) / len({y})",
            "mean of −Σ y ln a",
            ("softmax",),
            through=True,
            definition=LOG_SOFTMAX,
        ),
    )
}
