"""A training loop as a value: its source text, its setup, its loop header, its body statements.

The text is the truth. What the code panel shows, what runs, what is explained and what is exported are all read
from `Program.source`; a network made from options is written as such a text, a learner's script is parsed as one,
and a changed line makes a new program. A `Program` never runs anything: see `nntui_core.interpreter`.
"""

import ast
import copy
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nntui_core import dataflow, parsing, places
from nntui_core.casting import cast
from nntui_core.loops import Loop, LoopError, Site, counters, find
from nntui_core.roles import Given, Phase, Role, Roles
from nntui_core.samplewise import NONE, Samplewise

if TYPE_CHECKING:
    from nntui_core.straight import Straight

__all__ = ["Given", "Origin", "Phase", "Program", "ProgramSyntaxError", "Role", "Roles", "Statement"]


INFERRED = "not stated; inferred from the backward pass"
"""Where a cost comes from that the program states nowhere."""


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


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a program's text comes from and how it is to be read: what a changed text of it keeps.

    `path` is the file of a learner's script, None for a program of nntui's own: a script's loop ends where its
    header says, nntui's own goes on as long as one likes. `loop_line` is the line that the training loop is said to
    begin on, None where it is to be found. `given` are roles that the user has set.
    """

    path: str | None = None
    loop_line: int | None = None
    given: Given = field(default_factory=Given)
    inferred_cost: str | None = None
    """The cost that a check has inferred, where the text states none."""


@dataclass(frozen=True)
class Program:
    """A training loop: `setup` runs once, then the loop's `body` again and again, then what comes after.

    Make one with `Program.parse`. Two programs are equal where their names, texts and origins are. The syntax trees
    are for reading only.
    """

    name: str
    source: str
    origin: Origin
    body: tuple[Statement, ...] = field(compare=False)
    roles: Roles = field(compare=False)
    functions: frozenset[str] = field(compare=False)
    """Names of functions, classes and modules: names that are not data."""
    places: tuple[str, ...] = field(compare=False)
    """The variables inside of others that the body works with: `params['W1']`, see `nntui_core.places`."""
    site: Site = field(compare=False, repr=False)
    setup: tuple[ast.stmt, ...] = field(compare=False, repr=False)
    """All statements before the loop, those of a function that it is in among them."""
    nodes: tuple[ast.stmt, ...] = field(compare=False, repr=False)
    """The syntax tree of each statement of `body`, by index, with places as names: for reading."""
    written: tuple[ast.stmt, ...] = field(compare=False, repr=False)
    """The same as they were written: for running."""
    straight: "Straight | None" = field(default=None, compare=False, repr=False)
    """One iteration as a straight line, where the body hides what it does in functions or lists."""
    samplewise: Samplewise = field(default=NONE, compare=False, repr=False)
    """Of a straight line: the samples that it goes through one after another."""

    @classmethod
    def parse(cls, source: str, name: str, origin: Origin = Origin()) -> "Program":
        """Read a program from its text.

        Raises:
            ProgramSyntaxError: the text is not Python, or has no training loop.
        """
        tree = _tree(source, name)
        try:
            site = find(tree, origin.loop_line)
        except LoopError as error:
            raise ProgramSyntaxError(str(error), error.line) from None
        setup = (*site.setup, *site.prelude)
        written, depths = zip(*_flatten(site.loop.body, 0), strict=True)
        functions = dataflow.not_data(setup)
        nodes = tuple(places.named(copy.deepcopy(node), functions) for node in written)
        roles, phases = cast(setup, nodes, functions | counters(site.loop), origin.given, site.arguments)
        if roles.loss is None and roles.cost is None:
            roles = replace(roles, cost=origin.inferred_cost)
        lines = dataflow.source_lines(source)
        body = tuple(
            _statement(index, *parts, lines, functions, phases[index])
            for index, parts in enumerate(zip(nodes, written, depths, strict=True))
        )
        inside = [n for s in body for n in (*s.reads, *s.targets) if places.is_place(n)]
        return cls(
            name, source, origin, body, roles, functions, tuple(dict.fromkeys(inside)), site, setup, nodes, written
        )

    def changed(self, source: str, lines_before: int = 0) -> "Program":
        """Return this program with another text; `lines_before` were added before the loop.

        Raises:
            ProgramSyntaxError: the text is not Python, or has no training loop.
        """
        line = self.origin.loop_line
        origin = self.origin if line is None else replace(self.origin, loop_line=line + lines_before)
        return Program.parse(source, self.name, origin)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle as name, text and origin: the rest follows from them."""
        return Program.parse, (self.source, self.name, self.origin)

    def flat(self) -> "Program":
        """Return this program with places as names in what runs, for a namespace that is flat as well.

        Raises:
            ValueError: a variable that holds places is also used as a whole, so that they cannot stand alone.
        """
        whole = {places.base(place) for place in self.places} & {name for s in self.body for name in s.reads}
        if whole:
            raise ValueError(
                f"{sorted(whole)[0]} is used as a whole and by its parts, in a way that cannot be followed"
            )
        loop = places.named(copy.deepcopy(self.site.loop), self.functions)
        assert isinstance(loop, Loop)
        return replace(self, site=replace(self.site, loop=loop), written=self.nodes)

    @property
    def loss_text(self) -> str | None:
        """What gives the loss after an iteration: a variable, or the cost's expression; None where neither is known."""
        cost = self.roles.cost
        if cost is not None and "np" not in self.functions:
            cost = cost.replace("np.", "__import__('numpy').")
        return self.roles.loss or cost

    @property
    def told_cost(self) -> str:
        """Where the cost comes from that no variable of the program holds, in words; '' where one does."""
        if self.roles.loss is not None or self.roles.cost is None or self.origin.given.cost is not None:
            return ""
        hidden = None if self.straight is None else self.straight.cost
        return INFERRED if hidden is None else hidden.told

    def with_roles(self, given: Given) -> "Program":
        """Return the program with other roles set by the user."""
        return Program.parse(self.source, self.name, replace(self.origin, given=given))

    def with_cost(self, expression: str) -> "Program":
        """Return the program with a cost that no variable of it holds."""
        states_none = self.roles.loss is None and self.origin.given.cost is None
        roles = replace(self.roles, cost=expression) if states_none else self.roles
        return replace(self, origin=replace(self.origin, inferred_cost=expression), roles=roles)

    @property
    def loop(self) -> Loop:
        """The training loop."""
        return self.site.loop

    @property
    def after(self) -> tuple[ast.stmt, ...]:
        """All statements after the loop, those of a function that it is in among them."""
        return (*self.site.rest, *self.site.after)

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


def _tree(source: str, name: str) -> ast.Module:
    try:
        tree = parsing.parse(source, name=name)
        compile(tree, name, "exec")  # finds what is grammar but no program: `return` outside a function
    except SyntaxError as error:
        raise ProgramSyntaxError(_advice(error, source), error.lineno) from None
    except (ValueError, RecursionError, MemoryError) as error:  # a null byte, or brackets without end
        raise ProgramSyntaxError(str(error) or "it is nested too deeply") from None
    return tree


def _advice(error: SyntaxError, source: str) -> str:
    """Return what is wrong with a line, with a hint where it looks like Python 2."""
    lines = dataflow.source_lines(source)
    line = lines[error.lineno - 1].strip() if error.lineno and error.lineno <= len(lines) else ""
    if line.startswith("print ") or "Missing parentheses in call to 'print'" in str(error.msg):
        return "this is Python 2: write print(...) with parentheses"
    return str(error.msg)


def _flatten(block: Sequence[ast.stmt], depth: int) -> Iterator[tuple[ast.stmt, int]]:
    for node in block:
        yield node, depth
        for nested in dataflow.child_blocks(node):
            yield from _flatten(nested, depth + 1)


def _statement(
    index: int,
    node: ast.stmt,
    written: ast.stmt,
    depth: int,
    lines: Sequence[str],
    functions: frozenset[str],
    phase: Phase,
) -> Statement:
    blocks = list(dataflow.child_blocks(node))
    end = blocks[0][0].lineno - 1 if blocks else (node.end_lineno or node.lineno)
    end = max(end, node.lineno)
    text, comment = _text_and_comment(written, end, lines, bool(blocks))
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
