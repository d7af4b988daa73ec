"""A terminal small enough to be checked by reading it."""

import re

from rich.cells import cell_len

Look = dict[str, str]
"""What a terminal writes with: attributes that are on, foreground and background."""


SEQUENCE = re.compile(r"\x1b\[(\d+;\d+)H|\x1b\[(\d+)C|\x1b\[([\d;]*)m|\x1b\[[^@-~]*[@-~]|([^\x1b\r\n])")


class Terminal:
    """A terminal after ECMA-48, as far as pictures need one: moves, looks and text; modes and questions are ignored."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], tuple[str, Look]] = {}
        self.x = self.y = 0
        self.look: Look = {}

    def text(self) -> str:
        """Return what is to be read on the screen."""
        wide, tall = (1 + max((place[k] for place in self.cells), default=0) for k in (0, 1))
        rows = ("".join(self.cells.get((x, y), " ")[0] for x in range(wide)).rstrip() for y in range(tall))
        return "\n".join(rows)

    def take(self, text: str) -> None:
        """Take what a program sends."""
        for sequence in SEQUENCE.finditer(text):
            moved, forward, look, character = sequence.groups()
            if moved:
                row, column = moved.split(";")
                self.x, self.y = int(column) - 1, int(row) - 1
            elif forward:
                self.x += int(forward)
            elif character is not None:
                self.cells[self.x, self.y] = (character, dict(self.look))
                if cell_len(character) == 2:
                    self.cells[self.x + 1, self.y] = ("", dict(self.look))
                self.x += cell_len(character)
            elif look is not None:
                self._take_look(look.split(";"))

    def _take_look(self, codes: list[str]) -> None:
        while codes:
            code = codes.pop(0)
            if code in ("", "0"):
                self.look = {}
            elif code in ("38", "48"):
                wide = 4 if codes[0] == "2" else 2
                self.look[f"colour {code[0]}"] = ";".join(codes[:wide])
                del codes[:wide]
            elif code in ("39", "49"):
                self.look.pop(f"colour {code[0]}", None)
            elif code == "22":
                self.look.pop("1", None)
                self.look.pop("2", None)
            elif code in ("23", "24", "27", "29"):
                self.look.pop(code[1], None)
            elif len(code) == 1:
                self.look[code] = "on"
            else:
                self.look[f"colour {3 if code[0] in '39' else 4}"] = code
