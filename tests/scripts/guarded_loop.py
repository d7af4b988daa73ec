import numpy as np

np.random.seed(1)
data = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1.0]])
wanted = np.array([[0], [1], [1], [0.0]])
W = np.random.randn(3, 4)
V = np.random.randn(4, 1)
eta = 0.5

try:
    with np.errstate(over="ignore"):
        for epoch in range(400):
            h = 1 / (1 + np.exp(-(data @ W)))
            o = 1 / (1 + np.exp(-(h @ V)))
            d_o = (o - wanted) * o * (1 - o)
            d_h = d_o @ V.T * h * (1 - h)
            V -= eta * h.T @ d_o
            W -= eta * data.T @ d_h
    print("trained")
except KeyboardInterrupt:
    print("stopped")

print(o)
