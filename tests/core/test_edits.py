"""A change of a program changes its text in one place and leaves every other character alone."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.core.program_oracle import executed, of_value

from nntui_core import builtin
from nntui_core.edits import INLINE, EditError, seed_of, with_rate, with_seed, with_weights
from nntui_core.program import Program
from nntui_core.values import Array, same_bits

QUICK = settings(deadline=None, max_examples=60)
DEFAULT = builtin.source("default")


def program_of(source: str = DEFAULT) -> Program:
    return Program.parse(source, "test")


COMMENTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=12)
"""Anything that may stand in a comment, form feeds and line separators included."""


def setup_of(program: Program) -> dict[str, Any]:
    """Run a program's text up to its loop."""
    return executed(program.source[: program.source.index("\nfor iteration")])


@given(COMMENTS, COMMENTS, st.floats(0, allow_infinity=False), st.integers(0, 2**70))
@QUICK
def test_a_new_rate_and_a_new_seed_keep_every_other_character(one: str, other: str, rate: float, seed: int) -> None:
    form = DEFAULT.replace("x = np", f"# {one}\nx = np").replace("default_rng(1)", "default_rng(<seed>)  # " + other)
    form = form.replace("lr = 1.0", f"lr = <rate>  # {one}")
    program = program_of(form.replace("<seed>", "1").replace("<rate>", "1.0"))
    changed = with_rate(with_seed(program, seed), rate)
    assert changed.source == form.replace("<seed>", str(seed)).replace("<rate>", repr(rate))
    assert changed.name == "test"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_are_kept(end: str) -> None:
    source = DEFAULT.replace("\n", end)
    program = program_of(source)
    assert with_rate(program, 0.25).source == source.replace("lr = 1.0", "lr = 0.25")
    assert with_seed(program, 7).source == source.replace("default_rng(1)", "default_rng(7)")
    first, second = source.split("\n" if end == "\n" else "\r\n")[:2]
    weighted = with_weights(program, {"W1": np.ones((1, 1))}, "w.npz").source
    assert weighted.startswith(f"{first}{end}{second}{end}")
    assert weighted.endswith(source[source.index("for iteration") :])


@given(st.floats(0, allow_infinity=False))
@QUICK
def test_a_rate_comes_back_as_it_went_in(rate: float) -> None:
    changed = with_rate(program_of(), rate)
    assert of_value(setup_of(changed)["lr"]) == of_value(rate)
    assert changed.roles.rate == "lr"


def test_a_rate_that_is_a_number_of_numpys_is_written_as_a_plain_number() -> None:
    changed = with_rate(program_of(), np.float64(0.5))
    assert changed.source == DEFAULT.replace("lr = 1.0", "lr = 0.5")
    assert changed.roles.rate == "lr"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("lr = 1.0", "lr = 0.5"),
        ("lr = -1", "lr = 0.5"),
        ("lr: float = 1e-3", "lr: float = 0.5"),
        ("é = 'ü'; lr = 1.0; ö = 1", "é = 'ü'; lr = 0.5; ö = 1"),
        ("gamma = lr = 1.0", "gamma = lr = 0.5"),
        ("lr = (1.0)", "lr = (0.5)"),
        ("lr = 2.0\nlr = 1.0", "lr = 2.0\nlr = 0.5"),
    ],
)
def test_a_rate_is_found_however_it_is_written(before: str, after: str) -> None:
    changed = with_rate(program_of(DEFAULT.replace("lr = 1.0", before)), 0.5)
    assert changed.source == DEFAULT.replace("lr = 1.0", after)
    assert setup_of(changed)["lr"] == 0.5


@pytest.mark.parametrize("rate", ["lr = 2 * 0.5", "lr = float('1')", "lr = np.float64(1)"])
def test_a_rate_that_is_no_plain_number_is_refused(rate: str) -> None:
    with pytest.raises(EditError, match="no learning rate"):
        with_rate(program_of(DEFAULT.replace("lr = 1.0", rate)), 0.5)


@pytest.mark.parametrize(
    ("before", "seed"),
    [
        ("np.random.default_rng(1)", 1),
        ("np.random.default_rng(12345)", 12345),
        ("np.random.RandomState(3)", 3),
        ("np.random.seed(4)", 4),
        ("np.random.default_rng()", None),
        ("np.random.default_rng(None)", None),
        ("np.random.default_rng([1, 2])", None),
        ("np.random.default_rng(True)", None),
    ],
)
def test_a_seed_is_a_whole_number_given_to_a_generator(before: str, seed: int | None) -> None:
    source = DEFAULT.replace("np.random.default_rng(1)", before)
    program = program_of(source)
    assert seed_of(program) == seed
    if seed is None:
        with pytest.raises(EditError, match="test has no seed"):
            with_seed(program, 5)
    else:
        assert with_seed(program, 5).source == source.replace(before, before.replace(str(seed), "5"))


def test_the_program_that_is_changed_stays_as_it_was() -> None:
    program = program_of()
    with_rate(program, 0.5)
    with_seed(program, 2)
    with_weights(program, {"W1": np.ones((3, 4))}, "w.npz")
    assert program == program_of()


# --- weights ----------------------------------------------------------------------------------------------------------

SMALL = hnp.arrays(
    st.sampled_from([np.float64, np.float32, np.float16, np.int64, np.bool_]), hnp.array_shapes(max_dims=2)
).map(lambda array: array if array.dtype.kind != "f" else np.nan_to_num(array))


@given(SMALL, SMALL)
@QUICK
def test_weights_come_back_to_the_last_bit(one: Array, other: Array) -> None:
    changed = with_weights(program_of(), {"W1": one, "W2": other}, "w.npz")
    namespace = setup_of(changed)
    for name, value in (("W1", one), ("W2", other)):
        assert same_bits(namespace[name], value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.0, 5e-324])
def test_a_special_weight_can_be_written_too(value: float) -> None:
    weights = np.full((2, 2), value)
    namespace = setup_of(with_weights(program_of(), {"W1": weights}, "w.npz"))
    assert same_bits(namespace["W1"], weights)


def test_weights_add_lines_before_the_loop_and_keep_every_other_line() -> None:
    changed = with_weights(program_of(), {"W1": np.ones((3, 4)), "W2": np.zeros((4, 1))}, "w.npz")
    lines, old = changed.source.splitlines(), DEFAULT.splitlines()
    at = old.index("lr = 1.0") + 1
    assert lines[:at] == old[:at]
    assert lines[at] == "# the initial weights come from 'w.npz'"
    assert lines[at + 1].startswith("W1 = np.array([[1.0, 1.0")
    assert lines[at + 2] == "W2 = np.array([[0.0], [0.0], [0.0], [0.0]])"
    assert lines[at + 3 :] == old[at:]
    assert changed.source.endswith("\n")


def test_large_weights_are_loaded_from_their_file(tmp_path: Any) -> None:
    path = str(tmp_path / 'it\'s "w".npz')
    big = np.random.default_rng(0).random(INLINE + 1)
    np.savez(path, W1=big)
    changed = with_weights(program_of(), {"W1": big}, path)
    assert len(changed.source) < len(DEFAULT) + 300
    assert same_bits(setup_of(changed)["W1"], big)


@pytest.mark.parametrize("name", ["import numpy", "import numpy as xp", "import math\nimport numpy as np, os"])
def test_weights_use_the_programs_own_name_for_numpy(name: str) -> None:
    short = "xp" if "xp" in name else "np" if "as np" in name else "numpy"
    source = f"{name}\nW = {short}.ones(1)\n\nfor iteration in range(3):\n    W = W + 1\n"
    changed = with_weights(program_of(source), {"W": np.full(2, 7.5)}, "w.npz")
    assert f"W = {short}.array([7.5, 7.5])" in changed.source
    assert executed(changed.source)["W"].tolist() == [10.5, 10.5]


def test_weights_need_no_import_of_numpy() -> None:
    changed = with_weights(program_of("W = 1\nfor iteration in range(3):\n    W = W + 1\n"), {"W": np.ones(2)}, "w.npz")
    assert executed(changed.source)["W"].tolist() == [4, 4]
