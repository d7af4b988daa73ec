"""`nntui run [PROGRAM]`: run without a screen."""

import argparse

from nntui.advance import advance, started
from nntui.opening import add_program_arguments, open_program
from nntui.output import emit, say
from nntui.quiet import program_output_aside
from nntui.usage import MOST_ITERATIONS, InputError, whole

INTERRUPTED = 130


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_program_arguments(parser)
    parser.add_argument(
        "-n",
        dest="iterations",
        metavar="N",
        type=whole(0, MOST_ITERATIONS),
        help="iterations to run; without it as many as the loop's header says",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object; infinity and NaN, unknown to JSON, are null"
    )


def execute(args: argparse.Namespace) -> int:
    """Run the program and print where it ended."""
    program = open_program(args)
    from nntui import results

    session = started(program)
    with program_output_aside(program.name):
        seconds, interrupted = advance(session, args.iterations)
        result = results.of(session, seconds)
    if session.failure is not None:
        raise InputError(f"{program.name}, {session.failure}")
    if interrupted:
        say(f"stopped by ctrl+c after {result.iterations:,} iterations")
    elif args.iterations is not None and result.iterations < args.iterations:
        say(f"the loop ended by itself after {result.iterations:,} iterations")
    emit((results.as_json(result) if args.json else results.as_text(result)) + "\n")
    return INTERRUPTED if interrupted else 0
