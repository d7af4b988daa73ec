"""`nntui [PROGRAM]`: the screen."""

import argparse
import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nntui.opening import DEFAULT, add_program_arguments, is_session, open_program, open_session, open_start
from nntui.output import ask
from nntui.usage import InputError, UsageError, short

if TYPE_CHECKING:
    from nntui.autosave import Left
    from nntui.engine import Opener
    from nntui_core.files import Kept
    from nntui_core.program import Program


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_program_arguments(parser)
    group = parser.add_argument_group("options of the screen")
    group.add_argument("--fps", metavar="N", type=positive, help="pictures a second while running, at most (default 6)")
    group.add_argument("--ascii", action="store_true", help="no box drawing and no Greek letters")
    group.add_argument("--resume", action="store_true", help="go on where the last session stood")
    group.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal")


def execute(args: argparse.Namespace) -> int:
    """Open the program on the screen."""
    gc.disable()  # until the first paint: what is loaded stays, and looking for garbage in it is a tenth of the start
    from nntui import terminal
    from nntui.autosave import Autosave, folder

    where = folder()
    opener = _resumed(args, where) if args.resume else _opener(args)
    for name, stream in (("input", sys.stdin), ("output", sys.stdout)):
        if stream is None or not stream.isatty():
            raise InputError(f"the screen needs a terminal, and standard {name} is none; nntui run does without one")
    terminal.refuse_dumb(os.environ)
    terminal.save_bytes()
    from nntui import theme
    from nntui.app import run

    display = terminal.Display(
        fps=args.fps or terminal.FRAMES_A_SECOND,
        ascii=args.ascii or not terminal.is_utf8(),
        mouse=not args.no_mouse,
        theme=theme.of_terminal(),
    )
    return run(opener, display, Autosave(where))


def positive(text: str) -> float:
    """Read a number of pictures a second.

    Raises:
        argparse.ArgumentTypeError: it is none, or not between 0.1 and 60.
    """
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0.1 <= number <= 60:
        raise argparse.ArgumentTypeError(f"{text!r}: a number from 0.1 to 60 would do")
    return number


def _resumed(args: argparse.Namespace, where: Path) -> "Opener":
    """Return what gives the session that stood last; it is the user's own, so nothing is asked.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    if args.program != DEFAULT:
        raise UsageError(f"--resume goes on with the last session, and {short(args.program)} is another program")
    from nntui import autosave

    found = [*_taken_over(where), *autosave.left(where)]
    if not found:
        raise InputError(f"there is no session to go on with in {where}")
    args.program = str(found[0].path)
    kept = open_session(args)
    return _then_the_script(kept, found[0].take)


def _taken_over(where: Path) -> "list[Left]":
    """Return the session of an nntui that still runs, where the user wants that: its connection may have broken.

    It is asked about where it is the latest of all; a server notices a broken connection after minutes only.

    Raises:
        InputError: it does not end.
    """
    from nntui import autosave

    still = autosave.running(where)
    ended = autosave.left(where)
    if not still or (ended and ended[0].saved > still[0].saved) or not (sys.stdin and sys.stdin.isatty()):
        return []
    one = still[0]
    ask(
        f"The latest session, kept at {one.when()}, is open in another nntui (process {one.pid}),\n"
        "perhaps on a connection that broke. End that one and go on here? [y/N] "
    )
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        return []
    if not autosave.end_other(one):
        raise InputError(f"process {one.pid} does not end; kill -9 {one.pid} would end it, up to its last save")
    return [one]


def _opener(args: argparse.Namespace) -> "Opener":
    """Return what gives the program.

    A script is read by the screen, which can say what is wrong with it and read it again; everything else here.
    """
    if args.program.endswith(".py") and Path(args.program).is_file():
        args.program = str(Path(args.program).absolute())  # a script may go to another folder
        return lambda: open_program(args)
    if args.program == DEFAULT and not any(value for name, value in vars(args).items() if name != "program"):
        return lambda: open_program(args)
    start = open_start(args)
    return _then_the_script(start) if is_session(args.program) else lambda: start


def _then_the_script(start: "Program | Kept", taken: Callable[[], None] = lambda: None) -> "Opener":
    """Return what gives a session first, and then, when it is read again, the script that it is about."""
    starts = iter([start])

    def give() -> "Program | Kept":
        first = next(starts, None)
        if first is not None:
            taken()
            return first
        from nntui_core import script
        from nntui_core.program import Program

        origin = (start if isinstance(start, Program) else start.program).origin
        return start if origin.path is None else script.load(origin.path, origin.loop_line, origin.given)

    return give
