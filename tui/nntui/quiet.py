"""Running other people's programs without a screen: what they print is not nntui's result, nor are their warnings."""

import contextlib
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

from nntui.usage import InputError


@contextlib.contextmanager
def program_output_aside(name: str) -> Iterator[None]:
    """Send what a program prints to stderr, ignore its warnings, and do not end where it calls `exit`.

    Raises:
        InputError: it called `exit`.
    """
    with _streams_aside(), _descriptor_aside(), warnings.catch_warnings(action="ignore"):
        try:
            yield
        except SystemExit:
            raise InputError(f"{name}: the program called exit() before its loop was over") from None


@contextlib.contextmanager
def _streams_aside() -> Iterator[None]:
    """Put something that cannot be closed in the places of stdout, and of what Python keeps of the streams."""
    from nntui_core.output import Output

    aside: Any = Output(sys.stderr)
    kept = sys.stdout, sys.__stdout__, sys.__stderr__
    sys.stdout = sys.__stdout__ = sys.__stderr__ = aside  # type: ignore[misc]
    try:
        yield
    finally:
        sys.stdout, sys.__stdout__, sys.__stderr__ = kept  # type: ignore[misc]


@contextlib.contextmanager
def _descriptor_aside() -> Iterator[None]:
    """Send what processes that the program starts write to stdout to stderr as well."""
    try:
        kept = os.dup(1)
    except OSError:  # stdout is closed
        yield
        return
    try:
        with contextlib.suppress(OSError):
            os.dup2(2, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def threads_that_keep_the_process() -> list[threading.Thread]:
    """Return the threads of programs for which Python would wait before it ends."""
    return [t for t in threading.enumerate() if t is not threading.main_thread() and not t.daemon]
