"""Samples from a file are written into the program: a few as numbers, many as packed bytes in one line.

So a program, its export and its session file stand alone, and nothing changes when the file does. Packed numbers
are the bytes of the smallest type that holds them exactly, compressed (zlib), as letters (base 85).
"""

import base64
import zlib

import numpy as np

from nntui_core.datasets.columns import Samples
from nntui_core.datasets.data import Data
from nntui_core.datasets.problem import DataError
from nntui_core.values import Array

WRITTEN_OUT = 200
"""Numbers that are written as numbers."""
LONGEST = 1_500_000
"""Letters of packed numbers that a program may have: it can still be opened as a script."""

TYPES = ("uint8", "<i2", "<i4", "<f4", "<f8")

UNPACKED = '''\
def unpacked(letters, kind, shape):
    """Return the numbers that stand in letters: bytes of a kind, compressed, in base 85."""
    return np.frombuffer(zlib.decompress(base64.b85decode(letters)), kind).reshape(shape)'''


def embedded(name: str, title: str, options: str, samples: Samples) -> Data:
    """Return samples as lines of a program.

    Raises:
        DataError: they are too many for that.
    """
    x, y, labels = samples.x, samples.y, samples.labels
    target = f"np.eye({len(labels)})[{_whole(y)}]" if labels else _floats(y)
    lines = (f"x = {_floats(x)}", f"y = {target}")
    letters = sum(map(len, lines))
    if letters > LONGEST:
        raise DataError(
            f"{name}: {x.size + y.size:,} numbers take {letters / 1e6:.1f} MB in the program, and"
            f" {LONGEST / 1e6} are the most; a part of the samples would do"
        )
    packed = any("unpacked(" in line for line in lines)
    return Data(
        name,
        title,
        lines,
        inputs=x.shape[1],
        outputs=len(labels) or y.shape[1],
        samples=len(x),
        functions=(UNPACKED,) if packed else (),
        imports=("base64", "zlib") if packed else (),
        labels=labels,
        columns=samples.columns,
        options=options,
    )


def _floats(array: Array) -> str:
    if array.size > WRITTEN_OUT:
        return f"{_packed(array)}.astype(float)"
    whole = _same(_cast(array, "<i4"), array)
    return f"np.array({(array.astype(int) if whole else array).tolist()}, dtype=float)"


def _whole(array: Array) -> str:
    return _packed(array) if array.size > WRITTEN_OUT else str(array.tolist())


def _packed(array: Array) -> str:
    kind, held = next((kind, held) for kind in TYPES if _same(held := _cast(array, kind), array))
    letters = base64.b85encode(zlib.compress(held.tobytes(), 9)).decode("ascii")
    return f'unpacked("{letters}", "{kind}", {array.shape})'


def _cast(array: Array, kind: str) -> Array:
    with np.errstate(all="ignore"):
        return array.astype(kind)


def _same(held: Array, array: Array) -> bool:
    """Tell whether a cast has changed no number, not even the sign of a zero."""
    back = held.astype(array.dtype)
    return bool(np.array_equal(back, array) and np.array_equal(np.signbit(back), np.signbit(array)))
