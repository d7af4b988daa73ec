"""The terminal's screen as it should be and as it is; what goes over the wire is the difference.

Textual paints rectangles: every cell of them with all of its colours, whether or not it has changed. At the far end
of a slow wire that costs seconds. So what it paints is drawn on a canvas here, and the terminal is sent the cells
that differ from what it shows, with no more about colours than what changes from one cell to the next. What is
painted while the terminal is busy with the last picture is merged by that, too. The `curses` library does the same.
"""

import re
from functools import lru_cache
from itertools import repeat

from rich.cells import cell_len

PICTURE = re.compile(r"\x1b\[\d+;\d+H")
"""What a picture begins with: the cursor is moved (CUP, ECMA-48, 8.3.21)."""
_TOKEN = re.compile(r"\x1b\[(?:(\d+);(\d+)H|([\d;]*)m)|\n")
"""What pictures are made of besides text: moves, looks (SGR, ECMA-48, 8.3.117) and ends of lines, before a move."""
_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "7": "27", "8": "28", "9": "29"}
"""What takes an attribute away; bold and dim go together."""
SHORT = 4
"""Unchanged cells that are rather written again than jumped over: a jump takes as many bytes."""
LARGEST = 10_000
"""Columns and rows of a screen whose size is not known."""

Cell = tuple[str, str]
"""A character and its look: the parameters of SGR. The right half of a wide character is empty."""


class Canvas:
    """Takes pictures, and says what makes the terminal show them."""

    def __init__(self) -> None:
        self._size = (LARGEST, LARGEST)
        self._wanted: list[list[Cell]] = []
        self._shown: list[list[Cell | None]] = []
        self._touched: set[int] = set()
        """Rows that have been drawn in since the last difference."""
        self._cursor = (0, 0)

    def forget(self, width: int, height: int) -> None:
        """The terminal has another size, or something else may be on it: all of it will be sent again."""
        self._size = (width, height)
        self._wanted = [row[:width] for row in self._wanted[:height]]
        self._shown = []
        self._touched = set(range(len(self._wanted)))

    def draw(self, picture: str) -> None:
        """Draw what Textual would send to a terminal: text, moves and looks."""
        x = y = at = 0
        look = ""
        for token in _TOKEN.finditer(picture):
            x = self._write(picture[at : token.start()], x, y, look)
            at = token.end()
            if token[1]:
                x, y = int(token[2]) - 1, int(token[1]) - 1
            elif token[3] is not None:
                look = "" if token[3] == "0" else token[3]
        x = self._write(picture[at:], x, y, look)
        self._cursor = (x, y)

    def _write(self, text: str, x: int, y: int, look: str) -> int:
        """Put text into cells; return the column after it. What is beyond an edge is lost."""
        width, height = self._size
        if not text or y >= height:
            return x
        while len(self._wanted) <= y:
            self._wanted.append([])
        self._touched.add(y)
        row = self._wanted[y]
        cells = _cells(text, look)
        row.extend([(" ", "")] * (x - len(row)))
        row[x : x + len(cells)] = cells
        del row[width:]
        return x + len(cells)

    def difference(self) -> str:
        """Return what makes the terminal show what has been drawn, "" where it does; from now on it is taken to."""
        out: list[str] = []
        pen = _Pen(out)
        self._shown += [[] for _ in range(len(self._wanted) - len(self._shown))]
        for y in sorted(self._touched):
            row, old = self._wanted[y], self._shown[y]
            if row != old:
                pen.row(y, row, [*old, *[None] * (len(row) - len(old))])
                self._shown[y] = list(row)
        self._touched.clear()
        if not out:
            return ""
        x, y = self._cursor
        return f"{''.join(out)}\x1b[0m\x1b[{y + 1};{x + 1}H"


class _Pen:
    """Writes cells with as few bytes as it takes; it knows where the cursor is and how it writes."""

    def __init__(self, out: list[str]) -> None:
        self._out = out
        self._look: str | None = None
        self._at = (-1, -1)

    def row(self, y: int, row: list[Cell], old: list[Cell | None]) -> None:
        """Write those cells of a row that are not as they were."""
        for x, cell in enumerate(row):
            character, look = cell
            if cell == old[x] or not character:
                continue
            self._go(x, y, row)
            if look != self._look:
                self._out.append(change(self._look, look))
                self._look = look
            self._out.append(character)
            self._at = (x + cell_len(character), y)

    def _go(self, x: int, y: int, row: list[Cell]) -> None:
        here, line = self._at
        if line != y:
            self._out.append(f"\x1b[{y + 1};{x + 1}H")
        elif 0 < x - here <= SHORT and all(look == self._look for _, look in row[here:x]):
            self._out.append("".join(character for character, _ in row[here:x]))
        elif x != here:
            self._out.append(f"\x1b[{x - here}C")


def _cells(text: str, look: str) -> list[Cell]:
    """Return the cells that a text fills."""
    if text.isascii() or cell_len(text) == len(text):
        return list(zip(text, repeat(look), strict=False))
    cells: list[Cell] = []
    pending = ""
    for character in text:
        width = cell_len(character)
        if width and pending:
            cells += _wide(pending, look)
            pending = ""
        pending += character  # what has no width belongs to the character before it
    return cells + _wide(pending, look)


def _wide(character: str, look: str) -> list[Cell]:
    return [(character, look)] + [("", look)] * (cell_len(character) - 1)


@lru_cache(4096)
def change(old: str | None, new: str) -> str:
    """Return the shortest sequence that makes a terminal write with a new look after an old one, None for any."""
    anew = f"\x1b[0;{new}m" if new else "\x1b[0m"
    if old is None:
        return anew
    (had, *colours), (has, *fresh) = _parts(old), _parts(new)
    gone, more = had - has, has - had
    if {_OFF.get(a) for a in gone} & {_OFF.get(a) for a in has} or not gone <= _OFF.keys():
        return anew  # what takes one attribute away would take one that stays
    codes = [*sorted(_OFF[a] for a in gone), *sorted(more)]
    codes += [
        code or default for code, before, default in zip(fresh, colours, ("39", "49"), strict=True) if code != before
    ]
    step = f"\x1b[{';'.join(codes)}m"
    return min(step, anew, key=len)


@lru_cache(4096)
def _parts(look: str) -> tuple[frozenset[str], str, str]:
    """Split a look into attributes, foreground and background; a colour that is not given is ""."""
    attributes, colours = set(), {"3": "", "4": ""}
    codes = iter(look.split(";") if look else ())
    for code in codes:
        if code in ("38", "48"):
            kind = next(codes)
            rest = [next(codes) for _ in range(3 if kind == "2" else 1)]
            colours[code[0]] = ";".join((code, kind, *rest))
        elif len(code) > 1:  # 30 to 37 and 90 to 97, 40 to 47 and 100 to 107
            colours["3" if code[0] in "39" else "4"] = "" if code in ("39", "49") else code
        else:
            attributes.add(code)
    return frozenset(attributes), colours["3"], colours["4"]
