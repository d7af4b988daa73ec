"""`nntui explain [PROGRAM] CELL`: the arithmetic of one number."""

import argparse
import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nntui import cellname
from nntui.cellname import Index
from nntui.opening import DEFAULT, add_program_arguments, open_start
from nntui.output import emit
from nntui.quiet import program_output_aside
from nntui.usage import MOST_ITERATIONS, InputError, UsageError, printable, short, whole

if TYPE_CHECKING:
    from nntui.origin_tree import Told
    from nntui_core.files import Kept
    from nntui_core.program import Program
    from nntui_core.session import Session

DEEPEST = 50


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_program_arguments(parser)
    parser.add_argument("cell", metavar="CELL", help="which number: 'dW2[2,0]', or 'loss' where there is only one")
    parser.add_argument(
        "--at",
        metavar="N",
        type=whole(0, MOST_ITERATIONS),
        help="the iteration, counted from 0 (default: 0; of a session file, the last that has begun)",
    )
    parser.add_argument(
        "--depth",
        metavar="K",
        type=whole(0, DEEPEST),
        default=0,
        help="how many levels of the numbers that it was computed from are explained as well (default: 0)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object; infinity and NaN, unknown to JSON, are null"
    )


def execute(args: argparse.Namespace) -> int:
    """Run to the end of the iteration and print how the number came about."""
    _refuse_wrong_order(args.program, args.cell)
    name, index = cellname.read(args.cell)
    program = open_start(args)
    from nntui.advance import refuse_to_be_late, standing_at
    from nntui.origin_tree import Still
    from nntui.results import plain

    at = _begun_last(program) if args.at is None else args.at
    session = standing_at(program, at + 1, Still)
    if session.failure is None or session.position.iteration != at:
        refuse_to_be_late(session, at + 1)
    with program_output_aside(program.name):
        told = _told(session, name, index, at, args.depth)
    if args.json:
        emit(json.dumps(plain(told.as_json()), allow_nan=False, default=str) + "\n")
    else:
        emit(_spoken("\n".join(map(printable, told.lines()))) + "\n")
    return 0


def _begun_last(program: "Program | Kept") -> int:
    """Return the last iteration that has begun in a session file; 0 for a program."""
    from nntui_core.files import Kept

    if not isinstance(program, Kept):
        return 0
    iteration, tick = program.position
    return iteration if tick else max(iteration - 1, 0)


def _refuse_wrong_order(program: str, cell: str) -> None:
    """Say it where the cell was forgotten, or comes first."""
    from nntui import examples

    is_program = cell in examples.names() or cell.endswith((".py", ".npz"))
    if is_program and program == DEFAULT:
        raise UsageError(f"which number of {short(cell)}? one is named as in nntui explain {cell} 'loss'")
    if is_program:
        raise UsageError(f"the program goes first: nntui explain {cell} {short(program)}")


def _told(session: "Session", name: str, index: Index, iteration: int, depth: int) -> "Told":
    """Return the number that a variable's cell had at the end of an iteration, with its origins.

    Raises:
        InputError: there is no such variable or cell, or the program failed before it was computed.
    """
    from nntui.origin_tree import Teller
    from nntui_core.explain import Source
    from nntui_core.interpreter import Position

    teller = Teller(session)
    value = session.state.get(name)
    if value is None and len(index) == 1 and cellname.written(name, index) in session.state:
        name, index = cellname.written(name, index), ()  # biases[0] may be an array in a list
        value = session.state.get(name)
    if value is None:
        inside = teller.inside(iteration)
        if name not in inside:
            raise InputError(_no_value(session, name, inside))
        index = cellname.fitting(name, index, inside[name].shape)
        source = Source(name, index, inside[name][index].item())
        return teller.tree(teller.made_inside(name, index, iteration), source, iteration, depth)
    index = cellname.fitting(name, index, value.shape)
    made = teller.made(name, index, Position(iteration + 1, 0))
    written = made is not None and made.position is not None and made.position.iteration == iteration
    if session.failure is not None and session.program.writers(name) and not written:
        raise InputError(_failed(session))
    return teller.tree(made, Source(name, index, value[index].item()), iteration, depth)


def _no_value(session: "Session", name: str, inside: Mapping[str, Any]) -> str:
    """Say why a variable has no number to explain."""
    program = session.program
    if session.failure is not None and program.writers(name):
        return _failed(session)
    if name in session.interpreter.namespace or program.writers(name):
        return f"{name} holds no numbers"
    known = {*session.state.values, *session.shapes, *inside}
    return f"there is no variable {name} in {program.name}{cellname.like(name, known)}"


def _failed(session: "Session") -> str:
    return f"{session.program.name} fails in iteration {session.position.iteration:,}, {session.failure}"


def _spoken(text: str) -> str:
    """Return a text in the characters that stdout has."""
    from nntui_core.explain import to_ascii

    try:
        text.encode(_encoding(sys.stdout))
    except UnicodeEncodeError:
        return to_ascii(text)
    return text


def _encoding(stream: Any) -> str:
    return getattr(stream, "encoding", None) or "utf-8"
