"""Running a program for its loss curve and its weights, which are written as files for other programs."""

import sys
import time
from collections.abc import Iterator
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
from nntui_core.curve import EXACT
from nntui_core.replacing import replacing
from nntui_core.session import Session

if TYPE_CHECKING:
    from nntui_core.files import Kept
    from nntui_core.program import Program


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
        rows = list(_losses(session, iterations))
    if session.failure is not None:
        raise InputError(f"{name}, {session.failure}")
    if curve is not None and not rows and session.position.iteration:
        raise InputError(f"{name} has no loss: --cost says what it is")
    try:
        if curve is not None:
            with replacing(curve) as file:
                file.write(b"iteration,loss\n")
                file.writelines(f"{iteration},{loss!r}\n".encode() for iteration, loss in rows)
            say(f"{curve.name}: {len(rows):,} losses")
        if weights is not None:
            arrays = {key: np.asarray(value) for key, value in results.parameters(session).items()}
            if not arrays:
                raise InputError(f"{name} has no parameters that nntui finds: --parameter NAME says which")
            with replacing(weights) as file:
                archive.write(file, arrays)
            say(f"{weights.name}: {', '.join(arrays)} after {session.position.iteration:,} iterations")
    except OSError as error:
        raise InputError(f"{error.filename or 'the file'}: {error.strerror}") from None


def _losses(session: Session, iterations: int | None) -> Iterator[tuple[int, float]]:
    """Run in stretches that are short enough for every loss to be known exactly; yield all of them.

    What a session file knows of long ago it knows as extremes of stretches only.
    """
    points = session.curve.points(10**9)
    yield from zip(points.iterations, points.losses, strict=True)
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
                yield from enumerate(session.curve.exact(known), known)
                progress.show(session.position.iteration, session.loss)
        finally:
            progress.erase()
