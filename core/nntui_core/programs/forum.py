"""The forum's network in the forum's own names and signs: it asks why `+` and `np.dot(a1.T, ...)` work."""

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
    weight2 = weight2 + learningRate * np.dot(a1.T, dC_dw2)  # this is what works
    # weight2 = weight2 - learningRate * dC_dw2              # this is what the textbook tells
    weight1 = weight1 + learningRate * np.dot(x.T, dC_dw1)
