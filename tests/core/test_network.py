"""A network description becomes a program whose gradients are those of its loss, by an independent reckoning."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.program_oracle import executed, of_value

from nntui_core import builtin
from nntui_core.datasets import Data, load
from nntui_core.interpreter import Interpreter
from nntui_core.network import LARGEST, Network, NetworkError, build, parse_layers, write
from nntui_core.values import Array

HIDDEN = st.lists(st.integers(1, 6), max_size=4)
LAYERS = HIDDEN.map(lambda hidden: (3, *hidden, 1))
THOROUGH = settings(deadline=None, max_examples=50)


def weights_of(namespace: dict[str, Array], depth: int) -> list[Array]:
    return [namespace[f"W{k}"] for k in range(1, depth + 1)]


def loss_by_hand(x: Array, y: Array, weights: list[Array]) -> float:
    """Return ½Σ(a−y)² of a network of logistic units, one sample and one unit at a time."""
    total = 0.0
    for sample, targets in zip(x.tolist(), y.tolist(), strict=True):
        activations = sample
        for W in weights:
            sums = [sum(a * w for a, w in zip(activations, column, strict=True)) for column in W.T.tolist()]
            activations = [1 / (1 + float(np.exp(-z))) for z in sums]
        total += sum(0.5 * (a - t) ** 2 for a, t in zip(activations, targets, strict=True))
    return total


def slope_by_hand(x: Array, y: Array, weights: list[Array], k: int, cell: tuple[int, ...]) -> float:
    """Return ∂C/∂W[k][cell] by central differences."""
    h, losses = 1e-5, []
    for sign in (1, -1):
        shifted = [W.copy() for W in weights]
        shifted[k][cell] += sign * h
        losses.append(loss_by_hand(x, y, shifted))
    return (losses[0] - losses[1]) / (2 * h)


def after(network: Network, iterations: int) -> tuple[dict[str, Array], list[Array]]:
    """Return the namespace after so many iterations and the weights before the last of them."""
    interpreter = Interpreter(build(network))
    interpreter.start()
    interpreter.run(iterations - 1)
    before = [W.copy() for W in weights_of(interpreter.namespace, network.depth)]
    interpreter.run(1)
    return interpreter.namespace, before


def test_the_default_network_is_the_default_program_to_the_letter() -> None:
    assert write(Network()) == builtin.source("default")
    assert build(Network()).name == "3-4-1"
    assert build(Network(), "mine").name == "mine"


@given(LAYERS, st.integers(0, 1000), st.integers(1, 4))
@THOROUGH
def test_loss_and_gradients_are_those_of_an_independent_reckoning(
    layers: tuple[int, ...], seed: int, iterations: int
) -> None:
    network = Network(layers, seed=seed)
    namespace, weights = after(network, iterations)
    x, y = namespace["x"], namespace["y"]
    assert np.isclose(namespace["loss"], loss_by_hand(x, y, weights), rtol=1e-12, atol=0)
    for k, W in enumerate(weights):
        gradient = namespace[f"dW{k + 1}"]
        assert gradient.shape == W.shape
        slopes = [slope_by_hand(x, y, weights, k, cell) for cell in np.ndindex(W.shape)]
        np.testing.assert_allclose(gradient.reshape(-1), slopes, rtol=1e-5, atol=1e-9)
        updated = W - network.gamma * gradient
        assert namespace[f"W{k + 1}"].tobytes() == updated.tobytes()


MORE = Data("more", "numbers", ("x = rng.random((7, 5))", "y = rng.random((7, 2))"), 5, 2, 7)


@pytest.mark.parametrize("layers", [(5, 2), (5, 4, 2), (5, 3, 3, 2)])
def test_other_data_and_several_outputs_have_their_gradients_too(layers: tuple[int, ...]) -> None:
    namespace, weights = after(Network(layers, data=MORE, rate=0.5), 3)
    assert namespace["x"].shape == (7, 5)
    for k, W in enumerate(weights):
        slopes = [slope_by_hand(namespace["x"], namespace["y"], weights, k, cell) for cell in np.ndindex(W.shape)]
        np.testing.assert_allclose(namespace[f"dW{k + 1}"].reshape(-1), slopes, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("layers", [(3, 1), (3, 4, 1), (3, 5, 2, 1)])
def test_gradients_are_those_of_pytorch(layers: tuple[int, ...]) -> None:
    torch = pytest.importorskip("torch")
    namespace, before = after(Network(layers), 5)
    weights = [torch.tensor(W, requires_grad=True) for W in before]
    a = torch.tensor(namespace["x"])
    for W in weights:
        a = torch.sigmoid(a @ W)
    loss = 0.5 * ((a - torch.tensor(namespace["y"])) ** 2).sum()
    loss.backward()
    assert np.isclose(loss.item(), float(namespace["loss"]), rtol=1e-12)
    for k, W in enumerate(weights, start=1):
        np.testing.assert_allclose(namespace[f"dW{k}"], W.grad.numpy(), rtol=1e-10, atol=1e-14)


@given(LAYERS, st.integers(0, 2**40), st.floats(1e-300, 1e300), st.integers(1, 10**6))
@THOROUGH
def test_a_network_is_written_as_it_was_described(
    layers: tuple[int, ...], seed: int, rate: float, iterations: int
) -> None:
    program = build(Network(layers, seed, rate, iterations))
    setup = program.source[: program.source.index("for iteration")]
    namespace = executed(setup)
    rng = np.random.default_rng(seed)
    for k, shape in enumerate(itertools.pairwise(layers), start=1):
        assert namespace[f"W{k}"].tobytes() == rng.random(shape).tobytes()
    assert of_value(namespace["lr"]) == of_value(rate)
    assert f"for iteration in range({iterations}):" in program.lines
    depth = len(layers) - 1
    assert program.roles.parameters == tuple(f"W{k}" for k in range(1, depth + 1))
    assert program.roles.deltas == tuple(f"delta{k}" for k in range(1, depth + 1))
    assert (program.roles.inputs, program.roles.target) == (("x",), "y")
    assert (program.roles.prediction, program.roles.loss, program.roles.rate) == (f"a{depth}", "loss", "lr")


def test_a_title_tells_the_layers() -> None:
    assert build(Network((3, 2, 2, 1))).docstring.startswith("3-2-2-1, sigmoid, no bias, C = ½Σ(a−y)²")


@pytest.mark.parametrize(
    ("layers", "reason"),
    [
        ((3,), "needs at least inputs and outputs"),
        ((), "needs at least inputs and outputs"),
        ((3, 0, 1), "at least one unit"),
        ((3, -2, 1), "at least one unit"),
        ((2, 4, 1), "2 inputs, the data 'forum' has 3; 3-4-1 would do"),
        ((3, 4, 2), "2 outputs, the data 'forum' has 1; 3-4-1 would do"),
        ((3, 10**4, 10**4, 1), "more than 20,000,000 weights"),
    ],
)
def test_a_network_that_cannot_be_built_says_why_and_what_would_do(layers: tuple[int, ...], reason: str) -> None:
    with pytest.raises(NetworkError, match="(?s)" + reason.replace("(", r"\(")):
        Network(layers)


def test_as_many_weights_as_are_allowed_are_allowed() -> None:
    Network((3, LARGEST // 4, 1))
    with pytest.raises(NetworkError, match="weights"):
        Network((3, LARGEST // 4 + 1, 1))


@given(st.lists(st.integers(0, 10**9 - 1), min_size=1, max_size=6))
def test_layers_are_read_as_they_are_written(layers: list[int]) -> None:
    assert parse_layers("-".join(map(str, layers))) == tuple(layers)


@pytest.mark.parametrize(
    "text", ["", "3-", "-3", "3-x-1", "3 4 1", "3-4.0-1", "3--1", "٣-1", "3-²-1", "1" * 10, "+3-1"]
)
def test_what_is_no_width_is_refused(text: str) -> None:
    with pytest.raises(NetworkError, match="is not a number of units"):
        parse_layers(text)


def test_the_forums_data_is_xor_with_a_column_of_ones() -> None:
    namespace = executed("\n".join(["import numpy as np", *load("forum").setup]))
    assert namespace["x"].tolist() == [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
    assert namespace["y"].tolist() == [[a != b] for a, b, _ in namespace["x"].tolist()]
