"""One body, compiled twice: as a generator that stops before every statement, and as a plain loop that runs fast.

Both come from the same syntax tree, with the same line numbers, and both work on the program's own namespace
(the names that the body binds are declared global). So a step and a run are the same arithmetic, bit for bit, and
blocks (`if`, an inner `for`) need no treatment of their own.

The body is put into a loop of one turn, `for … in (0,)`, so that `continue` and `break` keep their meaning: the
loop's `else` is reached unless a `break` left the training loop.
"""

import ast
import copy
import types
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from nntui_core import dataflow, holdout, parsing
from nntui_core.program import Program

ONCE = "__once__"
RETURNED = "__returned__"
"""What the loop's function returns, where a `return` left the loop."""
STEP, RUN = "__step__", "__run__"
ITEMS, SEEN, BEFORE, AFTER = "__items__", "__seen__", "__before__", "__after__"
REPORT = f"try: {SEEN}({{loss}})\nexcept Exception: {SEEN}(None)"
"""The loss may not be there yet, where it is computed in some iterations only."""

Stepper = Callable[[], Iterator[int]]
"""Called, it begins one iteration: yields the index of each statement before running it; returns True on `break`."""
Runner = Callable[..., int]
"""`run(items, seen)`: one iteration an item, `seen(loss)` after each, or `seen(loss, holdout_loss)`; returns one of the
five below.

One that is guarded is `run(items, seen, before, after)`: `before(index)` is asked before some statements, `after()`
after each iteration, and where the answer is true, the run ends there.
"""

WENT_ON, BROKE, HEADER_FALSE, LEFT_INSIDE, STOPPED = range(5)
"""How a run ended: all items used; a `break`, in the last iteration; the `while` was false, before an iteration; a yes
before a statement, in the middle of an iteration; a yes after an iteration."""


def _parse(text: str) -> ast.stmt:
    return parsing.parse(text).body[0]


def _function(head: str, body: list[ast.stmt], program: Program) -> ast.Module:
    """Return `def head(...)` with a body whose bound names are global to the namespace."""
    function = _parse(f"{head}: pass")
    assert isinstance(function, ast.FunctionDef)
    bound = [*dataflow.bound_names([program.loop]), *dataflow.bound_names(program.loop.body)]
    names = list(dict.fromkeys([*bound, *([RETURNED] if program.site.call else [])]))
    function.body = [ast.Global(names), *body] if names else body
    return _module(function)


def _module(function: ast.FunctionDef) -> ast.Module:
    for part in ast.walk(function):
        if isinstance(part, ast.AnnAssign):
            part.simple = 0  # `loss: float = …` could not be global; `(loss): float = …` can
    return ast.fix_missing_locations(ast.Module([function], []))


def _define(module: ast.Module, name: str, program: Program, namespace: dict[str, Any]) -> Any:
    """Compile a function and bind it to the namespace, without leaving its name there."""
    code = compile(module, program.name, "exec")
    inner = next(c for c in code.co_consts if isinstance(c, types.CodeType) and c.co_name == name)
    return types.FunctionType(inner, namespace, name)


class _Stops:
    """Puts `stop(index)` before every statement of the body, in the order in which `Program.body` counts them."""

    def __init__(self, program: Program, stop: Callable[[int], Sequence[ast.stmt]]) -> None:
        self.index = {(n.lineno, n.col_offset): i for i, n in enumerate(program.nodes)}
        self.stop = stop

    def block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        for node in statements:
            stops = self.stop(self.index[node.lineno, node.col_offset])
            out += [*(ast.copy_location(stop, node) for stop in stops), self.inside(node)]
        return out

    def inside(self, node: ast.stmt) -> ast.stmt:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return node
        for field in ("body", "orelse", "finalbody"):
            inner = getattr(node, field, None)
            if isinstance(inner, list) and inner and isinstance(inner[0], ast.stmt):
                setattr(node, field, self.block(inner))
        for nested in (*getattr(node, "handlers", []), *getattr(node, "cases", [])):
            nested.body = self.block(nested.body)
        return node


def _yields(index: int) -> list[ast.stmt]:
    return [ast.Expr(ast.Yield(ast.Constant(index)))]


def _turn(body: list[ast.stmt], otherwise: list[ast.stmt]) -> ast.stmt:
    loop = _parse(f"for {ONCE} in (0,): pass")
    assert isinstance(loop, ast.For)
    loop.body, loop.orelse = body, otherwise
    return loop


def stepper(program: Program, namespace: dict[str, Any], start: int = 0) -> Stepper:
    """Compile the body into a generator that yields each statement's index before running it.

    `start` is the statement of the outermost block to begin with.
    """
    first = program.nodes[start]
    rest = [node for node in program.loop.body if node.lineno >= first.lineno]
    body = _kept_returns(_Stops(program, _yields).block(copy.deepcopy(rest)), True, [])
    module = _function(f"def {STEP}()", [_turn(body, [_return(False)]), _return(True)], program)
    function: Stepper = _define(module, STEP, program, namespace)
    return function


def _return(value: int) -> ast.stmt:
    return ast.Return(ast.Constant(value))


class _Returns(ast.NodeTransformer):
    """Lets a `return` of the function that the loop is in end the loop; what it returns is kept."""

    def __init__(self, result: int, before: list[ast.stmt]) -> None:
        self.result, self.before = result, before

    def visit_Return(self, node: ast.Return) -> list[ast.stmt]:
        """Keep the value, then leave."""
        value = node.value or ast.Constant(None)
        kept = ast.copy_location(ast.Assign([ast.Name(RETURNED, ast.Store())], value), node)
        return [kept, *copy.deepcopy(self.before), ast.copy_location(_return(self.result), node)]

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """A function in the loop has its own `return`."""
        return node


def _kept_returns(body: list[ast.stmt], result: int, before: list[ast.stmt]) -> list[ast.stmt]:
    module: ast.Module = _Returns(result, before).visit(ast.Module(body, []))
    return module.body


def _leaves(node: ast.AST) -> bool:
    """Tell whether a statement can leave the training loop's turn early (`break` and `continue` of inner loops too)."""
    return any(isinstance(part, ast.Break | ast.Continue) for part in ast.walk(node))


def _negated(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), copy.deepcopy(test))


def _report(program: Program) -> list[ast.stmt]:
    """Return what reports an iteration's losses: nothing where the program has none."""
    losses = reported(program)
    return [_parse(REPORT.format(loss=", ".join(losses)))] if losses else []


def reported(program: Program) -> list[str]:
    """Return the expressions of the losses that are reported after an iteration."""
    loss = program.loss_text
    return [loss, *([holdout.LOSS] if program.writers(holdout.LOSS) else [])] if loss else []


def runner(program: Program, namespace: dict[str, Any], guarded: Collection[int] | None = None) -> Runner:
    """Compile the body into a loop that runs one iteration for each item and reports the loss after each.

    `guarded` are the statements before which a guarded run asks, None for a run that asks nothing.
    """
    report = _report(program)
    body, end = copy.deepcopy(program.loop.body), report
    if guarded is not None:
        asked = frozenset(guarded)
        body = _Stops(
            program, lambda index: [_asks(f"{BEFORE}({index})", LEFT_INSIDE)] if index in asked else []
        ).block(body)
        end = [*report, _asks(f"{AFTER}()", STOPPED)]
    body = _kept_returns(body, BROKE, report)
    if any(_leaves(node) for node in body):
        turn = [_turn(body, [*end, ast.Continue()]), *copy.deepcopy(report), _return(BROKE)]
    else:
        turn = [*body, *end]
    loop = _parse(f"for __item__ in {ITEMS}: pass")
    assert isinstance(loop, ast.For)
    if isinstance(program.loop, ast.For):
        loop.target = copy.deepcopy(program.loop.target)
    else:
        turn = [ast.If(_negated(program.loop.test), [_return(HEADER_FALSE)], []), *turn]
    loop.body = turn
    parameters = (ITEMS, SEEN) if guarded is None else (ITEMS, SEEN, BEFORE, AFTER)
    module = _function(f"def {RUN}({', '.join(parameters)})", [loop, _return(WENT_ON)], program)
    function: Runner = _define(module, RUN, program, namespace)
    return function


class _Leave(ast.Return):
    """A `return` of ours, which no transformer takes for one of the program's."""


def _asks(question: str, answer: int) -> ast.stmt:
    return ast.If(parsing.parse(question, "eval").body, [_Leave(ast.Constant(answer))], [])


def rest(program: Program, namespace: dict[str, Any], first: int) -> Callable[[Callable[..., None]], int]:
    """Compile the body from a statement of its outermost block on, to end one iteration and report its loss.

    What it returns is `WENT_ON`, or `BROKE` where a `break` or a `return` left the loop.
    """
    report = _report(program)
    body = _kept_returns(copy.deepcopy(program.loop.body[first:]), BROKE, report)
    went_on = [*report, _return(WENT_ON)]
    module = _function(f"def {RUN}({SEEN})", [_turn(body, went_on), *copy.deepcopy(report), _return(BROKE)], program)
    function: Callable[[Callable[..., None]], int] = _define(module, RUN, program, namespace)
    return function


def binder(function: ast.FunctionDef) -> ast.Module:
    """Return `__bind__`, a function with the parameters of another, that returns them with their arguments."""
    module = parsing.parse("def __bind__(): return dict(locals())")
    bind = module.body[0]
    assert isinstance(bind, ast.FunctionDef)
    bind.args = copy.deepcopy(function.args)
    for argument in ast.walk(bind.args):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    return ast.fix_missing_locations(module)


def remainder(rest: Sequence[ast.stmt], program: Program, namespace: dict[str, Any]) -> Callable[[], Any]:
    """Compile what follows the loop in its function; called, it returns what the function returns."""
    names = dataflow.bound_names(rest)
    function = _parse("def __rest__(): return None")
    assert isinstance(function, ast.FunctionDef)
    function.body = [*([ast.Global(list(names))] if names else []), *copy.deepcopy(list(rest)), *function.body]
    made: Callable[[], Any] = _define(_module(function), "__rest__", program, namespace)
    return made
