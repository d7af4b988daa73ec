"""Changes of a program are changes of its text: another seed, another rate, given weights, another line.

Each function takes a program and returns a new one; the old one stays as it was, which makes undo a matter of
keeping it. What is not changed keeps every character, comments included.
"""

import ast
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from nntui_core import dataflow
from nntui_core.program import Program
from nntui_core.roles import is_number
from nntui_core.values import Array

SEEDED = frozenset({"default_rng", "seed", "RandomState"})

INLINE = 5_000
"""Numbers that are written into the text; larger arrays are loaded from their file by the text."""


class EditError(ValueError):
    """A change that this program cannot take; the message says why."""


def seed_of(program: Program) -> int | None:
    """Return the seed that the setup gives to a random generator as a whole number, None where it gives none."""
    node = _seed_node(program)
    return None if node is None else int(node.value)  # type: ignore[arg-type]


def with_seed(program: Program, seed: int) -> Program:
    """Return the program with another seed.

    Raises:
        EditError: the setup seeds no generator with a number.
    """
    node = _seed_node(program)
    if node is None:
        raise EditError(f"{program.name} has no seed: its setup never calls default_rng(NUMBER) or seed(NUMBER)")
    return _replaced(program, node, str(seed))


def _seed_node(program: Program) -> ast.Constant | None:
    for statement in program.setup:
        for part in ast.walk(statement):
            if not isinstance(part, ast.Call) or not part.args:
                continue
            called = part.func.attr if isinstance(part.func, ast.Attribute) else getattr(part.func, "id", "")
            first = part.args[0]
            if called in SEEDED and isinstance(first, ast.Constant) and type(first.value) is int:
                return first
    return None


def with_rate(program: Program, rate: float) -> Program:
    """Return the program with another learning rate in its setup.

    Raises:
        EditError: the program has no learning rate that its setup gives as a number.
    """
    name = program.roles.rate
    for statement in program.setup:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and name in dataflow.writes(statement):
            value = statement.value
            if value is not None and is_number(value):
                return _replaced(program, value, repr(rate))
    raise EditError(f"{program.name} has no learning rate that its setup gives as a number")


def _replaced(program: Program, node: ast.expr, text: str) -> Program:
    """Return the program with one expression of one line replaced by a text."""
    assert node.end_col_offset is not None
    lines = dataflow.source_lines(program.source, keepends=True)
    line = lines[node.lineno - 1].encode()
    lines[node.lineno - 1] = (line[: node.col_offset] + text.encode() + line[node.end_col_offset :]).decode()
    return Program.parse("".join(lines), program.name)


def with_weights(program: Program, weights: Mapping[str, Array], path: str) -> Program:
    """Return the program with given initial parameters, set in lines of their own at the end of the setup.

    Small arrays are written out in full precision, so that the text stands alone; larger ones are loaded from
    `path` by the text.
    """
    numpy = _numpy_name(program)
    added = [f"{name} = {_array_text(numpy, name, value, path)}" for name, value in weights.items()]
    lines = dataflow.source_lines(program.source, keepends=True)
    before = _blank_lines_before(lines, program.loop.lineno - 1)
    end = "\r\n" if lines[0].endswith("\r\n") else "\n"
    note = f"# the initial weights come from {path!r}"
    lines[before:before] = [line + end for line in (note, *added)]
    return Program.parse("".join(lines), program.name)


def _blank_lines_before(lines: list[str], at: int) -> int:
    while at and not lines[at - 1].strip():
        at -= 1
    return at


def _numpy_name(program: Program) -> str:
    for statement in program.setup:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                if alias.name == "numpy":
                    return alias.asname or "numpy"
    return "__import__('numpy')"


def _array_text(numpy: str, name: str, value: Array, path: str) -> str:
    if value.size > INLINE:
        return f"{numpy}.load({str(Path(path).resolve())!r})[{name!r}].astype({numpy}.{value.dtype.name})"
    kind = "" if value.dtype == np.float64 else f", dtype={numpy}.{value.dtype.name}"
    return f"{numpy}.array({value.tolist()!r}{kind})"
