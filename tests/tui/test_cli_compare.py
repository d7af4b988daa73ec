"""`nntui compare`: two programs from the same weights, in step."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nntui import cli, two_curves
from nntui_core import builtin
from nntui_core.curve import Points

Captured = pytest.CaptureFixture[str]
NNTUI = [sys.executable, "-m", "nntui"]


def compared(capsys: Captured, *argv: str) -> dict[str, Any]:
    assert cli.main(["compare", *argv, "--json"]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    found: dict[str, Any] = json.loads(out)
    return found


def run(capsys: Captured, *argv: str) -> dict[str, Any]:
    assert cli.main(["run", *argv, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def complaint(capsys: Captured, *argv: str) -> str:
    assert cli.main(["compare", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


def test_the_same_rule_in_other_names_never_differs(capsys: Captured) -> None:
    got = compared(capsys, "default", "forum")
    assert list(got) == ["iterations", "a", "b", "same_weights", "first_difference"]
    assert (got["iterations"], got["same_weights"], got["first_difference"]) == (1000, True, None)
    assert list(got["a"]) == ["program", "loss", "loss_curve"]
    assert (got["a"]["program"], got["b"]["program"]) == ("default", "forum")
    assert got["a"]["loss_curve"] == got["b"]["loss_curve"]


def test_each_side_is_what_it_is_alone(capsys: Captured) -> None:
    got = compared(capsys, "forum", "sign", "-n", "1500", "--lr", "0.5", "--seed", "4")
    for side, program in (("a", "forum"), ("b", "sign")):
        alone = run(capsys, program, "-n", "1500", "--lr", "0.5", "--seed", "4")
        assert got[side] == {name: alone[name] for name in ("program", "loss", "loss_curve")}
    assert got["first_difference"] == 1


def test_the_second_starts_from_the_weights_of_the_first(capsys: Captured, tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    rng = np.random.default_rng(9)
    np.savez(path, W1=rng.normal(size=(3, 4)), W2=rng.normal(size=(4, 1)))
    got = compared(capsys, "default", "forum", "--weights", str(path), "-n", "20")
    assert got["first_difference"] is None
    assert got["b"]["loss"] == run(capsys, "--weights", str(path), "-n", "20")["loss"]
    other = tmp_path / "other.py"
    other.write_text(builtin.source("default").replace("default_rng(1)", "default_rng(2)"))
    assert compared(capsys, "default", str(other), "-n", "20")["first_difference"] is None


def test_a_difference_that_comes_late_is_found(capsys: Captured, tmp_path: Path) -> None:
    late = tmp_path / "late.py"
    text = builtin.source("default").replace("range(1000)", "range(6000)")
    late.write_text(text.replace("    W2 = W2", "    W2 = W2 + 1e-9 * (iteration == 4321)", 1))
    assert compared(capsys, "default", str(late), "-n", "6000")["first_difference"] == 4322


def test_parameters_that_are_not_alike(capsys: Captured) -> None:
    assert cli.main(["compare", "default", "biases-not-there"]) == 2
    capsys.readouterr()
    assert cli.main(["compare", "default", "bias-not-summed", "-n", "5", "--json"]) == 0
    out, err = capsys.readouterr()
    assert not json.loads(out)["same_weights"]
    assert err.count("\n") == 1
    assert "not alike" in err
    assert cli.main(["compare", "default", "integer-arrays", "-n", "5", "--json"]) == 0
    out, err = capsys.readouterr()
    assert not json.loads(out)["same_weights"]
    assert "W1 is int64 and cannot take W1" in err


def test_the_page_for_people(capsys: Captured) -> None:
    assert cli.main(["compare", "default", "sign", "-n", "300"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 80
    for part in ("a default", "b sign", "✓ its updates go downhill", "✗ sign (line 23)", "differ from iteration 1 on"):
        assert part in out
    assert "W2: max |difference| " in out
    assert cli.main(["compare", "default", "forum", "-n", "5"]) == 0
    out = capsys.readouterr().out
    assert "the losses agree in every bit after 5 iterations" in out
    assert "W1 and weight1: max |difference| 0 after" in out


def test_a_loop_that_ends_by_itself_ends_both(capsys: Captured, tmp_path: Path) -> None:
    short = tmp_path / "short.py"
    short.write_text(builtin.source("default").replace("range(1000)", "[0, 1, 2]"))
    for argv in (["default", str(short)], [str(short), "default", "-n", "9"]):
        assert cli.main(["compare", *argv, "--json"]) == 0
        out, err = capsys.readouterr()
        got = json.loads(out)
        assert "ended by itself after 3 iterations" in err
        assert got["iterations"] == 3
        assert got["a"]["loss_curve"] == got["b"]["loss_curve"]
        assert len(got["a"]["loss_curve"]) == 3
        assert got["a"]["loss"] == got["b"]["loss"]


def test_losses_that_are_no_numbers(capsys: Captured, tmp_path: Path) -> None:
    path = tmp_path / "nan.py"
    path.write_text(builtin.source("default").replace("0.5 * np.sum", "np.inf * 0 * np.sum"))
    got = compared(capsys, str(path), str(path), "-n", "2")
    assert (got["a"]["loss_curve"], got["first_difference"]) == ([[0, None], [1, None]], None)
    assert cli.main(["compare", str(path), str(path), "-n", "2"]) == 0
    assert "no loss" in capsys.readouterr().out


def test_no_iterations(capsys: Captured) -> None:
    got = compared(capsys, "default", "sign", "-n", "0")
    assert (got["iterations"], got["first_difference"], got["a"]["loss"]) == (0, None, got["b"]["loss"])
    assert cli.main(["compare", "default", "sign", "-n", "0"]) == 0


RANDOM = """import numpy as np
np.random.seed(3)
x, y = np.eye(3), np.ones((3, 1))
W = np.random.rand(3, 1)
for turn in range(400):
    kept = np.random.rand(3, 1) > 0.5
    a = x @ W
    loss = np.sum((a - y) ** 2)
    W = W - 0.1 * kept * (x.T @ (a - y))
"""


def test_each_has_its_own_random_numbers_and_folder(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(RANDOM)
    monkeypatch.chdir(tmp_path)
    got = compared(capsys, "one/mine.py", "two/mine.py")
    assert got["first_difference"] is None
    np.savez("w.npz", W=np.zeros((3, 1)))
    assert compared(capsys, "one/mine.py", "two/mine.py", "--weights", "w.npz")["first_difference"] is None
    assert Path.cwd() == tmp_path
    assert got["b"]["loss"] == run(capsys, "two/mine.py")["loss"]


def test_layers_are_for_the_default_program(capsys: Captured) -> None:
    got = compared(capsys, "default", "default", "--layers", "3-5-1", "-n", "2")
    assert (got["a"]["program"], got["b"]["program"], got["first_difference"]) == ("3-5-1", "3-5-1", None)


@pytest.mark.parametrize(
    ("argv", "parts"),
    [
        ("default", "arguments required: B"),
        ("default forum naive", "'naive' one argument too many"),
        ("default forun", "did you mean forum?"),
        ("default naive", "naive fails in iteration 0, line 28"),
        ("forum naive --layers 3-4-1", "--layers neither is the default"),
        ("default forum -n x", "-n 'x'"),
        ("default forum --lr nan", "--lr finite"),
        ("default forum --weights no.npz", "no.npz: No such file"),
    ],
)
def test_a_mistake_costs_one_line(capsys: Captured, argv: str, parts: str) -> None:
    line = complaint(capsys, *argv.split())
    for part in parts.split(" "):
        assert part in line


def test_the_picture_of_points() -> None:
    assert two_curves.draw({"a": Points(), "b": Points((0,), (float("nan"),))}) == []
    lines = two_curves.draw({"a": Points((0, 1), (1.0, 1.0)), "b": Points()})
    assert len(lines) == two_curves.HEIGHT
    assert max(map(len, lines)) <= two_curves.WIDTH


def test_in_a_pipe() -> None:
    process = subprocess.run([*NNTUI, "compare", "default", "sign", "-n", "9"], capture_output=True, check=True)
    assert process.stderr == b""
    assert "b sign" in process.stdout.decode()
