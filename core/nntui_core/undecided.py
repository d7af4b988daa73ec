"""Which lines may compute something else in another iteration, since a branch before them or around them decides?

    def loss(self, y, epoch):
        if epoch < 10:
            return np.mean((self.a2 - y) ** 2)
        return np.mean(np.abs(self.a2 - y))

One iteration that is followed sees one of the two. A branch that only says when something is done (`if i % 100 == 0:
print(…)`) decides nothing, and neither does one over a parameter with a constant for a default (`deriv=False`): each
call says in its text which way it goes.
"""

import ast
from collections.abc import Iterator
from functools import lru_cache

from nntui_core import parsing
from nntui_core.patterns import called_name, names_in

Branch = ast.If | ast.IfExp | ast.Match | ast.Try


@lru_cache(8)
def undecided(source: str) -> frozenset[int]:
    """Return the numbers of those lines of a program, from 1."""
    tree = parsing.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    found = {line for function in functions for line in _of(function)} | set(_of(tree))
    calls = [(called_name(node), node.lineno) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    known = -1
    while known != len(found):  # a call of a function that a branch decides over is no clearer
        known = len(found)
        unclear = {f.name for f in functions if not found.isdisjoint(range(f.lineno, (f.end_lineno or f.lineno) + 1))}
        found |= {line for name, line in calls if name in unclear}
    return frozenset(found)


def _of(scope: ast.Module | ast.FunctionDef) -> Iterator[int]:
    parts = [part for node in scope.body for part in _within(node)]
    settled = {"__name__"} | (_constants(scope) if isinstance(scope, ast.FunctionDef) else set())
    stores = [part for part in parts if _is_store(part)]
    end = max((node.end_lineno or node.lineno for node in scope.body), default=0)
    for branch in parts:
        if isinstance(branch, Branch) and _decides(branch, settled, stores):
            yield from range(branch.lineno, end + 1)


def _within(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what is in it; a function is a scope of its own."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _within(child)


def _constants(function: ast.FunctionDef) -> set[str]:
    """Return the parameters that have a constant for a default."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    given = zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True)
    return {argument.arg for argument, default in given if isinstance(default, ast.Constant)}


def _is_store(node: ast.AST) -> bool:
    return isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store)


def _decides(branch: Branch, settled: set[str], stores: list[ast.AST]) -> bool:
    """Tell whether what a value is depends on a branch."""
    if isinstance(branch, ast.If | ast.IfExp) and names_in(branch.test) <= settled:
        return False
    if not isinstance(branch, ast.If) or branch.orelse:
        return True
    inside = [part for node in branch.body for part in _within(node)]
    if any(isinstance(part, ast.Return | ast.Break | ast.Continue) for part in inside):
        return True
    own = [part for part in inside if _is_store(part)]
    others = {part.id for part in stores if isinstance(part, ast.Name) and not any(part is one for one in own)}
    return any(not isinstance(part, ast.Name) or part.id in others for part in own)
