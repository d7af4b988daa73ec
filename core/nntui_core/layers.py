"""The layers of a network, read from its forward pass: which parameters lead from which units to which.

Each matrix product of the forward pass with a parameter is a *connection*; the layers are what lies between. Every
variable of the program that has a number for each unit, or for each weight, belongs to one of them: so the selected
cell of a matrix is a unit or an edge.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nntui_core import helpers
from nntui_core.forward import Forward, NoForward
from nntui_core.frame import Index
from nntui_core.patterns import bare_name, names_in, products
from nntui_core.program import Program, Statement


@dataclass(frozen=True, slots=True)
class Connection:
    """A parameter between two layers; `forwards` tells whether its rows are the units below."""

    weight: str
    forwards: bool
    below: int
    above: int


@dataclass(frozen=True)
class Layers:
    """Layers by their sizes and names, from the inputs to the outputs; the connections between them.

    `units` has the layer of each variable that has a number a unit, `edges` the connection of each that has one a
    weight, `biases` the parameter that is added in each layer, if any.
    """

    sizes: tuple[int, ...]
    names: tuple[str, ...]
    connections: tuple[Connection, ...]
    units: Mapping[str, int]
    edges: Mapping[str, int]
    biases: Mapping[int, str]
    upright: bool
    """Whether samples are rows."""

    @classmethod
    def of(cls, forward: Forward, shapes: Mapping[str, Index]) -> "Layers":
        """Find the layers of a forward pass.

        Raises:
            NoForward: its products do not follow one another.
        """
        found = [(statement, *pair) for statement in forward.statements for pair in _weights(forward, statement)]
        connections = tuple(_connection(weight, right, shapes) for _, weight, right in found)
        for first, second in itertools.pairwise(connections):
            if first.above != second.below:
                raise NoForward(f"{first.weight} gives {first.above} units, {second.weight} takes {second.below}")
        if not connections:
            raise NoForward("no product with one of the parameters was found")
        sizes = (connections[0].below, *(c.above for c in connections))
        units = _units(forward, [statement for statement, _, _ in found], sizes, shapes)
        names = tuple(_name(k, units, forward) for k in range(len(sizes)))
        program, weights = forward.program, [c.weight for c in connections]
        others = frozenset((*units, *program.roles.parameters))
        edges = {name: k for k, weight in enumerate(weights) for name in _alike(program, weight, shapes, others)}
        for parameter, delta in zip(program.roles.parameters, program.roles.deltas, strict=True):
            layer = weights.index(parameter) + 1 if parameter in weights else 0
            if layer and delta not in edges and _fits(shapes.get(delta), sizes[layer]):
                units.setdefault(delta, layer)
        return cls(sizes, names, connections, units, edges, _biases(program, units, edges), forward.upright)

    def unit_of(self, name: str, index: Index) -> tuple[int, int] | None:
        """Return (layer, unit) of a cell of a variable that has a number a unit, None where it has not."""
        layer = self.units.get(name)
        layer = next((k for k, bias in self.biases.items() if bias == name), None) if layer is None else layer
        if layer is None:
            return None
        size = self.sizes[layer]
        if not index or size == 1:
            return layer, 0
        unit = index[-1] if self.upright or len(index) == 1 else index[0]
        return (layer, unit) if unit < size else None

    def edge_of(self, name: str, index: Index) -> tuple[int, int, int] | None:
        """Return (connection, unit below, unit above) of a cell of a weight or its gradient."""
        k = self.edges.get(name)
        if k is None or not index:
            return None
        row, column = (index[0], index[1]) if len(index) > 1 else (index[0], 0)
        return (k, row, column) if self.connections[k].forwards else (k, column, row)


def _weights(forward: Forward, statement: Statement) -> Iterator[tuple[str, bool]]:
    """Yield the parameters in a statement's products, each with whether its rows are the units below."""
    parameters = set(forward.program.roles.parameters)  # each once: a helper's line repeats what it is called with
    for node in helpers.opened(forward.program.nodes[statement.index], helpers.functions(forward.program.setup)):
        for left, right in products(node):
            for operand, is_right in ((left, False), (right, True)):
                name, transposed = bare_name(operand)
                if name in parameters:
                    parameters.remove(name)
                    yield name, is_right != transposed


def _connection(weight: str, forwards: bool, shapes: Mapping[str, Index]) -> Connection:
    shape = shapes.get(weight, ())
    if not 0 < len(shape) < 3:
        raise NoForward(f"{weight} is no matrix")
    rows, columns = (*shape, 1)[:2]
    return Connection(weight, forwards, *((rows, columns) if forwards or len(shape) == 1 else (columns, rows)))


def _units(
    forward: Forward, products_at: Sequence[Statement], sizes: Sequence[int], shapes: Mapping[str, Index]
) -> dict[str, int]:
    """Return the layer of each variable of the forward pass."""
    layers = dict.fromkeys((forward.inputs, *forward.program.roles.inputs), 0)
    passed = 0
    for statement in forward.statements:
        here = sum(other is statement for other in products_at)
        if here == len(statement.targets) > 1:  # a function that returns all activations
            layers |= {name: passed + k + 1 for k, name in enumerate(statement.targets)}
        else:
            known = [layers[name] for name in statement.reads if name in layers]
            layer = passed + here if here else max(known, default=None)
            if layer is not None:
                layers |= dict.fromkeys(statement.targets, layer)
        passed += here
    return {name: layer for name, layer in layers.items() if _fits(shapes.get(name), sizes[layer])}


def _fits(shape: Index | None, size: int) -> bool:
    """Tell whether a variable can have a number for each of so many units."""
    return shape is not None and len(shape) < 3 and (size in shape or size == 1)


def _name(layer: int, units: dict[str, int], forward: Forward) -> str:
    """Return what a layer is called: its last variable, or the inputs."""
    if layer == 0:
        return forward.inputs
    return next((name for name in reversed(units) if units[name] == layer), "")


def _alike(program: Program, weight: str, shapes: Mapping[str, Index], others: frozenset[str]) -> list[str]:
    """Return a parameter, and what its update comes from that has its shape: the gradient, an optimizer's buffers.

    `others` are known to be something else, whatever their shape.
    """
    found = [weight]
    for name in found:  # which grows
        for statement in program.writers(name):
            node = program.nodes[statement.index]
            multiplied = {part for pair in products(node) for operand in pair for part in names_in(operand)}
            same = (n for n in statement.reads if shapes.get(n) == shapes.get(weight) and n not in multiplied | others)
            found += [n for n in same if n not in found]
    return found


def _biases(program: Program, units: Mapping[str, int], edges: Mapping[str, int]) -> dict[int, str]:
    """Return the parameter that is added in each layer."""
    found: dict[int, str] = {}
    for name in program.roles.parameters:
        if name in edges:
            continue
        for statement in program.body:
            layers = [units[target] for target in statement.targets if target in units]
            if name in statement.reads and layers:
                found.setdefault(layers[0], name)
                break
    return found
