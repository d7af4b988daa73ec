"""Equal sizes that hide a mistake: as many samples as units, a square matrix of weights.

The forum's author used ∂C/∂z2 where ∂C/∂W2 belongs, and NumPy did not complain: four samples, four hidden units.
Whoever picks the sizes of a network can avoid that.
"""

from collections.abc import Mapping

from nntui_core.builtin import NAMES
from nntui_core.frame import Index
from nntui_core.mistakes import MISTAKES
from nntui_core.program import Program


def coincidence(program: Program, shapes: Mapping[str, Index]) -> str:
    """Return which sizes coincide, in a sentence that says what would do; empty where none do.

    Of the programs that come with nntui nothing is said: the forum's sizes are what it is about.
    """
    if (program.origin.path is None and program.name in NAMES) or any(m.code == program.name for m in MISTAKES):
        return ""
    for name, delta in zip(program.roles.parameters, program.roles.deltas, strict=False):
        shape = shapes.get(name, ())
        if len(shape) != 2 or max(shape) < 2:
            continue
        if delta != name and shapes.get(delta) == shape:
            return (
                f"{delta} and {name} are both {shape}: one in the place of the other would raise no error;"
                f" another number of units or samples would show it"
            )
        if shape[0] == shape[1]:
            return (
                f"{name} is square, {shape}: {name}.T in its place would raise no error; another number of units would"
                f" show it"
            )
    return ""
