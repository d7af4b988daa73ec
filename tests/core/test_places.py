"""Variables inside of dictionaries and objects are read as names, and found, set and kept as what they are."""

import ast
import types
from typing import Any

import pytest

from nntui_core import dataflow, places
from nntui_core.program import Program
from nntui_core.session import Session

MODULES = frozenset({"np", "sigmoid"})


@pytest.mark.parametrize(
    ("text", "reads", "writes"),
    [
        ('p["W"] -= lr * g["W"]', ("p['W']", "lr", "g['W']"), ("p['W']",)),
        ("net.w1 = net.w1 + 1", ("net.w1",), ("net.w1",)),
        ("net.layer.w[0, 1] = 2", ("net.layer.w",), ("net.layer.w",)),
        ("n['a'].w = n['a'].b.T", ("n['a'].b",), ("n['a'].w",)),
        ("z = x.dot(p['W']).T", ("x", "p['W']"), ("z",)),
        ("z = np.pi * sigmoid(a.shape[0])", ("a",), ("z",)),
        ("z = rows[0] + table[k]", ("rows", "table", "k"), ("z",)),
        ("z = f'{p[\"W\"]}'", ("p['W']",), ("z",)),
    ],
)
def test_what_is_a_place(text: str, reads: tuple[str, ...], writes: tuple[str, ...]) -> None:
    node = places.named(ast.parse(text).body[0], MODULES)
    assert dataflow.reads(node, MODULES) == reads
    assert dataflow.writes(node) == writes


def test_values() -> None:
    namespace: dict[str, Any] = {"p": {"W": 1}, "net": types.SimpleNamespace(w=2), "x": 3}
    assert [places.value(namespace, n) for n in ("p['W']", "net.w", "x")] == [1, 2, 3]
    assert [places.value(namespace, n) for n in ("p['V']", "net.v", "q['W']", "y", "x.w")] == [None] * 5
    places.put(namespace, "p['W']", 10)
    places.put(namespace, "net.w", 20)
    places.put(namespace, "x", 30)
    assert places.flat(namespace, ["p['W']", "net.w", "p['V']"]) == {**namespace, "p['W']": 10, "net.w": 20}
    assert [places.base(n) for n in ("p['W']", "net.w", "x")] == ["p", "net", "x"]


class Hostile:
    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


def test_an_object_may_refuse() -> None:
    assert places.value({"h": Hostile()}, "h.w") is None


def test_a_rate_inside_of_a_dictionary_can_be_set() -> None:
    source = """import numpy as np
x, y, W = np.ones((2, 1)), np.zeros((2, 1)), np.ones((1, 1))
hyper = {"lr": 0.1}
for i in range(5):
    p = x @ W
    W = W - hyper["lr"] * (x.T @ (p - y))
"""
    session = Session(Program.parse(source, "mine"))
    session.advance(2)
    assert session.state["hyper['lr']"] == 0.1
    session.back_iteration()
    assert session.state["W"][0, 0] == pytest.approx(0.8)
