import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_prime(s):
    return s * (1 - s)


def predict(X, W1, W2):
    return sigmoid(sigmoid(X @ W1) @ W2)


def train(X, y, hidden=4, lr=0.5, epochs=1000, seed=0):
    """Train a two-layer network and return its weights."""
    np.random.seed(seed)
    W1 = np.random.uniform(-1, 1, (X.shape[1], hidden))
    W2 = np.random.uniform(-1, 1, (hidden, 1))
    history = []

    for epoch in range(epochs):
        a1 = sigmoid(X @ W1)
        a2 = sigmoid(a1 @ W2)

        error = a2 - y
        loss = np.mean(error ** 2)
        history.append(loss)

        d2 = 2 * error / len(X) * sigmoid_prime(a2)
        d1 = (d2 @ W2.T) * sigmoid_prime(a1)

        W2 -= lr * a1.T @ d2
        W1 -= lr * X.T @ d1

        if loss < 1e-4:
            print("converged after", epoch)
            break

    return W1, W2, history


if __name__ == "__main__":
    X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    y = np.array([[0], [1], [1], [0]])
    W1, W2, history = train(X, y, epochs=2500)
    print("loss: %.5f -> %.5f" % (history[0], history[-1]))
    for row, target in zip(X, y):
        print(row, target, predict(row, W1, W2))
