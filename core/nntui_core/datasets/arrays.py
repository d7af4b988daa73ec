"""Samples from a NumPy archive: `np.savez("data.npz", x=x, y=y)` writes one.

`x` is (samples, inputs), further dimensions are put into one row each; `y` is (samples,) or (samples, outputs), of
numbers or text. An archive with one table alone is read as a file of numbers would be. Nothing is unpickled.
"""

import numpy as np

from nntui_core.archive import Broken
from nntui_core.datasets.columns import Samples, numbered, whole_numbers
from nntui_core.datasets.delimited import MOST_FIELDS, MOST_ROWS
from nntui_core.datasets.problem import DataError, listed, quoted
from nntui_core.failure import shape_text
from nntui_core.foreign import arrays_in
from nntui_core.values import Array

WOULD_DO = 'np.savez("data.npz", x=x, y=y) writes one'


def read(path: str, target: str | None, classes: bool) -> Samples:
    """Return the samples of an archive; `target` names an array, or columns of the only one.

    Raises:
        DataError: it cannot be read, or what is in it does not fit.
    """
    try:
        arrays = arrays_in(path, WOULD_DO, 16 * MOST_FIELDS)
    except Broken as error:
        raise DataError(f"{path}: {error}") from None
    x, y = _parts(path, arrays, target)
    _refuse_sizes(path, x, y)
    inputs = _numbers(path, "x", x).reshape(len(x), -1)
    columns = tuple(f"input {column + 1}" for column in range(inputs.shape[1]))
    if y.dtype.kind == "U":
        if y.ndim != 1:
            raise DataError(f"{path}: y is text of shape {shape_text(y)}; one text for each sample would do")
        return Samples(inputs, *numbered(path, y.tolist()), columns)
    outputs = _numbers(path, "y", y).reshape(len(y), -1)
    if classes and outputs.shape[1] == 1:
        return Samples(inputs, *whole_numbers(path, outputs[:, 0]), columns)
    return Samples(inputs, outputs, (), columns)


def _parts(path: str, arrays: dict[str, Array], target: str | None) -> tuple[Array, Array]:
    """Return the arrays that are inputs and targets."""
    by_name = {name.lower(): value for name, value in arrays.items()}
    if target is not None and target in arrays and "x" in by_name:
        return by_name["x"], arrays[target]
    if "x" in by_name and "y" in by_name and target is None:
        return by_name["x"], by_name["y"]
    if len(arrays) == 1 and next(iter(arrays.values())).ndim == 2:
        return _divided(path, next(iter(arrays.values())), target)
    there = listed(tuple(arrays))
    if target is not None and "x" in by_name:
        raise DataError(f"{path}: there is no array {quoted(target)}; there are {there}", "target")
    raise DataError(f"{path}: it needs arrays x and y, and has {there}; {WOULD_DO}")


def _divided(path: str, table: Array, target: str | None) -> tuple[Array, Array]:
    """Return the columns of a table that are inputs and those that are targets; counted from 1."""
    width = table.shape[1]
    asked = str(width) if target is None else target
    chosen = []
    for word in (part.strip() for part in asked.split(",")):
        if not (word.isascii() and word.isdigit() and 1 <= int(word) <= width):
            raise DataError(f"{path}: there is no column {quoted(word)}; numbers go from 1 to {width}", "target")
        chosen.append(int(word) - 1)
    rest = [column for column in range(width) if column not in chosen]
    if not rest:
        raise DataError(f"{path}: no column is left for the inputs: it has {width}", "target")
    return table[:, rest], table[:, chosen]


def _refuse_sizes(path: str, x: Array, y: Array) -> None:
    for name, array in (("x", x), ("y", y)):
        if not array.ndim or not array.size:
            raise DataError(f"{path}: {name} is empty or a single number: its shape is {shape_text(array)}")
    if len(x) != len(y):
        raise DataError(f"{path}: x has {len(x):,} rows and y {len(y):,}: each sample needs both")
    if len(x) > MOST_ROWS or x.size + y.size > MOST_FIELDS:
        raise DataError(f"{path}: {len(x):,} samples of {x.size // len(x):,} numbers are too many; a part would do")


def _numbers(path: str, name: str, array: Array) -> Array:
    if array.dtype.kind not in "biuf":
        raise DataError(f"{path}: {name} is not numeric: its dtype is {array.dtype}; float64 would do")
    numbers = array.astype(np.float64)
    bad = np.argwhere(~np.isfinite(numbers))
    if bad.size:
        cell = tuple(bad[0].tolist())
        raise DataError(f"{path}: {name}[{', '.join(map(str, cell))}] is {float(numbers[cell])}, not a finite number")
    return numbers
