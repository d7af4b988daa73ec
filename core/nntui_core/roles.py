"""What each variable of a training loop is for, found by following the data through one iteration.

A gradient-descent loop has a shape of its own, whatever its variables are called:

* a **parameter** is carried: the forward pass reads it before the iteration writes it, from something that depends
  on the target;
* the **target** never changes in the loop and is the first such array that is subtracted from (or compared with) a
  forward variable; that variable is the **prediction**;
* the **loss** depends on the target, is a sum or a mean, and no parameter depends on it;
* the **backward** pass is whatever else depends on the target; an **update** writes a parameter;
* the **learning rate** is a number of the setup that multiplies in an update;
* the **inputs** never change in the loop and meet a parameter in a product of the forward pass.

The rules look at the text alone; nothing is run.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nntui_core import dataflow, helpers
from nntui_core.dependence import (
    Fact,
    carried_names,
    depends_on,
    is_renewed,
    left_aside,
    needed_for,
    tainted_before,
    walk,
)
from nntui_core.patterns import called_name, calls, numbers_in, products


class Phase(StrEnum):
    """The part of an iteration that a statement belongs to."""

    FORWARD = "forward"
    LOSS = "loss"
    BACKWARD = "backward"
    UPDATE = "update"
    OTHER = "other"


class Role(StrEnum):
    """What a variable is for."""

    PARAMETER = "parameter"
    INPUT = "input"
    TARGET = "target"
    PREDICTION = "prediction"
    LOSS = "loss"
    LEARNING_RATE = "learning rate"


@dataclass(frozen=True, slots=True)
class Roles:
    """The names that play each role; None or an empty tuple where nothing was found to play it.

    `deltas` has one name for each of `parameters`: the ∂C/∂z (as the program calls it) whose product with the
    activations below makes that parameter's gradient, or the gradient itself where no product is found.
    """

    parameters: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    target: str | None = None
    prediction: str | None = None
    loss: str | None = None
    rate: str | None = None
    deltas: tuple[str, ...] = ()
    cost: str | None = None
    """The cost as an expression that the user has given, where no variable holds it."""

    def of(self, name: str) -> Role | None:
        """Return the role of a variable, None where it has none."""
        if name in self.parameters:
            return Role.PARAMETER
        if name in self.inputs:
            return Role.INPUT
        single = {
            self.target: Role.TARGET,
            self.prediction: Role.PREDICTION,
            self.loss: Role.LOSS,
            self.rate: Role.LEARNING_RATE,
        }
        return single.get(name)


@dataclass(frozen=True, slots=True)
class Given:
    """Roles that the user has set, each None or empty where it is to be found."""

    parameters: tuple[str, ...] = ()
    target: str | None = None
    prediction: str | None = None
    loss: str | None = None
    rate: str | None = None
    cost: str | None = None
    """The cost as an expression over the program's variables, where no variable holds it."""


REDUCTIONS = frozenset({"sum", "mean", "average"})
AS_NUMBER = frozenset({"squeeze", "float", "asscalar"})
PENALTIES = frozenset({"square", "log", "log2", "logaddexp"})
COST_NAMES = ("loss", "cost", "error", "mse", "sse", "objective")
COST_LETTERS = frozenset("CEJL")


def infer(
    setup: Sequence[ast.stmt],
    body: Sequence[ast.stmt],
    skip: frozenset[str],
    given: Given = Given(),
    arguments: frozenset[str] = frozenset(),
    targets: frozenset[str] = frozenset(),
) -> tuple[Roles, tuple[Phase, ...]]:
    """Return the roles of a loop's variables and the phase of each statement of `body` (already flattened).

    `skip` are names that are not data: functions, modules, and the loop's own counter; `given` are roles that are
    known, `arguments` the parameters of the function that the loop is in, `targets` those of further samples.
    """
    known = helpers.functions(setup)
    facts = [
        Fact(node, helpers.opened(node, known), dataflow.reads(node, skip), dataflow.writes(node)) for node in body
    ]
    written = {name for fact in facts for name in fact.writes}
    carried = carried_names(facts)
    target, prediction = _target(facts, written, carried)
    target, prediction = given.target or target, given.prediction or prediction
    targets = targets | {target} if target else targets
    after_target = depends_on(facts, set(targets))
    parameters = given.parameters or _parameters(facts, carried, after_target | targets)
    learning = {n for fact in facts if set(fact.writes) & set(parameters) for n in (*fact.reads, *fact.writes)}
    loss = given.loss or _loss(facts, after_target, carried, learning.intersection(carried) or set(carried))
    aside = left_aside(facts, {*parameters, *filter(None, (loss, prediction))}) if parameters else frozenset()
    phases = tuple(_phase(fact, parameters, loss, after_target, (*carried, *aside)) for fact in facts)
    roles = Roles(
        parameters=parameters,
        inputs=_inputs(facts, phases, written, target),
        target=target,
        prediction=prediction,
        loss=loss,
        rate=given.rate or _rate(setup, facts, phases, written, arguments),
        cost=given.cost,
        deltas=tuple(_delta(name, facts, phases, parameters) for name in parameters),
    )
    return roles, phases


def _parameters(facts: Sequence[Fact], carried: Sequence[str], after_target: frozenset[str]) -> tuple[str, ...]:
    """Return the carried names that the forward pass reads and that are written from what depends on the target.

    They come in the order of their first use. An optimizer's buffers are carried too, but no forward statement
    reads them. What is only remembered, such as the best loss so far, does not depend on what it was; an update from
    a remembered gradient is an update all the same.
    """
    so_far = tainted_before(facts, after_target)
    remembered = frozenset(n for n in carried if n in after_target and not is_renewed(facts, n))
    late = tainted_before(facts, depends_on(facts, set(remembered)))
    learned: set[str] = set()
    for tainted in (so_far, [after_target] * len(facts)):  # the second for an update that is made an iteration later
        learned = learned or {
            name
            for fact, dependent, old in zip(facts, tainted, late, strict=True)
            for name in fact.writes
            if name in carried
            and name not in remembered
            and ((dependent | remembered | old) & set(fact.reads) - {name})
        }
    forward = [
        fact for fact in facts if not _looks_only(fact.node) and not (after_target | learned).intersection(fact.writes)
    ]
    needed = needed_for(facts, after_target - learned)
    used = [fact for fact in forward if needed.intersection(fact.writes)]  # not `before = v`, which an update reads
    for facts_that_read in (used, forward):
        found = tuple(dict.fromkeys(name for fact in facts_that_read for name in fact.reads if name in learned))
        if found:
            return found
    return ()


def _looks_only(node: ast.stmt) -> bool:
    """Tell whether a statement reads without computing: a condition, or what is printed or put into a list."""
    if isinstance(node, ast.If | ast.While | ast.Assert):
        return True
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Call) and called_name(value) in ("print", "append")


def _pairs(fact: Fact) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield the two sides of each subtraction and comparison in a statement."""
    for part in walk(fact):
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Sub):
            yield part.left, part.right
        elif isinstance(part, ast.Compare) and len(part.comparators) == 1:
            yield part.left, part.comparators[0]
        elif (
            isinstance(part, ast.Call)
            and isinstance(part.func, ast.Attribute)
            and part.func.attr == "subtract"
            and len(part.args) == 2
        ):
            yield part.args[0], part.args[1]


def _target(facts: Sequence[Fact], written: set[str], carried: Sequence[str]) -> tuple[str | None, str | None]:
    """Return the target and the prediction: the first invariant name that meets a forward variable."""
    forward: set[str] = set()
    for fact in facts:
        for left, right in _pairs(fact):
            for fixed, moving in ((left, right), (right, left)):
                name = dataflow.base_name(fixed)
                if name is None or name in written or name not in fact.reads:
                    continue
                beside = [p.id for p in ast.walk(moving) if isinstance(p, ast.Name) and p.id in forward]
                if beside:
                    return name, beside[0]
        if not isinstance(fact.node, ast.If | ast.For | ast.While):
            forward |= {name for name in fact.writes if name not in carried}
    return None, None


def _loss(
    facts: Sequence[Fact], after_target: frozenset[str], carried: Sequence[str], learning: set[str]
) -> str | None:
    """Return the name that depends on the target, is reduced to a number, and that nothing of the updates depends on.

    `learning` are the carried names in the updates; the best loss so far may depend on a loss.
    """
    found: str | None = None
    for fact in facts:
        if not isinstance(fact.node, ast.Assign | ast.AnnAssign | ast.AugAssign) or len(fact.writes) != 1:
            continue
        name = fact.writes[0]
        if name not in after_target or (name in carried and is_renewed(facts, name)):
            continue
        if learning & depends_on(facts, {name}):
            continue
        is_called_so = name in COST_LETTERS or any(word in name.lower() for word in COST_NAMES)
        reduced = _reduces(fact) or _sums_up(fact) or is_called_so
        if (found is None and reduced) or (found is not None and _adds(fact.node, found)):
            found = name
    return found


def _sums_up(fact: Fact) -> bool:
    """Tell whether a statement adds a square or a logarithm up, sample by sample: `total += 0.5 * (a - y[i]) ** 2`."""
    if not (isinstance(fact.node, ast.AugAssign) and isinstance(fact.node.op, ast.Add)):
        return False
    squares = any(isinstance(part, ast.BinOp) and isinstance(part.op, ast.Pow) for part in walk(fact))
    return squares or any(calls(node, PENALTIES) for node in fact.inside)


def _reduces(fact: Fact) -> bool:
    """Tell whether a statement sums or averages to one number: not along one axis, as a bias' gradient is summed."""
    calls = [p for p in walk(fact) if isinstance(p, ast.Call) and called_name(p) in REDUCTIONS]
    return any(not any(keyword.arg == "axis" for keyword in call.keywords) for call in calls)


def _adds(node: ast.stmt, name: str) -> bool:
    """Tell whether a statement adds something to a variable, `loss = data_loss + penalty`, or makes it a number."""
    waiting = [node.value] if isinstance(node, ast.Assign) else []
    if waiting and isinstance(waiting[0], ast.Call) and called_name(waiting[0]) in AS_NUMBER:
        return [ast.unparse(argument) for argument in waiting[0].args] == [name]
    while waiting:
        value = waiting.pop()
        if isinstance(value, ast.Name) and value.id == name:
            return not isinstance(node, ast.Assign) or value is not node.value
        if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
            waiting += [value.left, value.right]
    return False


def _phase(
    fact: Fact,
    parameters: Sequence[str],
    loss: str | None,
    after_target: frozenset[str],
    carried: Sequence[str],
) -> Phase:
    if not fact.writes:
        return Phase.OTHER
    if set(fact.writes) & set(parameters):
        return Phase.UPDATE
    if loss in fact.writes:
        return Phase.LOSS
    if set(fact.writes) & after_target:
        return Phase.BACKWARD
    return Phase.OTHER if set(fact.writes) & set(carried) else Phase.FORWARD


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _inputs(facts: Sequence[Fact], phases: Sequence[Phase], written: set[str], target: str | None) -> tuple[str, ...]:
    found: dict[str, None] = {}
    other_names: dict[str, str] = {}
    for fact, phase in zip(facts, phases, strict=True):
        if phase is not Phase.FORWARD:
            continue
        if isinstance(fact.node, ast.Assign) and isinstance(fact.node.value, ast.Name) and len(fact.writes) == 1:
            other_names[fact.writes[0]] = fact.node.value.id  # `l0 = X`
        for node in fact.inside:
            for operand in (operand for operands in products(node) for operand in operands):
                names = {other_names.get(n, n) for n in _names(operand) if n in fact.reads}
                found |= dict.fromkeys(sorted(names - written - {target or ""}))
    return tuple(found)


def _rate(
    setup: Sequence[ast.stmt],
    facts: Sequence[Fact],
    phases: Sequence[Phase],
    written: set[str],
    arguments: frozenset[str],
) -> str | None:
    """Return the number of the setup, or of a function's arguments, that is a factor in an update.

    Where an update has none, as with momentum, it may stand in a statement that the update reads from.
    """
    numbers = (arguments | {name for node in setup for name in numbers_in(node)}) - written
    updates = [fact for fact, phase in zip(facts, phases, strict=True) if phase is Phase.UPDATE]
    read = {name for fact in updates for name in fact.reads}
    buffers = [f for f, p in zip(facts, phases, strict=True) if p is Phase.BACKWARD and read.intersection(f.writes)]
    for fact in (*updates, *(f for f in buffers if set(f.reads) & set(f.writes))):
        for part in walk(fact):
            if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mult | ast.Div):
                for side, other in ((part.left, part.right), (part.right, part.left)):
                    factor = side.operand if isinstance(side, ast.UnaryOp) else side
                    keeps_itself = isinstance(other, ast.Name) and other.id in fact.writes  # the friction of momentum
                    if isinstance(factor, ast.Name) and factor.id in numbers and not keeps_itself:
                        return factor.id
    return None


def _delta(parameter: str, facts: Sequence[Fact], phases: Sequence[Phase], parameters: Sequence[str]) -> str:
    """Follow an update back to the backward variable whose product with activations makes the gradient.

    The search goes from the update through the backward statements that it depends on, nearest first, and stops
    at a product like `a1.T @ delta2`: one backward variable as it stands, and no parameter on the other side.
    """
    defined = {
        name: fact for fact, phase in zip(facts, phases, strict=True) if phase is Phase.BACKWARD for name in fact.writes
    }
    updates = [f for f, p in zip(facts, phases, strict=True) if p is Phase.UPDATE and parameter in f.writes]
    waiting, met = updates[:1], {parameter}
    first: str | None = None
    while waiting:
        fact = waiting.pop(0)
        if any(calls(node, REDUCTIONS) for node in fact.inside):
            summed = [name for name in fact.reads if name in defined and name not in met]
            if len(summed) == 1 and fact is not updates[0]:
                return summed[0]  # the gradient of a bias: the sum of a delta
        operands = {_bare(o): _names(other) for a, b in products(fact.node) for o, other in ((a, b), (b, a))}
        for name in _read_for(parameter, fact):
            if name not in defined or name in met:
                continue
            if name in operands and not operands[name].intersection(parameters):
                return name
            first = first or name
            met.add(name)
            waiting.append(defined[name])
    return first or parameter


def _read_for(parameter: str, fact: Fact) -> tuple[str, ...]:
    """Return what a statement reads for one of its targets: of `W1, W2 = W1 - g1, W2 - g2`, its own element."""
    node = fact.node
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
        for target, value in zip(node.targets[0].elts, node.value.elts, strict=False):
            if isinstance(target, ast.Name) and target.id == parameter:
                return tuple(name for name in fact.reads if name in _names(value))
    return fact.reads


def _bare(operand: ast.expr) -> str | None:
    """Return the name of an operand that is a variable as it stands or transposed."""
    bare = operand.value if isinstance(operand, ast.Attribute) and operand.attr == "T" else operand
    return bare.id if isinstance(bare, ast.Name) else None
