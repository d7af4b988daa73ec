# ruff: noqa
"""Softmax and cross-entropy, both means over the samples, one-hot targets."""

import numpy as np

rng = np.random.default_rng(5)


def softmax(scores):
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    exps = np.exp(shifted)
    return exps / np.sum(exps, axis=1, keepdims=True)


X = rng.standard_normal((9, 2))
Y = np.eye(3)[rng.integers(0, 3, 9)]
W1, b1 = rng.standard_normal((2, 6)), np.zeros(6)
W2, b2 = rng.standard_normal((6, 3)), np.zeros(3)
lr = 0.1
for step in range(1000):
    hidden = np.maximum(0, X @ W1 + b1)
    probs = softmax(hidden @ W2 + b2)
    loss = -np.mean(np.sum(Y * np.log(probs + 1e-12), axis=1))
    dscores = (probs - Y) / len(X)
    dW2 = hidden.T @ dscores
    db2 = dscores.sum(axis=0)
    dhidden = dscores @ W2.T
    dhidden[hidden <= 0] = 0
    dW1 = X.T @ dhidden
    db1 = dhidden.sum(axis=0)
    W1 -= lr * dW1
    b1 -= lr * db1
    W2 -= lr * dW2
    b2 -= lr * db2
