"""What is judged: a measured iteration with all its derivatives, and what a wrong line in it is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from nntui_core.gradients import Derivative, Objective
from nntui_core.line import Surroundings
from nntui_core.objective import Layout
from nntui_core.optimizers import Optimizer
from nntui_core.trace import Trace
from nntui_core.updates import Pace, Update, judge, rate_of
from nntui_core.witnesses import Witness, witnesses


@dataclass(frozen=True)
class Case:
    """A traced iteration with its true derivatives: of every parameter, and of every forward variable, in order."""

    trace: Trace
    objective: Objective
    plan: Layout
    gradients: Mapping[str, Derivative]
    forward: tuple[Derivative, ...]
    pace: Pace
    optimizer: Optimizer
    around: Surroundings

    @property
    def samples(self) -> int:
        """The number of samples."""
        return self.pace.samples

    @property
    def rate(self) -> float | None:
        """The program's learning rate, None where no variable holds it."""
        return rate_of(self.trace, self.plan.roles.rate)

    @property
    def derivatives(self) -> tuple[Derivative, ...]:
        """All derivatives."""
        return (*self.gradients.values(), *self.forward)

    @cached_property
    def witnesses(self) -> tuple[Witness, ...]:
        """The same iteration from other weights."""
        return witnesses(self.trace, self.objective, tuple(self.gradients))

    def judged(self, trace: Trace) -> dict[str, Update]:
        """Return the verdicts on the updates of a repaired trace."""
        return judge(trace, self.gradients, self.pace)

    def judged_elsewhere(self, trace: Trace, gradient: Derivative) -> Update:
        """Return the verdict on one parameter's update in a witness's trace, given its gradient there."""
        return judge(trace, {gradient.variable: gradient}, self.pace)[gradient.variable]


@dataclass(frozen=True)
class Fault:
    """A wrong line: step `k` wrote `variable`.

    `should_be` is what it ought to have been, `text` the cured statement, `healed` the trace with the right numbers in
    it, `factor` the constant factor of a `sign` or `scale`. `reason` says what is wrong where the code alone says too
    little; `through` is the variable that this one is read for, where only that one is a derivative. Where an earlier
    step has spoilt what a right line reads, `cause` is that step and `advice` what to do about it, in words.
    """

    code: str
    k: int
    variable: str
    should_be: Derivative | None
    text: str | None
    healed: Trace
    factor: float = 1.0
    reason: str = ""
    through: str = ""
    cause: int | None = None
    advice: str = ""


def written(trace: Trace, k: int, name: str) -> Any:
    """Return what step k wrote, None where it raised."""
    return trace.environments[k + 1].get(name) if k + 1 < len(trace.environments) else None


def surroundings_at(case: Case, trace: Trace, k: int) -> Surroundings:
    """Return the surroundings with the backward variables that are there before step k."""
    before = {name for step in trace.steps[:k] for name in step.writes}
    names = tuple(n for n in case.around.backward if n in before)
    return replace(case.around, backward=names)
