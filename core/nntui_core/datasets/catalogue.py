"""All the data that comes with nntui, as `nntui data` lists it."""

from dataclasses import dataclass

from nntui_core.datasets.drawn import SAMPLES, SHAPES
from nntui_core.datasets.small import TABLES

TWO_CLASSES = "two classes"
UCI = "UCI Machine Learning Repository, CC BY 4.0"


@dataclass(frozen=True, slots=True)
class Entry:
    """What there is to know of a set of samples: inputs and outputs are counted as a network needs them."""

    name: str
    samples: int
    inputs: int
    kind: str
    title: str
    source: str


FILES = {
    "iris": Entry(
        "iris",
        150,
        4,
        "three classes",
        "three species of iris by four lengths in cm",
        f"Fisher 1936; {UCI}, doi 10.24432/C56C76",
    ),
    "digits": Entry(
        "digits",
        1797,
        64,
        "ten classes",
        "handwritten digits of 8×8 pixels, 0 to 16",
        f"Alpaydin and Kaynak 1998; {UCI}, doi 10.24432/C50P49",
    ),
}
"""Those that are files of this package."""

ENTRIES: tuple[Entry, ...] = (
    *(
        Entry(name, len(rows), len(rows[0]), TWO_CLASSES, title, "a truth table")
        for name, (title, rows, _) in TABLES.items()
    ),
    *(
        Entry(name, SAMPLES, 2, TWO_CLASSES, shape.title, "drawn from the seed; --samples, --noise")
        for name, shape in SHAPES.items()
    ),
    *FILES.values(),
)
"""All of them, the smallest first."""

NAMES = tuple(entry.name for entry in ENTRIES)
