"""How quick is the screen? `python -m benchmarks.screen` drives the real program through a pseudo-terminal.

The terminal's side is played here, see `benchmarks.terminal`. Every picture ends with a question to the terminal, so
pictures can be counted, and the processor time of the screen's thread divided by them is what a picture costs.
Nothing is asserted; ratios are of one run on one machine. Parts can be named: start, keys, panels, speed.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from benchmarks.engine import wide
from benchmarks.terminal import Terminal, nntui, row, spread

from nntui_core import builtin

EMPTY_APP = "from textual.app import App\nApp().run()\n"
PROMPT = b"\x1b[?25l"
"""What an empty app writes first: the cursor goes."""
TAB, SPACE = b"\t", b" "
MANY = 1_000_000
SECONDS = 3.0
"""How long is looked at."""
LARGE, NARROW = (160, 48), (80, 24)


def children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def processor(command: list[str]) -> float:
    """Return the processor time that a command takes, in seconds."""
    before = children()
    subprocess.run(command, capture_output=True, check=True)
    return children() - before


def ratio(ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> float:
    """Return the ratio of the shortest times; they take turns."""
    pairs = [(theirs(), ours()) for _ in range(rounds)]
    return min(mine for _, mine in pairs) / min(other for other, _ in pairs)


def of_start() -> None:
    """Print what it takes until something is there."""
    for option in ("--version", "--help"):
        times = ratio(lambda o=option: processor(nntui(o)), lambda: processor([sys.executable, "-c", "pass"]), 9)
        row(f"nntui {option}, times `python -c pass` (target 4)", f"{times:.2f} ×")
    with file_of(EMPTY_APP) as empty:
        for what, clock in (("processor time", Terminal.processor), ("clock", None)):
            times = ratio(
                lambda c=clock: painted(nntui(), b"nntui", c),
                lambda c=clock: painted([sys.executable, empty.name], PROMPT, c),
                9,
            )
            row(f"first paint, times an empty Textual app, {what} (1.4)", f"{times:.2f} ×")
        times = ratio(
            lambda: painted(nntui(), b"paused", None), lambda: painted([sys.executable, empty.name], PROMPT, None), 9
        )
        row("the program on the screen, times an empty app, clock", f"{times:.2f} ×")


def painted(command: list[str], text: bytes, clock: Callable[[Terminal], float] | None) -> float:
    """Return the seconds until a text is there, or those of the processor."""
    terminal = Terminal(command)
    waited = terminal.until(text)
    took = waited if clock is None else clock(terminal)
    terminal.end()
    return took


def file_of(text: str) -> "AbstractContextManager[tempfile._TemporaryFileWrapper[str]]":
    """Return a temporary Python file with a text."""
    file = tempfile.NamedTemporaryFile("w", suffix=".py", encoding="utf-8")  # noqa: SIM115 - the caller's
    file.write(text)
    file.flush()
    return file


def opened(*arguments: str, size: tuple[int, int] = NARROW) -> Terminal:
    """Return nntui once its program is on the screen."""
    terminal = Terminal(nntui(*arguments), *size)
    terminal.until(b"paused")
    terminal.drain(0.5)
    return terminal


def of_keys() -> None:
    """Print how long a key takes, and bytes."""
    terminal = opened()
    steps = []
    for _ in range(24):
        os.write(terminal.fd, b"s")
        steps.append(terminal.drain())
    row("bytes of a step, median and most (3000)", f"{statistics.median(steps):.0f}, {max(steps)}")
    row("key to screen, idle, median and p95", keys(terminal, 0.15))
    terminal.end()
    for name, size in (("80×24", NARROW), ("160×48", LARGE)):
        terminal = opened(endless().name, size=size)
        os.write(terminal.fd, SPACE)
        terminal.flow(0.5)
        row(f"bytes a second while running, {name} (20 kB/s)", f"{terminal.flow(5.0) / 1000:.1f} kB/s")
        row(f"key to screen while running, {name}, median and p95 (30 ms)", keys(terminal, 0.11))
        terminal.end()


def keys(terminal: Terminal, between: float) -> str:
    """Press `tab` many times; return the median and the 95th percentile of the seconds until something comes."""
    took = []
    for i in range(60):
        terminal.flow(between + 0.013 * (i % 7))
        took.append(terminal.key(TAB))
    return spread(took)


def endless() -> "tempfile._TemporaryFileWrapper[str]":
    """Return the default program as a file, with a loop that outlasts every measurement."""
    return FILES.setdefault("endless", file_of(builtin.load("default").source.replace("range(1000)", "range(10**9)")))


FILES: dict[str, "tempfile._TemporaryFileWrapper[str]"] = {}


def of_panels() -> None:
    """Print what a picture of each panel costs while the program runs; at 80×24 one panel is in sight."""
    terminal = opened(endless().name)
    os.write(terminal.fd, SPACE)
    panels = ["code", "x", "y", "W1", "z1", "W2", "a1", "z2", "a2", "delta2", "dW2", "delta1", "dW1"]
    print(f"\n{'80×24, while running':<30}{'pictures a second':>20}{'bytes each':>14}{'ms of the screen':>18}")
    for name in [*panels, "loss curve", "predictions"]:
        terminal.flow(0.6)
        pictures, before, took = terminal.pictures, terminal.bytes, terminal.processor(terminal.pid)
        terminal.flow(SECONDS)
        pictures, took = terminal.pictures - pictures, terminal.processor(terminal.pid) - took
        each = (terminal.bytes - before) / max(pictures, 1)
        print(f"{name:<30}{pictures / SECONDS:>20.1f}{each:>14.0f}{took / max(pictures, 1) * 1e3:>18.1f}")
        os.write(terminal.fd, TAB)
    terminal.end()


def of_speed() -> None:
    """Print how fast a run is in the screen, against `nntui run`, and what a million iterations take in memory."""
    print(f"\n{'iterations a second':<36}{'nntui run':>14}{'the screen':>14}{'ratio (0.85)':>14}")
    source = builtin.load("default").source
    compared("default, 80×24", source, 300_000, NARROW)
    compared("default, 160×48, all panels", source, 300_000, LARGE)
    compared("784-512-10, 160×48, matrices", wide((784, 512, 10)).source, 400, LARGE)
    print()
    with file_of(source.replace("range(1000)", f"range({MANY})")) as file:
        terminal = opened(file.name)
        before = terminal.memory()
        os.write(terminal.fd, SPACE)
        terminal.last(1.0)
        row("memory at the start (64 MiB)", f"{before:.0f} MiB")
        row("memory after 1,000,000 iterations, more (8 MiB)", f"{terminal.memory() - before:.1f} MiB")
        terminal.end()


ROUNDS = 4
"""Turns in which a run is timed here and there; the shortest times count, which others on the machine spoil least."""


def compared(name: str, source: str, iterations: int, size: tuple[int, int]) -> None:
    """Print how fast a program runs there and here."""
    text = source.replace("range(1000)", f"range({iterations})")
    with file_of(text) as file, file_of(source.replace("range(1000)", "range(1)")) as once:
        start = min(wall(nntui("run", once.name)) for _ in range(ROUNDS))
        turns = [(wall(nntui("run", file.name)) - start, in_the_screen(file.name, size)) for _ in range(ROUNDS)]
    here, there = (min(times) for times in zip(*turns, strict=True))
    print(f"{name:<36}{iterations / here:>14.0f}{iterations / there:>14.0f}{here / there:>14.2f}")


def in_the_screen(path: str, size: tuple[int, int]) -> float:
    """Return the seconds from the key that starts a run to the last picture of it."""
    terminal = opened(path, size=size)
    start = time.perf_counter()
    os.write(terminal.fd, SPACE)
    took = terminal.last(1.0) - start
    terminal.end()
    return took


def wall(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - start


PARTS = {"start": of_start, "keys": of_keys, "panels": of_panels, "speed": of_speed}


def main() -> None:
    """Print all tables, or those that are named: start, keys, panels, speed."""
    print(f"Python {sys.version.split()[0]}, a terminal that answers at once; targets in brackets\n")
    with tempfile.TemporaryDirectory() as state:
        os.environ["XDG_STATE_HOME"] = state
        for name in sys.argv[1:] or PARTS:
            PARTS[name]()


if __name__ == "__main__":
    main()
