"""What a statement reads and what it writes: the facts from which phases and roles follow.

Everything here looks at Python's own syntax tree and runs nothing. Three words matter:

* a statement *writes* the names it binds, and also the names whose elements it changes (`W[0] = 1`, `W += g`);
* it *reads* the names whose values it needs, which for `W += g` and `W[0] = 1` include W itself;
* names of functions, modules and builtins are not data and never count.
"""

import ast
import builtins
import re
from collections.abc import Iterable, Iterator, Sequence

BUILTINS = frozenset(dir(builtins))

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def source_lines(source: str, keepends: bool = False) -> list[str]:
    """Split a text into lines where Python does; `str.splitlines` also splits at form feeds and other characters."""
    lines = _LINE.findall(source)
    return lines if keepends else [line.rstrip("\r\n") for line in lines]


def child_blocks(node: ast.stmt) -> Iterator[Sequence[ast.stmt]]:
    """Yield the blocks nested in a compound statement (`if`, `for`, `while`, `with`, `try`), in source order."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    for field in ("body", "handlers", "cases", "orelse", "finalbody"):
        block = getattr(node, field, None)
        if not isinstance(block, list):
            continue
        for item in block:
            if isinstance(item, ast.ExceptHandler | ast.match_case):
                yield item.body
        if block and isinstance(block[0], ast.stmt):
            yield block


def own_parts(node: ast.stmt) -> Iterator[ast.AST]:
    """Yield the parts of a statement that belong to itself and not to a block nested in it."""
    nested = {id(item) for block in child_blocks(node) for item in block}
    for child in ast.iter_child_nodes(node):
        if id(child) in nested:
            continue
        if isinstance(child, ast.match_case):
            yield from (part for part in ast.iter_child_nodes(child) if id(part) not in nested)
        elif not isinstance(child, ast.ExceptHandler):
            yield child


def without_blocks(node: ast.stmt) -> ast.AST:
    """Return a statement's own parts alone, as a tree that can be walked: of an `if`, its condition."""
    if not any(True for _ in child_blocks(node)):
        return node
    return ast.Tuple([part for part in own_parts(node) if isinstance(part, ast.expr)], ast.Load())


def _own_walk(node: ast.stmt) -> Iterator[ast.AST]:
    for part in own_parts(node):
        yield from ast.walk(part)


def base_name(target: ast.AST) -> str | None:
    """Return the variable that an assignment target belongs to: `W` for `W`, `W[0]`, `W.data`; None where none is."""
    while isinstance(target, ast.Subscript | ast.Attribute | ast.Starred):
        target = target.value
    return target.id if isinstance(target, ast.Name) else None


def _assigned(node: ast.stmt) -> Iterator[ast.expr]:
    if isinstance(node, ast.Assign):
        yield from node.targets
    elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.For):
        yield node.target
    elif isinstance(node, ast.With):
        yield from (item.optional_vars for item in node.items if item.optional_vars is not None)


def _flat(target: ast.expr) -> Iterator[ast.expr]:
    if isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from _flat(element)
    else:
        yield target


def writes(node: ast.stmt) -> tuple[str, ...]:
    """Return the names that the statement itself binds or changes in place, in source order, each once."""
    found: dict[str, None] = {}
    for assigned in _assigned(node):
        for target in _flat(assigned):
            name = base_name(target)
            if name is not None:
                found[name] = None
    for part in _own_walk(node):
        if isinstance(part, ast.NamedExpr):
            found[part.target.id] = None
    return tuple(found)


def reads(node: ast.stmt, not_data: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the names whose values the statement itself needs, in source order, each once.

    `not_data` are names to leave out: the program's functions and modules.
    """
    left_out = BUILTINS | set(not_data)
    names = [p for part in own_parts(node) for p in _loaded(part, frozenset())]
    names.sort(key=lambda part: (part.lineno, part.col_offset))
    found = [part.id for part in names]
    if isinstance(node, ast.AugAssign):
        found.insert(0, base_name(node.target) or "")
    return tuple(dict.fromkeys(name for name in found if name and name not in left_out))


def _loaded(node: ast.AST, bound: frozenset[str]) -> Iterator[ast.Name]:
    """Yield the names that are read, but for those that a comprehension or a lambda binds for itself."""
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load) and node.id not in bound:
            yield node
        return
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        targets = [part for generator in node.generators for part in ast.walk(generator.target)]
        bound |= {part.id for part in targets if isinstance(part, ast.Name)}
    elif isinstance(node, ast.Lambda):
        bound |= {part.arg for part in ast.walk(node.args) if isinstance(part, ast.arg)}
    for child in ast.iter_child_nodes(node):
        yield from _loaded(child, bound)


def bound_names(body: Sequence[ast.stmt]) -> tuple[str, ...]:
    """Return every name that a block binds as its own (nested blocks included), in source order.

    A name whose elements are changed (`W[0] = 1`) is not bound by that.
    """
    found: dict[str, None] = {}
    for node in body:
        for part in (node, *_own_walk(node)):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store | ast.Del):
                found[part.id] = None
            elif isinstance(part, ast.FunctionDef | ast.ClassDef):
                found[part.name] = None
            elif isinstance(part, ast.MatchAs | ast.MatchStar):
                found |= dict.fromkeys([part.name] if part.name else [])
            elif isinstance(part, ast.MatchMapping) and part.rest is not None:
                found[part.rest] = None
            elif isinstance(part, ast.Import | ast.ImportFrom):
                for alias in part.names:
                    found[(alias.asname or alias.name).split(".")[0]] = None
        for block in child_blocks(node):
            found |= dict.fromkeys(bound_names(block))
    return tuple(found)


def not_data(body: Sequence[ast.stmt]) -> frozenset[str]:
    """Return the names of a block's functions, classes and imported modules."""
    found: set[str] = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return frozenset(found)
