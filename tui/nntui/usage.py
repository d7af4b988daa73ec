"""How the command line says no: one line that names the option, the file or the line, and what would do.

`argparse` answers a mistake with a page of usage; here a mistake is an exception with one sentence, and `nntui.cli`
prints it. The readers of option values (`whole`, `finite`) live here too: they are where most mistakes are found.
"""

import argparse
import difflib
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

MOST_ITERATIONS = 10**12
LARGEST_SEED = 2**32 - 1
"""The largest seed that every generator of NumPy takes."""


class InputError(Exception):
    """Something given to nntui that it cannot use; the message is one line."""


class UsageError(InputError):
    """A command line that cannot be read; `--help` would help."""


class Parser(argparse.ArgumentParser):
    """An `ArgumentParser` that raises its errors and knows the nearest option to a mistyped one."""

    def __init__(self, prog: str, **settings: Any) -> None:
        super().__init__(
            prog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
            **settings,
        )

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing a page of usage."""
        message = message.removeprefix("argument ")
        if message.endswith("expected one argument"):
            message += "; one that begins with a dash goes after =, as in --lr=-1e-3"
        raise UsageError(message)

    def read(self, argv: Sequence[str]) -> argparse.Namespace:
        """Parse a command line.

        Raises:
            UsageError: it cannot be read.
        """
        args, left = self.parse_known_intermixed_args(argv)
        if left:
            options = [word for word in left if word.startswith("-")]
            self.error(self._unknown(options[0]) if options else f"{short(left[0])} is one argument too many")
        return args

    def _unknown(self, option: str) -> str:
        word = option.split("=")[0]
        known = {name.strip("-"): name for action in self._actions for name in action.option_strings}
        near = nearest(word.strip("-"), known)
        return f"there is no option {short(word)}{suggestion(near and known[near])}"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is nearest to a mistyped one, None where none is near."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return near[0] if near else None


def suggestion(word: str | None) -> str:
    """Return `: did you mean …?`, nothing where there is nothing to suggest."""
    return "" if word is None else f": did you mean {word}?"


def printable(text: str) -> str:
    """Return a text in one line, its control characters written as escapes.

    Names of files and lines of programs are other people's: they must not move the cursor.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers between two bounds, for argparse."""

    def read(text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) < 30 and least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(f"{short(text)} is not a whole number from {least} to {most}")

    return read


def finite(examples: str) -> Callable[[str], float]:
    """Return a reader of finite numbers, for argparse; `examples` of what would do."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise argparse.ArgumentTypeError(f"{short(text)} is not a finite number; {examples} would do")
        return value

    return read


def short(text: str) -> str:
    """Return what was given in quotes, cut where it is long."""
    return repr(text if len(text) <= 40 else text[:37] + "...")
