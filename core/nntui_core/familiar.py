"""Is a program one of those that come with nntui, up to its numbers?

Another seed, another rate, another number of units change numbers of the text and nothing else, other samples only
what is written out as data: such a program can do nothing that nntui's own programs do not. Which network it would
be says its docstring; what the text is, is compared. Anything else that a file brings is somebody's program.
"""

import ast
from collections.abc import Iterator

from nntui_core import builtin, mistakes, network, parsing
from nntui_core.datasets.embedding import UNPACKED
from nntui_core.network import wording
from nntui_core.program import Given, Program

COST_NODES = (
    ast.Expression,
    ast.BinOp,
    ast.UnaryOp,
    ast.operator,
    ast.unaryop,
    ast.Constant,
    ast.Name,
    ast.Load,
    ast.Call,
    ast.Attribute,
)
"""What the expression of a cost that nntui infers is made of."""

DATA_NAMES = frozenset({"x", "y", "labels"})
DATA_NODES = (
    ast.List,
    ast.Tuple,
    ast.Constant,
    ast.UnaryOp,
    ast.USub,
    ast.Call,
    ast.keyword,
    ast.Name,
    ast.Load,
    ast.Attribute,
    ast.Subscript,
)
"""What samples that are written out are made of."""
MOST_LAYERS = 200

COST_ATTRIBUTES = frozenset({"T", "abs", "clip", "exp", "log", "log1p", "maximum", "mean", "shape", "size", "sum"})


def is_familiar(program: Program) -> bool:
    """Tell whether a program differs in its numbers at most from one that comes with nntui."""
    origin = program.origin
    if origin.path is not None or origin.loop_line is not None or origin.given != Given():
        return False
    if origin.inferred_cost is not None and not is_plain_cost(origin.inferred_cost):
        return False
    try:
        form = _form(program.source)
        return any(form == _form(source) for source in _like(program))
    except RecursionError:
        return False


def _like(program: Program) -> Iterator[str]:
    """Yield the texts of nntui's own that this one may be."""
    if program.name in builtin.NAMES:
        yield builtin.source(program.name)
    elif any(mistake.code == program.name for mistake in mistakes.MISTAKES):
        yield mistakes.program(program.name).source
    elif program.name.count("-") <= MOST_LAYERS:
        described = wording.read(wording.said(program.source))
        if described is not None:
            yield network.write(described)
        hidden = program.name.count("-") - 1
        if hidden >= 0:
            yield network.write(network.Network((3, *[4] * hidden, 1)))


class _Numberless(ast.NodeTransformer):
    """Makes every number the same."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        """Forget the number."""
        return ast.Constant(0) if type(node.value) in (int, float) else node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        """A sign belongs to its number."""
        self.generic_visit(node)
        signed = isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant)
        return node.operand if signed else node


def _form(source: str) -> str:
    """Return a text's syntax without its numbers, its comments and its docstring."""
    tree = parsing.parse(source)
    first = tree.body[0] if tree.body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        del tree.body[0]
    tree.body = [node for node in tree.body if not _is_data(node)]
    return ast.dump(_Numberless().visit(tree))


def _is_data(node: ast.stmt) -> bool:
    """Tell whether a statement gives written-out samples or their labels a name, or helps to read them."""
    if isinstance(node, ast.Import):
        return all(alias.name in ("base64", "zlib") and alias.asname is None for alias in node.names)
    if isinstance(node, ast.FunctionDef):
        return ast.dump(node) == ast.dump(parsing.parse(UNPACKED).body[0])
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return False
    target = node.targets[0]
    return isinstance(target, ast.Name) and target.id in DATA_NAMES and _is_written_out(node.value)


def _is_written_out(value: ast.expr) -> bool:
    """Tell whether an expression is nothing but samples: numbers and text, made an array or unpacked."""
    return all(
        isinstance(part, DATA_NODES)
        and (not isinstance(part, ast.Name) or part.id in ("np", "float", "unpacked"))
        and (not isinstance(part, ast.Attribute) or part.attr in ("array", "eye", "astype"))
        for part in ast.walk(value)
    )


def is_plain_cost(expression: str) -> bool:
    """Tell whether an expression does nothing but compute with the program's variables."""
    try:
        parts = list(ast.walk(parsing.parse(expression, "eval")))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(isinstance(part, COST_NODES) and _is_plain(part) for part in parts)


def _is_plain(part: ast.AST) -> bool:
    if isinstance(part, ast.Attribute):
        return part.attr in COST_ATTRIBUTES
    if isinstance(part, ast.Call):
        return isinstance(part.func, ast.Attribute) and not part.keywords
    if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Pow):
        return isinstance(part.right, ast.Constant) and part.right.value in (2, 3, 0.5)
    return not isinstance(part, ast.Constant) or type(part.value) in (int, float)
