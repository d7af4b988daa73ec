"""The NumPy functions that are understood, as a table from their name to how a cell of their result is made.

Each function here has the parameters that NumPy's has, as far as they are understood: a call with another one fails
like a call of any Python function, and that is how `np.sum(x, where=mask)` is told from `np.sum(x, axis=0)`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nntui_core.explain.arrays import Converted, Counting, Elementwise, Filled, Joined, Lazy, View, number
from nntui_core.explain.cells import NotUnderstood
from nntui_core.explain.indices import permuted, reshaped
from nntui_core.explain.reductions import Product, Reduced
from nntui_core.explain.scalars import CONVERSIONS, OPERATIONS


@dataclass(frozen=True, slots=True)
class Plain:
    """A value that is no number: None, a text, a kind of number, a function."""

    value: Any


Thing = Lazy | Plain | tuple[Any, ...]
"""What an expression of the program stands for; a tuple holds things."""

NONE = Plain(None)


def array(thing: Thing) -> Lazy:
    """Return a thing as an array; a list of things is stacked.

    Raises:
        NotUnderstood: it holds no numbers.
    """
    if isinstance(thing, tuple) and thing:
        rows = [array(part) for part in thing]
        if all(not row.shape for row in rows):
            kind = np.result_type(*(np.asarray(number(row)) for row in rows)).name
            rows = [Converted(kind, row) for row in rows] if kind in CONVERSIONS else rows
        return Joined([_reshape(row, (1, *row.shape)) for row in rows], 0)
    if not isinstance(thing, Lazy):
        raise NotUnderstood("a value that is no number")
    return thing


def constant(thing: Thing) -> Any:
    """Return the Python value of a thing that is a single number, a plain value, or a tuple of such."""
    if isinstance(thing, tuple):
        return tuple(constant(part) for part in thing)
    if isinstance(thing, Plain):
        return thing.value
    value = number(thing)
    return value.item() if isinstance(value, np.generic) else value


def _axes(thing: Thing, ndim: int) -> tuple[int, ...]:
    value = constant(thing)
    if value is None:
        return tuple(range(ndim))
    chosen = value if isinstance(value, tuple) else (value,)
    return tuple(int(axis) % ndim for axis in chosen)


def _shape(things: Sequence[Thing]) -> tuple[int, ...]:
    """Return a shape given as one thing (`reshape((2, 3))`) or as several (`reshape(2, 3)`)."""
    value = constant(things[0]) if len(things) == 1 else constant(tuple(things))
    return tuple(int(size) for size in value) if isinstance(value, tuple) else (int(value),)


def _convert(thing: Thing, kind: Thing) -> Lazy:
    """Return an array as another kind of number."""
    source, wanted = array(thing), constant(kind)
    name = np.dtype(wanted).name if wanted is not None else ""
    if name and name not in CONVERSIONS:
        raise NotUnderstood(f"the kind of number {name}")
    return Converted(name, source) if name else source


def _fold(kind: str) -> Callable[..., Lazy]:
    def call(a: Thing, axis: Thing = NONE, dtype: Thing = NONE, keepdims: Thing = NONE) -> Lazy:
        source = _convert(a, dtype)
        return Reduced(kind, source, _axes(axis, source.ndim), bool(constant(keepdims)))

    return call


def _mean(a: Thing, axis: Thing = NONE, dtype: Thing = NONE, keepdims: Thing = NONE) -> Lazy:
    source = _convert(a, dtype)
    axes = _axes(axis, source.ndim)
    count = math.prod(source.shape[each] for each in axes)
    return Elementwise("divide", Reduced("sum", source, axes, bool(constant(keepdims))), Filled(count))


def _dot(a: Thing, b: Thing) -> Lazy:
    left, right = array(a), array(b)
    if not left.shape or not right.shape:
        return Elementwise("multiply", left, right)
    return _matmul(left, right)


def _matmul(a: Thing, b: Thing) -> Lazy:
    left, right = array(a), array(b)
    if not (1 <= left.ndim <= 2 and 1 <= right.ndim <= 2):
        raise NotUnderstood("a matrix product of more than two axes")
    if left.shape[-1] != right.shape[0]:
        raise NotUnderstood("a matrix product of shapes that do not fit")
    return Product(left, right)


def _outer(a: Thing, b: Thing) -> Lazy:
    left, right = _reshape(a, -1), _reshape(b, -1)
    return Elementwise("multiply", _reshape(left, (-1, 1)), _reshape(right, (1, -1)))


def _lifted(shape: Any) -> Thing:
    """Return a shape of Python's own integers as a thing."""
    return tuple(Filled(size) for size in shape) if isinstance(shape, tuple) else Filled(shape)


def _reshape(a: Thing, shape: Any) -> Lazy:
    return _reshape_call(a, _lifted(shape))


def _reshape_call(a: Thing, *shape: Thing) -> Lazy:
    source, wanted = array(a), _shape(shape)
    if -1 in wanted:
        known = math.prod(size for size in wanted if size != -1)
        wanted = tuple(math.prod(source.shape) // known if size == -1 else size for size in wanted)
    if math.prod(wanted) != math.prod(source.shape):
        raise NotUnderstood("a reshape that does not fit")
    return View(source, wanted, reshaped(source.shape, wanted))


def _ravel(a: Thing) -> Lazy:
    return _reshape(a, -1)


def _transpose(a: Thing, *axes: Thing) -> Lazy:
    source = array(a)
    reverse = tuple(reversed(range(source.ndim)))
    order = reverse if not axes or axes == (NONE,) else tuple(axis % source.ndim for axis in _shape(axes))
    return View(source, [source.shape[axis] for axis in order], permuted(order))


def _squeeze(a: Thing, axis: Thing = NONE) -> Lazy:
    source = array(a)
    gone = _axes(axis, source.ndim)
    return _reshape(source, tuple(n for i, n in enumerate(source.shape) if n != 1 or i not in gone))


def _expand_dims(a: Thing, axis: Thing) -> Lazy:
    source = array(a)
    shape = list(source.shape)
    for place in sorted(_axes(axis, source.ndim + 1)):
        shape.insert(place, 1)
    return _reshape(source, tuple(shape))


def _atleast_2d(a: Thing) -> Lazy:
    source = array(a)
    return source if source.ndim >= 2 else _reshape(source, (1, -1))


def _copy(a: Thing) -> Lazy:
    return array(a)


def _array(a: Thing, dtype: Thing = NONE, copy: Thing = NONE) -> Lazy:  # noqa: ARG001 - a cell is a cell
    return _convert(a, dtype)


def _astype(a: Thing, dtype: Thing) -> Lazy:
    return _convert(a, dtype)


def _filled(value: float) -> Callable[..., Lazy]:
    def call(shape: Thing, dtype: Thing = NONE) -> Lazy:
        return _convert(Filled(value, _shape((shape,))), dtype)

    return call


def _filled_like(value: float) -> Callable[..., Lazy]:
    def call(a: Thing, dtype: Thing = NONE) -> Lazy:
        return _convert(Filled(value, array(a).shape), dtype)

    return call


def _full(shape: Thing, fill_value: Thing) -> Lazy:
    size = _shape((shape,))
    return View(array(fill_value), size, lambda _: ())


def _arange(*bounds: Thing) -> Lazy:
    numbers = [constant(bound) for bound in bounds]
    if not all(isinstance(n, int) for n in numbers):
        raise NotUnderstood("a range of numbers that are not integers")
    return Counting(range(*numbers))


def _concatenate(arrays: Thing, axis: Thing = NONE) -> Lazy:
    if not isinstance(arrays, tuple):
        raise NotUnderstood("joining what is no list")
    return Joined([array(part) for part in arrays], int(constant(axis) or 0))


def _hstack(arrays: Thing) -> Lazy:
    parts = [array(part) for part in arrays] if isinstance(arrays, tuple) else [array(arrays)]
    return Joined(parts, 0 if parts[0].ndim == 1 else 1)


def _vstack(arrays: Thing) -> Lazy:
    parts = arrays if isinstance(arrays, tuple) else (arrays,)
    return Joined([_atleast_2d(part) for part in parts], 0)


def _column_stack(arrays: Thing) -> Lazy:
    parts = [array(part) for part in arrays] if isinstance(arrays, tuple) else [array(arrays)]
    return Joined([_reshape(part, (-1, 1)) if part.ndim == 1 else part for part in parts], 1)


def _square(x: Thing) -> Lazy:
    return Elementwise("power", array(x), Filled(2))


def _clip(a: Thing, a_min: Thing, a_max: Thing) -> Lazy:
    if a_min == NONE:
        return Elementwise("minimum", array(a), array(a_max))
    if a_max == NONE:
        return Elementwise("maximum", array(a), array(a_min))
    return Elementwise("clip", array(a), array(a_min), array(a_max))


def _elementwise(name: str) -> Callable[..., Lazy]:
    count = OPERATIONS[name][0]

    def call(*parts: Thing) -> Lazy:
        if len(parts) != count:
            raise TypeError(f"{name} takes {count} values")
        return Elementwise(name, *(array(part) for part in parts))

    return call


ALIASES = {
    "abs": "absolute",
    "true_divide": "divide",
    "mod": "remainder",
    "fabs": "absolute",
    "pow": "power",
}

METHODS: dict[str, Callable[..., Lazy]] = {
    "sum": _fold("sum"),
    "max": _fold("maximum"),
    "min": _fold("minimum"),
    "mean": _mean,
    "dot": _dot,
    "reshape": _reshape_call,
    "ravel": _ravel,
    "flatten": _ravel,
    "transpose": _transpose,
    "squeeze": _squeeze,
    "copy": _copy,
    "item": _copy,
    "astype": _astype,
    "clip": _clip,
}
"""The methods of an array; each is a function of NumPy's too, but for `flatten`, `item` and `astype`."""

FUNCTIONS: dict[str, Callable[..., Lazy]] = (
    {name: _elementwise(name) for name in OPERATIONS}
    | {alias: _elementwise(name) for alias, name in ALIASES.items()}
    | {name: call for name, call in METHODS.items() if name not in ("flatten", "item")}
    | {
        "amax": METHODS["max"],
        "amin": METHODS["min"],
        "average": lambda a, axis=NONE: _mean(a, axis),
        "matmul": _matmul,
        "outer": _outer,
        "square": _square,
        "expand_dims": _expand_dims,
        "atleast_2d": _atleast_2d,
        "array": _array,
        "asarray": _array,
        "zeros": _filled(0.0),
        "ones": _filled(1.0),
        "zeros_like": _filled_like(0.0),
        "ones_like": _filled_like(1.0),
        "full": _full,
        "arange": _arange,
        "concatenate": _concatenate,
        "hstack": _hstack,
        "vstack": _vstack,
        "column_stack": _column_stack,
    }
)
"""The functions of NumPy."""

VALUES: Mapping[str, Thing] = {
    **{name: Filled(getattr(np, name), text=name) for name in ("pi", "e", "inf", "nan")},
    **{name: Plain(getattr(np, name)) for name in (*CONVERSIONS, "bool_", "newaxis")},
}
"""The names of NumPy's that are not functions."""


def _builtin_extreme(name: str, fold: str) -> Callable[..., Lazy]:
    def call(*parts: Thing) -> Lazy:
        if len(parts) == 1:
            return METHODS[name](parts[0], Filled(0))
        found = array(parts[0])
        for part in parts[1:]:
            found = Elementwise(fold, found, array(part))
        return found

    return call


BUILTINS: dict[str, Callable[..., Lazy]] = {
    "float": lambda x: _convert(x, Plain(np.float64)),
    "int": lambda x: _convert(x, Plain(np.int64)),
    "bool": lambda x: _convert(x, Plain(np.bool_)),
    "abs": FUNCTIONS["abs"],
    "pow": FUNCTIONS["power"],
    "range": _arange,
    "sum": lambda x: METHODS["sum"](x, Filled(0)),
    "max": _builtin_extreme("max", "maximum"),
    "min": _builtin_extreme("min", "minimum"),
}
"""Python's own functions."""
