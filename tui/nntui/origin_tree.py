"""A number, the numbers that it was computed from, and those that these came from, down to some depth."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nntui.cellname import Index, written
from nntui.usage import InputError
from nntui_core.explain import Source
from nntui_core.interpreter import Position
from nntui_core.origins import Made, Origins
from nntui_core.session import Executed, Session
from nntui_core.values import Array

MOST = 20_000
"""Numbers of a tree: every level has several times as many as the one above."""


class Still(Session):
    """A session that stands where it is: what it has looked up of the past, it keeps."""

    _seen: dict[int, Sequence[Executed]] | None = None

    def trace_of(self, iteration: int) -> Sequence[Executed]:
        """Return the statements of an iteration that has begun, with their states."""
        if self._seen is None:
            self._seen = {}
        if iteration not in self._seen:
            self._seen[iteration] = super().trace_of(iteration)
        return self._seen[iteration]


@dataclass(frozen=True, slots=True)
class Told:
    """A number and how it was made. `iteration` is None for a value of the setup.

    `sources` are those of the explanation; `opened` tells whether they say of themselves how they were made.
    """

    name: str
    index: Index
    value: Any
    iteration: int | None = None
    line: int | None = None
    text: str = ""
    formula: str = ""
    short: str = ""
    arithmetic: str = ""
    unknown: tuple[str, ...] = ()
    sources: "tuple[Told, ...]" = ()
    opened: bool = False

    def as_json(self, opened: bool = True) -> dict[str, Any]:
        """Return the tree in the terms of JSON, but for numbers that it does not know."""
        cell = {"name": self.name, "index": list(self.index)}
        if not opened:
            return {**cell, "value": self.value}
        return {
            **cell,
            "iteration": self.iteration,
            "line": self.line,
            "formula": self.formula,
            "arithmetic": self.arithmetic,
            "value": self.value,
            "sources": [source.as_json(self.opened) for source in self.sources],
        }

    def lines(self) -> list[str]:
        """Return the tree as indented lines."""
        label = written(self.name, self.index)
        steps = [self.short, self.arithmetic, repr(self.value)]
        shown = [step for step in dict.fromkeys(steps) if step]
        lines = [self.formula or f"{label} = {self.value!r}"]
        lines += [f"{'':<{len(label)}} = {step}" for step in shown if self.formula]
        lines += [f"not understood: {what}" for what in self.unknown]
        where = "" if self.line is None else f"line {self.line}: {self.text}"
        when = "setup" if self.iteration is None else f"iteration {self.iteration:,}"
        lines.append(f"{when}, {where}" if where else when)
        if self.sources:
            lines.append("from")
        for source in self.sources:
            inside = source.lines() if self.opened else [f"{written(source.name, source.index)} = {source.value!r}"]
            lines += [f"  {line}" for line in inside]
        return lines


class Teller:
    """Tells of a session's numbers where they came from."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._origins = Origins(session)
        self._made: dict[tuple[str, Index, Position], Made | None] = {}
        self._count = 0

    def made(self, name: str, index: Index, before: Position) -> Made | None:
        """Return how a cell got the value that it had before a position, None where nobody knows.

        A variable need not be written in every iteration.
        """
        key = (name, index, before)
        if key not in self._made:
            found = self._look(name, index, before)
            iterations = range(before.iteration - 1, 0, -1) if self._session.program.writers(name) else ()
            for iteration in iterations:
                if found is not None and found.position is not None:
                    break
                found = self._look(name, index, Position(iteration, 0))
            self._made[key] = found
        return self._made[key]

    def inside(self, iteration: int) -> dict[str, Array]:
        """Return the local variables of functions, with the values that an iteration gave them last."""
        found = {n: line.after[n] for line in self._origins.inside(iteration) for n in line.targets if n in line.after}
        return {name: value for name, value in found.items() if name not in self._session.state}

    def made_inside(self, name: str, index: Index, iteration: int) -> Made | None:
        """Return how a cell of a local variable was made in an iteration."""
        return self._origins.made_inside(name, index, iteration)

    def _look(self, name: str, index: Index, before: Position) -> Made | None:
        try:
            return self._origins.made(name, index, before)
        except (LookupError, ValueError):
            return None

    def tree(self, made: Made | None, cell: Source, iteration: int, depth: int) -> Told:
        """Return a cell with its origins.

        Args:
            made: how it was made, as far as that is known.
            cell: which cell it is, and its value.
            iteration: the one in which it has that value.
            depth: how many levels of sources say how they were made.

        Raises:
            InputError: these are more numbers than anybody can read.
        """
        self._count += 1
        if self._count > MOST:
            raise InputError(f"--depth: that makes more than {MOST:,} numbers; a smaller depth would do")
        at, line, text = self._place(made, cell.name, iteration)
        told = made.explanation if made is not None else None
        if made is None or made.position is None or told is None or self._is_counter(cell.name):
            return Told(cell.name, cell.index, cell.value, at, line, text)
        sources = [self._source(source, made, made.position, depth) for source in told.sources]
        return Told(
            cell.name,
            cell.index,
            cell.value,
            at,
            line,
            text,
            told.formula,
            told.short,
            told.arithmetic,
            told.unknown,
            tuple(sources),
            depth > 0,
        )

    def _source(self, source: Source, user: Made, reader: Position, depth: int) -> Told:
        if depth == 0:
            return Told(source.name, source.index, source.value)
        inside = user.inside is not None
        made = self._inside(user, source) if inside else self.made(source.name, source.index, reader)
        return self.tree(made, source, reader.iteration, depth - 1)

    def _inside(self, user: Made, source: Source) -> Made | None:
        try:
            return self._origins.source(user, source.name, source.index)
        except (LookupError, ValueError):
            return None

    def _is_counter(self, name: str) -> bool:
        """Tell whether only the loop's header writes a variable."""
        program = self._session.program
        header = program.loop.target if isinstance(program.loop, ast.For) else None
        names = {part.id for part in ast.walk(header) if isinstance(part, ast.Name)} if header else set()
        return name in names and not program.writers(name)

    def _place(self, made: Made | None, name: str, iteration: int) -> tuple[int | None, int | None, str]:
        """Return the iteration, None for the setup, and the line in which a variable got its value."""
        program = self._session.program
        if self._is_counter(name):
            return iteration, program.loop.lineno, program.lines[program.loop.lineno - 1].strip()
        if made is not None and made.position is not None:
            statement = next((s for s in program.body if s.line == made.line), None)
            plain = program.lines[made.line - 1].split("#")[0].strip() if made.line else ""
            return made.position.iteration, made.line, statement.text if statement else plain
        line = made.line if made is not None else None
        return None, line, program.lines[line - 1].split("#")[0].strip() if line else ""
