"""The command line among pipes, terminals and signals."""

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from nntui import cli, progress
from nntui_core import builtin

NNTUI = [sys.executable, "-m", "nntui"]


def test_the_screen_needs_a_terminal() -> None:
    process = subprocess.run(NNTUI, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert process.returncode == 2
    assert process.stdout == ""
    assert process.stderr.count("\n") == 1
    assert "needs a terminal" in process.stderr
    assert "nntui run" in process.stderr


@pytest.mark.parametrize("argv", [["run"], ["export"], ["examples"], ["run", "--json"]])
def test_a_reader_that_has_gone_is_no_accident(argv: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as gone:  # noqa: PTH123 - a file descriptor
        process = subprocess.run([*NNTUI, *argv], stdout=gone, stderr=subprocess.PIPE, text=True, check=False)
    assert (process.returncode, process.stderr) == (cli.NO_READER, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told() -> None:
    with Path("/dev/full").open("wb") as full:
        process = subprocess.run([*NNTUI, "run"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert process.returncode == 2
    assert process.stderr == "nntui: standard output: No space left on device\n"


def test_ctrl_c_prints_what_stands(tmp_path: Path) -> None:
    ready = tmp_path / "mine.py"
    text = builtin.source("default").replace(
        "range(1000):", "range(10**9):\n    ready = iteration == 99 and print('ready')"
    )
    ready.write_text(text)
    process = subprocess.Popen(
        [*NNTUI, "run", str(ready), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "stopped by ctrl+c after" in err
    assert "Traceback" not in err
    assert json.loads(out)["iterations"] >= 100


def read_all(descriptor: int, into: list[bytes]) -> None:
    with contextlib.suppress(OSError):  # the terminal ends
        while data := os.read(descriptor, 65536):
            into.append(data)


def test_a_bar_on_a_terminal_that_is_gone_at_the_end() -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*NNTUI, "run", "-n", "1000000000"], stdout=subprocess.PIPE, stderr=theirs, stdin=subprocess.DEVNULL
    )
    os.close(theirs)
    seen: list[bytes] = []
    reader = threading.Thread(target=read_all, args=(ours, seen))
    reader.start()
    deadline = time.monotonic() + 30
    while b"".join(seen).count(b" left") < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out = process.communicate(timeout=30)[0]
    reader.join()
    os.close(ours)
    drawn = b"".join(seen).decode()
    assert re.search(r"\r\[-+\]  [\d,]+/1,000,000,000  [\d,]+ it/s  loss [\d.e-]+  .* left", drawn)
    rest = drawn.rpartition("left")[2]
    assert re.fullmatch(r" *\r +\rnntui: stopped by ctrl\+c after [\d,]+ iterations\r\n", rest), rest
    assert out.startswith(b"default")


def test_the_bar_fits_the_terminal() -> None:
    assert progress.line(50, 100, 0.25, 2.0, 80) == f"[{'#' * 15}{'-' * 15}]  50/100  25 it/s  loss 0.25  2s left"
    assert progress.line(50, None, None, 2.0, 80) == "50 iterations  25 it/s"
    for columns in (1, 10, 40, 60, 80, 200):
        assert len(progress.line(123_456, 10**12, 1e-300, 3.0, columns)) < columns


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "1s"), (200, "3m 20s"), (7500, "2h 05m"), (86400 * 12, "12 days")])
def test_times_as_people_say_them(seconds: float, text: str) -> None:
    assert progress.duration(seconds) == text
