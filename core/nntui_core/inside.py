"""What happened inside of the statements of an iteration: the flat lines, with the state around each.

A body statement may stand for many lines, `grads = backward(params, cache, Y)`. The debugger has kept the states around
the statement; here its lines are run between them, on copies, so that a cell is explained by the line that computed it.
Where running them does not lead to the state that the program reached, nothing is told.
"""

import ast
import copy
import random
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nntui_core.executed import Executed
from nntui_core.output import Output
from nntui_core.values import Array, State, frozen, is_data, is_numeric, same_bits


def lines_of(trace: Sequence[Executed], namespace: Mapping[str, Any]) -> tuple[Executed, ...]:
    """Return the flat lines of an iteration's statements, in order; none of a statement that they do not lead to.

    Each is told as a statement that has run, of the straight program and at the position of the body statement that it
    belongs to. `namespace` is where the program's functions are.
    """
    straight = trace[0].program.straight if trace else None
    if straight is None:
        return ()
    numpys_random, pythons_random = np.random.get_state(legacy=False), random.getstate()
    silence = Output()
    silence.quiet = True
    try:
        with np.errstate(all="ignore"), silence.installed():
            return tuple(_lines(trace, _functions(namespace, straight.held)))
    finally:
        np.random.set_state(numpys_random)
        random.setstate(pythons_random)


def _functions(namespace: Mapping[str, Any], held: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the lines need besides numbers; what could be changed is copied."""
    found: dict[str, Any] = {}
    for name, value in {**namespace, **held}.items():
        if not is_data(name, value) or callable(value):
            found[name] = value
        elif isinstance(value, np.random.Generator | np.random.RandomState):
            found[name] = copy.deepcopy(value)
    return found


def _lines(trace: Sequence[Executed], functions: dict[str, Any]) -> Iterator[Executed]:
    values: dict[str, Array] = dict(trace[0].before.values)
    for executed in trace:
        values |= executed.before.values
        try:
            own = list(_lines_of_one(executed, values, functions))
        except Exception:  # noqa: BLE001 - this iteration takes another way than the one that was followed
            own = []
        reached = executed.after.values
        computed = own[-1].after.values if own else {}
        written = {name for line in own for name in line.statement.targets if name in reached}
        if all(same_bits(computed[name], reached[name]) for name in written):
            yield from own
            values |= computed
        values |= reached


def _lines_of_one(executed: Executed, values: Mapping[str, Array], functions: Mapping[str, Any]) -> Iterator[Executed]:
    straight = executed.program.straight
    if straight is None:
        return
    before = State(types.MappingProxyType(dict(values)))
    for k in straight.lines_at(executed.index, executed.turn):
        statement = straight.program.body[k]
        made = _run(straight.program.nodes[k], statement.targets, before.values, functions)
        after = State(types.MappingProxyType({**before.values, **made}))
        yield Executed(executed.position, straight.program, k, before, after)
        before = after


def _run(
    node: ast.stmt, targets: Sequence[str], values: Mapping[str, Array], functions: Mapping[str, Any]
) -> dict[str, Array]:
    world = {**functions, **{name: np.array(value)[()] for name, value in values.items()}}
    exec(compile(ast.Module([node], []), "<line>", "exec"), world)
    return {name: frozen(world[name]) for name in targets if is_numeric(world.get(name))}
