"""Changes of a program are changes of its text: another seed, another rate, given weights, another line.

Each function takes a program and returns a new one; the old one stays as it was, which makes undo a matter of
keeping it. What is not changed keeps every character, comments included.
"""

import ast
import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from nntui_core import dataflow
from nntui_core.literals import rate_literals
from nntui_core.patterns import is_number
from nntui_core.program import Program, ProgramSyntaxError
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
    for statement in reversed(program.setup):  # the last one counts
        if isinstance(statement, ast.Assign | ast.AnnAssign) and name in dataflow.writes(statement):
            value = statement.value
            if value is not None and is_number(value):
                return _replaced(program, value, repr(float(rate)))
            break
    literals = rate_literals(program)
    if name is None and literals:
        for literal in reversed(literals):  # from the end, so that the places of the others stay
            program = _replaced(program, literal, repr(float(rate)))
        return program
    raise EditError(f"{program.name} has no learning rate that its setup gives as a number")


def _replaced(program: Program, node: ast.expr, text: str) -> Program:
    """Return the program with one expression of one line replaced by a text."""
    assert node.end_col_offset is not None
    lines = dataflow.source_lines(program.source, keepends=True)
    line = lines[node.lineno - 1].encode()
    lines[node.lineno - 1] = (line[: node.col_offset] + text.encode() + line[node.end_col_offset :]).decode()
    return program.changed("".join(lines))


def with_line(program: Program, line: int, text: str, known: Iterable[str] = ()) -> Program:
    """Return the program with a line (1-based) replaced by a text, indented as the line was.

    Args:
        program: the program.
        line: which line; one that a statement of several lines begins on is replaced with all of them.
        text: one line or several; empty, it becomes a comment, so that the lines keep their numbers.
        known: names that exist besides those that the program itself writes.

    Raises:
        EditError: the result is no program, or reads a name that nobody writes.
    """
    lines = dataflow.source_lines(program.source, keepends=True)
    if not 1 <= line <= len(lines):
        raise EditError(f"there is no line {line}")
    statement = next((s for s in program.body if s.line == line), None)
    last = statement.end_line if statement else line
    indent = lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]
    fresh = [f"{indent}{part.rstrip()}\n" for part in text.strip().split("\n")] if text.strip() else [f"{indent}#\n"]
    lines[line - 1 : last] = fresh
    try:
        added = len(fresh) - (last - line + 1) if line < program.loop.lineno else 0
        changed = program.changed("".join(lines), added)
    except ProgramSyntaxError as error:
        raise EditError(str(error)) from None
    _refuse_unknown_names(program, changed, known)
    return changed


def _refuse_unknown_names(old: Program, new: Program, known: Iterable[str]) -> None:
    there = {*known, *dataflow.bound_names(new.setup), *dataflow.bound_names([new.loop]), *dataflow.BUILTINS}
    there |= set(dataflow.bound_names(new.loop.body))
    before = {name for node in old.nodes for name in dataflow.reads(node)}
    for node in new.nodes:
        for name in dataflow.reads(node):
            if name not in there and name not in before:
                near = difflib.get_close_matches(name, there, 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise EditError(f"there is no {name} here{hint}")


def following_after(old: Program, new: Program, following: int) -> int | None:
    """Return which statement comes next in an edited program, where `following` came next in the old one.

    None where that is inside a block, and so cannot be said.
    """
    if following == 0:
        return 0
    if old.body[following].depth:
        return None
    passed = sum(1 for statement in old.body[:following] if statement.depth == 0)
    outermost = [statement.index for statement in new.body if statement.depth == 0]
    changed = len(outermost) - sum(1 for statement in old.body if statement.depth == 0)
    before = [ast.dump(node) for node in old.loop.body[:passed]] == [ast.dump(node) for node in new.loop.body[:passed]]
    passed += 0 if before else changed
    return outermost[passed] if passed < len(outermost) else None


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
    header = lines[program.loop.lineno - 1]
    indent = header[: len(header) - len(header.lstrip())]
    note = f"# the initial weights come from {path!r}"
    lines[before:before] = [indent + line + end for line in (note, *added)]
    return program.changed("".join(lines), 1 + len(added))


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
    numbers = re.sub(r"\b(nan|inf)\b", rf"{numpy}.\1", repr(value.tolist()))
    return f"{numpy}.array({numbers}{kind})"
