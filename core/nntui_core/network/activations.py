"""What a unit makes of its pre-activation z, and the slope of that: da/dz, written with a or z as by hand.

| name | a(z) | a′(z) |
| --- | --- | --- |
| sigmoid | 1/(1 + e⁻ᶻ) | a(1 − a) |
| tanh | tanh z | 1 − a² |
| relu | max(z, 0) | 1 where z > 0, else 0 |
| leaky-relu | z where z > 0, else 0.01 z | 1 or 0.01 |
| identity | z | 1 |
| softmax | eᶻ/Σeᶻ over a sample's outputs | with the cross-entropy only, see `losses` |
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Activation:
    """A unit's function as text: how `{z}` becomes its value, its slope in terms of `{a}` and `{z}`, its definition.

    An empty slope is 1 everywhere; an empty definition needs none.
    """

    name: str
    value: str
    slope: str
    definition: str = ""


SIGMOID = Activation("sigmoid", "sigmoid({z})", "{a} * (1 - {a})", "def sigmoid(z):\n    return 1 / (1 + np.exp(-z))")
STABLE_SIGMOID = Activation(
    "sigmoid",
    "sigmoid({z})",
    "{a} * (1 - {a})",
    "def sigmoid(z):\n    return np.exp(-np.logaddexp(0, -z))  # 1 / (1 + e^-z), and nothing overflows",
)
"""The same function for pre-activations of any size: −ln(1 + e⁻ᶻ) is taken first."""

SOFTMAX = Activation(
    "softmax",
    "softmax({z})",
    "",
    """\
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))  # the largest becomes e^0: nothing overflows
    return e / e.sum(axis=1, keepdims=True)""",
)

HIDDEN = {
    "sigmoid": SIGMOID,
    "tanh": Activation("tanh", "np.tanh({z})", "1 - {a} ** 2"),
    "relu": Activation("relu", "relu({z})", "{z} > 0", "def relu(z):\n    return np.maximum(z, 0)"),
    "leaky-relu": Activation(
        "leaky-relu",
        "leaky_relu({z})",
        "np.where({z} > 0, 1, 0.01)",
        "def leaky_relu(z):\n    return np.where(z > 0, z, 0.01 * z)",
    ),
    "identity": Activation("identity", "{z}", ""),
}
"""What hidden layers may have."""
