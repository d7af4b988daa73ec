"""What is wrong with a file of data, in one line that names the place."""


class DataError(ValueError):
    """Data that cannot be used; the message says which file, line and column, and what would do.

    `option` is the option of the command line that is to blame.
    """

    def __init__(self, message: str, option: str = "data") -> None:
        super().__init__(message)
        self.option = option


LONGEST = 40
"""Characters of a file's text that a message quotes."""


def quoted(text: str) -> str:
    """Return other people's text in quotes, in one line, cut where it is long."""
    return repr(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")


def listed(names: tuple[str, ...], most: int = 8) -> str:
    """Return names in quotes, the first few where there are many."""
    shown = ", ".join(map(quoted, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"
