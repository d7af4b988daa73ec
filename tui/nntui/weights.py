"""Initial weights from a file: arrays by name, as `np.savez("weights.npz", W1=W1, W2=W2)` writes them.

What the program would draw itself decides what fits: its setup is run once to learn the shapes.
"""

from typing import Any

import numpy as np

from nntui.quiet import program_output_aside
from nntui.usage import InputError
from nntui_core import places
from nntui_core.archive import Broken
from nntui_core.failure import ProgramFailed, shape_text
from nntui_core.foreign import arrays_in
from nntui_core.interpreter import Interpreter
from nntui_core.program import Program
from nntui_core.values import Array

WOULD_DO = 'np.savez("weights.npz", W1=W1, W2=W2) writes one'


def read(path: str, program: Program) -> dict[str, Array]:
    """Return the weights in a file, checked against the parameters of a program.

    Raises:
        InputError: the file cannot be read, or something in it does not fit.
    """
    try:
        arrays = arrays_in(path, WOULD_DO)
    except Broken as error:
        raise InputError(f"{path}: {error}") from None
    initial = _initial_parameters(program)
    wrong = [name for name in arrays if name not in initial]
    if wrong:
        there = ", ".join(initial) or "none"
        raise InputError(f"{path}: {wrong[0]!r} is no parameter of {program.name}; they are {there}")
    return {name: _fitting(f"{path}: {name}", value, initial[name]) for name, value in arrays.items()}


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
