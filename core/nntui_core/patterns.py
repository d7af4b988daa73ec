"""Forms that lines of a training loop have: a matrix product, a number as written."""

import ast
from collections.abc import Collection, Iterator

PRODUCTS = frozenset({"dot", "matmul", "outer", "einsum", "tensordot"})


def products(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield the two operands of each matrix product in a tree, written `a @ b`, `np.dot(a, b)` or `a.dot(b)`."""
    for part in ast.walk(node):
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.MatMult):
            yield part.left, part.right
        elif isinstance(part, ast.Call) and called_name(part) in PRODUCTS:
            if len(part.args) >= 2:
                yield part.args[0], part.args[1]
            elif len(part.args) == 1 and isinstance(part.func, ast.Attribute):
                yield part.func.value, part.args[0]


def called_name(call: ast.Call) -> str:
    """Return the last part of what is called: `dot` for `np.dot`, `a.dot` and `dot`."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def calls(node: ast.AST, names: Collection[str]) -> bool:
    """Tell whether something of one of these names is called in a tree."""
    return any(isinstance(part, ast.Call) and called_name(part) in names for part in ast.walk(node))


def numbers_in(node: ast.stmt) -> Iterator[str]:
    """Yield the names to which a statement gives a number as written."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            for name, value in zip(names, values, strict=False):
                if isinstance(name, ast.Name) and _is_constant(value):
                    yield name.id


def is_number(node: ast.AST | None) -> bool:
    """Tell whether an expression is a number as written: `0.5`, `-1`, `1e-3`."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        node = node.operand
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _is_constant(node: ast.AST | None) -> bool:
    """Tell whether an expression is calculated from numbers alone: `0.5`, `10 ** -3`, `1 / 4`."""
    if isinstance(node, ast.BinOp):
        return _is_constant(node.left) and _is_constant(node.right)
    return is_number(node)


def names_in(node: ast.AST) -> set[str]:
    """Return all names in a tree."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def bare_name(operand: ast.expr) -> tuple[str | None, bool]:
    """Return the name of an operand that is a variable as it stands or transposed, and whether it is transposed."""
    transposed = isinstance(operand, ast.Attribute) and operand.attr == "T"
    bare = operand.value if isinstance(operand, ast.Attribute) and transposed else operand
    return (bare.id if isinstance(bare, ast.Name) else None), transposed
