"""`nntui check`: every mistake by its code, the exit status, and what people read."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nntui import cli
from nntui_core.mistakes import MISTAKES

Captured = pytest.CaptureFixture[str]
NNTUI = [sys.executable, "-m", "nntui"]
WARNINGS = {"shape-coincidence", "start-scale", "learning-rate"}
CODES = [mistake.code for mistake in MISTAKES]


def checked(capsys: Captured, *argv: str) -> tuple[int, dict[str, Any]]:
    status = cli.main(["check", *argv, "--json"])
    out, err = capsys.readouterr()
    assert err == ""
    assert out.count("\n") == 1
    return status, json.loads(out)


def complaint(capsys: Captured, *argv: str) -> str:
    assert cli.main(["check", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("nntui: ")
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize("code", CODES)
def test_every_mistake_is_named_by_its_code(capsys: Captured, code: str) -> None:
    status, report = checked(capsys, code)
    assert code in [finding["code"] for finding in report["findings"]]
    assert status == (0 if code in WARNINGS else 1)


@pytest.mark.parametrize("argv", ["default", "forum", "default --at 12", "forum --lr 0.5 --seed 3"])
def test_right_programs_pass(capsys: Captured, argv: str) -> None:
    status, report = checked(capsys, *argv.split())
    assert status == 0
    assert [finding["code"] for finding in report["findings"]] == ["shape-coincidence"]
    assert {parameter["verdict"] for parameter in report["parameters"]} == {"descent"}


def test_the_object_has_the_promised_fields(capsys: Captured) -> None:
    _, report = checked(capsys, "forum", "--at", "7")
    assert list(report) == ["iteration", "cost", "parameters", "variables", "findings"]
    assert report["iteration"] == 7
    assert report["cost"]["name"] == "loss"
    assert {v["name"]: v["is"] for v in report["variables"]}["dC_dw2"] == "dC/dz2"


def test_the_cost_is_that_of_the_iteration(capsys: Captured) -> None:
    assert cli.main(["explain", "loss", "--at", "12", "--json"]) == 0
    loss = json.loads(capsys.readouterr().out)["value"]
    assert checked(capsys, "--at", "12")[1]["cost"]["value"] == pytest.approx(loss, rel=1e-12)


def test_the_forums_question_is_answered_in_the_first_line(capsys: Captured) -> None:
    assert cli.main(["check", "forum"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for part in ("Your `dC_dw2` is −1 × ∂C/∂z2, not ∂C/∂weight2", "np.dot(a1.T, dC_dw2)", "minus signs cancel"):
        assert part in lines[0]
    assert "dC_dw2 = −1 × ∂C/∂z2" in lines
    assert any(line.startswith("✓ weight2 goes downhill") for line in lines)
    assert any(line.startswith("warning shape-coincidence") for line in lines)


def test_what_the_forum_expected_is_told_what_is_wrong(capsys: Captured) -> None:
    assert cli.main(["check", "naive"]) == 1
    out = capsys.readouterr().out
    assert "error delta-for-gradient, line 27" in out
    assert "dC_dw2 is −1 × ∂C/∂z2" in out
    assert "np.dot(a1.T, dC_dw2)" in out
    assert "✗ weight2" in out


def test_a_program_that_fails_before(capsys: Captured) -> None:
    line = complaint(capsys, "naive", "--at", "5")
    assert "fails in iteration 0, line 28" in line
    assert line.endswith("try --at 0\n")


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ("for i in [1, 2]:\n    a = x @ W\n    W = W - 0.1 * (x.T @ (a - y))\n", "over after 2 iterations"),
        ("for i in range(9):\n    pass\n", "iteration 0"),
        ("exit()\nfor i in range(9):\n    pass\n", "exit()"),
        ("z = 1 / 0\nfor i in range(9):\n    pass\n", "line 3: ZeroDivisionError"),
    ],
)
def test_what_cannot_be_checked(capsys: Captured, tmp_path: Path, body: str, part: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(f"import numpy as np\nx, y, W = np.eye(3), np.ones((3, 1)), np.ones((3, 1))\n{body}")
    at = "5" if "over" in part else "0"
    line = complaint(capsys, str(path), "--at", at)
    assert path.name in line
    assert part in line


@pytest.mark.parametrize(
    ("argv", "parts"),
    [
        ("check sgn", "'sgn' is no program: did you mean sign?"),
        ("check --at x", "--at 'x'"),
        ("check forum naive", "one argument too many"),
        ("bias-not-sumed", "did you mean bias-not-summed?"),
        ("check sign --layers 3-4-1", "--layers default program only"),
    ],
)
def test_a_mistake_costs_one_line(capsys: Captured, argv: str, parts: str) -> None:
    assert cli.main(argv.split()) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    for part in parts.split(" "):
        assert part in err


def test_a_file_of_samples_is_no_program_but_data(capsys: Captured, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("1,2\n3,4\n")
    assert "a file, but not a .py file: --data opens it as samples" in complaint(capsys, str(path))


# --- the mistakes as programs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["sign", "scale", "bias-not-summed"])
def test_a_mistake_can_be_run_and_exported(capsys: Captured, code: str) -> None:
    assert cli.main(["run", code, "-n", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["program"] == code
    assert cli.main(["export", code]) == 0
    assert "for iteration in range" in capsys.readouterr().out


def test_the_mistakes_are_listed(capsys: Captured) -> None:
    assert cli.main(["examples"]) == 0
    out = capsys.readouterr().out
    for mistake in MISTAKES:
        assert f"nntui {mistake.code}\n    {mistake.title}\n    seen: {mistake.what_is_seen}\n" in out


def test_a_mistake_opens_without_numpy_and_textual() -> None:
    code = """import argparse, sys
from nntui.opening import add_program_arguments, open_program
parser = argparse.ArgumentParser()
add_program_arguments(parser)
open_program(parser.parse_args(["sign"]))
sys.exit("numpy" in sys.modules or "textual" in sys.modules)"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_status_of_the_process() -> None:
    for program, status in (("forum", 0), ("sign", 1)):
        process = subprocess.run([*NNTUI, "check", program], capture_output=True, text=True, check=False)
        assert (process.returncode, process.stderr) == (status, "")
