import numpy as np

rng = np.random.default_rng(2)
sizes = [2, 5, 3, 1]
weights = [rng.normal(0, 0.7, (a, b)) for a, b in zip(sizes[:-1], sizes[1:])]
biases = [np.zeros((1, b)) for b in sizes[1:]]
X = rng.normal(size=(12, 2))
Y = (X[:, :1] * X[:, 1:] > 0) * 1.0
lr = 0.5
L = len(weights)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


for epoch in range(400):
    a = [X]
    for l in range(L):
        a.append(sigmoid(a[l] @ weights[l] + biases[l]))
    loss = np.mean((a[-1] - Y) ** 2)

    delta = 2 * (a[-1] - Y) / Y.size * a[-1] * (1 - a[-1])
    for l in reversed(range(L)):
        dW = a[l].T @ delta
        db = delta.sum(axis=0, keepdims=True)
        if l > 0:
            delta = delta @ weights[l].T * a[l] * (1 - a[l])
        weights[l] -= lr * dW
        biases[l] -= lr * db
    if epoch % 100 == 0:
        print(epoch, loss)
