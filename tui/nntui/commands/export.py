"""`nntui export [PROGRAM]`: the program as a script that plain Python runs to the same numbers."""

import argparse

from nntui.opening import add_program_arguments, open_program
from nntui.output import emit
from nntui.usage import MOST_ITERATIONS, InputError, whole


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_program_arguments(parser)
    parser.add_argument(
        "-n", dest="iterations", metavar="N", type=whole(0, MOST_ITERATIONS), help="iterations that the script runs"
    )


def execute(args: argparse.Namespace) -> int:
    """Print the script, as UTF-8 whatever the terminal's encoding is: that is what Python reads."""
    program = open_program(args)
    from nntui_core import export

    try:
        if args.iterations is not None:
            program = export.with_iterations(program, args.iterations)
    except export.ExportError as error:
        raise InputError(f"-n: {program.name}, {error}") from None
    emit(export.script(program).encode())
    return 0
