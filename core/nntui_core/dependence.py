"""What depends on what within one iteration, told from what each statement reads and writes.

`dataflow` reads one statement; here statements follow one another. A name depends on another where a statement that
reads the one writes the other, directly or by names between. A name that an iteration reads before it writes it is
**carried**: its value comes from the iteration before. These are all that the rules of `roles` ask.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """One body statement: its node, what it reads and writes.

    `inside` is the node, and the statements of the program's functions that it calls.
    """

    node: ast.stmt
    inside: tuple[ast.AST, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]


def walk(fact: Fact) -> Iterator[ast.AST]:
    """Yield all nodes of a statement, and of the program's functions that it calls."""
    for node in fact.inside:
        yield from ast.walk(node)


def carried_names(facts: Sequence[Fact]) -> tuple[str, ...]:
    """Return the names that an iteration reads before it writes them, and does write."""
    seen: set[str] = set()
    early: dict[str, None] = {}
    for fact in facts:
        early |= dict.fromkeys(name for name in fact.reads if name not in seen)
        seen |= set(fact.writes)
    return tuple(name for name in early if name in seen)


def depends_on(facts: Sequence[Fact], roots: set[str]) -> frozenset[str]:
    """Return the names that depend on `roots` within one iteration, the roots themselves not among them."""
    tainted = set(roots)
    for fact in facts:
        if tainted.intersection(fact.reads):
            tainted |= set(fact.writes)
    return frozenset(tainted - roots)


def needed_for(facts: Sequence[Fact], names: frozenset[str]) -> set[str]:
    """Return what the statements that write some names read, directly or by others before them."""
    needed: set[str] = set()
    for fact in reversed(facts):
        if (names | needed).intersection(fact.writes):
            needed |= set(fact.reads)
    return needed


def is_renewed(facts: Sequence[Fact], name: str) -> bool:
    """Tell whether a name's new value depends on its old one, within one iteration."""
    tainted = {name}
    for fact in facts:
        if tainted.intersection(fact.reads):
            if name in fact.writes:
                return True
            tainted |= set(fact.writes)
    return False


def tainted_before(facts: Sequence[Fact], after_target: frozenset[str]) -> list[frozenset[str]]:
    """Return, for each statement, the names that depend on the target and have been written before it."""
    found: list[frozenset[str]] = []
    written: set[str] = set()
    for fact in facts:
        # what is written by nobody before is the target itself, or comes from the iteration before
        found.append(frozenset(n for n in after_target if n in written or not any(n in f.writes for f in facts)))
        written |= set(fact.writes)
    return found


def left_aside(facts: Sequence[Fact], roots: set[str]) -> frozenset[str]:
    """Return the names that nothing that is learned, predicted or lost depends on: a measurement by the way."""
    needed = set(roots)
    for _ in facts:
        more = {name for fact in facts if needed.intersection(fact.writes) for name in fact.reads} - needed
        if not more:
            break
        needed |= more
    return frozenset(name for fact in facts for name in fact.writes if name not in needed)
