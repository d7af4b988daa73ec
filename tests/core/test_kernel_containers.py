"""A lowered body over dicts, lists and objects is the body as it was written, aliases and identities among all else."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from tests.core.container_strategies import container_loops
from tests.core.kernel_strategies import Loop
from tests.core.lowering import body_of, outcome, started

from nntui_core.kernel import running


@pytest.fixture(autouse=True)
def at_once() -> Iterator[None]:
    """Let every body be lowered after a few iterations."""
    before, running.HOT = running.HOT, 0.0
    yield
    running.HOT = before


@given(container_loops())
@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
def test_a_random_loop_over_containers_ends_as_it_was_written(loop: Loop) -> None:
    kernel = loop.started()
    assert outcome(kernel, lower=True) == outcome(loop.started(), lower=False)
    assert not body_of(kernel).reason.startswith(running.FAULT)


PROGRAM = """
import numpy as np
from collections import OrderedDict, namedtuple
from types import SimpleNamespace

rng = np.random.default_rng(1)


def new():
    return rng.uniform(-1, 1, (3, 3))


x, y, total, loss, flag, b = new(), new(), 0.0, 0.0, True, None
{setup}
for i in range(40):
    {body}
"""

OBJECT = """
class Layer:
    {inner}

    def __repr__(self):
        return "Layer"


layer = Layer()
layer.W = new()
"""

SETUPS = {
    "objects that hold one another": """
class Layer: pass
net = Layer()
net.layers = [Layer(), Layer()]
for l in net.layers: l.parent, l.W = net, new()
""",
    "Adam": """
class Adam:
    def __init__(self, ps):
        self.m, self.v = [np.zeros_like(p) for p in ps], [np.zeros_like(p) for p in ps]
        self.t, self.rate = 0, 0.01

    def step(self, ps, gs):
        self.t += 1
        for k, (p, g) in enumerate(zip(ps, gs)):
            self.m[k] = 0.9 * self.m[k] + 0.1 * g
            self.v[k] = 0.99 * self.v[k] + 0.01 * g ** 2
            m, v = self.m[k] / (1 - 0.9 ** self.t), self.v[k] / (1 - 0.99 ** self.t)
            p -= self.rate * m / (np.sqrt(v) + 1e-8)
ps = [new(), new()]
adam = Adam(ps)
""",
    "caches of caches": """
p = {"W1": new(), "b1": new(), "W2": new(), "b2": new()}


def linear(A, W, b):
    return W.dot(A) + b, (A, W, b)


def activated(A, W, b, activation):
    Z, linear_cache = linear(A, W, b)
    if activation == "tanh":
        A = np.tanh(Z)
    elif activation == "sigmoid":
        A = 1 / (1 + np.exp(-Z))
    assert A.shape == (W.shape[0], A.shape[1])
    return A, (linear_cache, Z)


def forward(A, p):
    caches = []
    L = len(p) // 2
    for l in range(1, L):
        A, cache = activated(A, p["W" + str(l)], p["b" + str(l)], "tanh")
        caches.append(cache)
    A, cache = activated(A, p[f"W{L}"], p[f"b{L}"], "sigmoid")
    caches.append(cache)
    return A, caches


def backward(A, Y, caches):
    grads = {}
    L = len(caches)
    dA = A - Y
    for l in reversed(range(L)):
        (A_prev, W, b), Z = caches[l]
        dZ = np.array(dA, copy=True)
        dZ[Z <= 0] = 0
        grads["dW" + str(l + 1)] = np.dot(dZ, A_prev.T) / 3
        grads["db" + str(l + 1)] = np.sum(dZ, axis=1, keepdims=True) * np.ones((1, 3))
        grads["dA" + str(l)] = dA = W.T.dot(dZ)
    return grads


def updated(p, grads):
    for l in range(len(p) // 2):
        p["W" + str(l + 1)] = p["W" + str(l + 1)] - 0.1 * grads["dW" + str(l + 1)]
        p["b" + str(l + 1)] = p["b" + str(l + 1)] - 0.1 * grads["db" + str(l + 1)]
    return p
costs = []
""",
    "methods of all kinds": """
class Layer:
    def __init__(self): self.W = new()
    @staticmethod
    def squashed(z): return np.tanh(z)
    def forward(self, z): return self.squashed(z @ self.W)
    def __call__(self, z): return Layer.squashed(z * self.W)
layer = Layer()
""",
    "records": 'Pair = namedtuple("Pair", "a b")\nhere = Pair(new(), new())',
    "a copy that is the same": OBJECT.format(inner="def __deepcopy__(self, memo): return self"),
    "a property": OBJECT.format(
        inner="""@property
    def W(self): return self.V

    @W.setter
    def W(self, value): self.V = value * 2"""
    ),
    "setattr": OBJECT.format(inner="def __setattr__(self, name, value): self.__dict__[name] = value * 0.5"),
    "getattr": OBJECT.format(inner="def __getattr__(self, name): return {'V': x}[name]"),
    "slots": OBJECT.format(inner='__slots__ = ("W",)'),
    "of the class": OBJECT.format(inner="rate = 0.1"),
    "namespace": "layer = SimpleNamespace(W=new(), b=new())",
    "ordered": "params = OrderedDict(W=new())",
    "itself": "params = [new()]\nparams.append(params)",
    "two": 'a, b = {"W": new()}, {"W": new()}',
    "one": 'a = {"W": new()}\nbest, low = a, 9.0',
    "functions": 'acts, by_name, name = (np.tanh, np.sin), {"tanh": np.tanh}, "tanh"',
    "nothing": "n = m = z = rows = k = 0",
    "names of the program": """
count, a, z = 0, 1.0, 0
def forward(v):
    global a, count, x
    a = np.tanh(v @ x)
    x -= 0.1 * a
    count += 1
    return a * 0.5
""",
}

LOWERED = [
    (
        "objects that hold one another",
        "for l in net.layers: l.W -= l.parent.layers[0].W; net.layers[1].W = l.W / 2",
    ),
    ("Adam", "gs = [np.tanh(p) for p in ps]; adam.step(ps, gs)"),
    ("caches of caches", "A, caches = forward(x, p); grads = backward(A, y, caches); p = updated(p, grads)"),
    ("methods of all kinds", "x = layer.forward(x); y = layer(y)"),
    ("namespace", "layer.W = layer.W * 0.5 + x; layer.b -= 0.1 * layer.W"),
    ("of the class", "layer.W -= layer.rate * x"),
    ("itself", "params[0] = params[1][0] * 0.5 + x"),
    ("one", "a = {'W': a['W'] * 0.9}"),
    ("one", "best['W'] *= 0.9; a = {'W': a['W'] * 0.5}"),
    ("functions", "for act in acts: x = act(x)"),
    ("functions", "x = by_name[name](x)"),
    ("nothing", "n, m = x.shape; z = [None] * n + [x]; z[0] = y; y = z[0] * (1 / m); total = min(n, 2) + total"),
    ("nothing", "for k in (0, 2): x[k] *= 0.5; rows = range(k, 3)"),
    ("names of the program", "z = forward(y); total += count"),
]

BRANCHES = [
    ("one", "if np.sum(a['W'] ** 2) < low: low, best = low * 0.9, a"),
    ("one", "if np.sum(a['W'] ** 2) < low: low *= 0.9; best = {k: v.copy() for k, v in a.items()}"),
    ("of the class", "if i == 20: Layer.rate = 0.5"),
    ("methods of all kinds", "if i == 20: Layer.squashed = staticmethod(np.sin)"),
    ("nothing", "if not flag or (flag and i % 9 == 4): print(i)"),
    ("nothing", "if i % 5 == 0 or i == 38: total += loss"),
]

AS_WRITTEN = [
    ("a property", "layer.W = layer.W * 0.4", "belongs to the class"),
    ("setattr", "layer.W = layer.W * 0.4", "is a Layer"),
    ("getattr", "layer.W = layer.W * 0.4 + layer.V", "is a Layer"),
    ("slots", "layer.W = layer.W * 0.4", "is a Layer"),
    ("a copy that is the same", "layer.W -= 0.1 * layer.W", "cannot be copied"),
    ("ordered", "params['W'] = params['W'] * 0.4", "is a OrderedDict"),
    ("records", "x = here.a * x; here = Pair(x, y)", "is a Pair"),
    ("two", "a, b = b, a; a['W'] *= 0.5", "still in use"),
    ("one", "best = a; a = {'W': best['W'] * 0.5}", "still in use"),
    ("one", "a['W'] = x * 0.5; x = a['W'] * 0.5; a = dict(a)", "still in use"),
    ("one", "b = {'W': x}; best = b; x = x * 0.5", "held twice"),
    ("one", "a['W'] = x; a[str(i)] = x", "a str is no number"),
]


def both(setup: str, body: str) -> tuple[object, object, running.Body]:
    source = PROGRAM.format(setup=SETUPS[setup], body=body)
    kernel = started(source)
    return outcome(kernel, lower=True), outcome(started(source), lower=False), body_of(kernel)


@pytest.mark.parametrize(("setup", "body"), LOWERED)
def test_a_body_over_containers_is_lowered(setup: str, body: str) -> None:
    lowered, written, made = both(setup, body)
    assert lowered == written
    assert (made.reason, len(made._kernels)) == ("", 1)


@pytest.mark.parametrize(("setup", "body"), BRANCHES)
def test_a_branch_may_change_what_the_kernel_was_made_for(setup: str, body: str) -> None:
    steps = "x = x * 0.9; loss = np.mean(x)"
    steps += {"one": "; a['W'] = a['W'] * 0.9", "of the class": "; layer.W -= layer.rate * x"}.get(setup, "")
    steps += "; y = layer.forward(y)" if setup == "methods of all kinds" else ""
    lowered, written, made = both(setup, f"{steps}\n    {body}")
    assert lowered == written
    assert made._kernels


@pytest.mark.parametrize(("setup", "body", "reason"), AS_WRITTEN)
def test_where_a_container_is_in_doubt_the_body_runs_as_it_was_written(setup: str, body: str, reason: str) -> None:
    lowered, written, made = both(setup, body)
    assert lowered == written
    assert reason in made.reason
