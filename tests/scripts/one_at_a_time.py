import random
import numpy as np

np.random.seed(5)
random.seed(5)

inputs = np.array([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
targets = np.array([0., 1., 1., 0.])


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


hidden_weights = np.random.normal(0.0, 1.0, (2, 3))
hidden_bias = np.zeros(3)
output_weights = np.random.normal(0.0, 1.0, 3)
output_bias = 0.0
eta = 0.5

for epoch in range(300):
    order = list(range(4))
    random.shuffle(order)
    total = 0.0
    for k in order:
        x, t = inputs[k], targets[k]
        h = sigmoid(x @ hidden_weights + hidden_bias)
        o = sigmoid(h @ output_weights + output_bias)
        total += 0.5 * (o - t) ** 2
        delta_o = (o - t) * o * (1 - o)
        delta_h = delta_o * output_weights * h * (1 - h)
        output_weights = output_weights - eta * delta_o * h
        output_bias = output_bias - eta * delta_o
        hidden_weights = hidden_weights - eta * np.outer(x, delta_h)
        hidden_bias = hidden_bias - eta * delta_h
    if epoch % 100 == 0:
        print(epoch, total)
