"""From a command line to a program: which one, and what its options change in it.

Every option is a change of the program's text (`nntui_core.edits`), so that what runs, what the screen shows and
what `nntui export` prints stay one thing. The changes are made in one order: layers, seed, rate, weights.
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nntui import networks
from nntui.output import ask
from nntui.usage import LARGEST_SEED, InputError, Parser, finite, nearest, short, suggestion, whole

if TYPE_CHECKING:
    from nntui_core.files import Kept
    from nntui_core.program import Given, Program

DEFAULT = "default"


PROGRAM_HELP = (
    "default, forum, naive, a mistake's code such as sign (see `nntui examples`), a Python file with a training loop,"
    " or a session file (.npz)"
)


def add_program_arguments(parser: argparse.ArgumentParser) -> None:
    """Add PROGRAM and the options that change it."""
    parser.add_argument("program", metavar="PROGRAM", nargs="?", default=DEFAULT, help=PROGRAM_HELP)
    add_program_options(parser)


def add_program_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that change a program."""
    group = parser.add_argument_group("options of the program")
    group.add_argument(
        "--seed", metavar="N", type=whole(0, LARGEST_SEED), help="seed of the random generator that draws the weights"
    )
    group.add_argument("--lr", metavar="X", type=finite("0.5 or 1e-3"), help="learning rate γ")
    group.add_argument("--weights", metavar="FILE.npz", help="initial parameters, arrays by name")
    group.add_argument("--trust", action="store_true", help="run what is in a session file, whoever wrote it")
    networks.add_network_options(parser)
    script = parser.add_argument_group("what a script's variables are, where nntui does not find it out")
    script.add_argument(
        "--loop", metavar="LINE", type=whole(1, 10**6), help="the line that the training loop begins on"
    )
    script.add_argument("--parameter", metavar="NAME", action="append", help="a learned array; once for each")
    script.add_argument(
        "--target",
        metavar="NAME",
        help="the array of what should come out; with --data FILE its columns (names or numbers, with commas)",
    )
    script.add_argument("--prediction", metavar="NAME", help="the array of what does come out")
    script.add_argument("--cost", metavar="EXPRESSION", help="the cost C over the script's own variables")
    script.add_argument("--rate", metavar="NAME", help="the learning rate")


def open_start(args: argparse.Namespace) -> "Program | Kept":
    """Return what the arguments of `add_program_arguments` ask for: a program, or a session to go on with.

    Raises:
        InputError: there is no such thing, or it cannot take an option, or it should not be run.
    """
    if not is_session(args.program):
        return open_program(args)
    kept = open_session(args)
    refuse_strangers(kept, args.trust)
    return kept


def open_program(args: argparse.Namespace, runs: bool = True) -> "Program":
    """Return the program that the arguments of `add_program_arguments` ask for; that of a session as it is now.

    `runs` tells whether it will be run.

    Raises:
        InputError: there is no such program, or it cannot take an option, or it should not be run.
    """
    if is_session(args.program):
        kept = open_session(args)
        if runs:
            refuse_strangers(kept, args.trust)
        return kept.program
    program = _chosen(args)
    if args.seed is None and args.lr is None and args.weights is None:
        return program  # without NumPy, so that the screen shows its first picture at once
    from nntui_core import edits

    option = "--seed"
    try:
        if args.seed is not None:
            program = edits.with_seed(program, args.seed)
        option = "--lr"
        if args.lr is not None:
            program = edits.with_rate(program, args.lr)
    except edits.EditError as error:
        raise InputError(f"{option}: {error}") from None
    if args.weights is not None:
        from nntui import weights

        path = str(Path(args.weights).absolute())  # reading the program's shapes may go to its script's folder
        program = edits.with_weights(program, weights.read(args.weights, program), path)
    return program


def typed(words: Sequence[str], folder: Path | None = None) -> "Program":
    """Return the network that the words of a command line ask for: options alone, without a program.

    A file of data is looked for in a folder, where one is given.

    Raises:
        InputError: they cannot be read, or do not go together.
    """
    parser = Parser("nntui", add_help=False)
    add_program_arguments(parser)
    args = parser.read(words)
    if args.program != DEFAULT:
        raise InputError(f"{short(args.program)} is no option; o opens other programs")
    if folder is not None and args.data is not None and args.data.lower().endswith((".csv", ".tsv", ".npz")):
        args.data = str(folder / Path(args.data).expanduser())
    return open_program(args)


def is_session(name: str) -> bool:
    """Tell whether the word for the program names a session file."""
    return name.endswith(".npz")


def open_session(args: argparse.Namespace) -> "Kept":
    """Read a session file; nothing in it is run.

    Raises:
        InputError: it cannot be read, or there are options for another program.
    """
    from nntui_core import files

    changes = ("seed", "lr", "weights", "loop", "parameter", "target", "prediction", "cost", "rate")
    given = networks.described(args) or next((name for name in changes if getattr(args, name, None) is not None), None)
    if given is not None:
        raise InputError(
            f"--{given} changes a program, and {short(args.program)} is a session: it stands where it stood"
        )
    try:
        return files.load(args.program)
    except files.FileError as error:
        raise InputError(str(error)) from None


def refuse_strangers(kept: "Kept", trust: bool) -> None:
    """Ask before a program is run that does not come with nntui; without a terminal, refuse.

    Raises:
        InputError: it is not to be run.
    """
    if trust or kept.familiar:
        return
    shows = f"nntui export {shlex.quote(kept.path)} shows it"
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr)):
        raise InputError(f"{kept.path}: its program does not come with nntui: {shows}, --trust runs it")
    lines = len(kept.program.lines)
    ask(f"{kept.path} holds a program of {lines} lines that does not come with nntui ({shows}).\nRun it? [y/N] ")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise InputError(f"{kept.path}: its program has not been run")


def _chosen(args: argparse.Namespace) -> "Program":
    name, option = args.program, networks.described(args)
    from nntui import examples

    if option is not None:
        if name != DEFAULT:
            raise InputError(f"--{option} goes with the default program only, not with {short(name)}")
        return networks.program(args)
    if args.target is not None and not name.endswith(".py"):
        raise InputError(
            f"--target names the target variable of a script, or columns of --data's file: {short(name)} has neither"
        )
    roles = ("loop", "parameter", "prediction", "cost", "rate")
    meaningless = next((option for option in roles if getattr(args, option) is not None), None)
    if meaningless is not None and not name.endswith(".py"):
        raise InputError(f"--{meaningless} says what a script (a .py file) does not: {short(name)} is none")
    names = examples.names()
    if name in names:
        return examples.program(name)
    if name.endswith(".py"):
        return _script(args)
    what = "a file, but not a .py file" if Path(name).is_file() else "no program"
    if what != "no program" and Path(name).suffix.lower() in (".csv", ".tsv"):
        raise InputError(f"{short(name)} is {what}: --data opens it as samples")
    near = suggestion(nearest(name, names))
    raise InputError(f"{short(name)} is {what}{near} (nntui examples lists what there is)")


def _script(args: argparse.Namespace) -> "Program":
    from nntui_core import script

    try:
        return script.load(args.program, args.loop, given_roles(args))
    except script.ScriptError as error:
        raise InputError(str(error)) from None


def given_roles(args: argparse.Namespace) -> "Given":
    """Return what the options say of a script's variables."""
    from nntui_core.program import Given

    if args.cost is not None:
        from nntui_core import parsing

        try:
            parsing.parse(args.cost, "eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise InputError(
                f"--cost: {short(args.cost)} is no expression; '0.5 * np.sum((a2 - y) ** 2)' would be one"
            ) from None
    return Given(
        parameters=tuple(args.parameter or ()),
        target=args.target,
        prediction=args.prediction,
        loss=None,
        rate=args.rate,
        cost=args.cost,
    )
