"""What a recording knows while it goes through an iteration: names, values, and the tape so far.

It works on a copy of the program's data and really computes: each operation's result is an example for all
iterations to come.
"""

import ast
import builtins
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from nntui_core import places
from nntui_core.kernel.tape import CannotLower, How, Op, Tape, Value

NUMBERS = (bool, int, float, np.float64, np.float32, np.int64, np.int32, np.uint8, np.bool_)
SETTLED = (bool, int, str, type(None), tuple)
"""What a kernel takes for granted where the body does not bind it: sizes, switches."""
CODE = (types.FunctionType, types.BuiltinFunctionType, types.ModuleType, type, np.ufunc, types.MethodType, type(np.dot))


UNBOUND = Value(None)
"""What a function's own name holds before it is bound."""


class Recording:
    """Names, values and operations of the iteration that is being recorded."""

    def __init__(self, namespace: Mapping[str, Any], rebound: Iterable[str]) -> None:
        self.namespace = namespace
        self.rebound = frozenset(rebound)
        """Names and places that the iteration binds somewhere."""
        self.tape = Tape()
        self.locals: list[dict[str, Value]] = []
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
        """Return what a name or place holds when an iteration begins."""
        if name in self.tape.entries:
            return self.tape.entries[name]
        if name in self.tape.known:
            return self.constant(self.tape.known[name])
        if name.isidentifier() and name not in self.namespace:
            if not hasattr(builtins, name):
                raise CannotLower(f"{name} has no value yet")
            return self.constant(getattr(builtins, name))
        if places.is_place(name):
            self._enter_containers(name)
        thing = places.value(self.namespace, name)
        settled = type(thing) in SETTLED and name not in self.rebound
        if settled or isinstance(thing, CODE) or isinstance(getattr(thing, "__self__", None), np.random.RandomState):
            if name in self.rebound:
                raise CannotLower(f"{name} changes")
            self.tape.known[name] = thing
            return self.constant(thing)
        value = Value(thing, name=name)
        if value.is_array:
            check_array(thing)
        elif type(thing) not in NUMBERS and type(thing) not in (list, np.random.Generator, np.random.RandomState):
            raise CannotLower(f"{name} is a {type(thing).__name__}")
        self.tape.entries[name] = value
        return value

    def _enter_containers(self, place: str) -> None:
        """Note what a place is in: dicts and plain objects, each by one name only."""
        node = ast.parse(place, mode="eval").body
        while isinstance(node, ast.Subscript | ast.Attribute):
            holder = node.value
            text = ast.unparse(holder)
            thing = places.value(self.namespace, text)
            if isinstance(node, ast.Subscript):
                plain = type(thing) is dict
                there = plain and ast.literal_eval(node.slice) in thing
            else:
                plain = _is_plain(type(thing), node.attr)
                there = plain and node.attr in vars(thing)
            if not there:
                raise CannotLower(f"{text} holds its variables in a way of its own")
            if any(places.base(text) == n or text == n for n in self.rebound):
                raise CannotLower(f"{text} changes as a whole")
            self.tape.containers[text] = type(thing)
            node = holder

    def bind(self, name: str, value: Value) -> None:
        """Let a name hold a value."""
        if self.locals:
            self.locals[-1][name] = value
            return
        if isinstance(value.example, Several) or not (value.is_array or value.is_number or value.constant):
            raise CannotLower(f"{name} is not a number or an array")
        if value.constant and not value.is_number:
            raise CannotLower(f"{name} is not a number or an array")
        if places.is_place(name):
            self.entry(name)  # it has to be there already
        elif name not in self.namespace:
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
        """Put an operation on the tape that stays as it was written; its result is new, or a view of one operand."""
        operands = tuple(operands)
        example = computed(compute, operands)
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


class Several:
    """What a function returns that returns several values: a tuple that is only taken apart."""

    def __init__(self, values: list[Value]) -> None:
        self.values = values


def computed(compute: Callable[..., Any], operands: Iterable[Value]) -> Any:
    """Return what a function makes of the operands' examples."""
    if any(isinstance(value.example, Several) for value in operands):
        raise CannotLower("a tuple of variables")
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


def _is_plain(kind: type, attribute: str) -> bool:
    """Tell whether objects of a class keep an attribute just so, without a method in between."""
    plain = all(getattr(kind, name) is getattr(object, name) for name in ("__setattr__", "__getattribute__"))
    return plain and not hasattr(kind, "__getattr__") and not hasattr(kind, attribute)
