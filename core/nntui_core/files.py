"""A session in a file: NumPy's .npz format, its arrays under their own names, `np.load(path)["W1"]`.

Three members have names that no variable can have: `nntui session` is a text of JSON that says what was debugged
(the program's text, what the user changed and where, the position), `nntui state` is JSON too, with the nodes of
checkpoints and curves (see `nntui_core.codec`), and `nntui memory` has the bytes of their arrays.

A session comes back by running the program's setup, taking up the nearest checkpoint before its position, and running
on from there. Where the namespace holds something that cannot be written, there are no checkpoints in the file, and
the whole way is run again. Either way the numbers are compared with those of the file, bit for bit.

Nothing in a file is run but the program whose text is in it, and nothing at all by `load`.
"""

import functools
import importlib.metadata
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nntui_core import archive, blas, keptruns
from nntui_core.archive import Archive, Broken
from nntui_core.branches import Former, Ghost
from nntui_core.breakpoints import Breakpoint
from nntui_core.codec import Reader, Writer
from nntui_core.curve import LossCurve
from nntui_core.familiar import is_familiar
from nntui_core.interpreter import Position
from nntui_core.output import Output
from nntui_core.program import Program
from nntui_core.records import Run, Table, natural, read_program, read_run
from nntui_core.replacing import replacing
from nntui_core.session import Session
from nntui_core.values import Array, same_bits

VERSION = 2
"""The number of this form of the file; a file of a later one is not read."""
SESSION, STATE, MEMORY = "nntui session", "nntui state", "nntui memory"
ALL = 10_000
MOST_WATCHES = 100
"""Watch expressions that are read from a file; a front end offers fewer."""
LINES = 500
"""Lines of the program's output that are written."""


class FileError(ValueError):
    """A file that cannot be opened as a session; the message is one line that names it."""


# --- writing ---------------------------------------------------------------------------------------------------------


def save(session: Session, path: Path, most: int = ALL, settings: Mapping[str, Any] | None = None) -> None:
    """Write a session to a file, which is replaced as a whole; `most` limits the checkpoints in it.

    `settings` are what the front end wants to find again, in the terms of JSON.

    Raises:
        OSError: it cannot be written there.
    """
    session.catch_up()
    document, writer = _document(session, settings or {}), Writer()
    state = _state(session, writer, most)
    lengths = [len(block) for block in writer.blocks]
    own = {
        SESSION: np.array(json.dumps(document, ensure_ascii=False, indent=1)),
        STATE: np.frombuffer(json.dumps({**state, "blocks": lengths}).encode(), np.uint8),
    }
    with replacing(path) as file:
        archive.write(file, {**own, **session.state.values}, (MEMORY, writer.blocks))


@functools.cache
def written_by() -> dict[str, Any]:
    """Return what a replay to the last bit depends on, and which nntui this is."""
    try:
        version = importlib.metadata.version("nntui")
    except importlib.metadata.PackageNotFoundError:
        version = "unknown"
    return {
        "nntui": version,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "blas threads": blas.threads(),
    }


def _document(session: Session, settings: Mapping[str, Any]) -> dict[str, Any]:
    table, former = Table(), session.former
    run = table.run(keptruns.present(session))
    numbers = {"opened": table.number(session.original), "present": table.number(session.program)}
    return {
        "format": SESSION,
        "version": VERSION,
        "written by": written_by(),
        "name": session.program.name,
        **run,
        **numbers,
        "former": None if former is None else table.run(keptruns.former(former)),
        "programs": table.entries(),
        "ghost": None if session.ghost is None else session.ghost.label,
        "breakpoints": [[b.line, b.condition, b.every] for b in session.breakpoints.within(session.program).values()],
        "watches": list(session.watches),
        "output": {"lines": [_utf8(line) for line in session.output.last(LINES)], "count": session.output.count},
        "settings": dict(settings),
    }


def _utf8(text: str) -> str:
    return text.encode(errors="replace").decode()


def _state(session: Session, writer: Writer, most: int) -> dict[str, Any]:
    """Return the checkpoints of both runs, the curves, and which names of the namespaces are code."""
    former, ghost = session.former, session.ghost
    return {
        **keptruns.memory(writer, session.interpreter, session.history, session.position, most),
        "former": None
        if former is None
        else keptruns.memory(writer, former.interpreter, former.history, former.position, most),
        "curve": writer.values(session.curve.parts()),
        "ghost": None if ghost is None else writer.values(ghost.curve.parts()),
    }


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """What is in a session file; nothing of it has been run."""

    path: str
    programs: tuple[Program, ...]
    document: Mapping[str, Any]
    run: Run
    former: Run | None
    curve: LossCurve
    ghost: Ghost | None
    arrays: Mapping[str, Array]
    """The numbers at its position, by name."""
    state: Mapping[str, Any] = field(repr=False)
    blocks: tuple[memoryview, ...] = field(repr=False)

    @property
    def program(self) -> Program:
        """The program as it is at its position."""
        present: int = self.document["present"]
        return self.programs[present]

    @property
    def name(self) -> str:
        """The program's name."""
        return self.program.name

    @property
    def position(self) -> Position:
        """Where it stands."""
        return self.run.position

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the front end wanted to find again."""
        settings: Mapping[str, Any] = self.document["settings"]
        return settings

    @property
    def familiar(self) -> bool:
        """Whether all that it would run is one of nntui's own programs, up to its numbers."""
        return all(map(is_familiar, self.programs))

    def session(self, output: Output | None = None, kind: type[Session] = Session) -> tuple[Session, str]:
        """Run the program's setup and go to where the session stood; return it, and what is not as it was.

        Raises:
            ProgramFailed: the program's setup failed.
        """
        document, run = self.document, self.run
        output = output or Output()
        output.quiet = True
        try:
            session = kind(run.start, output)
        finally:
            output.quiet = False
        output.take_up(document["output"]["lines"], document["output"]["count"])
        session.original = self.programs[document["opened"]]
        session.to_undo[:] = run.undo
        session.former = self._former(session)
        session.history = keptruns.take_up_history(session, run, self.state, self.blocks)
        session.curve, session.ghost = self.curve, self.ghost
        session.frontier = run.frontier
        session.breakpoints.replace(self.program, [Breakpoint(*parts) for parts in document.get("breakpoints", [])])
        session.watches = tuple(document.get("watches", []))
        session.stand_at(run.position)
        if session.position == run.position:
            if run.failed:
                session.execute()
            session.interpreter.ended, session.interpreter.broke = run.ended, run.broke
        session.mark_nothing()
        return session, self._differences(session)

    def _former(self, session: Session) -> Former | None:
        """Return the former run, None where there is none; the session has just run its setup."""
        if self.former is None or self.ghost is None:
            return None
        state = self.state["former"]
        return keptruns.take_up_former(session, self.run, self.former, self.ghost, state, self.blocks)

    def _differences(self, session: Session) -> str:
        """Say what is not as the file has it, empty where everything is."""
        if session.position != self.position:
            there, here = self.position.iteration, session.position.iteration
            return f"{self.path} stands at iteration {there:,}, but the program now ends at {here:,}"
        live = session.state
        other = [name for name, array in self.arrays.items() if name not in live or not same_bits(live[name], array)]
        if not other:
            return ""
        names = ", ".join(other[:3]) + (" …" if len(other) > 3 else "")
        return f"not the same numbers as in {self.path}: {names}; {_elsewhere(self.document['written by'])}"


def _elsewhere(then: Mapping[str, Any]) -> str:
    now = written_by()
    differing = [f"{name} {then.get(name)} there, {now[name]} here" for name in now if then.get(name) != now[name]]
    return ", ".join(differing) or "the program does not do the same twice"


def is_session(path: Path) -> bool:
    """Tell whether a file is a session that nntui has written."""
    try:
        with archive.opened(str(path)) as file:
            return SESSION in Archive(file).names
    except Exception:  # noqa: BLE001 - whatever zipfile thinks of a file that is none
        return False


def load(path: str) -> Kept:
    """Read a session file. Nothing in it is run.

    Raises:
        FileError: it cannot be read, or is none.
    """
    try:
        with archive.opened(path) as file:
            return _read(path, file)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or 'it cannot be read'}") from None
    except Broken as error:
        raise FileError(f"{path}: {error}") from None
    except Exception:  # noqa: BLE001 - a damaged file raises whatever zipfile, json, NumPy and Python think of it
        raise FileError(f"{path}: this session file is damaged") from None


def _read(path: str, file: Any) -> Kept:
    held = Archive(file)
    if SESSION not in held.names:
        raise Broken("there is no session of nntui in it; --weights takes arrays from a .npz file")
    document = json.loads(archive.text_of(held[SESSION]))
    if document["format"] != SESSION:
        raise Broken("there is no session of nntui in it")
    if type(document["version"]) is not int or document["version"] > VERSION:
        theirs = str(document["version"])[:20]
        raise Broken(f"a newer nntui wrote it (version {theirs} of the file, this nntui reads {VERSION})")
    held.refuse_bombs()
    arrays = {name: held[name] for name in held.names if name not in (SESSION, STATE, MEMORY)}
    state = json.loads(held[STATE].tobytes())
    blocks = _blocks(held[MEMORY], state["blocks"])
    programs = tuple(read_program(entry, path) for entry in document["programs"])
    _check(document, len(programs))
    run, aside = read_run(document, programs), document.get("former")
    former = None if aside is None else read_run(aside, programs)
    reader = Reader(blocks)
    curve = LossCurve.of(reader.values(state["curve"]))
    ghost = None
    if document["ghost"] is not None:
        ghost = Ghost(LossCurve.of(reader.values(state["ghost"])), str(document["ghost"]))
    for memory in [state] if former is None else [state, state["former"]]:
        if not isinstance(memory["code"], list) or not isinstance(memory["checkpoints"], list):
            raise ValueError("the state is none")
    return Kept(path, programs, document, run, former, curve, ghost, arrays, state, blocks)


def _blocks(memory: Array, lengths: list[int]) -> tuple[memoryview, ...]:
    if memory.dtype != np.uint8 or sum(lengths) != memory.size or any(length < 0 for length in lengths):
        raise ValueError("the memory has another length")
    ends = np.cumsum(lengths, dtype=np.int64).tolist()
    return tuple(memory.data[end - length : end] for end, length in zip(ends, lengths, strict=True))


def _check(document: Mapping[str, Any], programs: int) -> None:
    """Check what a damaged or forged file may have wrong."""
    right = all(natural(document[name]) < programs for name in ("opened", "present"))
    right = right and _are_breakpoints(document.get("breakpoints", []))
    right = right and _are_texts(document.get("watches", []))
    output = document["output"]
    right = right and type(output["count"]) is int and all(isinstance(line, str) for line in output["lines"])
    if not right or not isinstance(document["settings"], dict) or not isinstance(document["written by"], dict):
        raise ValueError("the session makes no sense")


def _are_breakpoints(entries: Any) -> bool:
    """Tell whether these are breakpoints; files of before there were any have none."""
    return isinstance(entries, list) and all(
        type(line) is int and type(every) is int and min(line, every) > 0 and isinstance(condition, str)
        for line, condition, every in entries
    )


def _are_texts(entries: Any) -> bool:
    return isinstance(entries, list) and len(entries) <= MOST_WATCHES and all(isinstance(e, str) for e in entries)
