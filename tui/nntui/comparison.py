"""Two sessions side by side: from the same weights, in step, until their losses differ, and on to the end."""

import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from nntui.advance import next_size
from nntui.interrupt import stop_asked
from nntui.lane import Lane
from nntui.progress import Progress
from nntui.results import parameters
from nntui.usage import InputError
from nntui_core import places
from nntui_core.curve import EXACT
from nntui_core.failure import shape_text
from nntui_core.findings import DESCENT, ERROR
from nntui_core.history import History
from nntui_core.interpreter import Position
from nntui_core.session import Refused, Session

ALL = 2**62
"""More points than any curve has."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run of two ended. `first_difference` is the first iteration whose losses differ in a bit."""

    first_difference: int | None
    seconds: float
    interrupted: bool


def give_weights(a: Session, lane: Lane) -> str | None:
    """Start another session from the initial parameters of `a`; return why that cannot be, None where it is done.

    Both stand at their start. The parameters correspond in order, whatever their names are.
    """
    b = lane.session
    given, taking = parameters(a), parameters(b)
    reason = _misfit(given, taking)
    if reason is not None:
        return reason
    with lane.running():
        live = b.interpreter.namespace
        for name, value in zip(taking, given.values(), strict=True):
            places.put(live, name, _in_place(places.value(live, name), value))
        b.history = History(b.program)
        b.history.add(0, b.interpreter.take_checkpoint())
        b.catch_up()
    return None


def _misfit(given: dict[str, Any], taking: dict[str, Any]) -> str | None:
    shapes = [", ".join(f"{n} {shape_text(v)}" for n, v in side.items()) or "none" for side in (given, taking)]
    if not given or [np.shape(v) for v in given.values()] != [np.shape(v) for v in taking.values()]:
        return f"the parameters are not alike ({shapes[0]} and {shapes[1]})"
    for (name, value), (other, old) in zip(given.items(), taking.items(), strict=True):
        kinds = np.asarray(value).dtype, np.asarray(old).dtype
        if not np.can_cast(*kinds, "safe"):
            return f"{other} is {kinds[1]} and cannot take {name}, which is {kinds[0]}"
    return None


def _in_place(old: Any, value: Any) -> Any:
    """Return a value in the place of an old one: in its memory, so that other names for it see it too."""
    if not isinstance(old, np.ndarray):
        return np.array(value).item() if np.ndim(value) == 0 else np.array(value)
    if not old.flags.writeable:
        return np.array(value, dtype=old.dtype)
    old[...] = value
    return old


def verdict(lane: Lane) -> str:
    """Return what a check of the present iteration finds, in a few words."""
    try:
        with lane.running():
            report = lane.session.check()
    except Refused as reason:
        return f"not checked: {reason}"
    if not report.failed:
        return "✓ its updates go downhill"
    errors = [f for f in report.findings if f.severity == ERROR]
    found = [f"{f.code} (line {f.line})" if f.line else f.code for f in errors]
    found = found or [f"{p.name} {p.verdict}" for p in report.parameters if p.verdict != DESCENT]
    return f"✗ {', '.join(dict.fromkeys(found))}"


def run(lanes: tuple[Lane, Lane], iterations: int) -> Outcome:
    """Run both, as far as both go.

    Raises:
        InputError: one of them failed.
    """
    a, b = (lane.session for lane in lanes)
    progress = Progress(sys.stderr, iterations)
    start = time.perf_counter()
    first, size, here = None, 1, 0
    with stop_asked() as asked:
        try:
            while here < iterations and a.why_not() is None and b.why_not() is None and not asked():
                began = time.perf_counter()
                for lane in lanes:
                    _slice(lane, min(size, iterations - here))
                first = _difference(a, b, here) if first is None else first
                size = min(next_size(size, time.perf_counter() - began), EXACT)
                here = a.position.iteration
                progress.show(here, b.loss)
        finally:
            progress.erase()
        seconds, interrupted = time.perf_counter() - start, asked()
    _level(lanes)
    return Outcome(first, seconds, interrupted)


def _slice(lane: Lane, iterations: int) -> None:
    """Run a few iterations, so few that their losses are all kept exactly."""
    session, name = lane.session, lane.name
    with lane.running():
        session.run(iterations)
    if session.failure is not None:
        at = session.position.iteration
        would_do = f": try -n {at}" if at else ""
        raise InputError(f"{name} fails in iteration {at:,}, {session.failure}{would_do}")


def _difference(a: Session, b: Session, since: int) -> int | None:
    """Return the first iteration whose losses differ in a bit; two that are no numbers do not differ."""
    points = [session.curve.points(ALL) for session in (a, b)]
    losses = [{i: v for i, v in zip(p.iterations, p.losses, strict=True) if i >= since} for p in points]
    both = [i for i in losses[0] if i in losses[1]]
    left, right = (np.array([side[i] for i in both]) for side in losses)
    differ = (left.view(np.int64) != right.view(np.int64)) & ~(np.isnan(left) & np.isnan(right))
    return both[int(differ.argmax())] if differ.any() else None


def _level(lanes: tuple[Lane, Lane]) -> None:
    """Take the one that went further back to where the other's loop ended."""
    end = min(lane.session.position.iteration for lane in lanes)
    for lane in lanes:
        session = lane.session
        if session.position.iteration > end:
            with lane.running():
                session.goto(Position(end, 0))
            session.curve.cut(end)


def apart(a: Session, b: Session) -> list[tuple[str, float | None]]:
    """Return how far each parameter of `a` is from the one of `b`: the largest difference, None for other shapes."""
    found: list[tuple[str, float | None]] = []
    for (name, value), (other, theirs) in zip(parameters(a).items(), parameters(b).items(), strict=False):
        label = name if name == other else f"{name} and {other}"
        alike = np.shape(value) == np.shape(theirs)
        with np.errstate(all="ignore"):
            far = float(np.max(np.abs(np.subtract(value, theirs, dtype=float)), initial=0.0)) if alike else None
        found.append((label, far))
    return found
