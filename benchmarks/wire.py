"""How quick is the screen at the far end of a wire? `python -m benchmarks.wire` logs in to a real sshd over slow wires.

The terminal's side is played here, at the near end: it answers the question for the cursor's position when that has
come through. While the default network runs, keys are pressed at odd moments, and the time is taken until the screen
shows what they do. Nothing is asserted. Needs OpenSSH's server and client, and the packages that the tests need.
"""

import fcntl
import os
import pty
import random
import select
import shlex
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.terminal import ANSWER, QUESTION, row, spread
from tests import emulator
from tests.terminal.sshd import Server, server
from tests.terminal.wire import wire

WIRES = (
    ("no limit: what this machine itself takes", 0, 0.0),
    ("100 kB/s, target 300 ms", 100_000, 0.0),
    ("12.5 kB/s and 150 ms each way, target 1000 ms", 12_500, 0.15),
)
ROUNDS = 15
SECONDS = 5.0
"""Over which bytes are counted."""


class Far:
    """nntui at the far end of a wire."""

    def __init__(self, serving: Server, port: int, state: str) -> None:
        root = Path(__file__).parents[1]
        settings = f"PYTHONPATH={root}/core:{root}/tui XDG_STATE_HOME={state} LC_ALL=C.UTF-8"
        line = serving.login(f"exec env {settings} {sys.executable} -m nntui", port)
        self.screen = emulator.Terminal()
        self.bytes = 0
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            words = shlex.split(line)
            os.execve(words[0], words, {"TERM": "xterm-256color", "PATH": os.environ["PATH"]})
        self._rest = b""

    def read(self, seconds: float) -> None:
        """Take what comes within some time."""
        if not select.select([self._fd], [], [], max(seconds, 0))[0]:
            return
        data = os.read(self._fd, 65536)
        self.bytes += len(data)
        whole, self._rest = _split(self._rest + data)
        for _ in range(whole.count(QUESTION)):
            os.write(self._fd, ANSWER)
        self.screen.take(whole.decode())

    def press(self, key: str, done: Callable[[emulator.Terminal], bool]) -> float:
        """Press a key; return after how many seconds the screen shows what it does."""
        start = time.perf_counter()
        os.write(self._fd, key.encode())
        return self.until(done) - start

    def until(self, done: Callable[[emulator.Terminal], bool], seconds: float = 30.0) -> float:
        """Wait for something on the screen; return when it came."""
        end = time.perf_counter() + seconds
        while not done(self.screen):
            self.read(0.05)
            if time.perf_counter() > end:
                raise TimeoutError(self.screen.text())
        return time.perf_counter()

    def idle(self, seconds: float) -> float:
        """Let it go on; return how many bytes a second came."""
        before, end = self.bytes, time.perf_counter() + seconds
        while time.perf_counter() < end:
            self.read(end - time.perf_counter())
        return (self.bytes - before) / seconds

    def end(self) -> None:
        """Quit, and wait for that."""
        os.write(self._fd, b"q")
        os.waitpid(self.pid, 0)
        os.close(self._fd)


def _split(data: bytes) -> tuple[bytes, bytes]:
    """Divide what has come where no sequence and no character is torn."""
    start = data.rfind(b"\x1b")
    torn = start >= 0 and not any(0x40 <= byte <= 0x7E and byte != 0x5B for byte in data[start + 1 :])
    cut = start if torn else len(data)
    while cut > 0 and len(data) - cut < 4 and not torn:
        try:
            data[:cut].decode()
        except UnicodeDecodeError:
            cut -= 1
        else:
            break
    return data[:cut], data[cut:]


def says(text: str) -> Callable[[emulator.Terminal], bool]:
    return lambda screen: text in screen.text()


def focus(screen: emulator.Terminal) -> str:
    """Return the name of the focused panel, whose frame is bold, "" in the middle of a change."""
    corners = [place for place, (character, look) in screen.cells.items() if character == "╭" and "1" in look]
    if len(corners) != 1:
        return ""
    x, y = corners[0]
    return "".join(screen.cells[column, y][0] for column in range(x + 2, x + 8))


def measure(serving: Server, name: str, rate: int, delay: float) -> None:
    with wire(serving.port, rate, delay) as laid, tempfile.TemporaryDirectory() as state:
        start = time.perf_counter()
        far = Far(serving, laid.port, state)
        first = far.until(says("─╯")) - start
        far.idle(3.0)
        print(f"\n{name}")
        row("  login to first screen", f"{first:.2f} s")
        far.press(" ", says("it/s"))
        far.idle(1.0)
        row("  bytes a second while running, ssh's own included", f"{far.idle(SECONDS) / 1000:.1f} kB/s")
        times: dict[str, list[float]] = {"tab": [], "help": [], "help away": [], "pause": [], "run": []}
        for _ in range(ROUNDS):
            far.idle(random.uniform(0.3, 0.6))
            before = focus(far.screen)
            times["tab"].append(far.press("\t", lambda screen, before=before: focus(screen) not in (before, "")))
            far.idle(random.uniform(0.3, 0.6))
            times["help"].append(far.press("?", says("run one statement")))
            far.idle(random.uniform(0.3, 0.6))
            times["help away"].append(far.press("\x1b", lambda screen: "run one statement" not in screen.text()))
            far.idle(random.uniform(0.3, 0.6))
            times["pause"].append(far.press(" ", says("paused")))
            far.idle(random.uniform(0.3, 0.6))
            times["run"].append(far.press(" ", says("it/s")))
        for key, taken in times.items():
            row(f"  key to screen, running: {key}, median and p95", spread(taken))
        row("  key to screen, running: all, median and p95", spread([one for taken in times.values() for one in taken]))
        far.end()


def main() -> None:
    random.seed(1)
    print(f"Python {sys.version.split()[0]}, 80×24, OpenSSH on loopback")
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as serving:
        for name, rate, delay in WIRES:
            measure(serving, name, rate, delay)


if __name__ == "__main__":
    main()
