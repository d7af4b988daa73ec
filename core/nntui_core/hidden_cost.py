"""A cost that only a function of the program knows, told by what the program itself knows after an iteration.

    def loss(self, y):                          np.mean((net.a2 - y) ** 2)
        return np.mean((self.a2 - y) ** 2)

No variable of the program holds such a cost, so no loss curve could be drawn of it. But one iteration as a straight
line (`nntui_core.straight`) says how it is computed; where that reads local variables of functions, what they were
computed from takes their place. If the weights are among what is left, the cost is the one *after* the update, and
`after` says so. An expression is only taken where it gives the very cost of the iteration that was followed.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nntui_core import dataflow, parsing, places
from nntui_core.flatlines import cloned
from nntui_core.interpreter import Interpreter
from nntui_core.patterns import names_in
from nntui_core.scratch import Scratch
from nntui_core.undecided import undecided
from nntui_core.values import is_numeric

if TYPE_CHECKING:
    from nntui_core.straight import Straight

LONGEST = 400
"""Characters of an expression that is shown."""
CLOSE = 1e-12
"""Relative difference between the cost and what the expression gives: sums in another order round differently."""


@dataclass(frozen=True, slots=True)
class HiddenCost:
    """A cost as an expression, and what computes it: a function, '' for the loop itself, and a line, 0 where none does.

    `after` says that it is computed from the weights as they are after the iteration.
    """

    expression: str
    function: str = ""
    line: int = 0
    after: bool = False

    @property
    def told(self) -> str:
        """Where it comes from, in words."""
        by = f"as {self.function} computes it, line {self.line}"
        where = by if self.function else f"as line {self.line} computes it"
        when = "with the weights after each iteration" if self.after else ""
        return "; ".join(part for part in (where if self.line else "", when) if part)


def stated(interpreter: Interpreter, straight: "Straight") -> HiddenCost | None:
    """Return the cost that a function computes and no variable of the program holds; None where it cannot be told.

    The interpreter stands at the start of the iteration that the straight line is of.
    """
    program = straight.program
    name = program.roles.loss
    if name is None or name in straight.visible or program.samplewise.meetings:
        return None
    k = max(i for i, statement in enumerate(program.body) if name in statement.targets)
    line = straight.lines[k]
    if line.line in undecided(program.source):
        return None
    found = _told(interpreter, straight, ast.Name(name, ast.Load()), k + 1)
    return None if found is None else HiddenCost(found[0], line.function, line.line, found[1])


def inferred(interpreter: Interpreter, straight: "Straight", expression: str) -> HiddenCost | None:
    """Return a cost, given over the names of a straight line, over those that the program knows."""
    program = straight.program
    node = places.named(parsing.parse(f"({expression})").body[0], program.functions)
    assert isinstance(node, ast.Expr)
    prediction = program.roles.prediction
    written = [i for i, statement in enumerate(program.body) if prediction in statement.targets]
    if not written or program.samplewise.meetings:
        return None
    found = _told(interpreter, straight, node.value, written[-1] + 1)
    return None if found is None else HiddenCost(found[0], after=found[1])


def _told(interpreter: Interpreter, straight: "Straight", wanted: ast.expr, k: int) -> tuple[str, bool] | None:
    """Return an expression for what `wanted` is before flat line k, and whether it is one of the weights afterwards."""
    writes = [dataflow.writes(node) for node in straight.program.nodes]
    for after in (False, True):
        if after and straight.cut:
            continue  # another turn has other samples
        try:
            tree = _Opened(straight, writes, k, after).visit(cloned(wanted))
        except _Unknown:
            continue
        text = ast.unparse(tree)
        if len(text) <= LONGEST and _gives(interpreter, straight, wanted, k, tree, after):
            return text, after
    return None


class _Unknown(Exception):  # noqa: N818 - it is no error of the program
    """Something in an expression cannot be told by what the program knows."""


class _Opened(ast.NodeTransformer):
    """Puts what local variables were computed from in their place."""

    def __init__(
        self,
        straight: "Straight",
        writes: Sequence[Sequence[str]],
        k: int,
        after: bool,
    ) -> None:
        self.straight, self.writes, self.k, self.after = straight, writes, k, after

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Keep what the program knows afterwards, open what it does not."""
        name, straight = node.id, self.straight
        if name in straight.held:
            raise _Unknown
        if name in straight.program.functions or name in dataflow.BUILTINS:
            return node
        j = next((i for i in range(self.k - 1, -1, -1) if name in self.writes[i]), None)
        if j is None:
            changes = any(name in later for later in self.writes)
            if name not in straight.visible or (changes and not self.after):
                raise _Unknown
            return node
        if not self.after and name in straight.visible and not any(name in later for later in self.writes[j + 1 :]):
            return node
        if straight.lines[j].line in undecided(straight.program.source):
            raise _Unknown
        value = _value(straight.program.nodes[j])
        if value is None or (_may_vary(straight, j) and _counts(value, straight, j)):
            raise _Unknown
        opened: ast.expr = _Opened(straight, self.writes, j, self.after).visit(cloned(value))
        return opened


def _value(node: ast.stmt) -> ast.expr | None:
    """Return what a statement puts into its one variable."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.value
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        return ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value)
    return None


def _may_vary(straight: "Straight", j: int) -> bool:
    """Tell whether another iteration, or a later turn, may have other samples or another number of them."""
    program, target = straight.program, straight.program.roles.target
    header = names_in(program.loop.target) if isinstance(program.loop, ast.For) else set()
    written = {name for statement in program.body for name in statement.targets}
    return bool(straight.lines[j].loops) or target is None or target in written or target in header


def _counts(value: ast.expr, straight: "Straight", j: int) -> bool:
    """Tell whether a flat line has whole numbers that its text has not: a turn, or a number of samples."""
    line = straight.lines[j]
    text = straight.program.lines[line.line - 1 : line.end_line]
    there = {word for part in text for word in part.replace("(", " ").replace(")", " ").replace(",", " ").split()}
    numbers = {repr(p.value) for p in ast.walk(value) if isinstance(p, ast.Constant) and type(p.value) is int}
    return bool(numbers - there)


def _gives(
    interpreter: Interpreter, straight: "Straight", wanted: ast.expr, k: int, tree: ast.expr, after: bool
) -> bool:
    """Tell whether an expression gives the cost: after the iteration, or with the weights that it began with."""
    scratch = Scratch(interpreter, straight.program, straight.held)
    scratch.enter()
    value = _number(tree, scratch.namespace) if after else None
    cost, count = None, len(straight.program.body)
    for done in range(1, count + 1):
        scratch.step()
        if done == k:
            cost = _number(wanted, scratch.namespace)
    value = value if after else _number(tree, scratch.namespace)
    return cost is not None and value is not None and bool(np.isclose(value, cost, rtol=CLOSE, atol=0.0))


def _number(tree: ast.expr, namespace: Mapping[str, Any]) -> float | None:
    code = compile(ast.fix_missing_locations(ast.Expression(cloned(tree))), "<cost>", "eval")
    try:
        value = eval(code, dict(namespace))
    except Exception:  # noqa: BLE001 - it is the learner's code, and a variable may not be there
        return None
    return float(value) if is_numeric(value) and np.size(value) == 1 else None
