import numpy as np
from collections import namedtuple

Params = namedtuple("Params", "W1 b1 W2 b2")

def sigmoid(x): return 1/(1+np.exp(-x))
def dsigmoid(s): return s*(1-s)

def make_data(n=50, seed=0):
    rs = np.random.RandomState(seed)
    X = rs.uniform(-1, 1, (n, 2))
    y = (X[:, 0]**2 + X[:, 1]**2 < 0.5).astype(float).reshape(-1, 1)
    return X, y

def train(X, y, n_hidden=8, lr=1.0, epochs=100, verbose=True):
    rs = np.random.RandomState(1)
    p = Params(rs.randn(2, n_hidden), np.zeros(n_hidden), rs.randn(n_hidden, 1), np.zeros(1))
    best = np.inf
    for epoch in range(epochs):
        h = sigmoid(X @ p.W1 + p.b1)
        yhat = sigmoid(h @ p.W2 + p.b2)
        loss = 0.5*np.mean((yhat - y)**2)
        if loss < best:
            best = loss
        if verbose and epoch % 20 == 0:
            print(epoch, loss)
        d2 = (yhat - y) * dsigmoid(yhat) / len(X)
        d1 = (d2 @ p.W2.T) * dsigmoid(h)
        p = Params(p.W1 - lr * X.T @ d1, p.b1 - lr * d1.sum(0), p.W2 - lr * h.T @ d2, p.b2 - lr * d2.sum(0))
    return p, best

if __name__ == "__main__":
    X, y = make_data()
    p, best = train(X, y)
    print("best", best)
