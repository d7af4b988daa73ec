"""A statement as something to edit: its text, its tree, and the names that an edit may use.

Edits replace expressions by texts and leave every other character as the learner wrote it.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from nntui_core import dataflow, parsing, places
from nntui_core.patterns import PRODUCTS
from nntui_core.program import Program


@dataclass(frozen=True)
class Surroundings:
    """What the edits may use: the program's names by kind, in program order, and its style.

    `activation_of` maps each pre-activation z to its a; `slopes` are the σ′ that may be missing, as texts, each with
    the forward variable that it is of (see `nntui_core.slopes`); `errors` are the backward variables that are a ∂C/∂a.
    """

    inputs: tuple[str, ...] = ()
    forward: tuple[str, ...] = ()
    backward: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    prediction: str | None = None
    activation_of: Mapping[str, str] = field(default_factory=dict)
    slopes: tuple[tuple[str, str], ...] = ()
    errors: tuple[str, ...] = ()
    product: str = "{a} @ {b}"

    @property
    def names(self) -> frozenset[str]:
        """All of its variables."""
        single = () if self.prediction is None else (self.prediction,)
        return frozenset((*self.inputs, *self.forward, *self.backward, *self.parameters, *single))


@dataclass(frozen=True)
class Line:
    """A statement as text and tree, to be edited."""

    text: str
    node: ast.stmt
    around: Surroundings

    @classmethod
    def of(cls, text: str, around: Surroundings) -> "Line":
        """Parse a statement."""
        return cls(text, places.parsed(text, around.names), around)

    @property
    def value(self) -> ast.expr | None:
        """The right side."""
        return self.node.value if isinstance(self.node, ast.Assign | ast.AugAssign | ast.AnnAssign) else None

    def parts(self) -> list[ast.expr]:
        """Return the expressions of the right side that stand for numbers, the outermost first.

        What is inside of a comparison or an index is none: an edit there changes which cells are chosen, and is right
        by chance as soon as it chooses the same ones.
        """
        if self.value is None:
            return []
        functions = {id(p.func) for p in ast.walk(self.value) if isinstance(p, ast.Call)}
        inside = {id(q) for p in ast.walk(self.value) for part in _choosing(p) for q in ast.walk(part)}
        kinds = ast.BinOp | ast.UnaryOp | ast.Call | ast.Name | ast.Attribute | ast.Subscript
        barred = functions | inside
        return [p for p in ast.walk(self.value) if isinstance(p, kinds) and id(p) not in barred and not is_module(p)]

    def terms(self) -> list[ast.expr]:
        """Return the parts that do not mention the statement's own target: not `W - lr * g`, but `lr * g`.

        An edit of the whole would be right by chance where the target happens to be zero.
        """
        own = set(dataflow.writes(self.node))
        return [part for part in self.parts() if not own & {n.id for n in ast.walk(part) if isinstance(n, ast.Name)}]

    def source(self, node: ast.expr) -> str:
        """Return an expression as it is written here."""
        return ast.get_source_segment(self.text, node) or ast.unparse(node)

    def replaced(self, *edits: tuple[ast.expr, str]) -> str:
        """Return the statement with some of its expressions replaced by texts."""
        found = sorted(((*self._span(node), new) for node, new in edits), reverse=True)
        raw = self.text.encode()
        for start, end, new in found:
            whole = self.value is not None and (start, end) == self._span(self.value)
            start, end = _with_brackets(new, raw, start, end)
            raw = raw[:start] + _bracketed(new, raw, start, end, whole).encode() + raw[end:]
        return raw.decode()

    def _span(self, node: ast.expr) -> tuple[int, int]:
        lines = self.text.encode().splitlines(keepends=True)
        offsets = [sum(len(line) for line in lines[:i]) for i in range(len(lines) + 1)]
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return offsets[node.lineno - 1] + node.col_offset, offsets[node.end_lineno - 1] + node.end_col_offset


def _choosing(node: ast.AST) -> list[ast.expr]:
    """Return the parts of an expression that choose cells and are no numbers: a comparison's, an index, a condition."""
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.Subscript):
        return [node.slice]
    return [node.test] if isinstance(node, ast.IfExp) else []


def is_module(node: ast.expr) -> bool:
    """Tell whether an expression is NumPy itself."""
    return isinstance(node, ast.Name) and node.id in ("np", "numpy")


def _with_brackets(new: str, raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Return a span with the brackets round it, where what comes in their place needs none."""
    before, after = raw[:start].rstrip(), raw[end:].lstrip()
    grouped = (
        before[-1:] == b"(" and after[:1] == b")" and before[:-1].rstrip()[-1:] in (b"*", b"/", b"+", b"-", b"=", b"@")
    )
    tree = parsing.parse(new.strip(), "eval").body
    if grouped and isinstance(tree, ast.Name | ast.Call | ast.Attribute | ast.Subscript):
        return len(before) - 1, len(raw) - len(after) + 1
    return start, end


def _bracketed(new: str, raw: bytes, start: int, end: int, whole: bool) -> str:
    """Put brackets round a text where its surroundings might tear it apart, and take them off where they are double."""
    before, after = raw[:start].rstrip()[-1:], raw[end:].lstrip()[:1]
    enclosed = before in (b"(", b",") and after in (b")", b",")
    tree = parsing.parse(new.strip(), "eval").body
    own = ast.get_source_segment(new.strip(), tree) or new
    if whole or enclosed:
        return own if not isinstance(tree, ast.Tuple) else new
    if not isinstance(tree, ast.BinOp | ast.UnaryOp | ast.Compare):
        return new
    term = isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Mult | ast.Div | ast.MatMult)
    added = before in (b"+", b"-", b"=") and after in (b"", b"+", b"-", b")", b",")
    return own if term and added else f"({own})"


def transposed(text: str) -> str:
    """Return an expression transposed: `a.T` for `a`, and `a` for `a.T`."""
    tree = parsing.parse(text, "eval").body
    if isinstance(tree, ast.Attribute) and tree.attr == "T":
        return ast.get_source_segment(text, tree.value) or ast.unparse(tree.value)
    plain = isinstance(tree, ast.Name | ast.Call | ast.Attribute | ast.Subscript)
    return f"{text}.T" if plain else f"({text}).T"


def product_of(node: ast.AST) -> tuple[ast.expr, ast.expr, str] | None:
    """Return the operands of a product, and its style with places `{a}` and `{b}`; None for other expressions."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return node.left, node.right, "{a} @ {b}"
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    if node.func.attr in PRODUCTS and len(node.args) == 2:
        return node.args[0], node.args[1], f"{ast.unparse(node.func)}({{a}}, {{b}})"
    if node.func.attr in PRODUCTS and len(node.args) == 1:
        return node.func.value, node.args[0], f"{{a}}.{node.func.attr}({{b}})"
    return None


def style(program: Program) -> str:
    """Return how the program writes a matrix product: `{a} @ {b}`, `np.dot({a}, {b})` or `{a}.dot({b})`."""
    for node in program.nodes:
        for part in ast.walk(node):
            found = product_of(part)
            if found is not None and "outer" not in found[2]:
                return found[2]
    return "{a} @ {b}"


def product_text(how: str, a: str, b: str) -> str:
    """Write the product of two expressions, each in brackets where it needs them."""
    bare = how.startswith("np.") or "(" in how.split("{a}")[0]
    return how.format(a=a if bare else operand(a), b=b if "(" in how else operand(b))


def operand(text: str) -> str:
    """Return an expression in brackets where it needs them beside `*` or `@`."""
    tree = parsing.parse(text, "eval").body
    return f"({text})" if isinstance(tree, ast.BinOp | ast.UnaryOp) else text


def elementwise(node: ast.AST) -> tuple[ast.expr, ast.expr] | None:
    """Return the operands of an elementwise product, `a * b` or `np.multiply(a, b)`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return node.left, node.right
    named = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "multiply"
    if named and isinstance(node, ast.Call) and len(node.args) == 2:
        return node.args[0], node.args[1]
    return None
