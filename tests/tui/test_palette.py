"""Colours: told apart by sign, stronger with size, readable on their backgrounds."""

import itertools
import math
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color

from nntui.palette import DARK, LIGHT, STEPS, Palette, shade, step_of, style

BACKGROUNDS = {"dark": (DARK, (18, 18, 18)), "light": (LIGHT, (224, 224, 224))}
"""Textual's own backgrounds of its dark and its light theme."""
ENOUGH = 4.5
"""The contrast that WCAG 2 asks of text (AA)."""


@given(st.floats(allow_nan=False), st.floats(0, allow_nan=False, allow_infinity=False))
def test_a_shade_has_the_sign_and_is_one_of_the_steps(value: float, scale: float) -> None:
    step = step_of(value, scale)
    assert -STEPS <= step <= STEPS
    assert step * value >= 0 or step == 0


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_greater_number_is_never_paler(a: float, b: float) -> None:
    small, large = sorted((a, b))
    assert step_of(small, 1.0) <= step_of(large, 1.0)
    assert step_of(-small, 1.0) >= step_of(-large, 1.0)


def test_the_ends() -> None:
    assert step_of(2.0, 2.0) == STEPS
    assert step_of(-2.0, 2.0) == -STEPS
    assert step_of(0.0, 2.0) == 0
    assert step_of(1.0, 0.0) == 0
    assert step_of(math.nan, 1.0) == 0
    assert step_of(math.inf, 1.0) == STEPS
    assert step_of(-math.inf, 1.0) == -STEPS
    assert step_of(1j, 1.0) == 0  # type: ignore[arg-type]


def luminance(rgb: tuple[int, int, int]) -> float:
    """Return the relative luminance, as WCAG 2 defines it."""
    parts = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(a: tuple[int, int, int], b: tuple[int, int, int]) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def rgb(colour: Color) -> tuple[int, int, int]:
    triplet = colour.get_truecolor()
    return triplet.red, triplet.green, triplet.blue


@pytest.mark.parametrize("kind", BACKGROUNDS)
def test_every_number_and_text_can_be_read(kind: str) -> None:
    palette, background = BACKGROUNDS[kind]
    for step in range(-STEPS, STEPS + 1):
        assert contrast(rgb(shade(palette, step)), background) >= ENOUGH, step
    for name in ("text", "dim", "error", "mark", "focus"):
        assert contrast(rgb(Color.parse(getattr(palette, name))), background) >= ENOUGH, name


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
def test_shades_differ_from_one_another(palette: Palette) -> None:
    shades = [rgb(shade(palette, step)) for step in range(-STEPS, STEPS + 1)]
    for a, b in itertools.combinations(shades, 2):
        assert a != b
    warm, cold = rgb(shade(palette, STEPS)), rgb(shade(palette, -STEPS))
    assert warm[0] > warm[2]
    assert cold[2] > cold[0]
    assert rgb(shade(palette, 0)) == tuple(Color.parse(palette.shades[STEPS]).triplet or ())


def blue_blind(rgb: tuple[int, int, int]) -> tuple[float, float]:
    """What is left to tell orange from blue without red or green receptors: blue against yellow, and brightness."""
    return rgb[2] - (rgb[0] + rgb[1]) / 2, luminance(rgb)


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
def test_the_signs_differ_without_red_against_green(palette: Palette) -> None:
    warm, cold = blue_blind(rgb(shade(palette, STEPS))), blue_blind(rgb(shade(palette, -STEPS)))
    assert cold[0] - warm[0] > 100


def test_equal_styles_are_the_same_object() -> None:
    assert style("#112233", bold=True) is style("#112233", bold=True)
    assert style("#112233", bold=True) is not style("#112233")


def test_a_style_sets_only_what_is_asked_for() -> None:
    plain = style("#112233")
    assert plain.bold is None
    assert plain.underline is None
    assert plain.reverse is None
    loud = style("#112233", bold=True, underline=True, reverse=True, background="#445566")
    assert loud.bold
    assert loud.underline
    assert loud.reverse
    assert loud.bgcolor == Color.parse("#445566")


def test_every_colour_of_a_palette_is_one() -> None:
    for palette in (DARK, LIGHT):
        for field in fields(palette):
            value = getattr(palette, field.name)
            if isinstance(value, str):
                Color.parse(value)
            else:
                assert all(Color.parse(part) for part in value)
