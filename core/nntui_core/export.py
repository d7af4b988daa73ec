"""What stands after the last update: as numbers for `nntui run`, as text for `nntui export`.

While a loop runs, its loss and its predictions are always one update behind its parameters. So after the last
iteration the forward pass is made once more, with the final parameters. That pass is the program's own text: the
statements on which the loss and the prediction depend, without the updates. The same text is run here and appended
to an exported script, which is why both end with the same numbers, bit for bit.
"""

import ast
import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nntui_core import batches, dataflow, holdout, parsing, places
from nntui_core.patterns import is_number
from nntui_core.program import Phase, Program, Statement
from nntui_core.values import Checkpoint

NOTE = "# The final numbers in full precision: the forward pass once more, with the final parameters."


class ExportError(ValueError):
    """What this program cannot be exported with; the message says why."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """One statement of the loop's own block together with all that is nested in it."""

    node: ast.stmt
    plain: ast.stmt
    """The same with places as names."""
    inner: tuple[Statement, ...]

    @property
    def reads(self) -> set[str]:
        return {name for statement in self.inner for name in statement.reads}

    @property
    def writes(self) -> set[str]:
        return {name for statement in self.inner for name in statement.targets}

    @property
    def phases(self) -> set[Phase]:
        return {statement.phase for statement in self.inner}

    @property
    def replaces(self) -> set[str]:
        """The names that get a new value here, whatever theirs was before."""
        if not isinstance(self.plain, ast.Assign):
            return set()
        return {target.id for target in self.plain.targets if isinstance(target, ast.Name)}


def _units(program: Program) -> list[_Unit]:
    starts = [statement.index for statement in program.body if statement.depth == 0]
    ends = [*starts[1:], len(program.body)]
    return [_Unit(program.written[a], program.nodes[a], program.body[a:b]) for a, b in zip(starts, ends, strict=True)]


def forward(program: Program) -> tuple[str, ...]:
    """Return the text of the statements that compute the loss and the prediction from the parameters, in order.

    Where the program learns from mini-batches, they are those of all samples; where it holds samples out, their loss
    is computed too.
    """
    wanted = {name for name in (program.roles.loss, program.roles.prediction) if name} | _read_by_cost(program)
    wanted.add(holdout.LOSS)
    batch = batches.picking(program)
    needed: set[str] = set()
    found: list[str] = []
    for unit in reversed(_units(program)):
        ends_here = unit.writes & wanted and (unit.phases & {Phase.FORWARD, Phase.LOSS} or holdout.LOSS in unit.writes)
        if unit.phases == {Phase.UPDATE} or not (ends_here or unit.writes & needed):
            continue
        found.insert(0, f"{batch} = {batches.ALL}" if batch in unit.writes else _text(program, unit))
        wanted -= unit.replaces
        needed -= unit.replaces
        needed |= unit.reads
    return tuple(found)


def _read_by_cost(program: Program) -> set[str]:
    """Return the variables that an inferred or given cost is computed from."""
    if program.roles.loss or program.roles.cost is None:
        return set()
    node = places.named(parsing.parse(program.roles.cost).body[0], program.functions)
    return set(dataflow.reads(node, program.functions))


def _text(program: Program, unit: _Unit) -> str:
    if len(unit.inner) == 1:
        return ast.get_source_segment(program.source, unit.node) or ast.unparse(unit.node)
    updates = {program.written[s.index] for s in unit.inner if s.phase is Phase.UPDATE}
    places = {(node.lineno, node.col_offset) for node in updates}
    return ast.unparse(_Without(places).visit(copy.deepcopy(unit.node)))


class _Without(ast.NodeTransformer):
    """Puts `pass` in the place of some statements."""

    def __init__(self, places: set[tuple[int, int]]) -> None:
        self.places = places

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.stmt) and (node.lineno, node.col_offset) in self.places:
            return ast.Pass()
        return super().visit(node)


def outcome(program: Program, namespace: dict[str, Any]) -> Mapping[str, Any]:
    """Return loss (under `program.loss_text`), prediction and target by name, from the parameters as they are now.

    With them come the loss and the prediction of samples that are held out, under the names of `holdout`.

    What cannot be computed is left out. The namespace is afterwards as it was, its random generators too.
    """
    checkpoint = Checkpoint.take(namespace)
    found = {}
    try:
        with np.errstate(all="ignore"):
            exec(compile("\n".join(forward(program)), program.name, "exec"), namespace)
            if program.loss_text:
                found[program.loss_text] = copy.deepcopy(eval(program.loss_text, namespace))
            more = (holdout.LOSS, holdout.PREDICTION, holdout.TARGET)
            for name in (program.roles.prediction, program.roles.target, *(n for n in more if n in namespace)):
                if name:
                    found[name] = copy.deepcopy(eval(name, namespace))
        return found
    except Exception:  # noqa: BLE001 - it is the learner's code: whatever it raises, there is no outcome
        return found
    finally:
        checkpoint.restore(namespace)


def script(program: Program) -> str:
    """Return the program's text as it stands, then a few lines that print its final numbers.

    A program that goes on after its loop says itself what it wants to say: its text is returned alone. So is that of
    a loop inside a function, whose variables nobody sees from outside.
    """
    added = [] if program.after or program.site.call else _epilogue(program)
    if not added:
        return program.source
    end = "" if program.source.endswith("\n") else "\n"
    return program.source + end + "\n" + "\n".join(added) + "\n"


def _epilogue(program: Program) -> list[str]:
    roles = program.roles
    held_out = [holdout.LOSS] if program.writers(holdout.LOSS) else []
    names = [name for name in (roles.loss, *held_out, roles.prediction, *roles.parameters) if name]
    shown = [_show(program, name) for name in names]
    return [NOTE, *forward(program), *shown] if shown else []


def _show(program: Program, name: str) -> str:
    single = name in (program.roles.loss, holdout.LOSS) or _starts_as_number(program.setup, name)
    return f'print("{name}", {f"repr(float({name}))" if single else f"{name}.tolist()"})'


def _starts_as_number(setup: Sequence[ast.stmt], name: str) -> bool:
    return any(
        isinstance(node, ast.Assign | ast.AnnAssign) and is_number(node.value) and name in dataflow.writes(node)
        for node in setup
    )


def with_iterations(program: Program, iterations: int) -> Program:
    """Return the program with another number of iterations in its header.

    Raises:
        ExportError: the header is not `for … in range(NUMBER)`.
    """
    loop = program.loop
    call = loop.iter if isinstance(loop, ast.For) else None
    if not (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "range"
        and len(call.args) == 1
        and isinstance(call.args[0], ast.Constant)
        and call.args[0].end_lineno == loop.lineno
    ):
        raise ExportError(f"line {loop.lineno}: the loop's header is not range(NUMBER), it has no count to change")
    number = call.args[0]
    lines = program.source.encode().split(b"\n")
    line = lines[number.lineno - 1]
    lines[number.lineno - 1] = line[: number.col_offset] + str(iterations).encode() + line[number.end_col_offset :]
    return program.changed(b"\n".join(lines).decode())
