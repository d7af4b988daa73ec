"""The command line: a table of subcommands, and the promise that a mistake costs one line, not a traceback.

`nntui` alone opens the screen; `nntui COMMAND` does something without one. Results go to stdout and everything else
to stderr. The exit status is 0 when done, 1 when a check failed, 2 for wrong usage or input, 130 after ctrl+c and
141 where the reader of stdout has gone, as the shell counts them.

Nothing heavy is imported here: `nntui --help` answers without NumPy and Textual.
"""

import argparse
import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Protocol, cast

from nntui import __version__
from nntui.output import NoReader, emit, say, show_every_character
from nntui.usage import InputError, Parser, UsageError, nearest, short, suggestion

COMMANDS = {
    "run": "run without a screen and print where it ends (--json for machines)",
    "export": "print the program as a script that plain Python runs to the same numbers",
    "explain": "show the arithmetic of one number of one iteration, such as 'dW2[2,0]'",
    "check": "measure whether the gradients are right, and name the mistakes; status 1 where there are any",
    "compare": "run two programs side by side from the same weights",
    "data": "list the samples that come with nntui",
    "examples": "list the programs that come with nntui, and the usual mistakes",
}
"""The subcommands and what they do; each is a module of `nntui.commands`."""

EXAMPLES = """\
examples:
  nntui                               the default network on the screen
  nntui --resume                      on where the last session stood
  nntui forum --lr 0.5                the forum's program, with another learning rate
  nntui --layers 3-8-4-1 --seed 7     a deeper network
  nntui --data spiral --layers 2-8-8-1 --activation tanh --loss bce --bias
  nntui --data flowers.csv --loss ce  a file of your own
  nntui run -n 1000 --json            the numbers after 1000 iterations
  nntui export forum > train.py       a script that runs without nntui
  nntui explain 'dW2[2,0]' --at 12    where this number comes from
  nntui check forum                   are its gradients right?
  nntui compare default sign          both loss curves, from the same weights
"""

WRONG, INTERRUPTED, NO_READER = 2, 130, 141


class Command(Protocol):
    """What a module of `nntui.commands` offers."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare what the command takes."""

    def execute(self, args: argparse.Namespace) -> int:
        """Do it and return the exit status."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what a command line asks for; return the exit status.

    Without `argv` it is that of this process, which ends with it.
    """
    if argv is not None:
        return _answered(argv)
    status = _answered(sys.argv[1:])
    _leave(status)
    return status


def _leave(status: int) -> None:
    """Let nothing that a script has left behind, a thread or a last word, hold up or spoil what has been written."""
    from nntui.quiet import threads_that_keep_the_process

    sys.stdout = sys.stderr
    if threads_that_keep_the_process():
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stderr.flush()
        os._exit(status)


def _answered(argv: Sequence[str]) -> int:
    show_every_character()
    try:
        return _main(argv)
    except UsageError as error:
        say(f"{error} (see nntui --help)")
    except InputError as error:
        say(str(error))
    except MemoryError:
        say("there is not enough memory for that")
    except KeyboardInterrupt as stop:
        say(f"stopped by ctrl+c{f' in {stop}' if str(stop) else ''}")
        return INTERRUPTED
    except NoReader:
        return NO_READER
    return WRONG


def _main(argv: Sequence[str]) -> int:
    if argv and argv[0] in COMMANDS:
        name, rest = argv[0], argv[1:]
        parser = Parser(f"nntui {name}", description=f"{COMMANDS[name][0].upper()}{COMMANDS[name][1:]}.")
    else:
        name, rest = "screen", argv
        parser = _front_parser()
    command = cast(Command, importlib.import_module(f"nntui.commands.{name}"))
    command.arguments(parser)
    try:
        args = parser.read(rest)
    except SystemExit:  # --help or --version, which has been written
        emit("")
        return 0
    if name == "screen" and rest:
        _refuse_command(args.program)
    return command.execute(args)


def _front_parser() -> Parser:
    width = max(map(len, COMMANDS))
    rows = "\n".join(f"  nntui {name:<{width}}  {summary}" for name, summary in COMMANDS.items())
    parser = Parser(
        "nntui",
        usage="nntui [PROGRAM] [options]\n       nntui COMMAND [PROGRAM] [options]",
        description="A debugger whose debuggee is a NumPy training loop: step through it, line by line, on a screen.",
        epilog=f"commands (nntui COMMAND --help tells more):\n{rows}\n\n{EXAMPLES}",
    )
    parser.add_argument("--version", action="version", version=f"nntui {__version__}")
    return parser


def _refuse_command(program: str) -> None:
    """Say what is wrong where the word for the program is a command, or nearly one."""
    if program in COMMANDS:
        raise UsageError(f"the command goes first: nntui {program} …")
    from nntui import examples

    names = examples.names()
    near = nearest(program, [*COMMANDS, *names])
    if program not in names and not program.endswith((".py", ".npz")) and near in COMMANDS:
        raise UsageError(f"{short(program)} is neither a command nor a program{suggestion(near)}")
