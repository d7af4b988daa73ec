"""What a program finds around it: its name, its file, its folder, and nobody at the keyboard.

A script runs as `python train.py` would run it: as `__main__`, with its folder on the import path. What it must not do
is take the terminal: `input()` says that nobody is there to ask, and figures are drawn without a window.
"""

import builtins
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

MAIN = "__main__"


def surroundings(path: str | None) -> dict[str, Any]:
    """Return the namespace that a program starts with; `path` is its file, None where it has none.

    For a file, the process goes to its folder, as its relative paths expect.
    """
    own = {**vars(builtins), "input": _nobody}
    namespace: dict[str, Any] = {"__name__": MAIN, "__builtins__": own}
    if path is not None:
        file = Path(path).resolve()
        namespace["__file__"] = str(file)
        os.environ.setdefault("MPLBACKEND", "Agg")
        os.chdir(file.parent)
        sys.argv = [str(file)]
        if str(file.parent) not in sys.path:
            sys.path.insert(0, str(file.parent))
    return namespace


def _nobody(prompt: object = "") -> NoReturn:
    raise EOFError(f"input({str(prompt)!r}) has nobody to ask here: put the value into the text")
