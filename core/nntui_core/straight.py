"""A program whose body calls functions that do the work, as one whose body does it itself: a straight line.

`follow` runs one iteration on a copy and returns the program in this form: its body has a flat line for each
statement that computed an array, wherever that stands in the text (see `nntui_core.unroll`). It is for reading: for
roles, checks and explanations. What runs on the screen is the program as it was written. That the straight line
computes the same numbers, bit for bit, is not assumed but tried: where it does not, there is none.
"""

import ast
import contextlib
import copy
import dataclasses
import random
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from nntui_core import dataflow, hidden_cost, parsing, places
from nntui_core.callees import Callees
from nntui_core.casting import cast
from nntui_core.flatlines import Line, TooLong, cloned, located
from nntui_core.flattening import Names, Unsupported
from nntui_core.hidden_cost import HiddenCost
from nntui_core.interpreter import Interpreter, LoopOver
from nntui_core.leaves import is_container, leaf_names, parts
from nntui_core.loops import counters
from nntui_core.naming import christened, coalesced, named
from nntui_core.output import Output
from nntui_core.program import Phase, Program, Roles, Statement
from nntui_core.samplewise import ENOUGH, Meeting, Samplewise, busiest, loop_between, meetings, rebound
from nntui_core.scratch import Scratch
from nntui_core.unroll import Turn, Unroller
from nntui_core.values import same_bits

MOST_TURNS = 8
"""Turns of inner loops that are tried: is one of them a whole step of learning?"""


@dataclasses.dataclass(frozen=True)
class Straight:
    """One iteration as a straight line.

    `program` has the flat lines as its body; `lines` say where each stands, `held` are the values that its lines
    need and no variable of the program holds. `visible` are the names that the program itself knows, besides the
    local variables of its functions. `cut` tells that only the first turn of an inner loop is there.
    """

    program: Program
    lines: tuple[Line, ...]
    held: Mapping[str, Any]
    visible: frozenset[str]
    cut: bool = False
    plain: tuple[tuple[str, ...], ...] = ()
    """What each statement of the body writes by its text alone."""
    shortened: tuple[int, int] | None = None
    """The line of the loop over samples of which only the first few were followed, and how many there are."""
    cost: HiddenCost | None = None
    """The cost that a function computes, where no variable of the program holds it."""

    def lines_at(self, index: int, turn: int) -> tuple[int, ...]:
        """Return the flat lines of one execution of a body statement; of turns that were left out, the first's."""
        own = [(k, line.turn) for k, line in enumerate(self.lines) if line.index == index]
        turns = max((t for _, t in own), default=0) + 1
        return tuple(k for k, t in own if t == (turn % turns if self.cut else turn))

    def written(self, index: int, turn: int) -> tuple[str, ...]:
        """Return what one execution of a body statement writes, as far as the program knows the names."""
        lines = self.lines_at(index, turn)
        names = dict.fromkeys(name for k in lines for name in self.program.body[k].targets if name in self.visible)
        return tuple(names) or self.plain[index]


def read(interpreter: Interpreter, program: Program | None = None) -> Program:
    """Return a program with what following the iteration tells of it, where its text alone does not tell enough.

    The interpreter stands at the start of an iteration; `program` is a text of the same setup, by default its own.
    """
    program = program or interpreter.program
    if program.straight is not None or not may_hide(program, interpreter.namespace):
        return program
    straight = follow(interpreter, program)
    if straight is None:
        return program
    with _unnoticed():
        cost = hidden_cost.stated(interpreter, straight)
    return _told(program, dataclasses.replace(straight, cost=cost))


def told_outside(interpreter: Interpreter, cost: str) -> str | None:
    """Return a cost over the names of an iteration's straight line as one over those that the program knows."""
    if interpreter.program.straight is None:
        return cost
    with _unnoticed():
        found = hidden_cost.inferred(interpreter, interpreter.program.straight, cost)
    return None if found is None else found.expression


def may_hide(program: Program, namespace: Mapping[str, Any]) -> bool:
    """Tell whether the body leaves to functions, methods or lists what roles are read from."""
    callees = Callees(parsing.parse(program.source), program.name)
    if any(isinstance(p, ast.Call) and callees.may_enter(p) for node in program.written for p in ast.walk(node)):
        return True
    roles = program.roles
    if not roles.parameters or roles.target is None or roles.prediction is None:
        return True
    if any(_goes_through_samples(loop, program) for loop in program.nodes):
        return True
    names = {*roles.parameters, roles.target, roles.prediction}
    for node in program.nodes:
        display = isinstance(node, ast.Assign) and isinstance(
            node.value, ast.List | ast.Dict | ast.ListComp | ast.Tuple
        )
        if display and names & set(dataflow.writes(node)):
            return True
    return any(is_container(namespace.get(name)) for name in names)


def _goes_through_samples(node: ast.stmt, program: Program) -> bool:
    """Tell whether a loop takes one target after another, and the parameters wait for its end."""
    if not isinstance(node, ast.For):
        return False
    roles, bound = program.roles, set(dataflow.bound_names([node]))
    both = {roles.prediction, roles.target}
    meets = any(both <= set(dataflow.reads(inner)) for inner in node.body)
    return meets and roles.target in bound and not bound & set(roles.parameters)


def _told(program: Program, straight: Straight) -> Program:
    """Return a program whose statements, roles and places are those of its straight line."""
    flat = straight.program
    body = tuple(_statement(statement, straight) for statement in program.body)
    inside = [n for s in body for n in (*s.reads, *s.targets) if places.is_place(n)]
    return dataclasses.replace(
        program,
        body=body,
        roles=_visible_roles(flat.roles, straight),
        places=tuple(dict.fromkeys([*program.places, *inside])),
        straight=straight,
    )


def _statement(statement: Statement, straight: Straight) -> Statement:
    """Return a body statement with what its flat lines read and write, as far as the program knows the names."""
    lines = [s for s, line in zip(straight.program.body, straight.lines, strict=True) if line.index == statement.index]
    if not lines:
        return statement
    written: dict[str, None] = {}
    read: dict[str, None] = {}
    for line in lines:
        read |= dict.fromkeys(n for n in line.reads if n in straight.visible and n not in written)
        written |= dict.fromkeys(n for n in line.targets if n in straight.visible)
    own = [name for name in statement.targets if name in written]
    phases = {line.phase for line in lines}
    phase = next((p for p in BY_WEIGHT if p in phases), statement.phase)
    targets = tuple(dict.fromkeys([*(n for n in own if n in written), *written]))
    return dataclasses.replace(statement, targets=targets, reads=tuple(read), phase=phase)


BY_WEIGHT = (Phase.UPDATE, Phase.LOSS, Phase.BACKWARD, Phase.FORWARD, Phase.OTHER)


def _visible_roles(roles: Roles, straight: Straight) -> Roles:
    """Return the roles whose variables the program itself knows, and the cost of one of its functions."""

    def known(name: str | None) -> str | None:
        return name if name in straight.visible else None

    hidden = None if straight.cost is None else straight.cost.expression
    return dataclasses.replace(
        roles,
        target=known(roles.target),
        prediction=known(roles.prediction),
        loss=known(roles.loss),
        rate=known(roles.rate),
        cost=roles.cost or hidden,
    )


def follow(interpreter: Interpreter, program: Program | None = None, samples: int = ENOUGH) -> Straight | None:
    """Return the iteration at whose start an interpreter stands as a straight line; None where it cannot be followed.

    Of samples that are gone through one after another, so many are followed. The interpreter and the random states
    stay as they are.
    """
    try:
        with _unnoticed():
            return _follow(interpreter, program or interpreter.program, samples)
    except (Unsupported, LoopOver, RecursionError):
        return None
    except Exception:  # noqa: BLE001 - what the program raises shows when it is run
        return None


@contextlib.contextmanager
def _unnoticed() -> Iterator[None]:
    """Let the program's code run without printing; its random states are afterwards as they were."""
    numpys_random, pythons_random = np.random.get_state(legacy=False), random.getstate()
    silence = Output()
    silence.quiet = True
    try:
        with np.errstate(all="ignore"), silence.installed():
            yield
    finally:
        np.random.set_state(numpys_random)
        random.setstate(pythons_random)


def _follow(interpreter: Interpreter, program: Program, samples: int = ENOUGH) -> Straight | None:
    """Follow the iteration; where it goes through samples one after another, through the first few."""
    before = interpreter.program.straight
    if before is not None and before.shortened is not None:
        again = _followed(interpreter, program, {before.shortened[0]: samples}, before.shortened[1])
        return _unambiguous(interpreter, program, again) if isinstance(again, Straight) else None
    numpys_random, pythons_random = np.random.get_state(legacy=False), random.getstate()
    whole = _followed(interpreter, program)
    np.random.set_state(numpys_random)
    random.setstate(pythons_random)
    if isinstance(whole, Straight) and len(whole.program.samplewise.meetings) <= samples:
        return _unambiguous(interpreter, program, whole)
    if isinstance(whole, Straight):
        one, other = (whole.lines[meeting.index] for meeting in whole.program.samplewise.meetings[:2])
        loop, total = loop_between(one, other), len(whole.program.samplewise.meetings)
    else:
        loop, total = whole, 0
    if loop is None:
        return whole if isinstance(whole, Straight) else None
    few = _followed(interpreter, program, {loop: samples}, total)
    return few if isinstance(few, Straight) else whole if isinstance(whole, Straight) else None


def _unambiguous(interpreter: Interpreter, program: Program, straight: Straight) -> Straight | None:
    """Return the straight line with one sample, where several have the same names."""
    if straight.program.samplewise.meetings:
        return straight
    roles = straight.program.roles
    found = rebound(straight.lines, roles.prediction, roles.target)
    if found is None:
        return straight
    loop, turns = found
    one = _followed(interpreter, program, {loop: 1}, max(turns, straight.program.samplewise.total))
    return one if isinstance(one, Straight) else straight


def _followed(
    interpreter: Interpreter, program: Program, shortened: Mapping[int, int] = MappingProxyType({}), total: int = 0
) -> Straight | int | None:
    """Return the iteration as a straight line, or the line of the loop that makes it too long."""
    scratch = Scratch(interpreter, program, flat=False)
    if not scratch.begin():
        return None
    namespace = scratch.namespace
    taken = {n for n in namespace if n.isidentifier()} | set(dataflow.bound_names([program.loop]))
    taken |= set(dataflow.bound_names(program.loop.body)) | dataflow.BUILTINS
    names = Names(namespace, taken)
    later = frozenset(dataflow.bound_names([program.loop]))
    _meet(names, namespace, later)
    spots = {(n.lineno, n.col_offset): i for i, n in enumerate(program.written)}
    unroller = Unroller(namespace, Callees(parsing.parse(program.source), program.name), names, spots, later, shortened)
    whole = True
    try:
        unroller.follow(program.loop.body)
    except TooLong:
        whole = False
    turn = _first_turn(program, unroller)
    if turn is None and not whole:
        return busiest(unroller.lines[-1]) if unroller.lines else None
    called = names.containers.names(namespace, later) if turn is None else turn.names
    end = len(unroller.lines) if turn is None else turn.after
    lines = christened(coalesced(named(unroller.lines[:end], called), set(namespace)), unroller.gave, names)
    straight = _program(program, lines, names, total)
    known = {n for n in namespace if n.isidentifier()} | set(leaf_names(namespace, later))
    plain = tuple(dataflow.writes(node) for node in program.nodes)
    cut = turn is not None or bool(shortened)
    short = next(((loop, total) for loop in shortened), None)
    found = Straight(straight, tuple(lines), names.held, frozenset(known), cut, plain, short)
    return found if found.cut or _same(interpreter, found, namespace) else None


def _meet(names: Names, namespace: Mapping[str, Any], later: frozenset[str]) -> None:
    """Learn what there is before the iteration."""
    for name, value in namespace.items():
        if name.isidentifier():
            names.settle(value, ast.Name(name, ast.Load()))
    for part in parts(namespace, later):
        token = names.containers.token(part.container, part.path)
        names.containers.started.setdefault(token, part.path)
        if part.is_leaf:
            names.settle(part.value, names.leaf(part.container, part.text, part.path))


def _first_turn(program: Program, unroller: Unroller) -> Turn | None:
    """Return the first turn of an inner loop that makes more than one, if a turn is a whole step of learning."""
    outermost_first = sorted(unroller.turns, key=lambda turn: (turn.before, -turn.after))
    for turn in outermost_first[:MOST_TURNS]:
        if turn.before < turn.after < len(unroller.lines):
            one = named(unroller.lines[turn.before : turn.after], turn.names)
            roles, _, _ = _cast(program, one, unroller.names)
            if roles.parameters and roles.target and roles.prediction:
                return turn
    return None


def _cast(
    program: Program, lines: Sequence[Line], names: Names
) -> tuple[Roles, tuple[Phase, ...], tuple[Meeting, ...]]:
    """Return the roles, a phase for each line, and where each sample's prediction meets its target."""
    nodes = [line.node for line in lines]
    skip = program.functions | counters(program.loop) | frozenset(names.held)
    inside = {name for name in leaf_names(names.namespace) if isinstance(places.value(names.namespace, name), float)}
    arguments, given = program.site.arguments | inside, program.origin.given
    roles, phases = cast(program.setup, nodes, skip, given, arguments)
    found = meetings(lines, roles.prediction, roles.target)
    if found:
        targets = frozenset(meeting.target for meeting in found)
        roles, phases = cast(program.setup, nodes, skip, given, arguments, targets)
    return roles, phases, found


def _program(program: Program, lines: Sequence[Line], names: Names, total: int) -> Program:
    nodes = [located(cloned(line.node), number) for number, line in enumerate(lines, start=1)]
    held = frozenset(names.held)
    roles, phases, found = _cast(program, lines, names)
    if roles.loss is None and roles.cost is None:
        roles = dataclasses.replace(roles, cost=program.origin.inferred_cost)
    functions = program.functions | held
    body = tuple(
        Statement(
            index,
            line.line,
            line.end_line,
            ast.unparse(node),
            "",
            dataflow.writes(node),
            dataflow.reads(node, functions),
            phase,
        )
        for index, (line, node, phase) in enumerate(zip(lines, nodes, phases, strict=True))
    )
    loop = copy.copy(program.loop)
    loop.body, loop.orelse = list(nodes) or [ast.Pass(lineno=1, col_offset=0)], []
    return dataclasses.replace(
        program,
        body=body,
        roles=roles,
        functions=functions,
        places=(),
        site=dataclasses.replace(program.site, loop=loop),
        nodes=tuple(nodes),
        written=tuple(nodes),
        samplewise=Samplewise(found, max(total, len(found))),
    )


def _same(interpreter: Interpreter, straight: Straight, after: Mapping[str, Any]) -> bool:
    """Tell whether the straight line computes what the iteration computed."""
    scratch = Scratch(interpreter, straight.program, straight.held)
    scratch.enter()
    while scratch.position.iteration == interpreter.position.iteration and not scratch.ended:
        scratch.step()
    written = {name for s in straight.program.body for name in s.targets}
    for name in written:
        value = places.value(after, name)
        if isinstance(value, np.ndarray) and not same_bits(np.asarray(scratch.namespace.get(name)), value):
            return False
    leaves = [name for name in leaf_names(after) if isinstance(places.value(after, name), np.ndarray)]
    start = interpreter.namespace
    for name in leaves:
        value, old = places.value(after, name), places.value(start, name)
        untouched = old is not None and same_bits(np.asarray(old), value)
        if name not in written and not untouched:
            return False
    return True
