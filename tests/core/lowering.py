"""A program run with its body lowered, or as it was written: all that can be seen of it."""

import random
from typing import Any

import numpy as np
from tests.core.graphs import graph
from tests.core.program_oracle import global_random_state_kept, of_value

from nntui_core.interpreter import Interpreter, RunFailed
from nntui_core.kernel import running
from nntui_core.output import Output
from nntui_core.program import Program

PIECES = (1, 5, 17, 2, 9)


def outcome(interpreter: Interpreter, lower: bool) -> dict[str, Any]:
    """Run in a few pieces; return all that can be seen of it, in the end and on the way."""
    assert interpreter._body is not None
    if not lower:
        interpreter._body.reason = "as it was written"
    losses: list[Any] = []
    output = Output()
    with global_random_state_kept(), output.installed(anew=True):
        np.random.seed(3)
        random.seed(3)
        for piece in PIECES:
            try:
                if not interpreter.ended:
                    interpreter.run(piece, lambda loss: losses.append(of_value(loss)[-1]))
            except RunFailed as failed:
                return {"failed": failed.finished, "why": repr(failed.__cause__), "losses": losses}
        drawn = repr(np.random.get_state()), random.getstate()
    return {
        "graph": graph(interpreter.namespace),
        "drawn": drawn,
        "losses": losses,
        "printed": output.last(99),
        "at": interpreter.position,
        "ended": (interpreter.ended, interpreter.broke),
    }


def body_of(interpreter: Interpreter) -> running.Body:
    assert interpreter._body is not None
    return interpreter._body


def started(source: str, name: str = "test") -> Interpreter:
    interpreter = Interpreter(Program.parse(source, name))
    with Output().installed(anew=True), global_random_state_kept():
        interpreter.start()
    return interpreter
