"""The same iteration from other weights: what is right by chance is right only once.

An edit may give the true numbers here and be wrong everywhere else: where a ReLU's mask happens to choose the same
cells, where two arrays are equal at the start. A right line is right for all weights. So an edit that fits is tried
again from weights that nothing is special about.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from nntui_core.gradients import Derivative, Objective, differentiate
from nntui_core.trace import Trace

SEEDS = (1, 2)
AWAY, AT_LEAST = 0.5, 0.1
"""How far the weights are moved: this part of their root mean square, and a little for those that are zero."""


@dataclass(frozen=True, eq=False)
class Witness:
    """The iteration from other weights; its derivatives are measured as they are asked for."""

    trace: Trace
    objective: Objective
    _known: dict[int, Derivative | None] = field(default_factory=dict)

    def derivative(self, of: Derivative) -> Derivative | None:
        """Return the derivative of the same variable here, None where it cannot be measured or vanishes."""
        if id(of) not in self._known:
            self._known[id(of)] = self._measured(of)
        return self._known[id(of)]

    def _measured(self, of: Derivative) -> Derivative | None:
        cells = None if of.whole else of.cells
        try:
            found = differentiate(self.trace, self.objective, of.variable, of.position, cells)
        except Exception:  # noqa: BLE001 - the learner's program may raise anything from these weights
            return None
        usable = np.all(np.isfinite(found.sampled)) and np.isfinite(found.error) and not found.zero
        return found if usable else None


def witnesses(trace: Trace, objective: Objective, parameters: Sequence[str]) -> tuple[Witness, ...]:
    """Return the iteration from other parameters, always the same ones."""
    found = []
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        moved = {}
        for name in parameters:
            value = np.asarray(trace.start[name])
            size = AWAY * float(np.sqrt(np.mean(value.astype(float) ** 2))) + AT_LEAST if value.size else 0.0
            if value.dtype.kind == "f":
                moved[name] = (value + size * random.standard_normal(value.shape)).astype(value.dtype)
        found.append(Witness(trace.with_start(moved), objective))
    return tuple(found)
