"""Dark, light and sixteen colours: chosen from the terminal, by a key, kept; and what is told without a colour."""

from pathlib import Path

import pytest
from rich._palettes import STANDARD_PALETTE
from rich.color import Color, ColorSystem
from tests.tui.reading import opened

from nntui import theme
from nntui.palette import SIXTEEN
from nntui.widgets.predictions import wrong_ones
from nntui_core import builtin
from nntui_core.session import Session


@pytest.mark.parametrize(
    ("environment", "kept", "expected"),
    [
        ({"TERM": "xterm-256color"}, None, theme.DARK),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, None, theme.LIGHT),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;default;7"}, None, theme.LIGHT),
        ({"TERM": "xterm-256color", "COLORFGBG": "15;0"}, None, theme.DARK),
        ({"TERM": "xterm-256color", "COLORFGBG": "15;0"}, theme.LIGHT, theme.LIGHT),
        ({"TERM": "xterm-256color", "COLORFGBG": "nonsense"}, "gone", theme.DARK),
        ({"TERM": "tmux-256color"}, None, theme.DARK),
        ({"TERM": "linux"}, None, theme.SIXTEEN),
        ({"TERM": "linux", "COLORFGBG": "0;15"}, theme.LIGHT, theme.SIXTEEN),
        ({"TERM": "xterm"}, None, theme.SIXTEEN),
        ({"TERM": "screen", "COLORTERM": "truecolor"}, None, theme.DARK),
        ({}, None, theme.SIXTEEN),
    ],
)
def test_the_terminal_and_what_was_kept_decide(environment: dict[str, str], kept: str | None, expected: str) -> None:
    assert theme.first(environment, kept) == expected


def test_no_colour_of_the_sixteen_is_rounded() -> None:
    named = [value for value in vars(theme.SIXTEEN_COLOURS).values() if isinstance(value, str) and value[0] == "#"]
    singles = [SIXTEEN.text, SIXTEEN.dim, SIXTEEN.border, SIXTEEN.focus, SIXTEEN.error, SIXTEEN.mark, SIXTEEN.cursor]
    for name in [*named, *singles, *SIXTEEN.shades, *SIXTEEN.fields, *SIXTEEN.classes]:
        colour = Color.parse(name)
        rounded = colour.downgrade(ColorSystem.STANDARD)
        assert rounded.number is not None
        assert STANDARD_PALETTE[rounded.number] == colour.triplet, name


async def test_a_key_goes_through_the_themes_and_keeps_the_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    async with opened() as desk:
        assert theme.read() is None
        for name, title in [(theme.LIGHT, "light"), (theme.SIXTEEN, "16 colours"), (theme.DARK, "dark")]:
            before = desk.main.panels.panel("W1").render_line(1)
            await desk.press("T")
            assert desk.app.theme == name
            assert title in desk.explanation()
            assert theme.read() == name
            after = desk.main.panels.panel("W1").render_line(1)
            assert after.text == before.text
            assert after != before


async def test_a_choice_that_cannot_be_kept_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    async with opened() as desk:
        await desk.press("T")
        assert desk.app.theme == theme.LIGHT
        assert "cannot be kept" in desk.explanation()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"purple\n"])
def test_a_broken_file_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "nntui").mkdir()
    (tmp_path / "nntui" / "theme").write_bytes(content)
    assert theme.read() is None


async def test_wrong_predictions_have_a_sign() -> None:
    own = Session(builtin.load("default"))
    async with opened() as desk:
        await desk.press("n")
        own.advance(1)
        wrong = [
            abs(float(a) - float(y)) > 0.5 for a, y in zip(own.state["a2"].ravel(), own.state["y"].ravel(), strict=True)
        ]
        assert [("✗" in line) for line in desk.inside("predictions").split("\n")[:4]] == wrong
        assert any(wrong)


async def test_the_palette_has_our_actions_only() -> None:
    async with opened() as desk:
        await desk.press("ctrl+p")
        await desk.until(lambda: "run one statement (s)" in desk.text())
        assert "Maximize" not in desk.text()
        assert "Screenshot" not in desk.text()


@pytest.mark.parametrize(
    ("target", "prediction", "wrong"),
    [
        ((1, 0, 0), (0.48, 0.45, 0.07), set()),
        ((0, 0, 1), (0.44, 0.51, 0.05), {1}),
        ((0,), (0.6,), {0}),
        ((2.0, 1.0), (2.1, 1.9), {1}),
        ((1, 1), (0.9, 0.2), {1}),
        ((), (0.3,), set()),
    ],
)
def test_which_numbers_of_a_prediction_are_wrong(
    target: tuple[float, ...], prediction: tuple[float, ...], wrong: set[int]
) -> None:
    assert wrong_ones(target, prediction) == wrong
