"""The command line that recreates a session, and what no command line can say.

The program of the built-in kind, the seed and the rate are tried on: what is said is true to the letter of the text.
"""

import ast
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from nntui import examples, opening
from nntui.usage import InputError
from nntui_core import dataflow, edits, script
from nntui_core.cells import CellEdit
from nntui_core.history import Event, ProgramChange, RateChange
from nntui_core.literals import rate_literals
from nntui_core.network import wording
from nntui_core.patterns import is_number
from nntui_core.program import Program
from nntui_core.session import Session


def command(session: Session) -> str:
    """Return the command line that recreates a session, and what has to be done besides."""
    start = (0, 0)
    events = session.history.events
    base, rate = session.history.program, None
    for event in events:
        if event.position == start and isinstance(event, ProgramChange):
            base = event.program
        elif event.position == start and isinstance(event, RateChange):
            rate = event.rate
    words, program = _opening(base)
    words, program = _with_options(words, program, base, rate)
    missing = [] if program.source == base.source else ["the edited lines or given weights"]
    for event in events:
        if event.position > start or isinstance(event, CellEdit):
            missing.append(_said(event))
    there, tick = session.position
    steps = f"s {tick} times" if tick > 1 else "s" if tick else ""
    then = ", ".join(part for part in (f"g {there}" if there else "", steps) if part)
    said = shlex.join(words) + (f" · then {then}" if then else "")
    return f"{said} · without {', '.join(missing)}: ctrl+s keeps that too" if missing else said


def _said(event: Event) -> str:
    where = f"iteration {event.position.iteration:,}"
    if isinstance(event, RateChange):
        return f"γ {event.rate:g} from {where} on"
    return f"{event} in {where}" if isinstance(event, CellEdit) else f"the edit in {where}"


def _opening(base: Program) -> tuple[list[str], Program]:
    """Return the words that open the program, and what they open."""
    if base.origin.path is not None:
        words = [_short(base.origin.path), *_roles(base)]
        try:
            return ["nntui", *words], script.load(base.origin.path, base.origin.loop_line, base.origin.given)
        except script.ScriptError:
            return ["nntui", *words], base
    if base.name in examples.names():
        return ["nntui", *([] if base.name == "default" else [base.name])], examples.program(base.name)
    words = shlex.split(wording.said(base.source)) or ["--layers", base.name]
    try:
        return ["nntui", *words], opening.typed(words)
    except InputError:  # it comes from a file whose name for it is not ours, or its data is not there any more
        return (["nntui", *words], base) if wording.said(base.source) else (["nntui"], examples.program("default"))


def _short(path: str) -> str:
    """Return a path as it is typed in its folder, where that is the present one."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return os.path.normpath(path)


def _roles(base: Program) -> Iterator[str]:
    given = base.origin.given
    if base.origin.loop_line is not None:
        yield from ("--loop", str(base.origin.loop_line))
    for name in given.parameters:
        yield from ("--parameter", name)
    options = {"--target": given.target, "--prediction": given.prediction, "--cost": given.cost, "--rate": given.rate}
    for option, value in options.items():
        if value is not None:
            yield from (option, value)


def _with_options(words: list[str], program: Program, base: Program, rate: float | None) -> tuple[list[str], Program]:
    """Add the seed and the rate, where they are not the program's own."""
    seed = edits.seed_of(base)
    if seed is not None and seed != edits.seed_of(program):
        try:
            program = edits.with_seed(program, seed)
            words = [*words, "--seed", str(seed)]
        except edits.EditError:
            pass
    written = text_rate(base)
    if written is not None and written != text_rate(program):
        try:
            program = edits.with_rate(program, written)
            rate = written if rate is None else rate
        except edits.EditError:
            pass
    if rate is None:
        return words, program
    return [*words, f"--lr={rate!r}" if rate < 0 else "--lr", *([repr(rate)] if rate >= 0 else [])], program


def text_rate(program: Program) -> float | None:
    """Return the learning rate that a program's text gives as a number, None where it gives none."""
    for statement in reversed(program.setup):
        if isinstance(statement, ast.Assign | ast.AnnAssign) and program.roles.rate in dataflow.writes(statement):
            value = statement.value
            return float(ast.literal_eval(value)) if value is not None and is_number(value) else None
    literals = rate_literals(program)
    return float(literals[0].value) if literals else None  # type: ignore[arg-type]
