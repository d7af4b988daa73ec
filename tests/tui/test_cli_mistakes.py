"""What the command line cannot use costs one line on stderr and the status 2, never a traceback."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nntui import cli
from nntui_core import builtin

Captured = pytest.CaptureFixture[str]


def complaint(capsys: Captured, *argv: str) -> str:
    """Return the one line that a mistake gives."""
    assert cli.main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("nntui: ")
    assert err.endswith("\n")
    line = err[len("nntui: ") : -1]
    assert line.isprintable()
    return line


@pytest.mark.parametrize(
    ("argv", "parts"),
    [
        ("forun", "'forun' no program forum examples"),
        ("run defautl", "did you mean default?"),
        ("exprot", "did you mean export? --help"),
        ("--seed 3 run", "the command goes first: nntui run"),
        ("run forum naive", "'naive' one argument too many"),
        ("run tests", "'tests' no program"),
        ("run no/such.py", "no/such.py: No such file"),
        ("run --jsno", "'--jsno' did you mean --json?"),
        ("examples --lr 1", "no option '--lr'"),
        ("run --iterations=3", "no option '--iterations'"),
        ("run --see 3", "no option '--see': did you mean --seed?"),
        ("--layers 3-x-1", "--layers 'x' as in 3-4-1"),
        ("run --layers 3-4-2", "--layers 2 outputs 3-4-1 would do"),
        ("run --layers 3", "--layers at least inputs and outputs"),
        ("run --layers 3-0-1", "--layers at least one unit"),
        ("run --layers 3-99999999-1", "--layers more than 20,000,000 weights"),
        (f"run --layers 3-{'9' * 50}-1", "--layers is not a number of units"),
        ("run --layers=", "--layers '' is not a number"),
        ("run forum --layers 3-4-1", "--layers default program only 'forum'"),
        ("run --lr nan", "--lr 'nan' finite --help"),
        ("run --lr inf", "--lr finite"),
        ("run --lr=-1e999", "--lr finite"),
        ("run --lr abc", "--lr 'abc'"),
        ("run --lr -1e-3", "--lr --lr=-1e-3"),
        ("run --seed -1", "--seed '-1' whole number from 0"),
        ("run --seed 1.5", "--seed '1.5'"),
        ("run --seed 4294967296", "--seed to 4294967295"),
        (f"run --seed {'9' * 5000}", "--seed '9999 ...'"),
        ("run -n -5", "-n '-5' whole number from 0"),
        ("run -n x", "-n 'x'"),
        ("run -n", "-n expected one argument"),
        ("export -n 1e3", "-n '1e3'"),
    ],
)
def test_a_mistake_costs_one_line(capsys: Captured, argv: str, parts: str) -> None:
    line = complaint(capsys, *argv.split())
    assert len(line) < 200
    for part in parts.split(" "):
        assert part in line


def test_a_program_that_fails_says_where_and_why(capsys: Captured) -> None:
    line = complaint(capsys, "run", "naive")
    for part in ("naive, line 28: ValueError", "weight1 is (3,4)", "learningRate * dC_dw1 is (4,4)"):
        assert part in line


def broken_weights(folder: Path) -> Iterator[tuple[str, bytes | dict[str, Any], str]]:
    yield "empty", b"", "not a readable .npz file"
    yield "text", b"W1 = 3", "not a readable .npz file"
    yield "cut", b"PK\x03\x04 and no more", "not a readable .npz file"
    yield "nothing", {}, "no arrays in it"
    yield "names", {"W3": np.ones(3)}, "'W3' is no parameter of default; they are W1, W2"
    yield "shape", {"W1": np.ones((4, 3))}, "W1 is (4,3), the program's is (3,4)"
    yield "number", {"W1": 3.0}, "W1 is a number, the program's is (3,4)"
    yield "words", {"W1": np.array([["a"] * 4] * 3)}, "W1 is not numeric"
    yield "complex", {"W1": np.ones((3, 4)) * 1j}, "W1 is not numeric"
    yield "objects", {"W1": np.array([{}], dtype=object)}, "pickled Python objects"
    yield "infinite", {"W2": np.array([[1], [np.inf], [1], [1]])}, "W2[1, 0] is not a finite number"
    yield "nan", {"W2": np.full((4, 1), np.nan)}, "W2[0, 0] is not a finite number"


@pytest.mark.parametrize("case", range(12))
def test_weights_that_do_not_fit(capsys: Captured, tmp_path: Path, case: int) -> None:
    name, content, part = list(broken_weights(tmp_path))[case]
    path = tmp_path / f"{name}.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.savez(path, **content)
    line = complaint(capsys, "run", "--weights", str(path))
    assert str(path) in line
    assert part in line


def test_weights_that_are_not_there_or_without_names(capsys: Captured, tmp_path: Path) -> None:
    assert "No such file" in complaint(capsys, "run", "--weights", str(tmp_path / "no.npz"))
    assert "not a file" in complaint(capsys, "run", "--weights", str(tmp_path))
    np.save(tmp_path / "one.npy", np.ones(3))
    assert "without a name" in complaint(capsys, "run", "--weights", str(tmp_path / "one.npy"))
    cut = tmp_path / "cut.npz"
    np.savez(cut, W1=np.ones((3, 4)))
    cut.write_bytes(cut.read_bytes().replace(b"\x93NUMPY", b"\x93NUMBY"))
    assert "not" in complaint(capsys, "run", "--weights", str(cut))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (b"x = 1\n", "no training loop"),
        (b"x = 1\nfor i in range(3)\n    pass\n", "line 2: expected ':'"),
        (b"x = 1\ny = '\xff'\n", "line 2: this is not UTF-8"),
        (b"x = 1\0\n", "null"),
        (b"x = " + b"(" * 5000 + b")" * 5000 + b"\n", "nested"),
        (b"x = 1\nlr = 1\ny = 1 / 0\nfor i in range(3):\n    pass\n", "line 3: ZeroDivisionError"),
        (b"exit()\nfor i in range(3):\n    pass\n", "the program ends itself here: exit()"),
        (b"for i in range(3):\n    raise ValueError('\\033[31m\\n\\a')\n", "\\x1b[31m"),
    ],
)
def test_scripts_that_cannot_run(capsys: Captured, tmp_path: Path, text: bytes, part: str) -> None:
    path = tmp_path / "mine.py"
    path.write_bytes(text)
    line = complaint(capsys, "run", str(path))
    assert path.name in line
    assert part in line


def test_names_cannot_move_the_cursor(capsys: Captured, tmp_path: Path) -> None:
    for argv in (["run", "\x1b[2J\n.py"], ["run", "\x1b[2J"], ["--\x1b[2J"], ["run", "--weights", "\x1b[2J"]):
        assert "\\x1b[2J" in complaint(capsys, *argv)
    path = tmp_path / "\x1b[2J.py"
    path.write_text(builtin.source("default"))
    assert cli.main(["run", str(path)]) == 0
    assert "\x1b" not in capsys.readouterr().out
