"""Breakpoints: lines before which a run stops.

They belong to a line of the text, not to its number: when a line is edited, added or taken out, or when the session
goes back to a time before that, each stays with its line as long as the line exists.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from nntui_core.program import Program


@dataclass(frozen=True, slots=True)
class Breakpoint:
    """Before which line to stop: where `condition` holds, and there at every `every`-th hit of a run."""

    line: int
    condition: str = ""
    every: int = 1

    @property
    def says(self) -> str:
        """When it stops, empty where it always does."""
        times = f"every {self.every} hits" if self.every > 1 else ""
        return ", ".join(part for part in (f"if {self.condition}" if self.condition else "", times) if part)

    def __str__(self) -> str:
        return f"line {self.line} {self.says}".rstrip()


class Breakpoints:
    """The breakpoints of a session, by the lines of the program as it is."""

    def __init__(self, program: Program) -> None:
        self._set: dict[int, Breakpoint] = {}
        self._program = program
        """The text that the lines are those of."""

    @property
    def any(self) -> bool:
        """Whether there is one, in whatever text."""
        return bool(self._set)

    def within(self, program: Program) -> Mapping[int, Breakpoint]:
        """Return the breakpoints by their lines in a text; those whose line it does not have are left out."""
        if program.source == self._program.source:
            return self._set
        moved = same_lines(self._program.lines, program.lines)
        return {moved[line]: replace(b, line=moved[line]) for line, b in self._set.items() if line in moved}

    def by_statement(self, program: Program) -> dict[int, Breakpoint]:
        """Return the breakpoints by the statement that each stands before."""
        found = {}
        for line, breakpoint_ in self.within(program).items():
            index = statement_on(program, line)
            if index is not None:
                found[index] = breakpoint_
        return found

    def put(self, program: Program, breakpoint_: Breakpoint) -> None:
        """Set one on a line of a text, in the place of one that was there."""
        self._set = {**self.within(program), breakpoint_.line: breakpoint_}
        self._program = program

    def take(self, program: Program, line: int) -> None:
        """Take the one on a line of a text away."""
        self._set = {k: b for k, b in self.within(program).items() if k != line}
        self._program = program

    def replace(self, program: Program, breakpoints: Iterable[Breakpoint]) -> None:
        """Set all of them."""
        self._set, self._program = {b.line: b for b in breakpoints}, program


def statement_on(program: Program, line: int) -> int | None:
    """Return the first statement that begins on the line on which the statement at `line` begins; None without one."""
    covering = program.statement_at(line)
    if covering is None:
        return None
    return next(s.index for s in program.body if s.line == covering.line)


def same_lines(old: list[str], new: list[str]) -> dict[int, int]:
    """Return which line (1-based) of a new text each line of an old one is: the same text, or edited in its place."""
    found: dict[int, int] = {}
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal" or (kind == "replace" and b > a):
            found |= {a + k + 1: c + k + 1 for k in range(min(b - a, d - c))}
    return found
