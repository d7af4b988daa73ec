"""The answer to "where does this number come from?": one cell of one statement's result, explained.

    dW2[2,0] = Σᵢ a1[i,2] · delta2[i,0]
             = 0.779 × 0.141 + 0.829 × (−0.036) + 0.857 × (−0.036) + 0.898 × 0.145

The statement's syntax tree and the values before it are all that is looked at; nothing of the program runs. What is
calculated must be what happened: where the tree's value is not the value that was kept, the explanation says so
instead of telling a story.
"""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np

from nntui_core.explain import cells, names, notation
from nntui_core.explain.cells import Cell, Node, NotUnderstood, Operation, Reduction, Unknown
from nntui_core.explain.reading import Reader
from nntui_core.explain.writing import cell_of, update_of
from nntui_core.program import Program, Statement
from nntui_core.values import Array, State


@dataclass(frozen=True, slots=True)
class Source:
    """One cell that a value was computed from, with its value at that moment."""

    name: str
    index: tuple[int, ...]
    value: Any


@dataclass(frozen=True, slots=True)
class Term:
    """One summand. `text` has names and numbers: `a1[0,2] · delta2[0,0] = 0.779 × 0.141`."""

    text: str
    value: Any
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Explanation:
    """How one cell was made; see the module's lesson. Numbers are Python's own: float, int, bool or complex.

    A cell of a wide layer is a sum of hundreds of terms. What a picture has no room for, `sources`,
    `arithmetic` and `terms`, is written when it is asked for.
    """

    name: str
    index: tuple[int, ...]
    line: int
    formula: str
    """With names: `dW2[2,0] = Σᵢ a1[i,2] · delta2[i,0]`."""
    short: str
    """The right-hand side and the value for one line of a screen, long sums by their largest terms."""
    value: Any
    update: tuple[float, float, float] | None
    """(old, step, new) where the statement moves the variable from its own old value: old + step is new."""
    unknown: tuple[str, ...]
    """What is not understood, by name."""
    tree: Node | None = field(repr=False, compare=False)
    """What the texts were written from. It refers to the state's arrays, and is left out where this is pickled."""

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """The cells that it was computed from, in the order in which they are used, each once.

        Of a sum of more than 1000 terms: those of the terms that are written.
        """
        assert self.tree is not None
        return _sources(self.tree)

    def places(self, names: Collection[str]) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield the places of the same cells, as far as they belong to some variables; one may come again."""
        for node in cells.walk(self.tree) if self.tree is not None else ():
            if isinstance(node, Cell) and node.name in names:
                yield node.name, node.index

    @cached_property
    def arithmetic(self) -> str:
        """The right-hand side with numbers in full.

        Of a sum of more than 1000 terms the 8 largest are written, and the others as one number; a long sum within
        another long one is one number.
        """
        assert self.tree is not None
        return notation.arithmetic(self.tree)

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """The summands in the program's order, where the outermost operation is a matrix product or a sum.

        Of more than 100, the 100 largest, and last what the others come to.
        """
        assert self.tree is not None
        return _terms(self.tree)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle everything but the tree."""
        values = [getattr(self, each.name) for each in fields(self) if each.name != "tree"]
        return Explanation, (*values, None), {name: getattr(self, name) for name in ("sources", "arithmetic", "terms")}

    def __setstate__(self, written: dict[str, Any]) -> None:
        """Take up what was written before it was pickled."""
        self.__dict__.update(written)


MOST_TERMS = 100


ODDITIES = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What reading an odd but valid program may raise, a call with the wrong kind of argument say."""


def explain(
    program: Program,
    statement: Statement,
    before: State,
    after: State,
    index: tuple[int, ...],
    name: str | None = None,
) -> Explanation:
    """Explain the cell at `index` of what a statement wrote: its first target, or the one called `name`.

    `before` and `after` are the states around the statement. A number has the index (). What is not understood is
    named in `unknown`, with the value all the same.

    Raises:
        ValueError: the statement does not write the variable, or writes no numbers to it.
        IndexError: the variable has no such cell.
    """
    name = name or next(iter(statement.targets), "")
    kept = after.get(name)
    if name not in statement.targets or kept is None:
        raise ValueError(f"line {statement.line} writes no numbers to {name or 'any variable'}")
    index = _checked(name, index, kept)
    node = program.nodes[statement.index]
    value = kept[index].item()
    with np.errstate(all="ignore"):
        tree, unknown = _tree(program, node, before, name, index, kept)
        old = _old_cell(before, name, index)
        is_unchanged = tree is None
        tree = tree or old or Unknown(statement.text, value)
        augmented = isinstance(node, ast.AugAssign)
        may_update = old is not None and not unknown and not is_unchanged and not isinstance(value, complex)
        update = update_of(tree, old, float(value), augmented) if may_update and old else None
        return _written(name, index, statement.line, value, tree, unknown, update, is_unchanged)


def evaluate(explanation: Explanation) -> Any:
    """Calculate an explanation's tree again from its sources; return a Python number.

    Raises:
        ValueError: the explanation has been pickled, and has no tree any more.
    """
    if explanation.tree is None:
        raise ValueError("an explanation that has been pickled has no tree")
    with np.errstate(all="ignore"):
        value = cells.evaluate(explanation.tree)
    return value.item() if isinstance(value, np.generic | np.ndarray) else value


def _checked(name: str, index: tuple[int, ...], array: Array) -> tuple[int, ...]:
    fits = len(index) == array.ndim and all(-n <= i < n for i, n in zip(index, array.shape, strict=True))
    if not fits:
        raise IndexError(f"{name} has shape {array.shape} and no cell {list(index)}")
    return tuple(int(i) % n for i, n in zip(index, array.shape, strict=True))


def _old_cell(before: State, name: str, index: tuple[int, ...]) -> Cell | None:
    """Return the cell as it stood before the statement, None where there was none."""
    array = before.get(name)
    if array is None or len(index) != array.ndim or any(i >= n for i, n in zip(index, array.shape, strict=True)):
        return None
    return Cell(name, index, array[index])


def _tree(
    program: Program, node: ast.stmt, before: State, name: str, index: tuple[int, ...], kept: Array
) -> tuple[Node | None, tuple[str, ...]]:
    """Return the cell's tree (None: left as it was) and what is not understood."""
    reader = Reader(names.read(program.setup), before)
    try:
        tree = cell_of(reader, node, name, index, kept.shape)
    except NotUnderstood as gap:
        return _opaque(node, index, kept), (gap.what,)
    except ODDITIES:
        return _opaque(node, index, kept), (_source(node),)
    if tree is not None and not _agrees(tree, kept[index]):
        told = notation.rounded(tree.value)
        return _opaque(node, index, kept), (f"{_source(node)}, for which the arithmetic gives {told}",)
    return tree, ()


def _source(node: ast.stmt) -> str:
    value = getattr(node, "value", None)
    return ast.unparse(value if isinstance(value, ast.expr) else node).splitlines()[0]


def _opaque(node: ast.stmt, index: tuple[int, ...], kept: Array) -> Unknown:
    if not isinstance(node, ast.Assign) or not all(isinstance(target, ast.Name) for target in node.targets):
        return Unknown(f"({ast.unparse(node).splitlines()[0]})", kept[index])
    text, value = _source(node), node.value
    is_simple = isinstance(value, ast.Call | ast.Name | ast.Attribute | ast.Subscript)
    return Unknown(notation.place(text if is_simple else f"({text})", index), kept[index])


LOOSE = {2: 0.05, 4: 1e-3}
"""By the bytes of a number: how far the tree's value may be from the kept one, relative to the largest number in it.

This is only to notice that the program did something else; rounding stays far below."""


def _agrees(tree: Node, kept: Any) -> bool:
    made, value = complex(tree.value), complex(kept)
    if made == value or (np.isnan(made) and np.isnan(value)):
        return True
    if np.abs(made - value) <= LOOSE.get(kept.dtype.itemsize, 1e-6) * np.abs(made):
        return True  # the largest number in it is no smaller
    sizes = [float(np.abs(node.value)) for node in cells.walk(tree)]
    scale = max([size for size in sizes if np.isfinite(size)], default=0.0)
    return bool(np.abs(made - value) <= LOOSE.get(kept.dtype.itemsize, 1e-6) * scale)


def _written(
    name: str,
    index: tuple[int, ...],
    line: int,
    value: Any,
    tree: Node,
    unknown: tuple[str, ...],
    update: tuple[float, float, float] | None,
    is_unchanged: bool,
) -> Explanation:
    """Put a tree into words."""
    target = notation.place(name, index)
    formula = f"{target} unchanged" if is_unchanged else f"{target} = {notation.name(tree)}"
    short = notation.short(tree)
    if isinstance(tree, Operation | Reduction):
        short = f"{short} = {notation.rounded(value)}"
    elif is_unchanged:
        short += ", unchanged"
    elif unknown:
        short += f" ({', '.join(unknown)} is not understood)"
    return Explanation(name, index, line, formula, short, value, update, unknown, tree)


def _sources(tree: Node) -> tuple[Source, ...]:
    found: dict[tuple[str, tuple[int, ...]], Source] = {}
    for node in cells.walk(tree):
        if isinstance(node, Cell) and (node.name, node.index) not in found:
            at = tuple(int(part) for part in node.index)
            value = node.value.item() if isinstance(node.value, np.generic) else node.value
            found[node.name, node.index] = Source(node.name, at, value)
    return tuple(found.values())


def _terms(tree: Node) -> tuple[Term, ...]:
    if not isinstance(tree, Reduction) or tree.kind != "sum":
        return ()
    chosen = {id(term) for term in notation.ranked_terms(tree)[:MOST_TERMS]}
    terms = [Term(_term_text(t), _python(t.value), _sources(t)) for t in tree.terms if id(t) in chosen]
    others = [t.value for t in tree.terms if id(t) not in chosen]
    if others or tree.rest is not None:
        count = len(others) + (tree.rest.count if tree.rest else 0)
        terms.append(Term(f"{count} more terms", _python(cells.fold(tree.kind, others, tree.rest)), ()))
    return tuple(terms)


def _term_text(term: Node) -> str:
    named = notation.name(term)
    return f"{named} = {notation.short(term)}" if isinstance(term, Operation | Reduction) else named


def _python(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
