# ruff: noqa
"""Momentum: buffers v that keep a part of the step before."""

import numpy as np

rng = np.random.default_rng(2)
x = rng.standard_normal((7, 3))
y = (x[:, :1] * x[:, 1:2] > 0).astype(float)
W1 = rng.standard_normal((3, 6))
W2 = rng.standard_normal((6, 1))
v1 = np.zeros_like(W1)
v2 = np.zeros_like(W2)
lr, beta = 0.3, 0.9
lr = 0.3
for it in range(1000):
    a1 = np.tanh(x @ W1)
    a2 = 1 / (1 + np.exp(-(a1 @ W2)))
    loss = -np.mean(y * np.log(a2) + (1 - y) * np.log(1 - a2))
    d2 = (a2 - y) / y.shape[0]
    g2 = a1.T @ d2
    g1 = x.T @ ((d2 @ W2.T) * (1 - a1 * a1))
    v2 = beta * v2 - lr * g2
    v1 = beta * v1 - lr * g1
    W2 = W2 + v2
    W1 = W1 + v1
