"""What is kept of a live namespace cannot be written, and a checkpoint brings everything back as it was."""

import copy
import math
from collections import deque
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.core.program_oracle import fingerprint, global_random_state_kept

from nntui_core.values import EMPTY, Array, Checkpoint, State, frozen, is_data, is_numeric, keep, same_bits

QUICK = settings(deadline=None, max_examples=80)

# --- states -----------------------------------------------------------------------------------------------------------


def state_of(**namespace: Any) -> State:
    return keep(namespace, namespace)


def test_a_kept_value_cannot_be_written() -> None:
    state = state_of(W=np.ones((2, 2)), n=3)
    for name in ("W", "n"):
        with pytest.raises(ValueError, match="read-only"):
            state[name][...] = 0
    with pytest.raises(TypeError):
        state.values["W"] = np.zeros(1)  # type: ignore[index]
    with pytest.raises(AttributeError):
        state.values = {}  # type: ignore[misc]


def test_a_kept_value_does_not_follow_the_live_one() -> None:
    W = np.ones((2, 2))
    state = state_of(W=W, row=W[0])
    W[...] = 7
    assert state["W"].tolist() == [[1, 1], [1, 1]]
    assert state["row"].tolist() == [1, 1]


def test_a_value_that_did_not_change_is_shared_with_the_state_before() -> None:
    live: dict[str, Any] = {"W": np.ones((2, 2)), "b": np.zeros(2), "n": 1}
    before = keep(live, live)
    live["b"] += 1
    after = keep(live, live, before)
    assert after["W"] is before["W"]
    assert after["n"] is before["n"]
    assert after["b"].tolist() == [1, 1]
    assert before["b"].tolist() == [0, 0]
    assert after.changed_since(before) == ("b",)
    assert after.changed_since(EMPTY) == ("W", "b", "n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (0.0, -0.0),
        (1, 1.0),
        (1.0, np.float32(1.0)),
        (np.zeros(4), np.zeros((2, 2))),
        (np.zeros(2), np.zeros(2, int)),
        (1.0, math.nextafter(1.0, 2.0)),
        (np.ones(2), np.ones(2, ">f8")),
    ],
)
def test_the_slightest_difference_is_a_change(old: object, new: object) -> None:
    before = state_of(v=old)
    after = keep({"v": new}, ["v"], before)
    assert after.changed_since(before) == ("v",)
    assert same_bits(after["v"], np.asarray(new))
    assert not same_bits(after["v"], before["v"])


def test_not_a_number_equals_itself() -> None:
    before = state_of(v=np.array([np.nan, 1.0]))
    assert keep({"v": np.array([np.nan, 1.0])}, ["v"], before).changed_since(before) == ()


@given(hnp.arrays(st.sampled_from([np.float64, np.float32, np.int64, np.bool_, np.complex128]), hnp.array_shapes()))
@QUICK
def test_a_kept_value_has_every_bit_of_the_live_one(value: Array) -> None:
    for live in (value, value.T, np.asfortranarray(value), value[::-1]):
        kept = state_of(v=live)["v"]
        assert same_bits(kept, live)
        assert not np.shares_memory(kept, live)
        assert not kept.flags.writeable


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (1, True),
        (True, True),
        (0.5, True),
        (1j, False),
        (np.float32(1), True),
        (np.bool_(True), True),
        (np.ones(2), True),
        (np.ones(2, complex), True),
        (2**63 - 1, True),
        (2**63, False),
        (np.array(["a"]), False),
        (np.array([None]), False),
        ("text", False),
        (None, False),
        ([1.0, 2.0], False),
    ],
)
def test_numbers_and_arrays_of_numbers_are_kept_and_nothing_else(value: object, kept: bool) -> None:
    assert is_numeric(value) is kept
    assert ("v" in state_of(v=value)) is kept


def test_a_missing_name_is_not_in_a_state() -> None:
    state = keep({"a": 1}, ["a", "b"])
    assert ("a" in state, "b" in state) == (True, False)
    assert state.get("b") is None
    assert state["a"].shape == ()


def test_freezing_copies() -> None:
    live = np.ones(2)
    held = frozen(live)
    live += 1
    assert held.tolist() == [1, 1]


def test_modules_functions_and_classes_are_not_data() -> None:
    for name, value in {"np": np, "f": lambda: 0, "len": len, "C": State, "exp": np.exp, "__name__": "x"}.items():
        assert not is_data(name, value)
    for value in (1, "a", np.ones(2), [1], None, np.random.default_rng(0)):
        assert is_data("v", value)


# --- checkpoints ------------------------------------------------------------------------------------------------------


def back_again(times: int = 1, **namespace: Any) -> dict[str, Any]:
    """Return a namespace as it is after so many checkpoints, each taken of what the one before restored."""
    for _ in range(times):
        checkpoint = Checkpoint.take(namespace)
        namespace = {}
        checkpoint.restore(namespace)
    return namespace


@pytest.mark.parametrize("times", [1, 2, 3])
def test_two_names_for_one_array_stay_two_names_for_one_array(times: int) -> None:
    W = np.ones((2, 2))
    back = back_again(times, W=W, same=W, other=W.copy(), held=[W, {"deep": (W,)}])
    assert back["same"] is back["W"]
    assert back["held"][0] is back["W"]
    assert back["held"][1]["deep"][0] is back["W"]
    assert not np.shares_memory(back["other"], back["W"])
    assert not np.shares_memory(back["W"], W)


VIEWS: dict[str, Any] = {
    "a row": lambda a: a[1],
    "a column": lambda a: a[:, 1],
    "the transpose": lambda a: a.T,
    "a block": lambda a: a[1:, :2],
    "backwards": lambda a: a[::-1, ::-2],
    "a view of a view": lambda a: a.T[1:].T[::2],
    "one element": lambda a: a[1, 1, ...],
    "nothing": lambda a: a[:0],
    "the flat view": lambda a: a.reshape(-1) if a.flags.c_contiguous else a.T.reshape(-1),
}
DTYPES = ["f8", "f4", "f2", ">f8", "i8", "u1", "?", "c16", "g"]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_view_stays_a_view_of_the_same_memory(view: str, dtype: str, order: str) -> None:
    W = np.arange(12).reshape(3, 4).astype(dtype).copy(order="F" if order == "F" else "C")
    v = VIEWS[view](W)
    back = back_again(2, W=W, v=v)
    assert same_bits(back["v"], v)
    assert back["v"].strides == v.strides
    assert back["W"].strides == W.strides
    assert np.shares_memory(back["v"], back["W"]) == np.shares_memory(v, W)
    back["v"][...] = 0
    v[...] = 0
    assert same_bits(back["W"], W)


def test_a_view_whose_owner_has_no_name_comes_back() -> None:
    pair = np.arange(12.0).reshape(3, 4).T[1:]
    back = back_again(2, first=pair[0], second=pair[:, 1])
    assert same_bits(back["first"], pair[0])
    back["first"][1] = 99
    assert back["second"][0] == 99


def test_a_view_into_memory_that_lies_in_neither_c_nor_fortran_order_comes_back() -> None:
    owner = np.arange(24.0).reshape(2, 3, 4).transpose(1, 0, 2) + 1
    assert owner.base is None
    assert not owner.flags.forc
    back = back_again(2, owner=owner, view=owner[1])
    assert same_bits(back["owner"], owner)
    assert back["owner"].strides == owner.strides
    assert np.shares_memory(back["owner"], back["view"])


def test_a_view_of_an_empty_array_comes_back() -> None:
    empty = np.ones((0, 3))
    back = back_again(2, empty=empty, view=empty[:, 1:])
    assert (back["empty"].shape, back["view"].shape) == ((0, 3), (0, 2))


def test_views_of_texts_and_dates_come_back() -> None:
    names, days = np.array(["a", "bc"]), np.array(["2026-01-01", "2026-01-02"], "M8[D]")
    back = back_again(2, names=names, first=names[:1], days=days, last=days[1:])
    assert back["first"].tolist() == ["a"]
    assert back["last"].tolist() == days[1:].tolist()
    back["names"][0] = "z"
    assert back["first"].tolist() == ["z"]


@given(
    hnp.arrays(np.float64, hnp.array_shapes(min_dims=1, max_dims=4, max_side=4)),
    st.data(),
)
@QUICK
def test_any_array_in_any_order_and_any_view_of_it_comes_back(array: Array, data: st.DataObject) -> None:
    axes = data.draw(st.permutations(range(array.ndim)))
    owner = array.transpose(axes).copy(order=data.draw(st.sampled_from(["C", "F", "K"])))
    view = owner[data.draw(hnp.basic_indices(owner.shape, allow_ellipsis=True))]
    live = {"owner": owner, "view": np.asarray(view)}
    back = back_again(2, **live)
    assert fingerprint(back) == fingerprint(live)
    assert back["owner"].flags.c_contiguous == owner.flags.c_contiguous
    assert back["owner"].flags.f_contiguous == owner.flags.f_contiguous
    back["owner"][...] = 5
    if np.shares_memory(live["owner"], live["view"]):
        assert (back["view"] == 5).all()


class Net:
    """A learner's network that is an object."""

    def __init__(self) -> None:
        self.W = np.ones((2, 2))
        self.first = self.W[0]

    def train(self) -> None:
        self.W += 1


class Pair(NamedTuple):
    a: Array
    b: Array


def test_an_object_of_a_class_comes_back_whole() -> None:
    net = Net()
    live = {"net": net, "W": net.W, "train": net.train}
    checkpoint = Checkpoint.take(live)
    net.train()
    checkpoint.restore(live)
    assert live["net"].W.tolist() == [[1, 1], [1, 1]]  # type: ignore[attr-defined]
    live["train"]()  # type: ignore[operator]
    assert live["W"].tolist() == [[2, 2], [2, 2]]  # type: ignore[attr-defined]
    assert live["net"].first.tolist() == [2, 2]  # type: ignore[attr-defined]


def test_containers_come_back_as_what_they_were() -> None:
    W = np.ones(2)
    back = back_again(W=W, pair=Pair(W, W[1:]), queue=deque([W], maxlen=3), loop=[1], texts={"a"})
    assert isinstance(back["pair"], Pair)
    assert back["pair"].a is back["W"]
    assert np.shares_memory(back["pair"].b, back["W"])
    assert back["queue"][0] is back["W"]
    assert (back["queue"].maxlen, back["loop"], back["texts"]) == (3, [1], {"a"})


def test_a_list_that_holds_itself_comes_back() -> None:
    knot: list[Any] = [np.ones(1)]
    knot.append(knot)
    back = back_again(knot=knot)["knot"]
    assert back[1] is back
    assert back is not knot


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@pytest.mark.parametrize("kind", [np.matrix, np.ma.masked_array], ids=["matrix", "masked array"])
def test_an_array_of_another_kind_comes_back_as_that_kind(kind: Any) -> None:
    special = kind([[1.0, 2.0], [3.0, 4.0]])
    back = back_again(2, special=special)["special"]
    assert type(back) is type(special)
    assert (back * back).tolist() == (special * special).tolist()


def test_a_mask_comes_back() -> None:
    masked: Any = np.ma.masked_array([1.0, 2.0], mask=[True, False])
    assert back_again(masked=masked)["masked"].sum() == 2.0


def test_an_array_that_cannot_be_written_comes_back_so() -> None:
    fixed = np.ones(2)
    fixed.flags.writeable = False
    assert not back_again(fixed=fixed)["fixed"].flags.writeable


def test_a_checkpoint_can_be_restored_any_number_of_times() -> None:
    live: dict[str, Any] = {"W": np.ones(2), "log": [1]}
    checkpoint = Checkpoint.take(live)
    for _ in range(3):
        live["W"] += 5
        live["log"].append(2)
        live["new"] = 1
        checkpoint.restore(live)
        assert live["W"].tolist() == [1, 1]
        assert live["log"] == [1]
        assert "new" not in live


def test_restoring_leaves_functions_and_modules_alone() -> None:
    live: dict[str, Any] = {"np": np, "W": np.ones(2), "__name__": "__main__"}
    checkpoint = Checkpoint.take(live)
    live["later"] = len
    checkpoint.restore(live)
    assert live["np"] is np
    assert live["later"] is len
    assert live["__name__"] == "__main__"


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64])
def test_a_random_generator_goes_on_where_it_was(bits: Any) -> None:
    rng = np.random.Generator(bits(3))
    rng.integers(0, 10, dtype=np.uint32)  # leaves half a draw in a buffer
    live: dict[str, Any] = {"rng": rng, "same": rng, "draw": rng.normal}
    checkpoint = Checkpoint.take(live)
    expected = copy.deepcopy(rng).normal(size=5).tolist()
    for _ in range(2):
        checkpoint.restore(live)
        assert live["same"] is live["rng"]
        assert [live["rng"].normal(), live["same"].normal(), *live["draw"](size=3)] == expected


@pytest.mark.parametrize("make", [np.random.RandomState, lambda seed: __import__("random").Random(seed)])
def test_an_old_random_generator_goes_on_where_it_was(make: Any) -> None:
    live: dict[str, Any] = {"rng": make(3)}
    draw = "normal" if isinstance(live["rng"], np.random.RandomState) else "random"
    checkpoint = Checkpoint.take(live)
    first = [getattr(live["rng"], draw)() for _ in range(3)]
    checkpoint.restore(live)
    assert [getattr(live["rng"], draw)() for _ in range(3)] == first


def test_numpys_global_random_state_goes_on_where_it_was() -> None:
    with global_random_state_kept():
        np.random.seed(4)
        np.random.randn()  # leaves the second number of a pair
        checkpoint = Checkpoint.take({})
        first = np.random.randn(3).tolist()
        np.random.seed(99)
        for _ in range(2):
            checkpoint.restore({})
            assert np.random.randn(3).tolist() == first


def test_pythons_global_random_state_goes_on_where_it_was() -> None:
    import random

    before = random.getstate()
    try:
        checkpoint = Checkpoint.take({"random": random})
        first = [random.random() for _ in range(3)]
        checkpoint.restore({"random": random})
        assert [random.random() for _ in range(3)] == first
    finally:
        random.setstate(before)


def test_the_size_of_a_checkpoint_is_about_its_numbers() -> None:
    big = np.ones((200, 300))
    size = Checkpoint.take({"big": big, "held": [big, np.ones(1000)]}).nbytes
    assert big.nbytes + 8000 <= size <= 1.1 * (big.nbytes + 8000)


def test_a_long_record_in_an_object_is_copied_flat_and_counted() -> None:
    class Network:
        history: list[float]

    network = Network()
    network.history = [float(i) for i in range(1000)]
    namespace = {"network": network, "losses": network.history}
    short = Checkpoint.take({"network": Network()})
    kept = Checkpoint.take(namespace)
    network.history.append(1.0)
    held = kept.data["network"].history
    assert len(held) == 1000
    assert kept.data["losses"] is held
    assert held[999] is network.history[999], "a float needs no copy of its own"
    assert kept.nbytes - short.nbytes >= 8 * 1000
    kept.restore(namespace)
    namespace["network"].history.append(2.0)  # type: ignore[attr-defined]
    assert len(held) == 1000


def test_random_states_that_have_not_moved_are_kept_once() -> None:
    with global_random_state_kept():
        first = Checkpoint.take({})
        second = Checkpoint.take({}, first)
        assert second.pythons_random is first.pythons_random
        assert second.numpys_random is first.numpys_random
        assert second.nbytes < first.nbytes / 2
        np.random.random()
        third = Checkpoint.take({}, second)
        assert third.numpys_random is not second.numpys_random
        assert third.nbytes == first.nbytes
