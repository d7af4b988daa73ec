"""A file is replaced as a whole: whoever is killed at any moment leaves the old one or the new one.

The new content goes to a file beside it, is flushed to the disk, and then takes the name. What a killed writer has
left beside it, the next writer takes away.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write to, which takes the place of `path` at the end; an exception leaves `path` as it was.

    Raises:
        OSError: it cannot be written there.
    """
    path = path.resolve()
    fresh = path.with_name(f".{path.name}.{os.getpid()}.part")
    _sweep(path)
    try:
        with fresh.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    _settle(path.parent)


def _sweep(path: Path) -> None:
    """Take away what writers of this file have left that are no longer alive."""
    prefix, suffix = f".{path.name}.", ".part"
    with contextlib.suppress(OSError):
        for left in path.parent.iterdir():
            pid = left.name.removeprefix(prefix).removesuffix(suffix)
            if left.name == f"{prefix}{pid}{suffix}" and pid.isdigit() and not is_alive(int(pid)):
                left.unlink(missing_ok=True)


def is_alive(pid: int) -> bool:
    """Tell whether there is a process of this number."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it is somebody else's
        return True
    return True


def _settle(folder: Path) -> None:
    """Have the folder's entry on the disk too, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
