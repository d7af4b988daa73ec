"""How a cell is called on the command line: `dW2[2,0]`, `b1[-1]`, `params['W1'][0,1]`, and `loss` for a number."""

import difflib
import re
from collections.abc import Iterable

from nntui.usage import InputError, UsageError, short

Index = tuple[int, ...]

NUMBER = r"\s*[+-]?[0-9]{1,18}\s*"
WORD = r"[^\W\d]\w*"
KEY = r"""\[\s*('[^'\\]*'|"[^"\\]*")\s*\]"""
ELEMENT = r"\[[0-9]{1,9}\](?=\s*[\[.])"
"""An element of a list: `weights[0][1,2]`."""
PLACE = rf"{WORD}(?:\.{WORD}|{ELEMENT}|{KEY.replace('(', '(?:', 1)})*"
CELL = re.compile(rf"\s*({PLACE})\s*(?:\[({NUMBER}(?:,{NUMBER})*),?\s*\])?\s*")


def read(text: str) -> tuple[str, Index]:
    """Return a cell's variable and its index.

    Raises:
        UsageError: it is not written as a cell is.
    """
    found = CELL.fullmatch(text)
    if found is None:
        raise UsageError(f"{short(text)} does not name a number: 'dW2[2,0]' would, or 'loss' where there is only one")
    name, inside = found.groups()
    name = re.sub(KEY, lambda key: f"[{key[1][1:-1]!r}]", name)  # as places are written
    return name, tuple(int(part) for part in (inside or "").split(",") if part.strip())


def written(name: str, index: Index) -> str:
    """Return how a cell is called."""
    return f"{name}[{','.join(map(str, index))}]" if index else name


def fitting(name: str, index: Index, shape: Index) -> Index:
    """Return an index without negative numbers.

    Raises:
        InputError: an array of that shape has no such cell.
    """
    if len(index) == len(shape) and all(-n <= i < n for i, n in zip(index, shape, strict=True)):
        return tuple(i % n for i, n in zip(index, shape, strict=True))
    if not shape:
        raise InputError(f"{name} is a single number: {name!r} names it, without an index")
    sizes = ",".join(map(str, shape)) + ("," if len(shape) == 1 else "")
    last = written(name, tuple(n - 1 for n in shape))
    there = f"its last cell is '{last}'" if 0 not in shape else "it has no cells"
    asked = f"there is no {written(name, index)}" if index else f"{name} is not a single number"
    raise InputError(f"{asked}: {name} has the shape ({sizes}), {there}")


def like(name: str, known: Iterable[str]) -> str:
    """Return which known names are close to a mistyped one, as the end of a sentence; all of them where none is."""
    names = sorted(known)
    lower = {other.lower(): other for other in reversed(names)}
    near = dict.fromkeys([*difflib.get_close_matches(name, names, 3, 0.5), *_close(name.lower(), lower)])
    if near:
        return f": did you mean {' or '.join(list(near)[:4])}?"
    return f"; there are {', '.join(names[:20])}{', …' if len(names) > 20 else ''}" if names else ""


def _close(name: str, lower: dict[str, str]) -> list[str]:
    return [lower[other] for other in difflib.get_close_matches(name, lower, 3, 0.5)]
