# ruff: noqa
"""Adam: each cell has a step of its own size."""

import numpy as np

rng = np.random.default_rng(4)
x = rng.standard_normal((10, 3))
y = rng.standard_normal((10, 2))
W = rng.standard_normal((3, 2))
m = np.zeros((3, 2))
v = np.zeros((3, 2))
alpha = 0.01
t = 0
while t < 500:
    t = t + 1
    p = x @ W
    loss = np.mean((p - y) ** 2)
    g = x.T @ (2 * (p - y) / y.size)
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g**2
    m_hat = m / (1 - 0.9**t)
    v_hat = v / (1 - 0.999**t)
    W = W - alpha * m_hat / (np.sqrt(v_hat) + 1e-8)
