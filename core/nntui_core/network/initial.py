"""Initial weights, drawn by the program's generator in the order W1, W2, …; biases start at 0.

| name | a weight of a layer with n inputs and m outputs |
| --- | --- |
| uniform01 | uniform on [0, 1) |
| uniform | uniform on [−1, 1) |
| normal | normal, standard deviation 1 |
| xavier | uniform on ±√(6/(n + m)): the uniform form of Glorot and Bengio, 2010, equation 16 |
| he | normal, standard deviation √(2/n): the normal form of He et al., 2015, equation 10 |
| zeros | 0: all units of a layer stay alike, which is what there is to see |
| constant | ½: the same |
"""

INITIAL = {
    "uniform01": "rng.random(({inputs}, {outputs}))",
    "uniform": "rng.uniform(-1, 1, ({inputs}, {outputs}))",
    "normal": "rng.standard_normal(({inputs}, {outputs}))",
    "xavier": "np.sqrt(6 / ({inputs} + {outputs})) * rng.uniform(-1, 1, ({inputs}, {outputs}))",
    "he": "np.sqrt(2 / {inputs}) * rng.standard_normal(({inputs}, {outputs}))",
    "zeros": "np.zeros(({inputs}, {outputs}))",
    "constant": "np.full(({inputs}, {outputs}), 0.5)",
}

FITTING = {"relu": "he", "leaky-relu": "he", "tanh": "xavier", "identity": "xavier"}
"""What suits a hidden layer's activation; logistic units start as the forum's do, uniform01."""


def fitting(hidden: tuple[str, ...]) -> str:
    """Return the initial weights for a network with these hidden activations, where none are asked for."""
    return next((FITTING[name] for name in hidden if name in FITTING), "uniform01")
