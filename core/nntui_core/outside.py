"""A forward pass that stands outside of the loop: computed once, it never sees what the new weights do."""

import ast
from collections.abc import Sequence

from nntui_core.findings import ERROR, Finding
from nntui_core.objective import layout
from nntui_core.program import Program, ProgramSyntaxError


def with_forward_inside(program: Program) -> tuple[Program, tuple[ast.stmt, ...]] | None:
    """Return the program with the forward pass that stands before its loop moved into it, and what was moved.

    None where the loop repeats its own forward pass: where moving would make no further array a parameter.
    """
    learned = {name for s in program.body for name in s.targets}
    read = {name for s in program.body for name in s.reads}
    moved: list[ast.stmt] = []
    depends = set(learned)
    for node in program.setup:
        names = _setup_reads(node)
        targets = _setup_writes(node)
        if isinstance(node, ast.Assign) and depends & names and targets and not targets & learned:
            moved.append(node)
            depends |= targets
    stale = {name for node in moved for name in _setup_writes(node)} & read
    if not stale:
        return None
    lines = program.lines
    body = program.loop.body[0]
    indent = " " * body.col_offset
    inside = [indent + line for node in moved for line in lines[node.lineno - 1 : node.end_lineno]]
    gone = {n for node in moved for n in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    kept = [(n, line) for n, line in enumerate(lines, 1) if n not in gone]
    text = [line for n, line in kept if n < body.lineno] + inside + [line for n, line in kept if n >= body.lineno]
    try:
        repeated = Program.parse("\n".join(text) + "\n", program.name)
    except ProgramSyntaxError:
        return None
    more = set(layout(repeated).roles.parameters) - set(layout(program).roles.parameters)
    return (repeated, tuple(moved)) if more else None


def _setup_reads(node: ast.stmt) -> set[str]:
    return {p.id for p in ast.walk(node) if isinstance(p, ast.Name) and isinstance(p.ctx, ast.Load)}


def _setup_writes(node: ast.stmt) -> set[str]:
    return {p.id for p in ast.walk(node) if isinstance(p, ast.Name) and isinstance(p.ctx, ast.Store)}


def not_repeated(moved: Sequence[ast.stmt], program: Program) -> Finding:
    """Say of the statements that were moved that they stand outside."""
    names = [name for node in moved for name in sorted(_setup_writes(node))]
    first = moved[0].lineno
    return Finding(
        "stale-forward",
        ERROR,
        first,
        names[-1],
        f"{', '.join(names)} are computed once, before the loop (line {first}): the updates never see what the new "
        f"weights do",
        f"move the forward pass into the loop, to its beginning (line {program.loop.body[0].lineno})",
    )
