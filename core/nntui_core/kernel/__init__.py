"""A loop's body, lowered: the same arithmetic to the last bit, without what Python and NumPy do around it.

One iteration is *recorded* on a copy of the program's data (`recording`, `expressions`, `calls`, `statements`):
functions and methods of the program's own are opened in place, its dicts, lists and objects are known by identity
(`containers`, `holding`, `turns`, `methods`, `questions`), and what is left is a tape of operations (`tape`) whose
dtypes, shapes and strides are known. The tape is *simplified*, *planned* (what is done once, where every result is
written) and *emitted* as Python text: `np.dot(a, b, out)` and ufuncs that write into arrays which are there already.
`running` decides when.

What makes this safe:

* Results have the layout (dtype, shape, strides) that they have in Python, so every later operation takes the same way
  through NumPy. Where a quicker routine might round differently, both are tried (`trial`).
* Before each run the kernel looks whether everything is still of the kind that it was made for.
* The arrays that it writes into are new in each run, and belong to the program afterwards.
* A part that cannot be lowered leaves the whole body as it was written, but for branches: those leave the kernel.
"""

from nntui_core.kernel.emission import Kernel
from nntui_core.kernel.running import Body, lowered
from nntui_core.kernel.tape import CannotLower

__all__ = ["Body", "CannotLower", "Kernel", "lowered"]
