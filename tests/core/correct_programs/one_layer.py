# ruff: noqa
"""One layer, no rate, no cost; the error's mean is kept under the name of an error."""

import numpy as np


def sigmoid(x):
    return 1.0 / (1 + np.exp(-x))


def sigmoid_derivative(x):
    return x * (1.0 - x)


X = np.array([[0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1], [1, 1, 0]])
y = np.array([[0, 1, 1, 0, 1]]).T
np.random.seed(1)
synaptic_weights = 2 * np.random.random((3, 1)) - 1
for iteration in range(10000):
    outputs = sigmoid(np.dot(X, synaptic_weights))
    error = y - outputs
    adjustments = error * sigmoid_derivative(outputs)
    synaptic_weights += np.dot(X.T, adjustments)
