"""The learning rate as a number that is written into the text: the `0.1` of `W -= 0.1 * dW`.

It may stand in a line of the loop, in a line of a function that the loop calls (`def update(self): self.W -= 0.1 * …`),
or in the call of such a function, `train_step(X, y, 0.1)`, or as the default of its parameter.
"""

import ast
from collections.abc import Iterator
from typing import TypeGuard

from nntui_core import parsing
from nntui_core.patterns import called_name
from nntui_core.program import Phase, Program


def rate_literals(program: Program) -> list[ast.Constant]:
    """Return the learning rate where it is a number written into the updates.

    All places, in the order of the text; none where they are not all the same number.
    """
    plain = [program.written[s.index] for s in program.body if s.phase is Phase.UPDATE]
    leading = [next((f for f in _factors(node) if isinstance(f, ast.Constant)), None) for node in plain]
    found = [literal for literal in leading if literal is not None]
    if not found and program.straight is not None:
        found = list(_in_functions(program))
    places = {(literal.lineno, literal.col_offset): literal for literal in found}
    return [places[place] for place in sorted(places)] if len({literal.value for literal in found}) == 1 else []


def _factors(node: ast.stmt) -> Iterator[ast.Constant | ast.Name]:
    """Yield the numbers by which an update multiplies, and the names that it may have."""
    value: ast.expr | None = node.value if isinstance(node, ast.Assign | ast.AugAssign) else None
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add | ast.Sub) and isinstance(node, ast.Assign):
        value = value.right
    while isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult | ast.MatMult):
        sides = (value.left, value.right) if isinstance(value.op, ast.Mult) else (value.left,)
        yield from (side for side in sides if isinstance(side, ast.Name) or _is_number(side))
        value = value.left


def _is_number(node: ast.AST | None) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _in_functions(program: Program) -> Iterator[ast.Constant]:
    """Yield the numbers of the updates that functions make."""
    straight = program.straight
    assert straight is not None
    tree = parsing.parse(program.source)
    functions = [part for part in ast.walk(tree) if isinstance(part, ast.FunctionDef)]
    flat = zip(straight.program.body, straight.lines, strict=True)
    updates = {line.line for statement, line in flat if statement.phase is Phase.UPDATE}
    for function in functions:
        for node in ast.walk(function):
            if isinstance(node, ast.Assign | ast.AugAssign) and node.lineno in updates:
                found = [f if isinstance(f, ast.Constant) else _handed(f.id, function, tree) for f in _factors(node)]
                literals = [literal for literal in found if literal is not None]
                if len(literals) == 1:  # of `2 * lr * g` nobody can say which of the two is meant
                    yield from literals


def _handed(name: str, function: ast.FunctionDef, tree: ast.Module) -> ast.Constant | None:
    """Return the number that a parameter has: its function is called once, with a number, or has it as a default."""
    parameters = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    if name not in parameters:
        return None
    calls = [p for p in ast.walk(tree) if isinstance(p, ast.Call) and called_name(p) == function.name]
    if len(calls) != 1 or any(isinstance(argument, ast.Starred) for argument in calls[0].args):
        return None
    call, at = calls[0], parameters.index(name)
    place = at - 1 if isinstance(call.func, ast.Attribute) and parameters[0] in ("self", "cls") else at
    given = next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
    if given is None and place < len(call.args):
        given = call.args[place]
    default = at - len(parameters)
    if given is None and -default <= len(function.args.defaults):
        given = function.args.defaults[default]
    return given if _is_number(given) else None
