"""What of a tape is done once, what is not done at all, and where every result is written.

Memory belongs to roots (see `nntui_core.kernel.tape`). Four rules decide:

* What works with nothing but unchanging values is done once, before the loop; so is a view of an array that stays
  the same object. What is computed twice from the same values, and has no name, is computed once.
* A result that something outside holds (a list) is new in each iteration, as under Python.
* A result with a name has an array of its own, which no other name shares; all others share arrays as soon as nobody
  reads them any more.
* A name that is read before it is bound carries its value into the next iteration. The new value may be written over
  the old one only where nothing reads the old one afterwards; otherwise it is new each time.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nntui_core.kernel.tape import CannotLower, Op, Tape, Value, layout


@dataclass(slots=True)
class Plan:
    """Where everything goes. Arrays to write into are numbered; `buffers` has an example of each."""

    once: list[Op] = field(default_factory=list)
    """What is done before the loop, in order."""
    ops: list[Op] = field(default_factory=list)
    """What is done in each iteration."""
    report: int = 0
    """The index in `ops` from which on the loss is computed."""
    buffers: list[Any] = field(default_factory=list)
    places: dict[Value, int] = field(default_factory=dict)
    """The number of the array that a root is written into."""
    carried: list[tuple[Value, Value]] = field(default_factory=list)
    """An entry, and the value that it has in the next iteration."""
    fixed: set[Value] = field(default_factory=set)
    """The roots that are the same object in all iterations."""

    def is_there(self, value: Value) -> bool:
        """Tell whether a value is there before the loop, and stays the same object."""
        return value.constant or value.origin in self.once or (value.whole is None and value in self.fixed)


class Planner:
    """Makes the plan of a tape.

    Raises:
        CannotLower: the iterations cannot be chained safely.
    """

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.plan = Plan()
        self._changed = tape.roots_changed()
        self._kept = tape.roots_kept()
        self._named = self._roots_with_names()

    def made(self) -> Plan:
        """Return the plan."""
        self._check_leavings()
        self._divide()
        self._carry()
        self._place()
        self._lift_views()
        return self.plan

    def _roots_with_names(self) -> set[Value]:
        leavings = [op.leaving.bound for op in self.tape.ops if op.leaving is not None]
        return {value.root for bound in (self.tape.bound, *leavings) for value in bound.values()}

    def _is_rebound(self, entry: Value) -> bool:
        return self.tape.bound.get(entry.name or "", entry) is not entry

    def _check_leavings(self) -> None:
        """Where the kernel is left, what a name held before must still be there: else it is carried along."""
        index = {op.result: i for i, op in enumerate(self.tape.ops) if op.result is not None}
        for i, op in enumerate(self.tape.ops):
            if op.leaving is None:
                continue
            for name, value in self.tape.bound.items():
                if op.leaving.binds(name, self.tape.made) or name in self.tape.entries:
                    continue
                for part in {value, value.root}:
                    stays = part.constant or (part.name is not None and not self._is_rebound(part))
                    if not stays and index.get(part, -1) < i:
                        self.tape.entries[name] = Value(value.example, name=name)

    # --- once, or in each iteration --------------------------------------------------------------------------------

    def _divide(self) -> None:
        same: set[Value] = set()
        report = len(self.tape.ops[: self.tape.report])
        for i, op in enumerate(self.tape.ops):
            if i == report:
                self.plan.report = len(self.plan.ops)
            if self._is_same(op, same):
                assert op.result is not None
                same.add(op.result)
                self.plan.once.append(op)
            else:
                self.plan.ops.append(op)
        if report == len(self.tape.ops):
            self.plan.report = len(self.plan.ops)
        self.plan.fixed |= {value.root for value in same}
        entries = self.tape.entries.values()
        self.plan.fixed |= {value for value in entries if value.is_array and not self._is_rebound(value)}

    def _is_same(self, op: Op, same: set[Value]) -> bool:
        """Tell whether an operation gives the same in all iterations."""
        if op.effect or op.result is None:
            return False
        root = op.result.root
        if op.result.is_array and (root in self._changed or root in self._kept or self._has_name(op.result)):
            return False
        return all(value in same or self._never_changes(value) for value in op.operands)

    def _has_name(self, value: Value) -> bool:
        """Tell whether a new array, or a view itself, is bound to a name."""
        if value.whole is None:
            return value in self._named
        return any(value is each for each in self.tape.bound.values()) or value.root in self._named

    def _never_changes(self, value: Value) -> bool:
        if value.constant:
            return True
        if value.name is None or value is self.tape.item or not (value.is_array or value.is_number):
            return False
        return not self._is_rebound(value) and value not in self._changed

    # --- from one iteration to the next ----------------------------------------------------------------------------

    def _carry(self) -> None:
        finals = []
        for name, entry in self.tape.entries.items():
            if not self._is_rebound(entry):
                continue
            final = self.tape.bound[name]
            if entry.is_array:
                self._check_carried(entry, final)
                finals.append(final)
            elif type(final.example) is not type(entry.example):
                raise CannotLower(f"{name} changes its type")
            self.plan.carried.append((entry, final))
        if len(set(finals)) < len(finals):
            raise CannotLower("two names carry the same array")

    def _check_carried(self, entry: Value, final: Value) -> None:
        if not final.is_array or layout(final.example) != layout(entry.example):
            raise CannotLower(f"{entry.name} changes its layout")
        if final.whole is not None or final.origin is None or final.origin in self.plan.once:
            raise CannotLower(f"{entry.name} is not new in each iteration")

    # --- where results are written ---------------------------------------------------------------------------------

    def _place(self) -> None:
        last = self._last_uses()
        carried = {final: entry for entry, final in self.plan.carried if entry.is_array}
        free: list[tuple[int, Value]] = []
        for i, op in enumerate(self.plan.ops):
            root = op.result
            if root is None or not self._can_be_written(op, root):
                continue
            if root in carried:
                entry = carried[root]
                if self._may_replace(op, i, root, entry, last):
                    self.plan.places[root] = self.plan.places[entry] = self._new_buffer(root)
                    self.plan.fixed |= {root, entry}
                continue
            if root in self._named:
                self.plan.places[root] = self._new_buffer(root)
            else:
                self.plan.places[root] = self._reused(op, i, root, free, last)
                free.append((self.plan.places[root], root))
            self.plan.fixed.add(root)
        self.plan.carried = [pair for pair in self.plan.carried if pair[0] not in self.plan.places]

    def _can_be_written(self, op: Op, root: Value) -> bool:
        if op.into is None or not root.is_array or root.whole is not None or root in self._kept:
            return False
        return bool(np.empty_like(root.example).strides == root.example.strides)

    def _last_uses(self) -> dict[Value, int]:
        """Return for every root the index of the last operation that needs it."""
        last: dict[Value, int] = {}
        for i, op in enumerate(self.plan.ops):
            needed = list(op.operands)
            if op.leaving is not None:
                needed += op.leaving.bound.values()
                needed += [e for n, e in self.tape.entries.items() if not op.leaving.binds(n, self.tape.made)]
            last |= {value.root: i for value in needed}
        end = [*self.tape.bound.values(), *self.tape.losses]
        return last | {value.root: len(self.plan.ops) for value in end}

    def _may_replace(self, op: Op, i: int, root: Value, entry: Value, last: dict[Value, int]) -> bool:
        """Tell whether a carried name's new value may be written over its old one."""
        if entry in self._changed or entry in self._kept:
            return False
        if sum(value.root is root for value in self.tape.bound.values()) != 1:
            return False
        return last.get(entry, -1) < i or (last[entry] == i and _may_write_over(op, entry))

    def _new_buffer(self, root: Value) -> int:
        self.plan.buffers.append(np.empty_like(root.example))
        return len(self.plan.buffers) - 1

    def _reused(self, op: Op, i: int, root: Value, free: list[tuple[int, Value]], last: dict[Value, int]) -> int:
        """Return an array that nobody needs any more, or a new one."""
        busy = {place for place, other in free if not self._is_done(op, i, other, last)}
        for place, _ in free:
            if place not in busy and layout(self.plan.buffers[place]) == layout(root.example):
                return place
        return self._new_buffer(root)

    @staticmethod
    def _is_done(op: Op, i: int, root: Value, last: dict[Value, int]) -> bool:
        return last.get(root, -1) < i or (last[root] == i and _may_write_over(op, root))

    def _lift_views(self) -> None:
        """Make views of arrays that stay the same objects once, before the loop."""
        kept = []
        report = self.plan.report
        for i, op in enumerate(self.plan.ops):
            value = op.result
            lifted = (
                value is not None
                and value.whole is not None
                and not op.effect
                and value.root in self.plan.fixed
                and value.root not in self._kept
                and not self._is_bound(value)
                and all(self.plan.is_there(part) or self._never_changes(part) for part in op.operands)
            )
            if lifted:
                self.plan.once.append(op)
                self.plan.report -= i < report
            else:
                kept.append(op)
        self.plan.ops = kept

    def _is_bound(self, value: Value) -> bool:
        leavings = [op.leaving.bound for op in self.tape.ops if op.leaving is not None]
        return any(value is each for bound in (self.tape.bound, *leavings) for each in bound.values())


def _may_write_over(op: Op, root: Value) -> bool:
    """Tell whether an operation may write its result over an operand: number by number, from the same place."""
    assert op.result is not None
    users = [value for value in op.operands if value.root is root]
    return op.over and all(value is root and layout(value.example) == layout(op.result.example) for value in users)
