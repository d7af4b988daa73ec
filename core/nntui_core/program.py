"""A training loop as a value: its source text, its setup, its loop header, its body statements.

The text is the truth. What the code panel shows, what runs, what is explained and what is exported are all read
from `Program.source`; a network made from options is written as such a text, a learner's script is parsed as one,
and a changed line makes a new program. A `Program` never runs anything: see `nntui_core.interpreter`.
"""

import ast
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from nntui_core import dataflow
from nntui_core.roles import Phase, Role, Roles, infer, products

__all__ = ["Phase", "Program", "ProgramSyntaxError", "Role", "Roles", "Statement"]


class ProgramSyntaxError(ValueError):
    """A text that is no program. `line` is 1-based, None where no single line is to blame."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of the body.

    A compound statement (`if`, an inner `for`) has an entry of its own, for its header, and one for each statement
    of its blocks, `depth` levels further in. `line` and `end_line` are 1-based lines of the program's source.
    """

    index: int
    line: int
    end_line: int
    text: str
    comment: str
    targets: tuple[str, ...]
    reads: tuple[str, ...]
    phase: Phase
    depth: int = 0


@dataclass(frozen=True)
class Program:
    """A training loop: `setup` runs once, then the loop's `body` again and again, then `after`.

    Make one with `Program.parse`. Two programs are equal where their names and texts are. The syntax trees are for
    reading only.
    """

    name: str
    source: str
    body: tuple[Statement, ...] = field(compare=False)
    roles: Roles = field(compare=False)
    functions: frozenset[str] = field(compare=False)
    """Names of functions, classes and modules: names that are not data."""
    setup: tuple[ast.stmt, ...] = field(compare=False, repr=False)
    loop: ast.For | ast.While = field(compare=False, repr=False)
    after: tuple[ast.stmt, ...] = field(compare=False, repr=False)
    nodes: tuple[ast.stmt, ...] = field(compare=False, repr=False)
    """The syntax tree of each statement of `body`, by index."""

    @classmethod
    def parse(cls, source: str, name: str) -> "Program":
        """Read a program from its text.

        Raises:
            ProgramSyntaxError: the text is not Python, or has no loop at its top level.
        """
        try:
            tree = ast.parse(source, filename=name)
            compile(tree, name, "exec")  # finds what is grammar but no program: `return` outside a function
        except SyntaxError as error:
            raise ProgramSyntaxError(f"{error.msg}", error.lineno) from None
        except ValueError as error:  # a null byte in the text
            raise ProgramSyntaxError(str(error)) from None
        at = _training_loop(tree.body)
        loop = tree.body[at]
        assert isinstance(loop, ast.For | ast.While)
        flat = list(_flatten(loop.body, 0))
        setup, after = tree.body[:at], tree.body[at + 1 :]
        functions = dataflow.not_data(setup)
        counter = frozenset(dataflow.writes(loop))
        roles, phases = infer(setup, [node for node, _ in flat], functions | counter)
        lines = dataflow.source_lines(source)
        body = tuple(
            _statement(index, node, depth, lines, functions, phase)
            for index, ((node, depth), phase) in enumerate(zip(flat, phases, strict=True))
        )
        nodes = tuple(node for node, _ in flat)
        return cls(name, source, body, roles, functions, tuple(setup), loop, tuple(after), nodes)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle as name and text: the rest follows from them."""
        return Program.parse, (self.source, self.name)

    @property
    def lines(self) -> list[str]:
        """The lines of the source, without their ends."""
        return dataflow.source_lines(self.source)

    @property
    def docstring(self) -> str:
        """The first line of the text's docstring, without its full stop; empty where it has none."""
        first = self.setup[0] if self.setup else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            return str(first.value.value).strip().split("\n")[0].rstrip(".")
        return ""

    @property
    def counter(self) -> str | None:
        """The name of the loop's variable, None for a `while` loop or a tuple of names."""
        target = self.loop.target if isinstance(self.loop, ast.For) else None
        return target.id if isinstance(target, ast.Name) else None

    def writers(self, name: str) -> tuple[Statement, ...]:
        """Return the body statements that write a variable."""
        return tuple(statement for statement in self.body if name in statement.targets)

    def statement_at(self, line: int) -> Statement | None:
        """Return the innermost body statement that covers a source line (1-based), None where none does."""
        covering = [s for s in self.body if s.line <= line <= s.end_line]
        return covering[-1] if covering else None


def _training_loop(body: Sequence[ast.stmt]) -> int:
    """Return the place of the training loop among the top-level statements: the first with a matrix product."""
    loops = [i for i, node in enumerate(body) if isinstance(node, ast.For | ast.While)]
    if not loops:
        raise ProgramSyntaxError("there is no training loop: no `for` or `while` at the top level")
    with_product = [i for i in loops if any(True for _ in products(body[i]))]
    return (with_product or loops)[0]


def _flatten(block: Sequence[ast.stmt], depth: int) -> Iterator[tuple[ast.stmt, int]]:
    for node in block:
        yield node, depth
        for nested in dataflow.child_blocks(node):
            yield from _flatten(nested, depth + 1)


def _statement(
    index: int, node: ast.stmt, depth: int, lines: Sequence[str], functions: frozenset[str], phase: Phase
) -> Statement:
    blocks = list(dataflow.child_blocks(node))
    end = blocks[0][0].lineno - 1 if blocks else (node.end_lineno or node.lineno)
    end = max(end, node.lineno)
    text, comment = _text_and_comment(node, end, lines, bool(blocks))
    return Statement(
        index,
        node.lineno,
        end,
        text,
        comment,
        dataflow.writes(node),
        dataflow.reads(node, functions),
        phase,
        depth,
    )


def _text_and_comment(node: ast.stmt, end: int, lines: Sequence[str], compound: bool) -> tuple[str, str]:
    """Return a statement's text without indentation, and the comment at its end without `#`."""
    if compound:
        header = textwrap.dedent("\n".join(lines[node.lineno - 1 : end])).strip()
        return header, ""
    last = lines[end - 1].encode()
    stop = node.end_col_offset or len(last)
    tail = last[stop:].decode().strip()
    first = lines[node.lineno - 1].encode()[node.col_offset :]
    if end == node.lineno:
        text = last[node.col_offset : stop].decode()
    else:
        between = lines[node.lineno : end - 1]
        text = "\n".join([first.decode(), *between, last[:stop].decode()])
    return text, tail.lstrip("#").strip() if tail.startswith("#") else ""
