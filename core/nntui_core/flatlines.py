"""Flat lines: what one iteration computes, each statement with flat names only."""

import ast
from dataclasses import dataclass
from typing import Any, TypeVar

MOST = 2000
"""Lines after which an iteration is too long to be written down."""


class TooLong(Exception):  # noqa: N818 - it is no error of the program
    """The iteration has more lines than can be written down."""


@dataclass(frozen=True, slots=True)
class Line:
    """One flat line: what it computes, and where in the text it stands.

    `index` is the statement of the loop's body that it belongs to, `turn` how often that had run before in this
    iteration; `function` is the function that it stands in. `loops` are the loops that it ran in, the outermost first:
    their lines, and their turns.
    """

    node: ast.stmt
    index: int
    turn: int
    line: int
    end_line: int
    function: str
    loops: tuple[tuple[int, int], ...] = ()


Tree = TypeVar("Tree")


def cloned(tree: Tree) -> Tree:
    """Return a copy of a syntax tree, of which everything else is shared: `copy.deepcopy` takes ten times as long."""
    if isinstance(tree, ast.AST):
        copied = type(tree)()
        vars(copied).update({name: cloned(part) for name, part in vars(tree).items()})
        return copied
    return [cloned(part) for part in tree] if isinstance(tree, list) else tree  # type: ignore[return-value]


def located(node: ast.stmt, line: int) -> ast.stmt:
    """Put a flat line on a line of its own, each of its parts at another place: it was put together from several."""

    def place(part: ast.AST, column: int) -> int:
        if isinstance(part, ast.expr | ast.stmt | ast.keyword):
            part.lineno = part.end_lineno = line
            part.col_offset = part.end_col_offset = column
            column += 1
        for child in ast.iter_child_nodes(part):
            column = place(child, column)
        return column

    place(node, 0)
    return node


def stored(node: ast.expr) -> Any:
    """Return an expression as the target of an assignment."""
    stored = cloned(node)
    stored.ctx = ast.Store()  # type: ignore[attr-defined]
    return stored


def item_of(flat: ast.expr | None, turn: int) -> ast.expr | None:
    """Return what a loop's item is: an element of what it goes over, of each of those that are zipped."""
    if flat is None:
        return None
    if isinstance(flat, ast.List | ast.Tuple):
        return flat.elts[turn] if turn < len(flat.elts) else None
    if isinstance(flat, ast.Call) and isinstance(flat.func, ast.Name) and not flat.keywords:
        if flat.func.id == "zip":
            parts = [item_of(argument, turn) for argument in flat.args]
            return None if None in parts else ast.Tuple([p for p in parts if p is not None], ast.Load())
        if flat.func.id == "enumerate" and len(flat.args) == 1:
            part = item_of(flat.args[0], turn)
            return None if part is None else ast.Tuple([ast.Constant(turn), part], ast.Load())
        if flat.func.id in ("range", "reversed"):
            return None if flat.func.id == "range" else _from_the_end(flat.args[0], turn)
    if isinstance(flat, ast.Call):
        flat = ast.Call(ast.Name("list", ast.Load()), [flat], [])
    return ast.Subscript(cloned(flat), ast.Constant(turn), ast.Load())


def _from_the_end(flat: ast.expr, turn: int) -> ast.expr | None:
    if isinstance(flat, ast.List | ast.Tuple):
        return flat.elts[-1 - turn]
    return None
