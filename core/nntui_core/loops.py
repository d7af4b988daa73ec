"""Which loop is the training loop, and what comes before and after it.

The training loop is the outermost one that carries something from one iteration to the next: it reads a variable
before it writes it. Where several do, the one with a matrix product; where several have one, the user has to say. A
loop inside a function or a method counts where that is called at the top level (also below `if __name__ == "__main__"`,
or by way of a `main()`): the function's arguments and the lines before its loop then belong to the setup, and its names
are the state. A `with` or `try` around the loop is entered before it and left after it.
"""

import ast
import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nntui_core import dataflow, places
from nntui_core.patterns import called_name, products

Loop = ast.For | ast.While
Block = tuple[ast.stmt, ...]


class LoopError(ValueError):
    """There is no training loop, or no telling which; the message says what would do. `line` is 1-based."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Call:
    """A function that leads to a training loop, and the statement that calls it."""

    statement: ast.stmt
    expression: ast.Call
    function: ast.FunctionDef
    owner: ast.expr | None = None
    """What a method is called on, None for a plain function."""

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
class Entered:
    """A function on the way to the training loop, and its own statements before and after it.

    In the last one, the loop stands between them; in the others, the call of the next.
    """

    call: Call
    prelude: tuple[ast.stmt, ...]
    rest: tuple[ast.stmt, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """Where a training loop stands.

    `setup` and `after` are the top-level statements before and after it. Where it is in a function, `entered` says
    through which calls it is reached, the outermost first.
    """

    setup: tuple[ast.stmt, ...]
    loop: Loop
    after: tuple[ast.stmt, ...]
    entered: tuple[Entered, ...] = ()

    @property
    def call(self) -> Call | None:
        """The call of the function that the loop is in, None at the top level."""
        return self.entered[-1].call if self.entered else None

    @property
    def prelude(self) -> tuple[ast.stmt, ...]:
        """The statements before the loop in the functions that lead to it."""
        return tuple(node for entered in self.entered for node in entered.prelude)

    @property
    def rest(self) -> tuple[ast.stmt, ...]:
        """The statements after the loop in the functions that lead to it, those of the innermost first."""
        return tuple(node for entered in reversed(self.entered) for node in entered.rest)

    @property
    def arguments(self) -> frozenset[str]:
        """The parameters of the function that the loop is in."""
        return self.call.arguments if self.call is not None else frozenset()


def find(tree: ast.Module, line: int | None = None) -> Site:
    """Return the training loop's place; `line` (1-based) says which loop where the text alone does not.

    Raises:
        LoopError: there is no loop, or several could be meant.
    """
    text = _Text(tree)
    sites = list(text.sites(tree.body))
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
    training = _training(sites, text)
    begins = dict.fromkeys(site.loop.lineno for site in training)  # one that is called twice is the same loop
    if len(begins) > 1:
        there = " and ".join(map(str, begins))
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


def _training(sites: Sequence[Site], text: "_Text") -> Sequence[Site]:
    """Narrow the loops down to those that look most like training."""
    carry = [site for site in sites if _carries(site.loop) or any(map(_updates, text.called(site.loop)))]
    multiply = [site for site in sites if _multiplies(site.loop) or any(map(_multiplies, text.called(site.loop)))]
    both = [site for site in carry if site in multiply]
    return both or carry or multiply or sites


DEEPEST = 4
"""How many calls lead to a training loop at most."""


class _Text:
    """A module's functions and methods, and the loops that its top-level statements run."""

    def __init__(self, tree: ast.Module) -> None:
        self._functions = {node.name: node for node in _all_opened(tree.body) if isinstance(node, ast.FunctionDef)}
        classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        methods = [node for c in classes for node in c.body if isinstance(node, ast.FunctionDef)]
        names = [node.name for node in methods]
        self._methods = {node.name: node for node in methods if names.count(node.name) == 1}
        self._all = {**{node.name: node for node in methods}, **self._functions}

    def sites(
        self,
        body: Sequence[ast.stmt],
        entered: tuple[Entered, ...] = (),
        top: tuple[Block, Block] | None = None,
        around: tuple[Block, Block] = ((), ()),
    ) -> Iterator[Site]:
        """Yield the loops of a block, and those of the functions that it calls.

        `entered` are the functions that lead to the block, `top` the top-level statements before and after; `around`
        are those before and after a `with` or `try` that has been opened, because the loop may be in it: all others
        stay whole.
        """
        body = _without_main(body)
        for i, node in enumerate(body):
            before, after = (*around[0], *body[:i]), (*body[i + 1 :], *around[1])
            if isinstance(node, ast.With | ast.Try):
                yield from self.sites(_opened(node), entered, top, (before, after))
                continue
            way = (*entered[:-1], Entered(entered[-1].call, before, after)) if entered else ()
            setup, rest = top or (before, after)
            if isinstance(node, Loop):
                yield Site(setup, node, rest, way)
                continue
            call = self._called(node)
            if call is not None and len(way) < DEEPEST and call.function not in [e.call.function for e in way]:
                yield from self.sites(call.function.body, (*way, Entered(call, (), ())), (setup, rest))

    def _called(self, node: ast.stmt) -> Call | None:
        """Return the call of a function of this text with which a statement begins: `print(train(x, y)[-1])`."""
        if not isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign | ast.Return):
            return None
        return next((found for call in _first_calls(node.value) if (found := self._call(node, call))), None)

    def _call(self, node: ast.stmt, value: ast.Call) -> Call | None:
        owner = None
        if isinstance(value.func, ast.Name):
            function = self._functions.get(value.func.id)
        elif isinstance(value.func, ast.Attribute):
            function, owner = self._methods.get(value.func.attr), value.func.value
        else:
            return None
        if function is None or function.decorator_list or _yields(function):
            return None
        if owner is not None and isinstance(owner, ast.Call) and called_name(owner) == "super":
            return None
        return Call(node, value, function, owner)

    def called(self, loop: Loop) -> list[ast.FunctionDef]:
        """Return the functions that a loop's body calls, those that they call among them, as far as names tell."""
        found: dict[str, ast.FunctionDef] = {}
        waiting: list[ast.AST] = list(loop.body)
        while waiting:
            for part in ast.walk(waiting.pop()):
                name = called_name(part) if isinstance(part, ast.Call) else ""
                if name in self._all and name not in found:
                    found[name] = self._all[name]
                    waiting.append(self._all[name])
        return list(found.values())


def _first_calls(value: ast.expr | None) -> Iterator[ast.Call]:
    """Yield the calls that an expression begins with, the outermost first: nothing else is computed before them."""
    while value is not None:
        if isinstance(value, ast.Call):
            yield value
            begins = value.func.value if isinstance(value.func, ast.Attribute) else None
            is_plain = begins is None or isinstance(begins, ast.Name)
            value = begins if not is_plain else value.args[0] if value.args else None
        elif isinstance(value, ast.Subscript | ast.Attribute):
            value = value.value
        elif isinstance(value, ast.BinOp):
            value = value.left
        else:
            return


def _updates(function: ast.FunctionDef) -> bool:
    """Tell whether a function changes something by what it was before: `self.W -= …`, `p["W"] = p["W"] - …`."""
    for part in ast.walk(function):
        if isinstance(part, ast.AugAssign):
            return True
        if isinstance(part, ast.Assign):
            targets = {ast.unparse(target) for target in part.targets}
            if targets & {ast.unparse(p) for p in ast.walk(part.value) if isinstance(p, ast.expr)}:
                return True
    return False


def _without_main(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Put what stands below `if __name__ == "__main__":` in its place."""
    out: list[ast.stmt] = []
    for node in body:
        out += _without_main(node.body) if isinstance(node, ast.If) and _asks_for_main(node.test) else [node]
    return out


def _opened(node: ast.With | ast.Try) -> list[ast.stmt]:
    """Return what a block that surrounds the loop does, as statements on its way."""
    if isinstance(node, ast.With):
        return [*_entering(node), *node.body, *_leaving(node)]
    return [*node.body, *node.orelse, *node.finalbody]


def _all_opened(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for node in _without_main(body):
        if isinstance(node, ast.With | ast.Try):
            yield from _all_opened(_opened(node))
        else:
            yield node


def _asks_for_main(test: ast.expr) -> bool:
    return ast.unparse(test) in ("__name__ == '__main__'", "'__main__' == __name__")


CONTEXT = "the context of line {line}, {number}"
"""The namespace entry of what a `with` has entered; no Python name has blanks."""


def _entering(node: ast.With) -> Iterator[ast.stmt]:
    """Yield statements that enter a `with`."""
    for number, item in enumerate(node.items):
        context = ast.Name(CONTEXT.format(line=node.lineno, number=number), ast.Store())
        yield _at(node, ast.Assign([context], item.context_expr))
        call = ast.Call(ast.Attribute(ast.Name(context.id, ast.Load()), "__enter__", ast.Load()), [], [])
        yield _at(node, ast.Expr(call) if item.optional_vars is None else ast.Assign([item.optional_vars], call))


def _leaving(node: ast.With) -> Iterator[ast.stmt]:
    """Yield statements that leave a `with`."""
    for number in range(len(node.items) - 1, -1, -1):
        context = ast.Name(CONTEXT.format(line=node.lineno, number=number), ast.Load())
        nothing: list[ast.expr] = [ast.Constant(None)] * 3
        yield _at(node, ast.Expr(ast.Call(ast.Attribute(context, "__exit__", ast.Load()), nothing, [])))


def _at(node: ast.With, made: ast.stmt) -> ast.stmt:
    made.lineno, made.col_offset = node.lineno, node.col_offset
    made.end_lineno, made.end_col_offset = node.lineno, node.col_offset
    return ast.fix_missing_locations(made)


def _yields(function: ast.FunctionDef) -> bool:
    return any(isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(function))


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


def _multiplies(block: Loop | ast.FunctionDef) -> bool:
    return any(True for node in block.body for _ in products(node))
