"""Running a session without a screen: in slices, with a progress bar, until the goal or ctrl+c."""

import sys
import time
from typing import TYPE_CHECKING

from nntui.interrupt import stop_asked
from nntui.output import say
from nntui.progress import Progress
from nntui.quiet import program_output_aside, threads_that_keep_the_process
from nntui.usage import InputError

if TYPE_CHECKING:
    from nntui_core.failure import ProgramFailed
    from nntui_core.files import Kept
    from nntui_core.program import Program
    from nntui_core.session import Session

NUMPY = ("np", "numpy")
SLICE = 0.1
"""Seconds between two looks at the keyboard, about."""


def advance(session: "Session", iteration: int | None) -> tuple[float, bool]:
    """Run to the start of an iteration, or as far as it goes; return the seconds and whether ctrl+c ended it.

    Without an iteration it runs as many as the loop's header says.
    """
    natural_end = session.interpreter.natural_end
    goal = natural_end if iteration is None else iteration
    progress = Progress(sys.stderr, goal)
    if iteration is None and session.program.origin.path is not None:
        goal = None  # a script's loop ends by itself
    start = time.perf_counter()
    size = 1
    with stop_asked() as asked:
        try:
            while session.why_not() is None and not asked():
                here = session.position.iteration
                if goal is not None and here >= goal:
                    break
                began = time.perf_counter()
                if goal is None or here < goal - 1:
                    session.run(size if goal is None else min(size, goal - 1 - here))
                else:
                    session.advance(1)  # the last one is traced, for whoever asks about it
                size = next_size(size, time.perf_counter() - began)
                progress.show(session.position.iteration, session.loss)
        finally:
            progress.erase()
        return time.perf_counter() - start, asked()


def next_size(size: int, took: float) -> int:
    """Return how many iterations the next slice has, so that it takes about `SLICE` seconds."""
    return max(1, min(size * 4, int(size * SLICE / max(took, 1e-9))))


def started(program: "Program | Kept", kind: "type[Session] | None" = None) -> "Session":
    """Run a program's setup, or go on with a session from a file.

    The session is of some kind, and prints to stderr what the program prints.

    Raises:
        InputError: the setup failed.
    """
    from nntui_core.failure import ProgramFailed
    from nntui_core.files import Kept
    from nntui_core.output import Output
    from nntui_core.session import Session

    try:
        with program_output_aside(program.name):
            if not isinstance(program, Kept):
                session = (kind or Session)(program, Output(sys.stderr))
                _refuse_unknown_roles(session)
                return session
            session, differences = program.session(Output(sys.stderr), kind or Session)
        if differences:
            say(differences)
        return session
    except ProgramFailed as error:
        raise _as_input(error, program.name) from None


def _refuse_unknown_roles(session: "Session") -> None:
    """Refuse a role that the command line gives to a variable that the script does not have.

    Raises:
        InputError: there is no such variable.
    """

    from nntui.cellname import like
    from nntui_core import dataflow, parsing

    given = session.program.origin.given
    named = [("parameter", name) for name in given.parameters]
    named += [(role, name) for role in ("target", "prediction", "rate") if (name := getattr(given, role)) is not None]
    known = {*session.shapes, *session.program.places}
    for role, name in named:
        if name not in known:
            raise InputError(f"--{role}: there is no variable {name} in {session.program.name}{like(name, known)}")
    if given.cost is not None:
        there = {*known, *session.interpreter.namespace}
        missing = [n for n in dataflow.reads(parsing.parse(given.cost).body[0]) if n not in there and n not in NUMPY]
        if missing:
            raise InputError(
                f"--cost: there is no variable {missing[0]} in {session.program.name}{like(missing[0], known)}"
            )


def _as_input(error: "ProgramFailed", name: str) -> InputError | KeyboardInterrupt:
    """Return what ends nntui where a program has failed, or was interrupted."""
    if error.interrupted:
        return KeyboardInterrupt(f"{name}, line {error.failure.line}")
    return InputError(f"{name}, {error}")


def is_over(session: "Session") -> bool:
    """Tell whether a loop has made all its iterations."""
    return session.ended or session.position == (session.interpreter.natural_end, 0)


def finish(session: "Session") -> None:
    """Run what comes after a script's loop, and wait for its threads, as Python does.

    Raises:
        InputError: it failed.
    """
    from nntui_core.failure import ProgramFailed

    try:
        with program_output_aside(session.program.name):
            session.finish()
            with session.output.installed():
                for thread in threads_that_keep_the_process():
                    thread.join()
    except ProgramFailed as error:
        if isinstance(error.__cause__, SystemExit) and not error.__cause__.code:
            return  # it ends with `exit()`
        raise _as_input(error, f"{session.program.name}, after the loop") from None


def standing_at(program: "Program | Kept", iteration: int, kind: "type[Session] | None" = None) -> "Session":
    """Run a program to the start of an iteration, or as far as it goes; a session from a file may have to go back.

    Raises:
        InputError: the setup failed, or the program called `exit`.
        KeyboardInterrupt: ctrl+c ended it.
    """
    from nntui_core.interpreter import Position

    session = started(program, kind)
    with program_output_aside(program.name):
        if session.position > (iteration, 0):
            session.goto(Position(iteration, 0))
        elif advance(session, iteration)[1]:
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
