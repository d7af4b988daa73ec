"""What the worker does about conditions to run to, breakpoints and watches: it sets them, or says what is wrong."""

from collections.abc import Callable

from nntui.protocol import Command, Taken
from nntui_core import watches
from nntui_core.breakpoints import Breakpoint, statement_on
from nntui_core.looking import LookingError
from nntui_core.session import Refused, Session


def taken(job: Callable[[], object]) -> Taken:
    """Do what a dialog asks for; return the answer: what is wrong with it, or nothing."""
    try:
        job()
    except (LookingError, Refused) as error:
        return Taken(str(error))
    return Taken()


def toggle_breakpoint(session: Session, line: int) -> str:
    """Set a breakpoint on a line, or take the one away that is there; return what has been done.

    Raises:
        Refused: no statement of the loop is on that line.
    """
    program = session.program
    line = _line_of(session, line)
    if line in session.breakpoints.within(program):
        session.breakpoints.take(program, line)
        return f"no breakpoint on line {line} any more"
    session.breakpoints.put(program, Breakpoint(line))
    return f"a breakpoint: a run stops before line {line}; B gives it a condition, b takes it away"


def put_breakpoint(session: Session, command: Command) -> None:
    """Set a breakpoint with a condition.

    Raises:
        Refused: no statement of the loop is on that line.
        LookingError: the condition is none.
    """
    condition = " ".join(command.text.split())
    if condition:
        session.looking(condition)
    line = _line_of(session, int(command.number))
    session.breakpoints.put(session.program, Breakpoint(line, condition, command.every))


def _line_of(session: Session, line: int) -> int:
    index = statement_on(session.program, line)
    if index is None:
        raise Refused(f"line {line} is not one that the loop runs: a breakpoint goes on a line of its body")
    return session.program.body[index].line


def watch(session: Session, text: str) -> None:
    """Watch the expressions of a line, and no others.

    Raises:
        LookingError: one is none.
    """
    expressions = watches.split(text)
    for expression in expressions:
        if expression not in session.watches:
            session.looking(expression)
    session.watches = expressions
