"""Samples that are gone through one after another and summed up: each has a prediction and a target of its own.

    for x, y in mini_batch:
        delta_nabla_w = backprop(x, y)            # a - y, once for each sample
        nabla_w = nabla_w + delta_nabla_w
    w = w - (eta / len(mini_batch)) * nabla_w

Written down as a straight line (`nntui_core.straight`), prediction and target *meet* in the same line of the text
again and again, each time with another target. The cost is the sum over these meetings, and what the update descends
is that sum or its mean. Two samples are enough to tell whether each sample's gradient is right and whether they are
added up: the loop over them is followed for two turns, whatever the size of the mini-batch.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from nntui_core import dataflow
from nntui_core.flatlines import Line, cloned

ENOUGH = 2
"""Samples that are followed."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """A flat line, by its index, in which a prediction and the target of one sample meet."""

    index: int
    prediction: str
    target: str


@dataclass(frozen=True, slots=True)
class Samplewise:
    """The meetings of the samples in a straight line, and how many samples there are, with those that are left out."""

    meetings: tuple[Meeting, ...] = ()
    total: int = 0

    @property
    def targets(self) -> frozenset[str]:
        """The targets of all samples."""
        return frozenset(meeting.target for meeting in self.meetings)

    @property
    def told(self) -> str:
        """What is to be said where samples are left out, empty where none are."""
        count = max(len(self.meetings), 1)
        if count >= self.total:
            return ""
        which = "the first" if count == 1 else f"the first {count}"
        return f"checked {which} of {self.total} samples that are summed up; the others were not looked at"


NONE = Samplewise()
"""All samples are a batch, or there is one."""


def meetings(lines: Sequence[Line], prediction: str | None, target: str | None) -> tuple[Meeting, ...]:
    """Return the meetings of each sample's prediction and target; none where there is one sample, or one batch."""
    if prediction is None or target is None:
        return ()
    both = {prediction, target}
    first = next((k for k, line in enumerate(lines) if both <= set(dataflow.reads(line.node))), None)
    if first is None:
        return ()
    written = {name for line in lines for name in dataflow.writes(line.node)}
    names, shape = _names(lines[first].node)
    here = [names.index(name) for name in (prediction, target)]
    found: dict[str, Meeting] = {}
    for k, line in enumerate(lines[first:], start=first):
        if (line.line, line.function) != (lines[first].line, lines[first].function):
            continue
        others, other_shape = _names(line.node)
        if other_shape == shape and others[here[1]] not in written:
            p, t = (others[i] for i in here)
            found.setdefault(t, Meeting(k, p, t))
    return tuple(found.values()) if len(found) > 1 else ()


def rebound(lines: Sequence[Line], prediction: str | None, target: str | None) -> tuple[int, int] | None:
    """Return the line of a loop that binds the target anew in every turn, and how many turns meet it; None without.

        for x, y in zip(X, Y):
            d = (sigmoid(x @ W) - y) * …
            dW += np.outer(x, d)

    All of them have the same names then, so the cost of one sample is all that can be written down: one is followed.
    """
    if prediction is None or target is None:
        return None
    both = {prediction, target}
    first = next((line for line in lines if both <= set(dataflow.reads(line.node))), None)
    if first is None or not first.loops or not any(target in dataflow.writes(line.node) for line in lines):
        return None
    turns = {line.loops for line in lines if line.line == first.line and both <= set(dataflow.reads(line.node))}
    return (first.loops[-1][0], len(turns)) if len(turns) > 1 else None


def loop_between(one: Line, other: Line) -> int | None:
    """Return the line of the loop of whose turns two flat lines come, None where they come of one turn."""
    for a, b in zip(one.loops, other.loops, strict=False):
        if a != b:
            return a[0] if a[0] == b[0] else None
    return None


def busiest(line: Line) -> int | None:
    """Return the line of the innermost loop that had gone round more than a few times when a flat line ran."""
    return next((number for number, turn in reversed(line.loops) if turn >= ENOUGH), None)


def _names(node: ast.stmt) -> tuple[list[str], str]:
    """Return the names in a line in order, and the line without them."""
    plain = cloned(node)
    found = [part for part in ast.walk(plain) if isinstance(part, ast.Name)]
    names = [part.id for part in found]
    for part in found:
        part.id = "_"
    return names, ast.dump(plain)
