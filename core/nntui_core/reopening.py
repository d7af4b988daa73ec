"""Another program in the place of the one before, whose curve stays as a ghost."""

from nntui_core.branches import Ghost
from nntui_core.output import Output
from nntui_core.program import Program
from nntui_core.session import Session


def opened(program: Program, former: Session | None, output: Output | None = None, look_ahead: bool = True) -> Session:
    """Start a session on a program; the curve of a former session stays as a ghost.

    Without `look_ahead` it is not run further than its setup: `Session.look_ahead` does that later.

    Raises:
        ProgramFailed: the program's setup failed; the former session is as it was.
    """
    session = Session(program, output, look_ahead)
    if former is not None and former.curve.count:
        session.ghost = Ghost(former.curve, former.program.name)
    if former is not None and former.program.origin.path == program.origin.path is not None:  # it has been read again
        session.breakpoints, session.watches = former.breakpoints, former.watches
    return session
