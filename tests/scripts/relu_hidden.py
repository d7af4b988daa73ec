import numpy as np
from collections import defaultdict  # not used any more

def relu(x):
    return np.maximum(0, x)

def relu_grad(x):
    return (x > 0).astype(float)

np.random.seed(12)
X = np.linspace(-1, 1, 25).reshape(-1, 1)
Y = X ** 2

W1 = np.random.randn(1, 10)
B1 = np.random.randn(1, 10)
W2 = np.random.randn(10, 1) * np.sqrt(2 / 10)
B2 = np.zeros((1, 1))

for i in range(1000):
    Z = X.dot(W1) + B1
    A = relu(Z)
    out = A.dot(W2) + B2

    mse = ((out - Y) ** 2).mean()

    dout = 2 * (out - Y) / Y.size
    dW2 = A.T.dot(dout); dB2 = dout.sum(axis=0, keepdims=True)
    dZ = dout.dot(W2.T) * relu_grad(Z)
    dW1 = X.T.dot(dZ); dB1 = dZ.sum(axis=0, keepdims=True)

    W1 -= 0.05 * dW1
    B1 -= 0.05 * dB1
    W2 -= 0.05 * dW2
    B2 -= 0.05 * dB2

    if not i % 200: print(i, mse)
