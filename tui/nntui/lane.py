"""A program that runs beside another one in the same process, each as if it were alone.

What a process has only one of, NumPy's global random state, the folder, the arguments, belongs to whichever runs.
"""

import contextlib
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nntui.advance import started
from nntui.quiet import program_output_aside
from nntui_core.program import Program


class Lane:
    """A program with its session. Whatever is done with the session is done within `running`.

    Raises:
        InputError: the program's setup failed.
    """

    def __init__(self, program: Program) -> None:
        self.name = program.name
        self._own: tuple[Any, ...] | None = None
        with self.running():
            self.session = started(program)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Give the program what it had when it ran last, and put everything back afterwards."""
        with surroundings_kept(), program_output_aside(self.name):
            if self._own is not None:
                _put(self._own)
            try:
                yield
            finally:
                self._own = _taken()


@contextlib.contextmanager
def surroundings_kept() -> Iterator[None]:
    """Put back what a program may change of the process."""
    outside = _taken()
    try:
        yield
    finally:
        _put(outside)


def _taken() -> tuple[Any, ...]:
    try:
        folder: Path | None = Path.cwd()
    except OSError:  # it has been deleted
        folder = None
    return np.random.get_state(legacy=False), random.getstate(), folder, list(sys.argv)


def _put(state: tuple[Any, ...]) -> None:
    numpy_state, python_state, folder, argv = state
    np.random.set_state(numpy_state)
    random.setstate(python_state)
    sys.argv = list(argv)
    if folder is not None:
        with contextlib.suppress(OSError):
            os.chdir(folder)
