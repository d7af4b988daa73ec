"""The command line: what it runs, exports and lists. Numbers are held to plain NumPy bit for bit."""

import json
import os
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nntui
from nntui import cli
from nntui_core import builtin
from nntui_core.program import Program
from nntui_core.values import Array

NNTUI = [sys.executable, "-m", "nntui"]
Captured = pytest.CaptureFixture[str]


def result(capsys: Captured, *argv: str) -> dict[str, Any]:
    """Run `nntui run … --json` and read its object as a strict parser does."""
    assert cli.main(["run", *argv, "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.count("\n") == 1

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    found: dict[str, Any] = json.loads(out, parse_constant=refuse)
    return found


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "weights.npz"
    rng = np.random.default_rng(7)
    np.savez(path, W1=rng.normal(size=(3, 4)), W2=rng.normal(size=(4, 1)))
    return path


# --- run --------------------------------------------------------------------------------------------------------------


def by_hand(iterations: int) -> tuple[float, Array, Array, Array]:
    rng = np.random.default_rng(1)
    x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=float)
    y = np.array([[0], [1], [1], [0]], dtype=float)
    W1, W2 = rng.random((3, 4)), rng.random((4, 1))
    for turn in range(iterations + 1):
        a1 = 1 / (1 + np.exp(-(x @ W1)))
        a2 = 1 / (1 + np.exp(-(a1 @ W2)))
        if turn < iterations:
            delta2 = (a2 - y) * (a2 * (1 - a2))
            delta1 = (delta2 @ W2.T) * (a1 * (1 - a1))
            W2, W1 = W2 - 1.0 * (a1.T @ delta2), W1 - 1.0 * (x.T @ delta1)
    return float(0.5 * np.sum((a2 - y) ** 2)), a2, W1, W2


@pytest.mark.parametrize("iterations", [0, 1, 1000, 1500])
def test_a_run_ends_with_the_numbers_of_ten_lines_of_numpy(capsys: Captured, iterations: int) -> None:
    got = result(capsys, "-n", str(iterations))
    loss, a2, W1, W2 = by_hand(iterations)
    assert got["loss"] == loss
    assert got["predictions"] == {"name": "a2", "values": a2.tolist()}
    assert got["parameters"] == {"W1": W1.tolist(), "W2": W2.tolist()}
    assert got["targets"] == [[0.0], [1.0], [1.0], [0.0]]


def test_the_object_has_the_promised_fields(capsys: Captured) -> None:
    got = result(capsys, "-n", "3")
    assert list(got) == [
        *("program", "iterations", "learning_rate", "loss", "loss_curve"),
        *("parameters", "predictions", "targets", "seconds", "accuracy"),
    ]
    assert (got["program"], got["iterations"], got["learning_rate"]) == ("default", 3, 1.0)
    assert got["loss_curve"] == [[i, by_hand(i)[0]] for i in range(3)]
    assert got["seconds"] > 0


def test_no_iterations_give_the_initial_loss_and_an_empty_curve(capsys: Captured) -> None:
    got = result(capsys, "-n", "0")
    assert (got["loss"], got["loss_curve"], got["iterations"]) == (by_hand(0)[0], [], 0)


def test_without_a_count_the_header_counts_and_the_curve_is_thinned(capsys: Captured, tmp_path: Path) -> None:
    assert result(capsys)["iterations"] == 1000
    curve = result(capsys, "-n", "1500")["loss_curve"]
    assert len(curve) <= 1000
    assert (curve[0][0], curve[-1][0]) == (0, 1499)


def test_forum_and_default_end_with_the_same_numbers(capsys: Captured) -> None:
    ours, forum = result(capsys), result(capsys, "forum")
    assert forum["program"] == "forum"
    assert list(forum["parameters"].values()) == list(ours["parameters"].values())
    assert forum["loss"] == ours["loss"]


def test_options_change_the_program(capsys: Captured, weights: Path) -> None:
    assert result(capsys, "--lr", "0.25", "-n", "1")["learning_rate"] == 0.25
    assert cli.main(["run", "--lr=-1e-3", "-n", "1", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["learning_rate"] == -0.001
    assert "every update goes uphill" in err
    drawn = np.random.default_rng(5).random((3, 4)).tolist()
    assert result(capsys, "forum", "--seed", "5", "-n", "0")["parameters"]["weight1"] == drawn
    deep = result(capsys, "--layers", "3-5-2-1", "-n", "0")
    assert (deep["program"], list(deep["parameters"])) == ("3-5-2-1", ["W1", "W2", "W3"])
    given = result(capsys, "--weights", str(weights), "-n", "0")["parameters"]
    assert given == {name: value.tolist() for name, value in np.load(weights).items()}


def test_a_subset_of_the_weights_in_any_precision_will_do(capsys: Captured, tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", W2=np.array([[1], [2], [3], [4]]))
    got = result(capsys, "--weights", str(tmp_path / "w.npz"), "-n", "0")["parameters"]
    assert got["W2"] == [[1.0], [2.0], [3.0], [4.0]]
    assert got["W1"] == result(capsys, "-n", "0")["parameters"]["W1"]


def test_an_overflow_never_warns() -> None:
    process = subprocess.run([*NNTUI, "run", "--lr", "1e308", "-n", "5"], capture_output=True, text=True, check=True)
    assert process.stderr == ""


def test_a_loss_that_is_not_a_number_is_null(capsys: Captured, tmp_path: Path) -> None:
    script = tmp_path / "nan.py"
    script.write_text(builtin.source("default").replace("0.5 * np.sum", "np.inf * 0 * np.sum"))
    assert cli.main(["run", str(script), "-n", "2", "--json"]) == 0
    out, err = capsys.readouterr()
    got = json.loads(out)
    assert (got["loss"], got["loss_curve"]) == (None, [[0, None], [1, None]])
    assert "(line 22, iteration 0) made the first NaN, in loss" in err
    assert cli.main(["run", str(script), "-n", "2"]) == 0
    assert "not finite from iteration 0 on" in capsys.readouterr().out


def test_the_page_for_people(capsys: Captured) -> None:
    assert cli.main(["run", "-n", "1000"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for part in ("default", "1,000 iterations", "learning rate 1", "loss  0.00776", "target y", "W1 3×4", "0.0257"):
        assert part in out
    assert max(len(line) for line in out.splitlines()) < 120


LOOPS = {
    "while": "while np.sum((a - y) ** 2) > 4.9:",
    "list": "for turn in [1, 2, 3]:",
    "break": "for turn in range(100):\n    if turn == 4: break",
}
BODY = """import numpy as np
x, y = np.eye(3), np.ones((3, 1))
W = np.zeros((3, 1))
lr = 0.1
a = x @ W - 0.5
print("a line of the program's own")
{header}
    a = x @ W - 0.5
    error = a - y
    loss = np.sum(error ** 2)
    W = W - lr * x.T @ error
"""


@pytest.mark.parametrize(("kind", "iterations"), [("while", 3), ("list", 3), ("break", 5)])
def test_a_script_whose_loop_ends_by_itself(capsys: Captured, tmp_path: Path, kind: str, iterations: int) -> None:
    script = tmp_path / "mine.py"
    script.write_text(BODY.format(header=LOOPS[kind]))
    assert cli.main(["run", str(script), "--json"]) == 0
    out, err = capsys.readouterr()
    got = json.loads(out)
    assert set(err.splitlines()) == {"a line of the program's own"}
    assert got["iterations"] == iterations
    W = np.array(got["parameters"]["W"])
    assert got["loss"] == np.sum((np.eye(3) @ W - 0.5 - 1) ** 2)
    assert cli.main(["run", str(script), "--json", "-n", "50"]) == 0
    assert f"ended by itself after {iterations} iterations" in capsys.readouterr().err


# --- export -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        "",
        "forum",
        "--layers 3-8-5-4-1 --lr 0.7 --seed 3",
        "forum --lr 0.3 -n 77",
        "--weights WEIGHTS -n 1234",
        "--layers 3-2000-1 --weights LARGE -n 3 --lr 0.001",
        "-n 0",
    ],
)
def test_an_exported_script_ends_with_the_same_numbers(
    capsys: Captured, tmp_path: Path, weights: Path, options: str
) -> None:
    large = tmp_path / "large.npz"
    np.savez(large, W1=np.asfortranarray(np.random.default_rng(2).normal(size=(3, 2000))))
    argv = options.replace("WEIGHTS", str(weights)).replace("LARGE", str(large)).split()
    expected = result(capsys, *argv)
    assert cli.main(["export", *argv]) == 0
    script = tmp_path / "train.py"
    script.write_text(capsys.readouterr().out, encoding="utf-8")
    plain = subprocess.run(
        [sys.executable, "-I", "-W", "error", str(script)], capture_output=True, text=True, check=True, timeout=60
    )
    printed = dict(line.split(" ", 1) for line in plain.stdout.splitlines())
    numbers = {name: json.loads(text) for name, text in printed.items()}
    prediction = expected["predictions"]
    assert numbers.pop("loss") == expected["loss"]
    assert numbers.pop(prediction["name"]) == prediction["values"]
    assert numbers == expected["parameters"]


def test_an_export_begins_with_the_programs_own_text(capsys: Captured) -> None:
    for name in builtin.NAMES:
        process = subprocess.run(
            [*NNTUI, "export", name], capture_output=True, check=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}
        )
        source = builtin.source(name).encode()
        assert process.stdout.startswith(source)
        assert process.stdout[len(source) :].startswith(b"\n# The final numbers")


def test_a_program_that_goes_on_after_its_loop_is_exported_as_it_stands(capsys: Captured, tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_bytes((BODY.format(header=LOOPS["list"]) + "print('done')  # \N{PARTIAL DIFFERENTIAL}\r\n").encode())
    assert (
        subprocess.run([*NNTUI, "export", str(script)], capture_output=True, check=True).stdout == script.read_bytes()
    )
    assert cli.main(["export", str(script), "-n", "3"]) == 2
    assert "no count to change" in capsys.readouterr().err


# --- the rest of what there is ----------------------------------------------------------------------------------------


def test_examples_are_listed_with_their_commands(capsys: Captured) -> None:
    assert cli.main(["examples"]) == 0
    out = capsys.readouterr().out
    for name in builtin.NAMES:
        assert builtin.load(name).docstring in out
        assert ("nntui\n" if name == "default" else f"nntui {name}\n") in out


def test_help_lists_every_command(capsys: Captured) -> None:
    assert cli.main(["--help"]) == 0
    out = capsys.readouterr().out
    for name, summary in cli.COMMANDS.items():
        assert f"nntui {name}" in out
        assert summary in out
        assert cli.main([name, "--help"]) == 0
        assert capsys.readouterr().out.startswith(f"usage: nntui {name}")


def test_the_version(capsys: Captured) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"nntui {nntui.__version__}\n"


@pytest.mark.parametrize("words", ["--version", "--help", "run --help", "run --lr x", "run --layers 3"])
def test_a_quick_answer_loads_nothing_heavy(words: str) -> None:
    code = f"""import sys
from nntui.cli import main
main({words.split()})
heavy = [name for name in ("numpy", "textual", "importlib.metadata") if name in sys.modules]
sys.exit(f"loaded {{heavy}}" if heavy else 0)"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr


def test_a_built_in_program_opens_without_numpy() -> None:
    code = """import argparse, sys
from nntui.opening import add_program_arguments, open_program
parser = argparse.ArgumentParser()
add_program_arguments(parser)
open_program(parser.parse_args(["--layers", "3-5-1"]))
sys.exit("numpy" in sys.modules)"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_screen_gets_the_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened: list[Program] = []
    app = types.ModuleType("nntui.app")

    def run(opener: Callable[[], Program], *_: object) -> int:
        opened.append(opener())
        return 0

    app.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "nntui.app", app)
    monkeypatch.setattr(nntui, "app", app, raising=False)
    script = tmp_path / "mine.py"
    script.write_text("\N{ZERO WIDTH NO-BREAK SPACE}" + BODY.format(header=LOOPS["list"]), encoding="utf-8")
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    for argv in ([], ["forum"], ["default"], [str(script)], ["--layers", "3-2-1"]):
        assert cli.main(argv) == 0
    assert [program.name for program in opened] == ["default", "forum", "default", "mine.py", "3-2-1"]
