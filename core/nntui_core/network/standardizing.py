"""Which inputs cannot be standardized: those that never change have no deviation to divide by."""

import numpy as np

from nntui_core.datasets.catalogue import NAMES
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
    place = network.data.columns[column] if network.data.columns else f"input {column + 1}"
    others = constant.size - 1
    more = f", and so {'is' if others == 1 else 'are'} {others} more" if others else ""
    without = f"{network.data.name} learns without --standardize"
    leave = f"leave {'them' if others else 'it'} out of the file, or leave out --standardize"
    what = without if network.data.name in NAMES else leave
    return f"{network.data.name}, {place}: the same in all samples{more}, so its standard deviation is 0; {what}"
