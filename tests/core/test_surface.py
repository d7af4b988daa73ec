"""The decision surface against the network written out in NumPy."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nntui_core import builtin
from nntui_core.classes import classes_of
from nntui_core.forward import Forward, NoForward
from nntui_core.program import Program
from nntui_core.samples import Finder
from nntui_core.script import load
from nntui_core.session import Session
from nntui_core.surface import MOST_RUNS, MOST_SAMPLES, WORK, Plane, Surfaces
from nntui_core.values import Array

SCRIPTS = Path(__file__).parents[1] / "scripts"


def session(name: str, iterations: int = 3) -> Session:
    found = Session(load(str(SCRIPTS / f"{name}.py")) if (SCRIPTS / f"{name}.py").exists() else builtin.load(name))
    if iterations:
        found.advance(iterations)
    return found


def sigmoid(z: Array) -> Array:
    result: Array = 1 / (1 + np.exp(-z))
    return result


def centres(low: float, high: float, count: int) -> list[float]:
    return [low + (high - low) * (k + 0.5) / count for k in range(count)]


@pytest.mark.parametrize("iterations", [0, 1, 200])
def test_each_cell_is_the_prediction_at_its_centre(iterations: int) -> None:
    own = session("default", iterations)
    surface = Surfaces(own).draw(7, 5)
    assert surface.problem == ""
    W1, W2 = own.state["W1"], own.state["W2"]
    for i, y in enumerate(reversed(centres(-0.2, 1.2, 5))):
        for j, x in enumerate(centres(-0.2, 1.2, 7)):
            wanted = sigmoid(sigmoid(np.array([x, y, 1.0]) @ W1) @ W2)[0]
            assert surface.values[i][j] == pytest.approx(wanted, rel=1e-12)


def test_samples_stand_where_they_are_with_their_class() -> None:
    surface = Surfaces(session("default")).draw(10, 10)
    wanted = {(0, 0): 0, (0, 1): 1, (1, 0): 1, (1, 1): 0}
    found = {
        (round(x * 1.4 - 0.2), round(1.2 - y * 1.4)): kind
        for x, y, kind in surface.samples
    }  # fmt: skip
    assert found == wanted
    assert surface.labels == ("0", "1")
    assert (surface.middle, surface.scale) == (0.5, 0.5)


def test_samples_as_columns_and_no_bias_column() -> None:
    own = session("columns")
    surface = Surfaces(own).draw(6, 4)
    W1, b1, W2, b2 = (own.state[name] for name in ("W1", "b1", "W2", "b2"))
    x = centres(surface.low[0], surface.high[0], 6)[2]
    y = centres(surface.low[1], surface.high[1], 4)[-1]
    wanted = sigmoid(W2 @ np.tanh(W1 @ np.array([[x], [y]]) + b1) + b2)[0, 0]
    assert surface.values[0][2] == pytest.approx(wanted, rel=1e-12)
    assert len(surface.samples) == 30


def test_of_several_outputs_the_greatest_is_the_class() -> None:
    own = session("softmax_classifier", 50)
    surface = Surfaces(own).draw(9, 8)
    W, b = own.state["W"], own.state["b"]
    assert surface.classes == 3
    for i, y in enumerate(reversed(centres(surface.low[1], surface.high[1], 8))):
        for j, x in enumerate(centres(surface.low[0], surface.high[0], 9)):
            assert surface.values[i][j] == np.argmax(np.array([x, y]) @ W + b)
    assert {kind for _, _, kind in surface.samples} == {0, 1, 2}


def test_a_pass_of_one_sample_at_a_time_is_asked_point_by_point() -> None:
    own = session("one_at_a_time", 5)
    surface = Surfaces(own).draw(6, 6)
    hidden, hb, out, ob = (own.state[n] for n in ("hidden_weights", "hidden_bias", "output_weights", "output_bias"))
    x, y = centres(-0.2, 1.2, 6)[1], centres(-0.2, 1.2, 6)[4]
    wanted = sigmoid(sigmoid(np.array([x, y]) @ hidden + hb) @ out + ob)
    assert surface.values[1][1] == pytest.approx(float(wanted), rel=1e-12)
    assert len(surface.samples) == 4


def test_a_batch_is_shown_with_the_whole_that_it_is_picked_from() -> None:
    text = (SCRIPTS / "mini_batches.py").read_text(encoding="utf-8")
    own = Session(Program.parse(text, "batches"))
    own.advance(1)
    forward = Forward.of(own.program)
    assert forward.inputs == "xb"
    samples = Finder(forward, own.shapes).samples(own.state)
    assert samples is not None
    assert samples.inputs.shape == (60, 4)
    assert samples.targets is not None
    assert samples.targets.shape == (60, 1)
    np.testing.assert_array_equal(samples.inputs, own.state["X"])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("dot_chains", "the input has 12 columns; a surface needs two"),
        ("softmax_one_hot", "the input has 3 columns; a surface needs two"),
        ("relu_hidden", "the input has 1 column; a surface needs two"),
    ],
)
def test_why_there_is_none(name: str, reason: str) -> None:
    surfaces = Surfaces(session(name))
    assert surfaces.problem() == reason
    assert surfaces.draw(4, 4).problem == reason


def test_a_column_of_ones_is_told() -> None:
    inputs = np.array([[1.0, 2.0, 3.0, 1.0], [2.0, 5.0, 4.0, 1.0]])
    with pytest.raises(NoForward, match="4 columns, one of them of ones; a surface needs two besides those of ones"):
        Plane.of(inputs)


def test_two_columns_are_a_plane_whatever_they_hold() -> None:
    plane = Plane.of(np.ones((3, 2)))
    assert (plane.across, plane.up) == (0, 1)
    assert plane.low[0] < 1 < plane.high[0]


@given(st.integers(1, 12), st.integers(1, 12))
def test_the_grid_goes_row_by_row_from_the_top(columns: int, rows: int) -> None:
    plane = Plane(2, 0, (1.0, 1.0, 1.0), (0.0, 10.0), (1.0, 20.0))
    points = plane.grid(columns, rows)
    assert points.shape == (columns * rows, 3)
    np.testing.assert_allclose(points[:columns, 2], centres(0.0, 1.0, columns))
    np.testing.assert_allclose(points[::columns, 0], list(reversed(centres(10.0, 20.0, rows))))
    assert np.all(points[:, 1] == 1.0)


def points_run(monkeypatch: pytest.MonkeyPatch, surfaces: Surfaces, columns: int, rows: int) -> int:
    counted = []
    inner = Forward.run

    def run(self: Forward, live: dict[str, object], inputs: Array) -> Array:
        counted.append(inputs.size // 2)
        return inner(self, live, inputs)

    monkeypatch.setattr(Forward, "run", run)
    surface = surfaces.draw(columns, rows)
    assert (len(surface.values), len(surface.values[0])) == (rows, columns)
    return sum(counted)


def test_the_work_of_a_picture_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (SCRIPTS / "columns.py").read_text(encoding="utf-8").replace("n_h = 6", "n_h = 4000")
    own = Session(Program.parse(text, "wide"))
    weights = 4000 * 2 + 4000 + 4000 + 1
    assert points_run(monkeypatch, Surfaces(own), 60, 50) * weights <= WORK * 1.2


def test_the_runs_one_by_one_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nntui_core.batchwise._together", refusing)
    assert points_run(monkeypatch, Surfaces(session("one_at_a_time")), 60, 50) <= MOST_RUNS * 1.5


def refusing(*_: object) -> Array:
    raise NoForward("not together")


def test_of_many_samples_some_are_drawn() -> None:
    text = (SCRIPTS / "columns.py").read_text(encoding="utf-8").replace("m = 30", "m = 5000")
    surface = Surfaces(Session(Program.parse(text, "many"))).draw(5, 5)
    assert 0 < len(surface.samples) <= MOST_SAMPLES


def test_the_plane_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    inner = Plane.of

    def of(inputs: Array) -> Plane:
        looked.append(inputs)
        return inner(inputs)

    monkeypatch.setattr(Plane, "of", of)
    own = session("columns")
    surfaces = Surfaces(own)
    for _ in range(3):
        surfaces.problem()
        surfaces.draw(4, 4)
        own.advance(1)
    assert len(looked) == 1


def test_an_edited_line_bends_the_surface() -> None:
    own = session("default")
    surfaces = Surfaces(own)
    before = surfaces.draw(4, 4).values
    line = next(s for s in own.program.body if s.targets == ("a2",)).line
    own.edit_line(line, "a2 = 0 * z2 + 0.25")
    assert before != surfaces.draw(4, 4).values == ((0.25,) * 4,) * 4


@pytest.mark.parametrize(
    ("targets", "outputs", "numbers", "names"),
    [
        ([[0.0], [1.0], [1.0]], 1, [0, 1, 1], ("0", "1")),
        ([[-1.0], [1.0]], 1, [0, 1], ("-1", "1")),
        ([[0, 0, 1], [1, 0, 0]], 3, [2, 0], ("0", "1", "2")),
        ([[2], [0]], 3, [2, 0], ("0", "1", "2")),
        ([[True], [False]], 1, [1, 0], ("0", "1")),
    ],
)
def test_targets_that_are_classes(
    targets: list[list[float]], outputs: int, numbers: list[int], names: tuple[str, ...]
) -> None:
    found = classes_of(np.array(targets), outputs)
    assert found is not None
    assert found.numbers.tolist() == numbers
    assert found.names == names


@pytest.mark.parametrize(
    ("targets", "outputs"),
    [([[0.5], [1.0]], 1), ([[0.0, 0.0], [1.0, 0.0]], 2), ([[0.5, 0.5]], 2), ([[3.0], [0.0]], 3), ([[math.nan]], 1)],
)
def test_targets_that_are_none(targets: list[list[float]], outputs: int) -> None:
    assert classes_of(np.array(targets), outputs) is None
