import numpy as np


class Net:
    def __init__(self, sizes):
        self.sizes = sizes
        self.w = []
        self.b = []
        rng = np.random.RandomState(7)
        for i in range(len(sizes) - 1):
            self.w.append(rng.randn(sizes[i + 1], sizes[i]) / np.sqrt(sizes[i]))
            self.b.append(np.zeros((sizes[i + 1], 1)))

    def forward(self, x):
        acts = [x]
        for w, b in zip(self.w, self.b):
            acts.append(np.tanh(w @ acts[-1] + b))
        return acts

    def backward(self, acts, y):
        gw = [None] * len(self.w)
        gb = [None] * len(self.b)
        err = (acts[-1] - y) * (1 - acts[-1] ** 2)
        for i in range(len(self.w) - 1, -1, -1):
            gw[i] = err @ acts[i].T
            gb[i] = err
            if i > 0:
                err = (self.w[i].T @ err) * (1 - acts[i] ** 2)
        return gw, gb

    def train(self, xs, ys, epochs=6, batch=4, lr=0.1):
        history = []
        for epoch in range(epochs):
            total = 0.0
            for start in range(0, len(xs), batch):
                sum_w = [np.zeros_like(w) for w in self.w]
                sum_b = [np.zeros_like(b) for b in self.b]
                chunk = range(start, min(start + batch, len(xs)))
                for k in chunk:
                    acts = self.forward(xs[k])
                    total += 0.5 * np.sum((acts[-1] - ys[k]) ** 2)
                    gw, gb = self.backward(acts, ys[k])
                    for i in range(len(self.w)):
                        sum_w[i] += gw[i]
                        sum_b[i] += gb[i]
                for i in range(len(self.w)):
                    self.w[i] -= lr / len(chunk) * sum_w[i]
                    self.b[i] -= lr / len(chunk) * sum_b[i]
            history.append(total / len(xs))
        return history


rng = np.random.RandomState(0)
xs = [rng.randn(3, 1) for _ in range(12)]
ys = [np.array([[np.sign(x[0, 0] * x[1, 0])], [np.sign(x[2, 0])]]) for x in xs]
net = Net([3, 5, 2])
print(net.train(xs, ys)[-1])
