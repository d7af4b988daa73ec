"""A body that runs many iterations: as it was written to begin with, lowered once that pays.

The lowered kernel is used as long as the namespace holds what it was made for; where it does not, another one is
made, a few times, and else the body runs as it was written. A branch that is not often taken (`if i % 100 == 0:
print(...)`) leaves the kernel: the rest of that iteration runs as written, and the kernel is entered again.
"""

import ast
import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

from nntui_core import compiled
from nntui_core.kernel.emission import Kernel, emitted
from nntui_core.kernel.plan import Planner
from nntui_core.kernel.simplify import simplify
from nntui_core.kernel.statements import recorded
from nntui_core.kernel.tape import CannotLower
from nntui_core.program import Program
from nntui_core.values import Checkpoint

HOT = 0.02
"""Seconds that a body has run as it was written, before it is lowered: about what lowering takes."""
FEWEST = 4
"""Iterations before which nothing is lowered: then every variable has its layout."""
SHORT = 8
"""A run of fewer iterations of a small body is over before a kernel's arrays are made."""
LARGE = 20_000
"""Numbers an iteration writes from which on the making of the arrays does not count."""
SLOW = 0.0005
"""Seconds an iteration takes from which on, likewise; a run in the screen is cut into runs of one or two of them."""
FAULT = "a fault of the lowering:"
"""How the reason begins where lowering itself went wrong; the tests look for it."""
MOST_KERNELS = 6
"""How many kernels are made for one body: one for each kind of values that it meets."""


def lowered(program: Program, namespace: dict[str, Any]) -> Kernel:
    """Return the kernel of a program's body, for what its namespace holds now, between two iterations.

    The namespace and the random states are as before.

    Raises:
        CannotLower: the body has a part that stays as it was written; the message says which.
    """
    checkpoint = Checkpoint.take(namespace)

    def copied() -> dict[str, Any]:
        copy = dict(namespace)
        checkpoint.restore(copy)
        return copy

    try:
        tape = recorded(program, copied, namespace)
    finally:
        checkpoint.restore_random()
    simplify(tape)
    return emitted(tape, Planner(tape).made())


class Body:
    """A loop's body over the live namespace of a program; `counts` says that the loop's items are those of a range."""

    def __init__(self, program: Program, namespace: dict[str, Any], counts: bool = True) -> None:
        self._program, self._namespace = program, namespace
        self._plain = compiled.runner(program, namespace)
        self._rests: dict[int, Callable[[Callable[..., None]], int]] = {}
        self._kernel: Kernel | None = None
        """The one that was used last."""
        self._kernels: list[Kernel] = []
        self._spent, self._run_plainly = 0.0, 0
        self._entered, self._left = 0, 0
        """Iterations that the kernel was asked for, and how many times it was left before a statement."""
        settled = counts or isinstance(program.loop, ast.While)
        self.reason = "" if settled else "the loop's items may be of any kind"
        """Why the body is not lowered, empty where it is or has not been tried."""

    def is_of(self, program: Program, namespace: dict[str, Any]) -> bool:
        """Tell whether this is the body of that very program, over that very namespace."""
        return program is self._program and namespace is self._namespace

    def run(self, iterations: int, items: Iterator[Any], seen: Callable[..., None]) -> int:
        """Run one iteration an item, of which there are up to `iterations`; return how it ended, see `compiled`."""
        left = iterations
        while left > 0 and not self._is_hot():
            now = min(left, FEWEST)
            how = self._run_plain(itertools.islice(items, now), seen, now)
            if how != compiled.WENT_ON:
                return how
            left -= now
        if left < SHORT and self._is_small():
            return self._plain(items, seen)
        return self._run_lowered(items, seen, left)

    def _is_hot(self) -> bool:
        return self._run_plainly >= FEWEST and self._spent >= HOT

    def _is_small(self) -> bool:
        """Tell whether making a kernel's arrays counts beside an iteration; before there is one, by the clock."""
        if self._kernel is None:
            return self._spent < SLOW * self._run_plainly
        return self._kernel.size < LARGE

    def _run_plain(self, items: Iterator[Any], seen: Callable[..., None], count: int) -> int:
        start = time.perf_counter()
        try:
            return self._plain(items, seen)
        finally:
            self._spent += time.perf_counter() - start
            self._run_plainly += count

    def _run_lowered(self, items: Iterator[Any], seen: Callable[..., None], iterations: int) -> int:
        self._entered += iterations
        while True:
            prepared = self._prepared()
            if prepared is None or self._kernel is None:
                return self._plain(items, seen)
            how = self._kernel.run(items, seen, self._namespace, *prepared)
            del prepared
            if how >= 0:
                return how
            self._left += 1
            how = self._rest(~how)(seen)
            if how != compiled.WENT_ON:
                return how

    def _prepared(self) -> tuple[Any, ...] | None:
        """Return what the kernel works with, None where the body is to run as it was written."""
        if self._left > 20 and self._left * 8 > self._entered:
            return None
        for kernel in self._kernels:
            prepared = self._prepared_by(kernel)
            if prepared is not None:
                return prepared
        if self.reason or len(self._kernels) >= MOST_KERNELS:
            return None
        try:
            self._kernels.append(lowered(self._program, self._namespace))
        except CannotLower as reason:
            self.reason = str(reason)
            return None
        except Exception as fault:  # noqa: BLE001 - a fault of the lowering costs speed, not the user's session
            self.reason = f"{FAULT} {fault!r}"
            return None
        return self._prepared_by(self._kernels[-1])

    def _prepared_by(self, kernel: Kernel) -> tuple[Any, ...] | None:
        """Return what a kernel works with, None where it was made for something else."""
        try:
            prepared = kernel.prepare(self._namespace)
        except (LookupError, AttributeError, TypeError):  # a name or a place is gone; the body as written says so
            return None
        self._kernel = kernel if prepared is not None else self._kernel
        return prepared

    def _rest(self, statement: int) -> Callable[[Callable[..., None]], int]:
        if statement not in self._rests:
            self._rests[statement] = compiled.rest(self._program, self._namespace, statement)
        return self._rests[statement]
