"""A copy of a running program that may be run to pieces: what checks and explanations try things on.

A copy for reading is *flat*: the variables inside of others stand in its namespace under their own names, as they do
in the program's nodes.
"""

import copy
import types
from collections.abc import Mapping
from typing import Any

from nntui_core import compiled, places
from nntui_core.interpreter import Interpreter
from nntui_core.program import Program
from nntui_core.values import Checkpoint, is_data


def silent(*_: object, **__: object) -> None:
    """Stand in for `print` while a program is run to look at it."""


class Scratch(Interpreter):
    """A copy of an interpreter, with its data, functions and random state, that may be run to pieces.

    The original must stand at the start of an iteration; it is not touched. NumPy's global random state is shared
    by all: whoever uses a scratch puts that back (see `diagnosis.check`).
    """

    def __init__(
        self,
        original: Interpreter,
        program: Program | None = None,
        held: Mapping[str, Any] | None = None,
        flat: bool = True,
    ) -> None:
        program = program or original.program
        super().__init__(program.flat() if program.places and flat else program)
        checkpoint = original.take_checkpoint()
        self.namespace = {n: v for n, v in original.namespace.items() if not is_data(n, v)}
        for name, value in self.namespace.items():
            if isinstance(value, types.FunctionType) and value.__globals__ is original.namespace:
                self.namespace[name] = rebound(value, self.namespace)
        self.namespace["print"] = silent
        checkpoint.restore(self.namespace)
        if flat:
            inside = [n for s in self.program.body for n in (*s.reads, *s.targets) if places.is_place(n)]
            self.namespace |= places.flat(self.namespace, dict.fromkeys(inside))
        self.namespace |= {name: _copied(value) for name, value in (held or {}).items()}
        self.shared = checkpoint.shared
        """The names of what could not be copied."""
        self.known: dict[int, Any] = {}
        """The steps of the statements that have run, by index: compiled once for all iterations."""
        self._items = original._items
        self._step = compiled.stepper(self.program, self.namespace)
        self._stand(original.position.iteration)

    def begin(self) -> bool:
        """Give the loop's variable its value in this iteration; return whether there is one."""
        return self._enter()

    def take_checkpoint(self, former: Checkpoint | None = None) -> Checkpoint:
        """Copy the live data, at any point."""
        return Checkpoint.take(self.namespace, former)


def rebound(function: types.FunctionType, namespace: dict[str, Any]) -> types.FunctionType:
    """Return the function with another namespace as its globals."""
    fresh = types.FunctionType(
        function.__code__, namespace, function.__name__, function.__defaults__, function.__closure__
    )
    fresh.__kwdefaults__ = function.__kwdefaults__
    return fresh


def _copied(value: Any) -> Any:
    """Return a copy of what a straight line holds; a function is shared."""
    if callable(value):
        return value
    try:
        return copy.deepcopy(value)
    except Exception:  # noqa: BLE001 - whatever an object of the program raises when it is copied
        return value
