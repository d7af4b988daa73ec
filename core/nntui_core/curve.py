"""The loss of every iteration, in bounded memory.

The first and the last losses are kept exactly. Between them stand buckets, each with the least and the greatest
loss of a stretch of iterations and where they were: a spike is never lost, however far away it is looked at. When
there are too many buckets, neighbours are merged, so that a curve of a million iterations takes what one of ten
thousand takes.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

EXACT = 1024
"""Losses kept exactly at each end."""
BUCKETS = 2048
"""Stretches kept in between, at most."""

PARTS = {
    "count": "count",
    "first not finite": "first_not_finite",
    "head": "_head",
    "tail": "_tail",
    "width": "_width",
    "starts": "_starts",
    "at": "_at",
    "loss": "_loss",
}
"""What a curve is made of: the name of each part in a file, and its attribute."""
HELD_OUT = "held out"
"""The part that is a curve itself."""


@dataclass(frozen=True, slots=True)
class Points:
    """A thinned curve: iterations and losses of equal length, in order."""

    iterations: tuple[int, ...] = ()
    losses: tuple[float, ...] = ()


class LossCurve:
    """The losses of iterations 0, 1, 2, … in order."""

    def __init__(self) -> None:
        self.count = 0
        """How many iterations' losses are known."""
        self.first_not_finite: int | None = None
        """The first iteration whose loss was infinite or not a number."""
        self.held_out: LossCurve | None = None
        """The losses of samples that are held out, where the program computes any: NaN where it has computed none."""
        self._head: Floats = np.empty(0)
        self._tail: Floats = np.empty(0)
        self._width = 1
        self._starts: Integers = np.empty(0, np.int64)
        self._at: Integers = np.empty((0, 2), np.int64)
        self._loss: Floats = np.empty((0, 2))

    def extend(self, first: int, losses: Sequence[float], held_out: Sequence[float] = ()) -> None:
        """Add the losses of iterations `first`, `first`+1, …; those that are known already are passed over.

        `held_out` are those of the samples that are held out, as many or none.

        Raises:
            ValueError: there would be a gap.
        """
        if first > self.count:
            raise ValueError(f"the curve ends at {self.count}, it cannot go on at {first}")
        if held_out:
            self.held_out = self.held_out or LossCurve()
            unknown = first - self.held_out.count
            self.held_out.extend(first - max(unknown, 0), [*[np.nan] * unknown, *held_out])
        fresh = np.asarray(losses[self.count - first :], dtype=float).reshape(-1)
        if not fresh.size:
            return
        if self.first_not_finite is None:
            bad = np.flatnonzero(~np.isfinite(fresh))
            if bad.size:
                self.first_not_finite = self.count + int(bad[0])
        self.count += fresh.size
        room = EXACT - self._head.size
        self._head = np.concatenate([self._head, fresh[:room]])
        self._tail = np.concatenate([self._tail, fresh[room:]])
        if self._tail.size > 2 * EXACT:  # not each time: folding costs as much for a few as for many
            while self._tail.size > EXACT + self._width:
                self._fold()

    def _fold(self) -> None:
        """Move the older part of the tail into buckets of the present width."""
        stretches = min((self._tail.size - EXACT) // self._width, BUCKETS)
        old = self._tail[: stretches * self._width].reshape(stretches, self._width)
        starts = self.count - self._tail.size + np.arange(stretches) * self._width
        loss, at = _extremes(old, starts[:, None] + np.arange(self._width))
        self._starts = np.concatenate([self._starts, starts])
        self._loss, self._at = np.concatenate([self._loss, loss]), np.concatenate([self._at, at])
        self._tail = self._tail[stretches * self._width :]
        if len(self._starts) > BUCKETS:
            self._merge()

    def _merge(self) -> None:
        """Merge neighbouring buckets in pairs; the last one stays alone where their number is odd."""
        pairs = len(self._starts) // 2
        loss, at = _extremes(self._loss[: 2 * pairs].reshape(pairs, 4), self._at[: 2 * pairs].reshape(pairs, 4))
        self._loss, self._at = (
            np.concatenate([loss, self._loss[2 * pairs :]]),
            np.concatenate([at, self._at[2 * pairs :]]),
        )
        self._starts = self._starts[::2]
        self._width *= 2

    def cut(self, iteration: int) -> None:
        """Forget the losses from an iteration on; in the part kept as buckets, from the start of its bucket on.

        `count` tells afterwards how many are known still.
        """
        if self.held_out is not None:
            self.held_out.cut(iteration)
        if iteration >= self.count:
            return
        exact_from = self.count - self._tail.size
        if iteration >= exact_from:
            self.count = iteration
            self._tail = self._tail[: iteration - exact_from]
        else:
            kept = max(int(np.searchsorted(self._starts, iteration, side="right")) - 1, 0)
            self.count = int(self._starts[kept]) if iteration >= EXACT else iteration
            kept = kept if iteration >= EXACT else 0
            self._starts, self._loss, self._at = self._starts[:kept], self._loss[:kept], self._at[:kept]
            self._tail = np.empty(0)
            self._head = self._head[: self.count]
        if self.first_not_finite is not None and self.first_not_finite >= self.count:
            self.first_not_finite = None

    def exact(self, start: int) -> list[float]:
        """Return the losses from an iteration on.

        Raises:
            ValueError: they are not all kept exactly.
        """
        first = self.count - self._tail.size
        if start < (first if self._starts.size else 0):
            raise ValueError(f"the losses are kept exactly from iteration {first} on")
        whole = self._tail[start - first :] if start >= first else np.concatenate([self._head[start:], self._tail])
        return [float(loss) for loss in whole]

    def parts(self) -> dict[str, Any]:
        """Return all that a curve is made of, as arrays and numbers by name."""
        parts = {name: getattr(self, attribute) for name, attribute in PARTS.items()}
        return parts if self.held_out is None else {**parts, HELD_OUT: self.held_out.parts()}

    @classmethod
    def of(cls, parts: Mapping[str, Any]) -> "LossCurve":
        """Return the curve that is made of these parts.

        Raises:
            ValueError: they are not the parts of a curve.
            KeyError: one is missing.
        """
        curve = cls()
        for name, attribute in PARTS.items():
            setattr(curve, attribute, parts[name])
        curve._refuse_nonsense()
        if HELD_OUT in parts:
            curve.held_out = cls.of(parts[HELD_OUT])
        return curve

    def _refuse_nonsense(self) -> None:
        buckets = len(self._starts)
        right = all(_is_of(a, float, 1) for a in (self._head, self._tail)) and _is_of(self._loss, float, 2)
        right = right and _is_of(self._starts, np.int64, 1) and _is_of(self._at, np.int64, 2)
        right = right and all(_is_whole(n) for n in (self.count, self._width, self.first_not_finite or 0))
        right = right and self._width > 0 and self._loss.shape == self._at.shape == (buckets, 2)
        exact = self._head.size + self._tail.size
        right = right and (exact == self.count if not buckets else exact < self.count)
        right = right and bool(np.all(np.diff(self._starts) > 0))
        right = right and bool(np.all((self._at >= 0) & (self._at < self.count)))
        if not right:
            raise ValueError("these are not the parts of a loss curve")

    def _everything(self) -> tuple[Integers, Floats]:
        tail_at = np.arange(self.count - self._tail.size, self.count)
        at = np.concatenate([np.arange(self._head.size), self._at.reshape(-1), tail_at])
        loss = np.concatenate([self._head, self._loss.reshape(-1), self._tail])
        once, first = np.unique(at, return_index=True)  # a flat stretch has its least and greatest in one place
        return once, loss[first]

    def points(self, most: int, until: int | None = None) -> Points:
        """Return the curve in at most `most` points (at least 4); its ends exact, extremes of stretches in between.

        `until` leaves out later iterations.
        """
        at, loss = self._everything()
        if until is not None:
            shown = at < until
            at, loss = at[shown], loss[shown]
        if at.size > most:
            at, loss = _thinned(at, loss, max(most, 4))
        return Points(tuple(at.tolist()), tuple(loss.tolist()))


def _is_of(array: object, kind: type, dimensions: int) -> bool:
    return isinstance(array, np.ndarray) and array.dtype == kind and array.ndim == dimensions


def _is_whole(number: object) -> bool:
    return type(number) is int and number >= 0


def _extremes(loss: Floats, at: Integers) -> tuple[Floats, Integers]:
    """Return the least and the greatest loss of each row, in the order of their iterations, and those iterations."""
    low = np.where(np.isnan(loss), np.inf, loss).argmin(axis=1)
    high = np.where(np.isnan(loss), -np.inf, loss).argmax(axis=1)
    both = np.sort(np.stack([low, high], axis=1), axis=1)
    return np.take_along_axis(loss, both, axis=1), np.take_along_axis(at, both, axis=1)


def _thinned(at: Integers, loss: Floats, most: int) -> tuple[Integers, Floats]:
    """Keep both ends, and of each of equally wide stretches between them the least and the greatest loss."""
    chosen = {0, at.size - 1}
    edges = np.linspace(at[0], at[-1] + 1, (most - 2) // 2 + 1)
    bounds = np.searchsorted(at, edges)
    for start, stop in itertools.pairwise(bounds):
        part = loss[start:stop]
        finite = np.isfinite(part)
        if finite.any():
            chosen.add(int(start + np.where(finite, part, np.inf).argmin()))
            chosen.add(int(start + np.where(finite, part, -np.inf).argmax()))
        elif part.size:
            chosen.add(int(start))
    order = np.array(sorted(chosen))
    return at[order], loss[order]
