"""What a statement does through the program's own functions: their bodies, with the arguments in place.

`dW1, dW2 = backward(X, Y, A1, A2, W2)` says nothing of a subtraction, but the function's body does: with its parameters
replaced by what is handed over, it reads `dZ2 = (A2 - Y) / Y.shape[0]`. From such lines the roles are read as from any.
"""

import ast
import copy
from collections.abc import Iterator, Mapping, Sequence

Functions = Mapping[str, ast.FunctionDef]

DEEPEST = 3
"""How many calls inside one another are followed."""
MOST = 200
"""Statements that are read of functions, for one statement of the body."""


def functions(setup: Sequence[ast.stmt]) -> Functions:
    """Return the functions that a program defines, by name."""
    return {node.name: node for node in setup if isinstance(node, ast.FunctionDef)}


def opened(node: ast.AST, known: Functions, depth: int = 0) -> tuple[ast.AST, ...]:
    """Return a statement, and the statements of the functions that it calls, arguments for parameters."""
    inside = [node]
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in known and depth < DEEPEST:
            for statement in _body(call, known[call.func.id]):
                inside += opened(statement, known, depth + 1)
                if len(inside) > MOST:
                    return tuple(inside)
    return tuple(inside)


def _body(call: ast.Call, function: ast.FunctionDef) -> Iterator[ast.stmt]:
    """Yield a function's statements with the call's arguments in the place of its parameters."""
    parameters = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    given = dict(zip(parameters, call.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
    for statement in function.body:
        yield _Handed(given).visit(copy.deepcopy(statement))


class _Handed(ast.NodeTransformer):
    """Puts expressions in the place of names."""

    def __init__(self, given: Mapping[str, ast.expr]) -> None:
        self._given = given

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace a parameter that is read."""
        there = self._given.get(node.id) if isinstance(node.ctx, ast.Load) else None
        return node if there is None else copy.deepcopy(there)
