import numpy as np

rng = np.random.default_rng(4)
X = np.array([[0.5, -1.0, 1.0], [1.5, 0.3, 1.0], [-0.7, 0.9, 1.0], [0.1, -0.4, 1.0], [2.0, 1.0, 1.0]])
Y = np.array([[1.0], [0.0], [1.0], [1.0], [0.0]])
params = {"W1": rng.standard_normal((3, 4)), "W2": rng.standard_normal((4, 1))}
lr = 0.3


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(X, params):
    cache = {}
    cache["A1"] = np.tanh(X @ params["W1"])
    cache["A2"] = sigmoid(cache["A1"] @ params["W2"])
    return cache["A2"], cache


def backward(params, cache, X, Y):
    grads = {}
    dZ2 = (cache["A2"] - Y) / len(X)
    grads["dW2"] = cache["A1"].T @ dZ2
    dZ1 = dZ2 @ params["W2"].T * (1 - cache["A1"] ** 2)
    grads["dW1"] = X.T @ dZ1
    return grads


for step in range(500):
    A2, cache = forward(X, params)
    loss = -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))
    grads = backward(params, cache, X, Y)
    for key in params:
        params[key] -= lr * grads["d" + key]
    if step % 100 == 99:
        print(step, round(loss, 4))
