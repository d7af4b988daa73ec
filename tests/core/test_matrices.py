"""Windows, groups and statistics of matrices, against NumPy written out."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nntui_core.frame import Stats, Window
from nntui_core.matrices import Matrices, grouped, stats
from nntui_core.values import LARGE, Array, frozen, same_bits

MATRICES = arrays.arrays(
    np.float64,
    arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9),
    elements=st.floats(-1e3, 1e3, allow_nan=False),
)


@given(MATRICES, st.integers(1, 5), st.integers(1, 5))
def test_a_group_is_the_mean_of_its_cells(whole: Array, down: int, right: int) -> None:
    found = grouped(whole, (down, right))
    rows, columns = whole.shape
    assert found.shape == (math.ceil(rows / down), math.ceil(columns / right))
    for i in range(found.shape[0]):
        for j in range(found.shape[1]):
            part = whole[i * down : (i + 1) * down, j * right : (j + 1) * right]
            assert found[i, j] == pytest.approx(part.mean(), abs=1e-9)


@given(MATRICES)
def test_statistics_are_numpys(whole: Array) -> None:
    found = stats(whole)
    assert found is not None
    assert (found.least, found.most) == (whole.min(), whole.max())
    assert found.mean == pytest.approx(whole.mean(), abs=1e-9)
    assert found.norm == pytest.approx(math.sqrt(float(np.sum(whole**2))), abs=1e-9)


def test_a_nan_anywhere_is_told_by_the_statistics() -> None:
    whole = np.zeros((40, 30))
    whole[39, 29] = np.nan
    found = stats(whole)
    assert found is not None
    assert math.isnan(found.least)
    assert math.isnan(found.norm)


@pytest.mark.parametrize("value", [np.zeros((0, 3)), np.zeros((2, 2), complex)])
def test_where_there_is_nothing_to_say_nothing_is_said(value: Array) -> None:
    assert stats(value) is None


def test_statistics_of_truth_values_count_them() -> None:
    assert stats(np.array([[True, False], [True, True]])) == Stats(0.0, 0.75, 1.0, math.sqrt(3))


def test_a_view_has_the_size_of_its_window_however_large_the_matrix() -> None:
    window = Window(2, 1, 10, 6)
    sizes = []
    for shape in ((20, 12), (784, 512)):
        value, before = frozen(np.full(shape, 0.5)), frozen(np.full(shape, 0.25))
        lit = frozenset((i, 1) for i in range(shape[0]))
        view = Matrices().view("W", shape, value, before, window, lit)
        assert view.values is not None
        assert (len(view.values), len(view.values[0])) == (10, 6)
        assert len(view.changed) == 60
        assert view.sources == {(i, 1) for i in range(2, 12)}
        sizes.append(len(pickle.dumps(view)))
    assert sizes[1] - sizes[0] < 100


def test_a_view_of_groups_has_the_size_of_its_window_too() -> None:
    value = frozen(np.arange(784.0 * 512).reshape(784, 512))
    view = Matrices().view("W", value.shape, value, None, Window(0, 0, 20, 46, (40, 12)))
    assert view.values is not None
    assert (len(view.values), len(view.values[0])) == (20, 43)
    assert view.values[1][2] == value[40:80, 24:36].mean()


def test_the_whole_is_looked_at_once_for_each_value(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    monkeypatch.setattr("nntui_core.matrices.stats", lambda value: looked.append(value))
    cutter, value = Matrices(), frozen(np.ones((3, 3)))
    for _ in range(4):
        cutter.view("W", (3, 3), value, None, Window(0, 0, 3, 3))
    assert len(looked) == 1
    cutter.view("W", (3, 3), frozen(np.ones((3, 3))), None, Window(0, 0, 3, 3))
    assert len(looked) == 2


@pytest.mark.parametrize("at", [0, -1])
@pytest.mark.parametrize("order", ["C", "F"])
def test_large_arrays_are_the_same_only_in_every_bit(at: int, order: str) -> None:
    a = np.zeros((LARGE // 8, 3), order=order)  # type: ignore[call-overload]
    b = a.copy(order="C")
    assert same_bits(a, b)
    b[at, at] = -0.0
    assert not same_bits(a, b)
    a[at, at] = b[at, at] = np.nan
    assert same_bits(a, b)
