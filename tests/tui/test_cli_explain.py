"""`nntui explain`: the numbers are those of plain NumPy, and the arithmetic, evaluated, gives them."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nntui import cellname, cli
from nntui.usage import InputError
from nntui_core.explain import to_ascii
from nntui_core.values import Array

Captured = pytest.CaptureFixture[str]
NNTUI = [sys.executable, "-m", "nntui"]
FIELDS = ["name", "index", "iteration", "line", "formula", "arithmetic", "value", "sources"]


def told(capsys: Captured, *argv: str) -> dict[str, Any]:
    assert cli.main(["explain", *argv, "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.count("\n") == 1
    found: dict[str, Any] = json.loads(out)
    return found


def complaint(capsys: Captured, *argv: str) -> str:
    assert cli.main(["explain", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("nntui: ")
    assert err.count("\n") == 1
    return err


def by_hand(iteration: int) -> dict[str, Array]:
    """Return every variable at the end of an iteration of the default program."""
    rng = np.random.default_rng(1)
    x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=float)
    y = np.array([[0], [1], [1], [0]], dtype=float)
    W1, W2 = rng.random((3, 4)), rng.random((4, 1))
    for _ in range(iteration + 1):
        z1 = x @ W1
        a1 = 1 / (1 + np.exp(-z1))
        z2 = a1 @ W2
        a2 = 1 / (1 + np.exp(-z2))
        delta2 = (a2 - y) * (a2 * (1 - a2))
        delta1 = (delta2 @ W2.T) * (a1 * (1 - a1))
        dW2, dW1 = a1.T @ delta2, x.T @ delta1
        W2, W1 = W2 - dW2, W1 - dW1
    names = {"x": x, "y": y, "z1": z1, "a1": a1, "z2": z2, "a2": a2, "W1": W1, "W2": W2}
    return {**names, "delta2": delta2, "delta1": delta1, "dW2": dW2, "dW1": dW1, "loss": 0.5 * np.sum((a2 - y) ** 2)}


def evaluated(arithmetic: str) -> float:
    names = {"exp": math.exp, "log": math.log, "__builtins__": {}}
    return float(eval(to_ascii(arithmetic), names))


@pytest.mark.parametrize("iteration", [0, 1, 12, 600])
def test_every_value_is_that_of_ten_lines_of_numpy(capsys: Captured, iteration: int) -> None:
    for name, array in by_hand(iteration).items():
        index = tuple(n - 1 for n in np.shape(array))
        got = told(capsys, cellname.written(name, index), "--at", str(iteration))
        assert list(got) == FIELDS
        assert (got["name"], got["index"], got["value"]) == (name, list(index), np.asarray(array)[index])
        if name in "xy":
            assert (got["iteration"], got["formula"], got["arithmetic"], got["sources"]) == (None, "", "", [])
            continue
        assert got["iteration"] == iteration
        assert evaluated(got["arithmetic"]) == pytest.approx(got["value"], rel=1e-12)
        assert got["sources"]


def test_a_cell_of_the_forums_program_with_options_between(capsys: Captured) -> None:
    got = told(capsys, "forum", "--at", "3", "dC_dw2[-4,-1]", "--lr", "0.5", "--seed", "7")
    assert got["formula"] == "dC_dw2[0,0] = delta2[0,0] · (a2[0,0] · (1 − a2[0,0]))"
    assert got["line"] == 24
    assert [(s["name"], s["index"]) for s in got["sources"]] == [("delta2", [0, 0]), ("a2", [0, 0])]
    assert all(list(s) == ["name", "index", "value"] for s in got["sources"])


def test_depth_leads_back_to_the_initial_weights(capsys: Captured) -> None:
    after = [by_hand(k)["W1"][0, 1] for k in range(3)]
    node = told(capsys, "W1[0,1]", "--at", "2", "--depth", "3")
    for iteration in (2, 1, 0):
        assert (node["iteration"], node["value"]) == (iteration, after[iteration])
        assert list(node) == FIELDS
        node = next(source for source in node["sources"] if source["name"] == "W1")
    assert (node["iteration"], node["line"], node["sources"]) == (None, 13, [])
    assert node["value"] == np.random.default_rng(1).random((3, 4))[0, 1]


def test_depth_is_as_deep_as_asked(capsys: Captured) -> None:
    node = told(capsys, "dW2[0,0]", "--depth", "2")
    for _ in range(3):
        assert list(node) == FIELDS
        node = node["sources"][0]
    assert list(node) == ["name", "index", "value"]
    assert "smaller depth" in complaint(capsys, "dW2[0,0]", "--depth", "50", "--at", "9")


def test_the_page_for_people(capsys: Captured) -> None:
    assert cli.main(["explain", "dW2[2,0]", "--at", "12", "--depth", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    value = by_hand(12)["dW2"][2, 0].item()
    assert lines[0] == "dW2[2,0] = Σᵢ a1[i,2] · delta2[i,0]"
    assert lines[1].startswith("         = 0.677 × 0.124 + ")
    assert lines[3] == f"         = {value!r}"
    assert lines[4:6] == ["iteration 12, line 24: dW2 = a1.T @ delta2", "from"]
    assert "  a1[0,2] = 1 / (1 + exp(−z1[0,2]))" in lines
    assert sum(line.startswith("    z1[") for line in lines) == 4


def test_a_terminal_without_greek_gets_ascii() -> None:
    process = subprocess.run(
        [*NNTUI, "explain", "dW2[2,0]"], capture_output=True, check=True, env={"PYTHONIOENCODING": "ascii"}
    )
    assert process.stdout.decode("ascii").startswith("dW2[2,0] = sum_i a1[i,2] * delta2[i,0]")


SCRIPT = """import numpy as np
x, y = np.eye(3), np.ones((3, 1))
W = np.zeros((3, 1))
words = ["a"]
lr = 0.1
for turn in range(40):
    print("noise")
    a = x @ W - 0.5
    loss = np.sum((a - y) ** 2)
    if turn % 10 == 3:
        seldom = loss * 2
    W = W - lr * x.T @ (a - y)
    if turn == 30:
        raise ValueError("enough")
    last = loss + 1
"""


@pytest.fixture
def script(tmp_path: Path) -> str:
    path = tmp_path / "mine.py"
    path.write_text(SCRIPT)
    return str(path)


def test_what_is_not_written_in_every_iteration(capsys: Captured, script: str) -> None:
    assert cli.main(["explain", script, "seldom", "--at", "12", "--json"]) == 0
    got = json.loads(capsys.readouterr().out)
    assert (got["iteration"], got["line"]) == (3, 11)
    assert cli.main(["explain", script, "turn", "--at", "12", "--json"]) == 0
    got = json.loads(capsys.readouterr().out)
    assert (got["value"], got["iteration"], got["line"], got["sources"]) == (12, 12, 6, [])


def test_before_a_failure_all_can_be_explained_after_it_nothing(capsys: Captured, script: str) -> None:
    assert cli.main(["explain", script, "W[0,0]", "--at", "30"]) == 0
    assert "iteration 30, line 12" in capsys.readouterr().out
    for cell, at in (("last", "30"), ("W[0,0]", "31"), ("x[0,0]", "99")):
        assert cli.main(["explain", script, cell, "--at", at]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert "fails in iteration 30, line 14: ValueError: enough" in err
    assert told(capsys, "naive", "dC_dw1[0,0]")["iteration"] == 0
    assert "fails in iteration 0, line 28" in complaint(capsys, "naive", "weight1[0,0]")
    assert told(capsys, "naive", "x[0,2]")["value"] == 1.0


def test_a_loop_that_is_over(capsys: Captured, tmp_path: Path) -> None:
    path = tmp_path / "short.py"
    path.write_text(SCRIPT.replace("range(40)", "[1, 2, 3]").replace('print("noise")', "pass"))
    assert told(capsys, str(path), "loss", "--at", "2")["iteration"] == 2
    assert "over after 3 iterations: try --at 2" in complaint(capsys, str(path), "loss", "--at", "3")


@pytest.mark.parametrize(
    ("argv", "parts"),
    [
        ("dw2[0,0]", "no variable dw2 in default: did you mean dW2"),
        ("forum dW2[0,0]", "no variable dW2 in forum dC_dw2"),
        ("Q[0,0]", "no variable Q there are W1, W2, a1"),
        ("dW2[4,0]", "dW2[4,0] shape (4,1)"),
        ("dW2[-5,0]", "dW2[-5,0] shape (4,1)"),
        ("dW2", "dW2 shape (4,1) dW2[3,0]"),
        ("dW2[0]", "dW2[0] shape (4,1)"),
        ("loss[0]", "loss is a single number"),
        ("rng", "rng holds no numbers"),
        ("dW2[a,0]", "'dW2[a,0]' 'dW2[2,0]' would"),
        ("dW2[0,0", "'dW2[0,0' would"),
        ("dW2[0,0]+1", "does not name a number"),
        ("W1[0:2,1]", "does not name a number"),
        (f"W1[{'9' * 30},0]", "does not name a number"),
        ("", "the following arguments are required: CELL"),
        ("forum", "which number of 'forum'"),
        ("loss forum", "the program goes first: nntui explain forum"),
        ("forun loss", "'forun' is no program: did you mean forum?"),
        ("loss --at -1", "--at '-1' whole number"),
        ("loss --depth x", "--depth 'x' whole number"),
        ("loss forum default", "one argument too many"),
    ],
)
def test_a_mistake_costs_one_line(capsys: Captured, argv: str, parts: str) -> None:
    line = complaint(capsys, *argv.split())
    for part in parts.split(" "):
        assert part in line


def test_how_a_cell_is_written() -> None:
    assert cellname.read(" W1 [ -1 , +2 ] ") == ("W1", (-1, 2))
    assert cellname.read("δ[0,]") == ("δ", (0,))
    assert cellname.fitting("W1", (-1, 2), (3, 4)) == (2, 2)
    with pytest.raises(InputError, match="it has no cells"):
        cellname.fitting("W", (0, 0), (0, 4))
