"""`nntui [PROGRAM]`: the screen."""

import argparse
import sys

from nntui.opening import add_program_arguments, open_program
from nntui.usage import InputError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_program_arguments(parser)


def execute(args: argparse.Namespace) -> int:
    """Open the program on the screen."""
    program = open_program(args)
    for name, stream in (("input", sys.stdin), ("output", sys.stdout)):
        if stream is None or not stream.isatty():
            raise InputError(f"the screen needs a terminal, and standard {name} is none; nntui run does without one")
    from nntui.app import run

    return run(program)
