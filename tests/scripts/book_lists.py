"""A small network, trained by stochastic gradient descent, sample by sample."""
import numpy as np

np.random.seed(3)
eta = 0.8
epochs = 10
sizes = [2, 3, 1]
points = np.random.rand(12, 2)
training_data = [(p.reshape(2, 1), np.array([[float(p[0] > p[1])]])) for p in points]

biases = [np.random.randn(n, 1) for n in sizes[1:]]
weights = [np.random.randn(n, m) for m, n in zip(sizes[:-1], sizes[1:])]


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


for epoch in range(epochs):
    np.random.shuffle(training_data)
    mini_batches = [training_data[k:k + 4] for k in range(0, len(training_data), 4)]
    for mini_batch in mini_batches:
        nabla_b = [np.zeros(b.shape) for b in biases]
        nabla_w = [np.zeros(w.shape) for w in weights]
        for x, y in mini_batch:
            z1 = np.dot(weights[0], x) + biases[0]
            a1 = sigmoid(z1)
            z2 = np.dot(weights[1], a1) + biases[1]
            a2 = sigmoid(z2)
            delta2 = (a2 - y) * a2 * (1 - a2)
            delta1 = np.dot(weights[1].T, delta2) * a1 * (1 - a1)
            nabla_b[1] += delta2
            nabla_w[1] += np.dot(delta2, a1.T)
            nabla_b[0] += delta1
            nabla_w[0] += np.dot(delta1, x.T)
        weights = [w - (eta / len(mini_batch)) * nw for w, nw in zip(weights, nabla_w)]
        biases = [b - (eta / len(mini_batch)) * nb for b, nb in zip(biases, nabla_b)]
