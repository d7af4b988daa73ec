"""How quick is the screen? `python benchmarks/screen.py` drives the real program through a pseudo-terminal.

The terminal's side is played here: it answers the question for the cursor's position at once. Nothing
is asserted; ratios are of one run on one machine.
"""

import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

EMPTY_APP = "from textual.app import App\nApp().run()\n"
QUESTION, ANSWER = b"\x1b[6n", b"\x1b[1;1R"
QUIET = 0.15
"""Seconds without output after which a picture counts as complete."""


class Terminal:
    """A program in a pseudo-terminal of a size."""

    def __init__(self, command: list[str], columns: int = 80, rows: int = 24) -> None:
        self.bytes = 0
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
        if QUESTION in data:
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


def command_times() -> None:
    def wall(command: list[str]) -> float:
        start = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        return time.perf_counter() - start

    for option in ("--version", "--help"):
        ratios = [wall(nntui(option)) / wall([sys.executable, "-c", "pass"]) for _ in range(7)]
        row(f"nntui {option}, times `python -c pass`", f"{statistics.median(ratios):.1f} ×")


def first_paint() -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(EMPTY_APP)
        file.flush()
        ratios = []
        for _ in range(5):
            times = []
            for command, text in (([sys.executable, file.name], b"\x1b[?25l"), (nntui(), b"nntui")):
                terminal = Terminal(command)
                times.append(terminal.until(text))
                terminal.end()
            ratios.append(times[1] / times[0])
    row("first paint, times an empty Textual app", f"{statistics.median(ratios):.2f} ×")


def running() -> None:
    terminal = Terminal(nntui())
    terminal.until(b"paused")
    terminal.drain(1.0)
    row("memory at the start", f"{terminal.memory():.0f} MiB")
    steps = []
    for _ in range(11):
        os.write(terminal.fd, b"s")
        steps.append(terminal.drain())
    row("bytes of one step, median and most", f"{statistics.median(steps):.0f}, {max(steps)}")
    idle = [terminal.key(b"\t") for _ in range(20) if terminal.drain() >= 0]
    row("key to screen, idle, median and p95", spread(idle))
    os.write(terminal.fd, b" ")
    terminal.flow(0.5)
    row("bytes a second while running", f"{terminal.flow(5.0) / 1000:.1f} kB/s")
    busy = []
    for _ in range(40):
        terminal.flow(0.11)
        busy.append(terminal.key(b"\t"))
    row("key to screen, running, median and p95", spread(busy))
    terminal.end()


def spread(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return f"{statistics.median(ordered) * 1000:.1f}, {ordered[int(len(ordered) * 0.95)] * 1000:.1f} ms"


def main() -> None:
    print(f"Python {sys.version.split()[0]}, 80×24, a terminal that answers at once\n")
    command_times()
    first_paint()
    running()


if __name__ == "__main__":
    main()
