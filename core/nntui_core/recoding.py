"""A changed line in a function that the loop calls: the function that exists already gets the new code.

A line of the setup takes effect by starting again, for the setup has run. A line in a function that only the loop calls
is different: `W -= 0.1 * dW` in `def update(…)` can say something else from here on, as a line of the loop can. The
text must keep its lines, since functions are known by the line that they begin on.
"""

import ast
import copy
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nntui_core import parsing
from nntui_core.program import Program

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
                function.args.defaults = [d for d in function.args.defaults if not isinstance(d, ast.Constant)]
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

    What has two underscores (`__init__`) may be called without being named, and counts as mentioned.
    """
    own: dict[str, list[ast.AST]] = {}
    waiting: list[ast.AST] = list(program.site.prelude)
    for node in program.site.setup:
        functions = list(_functions(node))
        for function in functions:
            own.setdefault(function.name, []).extend(function.body)
            waiting += [function.args, *function.decorator_list]
        parts = node.body if isinstance(node, ast.ClassDef) else [node]
        waiting += [part for part in parts if part not in functions]
    found = {name for name in own if name.startswith("__")}
    waiting += [part for name in found for part in own[name]]
    while waiting:
        for part in ast.walk(waiting.pop()):
            name = part.id if isinstance(part, ast.Name) else part.attr if isinstance(part, ast.Attribute) else None
            if name in own and name not in found:
                found.add(name)
                waiting += own[name]
    return frozenset(found)


def recode(namespace: Mapping[str, Any], old_program: Program, program: Program) -> None:
    """Give the functions of a program that has been set up the code that another text of it has for them.

    Numbers that parameters have as defaults are replaced too.
    """
    if program.source == old_program.source:
        return
    tree = parsing.parse(program.source)
    codes = {(code.co_name, code.co_firstlineno): code for code in _codes(compile(tree, program.name, "exec"))}
    nodes = {(n.name, n.lineno): n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    for function in _existing(namespace, program.name):
        old = function.__code__
        place = (old.co_name, old.co_firstlineno)
        new, node = codes.get(place), nodes.get(place)
        if new is not None and new != old and new.co_freevars == old.co_freevars:
            function.__code__ = new
        if node is not None and function.__defaults__ and len(function.__defaults__) == len(node.args.defaults):
            pairs = zip(node.args.defaults, function.__defaults__, strict=True)
            function.__defaults__ = tuple(d.value if isinstance(d, ast.Constant) else there for d, there in pairs)


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
