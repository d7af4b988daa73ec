"""What a program prints: kept as lines in bounded memory, never over the screen.

While the program's code runs, `sys.stdout` and `sys.stderr` are an `Output`, or what the program has put in their
places. A replay prints again what has been printed before: it is not kept a second time. A program that closes its
stdout closes nothing, and one that writes to a reader who has gone is not told so.
"""

import contextlib
import io
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TextIO

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
        self._programs: tuple[Any, Any] = (self, self)
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._partial = ""

    def write(self, text: str) -> int:
        """Keep a text."""
        if self.quiet:
            return len(text)
        if self._echo is not None:
            try:
                self._echo.write(text)
            except (OSError, ValueError):  # nobody reads it, or it is closed
                self._echo = None
        *whole, rest = (self._partial + text).split("\n")
        self._lines.extend(_overtyped(line.rstrip("\r"))[:LONGEST] for line in whole)
        self.count += len(whole)
        self._partial = _overtyped(rest)[:LONGEST]
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
            with contextlib.suppress(OSError, ValueError):
                self._echo.flush()

    def close(self) -> None:
        """Stay open: the program's stdout outlives the program's wish to close it."""

    def take_up(self, lines: Iterable[str], count: int) -> None:
        """Hold what had been printed before: its last lines, and how many there had been in all."""
        self._lines = deque((line[:LONGEST] for line in lines), maxlen=MOST_LINES)
        self.count, self._partial = count, ""

    def last(self, most: int) -> tuple[str, ...]:
        """Return the last lines, an unfinished one among them."""
        return self.lines(None, most)[1]

    def lines(self, first: int | None, most: int) -> tuple[int, tuple[str, ...]]:
        """Return lines from number `first` on (None: the last ones), so many at most, and the first one's number.

        Lines are numbered from 0 on; an unfinished one is the last. Where line `first` has been forgotten, or comes
        so late that fewer are left than there is room for, the nearest that can be had are returned.
        """
        kept, oldest = len(self._lines) + bool(self._partial), self.oldest
        latest = max(oldest + kept - most, oldest)
        start = latest if first is None else min(max(first, oldest), latest)
        end = min(start - oldest + most, kept)
        found = tuple(islice(self._lines, start - oldest, end))
        return start, (*found, self._partial) if self._partial and end == kept and most else found

    @property
    def oldest(self) -> int:
        """The number of the first line that is still kept."""
        return self.count - len(self._lines)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Every character can be written."""
        return "utf-8"

    def reconfigure(self, **_: object) -> None:
        """Take it as said: there is nothing to configure."""

    @property
    def buffer(self) -> io.RawIOBase:
        """Where a program may write bytes."""
        return _Bytes(self)

    @contextlib.contextmanager
    def installed(self, anew: bool = False) -> Iterator[None]:
        """Be the program's stdout and stderr for a while, unless it has put something else there.

        `anew` says that the program starts: what a former one did is over.
        """
        before = sys.stdout, sys.stderr
        if anew:
            self._programs = (self, self)
        replay = self.quiet
        sys.stdout, sys.stderr = (self, self) if replay else self._programs
        try:
            yield
        finally:
            if not replay:
                self._programs = (sys.stdout, sys.stderr)
            sys.stdout, sys.stderr = before


def _overtyped(line: str) -> str:
    """Return what a terminal shows of a line: `\\r` goes back to its beginning, as progress bars do."""
    if "\r" not in line:
        return line
    written = line.rstrip("\r")
    return written.rpartition("\r")[2] + line[len(written) :][:1]


class _Bytes(io.RawIOBase):
    """The bytes beneath an `Output`: they are UTF-8, or are shown as escapes."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """Keep bytes as text."""
        found = bytes(data)
        self._output.write(found.decode(errors="backslashreplace"))
        return len(found)

    def close(self) -> None:
        """Stay open."""
