"""Numbers in six characters: always six, the sign told, and readable back."""

import math
from decimal import Decimal

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
@example(-1e-300, False)
def test_always_six_characters_in_one_line(value: float, plus: bool) -> None:
    text = fixed(value, plus)
    assert len(text) == WIDTH
    assert text.isprintable()


def half_a_unit(text: str) -> Decimal:
    """Return half of what the last figure of a written number counts."""
    exponent = Decimal(text.strip()).as_tuple().exponent
    assert isinstance(exponent, int)
    return Decimal(10) ** exponent / 2


@given(FINITE | ORDINARY, st.booleans())
@example(0.00049999, False)
@example(0.0005, False)
@example(-0.0, True)
@example(-1.7976931348623157e308, False)
def test_reads_back_as_exactly_as_it_is_written(value: float, plus: bool) -> None:
    text = fixed(value, plus)
    assert abs(Decimal(text.strip()) - Decimal(value)) <= half_a_unit(text)


@given(st.floats(0.0005, 9999), st.booleans())
def test_ordinary_numbers_have_three_decimals_or_four_figures(value: float, plus: bool) -> None:
    back = float(fixed(-value if plus else value, plus))
    assert abs(abs(back) - value) <= max(0.0005, 0.0005 * value) * (1 + 1e-9)


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
    ],
)
def test_examples(value: float, plus: bool, text: str) -> None:
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
    assert len(text) <= WIDTH
    assert abs(Decimal(text) - Decimal(value)) <= half_a_unit(text)


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
