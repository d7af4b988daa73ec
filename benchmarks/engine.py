"""How fast is a program under nntui, against plain Python? `python benchmarks/engine.py`

Prints a table of ratios, each measured in one run on one machine; nothing is asserted. *plain* is `exec` of the text,
*run* the compiled body alone, *session* what `nntui run` does: with the loss curve and checkpoints. *check* is one
check of the gradients, in milliseconds.
"""

import platform
import statistics
import time
from collections.abc import Callable

import numpy as np

from nntui_core import builtin, network
from nntui_core.diagnosis import check
from nntui_core.interpreter import Interpreter
from nntui_core.program import Program
from nntui_core.session import Session

ROUNDS = 7
PROGRAMS: dict[str, tuple[Program, int]] = {
    "default": (builtin.load("default"), 20_000),
    "forum": (builtin.load("forum"), 20_000),
    "3-16-16-1": (network.build(network.Network((3, 16, 16, 1))), 10_000),
    "3-300-100-1": (network.build(network.Network((3, 300, 100, 1))), 500),
}


def seconds(job: Callable[[], object]) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def plain(program: Program, iterations: int) -> float:
    text = program.source.replace("range(1000)", f"range({iterations})")
    code = compile(text, program.name, "exec")
    return seconds(lambda: exec(code, {"__name__": "benchmark"}))


def run(program: Program, iterations: int) -> float:
    interpreter = Interpreter(program)
    interpreter.start()
    losses: list[object] = []
    return seconds(lambda: interpreter.run(iterations, losses.append))


def session(program: Program, iterations: int) -> float:
    debugged = Session(program)
    return seconds(lambda: debugged.advance(iterations))


def checked(program: Program) -> float:
    interpreter = Interpreter(program)
    interpreter.start()
    return seconds(lambda: check(interpreter))


def main() -> None:
    print(
        f"{platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}, median of {ROUNDS} rounds\n"
    )
    head = f"{'program':<14}{'plain, µs':>11}{'run':>9}{'session':>9}{'check, ms':>11}"
    print(f"{head}   run, session: times as fast as plain")
    for name, (program, iterations) in PROGRAMS.items():
        rounds = [
            (plain(program, iterations), run(program, iterations), session(program, iterations)) for _ in range(ROUNDS)
        ]
        own = statistics.median(p for p, _, _ in rounds) / iterations * 1e6
        fast = statistics.median(p / r for p, r, _ in rounds)
        kept = statistics.median(p / s for p, _, s in rounds)
        check_ms = statistics.median(checked(program) for _ in range(ROUNDS)) * 1e3
        print(f"{name:<14}{own:>11.1f}{fast:>9.2f}{kept:>9.2f}{check_ms:>11.1f}")


if __name__ == "__main__":
    main()
