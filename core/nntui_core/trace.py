"""One iteration as a straight line: every statement that ran, in order, and all values between two of them.

A gradient check asks "what if this number had been different?" again and again. So the iteration is run once on a
copy of the namespace and written down: its *steps* (one execution of one statement each; the turns of an inner loop
follow one another) and the *environment* before each. From there any part can be run again with another value in
it: forwards from a perturbed cell to the cost (`nntui_core.gradients`), or from a repaired line to the updates
(`nntui_core.repair`).

A step that drew random numbers draws the same ones when it is run again (`nntui_core.draws`); where that cannot be
seen to, as where it shuffles an array in place, what it left stays as it is.
"""

import ast
import copy
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from nntui_core import dataflow, places
from nntui_core.draws import Draws
from nntui_core.failure import Failure, ProgramFailed
from nntui_core.inner import Replaced, hidden_sum
from nntui_core.interpreter import LoopOver
from nntui_core.program import Program, Statement
from nntui_core.scratch import Scratch
from nntui_core.values import frozen, is_data, is_numeric, same_bits

Environment = Mapping[str, Any]

NUMPY = "__numpy__"
"""NumPy's name in a cost that is not the program's own."""

LONGEST = 2000
"""Steps after which an iteration is cut off: inner loops over many samples."""


@dataclass(frozen=True, slots=True)
class Step:
    """One execution of one statement.

    `code` runs it again; where it is None, `outcome` is put into the environment instead (the header of a block, a
    shuffle, a repaired line). `in_place` are the names whose arrays the statement writes into, `draws` the states of
    the generators before it where it draws.
    """

    statement: Statement
    node: ast.stmt
    code: types.CodeType | None
    in_place: tuple[str, ...]
    outcome: Environment = field(default_factory=dict)
    draws: Draws | None = None

    @property
    def writes(self) -> tuple[str, ...]:
        """The names that the statement binds or changes."""
        return self.statement.targets

    @property
    def reads(self) -> tuple[str, ...]:
        """The names whose values the statement needs."""
        return self.statement.reads


@dataclass(frozen=True)
class Trace:
    """An iteration that ran. `environments[k]` is before step k, `environments[k + 1]` after it.

    Where a step raised, `failed_at` is its place, `failure` tells it in words (None in a repeated run), and there
    are no environments after it. `aliased` are the arrays that a step changed without naming them: (step, name).
    """

    program: Program
    steps: tuple[Step, ...]
    environments: tuple[Environment, ...]
    functions: Environment
    failed_at: int | None = None
    failure: Failure | None = None
    aliased: tuple[tuple[int, str], ...] = ()
    shown: Mapping[str, str] = field(default_factory=dict)
    """For each name that stands for an expression of the program (`__inner3__`), that expression."""
    whole: bool = True
    """Whether this is all of the iteration, and not the first turn of an inner loop."""

    drew: bool = False
    """Whether random numbers were drawn."""

    cut: bool = False
    """Whether the iteration was too long to be written down: what is here is its beginning, and no verdict holds."""

    @property
    def start(self) -> Environment:
        """The environment before the first step."""
        return self.environments[0]

    @property
    def end(self) -> Environment:
        """The last environment."""
        return self.environments[-1]

    def last_write(self, name: str, before: int | None = None) -> int | None:
        """Return the last step (before step `before`) that writes a name, None where none does."""
        stop = len(self.steps) if before is None else before
        return next((k for k in range(stop - 1, -1, -1) if name in self.steps[k].writes), None)

    def compiled(self, text: str, k: int) -> types.CodeType:
        """Compile another text of step k's statement.

        Raises:
            SyntaxError: it is no statement.
        """
        node = places.parsed(text, {*self.environments[k], *self.steps[k].writes})
        return compile(ast.Module([node], []), "<edit>", "exec")

    def with_outcome(self, k: int, outcome: Environment) -> "Trace":
        """Return the trace as it would have been had step k written these values."""
        return self._again(k, replace(self.steps[k], code=None, outcome=dict(outcome)))

    def with_start(self, values: Environment) -> "Trace":
        """Return the trace as it would have been from another start."""
        first = replace(self, environments=({**self.start, **values},), failed_at=None, failure=None)
        return first._again(0, self.steps[0])

    def _again(self, k: int, step: Step) -> "Trace":
        steps = (*self.steps[:k], step, *self.steps[k + 1 :])
        environments = list(self.environments[: k + 1])
        work = dict(self.functions)
        failed_at = None
        for j in range(k, len(steps)):
            try:
                environments.append(run_step(steps[j], environments[j], work))
            except Exception:  # noqa: BLE001 - the learner's statement may raise anything
                failed_at = j
                break
        return replace(self, steps=steps, environments=tuple(environments), failed_at=failed_at, failure=None)


def run_step(step: Step, before: Environment, functions: dict[str, Any]) -> Environment:
    """Run one step in an environment; return the environment after it. `functions` is used as working space.

    Raises:
        Exception: whatever the statement raises.
    """
    if step.code is None:
        return {**before, **step.outcome}
    return run_code(step.code, step, before, functions)


def run_code(code: types.CodeType, step: Step, before: Environment, functions: dict[str, Any]) -> Environment:
    """Run a variant of a step's statement that writes the same names (see `run_step`)."""
    functions.update(before)
    if step.draws is not None:
        step.draws.restore()
    for name in step.in_place:
        if isinstance(before.get(name), np.ndarray):
            functions[name] = np.array(before[name])
    try:
        exec(code, functions)
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        functions.update({n: np.array(v) for n, v in before.items() if isinstance(v, np.ndarray)})
        if step.draws is not None:
            step.draws.restore()
        exec(code, functions)
    after = dict(before)
    after.update({name: functions[name] for name in step.writes if name in functions})
    return after


def record(scratch: Scratch, parameters: Sequence[str], forward: frozenset[int] = frozenset()) -> Trace:
    """Run one iteration of a scratch interpreter and write it down.

    Where an inner loop updates the parameters once a turn, the first turn is enough: the trace ends with it.
    `forward` are the indices of the statements of the forward pass: where one hides a pre-activation within
    (`l1 = sigmoid(x @ W)`), it becomes two steps.

    Raises:
        KeyboardInterrupt: the user has interrupted it.
    """
    failure = None
    whole = over = cut = False
    try:
        scratch.enter()  # the loop's variables may be data: `for xb, yb in batches():`
    except ProgramFailed as failed:
        failed.pass_on_interrupt()
        failure, over = failed.failure, True
    except LoopOver:
        over = True
    notes = _Notes(scratch, forward)
    while len(notes.steps) < LONGEST and not over:
        try:
            index = notes.take(scratch)
        except ProgramFailed as failed:
            failed.pass_on_interrupt()  # or the next look would come to the same endless statement
            failure = failed.failure
            break
        except LoopOver:
            break
        whole = scratch.position.tick == 0
        turned = whole or scratch.following <= index
        if whole or (turned and parameters and notes.written.issuperset(parameters)):
            break
    else:
        cut = not over
    failed_at = None
    steps = notes.steps
    if failure is not None and failure.statement is not None:
        failed_at = len(steps)
        steps = steps + _rest(scratch.program, failure.statement)
    functions = {n: v for n, v in scratch.namespace.items() if not is_data(n, v)} | {NUMPY: np}
    return Trace(
        scratch.program,
        tuple(steps),
        tuple(notes.environments),
        functions,
        failed_at,
        failure,
        tuple(notes.aliased),
        notes.shown,
        whole,
        notes.drew,
        cut,
    )


class _Notes:
    """What is written down while an iteration runs."""

    def __init__(self, scratch: Scratch, forward: frozenset[int]) -> None:
        self.forward = forward
        self.steps: list[Step] = []
        self.environments: list[Environment] = [_snapshot(scratch.namespace)]
        self.aliased: list[tuple[int, str]] = []
        self.written: set[str] = set()
        self.shown: dict[str, str] = {}
        self.drew = False
        self._random = Draws.of(scratch.namespace)

    def take(self, scratch: Scratch) -> int:
        """Run one statement and write it down; return its index."""
        held = dict(scratch.namespace)
        index = scratch.step()
        steps = scratch.known.get(index)
        if steps is None:
            steps = scratch.known[index] = self._split(scratch.program, index)
        step = steps[-1]
        before = self.environments[-1]
        after, hidden, rebound = _changes(step, held, scratch.namespace, before)
        if hidden and isinstance(step.node, ast.Expr):  # `rng.shuffle(y)` writes y
            step = replace(step, statement=replace(step.statement, targets=tuple(hidden)))
            steps = (step,)
        drew = None
        if _calls(step.node):  # nothing else draws random numbers
            random_before, self._random = self._random, Draws.of(scratch.namespace)
            drew = None if random_before.same_as(self._random) else random_before
        self.drew = self.drew or drew is not None
        if step.code is None or (drew is not None and (hidden or isinstance(step.node, ast.Expr))):
            outcome = {name: after[name] for name in (*step.writes, *hidden) if name in after}
            steps = (replace(step, code=None, outcome=outcome),)
        elif drew is not None:  # a hidden pre-activation is not taken out: the draw would be made twice
            whole = _step(scratch.program, index)
            steps = (replace(whole, statement=step.statement if len(steps) == 1 else whole.statement, draws=drew),)
        for first in steps[:-1]:
            before = run_step(first, before, dict(scratch.namespace))
            self._add(first, before)
            after = {**after, **{name: before[name] for name in first.writes}}
        self.aliased += [(len(self.steps), name) for name in hidden]
        self._add(steps[-1], {n: v for n, v in after.items() if n not in rebound} | _old(rebound, before))
        if rebound:
            turn = replace(step.statement, targets=tuple(rebound), reads=(), depth=0)
            values = {name: after[name] for name in rebound}
            self._add(Step(turn, step.node, None, (), values), {**self.environments[-1], **values})
        return index

    def _add(self, step: Step, after: Environment) -> None:
        self.steps.append(step)
        self.environments.append(after)
        self.written |= set(step.writes)

    def _split(self, program: Program, index: int) -> tuple[Step, ...]:
        step = _step(program, index)
        node = step.node
        plain = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and step.code is not None
        inner = hidden_sum(node.value) if plain and index in self.forward and isinstance(node, ast.Assign) else None
        if inner is None:
            return (step,)
        name = f"__inner{index}__"
        self.shown[name] = f"({ast.unparse(inner)})"
        target = ast.copy_location(ast.Name(name, ast.Store()), node)
        assign = ast.copy_location(ast.Assign([target], inner), node)
        rest = Replaced(inner, name).visit(copy.deepcopy(node))
        return _part(program, step, assign), _part(program, step, rest)


def _old(names: Iterable[str], before: Environment) -> dict[str, Any]:
    return {name: before[name] for name in names if name in before}


def _part(program: Program, step: Step, node: ast.stmt) -> Step:
    """Return a part of a step's statement as a step of its own."""
    ast.fix_missing_locations(node)
    code = compile(ast.Module([node], []), program.name, "exec")
    reads = dataflow.reads(node, program.functions)
    return Step(replace(step.statement, targets=dataflow.writes(node), reads=reads), node, code, ())


def _rest(program: Program, failed: int) -> list[Step]:
    """Return the statement that failed and those that would have followed it in its block."""
    depth = program.body[failed].depth
    steps: list[Step] = []
    for statement in program.body[failed:]:
        if statement.depth < depth:
            break
        if statement.depth == depth:
            steps.append(_step(program, statement.index))
    return steps


def _step(program: Program, index: int) -> Step:
    node = program.nodes[index]
    simple = not any(True for _ in dataflow.child_blocks(node))
    code = compile(ast.Module([node], []), program.name, "exec") if simple else None
    return Step(program.body[index], node, code, in_place_targets(node))


def in_place_targets(node: ast.stmt) -> tuple[str, ...]:
    """Return the names whose arrays a statement writes into: `W += g`, `W[0] = 1`, `np.exp(z, out=a)`, `a.sort()`."""
    found: list[str | None] = []
    if isinstance(node, ast.AugAssign):
        found.append(dataflow.base_name(node.target))
    elif isinstance(node, ast.Assign):
        found += [dataflow.base_name(t) for t in node.targets if not isinstance(t, ast.Name)]
    for part in ast.walk(node):
        if isinstance(part, ast.keyword) and part.arg == "out":
            found.append(dataflow.base_name(part.value))
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        call = node.value
        candidates = [*call.args, *([call.func.value] if isinstance(call.func, ast.Attribute) else [])]
        found += [dataflow.base_name(part) for part in candidates]
    return tuple(dict.fromkeys(name for name in found if name))


def _snapshot(namespace: Mapping[str, Any]) -> Environment:
    data = {name: value for name, value in namespace.items() if is_data(name, value)}
    return {name: _kept(value) for name, value in data.items()}


def _kept(value: Any) -> Any:
    return frozen(value) if isinstance(value, np.ndarray) and is_numeric(value) else value


def _changes(
    step: Step, held: Mapping[str, Any], namespace: Mapping[str, Any], before: Environment
) -> tuple[Environment, list[str], list[str]]:
    """Return the environment after a step, and what changed besides its targets.

    These are the arrays that it wrote into by another name, and the names that got another value: the variable of
    an inner loop, which has gone on to its next turn.
    """
    after = dict(before)
    written = [namespace.get(name) for name in (*step.in_place, *(step.reads if _calls(step.node) else ()))]
    memory = [value for value in written if isinstance(value, np.ndarray)]
    hidden: list[str] = []
    rebound: list[str] = []
    for name, value in namespace.items():
        if not is_data(name, value):
            continue
        if name in step.writes:
            after[name] = _kept(value)
        elif value is not held.get(name):
            after[name] = _kept(value)
            rebound.append(name)
        elif isinstance(value, np.ndarray) and is_numeric(value) and _touches(value, memory):
            old = before.get(name)
            if not (isinstance(old, np.ndarray) and same_bits(old, value)):
                after[name] = frozen(value)
                hidden.append(name)
    return after, hidden, rebound


def _calls(node: ast.stmt) -> bool:
    return any(isinstance(part, ast.Call) for part in ast.walk(node))


def _touches(array: Any, memory: Iterable[Any]) -> bool:
    return any(array is other or np.may_share_memory(array, other) for other in memory)
