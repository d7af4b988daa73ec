"""What a network learns from: built-in data, and that of CSV, TSV and NPZ files, as text for a program.

`small` (truth tables), `drawn` (points in the plane) and two `files` come with nntui, `catalogue` lists them;
`delimited`, `columns` and `arrays` read files, `embedding` writes their samples into a program; `loading` chooses.
Every mistake in a file is a `DataError`: one line that names file, line and column.
"""

from nntui_core.datasets.catalogue import ENTRIES, NAMES
from nntui_core.datasets.data import Data
from nntui_core.datasets.loading import load
from nntui_core.datasets.problem import DataError

__all__ = ["ENTRIES", "NAMES", "Data", "DataError", "load"]
