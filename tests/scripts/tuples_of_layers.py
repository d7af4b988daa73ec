import numpy as np

def init(layers, seed=1):
    np.random.seed(seed)
    return [(np.random.randn(a, b) * np.sqrt(2.0 / a), np.zeros(b)) for a, b in zip(layers, layers[1:])]

def forward(X, params):
    caches = []
    out = X
    for i, (W, b) in enumerate(params):
        z = out @ W + b
        caches.append((out, z))
        out = np.maximum(z, 0) if i < len(params) - 1 else z
    return out, caches

def mse(pred, y):
    diff = pred - y
    return np.mean(diff ** 2), 2 * diff / diff.size

def backward(dout, params, caches):
    grads = []
    for i in reversed(range(len(params))):
        inp, z = caches[i]
        if i < len(params) - 1:
            dout = dout * (z > 0)
        grads.insert(0, (inp.T @ dout, dout.sum(axis=0)))
        dout = dout @ params[i][0].T
    return grads

X = np.linspace(-2, 2, 40)[:, None]
y = np.sin(X)
params = init([1, 10, 10, 1])
lr = 0.05
losses = []
for epoch in range(40):
    pred, caches = forward(X, params)
    loss, dout = mse(pred, y)
    losses.append(loss)
    grads = backward(dout, params, caches)
    params = [(W - lr * dW, b - lr * db) for (W, b), (dW, db) in zip(params, grads)]
print(losses[-1])
