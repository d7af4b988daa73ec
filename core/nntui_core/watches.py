"""Watch expressions: what each is worth now, in few characters."""

from typing import Any

import numpy as np

from nntui_core.frame import Watched
from nntui_core.looking import Looking, LookingError
from nntui_core.program import Program
from nntui_core.session import Session

MOST = 20
"""Watches that a session may have."""
FIRST = 4
"""Numbers of an array that are shown."""


class Watches:
    """Evaluates the watches of a session; an expression is read once for each text of the program."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._program: Program | None = None
        self._read: dict[str, Looking | str] = {}

    def now(self) -> tuple[Watched, ...]:
        """Return each watch with its value, or with why it has none."""
        session = self._session
        if session.program is not self._program:
            self._program, self._read = session.program, {}
        return tuple(Watched(text, self._value(text)) for text in session.watches)

    def _value(self, text: str) -> str:
        session = self._session
        if text not in self._read:
            try:
                self._read[text] = session.looking(text)
            except LookingError as error:
                self._read[text] = str(error)
        looking = self._read[text]
        if isinstance(looking, str):
            return looking
        try:
            return short(looking.value(session.interpreter.namespace))
        except LookingError as error:
            return str(error).removeprefix(f"`{looking.text}`: ")


def split(text: str) -> tuple[str, ...]:
    """Return the expressions of a line that has semicolons between them, each once.

    Raises:
        LookingError: there are too many.
    """
    found = tuple(dict.fromkeys(" ".join(part.split()) for part in text.split(";") if part.strip()))
    if len(found) > MOST:
        raise LookingError(f"these are {len(found)} expressions: {MOST} are watched at most")
    return found


def short(value: Any) -> str:
    """Write a value in few characters: a number in six digits, an array by its shape and its first numbers."""
    if isinstance(value, np.ndarray) and value.ndim:
        numbers = " ".join(short(number) for number in value.reshape(-1)[:FIRST].tolist())
        rest = " …" if value.size > FIRST else ""
        return f"{'×'.join(map(str, value.shape))} [{numbers}{rest}]"
    if isinstance(value, np.ndarray | np.generic):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float):
        text = " ".join(repr(value).split())
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


LONGEST = 60
"""Characters of what is no number."""
