"""Whatever options a network is made of, its gradients are right, its numbers the same however they are reached."""

import itertools
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.core.program_oracle import executed
from tests.strategies import networks

from nntui_core import diagnosis, export, familiar, files
from nntui_core.datasets import load
from nntui_core.interpreter import Interpreter, Position
from nntui_core.measure import NothingToCheck
from nntui_core.network import Network, NetworkError, build, write
from nntui_core.network.activations import HIDDEN
from nntui_core.network.initial import INITIAL
from nntui_core.session import Session
from nntui_core.values import Array

THOROUGH = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
QUICK = settings(THOROUGH, max_examples=15)


def started(network: Network, iterations: int = 0) -> Interpreter:
    interpreter = Interpreter(build(network))
    interpreter.start()
    interpreter.run(iterations)
    return interpreter


@given(networks(), st.sampled_from([0, 1, 5]))
@THOROUGH
def test_every_update_goes_downhill_along_its_own_gradient(network: Network, at: int) -> None:
    interpreter = started(network, at)
    try:
        report = diagnosis.check(interpreter)
    except NothingToCheck:  # it has diverged
        assume(False)
    assert [(v.name, v.verdict) for v in report.parameters] == [(n, "descent") for n in network.parameters]
    assert not report.failed, report.findings
    assert not report.cost.inferred


@given(networks())
@THOROUGH
def test_what_the_variables_are_for_is_found(network: Network) -> None:
    roles, depth = build(network).roles, network.depth
    x, y = ("x", "y") if network.batch is None else ("xb", "yb")
    assert roles.parameters == network.parameters
    assert (roles.inputs, roles.target) == ((x,), y)
    assert (roles.prediction, roles.loss, roles.rate) == (f"a{depth}", "loss", "lr")
    assert set(roles.deltas) == {f"delta{k}" for k in range(1, depth + 1)}


@given(networks())
@QUICK
def test_stepped_and_run_are_the_same_bits(network: Network) -> None:
    run, stepped = started(network, 3), started(network)
    while stepped.position.iteration < 3:
        stepped.step()
    for name in (*network.parameters, "loss"):
        assert np.asarray(run.namespace[name]).tobytes() == np.asarray(stepped.namespace[name]).tobytes()


@given(networks())
@QUICK
def test_a_network_is_known_again_by_its_text_and_another_text_is_not(network: Network) -> None:
    program = build(network)
    assert familiar.is_familiar(program)
    strange = program.source.replace("lr = ", "import os\nlr = ")
    assert not familiar.is_familiar(program.changed(strange, 1))


@pytest.mark.parametrize(
    "text",
    ["x = np.array(open('/etc/passwd'))", "labels = [exec('1')]", "y = np.eye(2)[unpacked(input(), 'u1', 3)]"],
)
def test_data_that_does_something_is_not_familiar(text: str) -> None:
    program = build(Network((2, 3, 1), data=load("xor"), bias=True))
    name = text.split(" = ")[0]
    lines = [text if line.startswith(f"{name} = ") else line for line in program.lines]
    if text not in lines:
        lines.insert(lines.index("lr = 1.0"), text)
    assert not familiar.is_familiar(program.changed("\n".join(lines) + "\n"))


DRAWN: dict[str, Callable[[np.random.Generator, tuple[int, int]], Array]] = {
    "uniform01": lambda rng, shape: rng.random(shape),
    "uniform": lambda rng, shape: rng.uniform(-1, 1, shape),
    "normal": lambda rng, shape: rng.normal(size=shape),
    "xavier": lambda rng, shape: rng.uniform(-np.sqrt(6 / sum(shape)), np.sqrt(6 / sum(shape)), shape),
    "he": lambda rng, shape: rng.normal(0, np.sqrt(2 / shape[0]), shape),
    "zeros": lambda _, shape: np.zeros(shape),
    "constant": lambda _, shape: np.full(shape, 0.5),
}


@pytest.mark.parametrize("kind", list(INITIAL))
@pytest.mark.parametrize("data", ["xor", "circles"])
def test_weights_are_what_is_drawn_first_whatever_else_is_drawn(kind: str, data: str) -> None:
    network = Network((2, 3, 2, 1), 7, init=kind, data=load(data), holdout=0.25, bias=True, batch=3)
    namespace = started(network).namespace
    rng = np.random.default_rng(7)
    for k, shape in enumerate(itertools.pairwise(network.layers), start=1):
        np.testing.assert_allclose(namespace[f"W{k}"], DRAWN[kind](rng, shape), rtol=1e-14)
        assert namespace[f"b{k}"].tolist() == [0.0] * shape[1]


def by_torch(torch: Any, network: Network, values: dict[str, Array]) -> Any:
    """Return the cost of a network as PyTorch computes it."""
    functions = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "leaky-relu": torch.nn.functional.leaky_relu,
        "identity": lambda z: z,
        "softmax": lambda z: torch.softmax(z, dim=1),
    }
    x, y = (torch.tensor(values[n]) for n in (("x", "y") if network.batch is None else ("xb", "yb")))
    a = x
    for k, unit in enumerate(network.units, start=1):
        z = a @ values[f"W{k}"] + (values[f"b{k}"] if network.bias else 0)
        a = functions[unit.name](z)
    costs = {
        "half-sse": lambda: 0.5 * ((a - y) ** 2).sum(),
        "mse": lambda: torch.nn.functional.mse_loss(a, y),
        "bce": lambda: torch.nn.functional.binary_cross_entropy_with_logits(z, y),
        "ce": lambda: torch.nn.functional.cross_entropy(z, y),
    }
    penalty = sum((values[f"W{k}"] ** 2).sum() for k in range(1, network.depth + 1))
    return costs[network.loss]() + 0.5 * (network.l2 or 0.0) * penalty


@given(networks())
@THOROUGH
def test_a_training_is_that_of_pytorch(network: Network) -> None:
    torch = pytest.importorskip("torch")
    interpreter = started(network)
    parameters = {n: torch.tensor(interpreter.namespace[n], requires_grad=True) for n in network.parameters}
    kinds = {"gd": torch.optim.SGD, "momentum": torch.optim.SGD, "adam": torch.optim.Adam}
    more = {"momentum": {"momentum": 0.9}}.get(network.optimizer, {})
    optimizer = kinds[network.optimizer](list(parameters.values()), lr=network.gamma, **more)
    for _ in range(4):
        interpreter.run(1)
        namespace = interpreter.namespace
        assume(np.isfinite(namespace["loss"]) and namespace["loss"] < 1e6)
        optimizer.zero_grad()
        loss = by_torch(torch, network, {**namespace, **parameters})
        loss.backward()
        np.testing.assert_allclose(namespace["loss"], loss.item(), rtol=1e-10)
        for name, parameter in parameters.items():
            np.testing.assert_allclose(namespace[f"d{name}"], parameter.grad.numpy(), rtol=1e-10, atol=1e-10)
        optimizer.step()
        for name, parameter in parameters.items():
            np.testing.assert_allclose(namespace[name], parameter.detach().numpy(), rtol=1e-8, atol=1e-8)


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


VALUES: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": lambda z: np.tanh(z),
    "relu": lambda z: np.where(z > 0, z, 0),
    "leaky-relu": lambda z: np.where(z > 0, z, z / 100),
    "identity": lambda z: z,
    "softmax": softmax,
}
COSTS: dict[str, Callable[[Array, Array], Any]] = {
    "half-sse": lambda a, y: ((a - y) ** 2).sum() / 2,
    "mse": lambda a, y: ((a - y) ** 2).mean(),
    "bce": lambda a, y: -(y * np.log(a) + (1 - y) * np.log(1 - a)).mean(),
    "ce": lambda a, y: -(y * np.log(a)).sum() / len(y),
}


def cost_by_hand(network: Network, values: dict[str, Any], x: Array, y: Array) -> float:
    """Return the cost of samples, without the penalty, by the definitions and in longer numbers."""
    a: Any = x.astype(np.longdouble)
    for k, unit in enumerate(network.units, start=1):
        a = VALUES[unit.name](a @ values[f"W{k}"] + (values[f"b{k}"] if network.bias else 0))
    return float(COSTS[network.loss](a, y))


@given(networks())
@THOROUGH
def test_loss_and_held_out_loss_are_what_their_definitions_say(network: Network) -> None:
    interpreter = started(network)
    names = [*network.parameters, "x", "y"]
    before = {name: interpreter.namespace[name].copy() for name in names}
    interpreter.run(1)
    namespace = interpreter.namespace
    x, y = (namespace[n] for n in (("x", "y") if network.batch is None else ("xb", "yb")))
    penalty = 0.5 * (network.l2 or 0) * sum((before[f"W{k}"] ** 2).sum() for k in range(1, network.depth + 1))
    np.testing.assert_allclose(namespace["loss"], cost_by_hand(network, before, x, y) + penalty, rtol=1e-9)
    if network.holdout is not None:
        wanted = cost_by_hand(network, before, namespace["x_holdout"], namespace["y_holdout"])
        np.testing.assert_allclose(namespace["holdout_loss"], wanted, rtol=1e-9)
        assert len(namespace["x_holdout"]) + len(namespace["x"]) == network.data.samples


@pytest.mark.parametrize("loss", ["bce", "ce"])
def test_log_losses_of_enormous_numbers_neither_overflow_nor_warn(loss: str) -> None:
    data = load("xor", classes=loss == "ce")
    text = write(Network((2, 3, data.outputs), loss=loss, activations=("relu",), data=data, bias=True, iterations=2))
    text = text.replace("lr = 1.0", "W2 = W2 * 1e6\nlr = 0.0")
    with warnings.catch_warnings(action="error"):
        namespace = executed(text)
    assert np.isfinite(namespace["loss"])
    assert np.isfinite(namespace["a2"]).all()


def test_a_batch_is_another_one_each_time_and_the_seed_decides_which() -> None:
    network = Network((2, 3, 1), data=load("moons"), batch=10, seed=4)
    one, same, other = (started(n, 1) for n in (network, network, Network((2, 3, 1), 5, data=load("moons"), batch=10)))
    first = one.namespace["batch"].copy()
    assert len(set(first.tolist())) == 10
    assert first.tolist() == same.namespace["batch"].tolist() != other.namespace["batch"].tolist()
    one.run(1)
    assert first.tolist() != one.namespace["batch"].tolist()


def test_standardized_inputs_have_mean_0_and_deviation_1_where_they_are_learned_from() -> None:
    namespace = started(Network((4, 3, 3), data=load("iris"), holdout=0.2, standardize=True)).namespace
    np.testing.assert_allclose(namespace["x"].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(namespace["x"].std(axis=0), 1, rtol=1e-12)
    both = np.concatenate([namespace["x"], namespace["x_holdout"]]) * namespace["deviation"] + namespace["mean"]
    iris = executed(
        "\n".join(["import base64, zlib", "import numpy as np", *load("iris").functions, *load("iris").setup])
    )
    np.testing.assert_allclose(np.sort(both, axis=0), np.sort(iris["x"], axis=0), rtol=1e-12)


def test_an_exported_script_ends_with_the_loss_of_all_samples(tmp_path: Path) -> None:
    network = Network(
        (4, 5, 3),
        data=load("iris"),
        loss="ce",
        activations=("relu",),
        bias=True,
        optimizer="adam",
        rate=0.01,
        batch=16,
        holdout=0.2,
        iterations=40,
    )
    program = build(network)
    script = tmp_path / "train.py"
    script.write_text(export.script(program), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", str(script)], capture_output=True, text=True, check=True, timeout=60
    )
    printed = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    interpreter = started(network, 40)
    outcome = export.outcome(program, interpreter.namespace)
    assert float(printed["loss"]) == outcome["loss"]
    assert float(printed["holdout_loss"]) == outcome["holdout_loss"]
    assert len(outcome["a2"]) == len(outcome["yb"]) == 120
    assert outcome["loss"] == pytest.approx(
        cost_by_hand(network, interpreter.namespace, interpreter.namespace["x"], interpreter.namespace["y"])
    )


@pytest.mark.parametrize(
    ("settings", "option", "reason"),
    [
        ({"activations": ("relu", "tanh")}, "activation", "2 of them for the 1 hidden layer of 3-4-1"),
        ({"activations": ("softplus",)}, "activation", "there is no 'softplus'"),
        ({"activations": ("relu",), "layers": (3, 1)}, "activation", "3-1 has no hidden layer"),
        ({"loss": "hinge"}, "loss", "there is no 'hinge'; there are half-sse, mse, bce, ce"),
        ({"loss": "ce"}, "loss", "two classes or more"),
        ({"loss": "bce", "output": "tanh"}, "output", "its output is sigmoid"),
        ({"output": "relu"}, "output", "sigmoid or tanh or identity"),
        ({"init": "orthogonal"}, "init", "there is no 'orthogonal'"),
        ({"optimizer": "sgd"}, "optimizer", "there are gd, momentum, adam"),
        ({"batch": 5}, "batch", "4 samples to learn from"),
        ({"batch": 0}, "batch", "1 to 4"),
        ({"batch": 4, "holdout": 0.5}, "batch", "2 samples to learn from"),
        ({"holdout": 1.0}, "holdout", "0.2 would do"),
        ({"holdout": 0.0}, "holdout", "0.2 would do"),
        ({"l2": -1.0}, "l2", "0.001 would do"),
        ({"l2": float("nan")}, "l2", "0.001 would do"),
    ],
)
def test_what_does_not_go_together_is_said_in_the_name_of_its_option(
    settings: dict[str, Any], option: str, reason: str
) -> None:
    with pytest.raises(NetworkError, match=reason) as caught:
        Network(**settings)
    assert caught.value.option == option


def test_initial_weights_suit_the_activations() -> None:
    kinds = {name: Network((3, 4, 1), activations=(name,)).initial for name in HIDDEN}
    assert kinds == {"sigmoid": "uniform01", "tanh": "xavier", "identity": "xavier", "relu": "he", "leaky-relu": "he"}
    assert Network((3, 4, 1), activations=("relu",), init="normal").initial == "normal"


WITH_HOLDOUT = Network((2, 3, 1), data=load("moons"), holdout=0.25, loss="bce", batch=20)


def test_the_held_out_samples_have_a_curve_of_their_own_however_it_is_walked(tmp_path: Path) -> None:
    walked, run = Session(build(WITH_HOLDOUT)), Session(build(WITH_HOLDOUT))
    for _ in range(4):
        walked.next_iteration()
    run.advance(4)
    curves = [session.curve.held_out for session in (walked, run)]
    assert curves[0] is not None
    assert curves[1] is not None
    assert curves[0].points(100) == curves[1].points(100)
    assert len(curves[0].points(100).losses) == 4
    assert curves[0].points(100).losses[-1] == walked.interpreter.namespace["holdout_loss"]
    files.save(run, tmp_path / "s.npz")
    kept = files.load(str(tmp_path / "s.npz"))
    assert kept.familiar
    assert kept.curve.held_out is not None
    assert kept.curve.held_out.points(100) == curves[1].points(100)
    run.goto(Position(2, 0))
    run.set_rate(0.5)
    run.advance(1)
    assert run.curve.held_out is not None
    assert run.curve.held_out.count == run.curve.count == 3


def test_a_network_without_held_out_samples_has_one_curve() -> None:
    session = Session(build(Network()))
    session.advance(3)
    assert session.curve.held_out is None
