"""Runs in a session file: the present one and the former one, each with checkpoints, so that one can go on with both.

A run comes back on an interpreter that has run its setup: functions and classes are its code, not data. Where
the namespace holds what cannot be written, there are no checkpoints in the file, and all of it is run again from the
first.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from nntui_core.branches import Former, Ghost
from nntui_core.codec import NotPlain, Reader, Writer
from nntui_core.failure import ProgramFailed
from nntui_core.history import History
from nntui_core.interpreter import Interpreter, Position
from nntui_core.output import Output
from nntui_core.records import Run
from nntui_core.session import Session
from nntui_core.timeline import Timeline
from nntui_core.values import Checkpoint, is_data

MOST_MEMORY = 400 * 2**20
"""Bytes of checkpoints that are written; where there are more, a session comes back by running all of it again."""

# --- writing ---------------------------------------------------------------------------------------------------------


def present(session: Session) -> Run:
    """Return what a session's run is."""
    return Run(
        session.history.program,
        tuple(session.to_undo),
        tuple(session.history.events),
        session.position,
        session.frontier,
        session.interpreter.ended,
        session.interpreter.broke,
        session.failure is not None,
    )


def former(run: Former) -> Run:
    """Return what a run is that has been set aside."""
    return Run(
        run.history.program,
        run.undo,
        tuple(run.history.events),
        run.position,
        run.frontier,
        run.ended,
        run.broke,
        run.failed,
    )


def memory(writer: Writer, interpreter: Interpreter, history: History, position: Position, most: int) -> dict[str, Any]:
    """Return a run's checkpoints, `most` of them about, and which names of its namespace are code."""
    nodes = _checkpoints(writer, interpreter, history, position, most)
    return {"code": _code(interpreter), "checkpoints": nodes}


def _checkpoints(
    writer: Writer, interpreter: Interpreter, history: History, position: Position, most: int
) -> list[list[Any]]:
    """Return the nodes of checkpoints with their iterations, none where they cannot be written."""
    if not interpreter.can_skip:
        return []
    nodes: list[list[Any]] = []
    before = len(writer.blocks)
    try:
        for iteration, checkpoint in _chosen(history, position, most):
            nodes.append([iteration, writer.checkpoint(checkpoint, interpreter.namespace)])
            if writer.nbytes > MOST_MEMORY:
                raise NotPlain("there is too much of it")
    except NotPlain:
        writer.back_to(before)
        return []
    return nodes


def _code(interpreter: Interpreter) -> list[str]:
    return [n for n, v in interpreter.namespace.items() if not n.startswith("__") and not is_data(n, v)]


def _chosen(history: History, position: Position, most: int) -> list[tuple[int, Checkpoint]]:
    """Return the first checkpoint, the one that the position is reached from, and some of the others."""
    kept = history.kept()
    until = max(position.iteration - 1, 0)
    near = max(k for k, (iteration, _) in enumerate(kept) if iteration <= until)
    step = max(1, -(-len(kept) // most))
    return [kept[k] for k in sorted({*range(0, len(kept), step), near})]


# --- reading ---------------------------------------------------------------------------------------------------------


def take_up_history(timeline: Timeline, run: Run, state: Mapping[str, Any], blocks: Sequence[memoryview]) -> History:
    """Return the history of a run whose setup a timeline has just run.

    Args:
        timeline: it stands at the start.
        run: what the user did.
        state: the checkpoints as nodes, and the names of code.
        blocks: the bytes of their arrays.
    """
    history = History(timeline.history.program)
    for iteration, checkpoint in _read(timeline.interpreter, state, blocks) or timeline.history.kept():
        history.add(iteration, checkpoint)
    history.events = list(run.events)
    return history


def _read(
    interpreter: Interpreter, state: Mapping[str, Any], blocks: Sequence[memoryview]
) -> list[tuple[int, Checkpoint]]:
    """Return the checkpoints of a file, none where they do not fit the program."""
    reader = Reader(blocks)
    try:
        if not set(state["code"]) <= interpreter.namespace.keys():
            return []
        found = [(int(k), reader.checkpoint(node, interpreter.namespace)) for k, node in state["checkpoints"]]
    except Exception:  # noqa: BLE001 - a node that is none raises whatever it meets; the way can be run again
        return []
    iterations = [iteration for iteration, _ in found]
    return found if found and iterations[0] == 0 and iterations == sorted(set(iterations)) else []


def take_up_former(
    session: Session, start: Run, run: Run, ghost: Ghost, state: Mapping[str, Any], blocks: Sequence[memoryview]
) -> Former | None:
    """Return the former run, None where its setup fails.

    Args:
        session: a session that has just run its own setup, that of `start`; it shares it with a former run that began
            with the same program.
        start: the session's run.
        run: the former run, whose curve is the `ghost`.
        state, blocks: as of `take_up_history`.
    """
    home: Timeline = session
    if run.start != start.start:
        silence = Output()
        silence.quiet = True
        try:
            home = Timeline(run.start, silence)
        except ProgramFailed:
            return None
    return Former(
        ghost.label,
        home.interpreter,
        take_up_history(home, run, state, blocks),
        ghost.curve,
        run.frontier,
        run.position,
        run.failed,
        run.ended,
        run.broke,
        home.shapes,
        home.loss_is_array,
        home.rate,
        run.undo,
    )
