"""Which loop is the training loop, and what comes before and after it.

The training loop is the outermost one that carries something from one iteration to the next: it reads a variable
before it writes it. Where several do, the one with a matrix product; where several have one, the user has to say. A
loop inside a function counts where the function is called at the top level (also below `if __name__ == "__main__"`):
the function's arguments and the lines before its loop then belong to the setup, and its names are the state.
"""

import ast
import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nntui_core import dataflow, places
from nntui_core.patterns import called_name, products

Loop = ast.For | ast.While


class LoopError(ValueError):
    """There is no training loop, or no telling which; the message says what would do. `line` is 1-based."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Call:
    """A training loop's function, and the top-level statement that calls it."""

    statement: ast.stmt
    expression: ast.Call
    function: ast.FunctionDef

    @property
    def arguments(self) -> frozenset[str]:
        """The function's parameters."""
        found = self.function.args
        every = (*found.posonlyargs, *found.args, *found.kwonlyargs, found.vararg, found.kwarg)
        return frozenset(argument.arg for argument in every if argument is not None)

    @property
    def names(self) -> frozenset[str]:
        """The function's own names: its parameters, and what it binds without saying `global`."""
        declared = {n for part in ast.walk(self.function) if isinstance(part, ast.Global) for n in part.names}
        return self.arguments | (set(dataflow.bound_names(self.function.body)) - declared)


@dataclass(frozen=True, slots=True)
class Site:
    """Where a training loop stands.

    `setup` and `after` are the top-level statements before and after it. Where it is in a function, `call` says how
    that is called, `prelude` and `rest` are the function's own statements before and after the loop.
    """

    setup: tuple[ast.stmt, ...]
    loop: Loop
    after: tuple[ast.stmt, ...]
    call: Call | None = None
    prelude: tuple[ast.stmt, ...] = ()
    rest: tuple[ast.stmt, ...] = ()

    @property
    def arguments(self) -> frozenset[str]:
        """The parameters of the function that the loop is in."""
        return self.call.arguments if self.call is not None else frozenset()


def find(tree: ast.Module, line: int | None = None) -> Site:
    """Return the training loop's place; `line` (1-based) says which loop where the text alone does not.

    Raises:
        LoopError: there is no loop, or several could be meant.
    """
    sites = list(_sites(_inlined(tree.body)))
    if line is not None:
        chosen = [site for site in sites if site.loop.lineno == line]
        if not chosen:
            there = ", ".join(str(site.loop.lineno) for site in sites) or "none"
            raise LoopError(f"no loop begins on line {line}; the loops that could be meant: {there}", line)
        return chosen[0]
    if not sites:
        hidden = [str(n.lineno) for n in ast.walk(tree) if isinstance(n, Loop)]
        there = f"line {hidden[0]} is" if len(hidden) == 1 else f"lines {', '.join(hidden[:9])} are"
        lines = f" (what loops on {there} inside of something else)" if hidden else ""
        raise LoopError(
            f"there is no training loop: no `for` or `while` at the top level or in a function called there{lines}"
        )
    training = _training(sites)
    if len(training) > 1:
        there = " and ".join(str(site.loop.lineno) for site in training)
        raise LoopError(f"several loops could be the training loop, on lines {there}: choose one with --loop LINE")
    return training[0]


def counters(loop: Loop) -> frozenset[str]:
    """Return the loop's variables that only count: of a `range`, and the first of an `enumerate`.

    Those of other iterables are data: `for xb, yb in batches():`.
    """
    if not isinstance(loop, ast.For):
        return frozenset()
    called = {called_name(call) for call in ast.walk(loop.iter) if isinstance(call, ast.Call)}
    if "enumerate" in called and isinstance(loop.target, ast.Tuple):
        first = loop.target.elts[0]
        return frozenset({first.id} if isinstance(first, ast.Name) else ())
    if isinstance(loop.target, ast.Name) and not called & {"zip", "enumerate"}:
        return frozenset({loop.target.id})
    return frozenset()


def _training(sites: Sequence[Site]) -> Sequence[Site]:
    """Narrow the loops down to those that look most like training."""
    carry = [site for site in sites if _carries(site.loop)]
    multiply = [site for site in sites if _multiplies(site.loop)]
    both = [site for site in carry if site in multiply]
    return both or carry or multiply or sites


def _inlined(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Put the block of `if __name__ == "__main__":` in its place."""
    out: list[ast.stmt] = []
    for node in body:
        out += node.body if isinstance(node, ast.If) and _asks_for_main(node.test) else [node]
    return out


def _asks_for_main(test: ast.expr) -> bool:
    return ast.unparse(test) in ("__name__ == '__main__'", "'__main__' == __name__")


def _sites(body: Sequence[ast.stmt]) -> Iterator[Site]:
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    for i, node in enumerate(body):
        before, after = tuple(body[:i]), tuple(body[i + 1 :])
        if isinstance(node, Loop):
            yield Site(before, node, after)
            continue
        expression = _called(node)
        if expression is None or not isinstance(expression.func, ast.Name) or expression.func.id not in functions:
            continue
        function = functions[expression.func.id]
        if function.decorator_list or _yields(function):
            continue
        for k, inner in enumerate(function.body):
            if isinstance(inner, Loop):
                call = Call(node, expression, function)
                yield Site(before, inner, after, call, tuple(function.body[:k]), tuple(function.body[k + 1 :]))


def _yields(function: ast.FunctionDef) -> bool:
    return any(isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(function))


def _called(node: ast.stmt) -> ast.Call | None:
    """Return the call that a statement consists of, or assigns."""
    value = node.value if isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign) else None
    return value if isinstance(value, ast.Call) else None


def _carries(loop: Loop) -> bool:
    """Tell whether an iteration reads something before it writes it, besides the loop's own variable."""
    own = set(dataflow.writes(loop))
    seen: set[str] = set()
    early: set[str] = set()
    for node in _flat(loop.body):
        plain = places.named(copy.deepcopy(node), frozenset())
        early |= {name for name in dataflow.reads(plain) if name not in seen}
        seen |= set(dataflow.writes(plain))
    return bool((early & seen) - own)


def _flat(block: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for node in block:
        yield node
        for nested in dataflow.child_blocks(node):
            yield from _flat(nested)


def _multiplies(loop: Loop) -> bool:
    return any(True for node in loop.body for _ in products(node))
