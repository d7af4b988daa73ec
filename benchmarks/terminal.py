"""The real program in a pseudo-terminal, with the terminal's side played here: it answers every question at once."""

import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import termios
import time
from pathlib import Path

QUESTION, ANSWER = b"\x1b[6n", b"\x1b[1;1R"
QUIET = 0.15
"""Seconds without output after which a picture counts as complete."""


class Terminal:
    """A program in a pseudo-terminal of a size."""

    def __init__(self, command: list[str], columns: int = 80, rows: int = 24) -> None:
        self.bytes = 0
        self.pictures = 0
        """How many questions the program has asked: one at the end of each picture."""
        self._tail = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvp(command[0], command)

    def read(self, patience: float) -> bytes:
        """Return what comes within some time, b'' where nothing does."""
        ready, _, _ = select.select([self.fd], [], [], patience)
        if not ready:
            return b""
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return b""
        self.bytes += len(data)
        asked = (self._tail + data).count(QUESTION)
        self._tail = data[-len(QUESTION) + 1 :]
        self.pictures += asked
        for _ in range(asked):
            os.write(self.fd, ANSWER)
        return data

    def until(self, text: bytes, seconds: float = 20.0) -> float:
        """Return after how many seconds a text has come."""
        start, seen = time.perf_counter(), b""
        while time.perf_counter() - start < seconds:
            seen += self.read(seconds)
            if text in seen:
                return time.perf_counter() - start
        raise TimeoutError(f"{text!r} did not come; the last that came: {seen[-200:]!r}")

    def drain(self, seconds: float = QUIET) -> int:
        """Read until nothing has come for some time; return how many bytes came."""
        before = self.bytes
        while self.read(seconds):
            pass
        return self.bytes - before

    def last(self, seconds: float) -> float:
        """Read until nothing has come for some time; return when the last byte came, by `time.perf_counter`."""
        came = time.perf_counter()
        while self.read(seconds):
            came = time.perf_counter()
        return came

    def flow(self, seconds: float) -> float:
        """Return how many bytes a second come."""
        before, end = self.bytes, time.perf_counter() + seconds
        while time.perf_counter() < end:
            self.read(0.05)
        return (self.bytes - before) / seconds

    def key(self, key: bytes) -> float:
        """Press a key; return after how many seconds the first byte comes."""
        start = time.perf_counter()
        os.write(self.fd, key)
        if not self.read(5.0):
            raise TimeoutError(f"nothing came after {key!r}")
        return time.perf_counter() - start

    def processor(self, thread: int | None = None) -> float:
        """Return the processor time in seconds of one thread, None for all of them; `pid` is the screen's thread."""
        tasks = Path(f"/proc/{self.pid}/task")
        stats = [(each / "schedstat").read_text() for each in ([tasks / str(thread)] if thread else tasks.iterdir())]
        return sum(int(stat.split()[0]) for stat in stats) / 1e9

    def memory(self) -> float:
        """Return the resident memory in MiB."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0

    def end(self) -> None:
        """End the program."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def nntui(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "nntui", *arguments]


def row(what: str, value: str) -> None:
    print(f"{what:<58}{value:>22}")


def spread(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return f"{statistics.median(ordered) * 1000:.1f}, {ordered[int(len(ordered) * 0.95)] * 1000:.1f} ms"
