"""All the data that comes with nntui, as `nntui data` lists it."""

from dataclasses import dataclass

from nntui_core.datasets.drawn import SAMPLES, SHAPES
from nntui_core.datasets.small import TABLES

COUNTS = {2: "two", 3: "three", 10: "ten"}
UCI = "UCI Machine Learning Repository, CC BY 4.0"


@dataclass(frozen=True, slots=True)
class Entry:
    """What there is to know of a set of samples: inputs and outputs are counted as a network needs them."""

    name: str
    samples: int
    inputs: int
    classes: int
    title: str
    source: str

    @property
    def kind(self) -> str:
        """What the targets are, in words."""
        return f"{COUNTS[self.classes]} classes"

    def outputs(self, one_each: bool) -> int:
        """Return how many outputs a network needs; `one_each` tells whether every class has one of its own."""
        return self.classes if one_each or self.classes > 2 else 1


FILES = {
    "iris": Entry(
        "iris",
        150,
        4,
        3,
        "three species of iris by four lengths in cm",
        f"Fisher 1936; {UCI}, doi 10.24432/C56C76",
    ),
    "digits": Entry(
        "digits",
        1797,
        64,
        10,
        "handwritten digits of 8×8 pixels, 0 to 16",
        f"Alpaydin and Kaynak 1998; {UCI}, doi 10.24432/C50P49",
    ),
}
"""Those that are files of this package."""

ENTRIES: tuple[Entry, ...] = (
    *(Entry(name, len(rows), len(rows[0]), 2, title, "a truth table") for name, (title, rows, _) in TABLES.items()),
    *(
        Entry(name, SAMPLES, 2, 2, shape.title, "drawn from the seed; --samples, --noise")
        for name, shape in SHAPES.items()
    ),
    *FILES.values(),
)
"""All of them, the smallest first."""

NAMES = tuple(entry.name for entry in ENTRIES)
