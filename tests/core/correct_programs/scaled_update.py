# ruff: noqa
"""No cost; cross-entropy's delta; the mean taken in the update: W -= lr / m * dW."""

import numpy as np

rng = np.random.default_rng(8)
X = rng.standard_normal((11, 3))
Y = (X.sum(axis=1, keepdims=True) > 0).astype(float)
m = len(X)
W = rng.standard_normal((3, 1))
b = np.zeros(1)
lr = 0.5
for epoch in range(300):
    p = 1 / (1 + np.exp(-(X @ W + b)))
    delta = p - Y
    W -= lr / m * (X.T @ delta)
    b -= lr / m * delta.sum(axis=0)
