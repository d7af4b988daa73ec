"""Running a program for its loss curve and its weights, which are written as files for other programs."""

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nntui import results
from nntui.advance import next_size, started
from nntui.interrupt import stop_asked
from nntui.output import say
from nntui.progress import Progress
from nntui.quiet import program_output_aside
from nntui.usage import InputError
from nntui_core import archive
from nntui_core.curve import EXACT, LossCurve, Points
from nntui_core.replacing import replacing
from nntui_core.session import Session

if TYPE_CHECKING:
    from nntui_core.files import Kept
    from nntui_core.program import Program

ALL = 10**9
"""More points than any curve has."""


def run(start: "Program | Kept", iterations: int | None, curve: Path | None, weights: Path | None) -> None:
    """Run so many iterations, or as many as the loop says, and write what is wanted.

    Raises:
        InputError: the program failed, or a file cannot be written.
        KeyboardInterrupt: ctrl+c ended it.
    """
    session = started(start)
    name = session.program.name
    with program_output_aside(name):
        session.infer_cost()
        losses = list(_losses(session, iterations))
    if session.failure is not None:
        raise InputError(f"{name}, {session.failure}")
    if curve is not None and not losses and session.position.iteration:
        raise InputError(f"{name} has no loss: --cost says what it is")
    try:
        if curve is not None:
            _write_curve(curve, losses)
        if weights is not None:
            arrays = {key: np.asarray(value) for key, value in results.parameters(session).items()}
            if not arrays:
                raise InputError(f"{name} has no parameters that nntui finds: --parameter NAME says which")
            with replacing(weights) as file:
                archive.write(file, arrays)
            say(f"{weights.name}: {', '.join(arrays)} after {session.position.iteration:,} iterations")
    except OSError as error:
        raise InputError(f"{error.filename or 'the file'}: {error.strerror}") from None


def _write_curve(file_name: Path, losses: Sequence[tuple[int, float, float | None]]) -> None:
    """Write a row for each iteration; with a column for the samples that are held out, where any are."""
    has_held_out = any(held_out is not None for _, _, held_out in losses)
    with replacing(file_name) as file:
        file.write(f"iteration,loss{',holdout_loss' if has_held_out else ''}\n".encode())
        for iteration, loss, held_out in losses:
            more = f",{held_out!r}" if held_out is not None else "," if has_held_out else ""
            file.write(f"{iteration},{loss!r}{more}\n".encode())
    say(f"{file_name.name}: {len(losses):,} losses{', held out too' if has_held_out else ''}")


def _losses(session: Session, iterations: int | None) -> Iterator[tuple[int, float, float | None]]:
    """Run in stretches that are short enough for every loss to be known exactly; yield all: iteration, loss, held out.

    What a session file knows of long ago it knows as extremes of stretches only.
    """
    yield from _known(session.curve)
    here = session.position.iteration
    goal = session.interpreter.natural_end if iterations is None else here + iterations
    progress, size = Progress(sys.stderr, goal), 1
    with stop_asked() as asked:
        try:
            while session.why_not() is None and (goal is None or session.position.iteration < goal):
                if asked():
                    raise KeyboardInterrupt
                known, began = session.curve.count, time.perf_counter()
                session.advance(size if goal is None else min(size, goal - session.position.iteration))
                size = min(next_size(size, time.perf_counter() - began), EXACT)
                fresh = range(known, session.curve.count)
                yield from zip(fresh, session.curve.exact(known), _held_out(session.curve, known), strict=True)
                progress.show(session.position.iteration, session.loss)
        finally:
            progress.erase()


def _known(curve: LossCurve) -> Iterator[tuple[int, float, float | None]]:
    points, held_out = curve.points(ALL), curve.held_out.points(ALL) if curve.held_out else Points()
    there = dict(zip(held_out.iterations, held_out.losses, strict=True))
    for iteration, loss in zip(points.iterations, points.losses, strict=True):
        yield iteration, loss, there.get(iteration)


def _held_out(curve: LossCurve, start: int) -> Sequence[float | None]:
    return curve.held_out.exact(start) if curve.held_out else [None] * (curve.count - start)
