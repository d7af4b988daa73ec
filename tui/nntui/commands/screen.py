"""`nntui [PROGRAM]`: the screen."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nntui.opening import add_program_arguments, open_program
from nntui.usage import InputError

if TYPE_CHECKING:
    from nntui_core.program import Program


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_program_arguments(parser)


def execute(args: argparse.Namespace) -> int:
    """Open the program on the screen."""
    opener = _opener(args)
    for name, stream in (("input", sys.stdin), ("output", sys.stdout)):
        if stream is None or not stream.isatty():
            raise InputError(f"the screen needs a terminal, and standard {name} is none; nntui run does without one")
    from nntui.app import run

    return run(opener)


def _opener(args: argparse.Namespace) -> Callable[[], "Program"]:
    """Return what gives the program.

    A script is read by the screen, which can say what is wrong with it and read it again; everything else here.
    """
    if args.program.endswith(".py") and Path(args.program).is_file():
        args.program = str(Path(args.program).absolute())  # a script may go to another folder
        return lambda: open_program(args)
    program = open_program(args)
    return lambda: program
