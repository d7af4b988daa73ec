"""Truth tables: all their samples on a line or two, for networks that fit on a screen."""

from collections.abc import Sequence

from nntui_core.datasets.data import Data

Rows = tuple[tuple[int, ...], ...]

PAIRS: Rows = ((0, 0), (0, 1), (1, 0), (1, 1))
TRIPLES: Rows = tuple((a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1))

TABLES: dict[str, tuple[str, Rows, tuple[int, ...]]] = {
    "forum": ("xor with a column of ones", tuple((*pair, 1) for pair in PAIRS), (0, 1, 1, 0)),
    "xor": ("xor", PAIRS, (0, 1, 1, 0)),
    "and": ("and", PAIRS, (0, 0, 0, 1)),
    "or": ("or", PAIRS, (0, 1, 1, 1)),
    "parity3": ("the parity of three bits", TRIPLES, tuple(sum(bits) % 2 for bits in TRIPLES)),
}
"""By name: a title, the inputs of each sample, and its target."""


def table(name: str, classes: bool = False) -> Data:
    """Return a truth table; with `classes` its target as two columns, one for 0 and one for 1.

    Raises:
        KeyError: there is no such table.
    """
    title, rows, targets = TABLES[name]
    y = f"np.eye(2)[{list(targets)}]" if classes else f"{_array([(target,) for target in targets])}"
    return Data(
        name,
        title,
        (f"x = {_array(rows)}", f"y = {y}"),
        inputs=len(rows[0]),
        outputs=2 if classes else 1,
        samples=len(rows),
        labels=("0", "1") if classes else (),
        options="" if name == "forum" else f"--data {name}",
    )


def _array(rows: Sequence[tuple[int, ...]]) -> str:
    return f"np.array({[list(row) for row in rows]}, dtype=float)"
