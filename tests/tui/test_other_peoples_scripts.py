"""Scripts as other people write them: nntui finds what their variables are, and runs them to Python's own numbers.

The scripts are in `tests/scripts`; each is in a style of its own. What `python script.py` prints and ends with is
taken from Python itself, in a process of its own.
"""

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nntui import cli
from nntui_core import script
from nntui_core.explain import evaluate
from nntui_core.interpreter import Position
from nntui_core.origins import Origins
from nntui_core.program import Program
from nntui_core.session import Session
from nntui_core.values import State, same_bits

Captured = pytest.CaptureFixture[str]

FOLDER = Path(__file__).parent.parent / "scripts"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py"))

W1_AND_2 = ("W1", "b1", "W2", "b2")
ROLES: dict[str, tuple[tuple[str, ...], tuple[str, ...], str | None, str | None, str | None, str | None]] = {
    # parameters, inputs, target, prediction, loss, rate
    "book_class": (
        ("net.biases[0]", "net.biases[1]", "net.weights[0]", "net.weights[1]"),
        ("data[7][0]", "data[11][0]"),
        None,
        None,
        None,
        "eta",
    ),
    "book_lists": (
        ("weights[0]", "biases[0]", "weights[1]", "biases[1]"),
        ("training_data[0][0]", "training_data[1][0]"),
        None,
        "a2",
        None,
        "eta",
    ),
    "book_loops": (
        ("net.w[0]", "net.b[0]", "net.w[1]", "net.b[1]"),
        ("xs[0]", "xs[1]"),
        "ys[0]",
        None,
        "total",
        "lr",
    ),
    "columns": (W1_AND_2, ("X",), "Y", "A2", "cost", "alpha"),
    "course_dictionaries": (
        ("params['W1']", "params['b1']", "params['W2']", "params['b2']"),
        ("X",),
        "Y",
        "cache['A2']",
        "cost",
        "learning_rate",
    ),
    "course_functions": (
        ("params['W1']", "params['b1']", "params['W2']", "params['b2']"),
        ("points",),
        "labels",
        "A2",
        "cost",
        "learning_rate",
    ),
    "dot_chains": (("w1", "w2"), ("x",), "y", "y_pred", "loss", "learning_rate"),
    "eleven_letters": (("w",), ("x",), "y", "o", None, None),
    "feedforward_backprop": (
        ("network.weights1", "network.weights2"),
        ("network.inputs",),
        "network.wanted",
        "network.output",
        None,
        None,
    ),
    "forum_post": (("weight1", "weight2"), ("x",), "y", "a2", None, "learningRate"),
    "global_names": (("w1", "b1", "w2", "b2"), ("X",), "Y", "a2", "c", "LEARNING_RATE"),
    "guarded_loop": (("W", "V"), ("data",), "wanted", "o", None, "eta"),
    "helper_functions": (("W1", "W2"), ("X",), "Y", "A2", "cost", "alpha"),
    "layer_objects": (
        ("network[0].W", "network[0].b", "network[2].W", "network[2].b"),
        ("X",),
        "Y",
        "out",
        "error",
        "rate",
    ),
    "loss_in_method": (("self.W[0]", "self.W[1]"), ("x",), "y", None, None, "lr"),
    "mini_batches": (W1_AND_2, ("xb",), "yb", "y_hat", "loss", "lr"),
    "momentum": (W1_AND_2, ("X",), "y", "A2", "J", "lr"),
    "named_tuple": (("p[0]", "p[1]", "p[2]", "p[3]"), ("X",), "y", "yhat", "loss", "lr"),
    "network_class": (("net.w1", "net.w2"), ("x",), "t", "net.out", None, None),
    "network_trains_itself": (
        ("self.W1", "self.b1", "self.W2", "self.b2"),
        ("X",),
        "y",
        "output",
        "loss",
        "self.rate",
    ),
    "nonlin_deriv": (("syn0", "syn1"), ("X",), "y", "l2", None, None),
    "one_at_a_time": (
        ("hidden_weights", "hidden_bias", "output_weights", "output_bias"),
        ("x",),
        "t",
        "o",
        "total",
        "eta",
    ),
    "optimizer_object": (
        ("layers[0].W", "layers[0].b", "layers[1].W", "layers[1].b"),
        ("X",),
        "T",
        "layers[1].z",
        "loss",
        "optimizer.lr",
    ),
    "parameter_keys": (("params['W1']", "params['W2']"), ("X",), "Y", "cache['A2']", "loss", "lr"),
    "relu_hidden": (("W1", "B1", "W2", "B2"), ("X",), "Y", "out", "mse", None),
    "softmax_classifier": (("W", "b"), ("X",), "y", "probs", "loss", "step_size"),
    "softmax_one_hot": (("V", "c"), ("data",), "T", "P", "cross_entropy", "rate"),
    "stack_of_layers": (
        ("stack.layers[0].W", "stack.layers[0].b", "stack.layers[1].W", "stack.layers[1].b"),
        ("xb",),
        "yb",
        "p",
        None,
        "lr",
    ),
    "train_function": (("W1", "W2"), ("X",), "y", "a2", "loss", "lr"),
    "tuples_of_layers": (
        ("params[0][0]", "params[0][1]", "params[1][0]", "params[1][1]", "params[2][0]", "params[2][1]"),
        ("X",),
        "y",
        "pred",
        None,
        "lr",
    ),
    "until_tolerance": (("u", "v"), ("inputs",), "targets", "out", "mse", "eta"),
    "weight_lists": (
        ("weights[0]", "biases[0]", "weights[1]", "biases[1]", "weights[2]", "biases[2]"),
        ("X",),
        "Y",
        "a[3]",
        "loss",
        "lr",
    ),
    "wh_bh_wout": (("wh", "bh", "wout", "bout"), ("X",), "y", "output", None, "lr"),
}
COSTS = {
    "book_class": "0.5 * np.sum((activations[2] - data[7][1]) ** 2), the mean over 4 samples",
    "book_lists": "0.5 * np.sum((a2 - training_data[0][1]) ** 2), the mean over 4 samples",
    "eleven_letters": "0.5 * np.sum((o - y) ** 2)",
    "feedforward_backprop": "np.sum((network.output - network.wanted) ** 2)",
    "forum_post": "0.5 * np.sum((a2 - y) ** 2)",
    "guarded_loop": "0.5 * np.sum((o - wanted) ** 2)",
    "network_class": "np.sum((net.out - t) ** 2)",
    "nonlin_deriv": "0.5 * np.sum((l2 - y) ** 2)",
    "stack_of_layers": "-np.sum(yb * np.log(p)) / len(yb)",
    "tuples_of_layers": "np.mean((pred - y) ** 2)",
    "wh_bh_wout": "0.5 * np.sum((output - y) ** 2)",
}
"""The costs of those that state none."""
STATED = {"book_loops": "total / 4", "loss_in_method": "compute_loss"}
"""The costs of those that state one where the loop does not see it, or sum it up over samples."""
NO_CURVE = {"book_class", "book_lists"}
"""Those whose cost is known inside of a function only, and is another one for each sample."""
COMPUTED = {"loss_in_method": "np.sum((np.tanh(x @ self.W[0]) @ self.W[1] - y) ** 2) / 16"}
"""The costs that a function computes and no variable of the program holds, told by what the program knows."""
WARNINGS = {
    "feedforward_backprop": ["shape-coincidence"],
    "forum_post": ["shape-coincidence"],
    "guarded_loop": ["shape-coincidence"],
    "global_names": ["shape-coincidence"],
    "network_trains_itself": ["shape-coincidence"],
    "nonlin_deriv": ["shape-coincidence"],
    "softmax_classifier": ["start-scale"],
    "train_function": ["shape-coincidence"],
    "tuples_of_layers": ["shape-coincidence"],
}
NOT_UNDERSTOOD = {
    ("mini_batches", "perm"): ("rng.permutation",),
    ("mini_batches", "i"): ("for",),
    ("one_at_a_time", "k"): ("for",),
    ("stack_of_layers", "l"): ("for",),
    ("stack_of_layers", "order"): ("np.random.permutation",),
    ("stack_of_layers", "start"): ("for",),
    ("weight_lists", "l"): ("for",),
}
NO_ARRAYS = {
    "course_functions": {"cache", "grads", "params"},
    "layer_objects": {"layer"},
    "network_trains_itself": {"output"},
    "one_at_a_time": {"order"},
    "optimizer_object": {"layer"},
    "parameter_keys": {"cache", "grads", "params", "key"},
    "weight_lists": {"a", "weights", "biases"},
}
"""Dictionaries, lists, objects and texts."""
OF_MANY_SAMPLES = {"book_class", "book_lists", "book_loops"}
"""Those of whose samples only the first ones are followed: what a function does is told for those alone."""
PLAIN = [name for name in SCRIPTS if name not in OF_MANY_SAMPLES | {"named_tuple", "tuples_of_layers"}]
"""Those of which every array is explained; of tuples that are made anew, one call with many lines is not."""
DUMP = """
import json as _json, os as _os, numpy as _np
with open(_os.environ["DUMP"], "w") as _file:
    _json.dump({{_name: _np.asarray(eval(_name)).tolist() for _name in {names}}}, _file)
"""
OUTSIDE = {"loss_in_method": ("self", "m"), "network_trains_itself": ("self", "network")}
"""What an object is called in the method that trains it, and by the program around that."""


@pytest.fixture(autouse=True)
def _own_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Put back what a script changes of the process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))


def path_of(name: str) -> str:
    return str(FOLDER / f"{name}.py")


@cache
def opened(name: str) -> Program:
    return script.load(path_of(name))


@cache
def followed(name: str) -> Program:
    """Return the program with what its first iteration tells, where functions, methods and lists hide it."""
    return Session(opened(name)).program


def by_python(text: str, name: str, folder: Path) -> tuple[str, dict[str, Any]]:
    """Run a text as Python does; return what it prints and its final parameters."""
    file, dump = folder / f"{name}.py", folder / "dump.json"
    inside, outside = OUTSIDE.get(name, ("", ""))
    known = {parameter.replace(inside, outside): parameter for parameter in ROLES[name][0]}
    file.write_text(text + DUMP.format(names=list(known)))
    environment = {**os.environ, "DUMP": str(dump), "PYTHONUNBUFFERED": "1"}
    process = subprocess.run(
        [sys.executable, str(file)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )
    assert process.returncode == 0, process.stdout
    return process.stdout, {known[n]: values for n, values in json.loads(dump.read_text()).items()}


def test_every_script_is_in_the_table() -> None:
    assert list(ROLES) == SCRIPTS
    assert len(SCRIPTS) >= 12


@pytest.mark.parametrize("name", SCRIPTS)
def test_roles(name: str) -> None:
    roles = followed(name).roles
    found = (roles.parameters, roles.inputs, roles.target, roles.prediction, roles.loss, roles.rate)
    assert found == ROLES[name]


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_verdict(name: str, capsys: Captured) -> None:
    assert cli.main(["check", path_of(name), "--json"]) == 0
    out = capsys.readouterr().out
    says_only_its_names(out)
    report = json.loads(out)
    assert [finding["code"] for finding in report["findings"]] == WARNINGS.get(name, [])
    assert {p["name"]: p["verdict"] for p in report["parameters"]} == dict.fromkeys(ROLES[name][0], "descent")
    if name in COSTS:
        assert (report["cost"]["name"], report["cost"]["expression"]) == ("C", COSTS[name])
    else:
        assert report["cost"]["name"] == STATED.get(name, ROLES[name][4])


def test_the_forums_script_is_told_what_its_names_mean(capsys: Captured) -> None:
    assert cli.main(["check", path_of("forum_post")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Your `dC_dw2` is −1 × ∂C/∂z2, not ∂C/∂weight2")
    assert "dC_dw2 = −1 × ∂C/∂z2" in lines
    assert "dC_dw1 = −1 × ∂C/∂z1" in lines


@pytest.mark.parametrize("name", PLAIN)
def test_a_cell_of_every_array_is_explained(name: str) -> None:
    session = Session(opened(name))
    session.advance(3)
    origins, told = Origins(session), set()
    for executed in session.trace_of(2):
        for target in executed.targets:
            value = executed.after.get(target)
            if value is None:
                continue
            index = tuple(size // 2 for size in value.shape)
            made = origins.made(target, index, after(executed.position))
            found = made.explanation
            assert found is not None
            assert found.value == value[index].item()
            says_only_its_names(f"{found.formula} {found.short} {found.arithmetic}")
            assert found.unknown == NOT_UNDERSTOOD.get((name, target), ())
            assert evaluate(found) == pytest.approx(found.value, rel=1e-12, abs=1e-15)
            told.add(target)
    held = {target for s in session.program.body for target in s.targets}
    assert held - told <= NO_ARRAYS.get(name, set())


def says_only_its_names(text: str) -> None:
    """Hold a text to the names that a script has: none that nntui needed on its way is among them."""
    assert not re.findall(r"__(?!main__|name__|init__)\w+__|\bvalue_\d|\0", text)


def after(position: Position) -> Position:
    return Position(position.iteration, position.tick + 1)


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_runs_to_pythons_numbers(name: str, capsys: Captured, tmp_path: Path) -> None:
    printed, parameters = by_python(Path(path_of(name)).read_text(), name, tmp_path)
    assert cli.main(["run", path_of(name), "--json"]) == 0
    out, err = capsys.readouterr()
    says_only_its_names(out)
    result = json.loads(out)
    assert result["parameters"] == parameters
    assert err == printed
    assert (len(result["loss_curve"]) > 1) == (name not in NO_CURVE)
    inferred = name in COSTS and name not in NO_CURVE
    cost = COSTS[name] if inferred else COMPUTED.get(name)
    assert result.get("cost") == (cost and {"expression": cost, "inferred": inferred})


@pytest.mark.parametrize(
    "name", ["course_dictionaries", "course_functions", "eleven_letters", "network_class", "train_function"]
)
def test_an_export_ends_with_the_same_numbers(name: str, capsys: Captured, tmp_path: Path) -> None:
    text = Path(path_of(name)).read_text()
    loop = opened(name).loop
    ends = loop.end_lineno if name in ("eleven_letters", "network_class") else None
    shorter = "\n".join(text.split("\n")[:ends]) + "\n"
    (tmp_path / "mine.py").write_text(shorter)
    assert cli.main(["export", str(tmp_path / "mine.py")]) == 0
    exported = capsys.readouterr().out
    assert exported.startswith(shorter)
    printed, parameters = by_python(exported, name, tmp_path)
    assert parameters == by_python(text, name, tmp_path)[1]
    if ends is not None:  # the script ends with its loop: nntui's lines print the numbers
        assert all(f"{parameter} {parameters[parameter]}" in printed for parameter in parameters)


@pytest.mark.parametrize("name", [name for name in SCRIPTS if name not in {"book_class", "book_loops"}])
def test_forward_back_and_forward_again(name: str) -> None:
    session = Session(opened(name))
    seen: dict[Position, State] = {}
    while session.position.iteration < 3:
        seen[session.position] = session.state
        session.step()
    seen[session.position] = session.state

    def agree() -> None:
        there, here = seen[session.position].values, session.state.values
        assert set(here) == set(there)
        assert all(same_bits(there[n], here[n]) for n in there)

    choose = random.Random(0)
    moves: list[Callable[[], None]] = [session.back, session.back, session.back_iteration, session.step]
    for _ in range(25):
        move = choose.choice(moves)
        if move == session.step and session.position.iteration == 3:
            continue
        if move != session.step and session.position == (0, 0):
            continue
        move()
        agree()
    session.goto(Position(0, 0))
    agree()
    session.advance(3)
    agree()
    assert session.position == (3, 0)


def test_a_cell_of_a_dictionary_or_an_object_by_name(capsys: Captured) -> None:
    for name, cell, plain in (
        ("course_dictionaries", 'params["W1"][0,1]', "params['W1']"),
        ("course_dictionaries", "grads['dW1'][-1, 1]", "grads['dW1']"),
        ("network_class", "net.w1[2,0]", "net.w1"),
    ):
        assert cli.main(["explain", path_of(name), cell, "--at", "2", "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["name"] == plain
        session = Session(opened(name))
        session.advance(3)
        assert told["value"] == session.state[plain][tuple(told["index"])].item()
    assert cli.main(["explain", path_of("course_dictionaries"), "params['W3'][0,0]"]) == 2
    assert "did you mean" in capsys.readouterr().err


BOOK = {
    "book_lists": [
        ("np.dot(weights[1].T, delta2) * a1 * (1 - a1)", "np.dot(weights[1].T, delta2)", "missing-hidden-derivative"),
        ("nabla_w[1] += np.dot", "nabla_w[1] = np.dot", "samples-not-summed"),
        ("delta2 = (a2 - y)", "delta2 = (y - a2)", "sign"),
    ],
}


@pytest.mark.parametrize(
    ("name", "right", "wrong", "code"), [(n, *case) for n, cases in BOOK.items() for case in cases]
)
def test_mistakes_of_one_sample_and_of_the_sum_are_told_apart(
    name: str, right: str, wrong: str, code: str, tmp_path: Path, capsys: Captured
) -> None:
    text = Path(path_of(name)).read_text()
    assert right in text
    (tmp_path / "mine.py").write_text(text.replace(right, wrong))
    assert cli.main(["check", str(tmp_path / "mine.py"), "--json"]) == 1
    out = capsys.readouterr().out
    says_only_its_names(out)
    findings = json.loads(out)["findings"]
    line = next(number for number, found in enumerate(text.splitlines(), 1) if right in found)
    assert [(f["code"], f["line"]) for f in findings if f["severity"] == "error"] == [(code, line)]


SPOILT = {
    "course_functions": ("dZ2 = ", "dZ2 = 2 * "),
    "global_names": ("(1 - np.power(a1, 2))", "1"),
    "layer_objects": ("-= ", "+= "),
    "optimizer_object": ("da * (1 - self.a ** 2)", "da"),
    "tuples_of_layers": ("dout * (z > 0)", "dout"),
}
"""A line of each that is wrong: (what it says, what stands there instead)."""


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_said_of_a_wrong_script_has_its_names_only(name: str, tmp_path: Path, capsys: Captured) -> None:
    right, wrong = SPOILT[name]
    text = Path(path_of(name)).read_text()
    assert right in text
    (tmp_path / "mine.py").write_text(text.replace(right, wrong))
    assert cli.main(["check", str(tmp_path / "mine.py")]) == 1
    out = capsys.readouterr().out
    says_only_its_names(out)
    assert "error" in out


def test_no_array_is_written_to_while_it_is_kept() -> None:
    session = Session(opened("softmax_classifier"))  # changes `probs` in place, under another name
    session.advance(2)
    arrays = [a for e in session.trace_of(1) for s in (e.before, e.after) for a in s.values.values()]
    copies = [np.array(a) for a in arrays]
    session.advance(5)
    assert all(same_bits(a, b) and not a.flags.writeable for a, b in zip(arrays, copies, strict=True))
