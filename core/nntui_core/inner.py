"""A pre-activation without a name: the `x @ W + b` inside `sigmoid(x @ W + b)`.

The derivative that back-propagation needs most, ∂C/∂z, is that of such an expression. So a statement that hides one
is taken apart, for the measurement only: the expression first, then the rest with a name in its place.
"""

import ast
from typing import Any

from nntui_core.patterns import PRODUCTS, called_name


class Replaced(ast.NodeTransformer):
    """Puts a name in the place of an expression."""

    def __init__(self, inner: ast.expr, name: str) -> None:
        self.place, self.name = (inner.lineno, inner.col_offset, inner.end_lineno, inner.end_col_offset), name

    def visit(self, node: ast.AST) -> Any:
        """Replace the expression at the place, leave all others."""
        at = tuple(getattr(node, a, None) for a in ("lineno", "col_offset", "end_lineno", "end_col_offset"))
        if at == self.place and isinstance(node, ast.expr):
            return ast.copy_location(ast.Name(self.name, ast.Load()), node)
        return self.generic_visit(node)


def hidden_sum(value: ast.expr) -> ast.expr | None:
    """Return the matrix product, with what is added to it, that is a part of an expression and not all of it."""
    parents = {id(child): node for node in ast.walk(value) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(value):
        if not _is_product(node) or _is_own_scope(node, parents):
            continue
        top: ast.AST = node
        while _is_sum(parents.get(id(top))):
            top = parents[id(top)]
        return top if top is not value and isinstance(top, ast.expr) else None
    return None


def _is_own_scope(node: ast.AST, parents: dict[int, ast.AST]) -> bool:
    """Tell whether an expression is inside of a comprehension or a lambda, whose names are nowhere else."""
    while id(node) in parents:
        node = parents[id(node)]
        if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.Lambda):
            return True
    return False


def _is_product(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.MatMult)
    return isinstance(node, ast.Call) and called_name(node) in PRODUCTS


def _is_sum(node: ast.AST | None) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)
