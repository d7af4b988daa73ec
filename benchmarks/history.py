"""What does going back cost? `python -m benchmarks.history` runs far, and jumps to and fro.

Nothing is asserted. Running is timed by the process's own time, with and without history taking turns, and the
shortest counts; a jump is timed by the clock as well, since that is what somebody waits for: then the load of the
machine counts. `OPENBLAS_NUM_THREADS=1` keeps the threads of large products out of it.
"""

import os
import random
import time
from unittest import mock

import numpy as np
from benchmarks.engine import wide

from nntui_core import blas, builtin
from nntui_core.history import FIRST_SPACING, History
from nntui_core.interpreter import Position
from nntui_core.output import Output
from nntui_core.program import Program
from nntui_core.session import Session

FAR = 1_000_000
JUMPS = 200
ROUNDS, ROUND = 11, 150_000
"""How often running is timed, and over how many iterations: many short rounds see less of what else goes on."""
WIDE_FAR, WIDE_JUMPS = 600, 25


def running(program: Program, iterations: int) -> tuple[Session, float]:
    """Run so far as the screen does; return the session and the seconds of a processor that it took."""
    session = Session(program, Output())
    start = time.process_time()
    session.run(iterations)
    return session, time.process_time() - start


def without_history(program: Program, iterations: int) -> float:
    """Return the seconds of the same run, in as long pieces, with no checkpoint but the first."""
    with mock.patch.multiple(History, due=lambda *_: False, next_due=lambda _, here: here + FIRST_SPACING):
        return running(program, iterations)[1]


def jumps(session: Session, far: int, count: int) -> tuple[list[float], list[float]]:
    """Return the seconds of jumps to random iterations: by the clock, and of a processor."""
    clock, own = [], []
    for _ in range(count):
        goal = Position(random.randrange(far), 0)
        start, used = time.perf_counter(), time.process_time()
        session.goto(goal)
        clock.append(time.perf_counter() - start)
        own.append(time.process_time() - used)
    return sorted(clock), sorted(own)


def kept_bytes(session: Session) -> int:
    """Return what the checkpoints and the loss curve take."""
    curve = sum(part.nbytes for part in session.curve.parts().values() if isinstance(part, np.ndarray))
    return session.history.nbytes + curve


def row(what: str, value: str, target: str = "") -> None:
    print(f"{what:<58}{value:>22}{target:>14}")


def spread(seconds: list[float]) -> str:
    """Write the median and the 95th percentile."""
    return f"{seconds[len(seconds) // 2] * 1000:.1f} / {seconds[int(len(seconds) * 0.95)] * 1000:.1f} ms"


def of_default() -> None:
    program = builtin.load("default")
    times = [(running(program, ROUND)[1], without_history(program, ROUND)) for _ in range(ROUNDS)]
    kept, bare = (min(column) for column in zip(*times, strict=True))
    session, _ = running(program, FAR)
    row("default: running", f"{kept / ROUND * 1e6:.2f} µs/iteration")
    row("  slowed down by history", f"{(kept / bare - 1) * 100:.1f} %", "< 3 %")
    row("  checkpoints", f"{len(session.history.kept())}")
    row("  history, with the loss curve", f"{kept_bytes(session) / 2**20:.2f} MiB", "< 16 MiB")
    clock, own = jumps(session, FAR, JUMPS)
    row("  a jump to a random iteration, median / p95", spread(clock), "p95 < 50 ms")
    row("  the same, of a processor", spread(own))
    session.goto(Position(FAR, 0))
    start = time.perf_counter()
    session.back()
    row("  one statement back from the end", f"{(time.perf_counter() - start) * 1000:.1f} ms")


def of_wide() -> None:
    program = wide((784, 512, 10))
    session, took = running(program, WIDE_FAR)
    row(f"784-512-10, {WIDE_FAR} iterations: running", f"{took / WIDE_FAR * 1e3:.1f} ms/iteration")
    row("  checkpoints, and iterations between them", f"{len(session.history.kept())}, {session.history.spacing}")
    row("  history, with the loss curve", f"{kept_bytes(session) / 2**20:.0f} MiB", "< 256 MiB")
    clock, _ = jumps(session, WIDE_FAR, WIDE_JUMPS)
    row("  a jump to a random iteration, median / p95", spread(clock))
    row("  the same in iterations, p95", f"{clock[int(len(clock) * 0.95)] / (took / WIDE_FAR):.0f}")


def main() -> None:
    random.seed(1)
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"NumPy {np.__version__}, {blas.threads()} BLAS threads, load before {load}\n")
    of_default()
    print()
    of_wide()


if __name__ == "__main__":
    main()
