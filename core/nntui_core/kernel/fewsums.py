"""The sum of fewer than eight numbers, in Python's own floats: 0.2 µs where `np.add.reduce` takes 0.9.

NumPy adds fewer than eight numbers one after the other, beginning with 0.0, and a Python float is the same IEEE number
with the same arithmetic. Only its type is another one. So this is done where the type does not show: where the sum, and
what is computed from it, goes into the loss curve, into a test, or into a variable when the kernel ends.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from nntui_core.kernel.plan import Plan
from nntui_core.kernel.tape import How, Op, Tape, Value
from nntui_core.kernel.trial import agree

if TYPE_CHECKING:
    from nntui_core.kernel.emission import Emitter

MOST = 7
WHOLE = "{0}({1}, None, None, None, False)"
ARITHMETIC = frozenset({"({0} + {1})", "({0} - {1})", "({0} * {1})", "(-{0})"})
QUOTIENT = "({0} / {1})"
TESTS = frozenset({"({0} > {1})", "({0} < {1})", "({0} >= {1})", "({0} <= {1})", "(not {0})"})


class FewSums:
    """Which sums are taken by hand; `floats` are the values that are Python floats then."""

    def __init__(self, tape: Tape, plan: Plan) -> None:
        self._tape, self._plan = tape, plan
        self._squares: dict[Op, Op] = {}
        """The operation that squares a sum's numbers, for nothing else, by the sum."""
        self._users: dict[Value, list[Op]] = {}
        for op in plan.ops:
            for value in op.operands:
                self._users.setdefault(value, []).append(op)
        self.floats = self._chosen()
        for op in plan.ops:
            if op.result in self.floats and op.how is How.REDUCTION:
                self._note_square(op)

    def lines(self, op: Op, emitter: "Emitter") -> list[str] | None:
        """Return the lines of an operation, None where it is none of these."""
        if op in self._squares.values():
            return []
        if op.result not in self.floats or op.how is not How.REDUCTION:
            return None
        square = self._squares.get(op)
        array = op.operands[1] if square is None else square.operands[1]
        flat = emitter.once(f"{emitter.name(array)}.reshape(-1).tolist")
        names = [f"R{i}" for i in range(array.example.size)]
        terms = names if square is None else [f"{name} * {name}" for name in names]
        assert op.result is not None
        emitter.calls += 1
        return [f"{', '.join(names)}, = {flat}()", f"{emitter.name(op.result)} = 0.0 + {' + '.join(terms)}"]

    def _chosen(self) -> set[Value]:
        chosen: set[Value] = set()
        for op in self._plan.ops:
            if op.result is not None and (self._is_few(op) or self._is_arithmetic(op, chosen)):
                chosen.add(op.result)
        while bad := {value for value in chosen if not self._may_be_float(value, chosen)}:
            chosen -= bad
        return chosen

    def _is_few(self, op: Op) -> bool:
        if op.how is not How.REDUCTION or op.text != WHOLE or op.operands[0].example != np.add.reduce:
            return False
        array = op.operands[1]
        few = array.example.size <= MOST and self._is_fixed(array)
        return few and agree(np.sum, lambda a: np.float64(_by_hand(a)), [array.example])

    def _is_fixed(self, value: Value) -> bool:
        """Tell whether a value is the same contiguous array of floats in all iterations."""
        array = value.example
        return self._plan.is_there(value) and array.dtype == np.float64 and array.flags.c_contiguous

    def _is_arithmetic(self, op: Op, chosen: set[Value]) -> bool:
        if op.how is not How.NUMBER or not any(value in chosen for value in op.operands):
            return False
        if op.text == QUOTIENT:
            divisor = op.operands[1]
            return divisor.constant and bool(divisor.example) and self._is_plain(divisor, chosen)
        return op.text in ARITHMETIC and all(self._is_plain(value, chosen) for value in op.operands)

    @staticmethod
    def _is_plain(value: Value, chosen: set[Value]) -> bool:
        small = type(value.example) is int and value.constant and abs(value.example) < 2**53
        return value in chosen or type(value.example) is float or small

    def _may_be_float(self, value: Value, chosen: set[Value]) -> bool:
        op = value.origin
        assert op is not None
        if op.how is How.NUMBER and not self._is_arithmetic(op, chosen):
            return False
        return all(self._shows_no_type(user, value, chosen) for user in self._users.get(value, ()))

    def _shows_no_type(self, user: Op, value: Value, chosen: set[Value]) -> bool:
        return user.result in chosen or value in user.keeps or self._is_test(user)

    def _is_test(self, op: Op) -> bool:
        """Tell whether an operation gives a truth that nothing but a branch sees."""
        if op.leaving is not None:
            return True
        bound = self._tape.bound.values()
        hidden = op.result is not None and op.result not in self._tape.losses and op.result not in bound
        users = self._users.get(op.result, []) if op.result is not None else []
        return op.text in TESTS and hidden and all(self._is_test(user) for user in users)

    def _note_square(self, op: Op) -> None:
        square = op.operands[1].origin
        if square is None or square.how is not How.ELEMENTWISE or square.operands[0].example is not np.square:
            return
        alone = self._users.get(op.operands[1]) == [op] and op.operands[1] not in self._tape.bound.values()
        if alone and square in self._plan.ops and self._is_fixed(square.operands[1]):
            later = self._plan.ops[self._plan.ops.index(square) : self._plan.ops.index(op)]
            root = square.operands[1].root
            if not any(each.changes is not None and each.changes.root is root for each in later):
                self._squares[op] = square


def _by_hand(array: Any) -> float:
    total = 0.0
    for number in array.reshape(-1).tolist():
        total += number
    return total
