import numpy as np


class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.w1 = np.random.rand(n_in, n_hidden)
        self.w2 = np.random.rand(n_hidden, n_out)
        self.h = None
        self.out = None

    def __repr__(self):
        return f"Net({self.w1.shape[0]}-{self.w1.shape[1]}-{self.w2.shape[1]})"


def sigmoid(x):
    return 1.0 / (1 + np.exp(-x))


np.random.seed(8)
x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=float)
t = np.array([[0], [1], [1], [0]], dtype=float)
net = Net(3, 5, 1)
print("training", net)

for i in range(1500):
    net.h = sigmoid(np.dot(x, net.w1))
    net.out = sigmoid(np.dot(net.h, net.w2))

    d_out = 2 * (t - net.out) * net.out * (1 - net.out)
    d_w2 = np.dot(net.h.T, d_out)
    d_w1 = np.dot(x.T, np.dot(d_out, net.w2.T) * net.h * (1 - net.h))

    net.w1 += d_w1
    net.w2 += d_w2

print(net.out)
