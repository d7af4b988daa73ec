# ruff: noqa
"""Biases with sum(axis=0, keepdims=True), a mean squared error with its 2/n, tanh and a linear output."""

import numpy as np

rng = np.random.default_rng(3)
X = rng.standard_normal((12, 2))
Y = np.sin(X[:, :1]) * X[:, 1:]
n = X.shape[0]
W1 = rng.standard_normal((2, 5)) * 0.7
b1 = np.zeros((1, 5))
W2 = rng.standard_normal((5, 1)) * 0.7
b2 = np.zeros((1, 1))
eta = 0.05
history = []
for epoch in range(2000):
    Z1 = np.dot(X, W1) + b1
    A1 = np.tanh(Z1)
    Y_hat = np.dot(A1, W2) + b2
    error = Y_hat - Y
    mse = np.mean(error**2)
    history.append(mse)
    dY = 2 * error / n
    dW2 = np.dot(A1.T, dY)
    db2 = np.sum(dY, axis=0, keepdims=True)
    dA1 = np.dot(dY, W2.T)
    dZ1 = dA1 * (1 - np.power(A1, 2))
    dW1 = np.dot(X.T, dZ1)
    db1 = np.sum(dZ1, axis=0, keepdims=True)
    W2 -= eta * dW2
    b2 -= eta * db2
    W1 -= eta * dW1
    b1 -= eta * db1
