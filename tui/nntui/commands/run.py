"""`nntui run [PROGRAM]`: run without a screen."""

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from nntui.advance import advance, finish, is_over, started
from nntui.opening import add_program_arguments, open_start
from nntui.output import emit, say
from nntui.quiet import program_output_aside
from nntui.usage import MOST_ITERATIONS, InputError, whole

if TYPE_CHECKING:
    from nntui_core.session import Session

INTERRUPTED = 130


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_program_arguments(parser)
    parser.add_argument(
        "-n",
        dest="iterations",
        metavar="N",
        type=whole(0, MOST_ITERATIONS),
        help="iterations to run (of a session file: more of them); without it as many as the loop's header says",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object; infinity and NaN, unknown to JSON, are null"
    )


def execute(args: argparse.Namespace) -> int:
    """Run the program and print where it ended."""
    opened = open_start(args)
    if args.lr is not None and args.lr <= 0:
        what = "nothing will change" if args.lr == 0 else "every update goes uphill where it should go downhill"
        say(f"--lr {args.lr:g}: {what}")
    from nntui import results

    session = started(opened)
    session.watched = False
    program, start = session.program, session.position.iteration
    goal = None if args.iterations is None else start + args.iterations
    with program_output_aside(program.name):
        session.infer_cost()
        seconds, interrupted = advance(session, goal)
        result = results.of(session, seconds)
        result = replace(result, ran=result.iterations - start)
    if session.failure is not None:
        raise InputError(f"{program.name}, {session.failure}")
    if program.origin.path is not None and is_over(session) and not interrupted:
        finish(session)
        result = replace(result, parameters={**result.parameters, **results.parameters(session)})
    if interrupted:
        say(f"stopped by ctrl+c after {result.iterations:,} iterations")
    elif goal is not None and result.iterations < goal:
        say(f"the loop ended by itself after {result.iterations:,} iterations")
    if not interrupted:
        _say_where_nan_began(session)
    emit((results.as_json(result) if args.json else results.as_text(result)) + "\n")
    return INTERRUPTED if interrupted else 0


def _say_where_nan_began(session: "Session") -> None:
    """Say on stderr which statement made the first NaN, if there is one now; the session stands elsewhere then."""
    from nntui_core import nans

    with program_output_aside(session.program.name):
        told = nans.began(session)
    if told is not None:
        say(told)
