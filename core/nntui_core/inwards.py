"""A suggestion for a line that stands in a function, in the words of that function.

A check reads the flat lines of an iteration, `net.W2 -= 0.5 * net.a1.T @ d2`, and suggests another one. In the text
that line says `self.W2 -= lr * self.a1.T @ d2`: what is called how there is found by laying each flat line beside its
text.
Where something of the suggestion has no name in the function, it stays as it was, and is no edit.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from nntui_core import dataflow, parsing, places
from nntui_core.findings import Finding
from nntui_core.flatlines import cloned
from nntui_core.program import Program
from nntui_core.straight import Straight

SIMPLE = (ast.Assign, ast.AugAssign, ast.Return, ast.Expr)


def in_its_function(finding: Finding, straight: Straight) -> Finding:
    """Return a finding whose suggestion is an edit of the line as it is written, or the finding as it was."""
    program = straight.program
    if finding.suggestion is None or finding.replacement is not None or finding.line is None:
        return finding
    names = frozenset(name for s in program.body for name in (*s.reads, *s.targets))
    try:
        wanted = places.parsed(finding.suggestion, names)
    except SyntaxError:  # it is advice in words
        return finding
    written = _statements(program)
    for k, line in enumerate(straight.lines):
        if line.line == finding.line == line.end_line and dataflow.writes(program.nodes[k]) == dataflow.writes(wanted):
            text = _told(wanted, k, straight, written)
            if text is not None:
                node = written[line.line]
                old = program.lines[line.line - 1].encode()
                new = (old[: node.col_offset] + text.encode() + old[node.end_col_offset :]).decode()
                return replace(finding, suggestion=text, replacement=(line.line, new))
    return finding


def _statements(program: Program) -> dict[int, ast.stmt]:
    """Return the statements that have a line for themselves, by that line."""
    found: dict[int, list[ast.stmt]] = {}
    for node in ast.walk(parsing.parse(program.source)):
        if isinstance(node, ast.stmt) and not any(True for _ in dataflow.child_blocks(node)):
            found.setdefault(node.lineno, []).append(node)
    return {line: nodes[0] for line, nodes in found.items() if len(nodes) == 1 and isinstance(nodes[0], SIMPLE)}


def _told(wanted: ast.stmt, k: int, straight: Straight, written: dict[int, ast.stmt]) -> str | None:
    """Return a statement in the names that flat line k's function has, None where it has not all of them."""
    line = straight.lines[k]
    called: dict[str, set[str]] = {}
    for j, other in enumerate(straight.lines):
        same = (other.function, other.index, other.turn) == (line.function, line.index, line.turn)
        if same and other.line in written and _alike(straight.program.nodes[j], written[other.line]):
            for pair in _side_by_side(straight.program.nodes[j], written[other.line]):
                if other.loops == line.loops or "[" not in pair.text:  # W[i] is another one in another turn
                    called.setdefault(pair.flat, set()).add(pair.text)
    if line.line not in written or not _alike(straight.program.nodes[k], written[line.line]):
        return None
    pairs = _side_by_side(straight.program.nodes[k], written[line.line], numbers=True)
    numbers = {pair.flat: pair.text for pair in pairs}
    naming = _Naming(called, numbers, straight)
    tree = naming.visit(cloned(wanted))
    return None if naming.unknown else ast.unparse(ast.fix_missing_locations(tree))


def _alike(flat: ast.AST, text: ast.AST) -> bool:
    """Tell whether a flat line has the form of its text: in a comprehension there are many lines to one."""
    if isinstance(flat, ast.Assign) and isinstance(text, ast.Assign):
        return type(flat.value) is type(text.value) or isinstance(flat.value, ast.Name | ast.Constant)
    return isinstance(flat, ast.AugAssign) and isinstance(text, ast.AugAssign)


@dataclass(frozen=True, slots=True)
class _Pair:
    flat: str
    text: str


def _side_by_side(flat: ast.AST, text: ast.AST, numbers: bool = False) -> Iterator[_Pair]:
    """Yield the names of a flat line with what they are in the text; or its numbers that are none there."""
    if isinstance(flat, ast.Name):
        if isinstance(text, ast.Name | ast.Attribute | ast.Subscript) and not numbers:
            yield _Pair(flat.id, ast.unparse(text))
        return
    if isinstance(flat, ast.Constant):
        if numbers and isinstance(text, ast.Name | ast.Attribute | ast.Call):
            yield _Pair(repr(flat.value), ast.unparse(text))
        return
    if type(flat) is not type(text):
        return
    for field in flat._fields:
        a, b = getattr(flat, field, None), getattr(text, field, None)
        if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
            for part, other in zip(a, b, strict=True):
                if isinstance(part, ast.AST) and isinstance(other, ast.AST):
                    yield from _side_by_side(part, other, numbers)
        elif isinstance(a, ast.AST) and isinstance(b, ast.AST):
            yield from _side_by_side(a, b, numbers)


class _Naming(ast.NodeTransformer):
    """Puts the function's own names, and its names for numbers, in the place of flat ones."""

    def __init__(self, called: dict[str, set[str]], numbers: dict[str, str], straight: Straight) -> None:
        self.called, self.numbers = called, numbers
        self.functions = straight.program.functions - frozenset(straight.held) | dataflow.BUILTINS
        self.unknown = False

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A variable, by the one name that it has in the function."""
        texts = self.called.get(node.id, set())
        if len(texts) == 1:
            named = parsing.parse(next(iter(texts)), "eval").body
            named.ctx = node.ctx  # type: ignore[attr-defined]
            return named
        self.unknown = self.unknown or node.id not in self.functions
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """A number that the text calls by a name."""
        text = self.numbers.get(repr(node.value))
        return node if text is None else parsing.parse(text, "eval").body
