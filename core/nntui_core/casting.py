"""Who plays which role, in loops where the plain rules of `nntui_core.roles` find no parameter.

Two things hide them. A loop may prepare data before it learns: a mini-batch `xb = x[i : i + 8]`, a sample out of a
`zip`; such statements depend on nothing that is learned, and are taken as setup. And the target may be class labels,
which are never subtracted from anything: they index the prediction, `probs[rows, y]`. Or it only weighs the
prediction's logarithm or its reciprocal: `np.dot(Y, np.log(A))`, `np.divide(Y, A)`.
"""

import ast
from collections.abc import Sequence

from nntui_core import dataflow, parsing
from nntui_core.patterns import called_name, products
from nntui_core.roles import Given, Phase, Roles, infer


def cast(
    setup: Sequence[ast.stmt],
    nodes: Sequence[ast.stmt],
    skip: frozenset[str],
    given: Given,
    arguments: frozenset[str] = frozenset(),
    targets: frozenset[str] = frozenset(),
) -> tuple[Roles, tuple[Phase, ...]]:
    """Return the roles of a loop's variables and the phase of each statement; the arguments are those of `infer`."""
    roles, phases = infer(setup, nodes, skip, given, arguments, targets)
    if roles.parameters:
        return roles, phases
    data = _preparing(nodes, skip)
    rest = [i for i in range(len(nodes)) if i not in data]
    learning = [nodes[i] for i in rest]
    before = [*setup, *(nodes[i] for i in sorted(data))]
    roles, found = infer(before, learning, skip, given, arguments, targets)
    if roles.target is None:
        meeting = _labels(learning) or _likelihood(learning)
        if meeting is not None:
            at, synthetic = meeting
            with_labels = [*learning[:at], synthetic, *learning[at:]]
            roles, found = infer(before, with_labels, skip, given, arguments)
            found = (*found[:at], *found[at + 1 :])
    by_index = dict(zip(rest, found, strict=True))
    return roles, tuple(by_index.get(i, Phase.OTHER) for i in range(len(nodes)))


def _preparing(nodes: Sequence[ast.stmt], skip: frozenset[str]) -> frozenset[int]:
    """Return the statements whose results depend on nothing that the loop learns.

    What it learns goes round: from a parameter through a matrix product and back to the parameter.
    """
    reads = [dataflow.reads(node, skip) for node in nodes]
    writes = [dataflow.writes(node) for node in nodes]
    follows: dict[str, set[str]] = {}
    for read, written in zip(reads, writes, strict=True):
        for name in read:
            follows.setdefault(name, set()).update(written)
    learned: set[str] = set()
    for node, written in zip(nodes, writes, strict=True):
        if any(True for _ in products(node)):
            for name in written:
                after = _reachable(name, follows)
                if name in after:
                    learned |= after
    return frozenset(i for i in range(len(nodes)) if not learned.intersection((*reads[i], *writes[i])))


def _reachable(name: str, follows: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        fresh = follows.get(waiting.pop(), set()) - found
        found |= fresh
        waiting += fresh
    return found


def _labels(nodes: Sequence[ast.stmt]) -> tuple[int, ast.stmt] | None:
    """Return where class labels index the prediction, and a statement in which the two meet."""
    written = {name for node in nodes for name in dataflow.writes(node)}
    for at, node in enumerate(nodes):
        for part in ast.walk(node):
            if not isinstance(part, ast.Subscript) or not isinstance(part.slice, ast.Tuple):
                continue
            prediction = dataflow.base_name(part.value)
            labels = [e.id for e in part.slice.elts if isinstance(e, ast.Name) and e.id not in written]
            if prediction in written and labels:
                return at, parsing.parse(f"__meet__ = {prediction} - {labels[-1]}").body[0]
    return None


def _likelihood(nodes: Sequence[ast.stmt]) -> tuple[int, ast.stmt] | None:
    """Return where a target that is nowhere subtracted weighs log(a) or 1/a, and a statement in which the two meet."""
    written = {name for node in nodes for name in dataflow.writes(node)}
    met: set[str] = set()
    for at, node in enumerate(nodes):
        names = [p.id for p in ast.walk(node) if isinstance(p, ast.Name) and isinstance(p.ctx, ast.Load)]
        predictions = [n for part in ast.walk(node) for n in _unbounded(part) if n in met]
        targets = [n for n in names if n not in written and n not in met and n not in NUMPY]
        if predictions and targets:
            pair = ast.BinOp(ast.Name(predictions[0], ast.Load()), ast.Sub(), ast.Name(targets[0], ast.Load()))
            meeting = ast.Assign([ast.Name("__meet__", ast.Store())], pair)
            return at, ast.fix_missing_locations(ast.copy_location(meeting, node))
        met |= {*names, *dataflow.writes(node)}
    return None


NUMPY = frozenset({"np", "numpy"})


def _unbounded(part: ast.AST) -> list[str]:
    """Return the variables whose logarithm or reciprocal an expression takes."""
    inside: ast.expr | None = None
    if isinstance(part, ast.Call) and called_name(part) in ("log", "log2") and part.args:
        inside = part.args[0]
    elif isinstance(part, ast.Call) and called_name(part) in ("divide", "true_divide") and len(part.args) == 2:
        inside = part.args[1]
    elif isinstance(part, ast.BinOp) and isinstance(part.op, ast.Div):
        inside = part.right
    return [] if inside is None else [p.id for p in ast.walk(inside) if isinstance(p, ast.Name)]
