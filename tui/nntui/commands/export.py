"""`nntui export [PROGRAM]`: the program as a script, the loss curve as a table, the weights as arrays."""

import argparse
from pathlib import Path

from nntui.opening import add_program_arguments, open_program, open_start
from nntui.output import emit, say
from nntui.usage import MOST_ITERATIONS, InputError, UsageError, short, whole


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_program_arguments(parser)
    group = parser.add_argument_group("what is exported, where it is not the script")
    group.add_argument(
        "--curve",
        metavar="FILE.csv",
        help="run, and write the loss of every iteration to this file, with --holdout that of the held-out samples too",
    )
    group.add_argument(
        "--final-weights",
        metavar="FILE.npz",
        help="run, and write the parameters where it ends to this file, by name;"
        " so does --weights with a file that is not there yet",
    )
    parser.add_argument(
        "-n",
        dest="iterations",
        metavar="N",
        type=whole(0, MOST_ITERATIONS),
        help="iterations that the script runs, or that are run",
    )


def execute(args: argparse.Namespace) -> int:
    """Write what is asked for."""
    option = _settle_weights(args)
    if args.curve is not None or args.final_weights is not None:
        return _run(args, option)
    return _script(args)


def _script(args: argparse.Namespace) -> int:
    """Print the script, as UTF-8 whatever the terminal's encoding is: that is what Python reads."""
    program = open_program(args, runs=False)
    from nntui_core import export

    try:
        if args.iterations is not None:
            program = export.with_iterations(program, args.iterations)
    except export.ExportError as error:
        raise InputError(f"-n: {program.name}, {error}") from None
    emit(export.script(program).encode())
    return 0


def _settle_weights(args: argparse.Namespace) -> str:
    """Decide what --weights means: a file that is there is read, as everywhere; one that is not is to be written.

    Returns the option that names the file to be written.
    """
    if args.weights is None or args.final_weights is not None:
        return "--final-weights"
    if Path(args.weights).exists():
        say(f"{short(args.weights)} is there: the initial weights are read from it (--final-weights writes)")
        return "--final-weights"
    args.final_weights, args.weights = args.weights, None
    return "--weights"


def _run(args: argparse.Namespace, option: str) -> int:
    """Run, and write the curve and the weights; nothing is written where that fails or is stopped."""
    curve = _file("--curve", args.curve, ".csv")
    weights = _file(option, args.final_weights, ".npz")
    start = open_start(args)
    from nntui import exporting

    exporting.run(start, args.iterations, curve, weights)
    return 0


def _file(option: str, name: str | None, ending: str) -> Path | None:
    """Return the file to write; a script may go to another folder."""
    if name is None:
        return None
    if not name.endswith(ending):
        raise UsageError(f"{option} writes a {ending} file, and {short(name)} does not end so")
    return Path(name).absolute()
