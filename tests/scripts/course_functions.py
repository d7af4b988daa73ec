import numpy as np

# circle inside, ring outside
np.random.seed(2)
points = np.random.uniform(-1, 1, (2, 40))
labels = ((points ** 2).sum(axis=0, keepdims=True) < 0.6).astype(float)


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def init_params(n_in, n_hidden, n_out):
    params = {}
    params["W1"] = np.random.randn(n_hidden, n_in) * 0.7
    params["b1"] = np.zeros((n_hidden, 1))
    params["W2"] = np.random.randn(n_out, n_hidden) * 0.7
    params["b2"] = np.zeros((n_out, 1))
    return params


def forward(X, params):
    W1, b1 = params["W1"], params["b1"]
    W2, b2 = params["W2"], params["b2"]
    Z1 = np.dot(W1, X) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = sigmoid(Z2)
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}


def cost_of(A2, Y):
    m = Y.shape[1]
    return -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m


def backward(params, cache, X, Y):
    m = X.shape[1]
    A1, A2 = cache["A1"], cache["A2"]
    dZ2 = A2 - Y
    dW2 = np.dot(dZ2, A1.T) / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = np.dot(params["W2"].T, dZ2) * (1 - A1 ** 2)
    dW1 = np.dot(dZ1, X.T) / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m
    grads = {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
    return grads


def update(params, grads, learning_rate):
    W1 = params["W1"] - learning_rate * grads["dW1"]
    b1 = params["b1"] - learning_rate * grads["db1"]
    W2 = params["W2"] - learning_rate * grads["dW2"]
    b2 = params["b2"] - learning_rate * grads["db2"]
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


learning_rate = 0.9
params = init_params(2, 5, 1)
for i in range(800):
    A2, cache = forward(points, params)
    cost = cost_of(A2, labels)
    grads = backward(params, cache, points, labels)
    params = update(params, grads, learning_rate)
    if i % 200 == 0:
        print("iteration", i, "cost", cost)

print("accuracy", np.mean((A2 > 0.5) == labels))
