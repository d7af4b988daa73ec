"""Running a session without a screen: in slices, with a progress bar, until the goal or ctrl+c."""

import sys
import time
from typing import TYPE_CHECKING

from nntui.interrupt import stop_asked
from nntui.progress import Progress
from nntui.quiet import program_output_aside
from nntui.usage import InputError

if TYPE_CHECKING:
    from nntui_core.program import Program
    from nntui_core.session import Session

SLICE = 0.1
"""Seconds between two looks at the keyboard, about."""


def advance(session: "Session", iteration: int | None) -> tuple[float, bool]:
    """Run to the start of an iteration, or as far as it goes; return the seconds and whether ctrl+c ended it.

    Without an iteration it runs as many as the loop's header says.
    """
    goal = session.interpreter.natural_end if iteration is None else iteration
    progress = Progress(sys.stderr, goal)
    start = time.perf_counter()
    size = 1
    with stop_asked() as asked:
        try:
            while session.why_not() is None and not asked():
                here = session.position.iteration
                if goal is not None and here >= goal:
                    break
                began = time.perf_counter()
                session.advance(size if goal is None else min(size, goal - here))
                size = next_size(size, time.perf_counter() - began)
                progress.show(session.position.iteration, session.loss)
        finally:
            progress.erase()
        return time.perf_counter() - start, asked()


def next_size(size: int, took: float) -> int:
    """Return how many iterations the next slice has, so that it takes about `SLICE` seconds."""
    return max(1, min(size * 4, int(size * SLICE / max(took, 1e-9))))


def started(program: "Program", kind: "type[Session] | None" = None) -> "Session":
    """Run a program's setup; return a session of some kind, which prints to stderr what the program prints.

    Raises:
        InputError: the setup failed.
    """
    from nntui_core.failure import ProgramFailed
    from nntui_core.output import Output
    from nntui_core.session import Session

    try:
        with program_output_aside(program.name):
            return (kind or Session)(program, Output(sys.stderr))
    except ProgramFailed as error:
        raise InputError(f"{program.name}, {error}") from None


def standing_at(program: "Program", iteration: int, kind: "type[Session] | None" = None) -> "Session":
    """Run a program to the start of an iteration, or as far as it goes.

    Raises:
        InputError: the setup failed, or the program called `exit`.
        KeyboardInterrupt: ctrl+c ended it.
    """
    session = started(program, kind)
    with program_output_aside(program.name):
        if advance(session, iteration)[1]:
            raise KeyboardInterrupt
    return session


def refuse_to_be_late(session: "Session", iteration: int) -> None:
    """Check that an iteration was reached that has been asked for with `--at`.

    Raises:
        InputError: the program failed, or its loop was over before.
    """
    reached, name = session.position.iteration, session.program.name
    if reached >= iteration:
        return
    if session.failure is not None:
        raise InputError(f"{name} fails in iteration {reached:,}, {session.failure}: try --at {reached}")
    last = f": try --at {reached - 1}" if reached else ""
    raise InputError(f"the loop of {name} is over after {reached:,} iteration{'' if reached == 1 else 's'}{last}")
