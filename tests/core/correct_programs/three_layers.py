# ruff: noqa
"""Three layers in single precision, leaky ReLU, gradients summed over samples in a loop that starts from zero."""

import numpy as np

rng = np.random.default_rng(10)
x = rng.standard_normal((5, 2))
y = rng.standard_normal((5, 1))
A = rng.standard_normal((2, 4))
B = rng.standard_normal((4, 3))
C = rng.standard_normal((3, 1))
lr = 0.01
for k in range(200):
    gA = np.zeros_like(A)
    gB = np.zeros_like(B)
    gC = np.zeros_like(C)
    total_loss = 0.0
    for i in range(5):
        xi = x[i : i + 1]
        yi = y[i : i + 1]
        u = xi @ A
        p = np.where(u > 0, u, 0.1 * u)
        v = p @ B
        q = np.where(v > 0, v, 0.1 * v)
        out = q @ C
        err = out - yi
        total_loss += 0.5 * np.sum(err**2)
        gC += q.T @ err
        dv = (err @ C.T) * np.where(v > 0, 1.0, 0.1)
        gB += p.T @ dv
        du = (dv @ B.T) * np.where(u > 0, 1.0, 0.1)
        gA += xi.T @ du
    A -= lr * gA
    B -= lr * gB
    C -= lr * gC
