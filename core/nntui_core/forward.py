"""The forward pass by itself: what the network would say to inputs of our own choosing.

From a program's body the statements are cut out that lead from the inputs to the prediction by way of the parameters.
What they read besides (parameters, constants) is looked up in the live namespace; what they read as the inputs is
replaced. They run in a namespace of their own: arrays are handed over for reading only, everything else is copied,
the random states are put back, and nothing is printed. So the program cannot notice.
"""

import ast
import contextlib
import copy
import random
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from nntui_core import helpers, places
from nntui_core.failure import message_of
from nntui_core.output import Output
from nntui_core.patterns import bare_name, names_in, products
from nntui_core.program import Phase, Program, Statement
from nntui_core.scratch import rebound, silent
from nntui_core.values import Array, arrays_in, is_data, is_numeric


class NoForward(ValueError):  # noqa: N818 - it is the program that lacks something
    """The forward pass cannot be run by itself; the message says why."""


def why_not(find: Callable[[], object]) -> str:
    """Say why what is drawn from a forward pass cannot be found, nothing where it can."""
    try:
        find()
    except NoForward as reason:
        return str(reason)
    return ""


@dataclass(frozen=True)
class Forward:
    """The statements from the inputs to the prediction, in order.

    `inputs` is the name that stands for the inputs. Its samples are rows, or columns where `upright` is false.
    """

    program: Program
    statements: tuple[Statement, ...]
    inputs: str
    prediction: str
    upright: bool
    codes: tuple[types.CodeType, ...]
    held: Mapping[str, Any] = field(default_factory=dict)
    """What the statements need that no variable holds, see `nntui_core.straight`."""

    @classmethod
    def of(cls, program: Program) -> "Forward":
        """Find the forward pass of a program.

        Raises:
            NoForward: it has none that stands by itself.
        """
        held = program.straight.held if program.straight else {}
        program = program.straight.program if program.straight else program
        roles = program.roles
        if roles.prediction is None:
            raise NoForward("no prediction was found: v says which variable it is")
        if not roles.parameters:
            raise NoForward("no parameters were found: v says which variables they are")
        statements = _through_parameters(program, _leading_to(program, roles.prediction))
        _refuse_blocks(program, statements)
        inputs, upright = _inputs(program, statements)
        return cls(program, statements, inputs, roles.prediction, upright, _codes(program, statements), held)

    def through(self, statements: tuple[Statement, ...]) -> "Forward":
        """Return the same with other statements of the program's body."""
        return replace(self, statements=statements, codes=_codes(self.program, statements))

    @property
    def reads(self) -> frozenset[str]:
        """What the statements need that none of them writes, the inputs among them."""
        written: set[str] = set()
        needed: set[str] = set()
        for statement in self.statements:
            needed |= set(statement.reads) - written
            written |= set(statement.targets)
        return frozenset(needed)

    def carried_out(
        self, live: Mapping[str, Any], given: Mapping[str, Any], also: frozenset[str] = frozenset()
    ) -> dict[str, Any]:
        """Return the variables after the statements, run with `given` values in the place of the program's own.

        Everything else is as it is in a live namespace, which stays as it is; `also` are names that are wanted besides.

        Raises:
            NoForward: a statement raised an exception.
        """
        namespace = {**_apart(live, self.program, (self.reads | also) - {*self.held, *given}), **self.held, **given}
        with _undisturbed(), np.errstate(all="ignore"):
            for statement, code in zip(self.statements, self.codes, strict=True):
                try:
                    exec(code, namespace)
                except Exception as error:  # noqa: BLE001 - whatever the program's line raises
                    raise NoForward(f"line {statement.line}, run by itself: {message_of(error)}") from None
        return namespace

    def run(self, live: Mapping[str, Any], inputs: Array) -> Array:
        """Return the prediction for inputs, with everything else as it is in a live namespace, which stays as it is.

        Raises:
            NoForward: a statement raised an exception, or the prediction holds no numbers.
        """
        return self.prediction_in(self.carried_out(live, {self.inputs: inputs}))

    def prediction_in(self, namespace: Mapping[str, Any]) -> Array:
        """Return the prediction among variables.

        Raises:
            NoForward: it holds no numbers.
        """
        value = namespace.get(self.prediction)
        found = np.asarray(value) if is_numeric(value) else None
        if found is None or found.dtype.kind == "c":
            raise NoForward(f"{self.prediction} holds no numbers")
        return found.astype(np.float64)


def _codes(program: Program, statements: Sequence[Statement]) -> tuple[types.CodeType, ...]:
    nodes = (program.nodes[statement.index] for statement in statements)
    return tuple(compile(ast.Module([node], []), program.name, "exec") for node in nodes)


def _leading_to(program: Program, prediction: str) -> list[Statement]:
    """Return the forward statements that the prediction depends on, in order."""
    needed = {prediction}
    found: list[Statement] = []
    for statement in reversed(program.body):
        if statement.phase is Phase.FORWARD and needed.intersection(statement.targets):
            found.append(statement)
            needed = (needed - set(statement.targets)) | set(statement.reads)
    if not found:
        raise NoForward(f"no line of the forward pass computes {prediction} by itself")
    return found[::-1]


def _through_parameters(program: Program, statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """Leave out what prepares the inputs: a batch that is picked, another name."""
    learned = set(program.roles.parameters)
    kept = []
    for statement in statements:
        if learned.intersection(statement.reads):
            learned |= set(statement.targets)
            kept.append(statement)
    if program.roles.prediction not in learned:
        raise NoForward(f"{program.roles.prediction} does not depend on a parameter")
    return tuple(kept)


def _refuse_blocks(program: Program, statements: Sequence[Statement]) -> None:
    """Refuse what cannot be run line by line: conditions, and layers that are computed in a loop.

    A loop over samples or batches is none of these: one turn of it is the forward pass.
    """
    for statement in statements:
        for header in headers(program, statement):
            node = program.nodes[header.index]
            if not isinstance(node, ast.For | ast.While | ast.With):
                raise NoForward(f"line {statement.line} runs under a condition, on line {header.line}")
            inside = [s for s in statements if header in headers(program, s)]
            variables = set(header.targets)
            written: set[str] = set()
            for s in inside:
                later = {name for other in inside for name in other.targets} - written
                if isinstance(node, ast.For | ast.While) and set(s.reads) & (later | variables):
                    raise NoForward(f"the layers are computed in a loop, on line {header.line}")
                written |= set(s.targets)


def headers(program: Program, statement: Statement) -> list[Statement]:
    """Return the headers of the blocks that a statement is in, the innermost first."""
    found = []
    depth = statement.depth
    for other in reversed(program.body[: statement.index]):
        if other.depth < depth:
            found.append(other)
            depth = other.depth
    return found


def _inputs(program: Program, statements: Sequence[Statement]) -> tuple[str, bool]:
    """Return what meets the first parameter in a product, and whether its samples are rows."""
    parameters = set(program.roles.parameters)
    written = {name for statement in statements for name in statement.targets}
    known = helpers.functions(program.setup)
    for statement in statements:
        for node in helpers.opened(program.nodes[statement.index], known):
            for left, right in products(node):
                for operand, other, upright in ((left, right, True), (right, left, False)):
                    if not names_in(other) & parameters or names_in(operand) & parameters:
                        continue
                    names = names_in(operand).intersection(statement.reads) - written
                    if len(names) == 1:
                        return names.pop(), upright != bare_name(operand)[1]
    raise NoForward("no product of the inputs and a parameter was found")


def _apart(live: Mapping[str, Any], program: Program, reads: frozenset[str]) -> dict[str, Any]:
    """Return a namespace with what the statements need, and nothing that they could spoil."""
    tools = program.functions
    namespace: dict[str, Any] = {n: value for n, value in live.items() if n in tools or not is_data(n, value)}
    wanted = set(reads)
    for name, value in namespace.items():
        if isinstance(value, types.FunctionType) and value.__globals__ is live:
            wanted |= set(_names_of(value.__code__))
            namespace[name] = rebound(value, namespace)
    namespace["print"] = silent
    found = {name: places.value(live, name) for name in wanted if name not in namespace}
    data = {name: value for name, value in found.items() if value is not None}
    memo: dict[int, Any] = {id(array): _for_reading(array) for array in arrays_in(data.values())}
    for name, value in data.items():
        try:
            namespace[name] = copy.deepcopy(value, memo)
        except Exception:  # noqa: BLE001 - whatever an object of the program raises when it is copied
            raise NoForward(f"{name} cannot be copied") from None
    return namespace


def _names_of(code: types.CodeType) -> Iterator[str]:
    """Yield the global names that a function may read, those of the functions inside it among them."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names_of(constant)


def _for_reading(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep what is printed from everybody, and put the global random states back."""
    numpys, pythons = np.random.get_state(legacy=False), random.getstate()
    nowhere = Output()
    nowhere.quiet = True
    try:
        with nowhere.installed():
            yield
    finally:
        np.random.set_state(numpys)
        random.setstate(pythons)
