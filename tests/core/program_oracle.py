"""What plain Python makes of a program, to hold the engine against: `exec` of its text, nothing of nntui in between."""

import itertools
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

Fingerprint = dict[str, Any]


def of_value(value: Any) -> Any:
    """Return what a value is, to the last bit, as something that `==` compares."""
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        return type(value).__name__, array.dtype.str, array.shape, array.tobytes()
    if isinstance(value, float):
        return "float", np.float64(value).tobytes()
    if isinstance(value, np.random.RandomState):
        return "generator", repr(value.get_state(legacy=False))
    if isinstance(value, np.random.Generator):
        return "generator", repr(value.bit_generator.state)
    if isinstance(value, list | tuple):
        return type(value).__name__, [of_value(item) for item in value]
    if isinstance(value, dict):
        return "dict", {key: of_value(item) for key, item in value.items()}
    if isinstance(value, types.FunctionType):
        return "function", value.__qualname__
    written: Any = type(value).__repr__
    if written is object.__repr__ and hasattr(value, "__dict__"):  # its repr is where it is
        return type(value).__name__, of_value(vars(value))
    return type(value).__name__, repr(value)


def data_of(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of a namespace that are values, not modules, functions, classes or names like `__x__`."""
    code = (types.ModuleType, types.FunctionType, type)
    return {n: v for n, v in namespace.items() if not isinstance(v, code) and not n.startswith("__")}


def fingerprint(namespace: Mapping[str, Any]) -> Fingerprint:
    """Return every value of a namespace to the last bit, which arrays share memory, and the global random state."""
    data = {name: value for name, value in data_of(namespace).items() if name.isidentifier()}
    arrays = [(name, value) for name, value in data.items() if isinstance(value, np.ndarray)]
    shared = {(a, b) for (a, u), (b, v) in itertools.combinations(arrays, 2) if np.shares_memory(u, v)}
    legacy = np.random.get_state(legacy=False)
    return {
        **{name: of_value(value) for name, value in data.items()},
        "<shared memory>": {frozenset(pair) for pair in shared},
        "<global random state>": repr(legacy),
    }


def executed(source: str) -> dict[str, Any]:
    """Run a text with plain Python and return its namespace."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with np.errstate(all="ignore"):
        exec(compile(source, "oracle", "exec"), namespace)
    return namespace


@contextmanager
def global_random_state_kept() -> Iterator[None]:
    """Leave NumPy's global random state as it was found."""
    before = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(before)
