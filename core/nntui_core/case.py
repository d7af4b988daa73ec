"""What is judged: a measured iteration with all its derivatives, and what a wrong line in it is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nntui_core.gradients import Derivative, Objective
from nntui_core.objective import Layout
from nntui_core.rewrites import Surroundings
from nntui_core.trace import Trace
from nntui_core.updates import Update, judge


@dataclass(frozen=True)
class Case:
    """A traced iteration with its true derivatives: of every parameter, and of every forward variable, in order."""

    trace: Trace
    objective: Objective
    plan: Layout
    gradients: Mapping[str, Derivative]
    forward: tuple[Derivative, ...]
    rate: float | None
    buffers: tuple[str, ...]
    around: Surroundings
    samples: int

    @property
    def derivatives(self) -> tuple[Derivative, ...]:
        """All derivatives."""
        return (*self.gradients.values(), *self.forward)

    def judged(self, trace: Trace) -> dict[str, Update]:
        """Return the verdicts on the updates of a repaired trace."""
        return judge(trace, self.gradients, self.rate, self.buffers)


@dataclass(frozen=True)
class Fault:
    """A wrong line: step `k` wrote `variable`.

    `should_be` is what it ought to have been, `text` the cured statement, `healed` the trace with the right numbers in
    it, `factor` the constant factor of a `sign` or `scale`.
    """

    code: str
    k: int
    variable: str
    should_be: Derivative | None
    text: str | None
    healed: Trace
    factor: float = 1.0


def written(trace: Trace, k: int, name: str) -> Any:
    """Return what step k wrote, None where it raised."""
    return trace.environments[k + 1].get(name) if k + 1 < len(trace.environments) else None


def surroundings_at(case: Case, trace: Trace, k: int) -> Surroundings:
    """Return the surroundings with the backward variables that are there before step k."""
    before = {name for step in trace.steps[:k] for name in step.writes}
    names = tuple(n for n in case.around.backward if n in before)
    return replace(case.around, backward=names)
