"""A changed line in a function that the loop calls: the function that exists already gets the new code.

A line of the setup takes effect by starting again, for the setup has run. A line in a function that only the loop calls
is different: `W -= 0.1 * dW` in `def update(…)` can say something else from here on, as a line of the loop can. The
text must keep its lines, since functions are known by the line that they begin on.
"""

import ast
import copy
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from nntui_core import parsing
from nntui_core.program import Program

T = TypeVar("T")
PLAIN = frozenset({"staticmethod", "classmethod", "property"})
"""Decorators under which the function itself is still found."""


def same_setup(a: Program, b: Program) -> bool:
    """Tell whether two programs differ in their loop's body at most, or in functions that only the loop calls."""
    if _dumped(a.setup, a) == _dumped(b.setup, b):
        return True
    if len(a.lines) != len(b.lines):
        return False
    return _dumped(_hollow(a), a) == _dumped(_hollow(b), b)


def _dumped(setup: Sequence[ast.stmt], program: Program) -> list[str]:
    loop = program.loop
    header: list[ast.AST] = [loop.target, loop.iter] if isinstance(loop, ast.For) else [loop.test]
    return [ast.dump(node) for node in (*setup, *header)]


def _hollow(program: Program) -> list[ast.stmt]:
    """Return the setup without the bodies of those functions that it does not call."""
    called = _called_by_setup(program)
    hollow = []
    for node in program.site.setup:
        fresh = copy.deepcopy(node)
        for function in _functions(fresh):
            if function.name not in called and all(_is_plain(d) for d in function.decorator_list):
                function.body = [ast.Pass()]
                defaults = function.args.defaults
                function.args.defaults = [ast.Constant(None) if isinstance(d, ast.Constant) else d for d in defaults]
        hollow.append(fresh)
    return [*hollow, *program.site.prelude]


def _functions(node: ast.stmt) -> Iterator[ast.FunctionDef]:
    """Yield a function, or the methods of a class."""
    for part in node.body if isinstance(node, ast.ClassDef) else [node]:
        if isinstance(part, ast.FunctionDef):
            yield part


def _is_plain(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Name) and decorator.id in PLAIN


def _called_by_setup(program: Program) -> frozenset[str]:
    """Return the names of the functions and methods that the setup mentions, or those that it mentions do.

    What has two underscores (`__init__`) may be called without being named, and counts as mentioned. So does what can
    no longer be found afterwards, since its name or that of its class has got another value, and what the loop's
    header mentions: a generator there has been called already.
    """
    own: dict[str, list[ast.AST]] = {}
    loop = program.loop
    waiting: list[ast.AST] = [*program.site.prelude, *([loop.iter] if isinstance(loop, ast.For) else [loop.test])]
    for node in program.site.setup:
        functions = list(_functions(node))
        for function in functions:
            own.setdefault(function.name, []).extend(function.body)
            waiting += [function.args, *function.decorator_list]
        parts = node.body if isinstance(node, ast.ClassDef) else [node]
        waiting += [part for part in parts if part not in functions]
    found = {name for name in own if name.startswith("__")} | _lost(program)
    waiting += [part for name in found for part in own.get(name, [])]
    while waiting:
        for part in ast.walk(waiting.pop()):
            name = part.id if isinstance(part, ast.Name) else part.attr if isinstance(part, ast.Attribute) else None
            if name in own and name not in found:
                found.add(name)
                waiting += own[name]
    return frozenset(found)


def _lost(program: Program) -> set[str]:
    """Return the names of the functions, and of the methods of the classes, whose name is given to something else."""
    nodes = [*program.site.setup, *program.site.prelude, *program.loop.body]
    given = [n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    given += [n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    lost = {name for name in given if given.count(name) > 1}
    made = (n for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name in lost)
    return {function.name for node in made for function in _functions(node)}


def recode(namespace: Mapping[str, Any], old_program: Program, program: Program) -> None:
    """Give the functions of a program that has been set up the code that another text of it has for them.

    Numbers that parameters have as defaults are replaced too. Lambdas of the setup stay: they have no name by which
    two on one line could be told apart, and a changed one is a changed setup.
    """
    if program.source == old_program.source:
        return
    tree = parsing.parse(program.source)
    nodes = _unique((n.name, _first_line(n), n) for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))
    codes = _unique((c.co_name, c.co_firstlineno, c) for c in _codes(compile(tree, program.name, "exec")))
    for function in _existing(namespace, program.name):
        old = function.__code__
        place = (old.co_name, old.co_firstlineno)
        new, node = codes.get(place), nodes.get(place)
        if node is not None and new is not None and new != old and new.co_freevars == old.co_freevars:
            function.__code__ = new
        if node is not None and function.__defaults__ and len(function.__defaults__) == len(node.args.defaults):
            pairs = zip(node.args.defaults, function.__defaults__, strict=True)
            function.__defaults__ = tuple(d.value if isinstance(d, ast.Constant) else there for d, there in pairs)


def _first_line(function: ast.FunctionDef) -> int:
    """Return the line that a function's code begins on: that of its first decorator, where it has one."""
    return min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])


def _unique(found: Iterable[tuple[str, int, T]]) -> dict[tuple[str, int], T]:
    """Return what is the only one of its name and line."""
    places: dict[tuple[str, int], list[T]] = {}
    for name, line, item in found:
        places.setdefault((name, line), []).append(item)
    return {place: items[0] for place, items in places.items() if len(items) == 1}


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield inner
            yield from _codes(inner)


def _existing(namespace: Mapping[str, Any], file: str) -> Iterator[types.FunctionType]:
    """Yield the functions of a program, and the methods of its classes."""
    for value in namespace.values():
        for part in vars(value).values() if isinstance(value, type) else [value]:
            for function in (part, getattr(part, "__func__", None), getattr(part, "fget", None)):
                if isinstance(function, types.FunctionType) and function.__code__.co_filename == file:
                    yield function
