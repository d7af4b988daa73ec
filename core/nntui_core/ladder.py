"""The rungs of the learning rate: …, 0.1, 0.2, 0.5, 1, 2, 5, 10, … so that a key doubles it, about."""

import math

from nntui_core.session import Refused

LADDER = (1.0, 2.0, 5.0, 10.0)


def next_rung(rate: float, up: bool) -> float:
    """Return the next rate on the ladder …, 0.1, 0.2, 0.5, 1, 2, 5, …; a rate off the ladder moves onto it.

    Raises:
        Refused: the rate is not a positive number, or at the end of what a float can hold.
    """
    if not (rate > 0 and math.isfinite(rate)):
        raise Refused(f"the rate {rate:g} is not on the 1-2-5 ladder: set it with l")
    exponent = math.floor(math.log10(rate))
    rungs = [float(f"{step:g}e{e}") for e in range(exponent - 1, exponent + 2) for step in LADDER[:3]]
    beyond = [r for r in rungs if (r > rate * (1 + 1e-9) if up else r < rate * (1 - 1e-9))]
    found = (min if up else max)(beyond, default=0.0)
    if not (found > 0 and math.isfinite(found)):
        raise Refused(f"the rate {rate:g} goes no further")
    return found
