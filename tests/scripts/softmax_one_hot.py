import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def one_hot(labels, classes):
    out = np.zeros((len(labels), classes))
    out[np.arange(len(labels)), labels] = 1
    return out


rng = np.random.default_rng(2)
data = rng.normal(size=(24, 3))
labels = rng.integers(0, 4, size=24)
T = one_hot(labels, 4)

V = rng.normal(scale=0.3, size=(3, 4))
c = np.zeros(4)

rate = 0.3
step = 0
while step < 300:
    logits = data @ V + c
    P = softmax(logits)
    cross_entropy = -np.sum(T * np.log(P)) / len(T)
    G = (P - T) / len(T)
    V = V - rate * (data.T @ G)
    c = c - rate * G.sum(axis=0)
    step += 1
print(cross_entropy)
