import numpy as np


def sigmoid(t):
    return 1 / (1 + np.exp(-t))


def slope(s):
    return s * (1 - s)


class TwoLayers:
    def __init__(self, inputs, wanted):
        self.inputs = inputs
        self.wanted = wanted
        self.weights1 = np.random.rand(inputs.shape[1], 4)
        self.weights2 = np.random.rand(4, 1)
        self.output = np.zeros(wanted.shape)

    def feedforward(self):
        self.hidden = sigmoid(np.dot(self.inputs, self.weights1))
        self.output = sigmoid(np.dot(self.hidden, self.weights2))

    def backprop(self):
        error = 2 * (self.wanted - self.output) * slope(self.output)
        d_weights2 = np.dot(self.hidden.T, error)
        d_weights1 = np.dot(self.inputs.T, np.dot(error, self.weights2.T) * slope(self.hidden))
        self.weights1 += d_weights1
        self.weights2 += d_weights2


if __name__ == "__main__":
    np.random.seed(6)
    X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    y = np.array([[0], [1], [1], [0]])
    network = TwoLayers(X, y)
    for i in range(1500):
        network.feedforward()
        network.backprop()
    print(network.output)
