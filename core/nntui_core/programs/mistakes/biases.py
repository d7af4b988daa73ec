"""A network with biases, 2-3-1: the right program from which some mistakes are made."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


rng = np.random.default_rng(1)
x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
y = np.array([[0], [1], [1], [0]], dtype=float)
W1 = rng.standard_normal((2, 3))
b1 = np.zeros((1, 3))
W2 = rng.standard_normal((3, 1))
b2 = np.zeros((1, 1))
lr = 1.0

for iteration in range(1000):
    z1 = x @ W1 + b1  # pre-activation
    a1 = sigmoid(z1)  # activation
    z2 = a1 @ W2 + b2  # pre-activation
    a2 = sigmoid(z2)  # prediction
    loss = 0.5 * np.sum((a2 - y) ** 2)  # C
    delta2 = (a2 - y) * (a2 * (1 - a2))  # ∂C/∂z2
    dW2 = a1.T @ delta2  # ∂C/∂W2
    db2 = delta2.sum(axis=0, keepdims=True)  # ∂C/∂b2
    delta1 = (delta2 @ W2.T) * (a1 * (1 - a1))  # ∂C/∂z1
    dW1 = x.T @ delta1  # ∂C/∂W1
    db1 = delta1.sum(axis=0, keepdims=True)  # ∂C/∂b1
    W2 = W2 - lr * dW2
    b2 = b2 - lr * db2
    W1 = W1 - lr * dW1
    b1 = b1 - lr * db1
