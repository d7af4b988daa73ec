import numpy as np

np.random.seed(0)
X = np.random.rand(30, 4)
Y = np.eye(3)[np.random.randint(0, 3, 30)]


def relu(z):
    return np.maximum(0, z)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


class Layer:
    def __init__(self, n_in, n_out, activation):
        self.W = np.random.randn(n_in, n_out) * 0.3
        self.b = np.zeros((1, n_out))
        self.activation = activation


class Stack:
    def __init__(self):
        self.layers = []

    def add(self, layer):
        self.layers.append(layer)

    def forward(self, a):
        self.outputs = [a]
        for layer in self.layers:
            a = layer.activation(a @ layer.W + layer.b)
            self.outputs.append(a)
        return a

    def fit(self, X, Y, epochs=40, lr=0.1, batch=10):
        for epoch in range(epochs):
            order = np.random.permutation(len(X))
            for start in range(0, len(X), batch):
                rows = order[start:start + batch]
                xb, yb = X[rows], Y[rows]
                p = self.forward(xb)
                delta = (p - yb) / len(xb)
                for l in range(len(self.layers) - 1, -1, -1):
                    dW = self.outputs[l].T @ delta
                    db = delta.sum(axis=0, keepdims=True)
                    if l:
                        delta = (delta @ self.layers[l].W.T) * (self.outputs[l] > 0)
                    self.layers[l].W -= lr * dW
                    self.layers[l].b -= lr * db


stack = Stack()
stack.add(Layer(4, 6, relu))
stack.add(Layer(6, 3, softmax))
stack.fit(X, Y)
