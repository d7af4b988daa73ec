"""What a recording knows while it goes through an iteration: names, values, and the tape so far.

It works on a copy of the program's data and really computes: each operation's result is an example for all
iterations to come.
"""

import builtins
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from nntui_core.kernel.containers import Container, is_container, is_settled
from nntui_core.kernel.tape import CannotLower, How, Op, Tape, Value

NUMBERS = (bool, int, float, np.float64, np.float32, np.int64, np.int32, np.uint8, np.bool_)
CODE = (types.FunctionType, types.BuiltinFunctionType, types.ModuleType, type, np.ufunc, types.MethodType, type(np.dot))


UNBOUND = Value(None)
"""What a function's own name holds before it is bound."""


class Frame(dict[str, Value]):
    """The names of a function that is open; `outer` are those that it declares global."""

    def __init__(self, names: Mapping[str, Value], outer: Iterable[str] = ()) -> None:
        super().__init__(names)
        self.outer = frozenset(outer)


class Recording:
    """Names, values and operations of the iteration that is being recorded."""

    def __init__(self, namespace: Mapping[str, Any], rebound: Iterable[str]) -> None:
        self.namespace = namespace
        self.rebound = frozenset(rebound)
        """Names that the iteration binds somewhere, and places where that is known."""
        self.tape = Tape()
        self.locals: list[Frame] = []
        """The names of the functions that are open now, the innermost one last."""
        self._constants: dict[int | str, Value] = {}

    # --- values ----------------------------------------------------------------------------------------------------

    def constant(self, thing: Any) -> Value:
        """Return the value of something that is known now."""
        key = repr(thing) if type(thing) in (bool, int, float) else id(thing)
        if key not in self._constants:
            self._constants[key] = Value(thing, constant=True)
        return self._constants[key]

    def look_up(self, name: str) -> Value:
        """Return what a name holds."""
        if self.locals and name in self.locals[-1]:
            if self.locals[-1][name] is UNBOUND:
                raise CannotLower(f"{name} has no value yet")
            return self.locals[-1][name]
        if name in self.tape.bound:
            return self.tape.bound[name]
        if self.tape.item is not None and name == self.tape.item.name:
            return self.tape.item
        return self.entry(name)

    def entry(self, name: str) -> Value:
        """Return what a name holds when an iteration begins."""
        if name in self.namespace:
            return self.entry_of(name, self.namespace[name])
        if not hasattr(builtins, name):
            raise CannotLower(f"{name} has no value yet")
        return self.constant(getattr(builtins, name))

    def entry_of(self, name: str, thing: Any) -> Value:
        """Return a value for what a name or place holds when an iteration begins."""
        if name in self.tape.entries:
            return self.tape.entries[name]
        if name in self.tape.known:
            return self.constant(self.tape.known[name])
        settled = is_settled(thing) and name not in self.rebound
        if settled or isinstance(thing, CODE):
            if name in self.rebound:
                raise CannotLower(f"{name} changes")
            self.tape.known[name] = thing
            return self.constant(thing)
        value = Value(thing, name=name)
        if value.is_array:
            check_array(thing)
        elif type(thing) not in NUMBERS and type(thing) not in (np.random.Generator, np.random.RandomState):
            if is_container(thing):
                return self.found(name, thing)
            raise CannotLower(f"{name} is a {type(thing).__name__}")
        self.tape.entries[name] = value
        return value

    def found(self, name: str, thing: Any) -> Value:
        """Return the value that stands for a container of the program's."""
        raise NotImplementedError

    def bind(self, name: str, value: Value) -> None:
        """Let a name hold a value."""
        if self.locals and name not in self.locals[-1].outer:
            self.locals[-1][name] = value
            return
        if name not in self.namespace:
            raise CannotLower(f"{name} has no value yet")
        self.tape.bound[name] = value

    # --- operations ------------------------------------------------------------------------------------------------

    def add(self, op: Op, example: Any, whole: Value | None = None) -> Value:
        """Put an operation on the tape, with what it results in."""
        if type(example) is np.ndarray:
            check_array(example)
        elif type(example) not in NUMBERS:
            raise CannotLower(f"a {type(example).__name__} is no number and no array")
        op.result = Value(example, whole=whole, origin=op)
        self.tape.ops.append(op)
        return op.result

    def keep(self, text: str, operands: Iterable[Value], compute: Callable[..., Any], effect: bool = False) -> Value:
        """Put an operation on the tape that stays as it was written; its result is new, or a view of one operand.

        What gives an operand itself may have written into it: `np.clip(g, -1, 1, out=g)`.
        """
        operands = tuple(operands)
        example = computed(compute, operands)
        if any(value.is_array and value.example is example for value in operands):
            raise CannotLower("a result that is written into an array")
        wholes = _sharing(example, operands)
        if len({value.root for value in wholes}) > 1:
            raise CannotLower("a view of two arrays")
        how = How.NUMBER if type(example) is not np.ndarray and not any(v.is_array for v in operands) else How.KEPT
        return self.add(Op(how, text, operands, effect=effect), example, wholes[0] if wholes else None)

    def change(self, op: Op, compute: Callable[..., Any]) -> None:
        """Put an operation on the tape that changes something in place."""
        op.effect = True
        computed(compute, op.operands)
        self.tape.ops.append(op)


def computed(compute: Callable[..., Any], operands: Iterable[Value]) -> Any:
    """Return what a function makes of the operands' examples."""
    if any(isinstance(value.example, Container) for value in operands):
        raise CannotLower("a container as a whole")
    try:
        return compute(*(value.example for value in operands))
    except Exception as error:
        raise CannotLower(f"{type(error).__name__}: {error}") from error


def check_array(array: Any) -> None:
    """Make sure that an array is one that kernels are made for.

    Raises:
        CannotLower: it is not.
    """
    if array.dtype.kind not in "biufc" or not array.dtype.isnative or not array.flags.aligned:
        raise CannotLower(f"an array of {array.dtype}")
    if array.size == 0:
        raise CannotLower("an empty array")


def _sharing(example: Any, operands: Iterable[Value]) -> list[Value]:
    """Return the operands that an array shares memory with."""
    if type(example) is not np.ndarray:
        return []
    return [value for value in operands if value.is_array and np.may_share_memory(example, value.example)]
