#!/usr/bin/env python3
import numpy as np
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--eta", type=float, default=0.2)
parser.add_argument("--hidden", type=int, default=6)
parser.add_argument("--tol", type=float, default=1e-2)
args = parser.parse_args()


def train(inputs, targets, hidden, eta, tol, max_iter=2000):
    gen = np.random.default_rng(11)
    u = gen.normal(size=(inputs.shape[1], hidden))
    v = gen.normal(size=(hidden, 1))
    count = 0
    while True:
        h = np.tanh(inputs @ u)
        out = h @ v
        err = out - targets
        mse = np.mean(err ** 2)
        if mse < tol:
            break
        g_out = 2 * err / len(inputs)
        g_v = h.T @ g_out
        g_h = g_out @ v.T * (1 - h ** 2)
        g_u = inputs.T @ g_h
        u -= eta * g_u
        v -= eta * g_v
        count += 1
        if count >= max_iter:
            return u, v, mse
    return u, v, mse


if __name__ == "__main__":
    t = np.linspace(-1, 1, 20).reshape(-1, 1)
    data = np.hstack([t, np.ones_like(t)])
    u, v, mse = train(data, t ** 2, args.hidden, args.eta, args.tol)
    print("finished with", mse)
