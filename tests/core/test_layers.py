"""Layers read from the forward pass, of the generated networks and of people's scripts; what a cell belongs to."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nntui_core import builtin
from nntui_core.diagram import WIDEST, Diagrams
from nntui_core.forward import Forward, NoForward
from nntui_core.layers import Layers
from nntui_core.network import Network, build
from nntui_core.program import Program
from nntui_core.script import load
from nntui_core.session import Session

SCRIPTS = Path(__file__).parents[1] / "scripts"


def session(name: str) -> Session:
    return Session(load(str(SCRIPTS / f"{name}.py")) if (SCRIPTS / f"{name}.py").exists() else builtin.load(name))


def layers(own: Session) -> Layers:
    return Layers.of(Forward.of(own.program), own.shapes)


@pytest.mark.parametrize(
    ("name", "sizes", "names"),
    [
        ("default", (3, 4, 1), ("x", "a1", "a2")),
        ("columns", (2, 6, 1), ("X", "A1", "A2")),
        ("course_dictionaries", (2, 4, 1), ("X", "cache['A1']", "cache['A2']")),
        ("helper_functions", (3, 4, 1), ("X", "A1", "A2")),
        ("network_class", (3, 5, 1), ("x", "net.h", "net.out")),
        ("nonlin_deriv", (3, 4, 1), ("l0", "l1", "l2")),
        ("one_at_a_time", (2, 3, 1), ("x", "h", "o")),
        ("softmax_classifier", (2, 3), ("X", "probs")),
        ("wh_bh_wout", (4, 5, 1), ("X", "hiddenlayer_activations", "output")),
    ],
)
def test_layers_of_programs(name: str, sizes: tuple[int, ...], names: tuple[str, ...]) -> None:
    found = layers(session(name))
    assert (found.sizes, found.names) == (sizes, names)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 7), max_size=3))
def test_layers_of_generated_networks(hidden: list[int]) -> None:
    widths = (3, *hidden, 1)
    own = Session(build(Network(widths)))
    found = layers(own)
    assert found.sizes == widths
    for k in range(1, len(widths)):
        assert found.units[f"z{k}"] == found.units[f"a{k}"] == found.units[f"delta{k}"] == k
        assert found.edges[f"W{k}"] == found.edges[f"dW{k}"] == k - 1


def test_cells_of_units_and_of_weights() -> None:
    found = layers(session("default"))
    assert found.unit_of("x", (3, 2)) == (0, 2)
    assert found.unit_of("a1", (1, 3)) == (1, 3)
    assert found.unit_of("delta2", (3, 0)) == (2, 0)
    assert found.edge_of("W1", (2, 3)) == (0, 2, 3)
    assert found.edge_of("dW2", (1, 0)) == (1, 1, 0)
    assert found.unit_of("W1", (2, 3)) is None
    assert found.edge_of("a1", (0, 0)) is None
    assert found.unit_of("y", (0, 0)) is None


def test_cells_where_samples_are_columns() -> None:
    found = layers(session("columns"))
    assert found.unit_of("A1", (5, 29)) == (1, 5)
    assert found.edge_of("W1", (5, 1)) == (0, 1, 5)
    assert found.unit_of("b1", (4, 0)) == (1, 4)


def test_a_delta_that_happens_to_have_the_shape_of_a_weight_is_no_weight() -> None:
    found = layers(session("forum"))
    assert found.unit_of("dC_dw2", (3, 0)) == (2, 0)
    assert found.edge_of("dC_dw2", (3, 0)) is None


@pytest.mark.parametrize("name", ["default", "columns", "helper_functions", "one_at_a_time"])
def test_the_weights_are_those_of_now_a_row_for_each_unit_below(name: str) -> None:
    own = session(name)
    own.advance(2)
    diagram = Diagrams(own).draw("", ())
    found = layers(own)
    assert diagram.problem == ""
    for connection, matrix in zip(found.connections, diagram.weights, strict=True):
        value = own.state[connection.weight]
        wanted = value.reshape(connection.below, -1) if connection.forwards or value.ndim < 2 else value.T
        np.testing.assert_array_equal(np.array(matrix), wanted)


def test_the_selected_cell_is_told() -> None:
    own = session("default")
    assert Diagrams(own).draw("a1", (2, 1)).chosen == ((1, 1),)
    weight = Diagrams(own).draw("W1", (2, 1))
    assert (weight.chosen, weight.edge) == (((0, 2), (1, 1)), (0, 2, 1))
    assert Diagrams(own).draw("lr", ()).chosen == ()


def test_a_wide_layer_is_not_drawn() -> None:
    assert Diagrams(Session(build(Network((3, WIDEST, 1))))).problem() == ""
    own = Diagrams(Session(build(Network((3, WIDEST + 1, 1)))))
    assert own.problem() == own.draw("", ()).problem == "a1 has 17 units; the diagram draws up to 16 a layer"


def test_products_that_do_not_follow_one_another_are_refused() -> None:
    text = """
import numpy as np
x, y = np.ones((5, 3)), np.ones((5, 1))
V, W = np.ones((3, 2)), np.ones((3, 1))
for i in range(9):
    a = x @ V
    p = x @ W + a.sum(axis=1, keepdims=True)
    d = p - y
    W = W - 0.1 * (x.T @ d)
    V = V - 0.1 * (x.T @ (d @ np.ones((1, 2))))
"""
    with pytest.raises(NoForward, match="V gives 2 units, W takes 3"):
        layers(Session(Program.parse(text, "beside")))


def test_parameters_that_meet_no_product_are_refused() -> None:
    text = """
import numpy as np
x, y = np.ones((5, 3)), np.ones((5, 1))
params = {"W": np.ones((3, 1))}
def forward(p):
    return x @ p["W"]
for i in range(9):
    out = forward(params)
    d = out - y
    for k in params:
        params[k] -= 0.1 * (x.T @ d)
"""
    own = Session(Program.parse(text, "dict"), look_ahead=False)
    with pytest.raises(NoForward):
        layers(own)
