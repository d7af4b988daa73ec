"""Softmax and cross-entropy over three classes, 2-4-3: the right program from which a mistake is made."""

import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


rng = np.random.default_rng(1)
x = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [0, 2]], dtype=float)
y = np.eye(3)[[0, 1, 1, 0, 2, 2]]
W1 = rng.standard_normal((2, 4))
W2 = rng.standard_normal((4, 3))
lr = 0.1

for iteration in range(1000):
    z1 = x @ W1  # pre-activation
    a1 = np.tanh(z1)  # activation
    z2 = a1 @ W2  # pre-activation
    a2 = softmax(z2)  # prediction: a probability for each class
    loss = -np.sum(y * np.log(a2))  # C
    delta2 = a2 - y  # ∂C/∂z2
    dW2 = a1.T @ delta2  # ∂C/∂W2
    delta1 = (delta2 @ W2.T) * (1 - a1**2)  # ∂C/∂z1
    dW1 = x.T @ delta1  # ∂C/∂W1
    W2 = W2 - lr * dW2
    W1 = W1 - lr * dW1
