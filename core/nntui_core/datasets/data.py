"""Samples as text: the lines of a program's setup that make the inputs x and the targets y.

A network's program holds its data, drawn or written out, so that the text stands alone: what `nntui export` prints
and what a session file keeps needs no other file.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Data:
    """What a network learns from.

    `setup` are the lines that make `x` (samples, inputs) and `y` (samples, outputs), float64; `functions` are the
    definitions that they call, `imports` the modules besides NumPy. `labels` are the names of the classes that the
    columns of `y` stand for, empty where they stand for none; `columns` say where the inputs stand in their file.
    """

    name: str
    title: str
    setup: tuple[str, ...]
    inputs: int
    outputs: int
    samples: int
    functions: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    drawn: bool = False
    """Whether the lines draw from the generator `rng`: then they come after the weights, which are drawn first."""
    labels: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    options: str = ""
    """What the command line says to get these samples: `--data xor`."""
