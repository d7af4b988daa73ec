# ruff: noqa
"""Dropout drawn anew in each iteration, zero initial weights in the only layer above it."""

import numpy as np

rng = np.random.default_rng(12)
x = rng.standard_normal((6, 3))
y = rng.standard_normal((6, 1))
W1 = rng.standard_normal((3, 8)).astype(np.float32)
W2 = np.zeros((8, 1), dtype=np.float32)
lr = 0.05
for i in range(100):
    h = np.tanh(x @ W1)
    mask = (rng.random(h.shape) < 0.8) / 0.8
    hd = h * mask
    out = hd @ W2
    loss = np.mean((out - y) ** 2)
    g_out = 2 * (out - y) / len(y)
    gW2 = hd.T @ g_out
    g_h = (g_out @ W2.T) * mask * (1 - h**2)
    gW1 = x.T @ g_h
    W2 = W2 - lr * gW2
    W1 = W1 - lr * gW1
