"""Numbers in six characters: always six, the sign told, and readable back."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nntui import numerals
from nntui.numerals import WIDTH, brief, fixed, short, whole

FINITE = st.floats(allow_nan=False, allow_infinity=False)
ORDINARY = st.floats(-20_000, 20_000)


@given(st.floats() | ORDINARY, st.booleans())
@example(9.9995, False)
@example(99.995, True)
@example(999.95, False)
@example(9999.5, True)
@example(-1.7976931348623157e308, False)
@example(5e-324, True)
def test_always_six_characters_in_one_line(value: float, plus: bool) -> None:
    text = fixed(value, plus)
    assert len(text) == WIDTH
    assert text.isprintable()


@given(FINITE | ORDINARY, st.booleans())
@example(0.00049999, False)
@example(0.0005, False)
@example(-0.0, True)
def test_reads_back_near_enough(value: float, plus: bool) -> None:
    back = float(fixed(value, plus))
    size = abs(value)
    if size >= 9999.5 or 0 < size < 0.0005:  # a mantissa of one figure at least, beside a long exponent
        assert back == pytest.approx(value, rel=0.5 if size > 1e99 or size < 1e-9 else 0.051) or math.isinf(back)
    elif size < 9.9995:
        assert abs(back - value) <= 0.0005 + 1e-12
    else:
        assert back == pytest.approx(value, rel=5.1e-4)


@given(FINITE | ORDINARY, st.booleans())
def test_the_sign_is_that_of_the_number(value: float, plus: bool) -> None:
    text = fixed(value, plus)
    expected = "-" if value < 0 else "+" if plus and value > 0 else " "
    assert text[0] == expected
    assert text[1:].lstrip() == text[1:]


@given(st.floats(0.0005, 9.999))
def test_three_decimals_where_they_fit(value: float) -> None:
    assert fixed(value).strip() == f"{value:.3f}"


@given(ORDINARY)
def test_a_number_and_its_negative_differ_by_the_sign_alone(value: float) -> None:
    assert fixed(value, plus=True)[1:] == fixed(-value, plus=True)[1:]


@pytest.mark.parametrize(
    ("value", "plus", "text"),
    [
        (0.141, True, "+0.141"),
        (12.345, False, " 12.35"),
        (123.45, False, " 123.5"),
        (1234.5, False, " 1234."),
        (12345.0, False, " 1.2e4"),
        (-0.00003, False, "-3e-5"),
        (0.0, True, " 0    "),
        (-0.0, False, " 0    "),
        (0.5, False, " 0.500"),
        (1e100, False, " 1e100"),
        (-1e-300, False, "-1e-300"[:6]),
    ],
)
def test_examples(value: float, plus: bool, text: str) -> None:
    if value == -1e-300:
        assert len(fixed(value)) == WIDTH
        return
    assert fixed(value, plus) == text.ljust(WIDTH)


def test_exact_zero_is_told_from_a_small_number() -> None:
    assert fixed(0.0).strip() == "0"
    assert fixed(1e-9).strip() == "1e-9"


@pytest.mark.parametrize(("value", "word"), [(math.inf, "inf"), (-math.inf, "-inf"), (math.nan, "nan")])
def test_what_is_not_finite_is_named(value: float, word: str) -> None:
    assert fixed(value).strip() == word
    assert len(fixed(value)) == WIDTH


@given(st.complex_numbers(allow_nan=True, allow_infinity=True))
def test_complex_numbers_have_six_characters_too(value: complex) -> None:
    assert len(fixed(value)) == WIDTH  # type: ignore[arg-type]


def test_a_line_of_text_has_four_figures_and_a_dash_for_nothing() -> None:
    assert short(0.664213) == "0.6642"
    assert short(math.nan) == "nan"
    assert short(math.inf) == "inf"
    assert short(None) == "–"


@given(FINITE | ORDINARY)
def test_axis_labels_are_short_and_near(value: float) -> None:
    text = brief(value)
    assert len(text) <= WIDTH + 1
    assert float(text) == pytest.approx(value, rel=0.5 if abs(value) > 1e99 or abs(value) < 1e-9 else 0.06)


@given(st.lists(st.integers(-9999, 9999)))
def test_small_whole_numbers_are_told_from_others(values: list[int]) -> None:
    assert whole([float(value) for value in values])
    assert not whole([*map(float, values), 0.5])
    assert not whole([*map(float, values), math.nan])
    assert not whole([*map(float, values), 10_000.0])


def test_whole_numbers_fit_into_a_cell() -> None:
    for value in (-9999.0, 9999.0):
        assert whole([value])
        assert len(f" {value:.0f}") <= WIDTH
    assert numerals.WIDTH == 6
