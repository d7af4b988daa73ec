"""A table becomes inputs and targets: which columns are the target, and what their text stands for.

A target of text becomes one column for each different text, in sorted order, with a one for the class of the sample
(one-hot). Numbers stay numbers, unless the loss asks for classes: then whole numbers become classes in the same way.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nntui_core.datasets.delimited import Table, finite, number
from nntui_core.datasets.problem import DataError, listed, quoted
from nntui_core.values import Array

MOST_CLASSES = 1000


@dataclass(frozen=True)
class Samples:
    """Inputs `x` (samples, inputs), float64, and either targets `y` (samples, outputs) or the number of each
    sample's class in `labels`, shape (samples,).
    """

    x: Array
    y: Array
    labels: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


def samples(table: Table, target: str | None, classes: bool) -> Samples:
    """Return inputs and targets; `target` names columns, None for the last one.

    Raises:
        DataError: there is no such column, or something in a column is not what it should be.
    """
    chosen = _chosen(table, target)
    rest = [column for column in range(table.width) if column not in chosen]
    if not rest:
        option = "data" if target is None else "target"
        raise DataError(f"{table.path}: no column is left for the inputs: it has {table.width}", option)
    names = tuple(table.column(column) for column in rest)
    rows = range(len(table.rows))
    x = np.array([[finite(table, row, column) for column in rest] for row in rows])
    if len(chosen) == 1 and number(table.rows[0][chosen[0]]) is None:
        texts = [_text(table, row, chosen[0]) for row in rows]
        return Samples(x, *numbered(table.path, texts), names)
    y = np.array([[finite(table, row, column) for column in chosen] for row in rows])
    if classes and len(chosen) == 1:
        return Samples(x, *whole_numbers(table.path, y[:, 0]), names)
    return Samples(x, y, (), names)


def _text(table: Table, row: int, column: int) -> str:
    field = table.rows[row][column].strip()
    if not field:
        raise DataError(f"{table.place(row, column)} is empty: every sample needs a class there")
    if number(field) is not None:
        other = quoted(table.rows[0][column])
        raise DataError(
            f"{table.place(row, column)}: {quoted(field)} is a number, and line {table.lines[0]} has {other}"
        )
    return field


def numbered(path: str, texts: Sequence[str]) -> tuple[Array, tuple[str, ...]]:
    """Return the number of each sample's class, and the classes in sorted order.

    Raises:
        DataError: there is one class only, or there are too many.
    """
    labels = tuple(sorted(set(texts)))
    place = {label: at for at, label in enumerate(labels)}
    _refuse_count(path, labels, len(texts))
    return np.array([place[text] for text in texts]), labels


def whole_numbers(path: str, values: Array) -> tuple[Array, tuple[str, ...]]:
    """Return the same for classes that are whole numbers.

    Raises:
        DataError: one is not whole, there is one class only, or there are too many.
    """
    broken = np.flatnonzero(values != np.round(values))
    if broken.size:
        at = int(broken[0])
        raise DataError(
            f"{path}: the target of sample {at + 1} is {float(values[at])!r}, and classes are text or whole numbers;"
            f" --loss mse is for other numbers",
            "loss",
        )
    distinct, places = np.unique(values, return_inverse=True)
    labels = tuple(str(int(value)) for value in distinct.tolist())
    _refuse_count(path, labels, len(values))
    return places, labels


def _refuse_count(path: str, labels: Sequence[str], count: int) -> None:
    if len(labels) < 2:
        raise DataError(f"{path}: all {count:,} targets are {quoted(labels[0])}: there is nothing to tell apart")
    if len(labels) > MOST_CLASSES:
        raise DataError(
            f"{path}: {len(labels):,} different classes are too many; is the target another column?", "target"
        )


def _chosen(table: Table, target: str | None) -> list[int]:
    """Return the columns that a user names: by name, or by number, counted from 1."""
    if target is None:
        return [table.width - 1]
    if table.names.count(target.strip()) == 1:
        return [table.names.index(target.strip())]
    asked = next(csv.reader(io.StringIO(target), skipinitialspace=True), [])
    return list(dict.fromkeys(_column(table, name.strip()) for name in asked or [""]))


def _column(table: Table, name: str) -> int:
    count = table.names.count(name)
    if count > 1:
        raise DataError(f"{table.path}: {count} columns are called {quoted(name)}; their numbers would do", "target")
    if count:
        return table.names.index(name)
    if name.isascii() and name.isdigit() and 1 <= int(name) <= table.width:
        return int(name) - 1
    there = f"there are {listed(table.names)}" if table.names else "it has no header"
    raise DataError(
        f"{table.path}: there is no column {quoted(name)}; {there}; numbers go from 1 to {table.width}", "target"
    )
