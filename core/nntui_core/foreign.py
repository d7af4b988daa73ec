"""Arrays by name from an archive that somebody else wrote: `np.savez("weights.npz", W1=W1, W2=W2)`.

Unlike a session file (`nntui_core.archive`) it may be compressed and hold anything. Nothing in it is unpickled, and one
that would grow beyond a bound is not read.
"""

import warnings
import zipfile
from typing import BinaryIO

import numpy as np

from nntui_core.archive import LARGEST, Broken, opened
from nntui_core.values import Array


def arrays_in(path: str, would_do: str, most_bytes: int = LARGEST) -> dict[str, Array]:
    """Return the arrays of an archive; `would_do` says how one is written.

    Raises:
        Broken: it cannot be read, unpacks to more than `most_bytes`, holds Python objects or no arrays.
    """
    try:
        with opened(path) as file, warnings.catch_warnings(action="ignore"):
            _refuse_large(file, most_bytes)
            loaded = np.load(file, allow_pickle=False)
            if not isinstance(loaded, np.lib.npyio.NpzFile):
                raise Broken(f"one array without a name; {would_do} with names")
            with loaded:
                arrays = {name: np.asarray(loaded[name]) for name in loaded.files}
    except Broken:
        raise
    except OSError as error:
        raise Broken(error.strerror or "it cannot be read") from None
    except Exception as error:  # noqa: BLE001 - a broken archive raises whatever zipfile, zlib and NumPy think of
        if "allow_pickle" in str(error) and "Object arrays" in str(error):
            raise Broken("it holds pickled Python objects, which could run anything: refused") from None
        raise Broken(f"not a readable .npz file; {would_do}") from None
    if not arrays:
        raise Broken(f"there are no arrays in it; {would_do}")
    return arrays


def _refuse_large(file: BinaryIO, most_bytes: int) -> None:
    """Refuse an archive that is small only because it is packed."""
    if zipfile.is_zipfile(file):
        size = sum(info.file_size for info in zipfile.ZipFile(file).infolist())
        if size > most_bytes:
            raise Broken(f"more than {most_bytes // 8:,} numbers are too many; a part of them would do")
    file.seek(0)
