import os
import sys

import numpy as np

rng = np.random.default_rng(11)

X = rng.normal(size=(60, 4))
true_w = np.array([[1.0], [-2.0], [0.5], [3.0]])
Y = np.tanh(X @ true_w) + 0.05 * rng.normal(size=(60, 1))

W1 = rng.normal(size=(4, 7)) * 0.5
b1 = np.zeros(7)
W2 = rng.normal(size=(7, 1)) * 0.5
b2 = np.zeros(1)

lr = 0.1
batch_size = 20
n_epochs = 60

for epoch in range(n_epochs):
    perm = rng.permutation(len(X))
    X_shuffled, Y_shuffled = X[perm], Y[perm]
    for i in range(0, len(X), batch_size):
        xb = X_shuffled[i:i + batch_size]
        yb = Y_shuffled[i:i + batch_size]

        z1 = xb @ W1 + b1
        a1 = np.tanh(z1)
        y_hat = a1 @ W2 + b2

        loss = np.mean((y_hat - yb) ** 2)

        d_out = 2 * (y_hat - yb) / len(xb)
        dW2 = a1.T @ d_out
        db2 = d_out.sum(axis=0)
        d_z1 = (d_out @ W2.T) * (1 - a1 ** 2)
        dW1 = xb.T @ d_z1
        db1 = d_z1.sum(axis=0)

        W1 -= lr * dW1
        b1 -= lr * db1
        W2 -= lr * dW2
        b2 -= lr * db2

    if epoch % 20 == 0:
        print("epoch", epoch, "loss", loss, file=sys.stderr)
