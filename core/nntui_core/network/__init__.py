"""A network description becomes a program: this package writes the text that a careful person would write by hand.

`description` says what there is to say of a network; each part of the text comes from a table or a few lines of its
own: `activations`, `losses`, `initial`, `optimizers`, `samples` (mini-batches, held-out samples), `forward` and
`backward`. `writing` puts the parts together, `wording` is the description as options of the command line.
"""

from nntui_core.network.description import LARGEST, Network, NetworkError, parse_layers
from nntui_core.network.writing import build, write

__all__ = ["LARGEST", "Network", "NetworkError", "build", "parse_layers", "write"]
