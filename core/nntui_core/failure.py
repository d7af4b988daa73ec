"""An exception of the program, told in words: which line, which operand has which shape, what the target needs.

NumPy says `operands could not be broadcast together with shapes (3,4) (4,4)`. What a learner needs to know is
*which* of their expressions has which shape. So the statement's syntax tree is walked from the inside out, over a
copy of the namespace, until the first operation that fails; its operands are then quoted as the learner wrote them.
"""

import ast
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np

from nntui_core import dataflow, parsing
from nntui_core.program import Program, Statement
from nntui_core.values import Checkpoint

VERBS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.MatMult: "@",
    ast.Pow: "**",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, where. `line` is 1-based; `statement` is an index of the body, None for the setup.

    `message` is one sentence; `details` are further ones, each a line.
    """

    line: int
    statement: int | None
    message: str
    details: tuple[str, ...] = ()
    within: int | None = None
    """The line of a function of the program that failed, where the statement has called one."""

    def __str__(self) -> str:
        return " · ".join((f"line {self.line}: {self.message}", *self.details))


class ProgramFailed(Exception):  # noqa: N818 - it is the program that failed, not nntui
    """The program raised an exception; `failure` tells it in words."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure

    @property
    def interrupted(self) -> bool:
        """Whether it was the user who ended it."""
        return isinstance(self.__cause__, KeyboardInterrupt)

    def pass_on_interrupt(self) -> None:
        """Raise what the user did, where it was the user: for who only looks, that is no property of the program.

        Raises:
            KeyboardInterrupt: the user has interrupted the program.
        """
        if self.interrupted:
            raise KeyboardInterrupt(f"line {self.failure.line}") from None


def shape_text(value: object) -> str:
    """Return a shape as learners write it: `(4,1)`; `a number` where there is none."""
    shape = np.shape(value) if isinstance(value, np.ndarray | np.generic) else ()
    if not shape:
        return "a number" if isinstance(value, int | float | complex | np.number | np.ndarray) else type(value).__name__
    return "(" + ",".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def in_words(error: BaseException, program: Program, statement: Statement, namespace: Mapping[str, Any]) -> Failure:
    """Describe an exception raised by a body statement, given the namespace as the statement found it."""
    inside = _inside(error, program, namespace)
    if inside is not None:
        return Failure(statement.line, statement.index, message_of(error), *inside)
    details = _details(error, program.written[statement.index], statement.targets, statement.reads, namespace)
    return Failure(statement.line, statement.index, message_of(error), details)


def of_setup(error: BaseException, program: Program, line: int, namespace: Mapping[str, Any]) -> Failure:
    """Describe an exception raised by a line outside of the body."""
    return Failure(line, None, message_of(error), *(_inside(error, program, namespace) or ()))


def _inside(error: BaseException, program: Program, namespace: Mapping[str, Any]) -> tuple[tuple[str, ...], int] | None:
    """Return the details of an exception that a function of the program raised, and its line; None where none did.

    Where it was raised in a lambda or a comprehension, the function that it stands in is named.
    """
    if isinstance(error, SystemExit | KeyboardInterrupt):
        return None
    tree = parsing.parse(program.source)
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    codes = [(f, line, f.f_code) for f, line in traceback.walk_tb(error.__traceback__)]
    frames = [(f, line) for f, line, code in codes if code.co_filename == program.name and code.co_name in own]
    if not frames:
        return None
    frame, line = frames[-1]
    where = f"in {frame.f_code.co_name}, line {line}"
    nodes = [n for n in ast.walk(tree) if _is_simple(n, line)]
    if len(nodes) != 1:  # `a = 1; b = a @ c`: which of them it was, the line does not say
        return (where,), line
    node = nodes[0]
    world = {**namespace, **frame.f_locals}
    found = _details(error, node, dataflow.writes(node), dataflow.reads(node), world)
    return (f"{where}: {ast.unparse(node)}", *found), line


def _is_simple(node: ast.AST, line: int) -> TypeGuard[ast.stmt]:
    """Tell whether a node is a statement without blocks that covers a line."""
    if not isinstance(node, ast.stmt) or any(True for _ in dataflow.child_blocks(node)):
        return False
    return not isinstance(node, ast.FunctionDef | ast.ClassDef) and node.lineno <= line <= (node.end_lineno or 0)


def _details(
    error: BaseException, node: ast.stmt, targets: Sequence[str], reads: Sequence[str], namespace: Mapping[str, Any]
) -> tuple[str, ...]:
    """Say which operands do not go together in a statement that failed, or which names there are."""
    scratch = dict(namespace)
    checkpoint = Checkpoint.take(namespace)
    checkpoint.restore(scratch)
    try:
        culprit = _first_failing(dataflow.without_blocks(node), scratch)
    finally:
        checkpoint.restore_random()
    details = []
    if culprit is not None:
        left, sign, right, a, b = culprit
        details.append(f"{left} is {shape_text(a)}, {right} is {shape_text(b)}: {_rule(sign, a, b)}")
        details += _target_needs(targets, reads, namespace, sign)
    elif isinstance(error, NameError):
        details.append(_known_names(namespace))
    return tuple(d for d in details if d)


def message_of(error: BaseException | None) -> str:
    """Return the kind of an exception and the first line of what it says."""
    if isinstance(error, SystemExit):
        return f"the program ends itself here: exit({'' if error.code is None else error.code})"
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    text = str(error).strip().split("\n")[0] or "no reason given"
    return f"{type(error).__name__}: {text}"


Culprit = tuple[str, str, str, Any, Any]


def _first_failing(node: ast.AST, scratch: dict[str, Any]) -> Culprit | None:
    """Return the innermost operation of two operands that raises: (left text, sign, right text, left, right)."""
    for child in ast.iter_child_nodes(node):
        found = _first_failing(child, scratch)
        if found is not None:
            return found
    operands = _operands(node)
    if operands is None:
        return None
    left, sign, right = operands
    try:
        a, b = _value(left, scratch), _value(right, scratch)
    except Exception:  # noqa: BLE001 - any error of the learner's expression means: the fault lies elsewhere
        return None
    try:
        with np.errstate(all="ignore"):
            _APPLY[sign](a, b)
    except Exception:  # noqa: BLE001 - the very error that is looked for
        return ast.unparse(left), sign, ast.unparse(right), a, b
    return None


_APPLY: dict[str, Any] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "@": np.matmul,
    "dot": np.dot,
    "into": lambda a, b: np.broadcast_to(b, np.shape(a)),
}


def _operands(node: ast.AST) -> tuple[ast.expr, str, ast.expr] | None:
    if isinstance(node, ast.BinOp) and type(node.op) in VERBS:
        return node.left, VERBS[type(node.op)], node.right
    if isinstance(node, ast.AugAssign) and type(node.op) in VERBS:
        target = parsing.parse(ast.unparse(node.target), "eval").body
        sign = VERBS[type(node.op)]
        return target, sign if sign == "@" else "into", node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("dot", "matmul"):
        if len(node.args) == 2:
            return node.args[0], "dot", node.args[1]
        if len(node.args) == 1:
            return node.func.value, "dot", node.args[0]
    return None


def _value(node: ast.expr, scratch: dict[str, Any]) -> Any:
    with np.errstate(all="ignore"):
        return eval(compile(ast.Expression(node), "<part>", "eval"), scratch)


def _rule(sign: str, a: Any, b: Any) -> str:
    """Say in words which rule of shapes the operands break."""
    shape_a, shape_b = np.shape(a), np.shape(b)
    if sign in ("@", "dot") and shape_a and shape_b:
        inner = shape_b[-2] if len(shape_b) > 1 else shape_b[0]
        return f"a product needs columns = rows, and {shape_a[-1]} is not {inner}"
    if sign == "into":
        return "the right side does not fit into the left"
    for m, n in zip(reversed(shape_a), reversed(shape_b), strict=False):
        if m != n and 1 not in (m, n):
            return f"elementwise, {m} does not go with {n}"
    return f"`{sign}` does not take them"


def _target_needs(targets: Sequence[str], reads: Sequence[str], namespace: Mapping[str, Any], sign: str) -> list[str]:
    """Say what shape an update needs, where the failing operation is an elementwise one in it."""
    if sign in ("@", "dot"):
        return []
    updated = [n for n in targets if n in reads and isinstance(namespace.get(n), np.ndarray)]
    return [f"the update of {name} needs a step of shape {shape_text(namespace[name])}" for name in updated]


def _known_names(namespace: Mapping[str, Any]) -> str:
    names = [n for n, v in namespace.items() if isinstance(v, np.ndarray) and n not in dataflow.BUILTINS]
    return f"the arrays here are {', '.join(sorted(names))}" if names else ""
