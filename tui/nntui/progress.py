"""A progress bar for a run without a screen: one line on stderr, drawn only where stderr is a terminal.

It uses nothing but a carriage return and spaces, which every terminal understands, and is gone at the end.
"""

import math
import os
import time
from typing import TextIO

EVERY = 0.1
"""Seconds between two drawings; a run shorter than this shows none."""
WIDEST_BAR = 30


class Progress:
    """The line; `total` is None where the number of iterations is not known."""

    def __init__(self, stream: TextIO | None, total: int | None) -> None:
        self.stream = stream if stream is not None and stream.isatty() else None
        self.total = total
        self._start = self._drawn_at = time.monotonic()
        self._length = 0

    def show(self, done: int, loss: float | None) -> None:
        """Draw the line, unless it has been drawn a moment ago."""
        now = time.monotonic()
        if self.stream is None or now - self._drawn_at < EVERY:
            return
        self._drawn_at = now
        columns = _columns(self.stream)
        text = line(done, self.total, loss, now - self._start, columns)
        self._write(text.ljust(min(self._length, columns - 1)))
        self._length = len(text)

    def erase(self) -> None:
        """Leave the terminal's line empty."""
        if self._length:
            self._write(" " * self._length + "\r")
            self._length = 0

    def _write(self, text: str) -> None:
        if self.stream is not None:
            self.stream.write("\r" + text)
            self.stream.flush()


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def line(done: int, total: int | None, loss: float | None, seconds: float, columns: int) -> str:
    """Return the line, shorter than the terminal is wide."""
    per_second = done / seconds if seconds > 0 else 0.0
    parts = [f"{done:,} iterations" if total is None else f"{done:,}/{total:,}", f"{per_second:,.0f} it/s"]
    if loss is not None:
        parts.append(f"loss {loss:.4g}")
    if total is not None and per_second > 0:
        parts.append(f"{duration((total - done) / per_second)} left")
    text = "  ".join(parts)
    width = min(WIDEST_BAR, columns - len(text) - 5)
    if total and width >= 5:
        filled = width * min(done, total) // total
        text = f"[{'#' * filled}{'-' * (width - filled)}]  {text}"
    return text[: max(columns - 1, 0)]


def duration(seconds: float) -> str:
    """Return a time as people say it: `8s`, `3m 20s`, `2h 05m`, `12 days`."""
    whole = math.ceil(seconds)
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if days >= 2:
        return f"{days:,} days"
    if hours:
        return f"{hours}h {minutes % 60:02}m"
    return f"{minutes}m {whole % 60:02}s" if minutes else f"{whole}s"
