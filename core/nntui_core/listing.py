"""What is the same in all pictures of a program: its lines with what is known of them, its variables, its flow."""

import ast
import difflib
import itertools
from collections.abc import Iterable

from nntui_core.findings import ERROR, Report
from nntui_core.frame import CodeLine, FlowStep, Index, Variable
from nntui_core.program import Phase, Program


def code_lines(
    program: Program, shapes: dict[str, Index], original: Program, report: Report | None
) -> Iterable[CodeLine]:
    """Yield the lines of a program's text, with what is known of the statement that begins on each."""
    starts = {statement.line: statement for statement in reversed(program.body)}  # of several on a line, the first
    meanings = {v.name: v.text() for v in report.variables} if report else {}
    meanings |= {v.name: MOVES[v.verdict] for v in report.parameters if v.verdict in MOVES} if report else {}
    wrong = {finding.line for finding in report.findings if finding.severity == ERROR} if report else set()
    edited = edited_lines(original, program)
    for number, text in enumerate(program.lines, start=1):
        statement = starts.get(number)
        if statement is None:
            code, comment = _without_comment(text)
            yield CodeLine(number, code, comment, wrong=number in wrong, edited=number in edited)
            continue
        target = statement.targets[0] if statement.targets else ""
        shape = shapes.get(target)
        code = text[: len(text) - len(text.lstrip())] + statement.text.split("\n")[0]
        yield CodeLine(
            number,
            code,
            statement.comment,
            statement.index,
            statement.phase.value,
            target,
            "" if shape is None else shape_text(shape),
            meanings.get(target, ""),
            number in wrong,
            number in edited,
        )


MOVES = {"descent": "downhill", "ascent": "uphill", "not-a-gradient": "not downhill", "not-updated": "not updated"}
"""What the verdict on an update is called beside its line."""


def edited_lines(original: Program, program: Program) -> frozenset[int]:
    """Return the lines (1-based) that are not those of the original text."""
    if original.source == program.source:
        return frozenset()
    matcher = difflib.SequenceMatcher(None, original.lines, program.lines, autojunk=False)
    blocks = [range(b + 1, b + 1 + size) for _, b, size in matcher.get_matching_blocks()]
    same = {number for block in blocks for number in block}
    return frozenset(number for number in range(1, len(program.lines) + 1) if number not in same)


def _without_comment(line: str) -> tuple[str, str]:
    """Split a line at its comment, if it is nothing but one."""
    stripped = line.lstrip()
    return ("", stripped.lstrip("# ")) if stripped.startswith("#") else (line, "")


def shape_text(shape: Index) -> str:
    """Write a shape in few letters: `(3,4)`, `(4,)`, `()`."""
    return "(" + ",".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def variables(program: Program, shapes: dict[str, Index]) -> Iterable[Variable]:
    """Yield the program's arrays: parameters, deltas, gradients, then the others in the order they are written in."""
    roles = program.roles
    written = [name for statement in program.body for name in statement.targets]
    order = [*roles.parameters, *roles.deltas, *_gradients(program), *written, *shapes]
    phases = {name: statement.phase.value for statement in program.body for name in statement.targets}
    for name in dict.fromkeys(order):
        shape = shapes.get(name)
        if shape is None or not shape or name == program.counter:
            continue
        role = roles.of(name)
        yield Variable(name, shape, phases.get(name, "setup"), role.value if role else None)


def _gradients(program: Program) -> Iterable[str]:
    """Yield, parameter by parameter, the backward variables that its update reads."""
    backward = {name for s in program.body if s.phase is Phase.BACKWARD for name in s.targets}
    for parameter in program.roles.parameters:
        for statement in program.writers(parameter):
            yield from (name for name in statement.reads if name in backward)


def flow(program: Program) -> Iterable[FlowStep]:
    """Yield the statements' targets in order, each with the parameter that the forward pass meets there."""
    parameters = program.roles.parameters
    for statement in program.body:
        if not statement.targets or statement.phase is Phase.OTHER:
            continue
        met = [n for n in statement.reads if n in parameters] if statement.phase is Phase.FORWARD else []
        yield FlowStep(statement.targets[0], statement.index, statement.phase.value, met[0] if met else "")


def _activations(program: Program) -> list[str]:
    """Return what the forward pass puts numbers through, first to last: the program's functions of one argument."""
    both = zip(program.nodes, program.body, strict=True)
    parts = (part for node, statement in both if statement.phase == "forward" for part in ast.walk(node))
    calls = [part for part in parts if isinstance(part, ast.Call) and len(part.args) == 1]
    names = [(ast.unparse(call.func), call.keywords) for call in calls]
    return [name.removeprefix("np.") for name, more in names if name in {*program.functions, "np.tanh"} and not more]


def title(program: Program, shapes: dict[str, Index]) -> str:
    """Return a few words on a program: its layers, as far as its parameters tell, and its activation."""
    sizes = [shapes[name] for name in program.roles.parameters if len(shapes.get(name, ())) == 2]
    parts = []
    if sizes and all(a[1] == b[0] for a, b in itertools.pairwise(sizes)):
        parts.append("-".join(map(str, [sizes[0][0], *(shape[1] for shape in sizes)])))
    parts += _activations(program)[:1]
    return " ".join(parts)
