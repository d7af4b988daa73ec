"""What the terminal can do, found out before the screen opens.

* A terminal that cannot move its cursor (`TERM=dumb`) is refused.
* Where the locale is not UTF-8, the screen is drawn in ASCII.
* Colours are taken from the 256 of the xterm palette even where more could be had: naming one of them takes half the
  bytes, and bytes are what is scarce at the far end of a wire.
"""

import locale
import os
from collections.abc import Mapping
from dataclasses import dataclass

from nntui.usage import InputError

FRAMES_A_SECOND = 6.0
"""Pictures a second while running, at most: under 20 KB/s at 80×24."""


@dataclass(frozen=True, slots=True)
class Display:
    """How the screen is to be drawn."""

    fps: float = FRAMES_A_SECOND
    ascii: bool = False
    mouse: bool = True
    theme: str = "textual-dark"


def refuse_dumb(environment: Mapping[str, str]) -> None:
    """Refuse a terminal that cannot show a screen.

    Raises:
        InputError: it cannot.
    """
    if environment.get("TERM", "") in ("dumb", ""):
        kind = environment.get("TERM") or "unset"
        raise InputError(
            f"TERM is {kind}: the screen needs a terminal that can move its cursor; nntui run does without one"
        )


def is_utf8() -> bool:
    """Tell whether the locale writes UTF-8."""
    return locale.getpreferredencoding(False).upper().replace("-", "") == "UTF8"


def size() -> tuple[int, int] | None:
    """Return the columns and rows of the terminal that is drawn on, None where it is none."""
    try:
        columns, rows = os.get_terminal_size(2)  # Textual draws on stderr
    except OSError:
        return None
    return (columns, rows) if columns and rows else None  # a terminal that nobody has told its size says 0


def save_bytes() -> None:
    """Let Textual use 256 colours where it would use 16 million; to be called before Textual is imported."""
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        os.environ.setdefault("TEXTUAL_COLOR_SYSTEM", "256")
