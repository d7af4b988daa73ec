"""A file of comma or tab separated values as a table of text: what stands in which line and column.

Quoted fields are read as the csv module reads them (RFC 4180); a field may have line breaks in it. The first row is
a header where none of its fields is a number, unless the user says otherwise.
"""

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass

from nntui_core.archive import Broken, opened
from nntui_core.datasets.problem import DataError, quoted

MOST_ROWS = 200_000
MOST_FIELDS = 5_000_000
LOOKED_AT = 64 * 1024
"""Bytes at the beginning that tell whether it is text, and what separates the fields."""


@dataclass(frozen=True)
class Table:
    """Rows of fields, all of one length; `lines` are their line numbers in the file, counted from 1."""

    path: str
    names: tuple[str, ...]
    """The columns' names, empty where the file has no header."""
    rows: list[list[str]]
    lines: list[int]

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.rows[0])

    def place(self, row: int, column: int) -> str:
        """Return where a field stands, in words."""
        return f"{self.path}, line {self.lines[row]}, {self.column(column)}"

    def column(self, column: int) -> str:
        """Return a column's number, counted from 1, and its name where it has one."""
        return f"column {column + 1}" + (f" ({quoted(self.names[column])})" if self.names else "")


def number(field: str) -> float | None:
    """Return the number that a field holds, None where it holds none."""
    try:
        return None if "_" in field else float(field)
    except ValueError:
        return None


def read(path: str, header: bool | None = None) -> Table:
    """Read a file; `header` tells whether its first row is one, None where that is to be found out.

    Raises:
        DataError: it cannot be read, is not text, has rows of different lengths, or too many.
    """
    try:
        with opened(path) as file:
            beginning = file.read(LOOKED_AT)
            if b"\0" in beginning:
                raise DataError(f"{path}: this is a binary file; .csv and .tsv are text, numbers with commas between")
            file.seek(0)
            text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
            numbered = list(_rows(path, text, _separator(path, beginning)))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or 'it cannot be read'}") from None
    except Broken as error:
        raise DataError(f"{path}: {error}") from None
    if not numbered:
        raise DataError(f"{path}: the file is empty")
    lines, rows = [line for line, _ in numbered], [row for _, row in numbered]
    has_header = all(number(field) is None for field in rows[0]) if header is None else header
    names = tuple(field.strip() for field in rows[0]) if has_header else ()
    if has_header:
        lines, rows = lines[1:], rows[1:]
    if not rows:
        raise DataError(f"{path}: there is a header, and no samples below it (--no-header: the first row is a sample)")
    return Table(path, names, rows, lines)


def _separator(path: str, beginning: bytes) -> str:
    if path.lower().endswith(".tsv"):
        return "\t"
    first = beginning.split(b"\n", 1)[0]
    return ";" if b";" in first and b"," not in first else ","  # as spreadsheets write where a comma is in numbers


def _rows(path: str, text: io.TextIOWrapper, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number and the fields of each row that is not blank."""
    reader = csv.reader(text, delimiter=separator, strict=True)
    line, width, first, count = 1, 0, 1, 0
    try:
        for row in reader:
            here, line = line, reader.line_num + 1
            if len(row) <= 1 and not "".join(row).strip():
                continue
            width, first = width or len(row), first if width else here
            if len(row) != width:
                has = f"{len(row)} column{'' if len(row) == 1 else 's'}, and line {first} has {width}"
                raise DataError(f"{path}, line {here}: this line has {has}")
            count += 1
            if count > MOST_ROWS or count * width > MOST_FIELDS:
                what = f"{MOST_ROWS:,} rows" if count > MOST_ROWS else f"{MOST_FIELDS:,} numbers"
                raise DataError(f"{path}, line {here}: more than {what} are too many; a part of them would do")
            yield here, row
    except csv.Error as error:
        what = "a quote is opened and never closed" if "end of data" in str(error) else str(error)
        raise DataError(f"{path}, line {line}: {what}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}, line {_first_bad_line(path)}: this is not UTF-8; save the file as UTF-8") from None


def _first_bad_line(path: str) -> int:
    with opened(path) as file:
        for line, content in enumerate(file, start=1):
            try:
                content.decode("utf-8")
            except UnicodeDecodeError:
                return line
    return 1


def finite(table: Table, row: int, column: int) -> float:
    """Return the number in a field.

    Raises:
        DataError: it is empty, no number, or not a finite one.
    """
    field = table.rows[row][column]
    value = number(field)
    if value is not None and math.isfinite(value):
        return value
    if not field.strip():
        raise DataError(f"{table.place(row, column)} is empty: every sample needs a number there")
    what = "is not a number" if value is None else "is not a finite number"
    hint = "; is it a header? --header says so" if value is None and row == 0 and not table.names else ""
    raise DataError(f"{table.place(row, column)}: {quoted(field)} {what}{hint}")
