# ruff: noqa
"""Mini-batches out of a permutation, an inner loop, inputs and targets rearranged together; L2 weight decay."""

import numpy as np

rng = np.random.default_rng(9)
X = rng.standard_normal((24, 3))
Y = np.tanh(X @ np.array([[1.0], [-2.0], [0.5]]))
W1 = rng.standard_normal((3, 5))
W2 = rng.standard_normal((5, 1))
lr = 0.05
for epoch in range(100):
    order = rng.permutation(24)
    for start in range(0, 24, 8):
        xb = X[order[start : start + 8]]
        yb = Y[order[start : start + 8]]
        z1 = xb @ W1
        a1 = np.tanh(z1)
        out = a1 @ W2
        diff = out - yb
        loss = 0.5 * np.mean(diff**2)
        d_out = diff / 8
        dW2 = a1.T @ d_out
        d1 = (d_out @ W2.T) * (1 - a1**2)
        dW1 = xb.T @ d1
        W2 -= lr * (dW2 + 0.001 * W2)
        W1 -= lr * (dW1 + 0.001 * W1)
