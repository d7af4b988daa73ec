"""Where the cost has a corner and so no derivative: a ReLU whose pre-activation is exactly 0.

Biases that start at 0 put it there for every sample whose inputs are 0. A rule such as `z > 0` picks one of the two
slopes, as it may; the central difference measures the mean of both, and would accuse a right program. So such a
program is measured a little beside that point, its biases moved off 0: the lines are the same, and so is the verdict.
"""

import numpy as np

from nntui_core.case import Case
from nntui_core.objective import Layout
from nntui_core.trace import Trace

OFF = 0.05
"""How far biases are moved, at most."""
SEED = 0


def stands_on_one(case: Case) -> bool:
    """Tell whether some derivative could not be measured because the cost has a corner there."""
    return any(derivative.corners for derivative in case.derivatives)


def beside(trace: Trace, plan: Layout) -> tuple[Trace, tuple[str, ...]]:
    """Return the iteration with the biases that are 0 moved off it, and their names.

    Nothing is moved where a matrix of weights has all its numbers equal: that is a mistake to be seen as it is.
    """
    values = {name: trace.start.get(name) for name in plan.roles.parameters}
    arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    biases = {name: a for name, a in arrays.items() if a.ndim < 2 or min(a.shape) == 1}
    if any(name not in biases and not np.ptp(a) for name, a in arrays.items()):
        return trace, ()
    random = np.random.default_rng(SEED)
    moved = {
        name: random.uniform(OFF / 5, OFF, a.shape) * random.choice([-1, 1], a.shape)
        for name, a in biases.items()
        if a.dtype.kind == "f" and not np.any(a)
    }
    return (trace.with_start(moved), tuple(moved)) if moved else (trace, ())
