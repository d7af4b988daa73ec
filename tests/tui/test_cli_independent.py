"""What the command line says of a described network, held to what knows nothing of nntui: PyTorch, plain Python."""

import ast
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nntui import cli
from nntui_core.datasets import load
from nntui_core.network import Network, build
from nntui_core.session import Session

Captured = pytest.CaptureFixture[str]
LAYERS = "4-6-5-3"


def told(capsys: Captured, *arguments: str) -> dict[str, Any]:
    assert cli.main(["run", "--json", *arguments]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize("optimizer", ["gd", "momentum", "adam"])
@pytest.mark.parametrize("loss", ["half-sse", "mse", "bce", "ce"])
def test_a_run_is_that_of_pytorch_from_the_same_weights(capsys: Captured, optimizer: str, loss: str) -> None:
    torch = pytest.importorskip("torch")
    options = ["--data", "iris", "--layers", LAYERS, "--activation", "tanh,relu", "--bias", "--init", "xavier"]
    options += ["--loss", loss, "--optimizer", optimizer, "--l2", "0.01", "--lr", "0.001"]
    start, end = (told(capsys, *options, "-n", count) for count in ("0", "30"))
    live = Session(build(Network((4, 6, 5, 3), data=load("iris")))).interpreter.namespace
    x, y = torch.tensor(live["x"]), torch.tensor(live["y"])
    parameters = {name: torch.tensor(value, dtype=torch.float64) for name, value in start["parameters"].items()}
    for parameter in parameters.values():
        parameter.requires_grad_(True)

    def cost() -> Any:
        a = torch.tanh(x @ parameters["W1"] + parameters["b1"])
        a = torch.relu(a @ parameters["W2"] + parameters["b2"])
        z = a @ parameters["W3"] + parameters["b3"]
        costs = {
            "half-sse": lambda: 0.5 * ((torch.sigmoid(z) - y) ** 2).sum(),
            "mse": lambda: torch.nn.functional.mse_loss(z, y),
            "bce": lambda: torch.nn.functional.binary_cross_entropy_with_logits(z, y),
            "ce": lambda: torch.nn.functional.cross_entropy(z, y),
        }
        return costs[loss]() + 0.005 * sum((parameters[f"W{k}"] ** 2).sum() for k in (1, 2, 3))

    kind, more = {
        "gd": (torch.optim.SGD, {}),
        "momentum": (torch.optim.SGD, {"momentum": 0.9}),
        "adam": (torch.optim.Adam, {}),
    }[optimizer]
    steps = kind(list(parameters.values()), lr=0.001, **more)
    for _ in range(30):
        steps.zero_grad()
        value = cost()
        value.backward()
        steps.step()
    assert end["loss"] == pytest.approx(cost().item(), rel=1e-9)
    for name, parameter in parameters.items():
        np.testing.assert_allclose(end["parameters"][name], parameter.detach().numpy(), rtol=1e-8, atol=1e-10)


def option_sets(count: int) -> list[list[str]]:
    """Draw sets of options, the same each time."""
    draw = random.Random(6)
    sets = []
    for _ in range(count):
        data, inputs, outputs = draw.choice([("iris", 4, 3), ("moons", 2, 1), ("digits", 64, 10), ("parity3", 3, 1)])
        hidden = [draw.randint(2, 8) for _ in range(draw.randint(1, 3))]
        loss = draw.choice(["half-sse", "mse", "bce", "ce"] if outputs > 1 else ["half-sse", "mse", "bce"])
        options = ["--data", data, "--layers", "-".join(map(str, (inputs, *hidden, outputs))), "--loss", loss]
        options += ["--activation", draw.choice(["sigmoid", "tanh", "relu", "leaky-relu", "identity"])]
        options += ["--optimizer", draw.choice(["gd", "momentum", "adam"]), "--lr", "0.01"]
        options += ["--seed", str(draw.randint(0, 99))]
        for flags in (["--bias"], ["--batch", "3"], ["--l2", "0.1"], ["--holdout", "0.3"]):
            options += flags if draw.random() < 0.5 else []
        sets.append(options)
    return sets


@pytest.mark.parametrize("options", option_sets(6), ids=" ".join)
def test_an_exported_script_stands_alone(capfdbinary: Any, tmp_path: Path, options: list[str]) -> None:
    assert cli.main(["export", *options, "-n", "25"]) == 0
    (tmp_path / "train.py").write_bytes(capfdbinary.readouterr().out)
    assert cli.main(["run", *options, "-n", "25", "--json"]) == 0
    wanted = json.loads(capfdbinary.readouterr().out)
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", str(tmp_path / "train.py")],
        cwd=nowhere,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    printed = {
        name: ast.literal_eval(value) for name, value in (line.split(" ", 1) for line in done.stdout.splitlines())
    }
    assert "nntui_core" not in (tmp_path / "train.py").read_text(encoding="utf-8")
    assert printed["loss"] == wanted["loss"]
    assert {name: printed[name] for name in wanted["parameters"]} == wanted["parameters"]
    assert list(nowhere.iterdir()) == []
