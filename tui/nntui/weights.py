"""Initial weights from a file: arrays by name, as `np.savez("weights.npz", W1=W1, W2=W2)` writes them.

What the program would draw itself decides what fits: its setup is run once to learn the shapes.
"""

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from nntui.quiet import program_output_aside
from nntui.usage import InputError
from nntui_core import places
from nntui_core.failure import ProgramFailed, shape_text
from nntui_core.interpreter import Interpreter
from nntui_core.program import Program
from nntui_core.values import Array


def read(path: str, program: Program) -> dict[str, Array]:
    """Return the weights in a file, checked against the parameters of a program.

    Raises:
        InputError: the file cannot be read, or something in it does not fit.
    """
    arrays = _load(path)
    initial = _initial_parameters(program)
    wrong = [name for name in arrays if name not in initial]
    if wrong:
        there = ", ".join(initial) or "none"
        raise InputError(f"{path}: {wrong[0]!r} is no parameter of {program.name}; they are {there}")
    return {name: _fitting(f"{path}: {name}", value, initial[name]) for name, value in arrays.items()}


def _load(path: str) -> dict[str, Array]:
    would_do = 'np.savez("weights.npz", W1=W1, W2=W2) writes one'
    try:
        with warnings.catch_warnings(action="ignore"), Path(path).open("rb") as file:
            opened = np.load(file, allow_pickle=False)
            if not isinstance(opened, np.lib.npyio.NpzFile):
                raise InputError(f"{path}: one array without a name; {would_do} with names")
            with opened:
                arrays = {name: np.asarray(opened[name]) for name in opened.files}
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or 'it cannot be read'}") from None
    except Exception as error:  # noqa: BLE001 - a broken archive raises whatever zipfile, zlib and NumPy think of
        if "allow_pickle" in str(error) and "Object arrays" in str(error):
            raise InputError(f"{path}: it holds Python objects; only arrays of numbers are read") from None
        raise InputError(f"{path}: not a readable .npz file; {would_do}") from None
    if not arrays:
        raise InputError(f"{path}: there are no arrays in it; {would_do}")
    return arrays


def _initial_parameters(program: Program) -> dict[str, Any]:
    interpreter = Interpreter(program)
    try:
        with program_output_aside(program.name):
            interpreter.start()
    except ProgramFailed as error:
        raise InputError(f"{program.name}, {error}") from None
    names = program.roles.parameters
    found = {name: places.value(interpreter.namespace, name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _fitting(what: str, value: Array, initial: object) -> Array:
    """Return an array in the form of the parameter whose place it takes."""
    if value.dtype.kind not in "iuf":
        raise InputError(f"{what} is not numeric: its dtype is {value.dtype}; float64 would do")
    wanted = np.asarray(initial)
    if value.shape != wanted.shape:
        raise InputError(f"{what} is {shape_text(value)}, the program's is {shape_text(wanted)}")
    kind = wanted.dtype if wanted.dtype.kind == "f" else np.dtype(np.float64)
    with np.errstate(all="ignore"):
        fitting = np.array(value, dtype=kind, order="C")
    if not np.isfinite(fitting).all():
        place = ", ".join(map(str, np.argwhere(~np.isfinite(fitting))[0]))
        raise InputError(f"{what}[{place}] is not a finite number")
    return fitting
