import numpy as np

np.random.seed(3)
X = np.random.randn(2, 50)
Y = (X[0:1] * X[1:2] > 0).astype(float)
m = X.shape[1]

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

params = {
    "W1": np.random.randn(4, 2) * 0.5,
    "b1": np.zeros((4, 1)),
    "W2": np.random.randn(1, 4) * 0.5,
    "b2": np.zeros((1, 1)),
}
cache = {}
grads = {}
learning_rate = 1.2

for i in range(1000):
    # forward
    cache["Z1"] = np.dot(params["W1"], X) + params["b1"]
    cache["A1"] = np.tanh(cache["Z1"])
    cache["Z2"] = np.dot(params["W2"], cache["A1"]) + params["b2"]
    cache["A2"] = sigmoid(cache["Z2"])
    cost = -(1 / m) * np.sum(Y * np.log(cache["A2"]) + (1 - Y) * np.log(1 - cache["A2"]))
    # backward
    dZ2 = cache["A2"] - Y
    grads["dW2"] = (1 / m) * np.dot(dZ2, cache["A1"].T)
    grads["db2"] = (1 / m) * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = np.dot(params["W2"].T, dZ2) * (1 - np.power(cache["A1"], 2))
    grads["dW1"] = (1 / m) * np.dot(dZ1, X.T)
    grads["db1"] = (1 / m) * np.sum(dZ1, axis=1, keepdims=True)
    # update
    params["W1"] -= learning_rate * grads["dW1"]
    params["b1"] -= learning_rate * grads["db1"]
    params["W2"] -= learning_rate * grads["dW2"]
    params["b2"] -= learning_rate * grads["db2"]
    if i % 200 == 0:
        print("Cost after iteration %i: %f" % (i, cost))

print("final", cost)
print(params["W1"])
