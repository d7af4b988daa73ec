"""A number that the user sets: an event with its position, as if `W1[0, 2] = 0.5` stood there for one iteration.

The live array is changed in place, as that line would do it: every other name for the array sees the number too, and
states and checkpoints that have been kept do not, since they are copies.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nntui_core import places
from nntui_core.frame import Index
from nntui_core.interpreter import Interpreter, Position
from nntui_core.values import is_data, is_numeric


@dataclass(frozen=True, slots=True)
class CellEdit:
    """A cell of a variable was set before the statement at `position`; a number that is no array has the index ()."""

    position: Position
    name: str
    index: Index
    value: float

    def apply(self, interpreter: Interpreter) -> None:
        """Set it again. Where there is no such cell, as a file may claim, nothing is done."""
        try:
            _put(interpreter.namespace, self.name, self.index, self.value)
        except ValueError:
            return

    def __str__(self) -> str:
        return f"{label(self.name, self.index)} = {self.value!r}"


def label(name: str, index: Index) -> str:
    """Return a cell as it is written in a program."""
    return f"{name}[{','.join(map(str, index))}]" if index else name


def fitted(namespace: Mapping[str, Any], name: str, index: Index, value: float) -> float:
    """Return a number as the variable would hold it: whole in an array of whole numbers, rounded in one of float32.

    Raises:
        ValueError: there is no such cell, or it cannot hold the number; the message says what would do.
    """
    held = _held(namespace, name)
    if not is_numeric(held):
        raise ValueError(f"{name} holds nothing that could be set as a number")
    if isinstance(held, np.ndarray):
        if len(index) != held.ndim or not all(0 <= i < n for i, n in zip(index, held.shape, strict=True)):
            raise ValueError(f"there is no {label(name, index)}")
        if not held.flags.writeable:
            raise ValueError(f"the program has made {name} read-only")
    elif index:
        raise ValueError(f"there is no {label(name, index)}")
    else:
        _check_place(namespace, name, held)
    return _as(np.asarray(held).dtype, name, value)


def _held(namespace: Mapping[str, Any], name: str) -> Any:
    base = places.base(name)
    return places.value(namespace, name) if is_data(base, namespace.get(base)) else None


def _check_place(namespace: Mapping[str, Any], name: str, held: Any) -> None:
    """Make sure that a place takes a number, by what it holds already: a property or a frozen object may refuse it."""
    try:
        places.put(dict(namespace), name, held)
    except Exception as error:  # noqa: BLE001 - whatever the object that holds the place raises
        raise ValueError(f"{name} cannot be set: {error}") from None


def _as(dtype: "np.dtype[Any]", name: str, value: float) -> float:
    if dtype.kind not in "fiub":
        raise ValueError(f"{name} holds nothing that could be set as a number")
    if not math.isfinite(value):
        raise ValueError(f"{value} is not finite: a number such as 0.5 would do")
    if dtype.kind == "b":
        if value not in (0, 1):
            raise ValueError(f"{name} holds True and False: 1 or 0 would do")
        return bool(value)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if value != int(value) or not limits.min <= value <= limits.max:
            raise ValueError(f"{name} holds whole numbers from {limits.min} to {limits.max}, and {value!r} is none")
        return int(value)
    with np.errstate(all="ignore"):
        rounded = float(dtype.type(value))
    if not math.isfinite(rounded):
        raise ValueError(f"{value!r} is too large for {name}, which holds {dtype}")
    return rounded


def _put(namespace: dict[str, Any], name: str, index: Index, value: float) -> None:
    """Put a number into a cell of a live namespace.

    Raises:
        ValueError: it does not fit there.
    """
    number = fitted(namespace, name, index, value)
    held = _held(namespace, name)
    if isinstance(held, np.ndarray):
        held[index] = number
    else:
        places.put(namespace, name, type(held)(number))
