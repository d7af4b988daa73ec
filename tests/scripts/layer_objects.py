import numpy as np

np.random.seed(10)


class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * 0.5
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad, rate):
        to_the_left = grad @ self.W.T
        self.W -= rate * self.x.T @ grad
        self.b -= rate * grad.sum(axis=0)
        return to_the_left


class Tanh:
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, grad, rate):
        return grad * (1 - self.out ** 2)


network = [Dense(2, 3), Tanh(), Dense(3, 1), Tanh()]
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]])
Y = np.array([[0], [1], [1], [0.0]])
rate = 0.1

for epoch in range(600):
    out = X
    for layer in network:
        out = layer.forward(out)
    error = np.mean((out - Y) ** 2)
    grad = 2 * (out - Y) / Y.size
    for layer in reversed(network):
        grad = layer.backward(grad, rate)
    if epoch % 200 == 0:
        print(epoch, error)
