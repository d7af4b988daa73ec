"""A shell in a pane of a tmux of its own, whose screen is read as text. Nothing here waits for a fixed time."""

import os
import re
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.terminal.conftest import require

import nntui
import nntui_core

DEADLINE = 30.0
ROOTS = os.pathsep.join(str(Path(package.__file__ or "").parents[1]) for package in (nntui, nntui_core))
PROMPT = "ready> "
PROGRAM = f"'{sys.executable}' -W error -m nntui"


class Pane:
    """A shell in tmux."""

    def __init__(self, tmux: str, socket: str) -> None:
        self.command = [tmux, "-L", socket, "-f", "/dev/null"]

    def tmux(self, *words: str) -> str:
        done = subprocess.run(
            [*self.command, *words], capture_output=True, text=True, encoding="utf-8", check=True, timeout=DEADLINE
        )
        return done.stdout

    def keys(self, *keys: str) -> None:
        """Press keys, by the names that tmux has for them."""
        for key in keys:
            self.tmux("send-keys", "-t", "0", key)

    def say(self, line: str) -> None:
        """Type a line and press enter."""
        self.tmux("send-keys", "-t", "0", "-l", line)
        self.keys("Enter")

    def lines(self) -> list[str]:
        return self.tmux("capture-pane", "-p", "-t", "0").split("\n")

    def text(self) -> str:
        return "\n".join(self.lines())

    def what(self, variable: str) -> str:
        """Ask tmux for one of its variables."""
        return self.tmux("display-message", "-p", "-t", "0", f"#{{{variable}}}").strip()

    def until(self, condition: Callable[[str], object]) -> str:
        """Wait until the screen is so, and return it."""
        deadline = time.monotonic() + DEADLINE
        while not condition(text := self.text()):
            assert time.monotonic() < deadline, (
                f"it never comes true at {self.what('window_width')}×{self.what('window_height')}:\n{text}"
            )
            time.sleep(0.02)
        return text

    def prompt(self) -> str:
        """Wait for the shell's prompt in the last line."""
        return self.until(lambda text: text.rstrip("\n").split("\n")[-1].rstrip() == PROMPT.rstrip())


def child(shell: Pane) -> int:
    """Return the number of the one process that runs in the shell."""
    parent = shell.what("pane_pid")
    (number,) = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return int(number)


@contextmanager
def pane(width: int = 80, height: int = 24, environment: dict[str, str] | None = None) -> Iterator[Pane]:
    """Open a shell in a tmux of a size, without anybody's configuration."""
    opened = Pane(require("tmux"), f"nntui-{uuid.uuid4().hex}")
    state = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)  # a program that is killed may still be writing
    settings = {
        "PYTHONPATH": ROOTS,
        "PS1": PROMPT,
        "LC_ALL": "C.UTF-8",
        "PATH": os.environ["PATH"],
        "XDG_STATE_HOME": state.name,
        "XDG_CONFIG_HOME": state.name,
        **(environment or {}),
    }
    words = [f"{name}={value}" for name, value in settings.items()]
    try:
        opened.tmux(
            "new-session",
            "-d",
            "-x",
            str(width),
            "-y",
            str(height),
            "env",
            "-u",
            "NO_COLOR",
            "-u",
            "TMUX",
            *words,
            "sh",
        )
        opened.prompt()
        yield opened
    finally:
        opened.tmux("kill-server")
        state.cleanup()


@contextmanager
def program(
    *arguments: str, width: int = 80, height: int = 24, environment: dict[str, str] | None = None
) -> Iterator[Pane]:
    """Start nntui in a shell in tmux and wait for its first picture."""
    with pane(width, height, environment) as shell:
        shell.say(" ".join([PROGRAM, *arguments]))
        shell.until(lambda text: re.search(r"\bit 0\b", text) and "q quit" in text and "▶" in text and "─╯" in text)
        yield shell
