"""The network as a diagram: units, the weights between them, and which of them the selected cell is."""

from nntui_core.forward import Forward, NoForward, why_not
from nntui_core.frame import Diagram, Index
from nntui_core.layers import Connection, Layers
from nntui_core.program import Program
from nntui_core.session import Session

WIDEST = 16
"""Units of a layer that are drawn at most."""


class Diagrams:
    """The diagrams of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._program: Program | None = None
        self._layers: Layers | NoForward = NoForward("nothing has been looked at yet")

    def problem(self) -> str:
        """Say why there is no diagram, nothing where there is one."""
        return why_not(self._found)

    def draw(self, name: str, index: Index) -> Diagram:
        """Return the diagram, with what belongs to the cell of a variable, or why there is none."""
        try:
            layers = self._found()
            weights = tuple(self._weights(connection) for connection in layers.connections)
        except NoForward as reason:
            return Diagram(problem=str(reason))
        edge, unit = layers.edge_of(name, index), layers.unit_of(name, index)
        chosen: tuple[tuple[int, int], ...] = () if unit is None else (unit,)
        if edge is not None:
            chosen = ((edge[0], edge[1]), (edge[0] + 1, edge[2]))
        return Diagram(sizes=layers.sizes, names=layers.names, weights=weights, chosen=chosen, edge=edge)

    def _found(self) -> Layers:
        program = self._session.program
        if program is not self._program:
            self._program = program
            self._layers = _layers(program, self._session)
        if isinstance(self._layers, NoForward):
            raise self._layers
        return self._layers

    def _weights(self, connection: Connection) -> tuple[tuple[float, ...], ...]:
        """Return the weights of a connection as they are now: a row for each unit below."""
        value = self._session.state.get(connection.weight)
        if value is None or value.dtype.kind not in "biuf" or value.size != connection.below * connection.above:
            raise NoForward(f"{connection.weight} is not there now")
        matrix = value.reshape(connection.below, -1) if value.ndim < 2 or connection.forwards else value.T
        return tuple(map(tuple, matrix.tolist()))


def _layers(program: Program, session: Session) -> Layers | NoForward:
    try:
        layers = Layers.of(Forward.of(program), session.shapes)
    except NoForward as reason:
        return reason
    for name, size in zip(layers.names, layers.sizes, strict=True):
        if size > WIDEST:
            return NoForward(f"{name or 'a layer'} has {size} units; the diagram draws up to {WIDEST} a layer")
    return layers
