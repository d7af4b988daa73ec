"""A terminal played by the test: it sees every byte that nntui sends, and answers when the test says so."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from tests.emulator import Terminal
from tests.terminal.pane import DEADLINE, ROOTS

QUESTION, ANSWER = b"\x1b[6n", b"\x1b[1;1R"


class Teletype:
    """A program in a pseudo-terminal."""

    def __init__(self, pid: int, fd: int) -> None:
        self.pid = pid
        self._fd = fd
        self._read = b""
        self._screen = Terminal()

    def press(self, *keys: str) -> None:
        for key in keys:
            os.write(self._fd, key.encode())

    def answer(self) -> None:
        """Say that everything so far has been taken."""
        os.write(self._fd, ANSWER)

    def resize(self, width: int, height: int) -> None:
        self._screen = Terminal()
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def picture(self) -> bytes:
        """Return what is sent up to the next question, which is not answered."""
        while QUESTION not in self._read:
            assert select.select([self._fd], [], [], DEADLINE)[0], f"no picture comes after {self._read!r}"
            self._read += os.read(self._fd, 65536)
        picture, _, self._read = self._read.partition(QUESTION)
        self._screen.take(picture.decode())
        return picture

    def text(self) -> str:
        """Return what is to be read on the screen after the last picture."""
        return self._screen.text()

    def until(self, condition: Callable[[str], object]) -> list[bytes]:
        """Take pictures until the screen is so, and return them; all but the last are answered."""
        pictures = [self.picture()]
        while not condition(self.text()):
            self.answer()
            pictures.append(self.picture())
        return pictures

    def waiting(self) -> bytes:
        """Return what has been sent that is no whole picture yet."""
        while select.select([self._fd], [], [], 0)[0]:
            self._read += os.read(self._fd, 65536)
        return self._read


@contextmanager
def teletype(*arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Teletype]:
    """Start nntui in a terminal of 80×24; it is killed at the end."""
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        settings = {"TERM": "xterm-256color", "PYTHONPATH": ROOTS, "LC_ALL": "C.UTF-8"}
        os.execve(
            sys.executable,
            [sys.executable, "-W", "error", "-m", "nntui", *arguments],
            {"PATH": os.environ["PATH"], **settings, **(environment or {})},
        )
    try:
        yield Teletype(pid, fd)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(fd)
