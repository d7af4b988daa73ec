"""The dialog that sets a number of a matrix; the engine says what the variable cannot hold."""

import math
from collections.abc import Callable, Sequence

from nntui.dialogs.entry import EntryDialog, Field
from nntui_core.frame import Index

HINT = "enter: from here on · escape: leave it · U takes it back"


def cell_dialog(name: str, index: Index, present: float | None, send: Callable[[float], None]) -> EntryDialog:
    """Return a dialog that asks for the new number of a cell.

    Args:
        name: the variable.
        index: the cell; () for a number that is no array.
        present: what it holds, None where that is not in sight.
        send: takes the number.
    """
    label = f"{name}[{','.join(map(str, index))}]" if index else name

    def take(texts: Sequence[str]) -> None:
        send(read_number(texts[0]))

    return EntryDialog([Field(label, "" if present is None else repr(present))], HINT, take)


def read_number(text: str) -> float:
    """Read what a cell is to hold.

    Raises:
        ValueError: it is no finite number; the message says what would do.
    """
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{text.strip() or 'nothing'!r} is not a number: 0.5 or -1e-3 would do") from None
    if not math.isfinite(number):
        raise ValueError("a finite number is needed here: 0.5 or -1e-3 would do")
    return number
