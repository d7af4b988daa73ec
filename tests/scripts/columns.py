"""Two classes of points, one hidden layer of tanh units; samples are the columns of X."""
import numpy as np
from time import time

start = time()
rng = np.random.RandomState(7)
m = 30
X = rng.randn(2, m)
Y = ((X[0:1, :] ** 2 + X[1:2, :] ** 2) < 1.0).astype(np.float64)

n_h = 6
W1 = rng.randn(n_h, 2) * 0.5
b1 = np.zeros((n_h, 1))
W2 = rng.randn(1, n_h) * 0.5
b2 = np.zeros((1, 1))

alpha = 0.8
costs = []

for it in range(1500):
    # forward
    Z1 = W1 @ X + b1
    A1 = np.tanh(Z1)
    Z2 = W2 @ A1 + b2
    A2 = 1. / (1. + np.exp(-Z2))

    cost = -1 / m * np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))
    if it % 500 == 0:
        costs.append(cost)
        print(f"iteration {it:5d}  cost {cost:.6f}")

    # backward
    dZ2 = A2 - Y
    dW2 = dZ2 @ A1.T / m
    db2 = dZ2.sum(axis=1, keepdims=True) / m
    dZ1 = (W2.T @ dZ2) * (1 - A1 ** 2)
    dW1 = dZ1 @ X.T / m
    db1 = dZ1.sum(axis=1, keepdims=True) / m

    # update
    W1 = W1 - alpha * dW1
    b1 = b1 - alpha * db1
    W2 = W2 - alpha * dW2
    b2 = b2 - alpha * db2

accuracy = np.mean((A2 > 0.5) == Y)
print("accuracy", accuracy)
if time() - start > 3600:
    print("that took a while")
