import numpy as np

class Layer:
    def __init__(self, i, o, act):
        self.W = np.random.randn(i, o) * 0.1
        self.b = np.zeros((1, o))
        self.act = act
    def forward(self, x):
        self.x = x
        self.z = x @ self.W + self.b
        self.a = np.tanh(self.z) if self.act == "tanh" else self.z
        return self.a
    def backward(self, da):
        dz = da * (1 - self.a ** 2) if self.act == "tanh" else da
        self.dW = self.x.T @ dz
        self.db = dz.sum(axis=0, keepdims=True)
        return dz @ self.W.T

class MSE:
    def __call__(self, p, t):
        self.d = p - t
        return (self.d ** 2).mean()
    def grad(self):
        return 2 * self.d / self.d.size

class SGD:
    def __init__(self, layers, lr=0.1):
        self.layers, self.lr = layers, lr
    def step(self):
        for l in self.layers:
            l.W -= self.lr * l.dW
            l.b -= self.lr * l.db

np.random.seed(0)
layers = [Layer(2, 6, "tanh"), Layer(6, 1, "linear")]
criterion = MSE()
optimizer = SGD(layers)
X = np.random.randn(20, 2)
T = (X[:, :1] * X[:, 1:]) 
for epoch in range(100):
    out = X
    for layer in layers:
        out = layer.forward(out)
    loss = criterion(out, T)
    d = criterion.grad()
    for layer in reversed(layers):
        d = layer.backward(d)
    optimizer.step()
    if epoch % 25 == 0: print(f"{epoch}: {loss:.4f}")
