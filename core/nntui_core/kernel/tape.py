"""What one iteration does, as a list of operations: the tape that a recording leaves.

Every operation has the *text* that gives a new result, as Python would, and, where there is one, a text that writes
the result *into* an array that is there already. Operands are values: each is made once, so a name that is bound
twice in an iteration is two values. Every value has an *example*, what it was in the recorded iteration; dtype, shape
and strides of an example are those of every iteration, since nothing is recorded whose layout depends on numbers.

A view has the value that it looks into as its `whole`; the outermost one is its `root`. Memory belongs to roots.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from nntui_core.kernel.containers import Found, Shape


class CannotLower(Exception):  # noqa: N818 - an answer, not an error
    """A part of a program that stays as it was written; the message says which and why."""


class How(Enum):
    """The kinds of operations."""

    ELEMENTWISE = auto()
    """A ufunc over whole arrays."""
    PRODUCT = auto()
    REDUCTION = auto()
    NUMBER = auto()
    """Python's arithmetic with single numbers."""
    KEPT = auto()
    """As it was written: a new result each time, or a view."""
    CHANGE = auto()
    """Changes an array in place, or appends to a list of the program's."""
    LEAVE = auto()
    """Leaves the kernel where its operand is true."""


@dataclass(eq=False, slots=True)
class Value:
    """Something that an operation works with or results in."""

    example: Any
    constant: bool = False
    """The same object in every iteration, known now."""
    name: str | None = None
    """The name or place that holds it when an iteration begins."""
    whole: "Value | None" = None
    """The value whose memory a view looks into."""
    origin: "Op | None" = None

    @property
    def root(self) -> "Value":
        """The value that owns the memory."""
        value = self
        while value.whole is not None:
            value = value.whole
        return value

    @property
    def is_array(self) -> bool:
        """Whether it is an array."""
        return type(self.example) is np.ndarray

    @property
    def is_number(self) -> bool:
        """Whether it is a single number."""
        return isinstance(self.example, int | float | complex | np.number | np.bool_)


@dataclass(eq=False, slots=True)
class Leaving:
    """Where the kernel is left: the statement that comes next, and what the names hold that have been bound so far."""

    statement: int
    bound: dict[str, Value]
    made: "Mapping[str, Shape]" = field(default_factory=dict)

    def binds(self, name: str, made: "Mapping[str, Shape]") -> bool:
        """Tell whether what has been bound so far says what a name or place holds; `made` is the iteration's end."""
        slot = next((slot for slot, shape in made.items() if name in shape.names()), name)
        return slot in self.made or slot in self.bound


@dataclass(eq=False, slots=True)
class Op:
    """One operation. `{0}`, `{1}`, … in its texts are the operands, `{out}` the array to write into."""

    how: How
    text: str
    operands: tuple[Value, ...]
    result: Value | None = None
    into: str | None = None
    over: bool = False
    """Whether it may write its result over an operand of the same layout."""
    changes: Value | None = None
    """The value whose memory it changes."""
    keeps: tuple[Value, ...] = ()
    """Operands that something else holds from then on."""
    effect: bool = False
    """Whether it does more than give a result: it happens once an iteration, in its place."""
    leaving: Leaving | None = None


@dataclass(slots=True)
class Tape:
    """What has been recorded of one iteration."""

    ops: list[Op] = field(default_factory=list)
    entries: dict[str, Value] = field(default_factory=dict)
    """What names and places hold when an iteration begins, as far as it is used."""
    known: dict[str, Any] = field(default_factory=dict)
    """Functions, modules and whole numbers that names have to hold still."""
    bound: dict[str, Value] = field(default_factory=dict)
    """What the names and places that the iteration binds hold at its end."""
    made: "dict[str, Shape]" = field(default_factory=dict)
    """The containers that the iteration makes, by the names and places that hold them; `bound` has what is in them."""
    found: "list[Found]" = field(default_factory=list)
    """The containers of the program that the places are in."""
    of_classes: dict[tuple[type, str], Any] = field(default_factory=dict)
    """What attributes of the program's classes have to be still: functions, numbers."""
    item: Value | None = None
    """The loop's variable."""
    report: int = 0
    """The operation from which on the loss is computed for the curve."""
    losses: tuple[Value, ...] = ()
    """What is reported after the iteration."""

    def roots_kept(self) -> set[Value]:
        """Return the roots that something outside of the kernel holds."""
        reported = {value.root for value in self.losses if value.is_array}
        return reported | {value.root for op in self.ops for value in op.keeps}

    def roots_changed(self) -> set[Value]:
        """Return the roots whose memory is changed in place."""
        return {op.changes.root for op in self.ops if op.changes is not None}


def layout(array: Any) -> tuple[Any, ...]:
    """Return what decides which loop NumPy takes through an array."""
    return array.dtype, array.shape, array.strides
