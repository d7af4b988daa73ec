"""From the name of some data, or of a file, to samples as text."""

import shlex
from importlib import resources
from pathlib import Path

from nntui_core.datasets.catalogue import FILES, NAMES
from nntui_core.datasets.data import Data
from nntui_core.datasets.drawn import LARGEST, SHAPES, points
from nntui_core.datasets.problem import DataError, quoted
from nntui_core.datasets.small import TABLES, table

ENDINGS = (".csv", ".tsv", ".npz")


def load(
    name: str,
    *,
    classes: bool = False,
    target: str | None = None,
    header: bool | None = None,
    samples: int | None = None,
    noise: float | None = None,
) -> Data:
    """Return built-in data by name, or that of a file.

    Args:
        name: one of `catalogue.NAMES`, or a file that ends in `.csv`, `.tsv` or `.npz`.
        classes: whether a target of whole numbers stands for classes, a column of y for each.
        target: the target's columns, by name or number, with commas between; None for the last one.
        header: whether the file's first row is a header; None where that is to be found out.
        samples: how many points are drawn.
        noise: the standard deviation of their noise.

    Raises:
        DataError: there is no such data, it cannot be read, or it does not take an option.
    """
    drawn, file = name in SHAPES, name not in NAMES and name.lower().endswith(ENDINGS)
    if not drawn and (samples is not None or noise is not None):
        option = "samples" if samples is not None else "noise"
        raise DataError(f"it goes with {', '.join(SHAPES)} only, not with {name}", option)
    if target is not None and name in NAMES:
        raise DataError(f"it names columns of a file of your own, and {name} has its target", "target")
    if header is not None and not name.lower().endswith((".csv", ".tsv")):
        raise DataError(f"it goes with .csv and .tsv files only, not with {name}", "header")
    if drawn:
        return _points(name, classes, samples, noise)
    if name in TABLES:
        return table(name, classes)
    if name in FILES:
        return _shipped(name)
    if not file:
        raise DataError(
            f"there is no data {quoted(name)}; nntui data lists what there is, a file ends in {' '.join(ENDINGS)}"
        )
    return _from_file(name, classes, target, header)


def _points(name: str, classes: bool, samples: int | None, noise: float | None) -> Data:
    if samples is not None and not 2 <= samples <= LARGEST:
        raise DataError(f"{samples:,}: 2 to {LARGEST:,} would do", "samples")
    if noise is not None and not 0 <= noise <= 1e6:
        raise DataError(f"{noise!r} is not a standard deviation; 0.1 would do", "noise")
    return points(name, classes, samples, noise)


def _shipped(name: str) -> Data:
    from nntui_core.datasets import arrays, columns, delimited, embedding

    ending = "csv" if name == "iris" else "npz"
    with resources.as_file(resources.files("nntui_core.datasets").joinpath("files", f"{name}.{ending}")) as path:
        found = str(path)
        csv = ending == "csv"
        samples = columns.samples(delimited.read(found), None, True) if csv else arrays.read(found, None, True)
    return embedding.embedded(name, FILES[name].title, f"--data {name}", samples)


def _from_file(path: str, classes: bool, target: str | None, header: bool | None) -> Data:
    from nntui_core.datasets import arrays, columns, delimited, embedding

    words = ["--data", shlex.quote(path), *(["--target", shlex.quote(target)] if target is not None else [])]
    words += [] if header is None else ["--header" if header else "--no-header"]
    if path.lower().endswith(".npz"):
        samples = arrays.read(path, target, classes)
    else:
        samples = columns.samples(delimited.read(path, header), target, classes)
    return embedding.embedded(path, Path(path).name, " ".join(words), samples)
