"""Where each panel goes: a pure function of the screen's size and of what there is to show.

The screen has a header and a flow line on top, an explanation and a footer at the bottom. Between them stand the
matrices in shelves (weights with the pre-activations beside them, deltas with the activations, gradients with the
rest), the loss curve with the predictions below it at the right, and the program. A small terminal shows one panel.
Whatever is not in sight comes into sight when it gets the focus.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from nntui_core.frame import Variable

CELL = 7
"""Columns of a number in a matrix, with the blank before it."""
SMALL = (80, 24)
WIDE = 110
"""From this width on the right column reaches down to the bottom."""

LOSS, PREDICTIONS, OUTPUT, CODE = "loss curve", "predictions", "printed output", "code"
"""Names of the panels that are no matrices; no Python name has a blank, so `loss curve` cannot be a variable."""
SURFACE, DIAGRAM = "decision surface", "network diagram"
CONFUSION, WORST = "confusion matrix", "worst samples"
DRAWINGS = (SURFACE, DIAGRAM, CONFUSION, WORST)
"""Panels that a key brings up; one of them at a time."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the screen, in cells."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Wish:
    """A matrix that would like to be shown, and at which size, borders included; `shelf` is 0, 1, 2 …"""

    name: str
    width: int
    height: int
    shelf: int


def panel_order(variables: Iterable[Variable], has_output: bool = False, drawing: str | None = None) -> list[str]:
    """Return the names of all panels, in the order in which `tab` visits them; `drawing` is the one that is up."""
    output = [OUTPUT] if has_output else []
    drawn = [drawing] if drawing else []
    return [*(variable.name for variable in variables), LOSS, PREDICTIONS, *output, *drawn, CODE]


def arrange(
    width: int,
    height: int,
    variables: Sequence[Variable],
    deltas: Collection[str],
    code_lines: int,
    focused: str | None = None,
    zoomed: bool = False,
    has_output: bool = False,
    drawing: str | None = None,
) -> dict[str, Box]:
    """Return the box of each panel in sight.

    Args:
        width: columns of the area between header and footer.
        height: rows of that area.
        variables: the program's arrays, the most important first.
        deltas: which of them are deltas.
        code_lines: lines of the program's loop.
        focused: a panel that must be in sight.
        zoomed: whether the focused panel has the whole area.
        has_output: whether the program has printed anything.
        drawing: the one of `DRAWINGS` that has been brought up, None where none is.
    """
    known = panel_order(variables, has_output, drawing)
    focused = focused if focused in known else None
    if zoomed or width < SMALL[0] or height < SMALL[1] - 5:
        return {focused or CODE: Box(0, 0, width, height)}
    column = Column(focused, has_output, drawing)
    return _wide(width, height, wishes(variables, deltas), code_lines, focused, column)


@dataclass(frozen=True, slots=True)
class Column:
    """What there is for the right column."""

    focused: str | None
    has_output: bool
    drawing: str | None

    def panels(self, height: int) -> list[tuple[str, int]]:
        """Return its panels from the top, each with its share of the height.

        In a low column, what the program prints takes the place of the predictions, and a drawing that of all, while
        none of them has the focus.
        """
        others = [PREDICTIONS, OUTPUT] if self.has_output else [PREDICTIONS]
        one = self.focused if self.focused in others else PREDICTIONS
        if self.drawing is None:
            return [(name, 1) for name in ([LOSS, *others] if height >= TALL_COLUMN else [LOSS, one])]
        if height >= TALLEST_COLUMN:
            return [(LOSS, 1), (one, 1), (self.drawing, 2)]
        if height >= TALL_COLUMN:
            return [(one if self.focused == one else LOSS, 1), (self.drawing, 2)]
        return [(LOSS, 1), (one, 1)] if self.focused in (LOSS, *others) else [(self.drawing, 1)]


def _wide(
    width: int, height: int, wanted: Sequence[Wish], code_lines: int, focused: str | None, column: Column
) -> dict[str, Box]:
    least = 32 if column.drawing is None else 36
    side = least if width < WIDE else min(max(width * 3 // 10, 36), 64)
    left = width - side
    code_least = 7 if height < 26 else min(code_lines + 2, height * 2 // 5)
    shelves = _shelves(wanted, left, height - code_least, focused)
    boxes = dict(_place(shelves, left, height - code_least))
    used = max((box.y + box.height for box in boxes.values()), default=0)
    if width < WIDE:
        used = max(used, min(LEAST_COLUMN, height - code_least))
    code_width = left if width >= WIDE else width
    boxes[CODE] = Box(0, used, code_width, height - used)
    tall = height if width >= WIDE else used
    boxes |= _stacked(left, side, tall, column.panels(tall))
    return {name: box for name, box in boxes.items() if box.height > 2}


LEAST_COLUMN = 12
"""Rows of the right column on a screen that is not wide."""
TALL_COLUMN = 24
"""Rows from which on the right column has room for three panels."""


TALLEST_COLUMN = 36
"""Rows from which on there is room for a drawing besides two panels."""


def _stacked(x: int, width: int, height: int, panels: Sequence[tuple[str, int]]) -> dict[str, Box]:
    """Put panels below each other, each as tall as its share."""
    boxes = {}
    total, above = sum(share for _, share in panels), 0
    for name, share in panels:
        top, end = height * above // total, height * (above + share) // total
        boxes[name] = Box(x, top, width, end - top)
        above += share
    return boxes


def wishes(variables: Sequence[Variable], deltas: Collection[str]) -> list[Wish]:
    """Return the size that each matrix would like to have, to show all of its cells, and its shelf."""
    found = []
    for variable in variables:
        shape = variable.shape or ()
        rows = 1
        for size in shape[:-1]:
            rows *= size
        columns = shape[-1] if shape else 1
        width = max(columns * CELL + 3, len(variable.name) + 5)
        found.append(Wish(variable.name, min(width, LARGEST), min(rows + 2, LARGEST), _shelf(variable, deltas)))
    return found


def _shelf(variable: Variable, deltas: Collection[str]) -> int:
    if variable.role == "parameter":
        return 0
    if variable.name in deltas:
        return 1
    return {"backward": 2, "update": 2}.get(variable.phase, 3)


LARGEST = 500
"""Rows and columns that a matrix asks for at most: no screen has more."""
NARROWEST = CELL + 4
LOWEST = 3
MOST_SPARE = 4
"""Columns that a matrix is given beyond what it needs, at most: wider ones are harder to read."""


def _shelves(wanted: Sequence[Wish], width: int, height: int, focused: str | None) -> list[list[Wish]]:
    """Put the matrices on shelves: weights, deltas, gradients; the others where there is room left."""
    shelves: list[list[Wish]] = [[], [], []]
    rest = []
    for wish in wanted:
        if wish.shelf < 3 and _room(shelves[wish.shelf], width) >= NARROWEST:
            shelves[wish.shelf].append(wish)
        else:
            rest.append(wish)
    shelves = _fitting([shelf for shelf in shelves if shelf], height)
    placed = {wish.name for shelf in shelves for wish in shelf}
    waiting = [wish for wish in [*rest, *wanted] if wish.name not in placed]
    for wish in dict.fromkeys(waiting):
        home = next((s for s in shelves if _room(s, width) >= wish.width and _lifts(s, wish, shelves, height)), None)
        if home is not None:
            home.append(wish)
        elif sum(map(_height, shelves)) + min(wish.height, 6) <= height:
            shelves.append([wish])
    return _with_focused(shelves, wanted, width, focused)


def _room(shelf: Sequence[Wish], width: int) -> int:
    return width - sum(wish.width for wish in shelf)


def _height(shelf: Sequence[Wish]) -> int:
    return max((wish.height for wish in shelf), default=0)


def _lifts(shelf: Sequence[Wish], wish: Wish, shelves: Sequence[Sequence[Wish]], height: int) -> bool:
    """Tell whether a shelf can take a matrix without growing beyond the height there is."""
    growth = max(min(wish.height, height) - _height(shelf), 0)
    return growth == 0 or sum(map(_height, shelves)) + growth <= height


def _fitting(shelves: list[list[Wish]], height: int) -> list[list[Wish]]:
    """Keep the shelves that there is height for: always two, further ones only whole."""
    kept: list[list[Wish]] = []
    for shelf in shelves:
        if len(kept) < 2 or sum(map(_height, kept)) + _height(shelf) <= height:
            kept.append(shelf)
    return kept


def _with_focused(
    shelves: list[list[Wish]], wanted: Sequence[Wish], width: int, focused: str | None
) -> list[list[Wish]]:
    """Bring the focused matrix into sight: it takes the place of others on the last shelf."""
    placed = {wish.name for shelf in shelves for wish in shelf}
    wish = next((w for w in wanted if w.name == focused), None)
    if wish is None or wish.name in placed:
        return shelves
    last = [wish]
    for other in shelves[-1] if shelves else []:
        if _room(last, width) >= other.width:
            last.append(other)
    return [*shelves[:-1], last]


def _place(shelves: Sequence[Sequence[Wish]], width: int, height: int) -> Iterable[tuple[str, Box]]:
    """Yield a box for each matrix; what is too large for the room is made smaller and will scroll."""
    y = 0
    for shelf, tall in zip(shelves, _heights([_height(s) for s in shelves], height), strict=True):
        x = 0
        for wish, wide in zip(shelf, _widths([w.width for w in shelf], width), strict=True):
            yield wish.name, Box(x, y, wide, tall)
            x += wide
        y += tall


def _heights(natural: Sequence[int], room: int) -> list[int]:
    heights = list(natural)
    while sum(heights) > room and max(heights) > LOWEST:
        heights[heights.index(max(heights))] -= 1
    return heights


def _widths(natural: Sequence[int], room: int) -> list[int]:
    widths = list(natural)
    while sum(widths) > room and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
    spare = min(max(room - sum(widths), 0), MOST_SPARE * len(widths))
    for i in range(spare):
        widths[i % len(widths)] += 1
    return widths
