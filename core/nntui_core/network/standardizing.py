"""Which inputs cannot be standardized: those that never change have no deviation to divide by."""

import numpy as np

from nntui_core.interpreter import Interpreter
from nntui_core.network.description import Network
from nntui_core.network.writing import build


def constant_column(network: Network) -> str | None:
    """Return which input is the same in all samples that are learned from, in words; None where none is.

    The network's setup is run, since it holds samples out by lot.
    """
    interpreter = Interpreter(build(network))
    interpreter.start()
    spread = np.ptp(interpreter.namespace["x"], axis=0)  # standardized: 0 or not a number where it was constant
    constant = np.flatnonzero(~(spread > 0))
    if not constant.size:
        return None
    column = int(constant[0])
    name = f" {network.data.columns[column]!r}" if network.data.columns else ""
    return (
        f"input {column + 1}{name} of {network.data.name} is the same in all samples, so that its standard deviation"
        f" is 0; leave it out of the data, or --standardize"
    )
