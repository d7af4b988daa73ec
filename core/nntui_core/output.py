"""What a program prints: kept as lines in bounded memory, never over the screen.

While the program's code runs, `sys.stdout` and `sys.stderr` are an `Output`. A replay prints again what has been
printed before: it is not kept a second time. A program that closes its stdout closes nothing.
"""

import contextlib
import io
import sys
from collections import deque
from collections.abc import Iterator
from typing import TextIO

MOST_LINES = 2000
"""Lines kept; older ones are forgotten."""
LONGEST = 2000
"""Characters kept of a line."""


class Output(io.TextIOBase):
    """A stream that keeps the last lines; `echo` is where else they go, at once."""

    def __init__(self, echo: TextIO | None = None) -> None:
        super().__init__()
        self.quiet = False
        """Whether what is printed now has been printed before."""
        self.count = 0
        """How many lines have been completed."""
        self._echo = echo
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._partial = ""

    def write(self, text: str) -> int:
        """Keep a text."""
        if self.quiet:
            return len(text)
        if self._echo is not None:
            self._echo.write(text)
        *whole, rest = (self._partial + text).split("\n")
        self._lines.extend(line[:LONGEST] for line in whole)
        self.count += len(whole)
        self._partial = rest[:LONGEST]
        return len(text)

    def writable(self) -> bool:
        """It is."""
        return True

    def isatty(self) -> bool:
        """It is no terminal: programs leave out colours and progress bars."""
        return False

    def flush(self) -> None:
        """Hand on what has been written."""
        if self._echo is not None:
            self._echo.flush()

    def close(self) -> None:
        """Stay open: the program's stdout outlives the program's wish to close it."""

    def last(self, most: int) -> tuple[str, ...]:
        """Return the last lines, an unfinished one among them."""
        lines = [*self._lines, self._partial] if self._partial else list(self._lines)
        return tuple(lines[-most:]) if most else ()

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Be the program's stdout and stderr for a while."""
        before = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = self
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before
