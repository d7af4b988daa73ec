"""Little goes over the wire, and nothing while the terminal has yet to take what came before. All of it is counted."""

import time
from pathlib import Path

from tests.terminal.pane import DEADLINE
from tests.terminal.teletype import Teletype, teletype

from nntui.terminal import FRAMES_A_SECOND

KEPT = "XDG_STATE_HOME"
MOST_A_SECOND = 20_000
MOST_A_STEP = 3_000
MOST_A_SCREEN = 10_000
"""Bytes of a whole screen at 80×24. Textual alone sends 26,000 at the start, for a help screen 29,000."""

NOTED = """\
import numpy as np

x, y = np.eye(3), np.array([[1.0], [0.0], [1.0]])
w, lr = np.zeros((3, 1)), 0.1
for i in range(10**9):
    out = x @ w
    delta = out - y
    noted = open("noted", "a").write(".")
    w = w - lr * x.T @ delta
"""
"""A program that leaves a mark in a file with every iteration, so that a test sees how far it is without the screen."""


def started(terminal: Teletype) -> list[bytes]:
    """Take the first pictures, until the program is there and nothing is left to be learnt about it."""
    pictures = terminal.until(lambda text: "─╯" in text and "it 0" in text and "q quit" in text)
    terminal.answer()
    return pictures


def test_a_screen_and_a_step_are_small(tmp_path: Path) -> None:
    with teletype(environment={KEPT: str(tmp_path)}) as terminal:
        first = started(terminal)
        assert sum(map(len, first)) < MOST_A_SCREEN
        sizes = []
        for key in [*("s" * 25), *("n" * 5), *("\t" * 9)]:
            terminal.press(key)
            sizes.append(len(terminal.picture()))
            terminal.answer()
        assert max(sizes) <= MOST_A_STEP
        terminal.press("?")
        assert sum(map(len, terminal.until(lambda text: "run one statement" in text))) < MOST_A_SCREEN
        terminal.answer()
        terminal.press("\x1b")
        assert len(terminal.picture()) < MOST_A_SCREEN


def test_a_run_is_below_20_kilobytes_a_second(tmp_path: Path) -> None:
    with teletype(environment={KEPT: str(tmp_path)}) as terminal:
        started(terminal)
        terminal.press(" ")
        sizes = []
        for _ in range(30):
            sizes.append(len(terminal.picture()))
            terminal.answer()
        assert max(sizes) * FRAMES_A_SECOND < MOST_A_SECOND


def marks(file: Path, least: int) -> int:
    """Wait until there are so many marks."""
    deadline = time.monotonic() + DEADLINE
    while not file.exists() or file.stat().st_size < least:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return file.stat().st_size


def test_keys_are_heeded_and_one_picture_is_sent_while_the_terminal_is_busy(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(NOTED)
    with teletype(str(tmp_path / "mine.py"), environment={KEPT: str(tmp_path)}) as terminal:
        started(terminal)
        terminal.press("n")
        terminal.picture()
        before = marks(tmp_path / "noted", 1)
        terminal.press("\t", *("n" * 20), "\t", "\t")
        marks(tmp_path / "noted", before + 20)
        assert terminal.waiting() == b"", "it sends more before the terminal has taken the last picture"
        terminal.answer()
        pictures = terminal.until(lambda text: "it 21" in text)
        assert len(pictures) < 5  # not one for each key; the last commands may still be on their way at the answer
        assert sum(map(len, pictures)) < 2 * MOST_A_STEP


def test_a_run_goes_on_while_the_terminal_is_busy_without_sending(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(NOTED)
    with teletype(str(tmp_path / "mine.py"), "--fps", "60", environment={KEPT: str(tmp_path)}) as terminal:
        started(terminal)
        terminal.press(" ")
        terminal.until(lambda text: "it/s" in text)
        before = marks(tmp_path / "noted", 1)
        marks(tmp_path / "noted", before + 2000)
        assert terminal.waiting() == b""
        terminal.answer()
        terminal.press("s")
        terminal.until(lambda text: "paused" in text)


def test_another_size_is_sent_as_a_whole_and_once(tmp_path: Path) -> None:
    with teletype(environment={KEPT: str(tmp_path)}) as terminal:
        started(terminal)
        terminal.resize(100, 30)
        pictures = terminal.until(lambda text: "W1 3×4" in text and fills(text, 100, 30))
        assert sum(map(len, pictures)) < 2 * MOST_A_SCREEN


def fills(text: str, width: int, height: int) -> bool:
    """Tell whether a screen has such a size."""
    lines = text.split("\n")
    return len(lines) == height and max(map(len, lines)) == width and "q quit" in lines[-1]
