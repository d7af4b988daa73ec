"""Running other people's programs without a screen: what they print is not nntui's result, nor are their warnings."""

import contextlib
import sys
import warnings
from collections.abc import Iterator

from nntui.usage import InputError


@contextlib.contextmanager
def program_output_aside(name: str) -> Iterator[None]:
    """Send what a program prints to stderr, ignore its warnings, and do not end where it calls `exit`.

    Raises:
        InputError: it called `exit`.
    """
    with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings(action="ignore"):
        try:
            yield
        except SystemExit:
            raise InputError(f"{name}: the program called exit() before its loop was over") from None
