"""Reading a script's file: as Python does, or with one line that says why not."""

from pathlib import Path

import pytest

from nntui_core import script
from nntui_core.program import Given
from nntui_core.script import ScriptError

LOOP = "for i in range(3):\n    p = x @ W\n    W = W - 0.1 * x.T @ (p - y)\n"


def saved(folder: Path, data: bytes) -> str:
    path = folder / "mine.py"
    path.write_bytes(data)
    return str(path)


@pytest.mark.parametrize(
    "data",
    [
        LOOP.encode(),
        b"\xef\xbb\xbf" + LOOP.encode(),
        b"# coding: latin-1\n# \xe9\n" + LOOP.encode(),
        b"#!/usr/bin/python\n# -*- coding: cp1252 -*-\ns = '\x80'\n" + LOOP.encode(),
        LOOP.replace("\n", "\r\n").encode(),
        LOOP.replace("\n", "\r").encode(),
        LOOP.replace("    ", "\t").encode(),
        b"\f\n" + LOOP.encode() + b"\f",
        LOOP.rstrip("\n").encode(),
    ],
)
def test_it_is_read_as_python_reads_it(tmp_path: Path, data: bytes) -> None:
    program = script.load(saved(tmp_path, data))
    assert [s.text for s in program.body] == ["p = x @ W", "W = W - 0.1 * x.T @ (p - y)"]
    assert program.roles.parameters == ("W",)
    assert (program.name, program.origin.path) == ("mine.py", str(tmp_path / "mine.py"))
    compile(data, "mine.py", "exec")


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"x = 1\ny = '\xff'\n", "mine.py, line 2: this is not UTF-8: save it as UTF-8"),
        (b"x = 1\n" * 9 + b"y = '\xff'\n", "mine.py, line 10: this is not UTF-8"),
        (LOOP.encode("utf-16"), "line 1: this is not UTF-8"),
        (b"# coding: ascii\nx = 1\ny = '\xe9'\n", "line 3: this is not ascii"),
        (b"# coding: klingon\nx = 1\n", "mine.py: unknown encoding: klingon"),
        (b"x = (1\n", "mine.py, line 1: "),
        (b"print 'hello'\n", "line 1: this is Python 2: write print(...) with parentheses"),
        (b"for i in range(3):\n\tx = 1\n        y = 2\n", "line 3: "),
        (b"return\n", "line 1: 'return' outside function"),
        (b"x = 1\0\n", "null bytes"),
        (b"", "no training loop"),
        (b"#" * (script.LARGEST + 1), "2,000,001 bytes are too many"),
    ],
)
def test_one_line_says_why_not(tmp_path: Path, data: bytes, part: str) -> None:
    with pytest.raises(ScriptError) as caught:
        script.load(saved(tmp_path, data))
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    for path in (tmp_path / "none.py", tmp_path):
        with pytest.raises(ScriptError, match=str(path)):
            script.load(str(path))


def test_what_the_user_says_of_it(tmp_path: Path) -> None:
    path = saved(tmp_path, (LOOP + LOOP).encode())
    program = script.load(path, 4, Given(target="t", cost="np.sum(p)", rate="r"))
    assert program.loop.lineno == 4
    assert (program.roles.target, program.roles.cost, program.roles.rate) == ("t", "np.sum(p)", "r")
    changed = program.changed("# a line\n" + program.source, 1)
    assert (changed.loop.lineno, changed.roles.target) == (5, "t")
