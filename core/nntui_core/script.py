"""A Python file becomes a program: unchanged, with the learner's lines and names.

The file is read as Python reads it (its encoding cookie, its byte order mark), and runs as `python train.py` would:
what is before the training loop once, the loop's body again and again, what is after it when the loop is over.
"""

import io
import tokenize
import warnings
from pathlib import Path

from nntui_core.program import Given, Origin, Program, ProgramSyntaxError

LARGEST = 2_000_000
"""Bytes that a script may have."""


class ScriptError(ValueError):
    """A file that cannot be opened as a program; the message names the file and the line, and says what would do."""


def load(path: str, loop_line: int | None = None, given: Given | None = None) -> Program:
    """Read a script; `loop_line` and `given` are what the user says of it.

    Raises:
        ScriptError: it cannot be read, is not Python, or has no training loop.
    """
    source = read(path)
    try:
        with warnings.catch_warnings(action="ignore"):
            return Program.parse(
                source, Path(path).name, Origin(str(Path(path).absolute()), loop_line, given or Given())
            )
    except ProgramSyntaxError as error:
        where = f", line {error.line}" if error.line else ""
        raise ScriptError(f"{path}{where}: {error}") from None


def read(path: str) -> str:
    """Return the text of a script.

    Raises:
        ScriptError: it cannot be read as text.
    """
    file = Path(path)
    try:
        if file.stat().st_size > LARGEST:
            raise ScriptError(f"{path}: {file.stat().st_size:,} bytes are too many for a script")
        data = file.read_bytes()
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        except SyntaxError:  # its first lines are no UTF-8, or its cookie names no encoding
            data.decode("utf-8")
            raise
        return data.decode(encoding)
    except OSError as error:
        raise ScriptError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        name = error.encoding.upper() if error.encoding.startswith("utf") else error.encoding
        raise ScriptError(f"{path}, line {line}: this is not {name}: save it as UTF-8") from None
    except SyntaxError as error:
        raise ScriptError(f"{path}: {str(error).replace(f' for {path!r}', '')}") from None
