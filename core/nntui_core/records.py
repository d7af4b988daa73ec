"""What a session file says in JSON: programs, and runs of them with what the user did. Nothing is believed unread.

A file holds each program once, in a table; events and what can be undone name it by its number there.
"""

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nntui_core import places
from nntui_core.cells import CellEdit
from nntui_core.history import Event, ProgramChange, RateChange
from nntui_core.interpreter import Position
from nntui_core.program import Given, Origin, Program

# --- writing ---------------------------------------------------------------------------------------------------------


class Table:
    """Numbers programs in the order in which they are met; equal ones have one number."""

    def __init__(self) -> None:
        self.programs: list[Program] = []

    def number(self, program: Program) -> int:
        """Return the number of a program."""
        if program not in self.programs:
            self.programs.append(program)
        return self.programs.index(program)

    def entries(self) -> list[dict[str, Any]]:
        """Return the entries of all programs that have been met."""
        return [_program(program) for program in self.programs]

    def run(self, run: "Run") -> dict[str, Any]:
        """Return the entry of a run."""
        return {
            "start": self.number(run.start),
            "undo": [
                self.number(edit) if isinstance(edit, Program) else _event(edit, self.number) for edit in run.undo
            ],
            "events": [_event(event, self.number) for event in run.events],
            "position": list(run.position),
            "frontier": list(run.frontier),
            "ended": run.ended,
            "broke": run.broke,
            "failed": run.failed,
        }


def _program(program: Program) -> dict[str, Any]:
    origin, given = program.origin, program.origin.given
    return {
        "name": program.name,
        "text": program.source,
        "path": origin.path,
        "loop line": origin.loop_line,
        "given": {name: getattr(given, name) for name in Given.__dataclass_fields__},
        "inferred cost": origin.inferred_cost,
    }


def _event(event: Event, number: Any) -> list[Any]:
    if isinstance(event, RateChange):
        return ["rate", *event.position, event.name, float(event.rate)]
    if isinstance(event, CellEdit):
        return ["cell", *event.position, event.name, list(event.index), event.value]
    return ["program", *event.position, number(event.program), event.following]


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a program: what it began with, what the user did, and where it stands.

    `undo` is what the user's edits can be taken back by; `frontier` is how far it has been run.
    """

    start: Program
    undo: tuple[Program | CellEdit, ...]
    events: tuple[Event, ...]
    position: Position
    frontier: Position
    ended: bool
    broke: bool
    failed: bool


def read_run(entry: Mapping[str, Any], programs: Sequence[Program]) -> Run:
    """Read a run.

    Raises:
        ValueError, or whatever a damaged entry makes of it: it makes no sense.
    """
    events = tuple(_read_event(event, programs) for event in entry["events"])
    if list(events) != sorted(events, key=lambda event: event.position):
        raise ValueError("the events are not in order")
    flags = [entry["ended"], entry["broke"], entry["failed"]]
    if not all(type(flag) is bool for flag in flags):
        raise ValueError("the run makes no sense")
    return Run(
        programs[natural(entry["start"])],
        tuple(_read_undo(edit, programs) for edit in entry["undo"]),
        events,
        _read_position(entry["position"]),
        _read_position(entry["frontier"]),
        *flags,
    )


def read_program(entry: Mapping[str, Any], file: str) -> Program:
    """Read a program; `file` is the path of the file that it is in."""
    given = dict(entry["given"])
    given["parameters"] = tuple(given["parameters"])
    path = entry["path"]
    if path is not None and not Path(path).parent.is_dir():  # it comes from another machine: its data is here, maybe
        path = str(Path(file).absolute().parent / Path(path).name)
    cost = entry["inferred cost"]
    line, texts = entry["loop line"], [entry["text"], *given["parameters"]]
    maybe = [cost, path, *(value for name, value in given.items() if name != "parameters")]
    if not all(isinstance(v, str) for v in texts) or not all(isinstance(v, str | None) for v in maybe):
        raise ValueError("a text is none")
    if line is not None and type(line) is not int:
        raise ValueError("a line has no number")
    origin = Origin(path, line, Given(**given), inferred_cost=cost)
    return Program.parse(entry["text"], str(entry["name"]), origin)


def _read_undo(entry: Any, programs: Sequence[Program]) -> Program | CellEdit:
    if not isinstance(entry, list):
        return programs[natural(entry)]
    edit = _read_event(entry, programs)
    if not isinstance(edit, CellEdit):
        raise ValueError("only an edited cell is undone so")
    return edit


def _read_event(entry: Sequence[Any], programs: Sequence[Program]) -> Event:
    kind, iteration, tick, *rest = entry
    return _EVENTS[kind](_read_position((iteration, tick)), programs, *rest)


def _read_rate(position: Position, programs: Sequence[Program], name: str, rate: float) -> Event:
    if not any(name == program.roles.rate for program in programs):
        raise ValueError("no program has such a rate")
    return RateChange(position, name, float(rate))


def _read_change(position: Position, programs: Sequence[Program], number: int, following: int) -> Event:
    program = programs[natural(number)]
    if program.body[natural(following)].depth:
        raise ValueError("no program goes on inside a block")
    return ProgramChange(position, program, following)


def _read_cell(position: Position, _: Sequence[Program], name: Any, index: Sequence[int], value: Any) -> Event:
    if not isinstance(name, str) or not places.is_written_so(name):
        raise ValueError("no variable has such a name")
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("this is no number for a cell")
    return CellEdit(position, name, tuple(map(natural, index)), value)


_EVENTS: Mapping[str, Callable[..., Event]] = {"rate": _read_rate, "program": _read_change, "cell": _read_cell}


def _read_position(entry: Sequence[Any]) -> Position:
    iteration, tick = map(natural, entry)
    return Position(iteration, tick)


def natural(value: object) -> int:
    """Return a value that is a number from 0 on, such as an index.

    Raises:
        ValueError: it is none.
    """
    if type(value) is not int or not 0 <= value <= sys.maxsize:
        raise ValueError(f"{value!r} is no natural number")
    return value
