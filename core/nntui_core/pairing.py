"""Inputs, targets and predictions side by side: which samples does the present prediction belong to?

A loop over the whole batch predicts every sample at once: row by row, prediction and target stand beside each other. A
loop over single samples or mini-batches reads a part of the target, `y[i]` or `Y[j:j + 8]`, and what it has predicted
last belongs to that part only. Which part is said by the index as it was when the prediction was written.
"""

import ast

import numpy as np

from nntui_core.forward import Forward, NoForward
from nntui_core.frame import WIDEST_SAMPLE, Predictions, View
from nntui_core.program import Program
from nntui_core.session import Session
from nntui_core.values import Array, State

PLAIN = (ast.Name, ast.Constant, ast.Slice, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.expr_context)
"""What an index may be made of that is evaluated here: nothing in it can be a call."""


def rows(program: Program, target: str, length: int, state: State, in_columns: bool = False) -> Array | None:
    """Return the samples of the target, of so many, that the body reads in a state; None where it reads all of it.

    Also where it cannot be said: the index is none that can be evaluated here. Samples are rows, or columns.
    """
    index = _index(program, target)
    if in_columns and isinstance(index, ast.Tuple) and len(index.elts) == 2:
        index = index.elts[1]
    if index is None or not all(isinstance(part, PLAIN) for part in ast.walk(index)):
        return None
    picked = ast.Expression(ast.Subscript(ast.Name("rows", ast.Load()), index, ast.Load()))
    names = {part.id: state.get(part.id) for part in ast.walk(index) if isinstance(part, ast.Name)}
    code = compile(ast.fix_missing_locations(picked), "<index>", "eval")
    try:
        found = eval(code, {"__builtins__": {}}, {**names, "rows": np.arange(length)})
    except (IndexError, TypeError, ValueError):  # a name that is not there yet; an index of another shape
        return None
    return np.atleast_1d(found)


def _index(program: Program, name: str) -> ast.expr | None:
    """Return the index by which the body reads an array first, None where it reads all of it."""
    for node in program.loop.body:
        for part in ast.walk(node):
            if isinstance(part, ast.Subscript) and isinstance(part.ctx, ast.Load) and _is(part.value, name):
                return part.slice
    return None


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def predictions(session: Session, view: View) -> Predictions:
    """Return the samples in sight, each with its prediction where the present one is for it."""
    roles = session.program.roles
    name = roles.inputs[0] if roles.inputs else None
    tables = [_table(session.state, n) for n in (name, roles.target, roles.prediction)]
    in_columns = _in_columns(session.program, *tables)
    value, target, predicted = (t.T if in_columns and t is not None else t for t in tables)
    where = None if target is None or predicted is None else _rows_of(session, len(target), in_columns)
    if predicted is not None and where is not None and target is not None and len(where) < len(target):
        shown = _placed(predicted, where, view)
    elif predicted is None or target is None or len(predicted) == len(target):
        shown = _window(predicted, view)
    else:
        shown = ()  # nobody can tell which samples these are
    total = max(len(table) for table in (value, target, predicted if target is None else None, ()) if table is not None)
    return Predictions(
        name or "",
        roles.target or "",
        roles.prediction or "",
        view.samples[0],
        total,
        _window(value, view),
        _window(target, view),
        shown,
    )


def _in_columns(program: Program, value: Array | None, target: Array | None, predicted: Array | None) -> bool:
    """Tell whether the samples stand in columns: by the shapes, and by the products where these fit both ways."""
    other = predicted if target is None else target
    if value is None or other is None or value.shape[1] != other.shape[1]:
        return False
    if value.shape[0] != other.shape[0]:
        return True
    try:
        return not Forward.of(program).upright
    except NoForward:
        return False


def _table(state: State, name: str | None) -> Array | None:
    """Return a variable as a table with a row for each sample, None where it is none."""
    value = state.get(name) if name else None
    if value is None or value.ndim > 2:
        return None
    return value.reshape(-1, 1) if value.ndim < 2 else value


def _window(table: Array | None, view: View) -> tuple[tuple[float, ...], ...]:
    first, rows = view.samples
    return () if table is None else tuple(map(tuple, table[first : first + rows, :WIDEST_SAMPLE].tolist()))


def _rows_of(session: Session, length: int, in_columns: bool) -> Array | None:
    """Return the samples of the target that the present prediction belongs to."""
    roles = session.program.roles
    assert roles.target is not None
    assert roles.prediction is not None
    writer = session.last_writer(roles.prediction)
    return rows(session.program, roles.target, length, writer.after if writer else session.state, in_columns)


def _placed(predicted: Array, where: Array, view: View) -> tuple[tuple[float, ...], ...]:
    """Return the predictions of the samples in sight, an empty row for each that there is none for."""
    if not len(where) or predicted.size % len(where):
        return ()
    table = predicted.reshape(len(where), -1)
    at = {int(row): k for k, row in enumerate(where)}
    first, height = view.samples
    return tuple(
        tuple(table[at[row], :WIDEST_SAMPLE].tolist()) if row in at else () for row in range(first, first + height)
    )
