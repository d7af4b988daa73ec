"""How many threads NumPy's matrix products use, as far as that is known: their last bit may depend on it."""

import ctypes
import functools
import os
from pathlib import Path

import numpy as np

SYMBOLS = ("scipy_openblas_get_num_threads64_", "openblas_get_num_threads64_", "openblas_get_num_threads")


@functools.cache
def threads() -> int | None:
    """Return the number of threads, None where it is not known."""
    package = Path(np.__file__).parent
    for library in (*package.parent.glob("numpy.libs/*openblas*"), *package.glob(".dylibs/*openblas*")):
        try:
            loaded = ctypes.CDLL(str(library))
        except OSError:
            continue
        for symbol in SYMBOLS:
            if hasattr(loaded, symbol):
                return int(getattr(loaded, symbol)())
    said = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS") or ""
    return int(said) if said.isdigit() else None
