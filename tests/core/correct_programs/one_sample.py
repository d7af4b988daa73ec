# ruff: noqa
"""One sample at a time: 1-D vectors, np.outer, an update in each turn of the inner loop."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


rng = np.random.default_rng(6)
data = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]])
labels = np.array([0.0, 1.0, 1.0, 0.0])
w_hidden = rng.standard_normal((3, 4))
w_out = rng.standard_normal(4)
rate = 0.5
for epoch in range(500):
    for x, t in zip(data, labels):
        h = sigmoid(x @ w_hidden)
        o = sigmoid(h @ w_out)
        d_o = (o - t) * o * (1 - o)
        d_h = d_o * w_out * h * (1 - h)
        w_out = w_out - rate * d_o * h
        w_hidden = w_hidden - rate * np.outer(x, d_h)
