import numpy as np

X = np.array([[0.5, -1.0, 1.0], [1.5, 0.3, 1.0], [-0.7, 0.9, 1.0], [0.1, -0.4, 1.0], [2.0, 1.0, 1.0]])
Y = np.array([[1.0], [0.0], [1.0], [1.0], [0.0]])


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(X, W1, W2):
    Z1 = X @ W1
    A1 = np.tanh(Z1)
    Z2 = A1 @ W2
    A2 = sigmoid(Z2)
    return A1, A2


def compute_cost(A2, Y):
    return -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))


def backward(X, Y, A1, A2, W2):
    dZ2 = (A2 - Y) / Y.shape[0]
    dW2 = A1.T @ dZ2
    dZ1 = dZ2 @ W2.T * (1 - A1 ** 2)
    dW1 = X.T @ dZ1
    return dW1, dW2


rng = np.random.default_rng(4)
W1 = rng.standard_normal((3, 4))
W2 = rng.standard_normal((4, 1))
alpha = 0.3

for i in range(600):
    A1, A2 = forward(X, W1, W2)
    cost = compute_cost(A2, Y)
    dW1, dW2 = backward(X, Y, A1, A2, W2)
    W1, W2 = W1 - alpha * dW1, W2 - alpha * dW2
    if i % 200 == 0:
        print(i, cost)
