"""How much each sample adds to the loss, read from the loss's own expression.

A loss adds up or averages over samples: `0.5 * np.sum((a2 - y) ** 2)`. What stands under the outermost sum or mean
that the data come into has a row for each sample. So the expression is evaluated with that sum left undone: it gives
a number a sample. Whether they make up the loss is not assumed: they are added up and compared with it.
"""

import ast
import copy
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nntui_core import dataflow, helpers, parsing, places
from nntui_core.forward import Forward
from nntui_core.patterns import bare_name, called_name, names_in
from nntui_core.program import Phase, Program, Statement
from nntui_core.values import Array

EACH = "__each__"
"""The name of what stands in the place of a sum or a mean."""
MEANS = {"sum": False, "mean": True, "average": True}


@dataclass(frozen=True)
class Shares:
    """The loss with its sum over the samples left undone, and the statements that lead there from the inputs."""

    statements: tuple[Statement, ...]
    whole: types.CodeType
    each: types.CodeType
    reads: frozenset[str]

    @classmethod
    def of(cls, forward: Forward) -> "Shares | None":
        """Find the sum over the samples in a program's loss, None where there is none to be seen."""
        program = forward.program
        varying = {forward.inputs, program.roles.target or "", forward.prediction}
        found: list[Statement] = []
        sums: list[tuple[Statement | None, ast.expr, ast.expr]] = []
        for statement, node in _lines(program):
            if not varying.intersection(dataflow.reads(node, program.functions)):
                continue
            if statement is None or statement.phase not in (Phase.FORWARD, Phase.UPDATE):
                expression = getattr(node, "value", None)
                undone = _Undone(program, varying)
                if isinstance(expression, ast.expr):
                    each = undone.visit(copy.deepcopy(_opened(expression, program)))
                    sums += [(statement, expression, each)] if undone.done else []
            if statement is not None:
                found.append(statement)
                varying |= {name for name in statement.targets if name not in program.roles.parameters}
        if not sums:
            return None
        last, expression, each = next((s for s in sums if s[0] and program.roles.loss in s[0].targets), sums[0])
        reads = frozenset((names_in(expression) | names_in(each)) - {EACH} - program.functions - dataflow.BUILTINS)
        before = [s for s in found if last is None or s.index < last.index]
        leading = _leading(before, reads, {forward.inputs, program.roles.target})
        return cls(leading, _compiled(expression), _compiled(each), reads)

    def run(self, namespace: Mapping[str, Any], samples: int, upright: bool) -> Array | None:
        """Return what each of so many samples adds to the loss, None where that is not all there is to it.

        `namespace` has the variables that are read, `upright` tells whether samples are rows.
        """

        def each(values: Any, mean: bool) -> Array:
            table = np.asarray(values, np.float64)
            rows = table.T if table.ndim == 2 and not upright else table
            if not 0 < rows.ndim < 3 or len(rows) != samples:
                raise ValueError("no row for each sample")
            added: Array = rows.reshape(samples, -1).sum(axis=1)
            return added / table.size if mean else added

        try:
            with np.errstate(all="ignore"):
                loss = float(np.sum(eval(self.whole, dict(namespace))))
                without = float(np.sum(eval(self.each, {**namespace, EACH: lambda *_: 0.0})))
                terms = np.asarray(eval(self.each, {**namespace, EACH: each}) - without, np.float64).reshape(-1)
        except Exception:  # noqa: BLE001 - whatever the program's expression raises, these are no samples' numbers
            return None
        fits = len(terms) == samples and np.isclose(float(np.sum(terms)) + without, loss, equal_nan=True)
        return terms if fits else None


def squares(predictions: Array, targets: Array) -> Array | None:
    """Return ½Σ(a − y)² of each sample, None where predictions and targets do not lie side by side."""
    if predictions.shape != targets.shape:
        return None
    with np.errstate(all="ignore"):
        terms: Array = 0.5 * ((predictions - targets) ** 2).sum(axis=1)
    return terms


def _lines(program: Program) -> Sequence[tuple[Statement | None, ast.stmt]]:
    """Return the statements up to the loss; last, as None, a cost that no statement computes."""
    roles = program.roles
    last = max((statement.index for statement in program.writers(roles.loss)), default=-1) if roles.loss else None
    lines: list[tuple[Statement | None, ast.stmt]] = [
        (statement, program.nodes[statement.index])
        for statement in program.body
        if (statement.phase is Phase.FORWARD if last is None else statement.index <= last)
    ]
    if roles.loss is None and roles.cost:
        lines.append((None, places.named(parsing.parse(roles.cost).body[0], program.functions)))
    return lines


def _opened(expression: ast.expr, program: Program) -> ast.expr:
    """Return an expression; where it is a call of a function that only returns something, what that returns."""
    functions = helpers.functions(program.setup)
    for part in helpers.opened(expression, functions)[1:]:
        if isinstance(part, ast.Return) and part.value is not None and isinstance(expression, ast.Call):
            return part.value
    return expression


def _leading(before: Sequence[Statement], reads: frozenset[str], given: set[str | None]) -> tuple[Statement, ...]:
    """Return the statements that what is read depends on, as far back as what is given."""
    needed = set(reads) - given
    found: list[Statement] = []
    for statement in reversed(before):
        if needed.intersection(statement.targets):
            found.insert(0, statement)
            needed = (needed - set(statement.targets)) | (set(statement.reads) - given)
    return tuple(found)


def _compiled(expression: ast.expr) -> types.CodeType:
    tree = ast.Expression(copy.deepcopy(expression))
    return compile(ast.fix_missing_locations(tree), "<loss>", "eval")


class _Undone(ast.NodeTransformer):
    """Puts `__each__` in the place of the outermost sums and means of what varies from sample to sample."""

    def __init__(self, program: Program, varying: set[str]) -> None:
        self._modules, self._varying = program.functions, frozenset(varying)
        self.done = False

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Replace a sum or a mean, or look inside of another call."""
        operand = self._operand(node)
        if operand is None or not names_in(operand) & self._varying:
            return self.generic_visit(node)
        self.done = True
        return ast.Call(ast.Name(EACH, ast.Load()), [operand, ast.Constant(MEANS[called_name(node)])], [])

    def _operand(self, node: ast.Call) -> ast.expr | None:
        """Return what a call adds up: `a` of `np.sum(a)` and of `a.sum()`."""
        if called_name(node) not in MEANS:
            return None
        if isinstance(node.func, ast.Attribute) and bare_name(node.func.value)[0] not in self._modules:
            return node.func.value
        return node.args[0] if node.args else None
