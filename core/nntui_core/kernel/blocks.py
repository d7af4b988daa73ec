"""Large arrays in blocks: several operations on a part that fits the cache, then on the next part.

`lr * dW1` and `W1 - …` on 784×512 numbers go through 3 MB each; done one after the other on 16384 numbers at a time,
the product never leaves the cache. Each number is computed from the same numbers in the same way, and blocks begin
where a vector of the processor begins, so not a bit differs.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nntui_core.kernel.plan import Plan
from nntui_core.kernel.tape import How, Op, Tape, Value, layout

if TYPE_CHECKING:
    from nntui_core.kernel.emission import Emitter

BLOCK = 16384
"""Numbers of a block."""
LARGE = 2 * BLOCK
"""Numbers from which on an array is worked on in blocks."""


class Blocks:
    """Which operations are done block by block, together."""

    def __init__(self, tape: Tape, plan: Plan) -> None:
        self._tape, self._plan = tape, plan

    def groups(self, ops: list[Op]) -> Iterator[list[Op]]:
        """Yield the operations in order: those that go together in one list, every other one alone."""
        group: list[Op] = []
        for op in ops:
            if group and not (self._is_whole(op) and _is_like(op, group[0])):
                yield from self._divided(group)
                group = []
            if self._is_whole(op):
                group.append(op)
            else:
                yield [op]
        yield from self._divided(group)

    @staticmethod
    def _divided(group: list[Op]) -> list[list[Op]]:
        return [group] if len(group) > 1 else [[op] for op in group]

    def _is_whole(self, op: Op) -> bool:
        """Tell whether an operation works number by number on large arrays of one layout."""
        result = op.result
        if op.how is not How.ELEMENTWISE or result is None or result not in self._plan.places:
            return False
        if result.example.size < LARGE or not result.example.flags.c_contiguous:
            return False
        return all(self._fits(value, result) for value in op.operands)

    def _fits(self, value: Value, result: Value) -> bool:
        if not value.is_array or value.example.ndim == 0:
            return True
        whole = value.whole is None and self._plan.is_there(value) and value.example.flags.c_contiguous
        return whole and value.example.shape == result.example.shape

    def lines(self, group: list[Op], emitter: "Emitter") -> list[str]:
        """Return the lines of operations that go together."""
        values = list(dict.fromkeys(v for op in group for v in _large_ones(op)))
        passing = self._passing(group)
        parts = []
        for value in values:
            flat = f"{emitter.name(value)}.reshape(-1)"
            size = value.example.size
            start = "0" if value in passing else "i"
            parts.append(f"{flat}[{start} : {start} + min({BLOCK}, {size} - i)]")
        names = {value: f"P{i}" for i, value in enumerate(values)}
        size = values[0].example.size
        blocks = emitter.once(f"[({', '.join(parts)},) for i in range(0, {size}, {BLOCK})]")
        lines = [f"for {', '.join(names.values())}, in {blocks}:"]
        for op in group:
            assert op.into is not None
            operands = [names.get(value) or emitter.name(value) for value in op.operands]
            assert op.result is not None
            lines.append("    " + op.into.format(*operands, out=names[op.result]))
            emitter.calls += 1
        return lines

    def _passing(self, group: list[Op]) -> set[Value]:
        """Return the results that are used within the group only: one block of their array is enough for them.

        None whose array also takes a result that stays.
        """
        results = {op.result for op in group if op.result is not None}
        used = {part.root for op in self._plan.ops if op not in group for part in op.operands}
        staying = results & (used | self._named())
        taken = {self._plan.places[value] for value in staying}
        return {value for value in results - staying if self._plan.places[value] not in taken}

    def _named(self) -> set[Value]:
        leavings = [op.leaving.bound for op in self._plan.ops if op.leaving is not None]
        bound = {value.root for names in (self._tape.bound, *leavings) for value in names.values()}
        return bound | {value.root for value in self._tape.losses}


def _large_ones(op: Op) -> list[Value]:
    """Return the operands and the result that are worked on in blocks."""
    values = (*op.operands, op.result)
    return [value for value in values if value is not None and value.is_array and value.example.ndim > 0]


def _is_like(op: Op, other: Op) -> bool:
    assert op.result is not None
    assert other.result is not None
    return layout(op.result.example)[1:] == layout(other.result.example)[1:]
