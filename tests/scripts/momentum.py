#!/usr/bin/env python
import numpy as np

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = np.array([[0.0], [1.0], [1.0], [0.0]])

rng = np.random.default_rng(21)
W1, b1 = rng.normal(size=(2, 3)), np.zeros((1, 3))
W2, b2 = rng.normal(size=(3, 1)), np.zeros((1, 1))
vW1, vb1 = np.zeros_like(W1), np.zeros_like(b1)
vW2, vb2 = np.zeros_like(W2), np.zeros_like(b2)

lr, mu = 0.2, 0.9

for step in range(1, 801):
    A1 = np.tanh(X @ W1 + b1)
    A2 = 1 / (1 + np.exp(-(A1 @ W2 + b2)))
    J = -np.mean(y * np.log(A2) + (1 - y) * np.log(1 - A2))

    D2 = (A2 - y) / len(y)
    D1 = D2 @ W2.T * (1 - A1 ** 2)

    vW2 = mu * vW2 - lr * (A1.T @ D2)
    vb2 = mu * vb2 - lr * D2.sum(axis=0, keepdims=True)
    vW1 = mu * vW1 - lr * (X.T @ D1)
    vb1 = mu * vb1 - lr * D1.sum(axis=0, keepdims=True)

    W2 += vW2
    b2 += vb2
    W1 += vW1
    b1 += vb1

    if step % 200 == 0:
        print('step %4d   J = %.6f' % (step, J))
