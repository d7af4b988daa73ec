"""Networks and data on the command line: what runs, what is printed, and what is said of what cannot."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nntui import cli
from nntui_core.datasets import ENTRIES

Captured = pytest.CaptureFixture[str]


def result(capsys: Captured, arguments: str) -> dict[str, Any]:
    """Run `nntui run … --json` and return its object."""
    assert cli.main(["run", *arguments.split(), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.fixture
def flowers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a file of three samples of two kinds into the present folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flowers.csv").write_text(
        'length,"kind, [b]of[/b]",width\n1,"\x1b[31mred",2\n3,blue,4\n5,blue,7\n', encoding="utf-8"
    )


def test_digits_are_learned(capsys: Captured) -> None:
    options = "--layers 64-32-10 --activation relu --loss ce --bias --optimizer adam --batch 64 --holdout 0.2"
    got = result(capsys, f"--data digits {options} -n 2000")
    assert got["labels"] == [str(digit) for digit in range(10)]
    assert got["accuracy"] > 0.99
    assert got["holdout"]["accuracy"] > 0.95
    assert 0 < got["holdout"]["loss"] < 0.3
    assert len(got["predictions"]["values"]) == len(got["targets"]) == 1438
    assert got["loss"] < 0.05


def test_labels_and_accuracy_are_those_of_the_file(capsys: Captured, flowers: None) -> None:
    options = "--loss ce --bias --activation tanh --optimizer momentum --init xavier"
    got = result(capsys, f"--data flowers.csv --target 2 {options} -n 300")
    assert got["labels"] == ["\x1b[31mred", "blue"]
    assert got["targets"] == [[1, 0], [0, 1], [0, 1]]
    assert got["accuracy"] == 1.0
    assert "holdout" not in got


def test_numbers_have_no_accuracy(capsys: Captured) -> None:
    got = result(capsys, "--data circles --loss mse -n 2")
    assert "accuracy" in got
    Path("n.csv").write_text("1,2,0.5\n3,4,0.7\n2,2,0.1\n")
    got = result(capsys, "--data n.csv --loss mse -n 2 --holdout 0.3")
    assert "accuracy" not in got
    assert set(got["holdout"]) == {"loss"}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write files where they disturb nobody."""
    monkeypatch.chdir(tmp_path)


def test_the_page_for_people_shows_a_files_text_as_text(capsys: Captured, flowers: None) -> None:
    assert (
        cli.main(["run", "--data", "flowers.csv", "--target", "2", "--loss", "ce", "-n", "3", "--holdout", "0.4"]) == 0
    )
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "classes  " in out
    assert "on the held-out samples" in out
    assert cli.main(["export", "--data", "flowers.csv", "--target", "2", "--loss", "ce"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_an_export_stands_alone_when_its_file_is_gone(capsys: Captured, flowers: None, tmp_path: Path) -> None:
    options = "--data flowers.csv --target 2 --loss ce --bias --batch 2 --seed 5"
    got = result(capsys, f"{options} -n 7")
    assert cli.main(["export", *options.split(), "-n", "7"]) == 0
    script = tmp_path / "train.py"
    script.write_text(capsys.readouterr().out, encoding="utf-8")
    (tmp_path / "flowers.csv").unlink()
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", str(script)], capture_output=True, text=True, check=True, timeout=60
    )
    printed = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert float(printed["loss"]) == got["loss"]
    assert json.loads(printed["W1"]) == got["parameters"]["W1"]
    assert json.loads(printed["a2"]) == got["predictions"]["values"]


def test_the_seed_decides_weights_points_batches_and_what_is_held_out(capsys: Captured) -> None:
    options = "--data moons --batch 8 --holdout 0.2 --loss bce -n 5"
    first, again, other = (result(capsys, f"{options} --seed {seed}") for seed in (3, 3, 4))
    for got in (first, again, other):
        del got["seconds"]
    assert first == again
    assert first["loss"] != other["loss"]


@pytest.mark.parametrize(("optimizer", "rate"), [("gd", 1.0), ("momentum", 0.1), ("adam", 0.001)])
def test_each_optimizer_has_a_rate_of_its_own_and_takes_another(capsys: Captured, optimizer: str, rate: float) -> None:
    assert result(capsys, f"--optimizer {optimizer} -n 1")["learning_rate"] == rate
    assert result(capsys, f"--optimizer {optimizer} -n 1 --lr 0.3")["learning_rate"] == 0.3


def test_weights_from_a_file_start_any_network(capsys: Captured) -> None:
    W1, b1, W2, b2 = np.full((2, 3), 0.25), np.full(3, 0.5), np.ones((3, 1)), np.zeros(1)
    np.savez("w.npz", W1=W1, b1=b1, W2=W2, b2=b2)
    options = "--data xor --layers 2-3-1 --activation relu --loss mse --bias --weights w.npz"
    got = result(capsys, f"{options} -n 0")
    assert got["parameters"] == {"W1": W1.tolist(), "b1": b1.tolist(), "W2": W2.tolist(), "b2": b2.tolist()}
    x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])
    assert got["loss"] == pytest.approx(float(np.mean((np.maximum(x @ W1 + b1, 0) @ W2 + b2 - y) ** 2)))


def test_what_is_built_in_is_listed(capsys: Captured) -> None:
    assert cli.main(["data"]) == 0
    page = capsys.readouterr().out
    for entry in ENTRIES:
        assert f"{entry.name} " in page
        assert f"{entry.samples}×{entry.inputs}" in page
        assert entry.source in page
    assert cli.main(["data", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["data"]
    assert [entry["name"] for entry in listed] == [entry.name for entry in ENTRIES]
    assert listed[-1] == {
        "name": "digits",
        "samples": 1797,
        "inputs": 64,
        "kind": "ten classes",
        "title": ENTRIES[-1].title,
        "source": ENTRIES[-1].source,
    }


def test_target_is_a_scripts_variable_or_a_files_column(capsys: Captured, flowers: None) -> None:
    Path("s.py").write_text(
        "import numpy as np\nx, y, W = np.eye(3), np.ones((3, 1)), np.zeros((3, 1))\n"
        "for i in range(5):\n    a = x @ W\n    loss = np.sum((a - y) ** 2)\n    W = W - 0.1 * x.T @ (a - y)\n"
    )
    assert result(capsys, "s.py --target y")["targets"] == [[1.0]] * 3
    Path("n.csv").write_text("a,b,c\n1,2,0\n3,4,1\n")
    assert result(capsys, "--data n.csv --target b -n 1")["targets"] == [[2.0], [4.0]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            "run --data flowers.csv",
            "--data: flowers.csv, line 2, column 2 ('kind, [b]of[/b]'): '\\x1b[31mred' is not",
        ),
        ("run --data none.csv", "--data: none.csv: No such file or directory"),
        ("run --data spirl", "--data: there is no data 'spirl': did you mean spiral?"),
        ("run --data flowers.csv --target height", "--target: flowers.csv: there is no column 'height'"),
        ("run --data xor --target y", "--target: it names columns of a file of your own, and xor has its target"),
        ("run --target y", "--target names the target variable of a script, or columns of --data's file"),
        ("run forum --target y", "'forum' has neither"),
        ("run --data iris --layers 4-3-2", "--layers: 4-3-2 does not fit the data: 2 outputs, the data 'iris' has 3"),
        (
            "run --data digits --standardize",
            "digits, input 1: the same in all samples, and so are 2 more, so its standard deviation is 0; digits",
        ),
        ("run --standardize", "--standardize: forum, input 3: the same in all samples"),
        ("run forum --bias", "--bias goes with the default program only, not with 'forum'"),
        ("run s.npz --data xor", "--data changes a program, and 's.npz' is a session"),
        ("compare forum naive --loss mse", "--loss goes with the default program only, and neither is the default"),
        ("check --activation relu,tanh", "--activation: 2 of them for the 1 hidden layer of 3-4-1"),
        ("explain W1[0,0] --optimizer sgd", "--optimizer: there is no 'sgd'; there are gd, momentum, adam"),
        ("run --batch 0", "--batch: '0' is not a whole number from 1"),
        ("run --l2 x", "--l2: 'x' is not a finite number"),
        ("run --holdout 2", "--holdout: 2.0 is not a share of the 4 samples"),
        ("run --activation relus", "--activation: there is no 'relus'"),
        ("--data none.csv", "--data: none.csv: No such file or directory"),
    ],
)
def test_what_cannot_be_used_costs_one_line(capsys: Captured, flowers: None, arguments: str, said: str) -> None:
    assert cli.main(arguments.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert said in err


def test_the_options_go_with_the_default_program_in_a_comparison(capsys: Captured) -> None:
    assert cli.main(["compare", "default", "forum", "--data", "forum", "--bias", "-n", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["a"]["program"] == "3-4-1"


@pytest.mark.parametrize("loss", ["half-sse", "mse", "bce", "ce"])
@pytest.mark.parametrize("cell", ["loss", "holdout_loss", "a2[0,0]", "delta2[0,0]", "dW1[1,0]", "db1[0]", "W1[0,1]"])
def test_every_number_is_explained(capsys: Captured, loss: str, cell: str) -> None:
    more = "--bias --optimizer adam --batch 5 --l2 0.1 --holdout 0.2"
    options = f"--data moons --activation leaky-relu --loss {loss} {more}"
    assert cli.main(["explain", *options.split(), cell, "--at", "2"]) == 0
    out = capsys.readouterr().out
    assert "not understood" not in out
    assert f"{cell} = " in out
