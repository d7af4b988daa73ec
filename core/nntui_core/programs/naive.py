"""What the forum expected to work: the textbook's minus sign, and deltas used as if they were gradients."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


rng = np.random.default_rng(1)
x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=float)
y = np.array([[0], [1], [1], [0]], dtype=float)
weight1 = rng.random((3, 4))
weight2 = rng.random((4, 1))
learningRate = 1.0

for iteration in range(1000):
    z1 = np.dot(x, weight1)
    a1 = sigmoid(z1)
    z2 = np.dot(a1, weight2)
    a2 = sigmoid(z2)
    loss = 0.5 * np.sum((a2 - y) ** 2)
    delta2 = y - a2
    dC_dw2 = delta2 * (a2 * (1 - a2))
    delta1 = np.dot(dC_dw2, weight2.T)
    dC_dw1 = delta1 * (a1 * (1 - a1))
    weight2 = weight2 - learningRate * dC_dw2
    weight1 = weight1 - learningRate * dC_dw1
