"""What a statement writes to one cell: from its syntax tree to the tree of that cell's arithmetic.

`W = ...` writes the whole of W; `W -= ...` the same, from its old value; `W[0] = ...` some of its cells, and
`dz[z <= 0] = 0` those where a condition holds. `a, b = e1, e2` writes two variables, both from what was before.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from nntui_core import dataflow
from nntui_core.explain import indexing
from nntui_core.explain.arrays import Budget, Lazy, Variable
from nntui_core.explain.cells import Cell, Index, Node, NotUnderstood, Operation, operation
from nntui_core.explain.numpy_calls import Thing, array
from nntui_core.explain.reading import Reader, element_of, subscripts
from nntui_core.explain.scalars import CONVERSIONS


@dataclass(frozen=True, slots=True)
class Write:
    """One target and what it gets; `operator` is that of an augmented assignment."""

    target: ast.expr
    value: Callable[[], Thing]
    operator: ast.operator | None = None


def cell_of(reader: Reader, node: ast.stmt, name: str, index: Index, shape: tuple[int, ...]) -> Node | None:
    """Return how a statement made the cell of a variable that has `shape` after it, None where it left it alone.

    Raises:
        NotUnderstood: the statement, or a part of it that matters here, is not understood.
    """
    writes = [write for write in _writes(reader, node) if dataflow.base_name(write.target) == name]
    if not writes:
        raise NotUnderstood(_kind(node))
    for write in reversed(writes):
        found = _cell(reader, write, name, index, shape)
        if found is not None:
            return found
    return None


def _kind(node: ast.stmt) -> str:
    """Return what a statement that is no assignment is called."""
    return {"For": "for", "While": "while", "With": "with", "If": "if"}.get(type(node).__name__, "the statement")


def _writes(reader: Reader, node: ast.stmt) -> Iterator[Write]:
    if isinstance(node, ast.AugAssign):
        value = node.value
        yield Write(node.target, lambda: reader.read(value), node.op)
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        annotated = node.value
        yield Write(node.target, lambda: reader.read(annotated))
    elif isinstance(node, ast.Assign):
        assigned = node.value
        for target in node.targets:
            yield from _unpacked(reader, target, lambda: reader.read(assigned), assigned)


def _unpacked(reader: Reader, target: ast.expr, value: Callable[[], Thing], node: ast.expr | None) -> Iterator[Write]:
    """Yield the single targets of a target; where both sides are written as tuples, each side's parts are paired."""
    if not isinstance(target, ast.Tuple | ast.List):
        yield Write(target, value)
        return
    pairs = node.elts if isinstance(node, ast.Tuple | ast.List) and len(node.elts) == len(target.elts) else None
    for at, element in enumerate(target.elts):
        part = pairs[at] if pairs else None
        if isinstance(element, ast.Starred) or isinstance(part, ast.Starred):
            raise NotUnderstood("* in an assignment")
        yield from _unpacked(reader, element, _part(reader, value, at, part), part)


def _part(reader: Reader, value: Callable[[], Thing], at: int, node: ast.expr | None) -> Callable[[], Thing]:
    return (lambda: element_of(value(), at)) if node is None else (lambda: reader.read(node))


def _cell(reader: Reader, write: Write, name: str, index: Index, shape: tuple[int, ...]) -> Node | None:
    if isinstance(write.target, ast.Name):
        made = array(write.value())
        if write.operator is not None:
            made = reader.binary(write.operator, _old(reader, name), made, name)
        if made.shape != shape:
            raise NotUnderstood("a result of another shape")
        return made.at(index, Budget())
    if isinstance(write.target, ast.Subscript) and isinstance(write.target.value, ast.Name):
        return _element(reader, write, write.target, index)
    raise NotUnderstood(ast.unparse(write.target))


def _old(reader: Reader, name: str) -> Variable:
    value = reader.state.get(name)
    if value is None:
        raise NotUnderstood(name)
    return Variable(name, value)


def _element(reader: Reader, write: Write, target: ast.Subscript, index: Index) -> Node | None:
    """Return what `x[...] = value` writes to a cell of x, None where it does not write it."""
    assert isinstance(target.value, ast.Name)
    old, text = _old(reader, target.value.id), ast.unparse(target)
    chosen = subscripts(reader, target.slice)
    mask = chosen[0] if len(chosen) == 1 else None
    if isinstance(mask, Lazy) and _is_truth(mask) and mask.shape == old.shape:
        return _masked(reader, write, old, mask, index)
    own = indexing.written_from(chosen, old.shape, index, text)
    if own is None:
        return None
    value = array(write.value())
    if write.operator is not None:
        value = reader.binary(write.operator, indexing.select(old, chosen, text), value, text)
    inner = own[len(own) - value.ndim :] if value.ndim <= len(own) else (0,) * (value.ndim - len(own)) + own
    fitted = tuple(0 if size == 1 else part for part, size in zip(inner, value.shape, strict=True))
    return _fitting(value.at(fitted, Budget()), old)


def _is_truth(array: Lazy) -> bool:
    if not all(array.shape):
        return False
    return isinstance(array.at((0,) * array.ndim, Budget()).value, bool | np.bool_)


def _masked(reader: Reader, write: Write, old: Variable, mask: Lazy, index: Index) -> Node:
    """Return what `x[mask] = number` makes of a cell: where(mask, number, x)."""
    value = array(write.value())
    if value.shape:
        raise NotUnderstood("an array assigned to cells chosen by truth values")
    if write.operator is not None:
        value = reader.binary(write.operator, old, value, old.name)
    budget = Budget()
    new = value.at(index if value.shape else (), budget)
    return operation("where", mask.at(index, budget), _fitting(new, old), old.at(index, budget))


def _fitting(node: Node, old: Variable) -> Node:
    """Return a value as the kind of number that the array holds: an array of integers cuts off decimals."""
    kind = old.array.dtype
    is_cut = kind.kind in "biu" and np.asarray(node.value).dtype.kind == "f" and kind.name in CONVERSIONS
    return operation(kind.name, node) if is_cut else node


def update_of(node: Node, cell: Cell, new: float, augmented: bool) -> tuple[float, float, float] | None:
    """Return (old, step, new) of a cell that was moved from its own old value by a step, None for anything else.

    The step has its sign: old + step is new, to rounding. Any augmented assignment is an update.
    """
    parts = list(_summands(node, 1))
    own = [sign for sign, part in parts if _same(part, cell)]
    others = [sign * part.value for sign, part in parts if not _same(part, cell)]
    if own == [1] and others:
        return float(cell.value), float(sum(others)), new
    return (float(cell.value), new - float(cell.value), new) if augmented else None


def _same(part: Node, cell: Cell) -> bool:
    return isinstance(part, Cell) and (part.name, part.index) == (cell.name, cell.index)


def _summands(node: Node, sign: int) -> Iterator[tuple[int, Node]]:
    """Yield the parts of a sum and difference with their signs."""
    if isinstance(node, Operation) and node.operation in ("add", "subtract"):
        yield from _summands(node.parts[0], sign)
        yield from _summands(node.parts[1], sign if node.operation == "add" else -sign)
    else:
        yield sign, node
