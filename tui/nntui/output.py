"""The two ways out: results to stdout, everything else, a line each, to stderr.

Either may be closed, full, or a pipe whose reader has gone. None of these is a reason for a traceback.
"""

import contextlib
import os
import sys

from nntui.usage import InputError, printable


class NoReader(Exception):  # noqa: N818 - whoever reads has read enough
    """The other end of stdout has been closed."""


def emit(result: str | bytes) -> None:
    """Write a result to stdout, at once; bytes as they are.

    Raises:
        NoReader: nobody reads it.
        InputError: it cannot be written.
    """
    if sys.stdout is None:
        raise InputError("standard output is closed")
    try:
        if isinstance(result, bytes):
            sys.stdout.flush()
            sys.stdout.buffer.write(result)
        else:
            sys.stdout.write(result)
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go()
        raise NoReader from None
    except OSError as error:
        _let_go()
        raise InputError(f"standard output: {error.strerror}") from None
    except ValueError:
        raise InputError("standard output is closed") from None


def _let_go() -> None:
    """Point stdout at nothing, so that Python's last flush has nothing to complain of."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)


def say(message: str) -> None:
    """Write one line to stderr, if anybody is there."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            print(f"nntui: {printable(message)}", file=sys.stderr)


def ask(question: str) -> None:
    """Write a question to stderr; the answer goes on its line."""
    lines = map(printable, question.split("\n"))
    print("\n".join(lines), end="", file=sys.stderr, flush=True)


def show_every_character() -> None:
    """Let a terminal that lacks a character show its escape instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
