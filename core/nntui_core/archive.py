"""Arrays by name in one file, NumPy's .npz format, written and read without pickle and within bounds.

What is written here is stored, not compressed, so that a file can hold no more than it is long; every member is
checked against its checksum and its header against its length before an array is made of it.
"""

import io
import math
import os
import stat
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from nntui_core.codec import PLAIN_TYPE
from nntui_core.values import Array

LARGEST = 2**30
"""Bytes that a file may have to be read."""
MOST_MEMBERS = 10_000


class Broken(ValueError):  # noqa: N818 - what a file is
    """A file that is not what it should be; the message says why."""


def write(file: BinaryIO, arrays: Mapping[str, Array], blocks: tuple[str, Iterable[bytes]] | None = None) -> None:
    """Write arrays by name, and perhaps one more that is made of blocks of bytes, one after the other."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)
        if blocks is None:
            return
        name, parts = blocks
        held = list(parts)
        header = {"descr": "|u1", "fortran_order": False, "shape": (sum(map(len, held)),)}
        with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
            np.lib.format.write_array_header_1_0(member, header)
            for part in held:
                member.write(part)


class Archive:
    """A file that is open for reading.

    Raises:
        OSError: it cannot be read.
        Broken: it is too large, or no .npz file.
    """

    def __init__(self, file: BinaryIO) -> None:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Broken("not a file")
        if status.st_size > LARGEST:
            raise Broken(f"{status.st_size:,} bytes are too many for a session file")
        if not zipfile.is_zipfile(file):
            raise Broken("not a .npz file, or cut off")
        self._zip = zipfile.ZipFile(file)
        self._infos = {info.filename.removesuffix(".npy"): info for info in self._zip.infolist()}
        self._size = status.st_size

    @property
    def names(self) -> list[str]:
        """The names of the arrays."""
        return list(self._infos)

    def refuse_bombs(self) -> None:
        """Check that nothing in it is larger than the file.

        Raises:
            Broken: it is.
        """
        infos = self._infos.values()
        stored = all(i.compress_type == zipfile.ZIP_STORED and i.file_size == i.compress_size for i in infos)
        if not stored or sum(i.file_size for i in infos) > self._size or len(self._zip.infolist()) > MOST_MEMBERS:
            raise Broken("it was not written by nntui: its parts are packed")

    def __getitem__(self, name: str) -> Array:
        """Return one array, read-only.

        Raises:
            Broken: it is no plain array.
            Exception: whatever zipfile and NumPy raise when they read what is damaged.
        """
        info = self._infos[name]
        if info.compress_type != zipfile.ZIP_STORED or info.file_size > self._size:
            raise Broken("it was not written by nntui: its parts are packed")
        stream = io.BytesIO(self._zip.read(info))
        np.lib.format.read_magic(stream)
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
        if not PLAIN_TYPE.match(dtype.str):
            raise Broken(f"{name} holds Python objects; only arrays of numbers are read")
        content = stream.getbuffer()[stream.tell() :]
        if math.prod(shape) * dtype.itemsize != len(content):
            raise Broken(f"{name} has another length than it says")
        held = content if len(content) else bytearray(1)
        array: Array = np.ndarray(shape, dtype, held, order="F" if fortran else "C")
        array.flags.writeable = False
        return array


def opened(path: str) -> BinaryIO:
    """Open a file for reading; a pipe or a device is none.

    Raises:
        OSError: it cannot be read.
        Broken: it is no file.
    """
    if not Path(path).is_file():
        Path(path).stat()
        raise Broken("not a file")
    return Path(path).open("rb")


def text_of(array: Array) -> str:
    """Return the text that an array holds.

    Raises:
        Broken: it holds none.
    """
    held: Any = array.item() if array.dtype.kind == "U" and array.size == 1 else None
    if not isinstance(held, str):
        raise Broken("it holds no text")
    return held
