import numpy as np

np.random.seed(0)
w1 = np.random.randn(2, 4)
b1 = np.zeros((1, 4))
w2 = np.random.randn(4, 1)
b2 = np.zeros((1, 1))
LEARNING_RATE = 0.5
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
Y = np.array([[0], [1], [1], [0]])


def forward(x):
    global a1, a2
    a1 = np.tanh(np.dot(x, w1) + b1)
    a2 = 1 / (1 + np.exp(-(np.dot(a1, w2) + b2)))
    return a2


def cost(y):
    return -np.mean(y * np.log(a2) + (1 - y) * np.log(1 - a2))


def step(x, y):
    global w1, b1, w2, b2
    m = x.shape[0]
    dz2 = a2 - y
    dw2 = a1.T.dot(dz2) / m
    db2 = np.sum(dz2, axis=0, keepdims=True) / m
    dz1 = dz2.dot(w2.T) * (1 - np.power(a1, 2))
    dw1 = x.T.dot(dz1) / m
    db1 = np.sum(dz1, axis=0, keepdims=True) / m
    w1 = w1 - LEARNING_RATE * dw1
    b1 = b1 - LEARNING_RATE * db1
    w2 = w2 - LEARNING_RATE * dw2
    b2 = b2 - LEARNING_RATE * db2


for epoch in range(1, 101):
    forward(X)
    c = cost(Y)
    step(X, Y)
    if epoch % 50 == 0:
        print(f"epoch {epoch:4d}  cost {c:.5f}")
