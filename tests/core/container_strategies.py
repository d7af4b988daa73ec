"""Random training loops over dicts, lists and objects: stored into, replaced, aliased, nested, looped over, changed.

All arrays are 3 × 3, so that every expression fits everywhere.
"""

from hypothesis import strategies as st
from tests.core.kernel_strategies import Loop
from tests.strategies import Draw

SETUP = """
import random

import numpy as np

rng = np.random.default_rng(1)


def new():
    return rng.uniform(-1, 1, (3, 3))


class Base:
    def halve(self):
        self.W = self.W * 0.5


class Layer(Base):
    kinds = 1

    def __init__(self, n):
        self.W, self.b, self.x = new(), new(), new()
        self.n, self.t, self.scale, self.act = n, 0, 0.5, np.tanh

    def forward(self, x):
        self.x = x
        return self.act(x @ self.W + self.b)

    @staticmethod
    def squashed(z):
        return np.tanh(z)

    def __call__(self, z):
        return self.squashed(z * self.W)

    def change(self, d, by=0.25):
        self.W -= by * self.x.T @ d
        self.b -= by * np.tanh(d)
        return d @ self.W.T

    def tick(self):
        self.t += 1
        self.scale *= 0.75
        return self.scale / self.t

    def kept(self):
        self.cache = {"W": self.W, "x": self.x * 0.5}
        return self.cache["x"]


class Net:
    def __init__(self):
        self.layers = [Layer(3), Layer(3)]
        self.cache, self.outs, self.history, self.pair = {"A": new()}, [new(), new()], [], (new(), new())
        self.layers[0].cache = self.layers[1].cache = None
        self.first = self.layers[0]

    def forward(self, x):
        self.outs = [x]
        for layer in self.layers:
            self.outs.append(layer.forward(self.outs[-1]))
        return self.outs[-1]


def marked(v):
    global total, z, state
    z = v * 0.5
    total += 0.25
    state = {"t": state["t"] + 1, "m": 0.5}


def forward(x, params):
    cache = {}
    cache["Z"] = x @ params["W"]
    cache["A"] = np.tanh(cache["Z"] + params["b"])
    return cache["A"], cache


def renewed(params, grads):
    return {"W": params["W"] - 0.1 * grads["W"], "b": params["b"] * 0.5, "n": params["n"]}


x, y, z = new(), new(), new()
net = Net()
layer = held = net.layers[0]
params = {"W": new(), "b": new(), "n": 3}
grads = {"W": new(), "b": new()}
cache = {"Z": new(), "A": new()}
weights = [new(), new(), new()]
outs = [new()]
nested = {"in": {"W": new(), "b": new()}, "list": [new(), new()]}
history, alias, other, state = [], params, weights, {"t": 0, "m": 0.5}
key, k, n, m, count, total, loss = "W", 0, 0, 0, 0, 0.0, 0.0
pair, order = (x, y), [2, 0, 1]
"""

PLACES = [
    *("x", "y", "z", "params['W']", "params['b']", "grads['W']", "cache['A']", "weights[0]", "weights[-1]"),
    *("net.layers[0].W", "net.layers[1].b", "nested['in']['W']", "nested['list'][1]", "net.cache['A']", "net.outs[0]"),
    *("net.first.W", "alias['W']", "other[0]", "held.x", "layer.b", "net.pair[0]", "outs[-1]"),
]

EXPRESSIONS = ["np.tanh({p} @ {q})", "0.5 * {p}", "{p} * {q}", "{p}", "{p}.T", "{p} * params['n'] / 4", "{p}[::-1]"]

SIMPLE = [
    "{p} = {e}",
    "{p} = {e}",
    "{p} -= 0.25 * np.tanh({e})",
    "{p} *= 0.5",
    "{p}[...] = {e}",
    "{p}[0] = 0.5",
    "z = net.forward(x)",
    "z = held.forward({p})",
    "z = held({p}) * layer.kinds",
    "y = net.layers[1].change({p})",
    "held.halve()",
    "total += net.layers[0].tick()",
    "x = layer.kept()",
    "z, cache = forward({p}, params)",
    "params = renewed(params, grads)",
    "params = {{'W': {e}, 'b': params['b'], 'n': 3}}",
    "params = {{'b': {e}, 'W': params['W'], 'n': 3}}",
    "params = dict(params)",
    "grads = {{'W': {e}, 'b': {p}}}",
    "grads = {{key: params[key] * 0.1 for key in grads}}",
    "cache = {{}}; cache['Z'] = {e}; cache['A'] = cache['Z'] * 0.5",
    "net.cache = {{'A': {e}}}",
    "net.cache = cache",
    "net.pair = ({e}, {p})",
    "pair = {p}, {q}",
    "z, y = pair",
    "outs = [{e}]; outs.append({p})",
    "outs = [w * 0.5 for w in weights]",
    "outs = outs[::-1]",
    "outs = [None] * 2; outs[0], outs[1] = {e}, {p}",
    "outs = outs + [{e}]; outs = outs[-2:]",
    "n, m = {p}.shape; total += min(n, m, 2) * 0.25",
    "marked({p})",
    "outs = list(reversed(outs))",
    "outs = [{e}]; outs.insert(0, outs[0].T); outs.reverse()",
    "net.outs = [{e}, {p}]",
    "weights[1] = weights[0] * 0.5",
    "weights[0], weights[1] = weights[1], weights[0]",
    "weights = [w * 0.75 for w in weights]",
    "nested = {{'in': {{'W': {e}, 'b': nested['in']['b']}}, 'list': [{p}, {q}]}}",
    "nested['in'] = {{'W': {e}, 'b': {p}}}",
    "nested['list'] = [{e}, {q}]",
    "alias = params",
    "alias = grads; alias['b'] = {e}",
    "other = weights",
    "held = net.layers[1]",
    "net.first = net.layers[1]",
    "history.append({p})",
    "net.history.append(np.sum({p}))",
    "loss = np.mean({p} ** 2)",
    "state['t'] += 1; state['m'] = state['m'] * 0.5 + 1 / state['t']",
    "count = len(weights) + len(outs)",
    "order = list(range(3)); random.shuffle(order)",
    "np.random.shuffle(order)",
    "rng.shuffle(order)",
    "random.shuffle(order); y = y * 0.5 + {p}[order[0]]",
    "total += 0.5 if held is net.layers[0] else 0.25",
    "assert 'b' in params, 'no bias'; assert x.shape == (3, 3)",
    "total += 0.25 if 'n' not in params else 0.5",
    "total = total * 0.5 + (params['n'] if key in ('W', 'b') else 1)",
]

LOOPS = [
    ["for key in params:", "    if key != 'n':", "        params[key] -= 0.1 * np.tanh({e})"],
    ["for key in grads:", "    grads[key] = params[key] * 0.5"],
    ["for key, z in grads.items():", "    grads['b'] = z * 0.5"],
    ["for z in params.values():", "    total += 0.5"],
    ["for layer in net.layers:", "    x = layer.forward(x)"],
    ["for layer in reversed(net.layers):", "    y = layer.change(y)"],
    ["for k, layer in enumerate(net.layers):", "    layer.W -= 0.1 * weights[k]"],
    ["for z, y in zip(weights, weights[1:]):", "    z *= 0.5"],
    ["for k in range(len(weights)):", "    weights[k] = weights[k] - 0.1 * {e}"],
    ["for k in reversed(range(1, len(weights))):", "    weights[k] *= 0.5"],
    ["for k in order:", "    x = 0.5 * x + {p}[k]"],
    ["if 'W' in grads:", "    if params is not grads:", "        grads['W'] = {e}"],
    ["if layer.cache is None:", "    total += 1.0", "else:", "    total *= 0.5"],
    ["for z in weights:", "    weights[2] = z * 0.5"],
    ["for z in outs:", "    if len(outs) < 5:", "        outs.append(z * 0.5)"],
]

RARE = [
    "print(loss)",
    "params = dict(params)",
    "params['new'] = x",
    "params['W'] = x.astype(np.float32)",
    "params['n'] = 4",
    "alias = dict(params)",
    "del params['b']",
    "weights = list(weights)",
    "weights.append(x)",
    "weights.pop()",
    "weights[0] = weights[1]",
    "net.layers.reverse()",
    "net.layers[1] = net.layers[0]",
    "net.layers[0] = Layer(3)",
    "net.layers[0].act = np.sin",
    "net.new = 3",
    "del net.layers[0].W",
    "Layer.tick = lambda self: 0.25",
    "Layer.kinds = 2",
    "Layer.forward = lambda self, x: x * 0.5",
    "net.history = []",
    "cache = grads",
    "held = net.layers[1]",
    "grads = {{'b': x, 'W': y}}",
    "nested['in'] = params",
    "continue",
    "break",
    "raise ValueError",
    "count = 1 / 0",
]

TESTS = [
    "i % 7 == 3 and np.sum({p}) > 0",
    "i == 5 or np.sum({p}) < -1",
    "held is layer and i % 9 == 2",
    "i == 13",
    "i % 7 == 3",
    "np.sum({p}) > 0.25",
    "i > 20",
]


@st.composite
def container_loops(draw: Draw) -> Loop:
    """Draw a training loop of a few statements over containers."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(["simple", "simple", "simple", "loop", "rare"]))
        if kind == "rare":
            lines += [f"if {draw(st.sampled_from(TESTS))}:", f"    {draw(st.sampled_from(RARE))}"]
            lines += draw(st.sampled_from([[], ["else:", f"    {draw(st.sampled_from(SIMPLE))}"]]))
        else:
            lines += [draw(st.sampled_from(SIMPLE))] if kind == "simple" else draw(st.sampled_from(LOOPS))
    places = st.sampled_from(PLACES)
    expression = draw(st.sampled_from(EXPRESSIONS)).format(p=draw(places), q=draw(places))
    filled = [line.format(p=draw(places), q=draw(places), e=expression) for line in lines]
    before = draw(st.sampled_from(["", "alias = dict(params)", "held = Layer(3); held.cache = None", "other = [x]"]))
    body = "".join(f"    {line}\n" for line in filled)
    return Loop(f"{SETUP}\n{before}\nfor i in range(40):\n{body}", {})
