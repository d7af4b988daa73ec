"""The forum's network with the textbook's signs: no bias, a column of ones in x, 3-4-1, logistic sigmoid."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


rng = np.random.default_rng(1)
x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=float)
y = np.array([[0], [1], [1], [0]], dtype=float)
W1 = rng.random((3, 4))
W2 = rng.random((4, 1))
lr = 1.0

for iteration in range(1000):
    z1 = x @ W1  # pre-activation
    a1 = sigmoid(z1)  # activation
    z2 = a1 @ W2  # pre-activation
    a2 = sigmoid(z2)  # prediction
    loss = 0.5 * np.sum((a2 - y) ** 2)  # C
    delta2 = (a2 - y) * (a2 * (1 - a2))  # ∂C/∂z2
    dW2 = a1.T @ delta2  # ∂C/∂W2
    delta1 = (delta2 @ W2.T) * (a1 * (1 - a1))  # ∂C/∂z1
    dW1 = x.T @ delta1  # ∂C/∂W1
    W2 = W2 - lr * dW2
    W1 = W1 - lr * dW1
