"""Has the script's file changed on disk since it was read?"""

from pathlib import Path


class WatchedFile:
    """Remembers when a file was written last; says once for each change that it has changed."""

    def __init__(self) -> None:
        self._path: str | None = None
        self._stamp: tuple[int, int] | None = None

    def follow(self, path: str | None) -> None:
        """Watch a file from now on, None for none."""
        if path != self._path:
            self._path = path
            self._stamp = self._now()

    def seen(self) -> None:
        """Take the file as it is now for known: it is being read."""
        self._stamp = self._now()

    def changed(self) -> bool:
        """Tell whether the file has changed since it was asked last."""
        now = self._now()
        before, self._stamp = self._stamp, now
        return now is not None and before is not None and now != before

    def _now(self) -> tuple[int, int] | None:
        if self._path is None:
            return None
        try:
            status = Path(self._path).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size
