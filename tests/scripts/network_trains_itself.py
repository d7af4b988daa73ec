import numpy as np


class Network:
    def __init__(self, n_in, n_hidden, n_out, rate=0.8):
        rng = np.random.default_rng(7)
        self.W1 = rng.normal(size=(n_in, n_hidden))
        self.b1 = np.zeros((1, n_hidden))
        self.W2 = rng.normal(size=(n_hidden, n_out))
        self.b2 = np.zeros((1, n_out))
        self.rate = rate
        self.history = []

    def sigmoid(self, z):
        return 1 / (1 + np.exp(-z))

    def forward(self, X):
        self.z1 = np.dot(X, self.W1) + self.b1
        self.a1 = self.sigmoid(self.z1)
        self.z2 = np.dot(self.a1, self.W2) + self.b2
        self.a2 = self.sigmoid(self.z2)
        return self.a2

    def backward(self, X, y):
        n = len(X)
        self.delta2 = (self.a2 - y) * self.a2 * (1 - self.a2)
        self.delta1 = np.dot(self.delta2, self.W2.T) * self.a1 * (1 - self.a1)
        self.W2 -= self.rate * np.dot(self.a1.T, self.delta2) / n
        self.b2 -= self.rate * np.sum(self.delta2, axis=0, keepdims=True) / n
        self.W1 -= self.rate * np.dot(X.T, self.delta1) / n
        self.b1 -= self.rate * np.sum(self.delta1, axis=0, keepdims=True) / n

    def train(self, X, y, epochs):
        for epoch in range(epochs):
            output = self.forward(X)
            loss = np.mean((output - y) ** 2) / 2
            self.history.append(loss)
            self.backward(X, y)
            if epoch % 250 == 0:
                print(f"epoch {epoch}: {loss:.5f}")
        return self.history[-1]


def main():
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    y = np.array([[0], [1], [1], [0]])
    network = Network(2, 4, 1)
    last = network.train(X, y, epochs=900)
    print("last loss", last)
    print(network.forward(X))
    return network


if __name__ == "__main__":
    network = main()
