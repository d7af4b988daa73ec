"""Dark, light, or the sixteen colours that every terminal has: found out from the terminal, changed by a key, kept.

A terminal does not say which background it has, except by COLORFGBG, which some set. What the user has chosen
is kept in a file and goes before it. A terminal of 16 colours always begins with the palette made for those, since
others would be rounded to colours that look the same.
"""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from textual.theme import Theme

DARK, LIGHT, SIXTEEN = "textual-dark", "textual-light", "nntui-16"
THEMES = {DARK: "dark", LIGHT: "light", SIXTEEN: "16 colours"}
"""Textual's names, and what people call them, in the order in which the key goes through them."""

SIXTEEN_COLOURS = Theme(
    name=SIXTEEN,
    primary="#55ffff",
    secondary="#55ffff",
    warning="#ffff55",
    error="#ff5555",
    success="#55ff55",
    accent="#ffff55",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    boost="#0000aa",
    variables={"text-muted": "#aaaaaa"},
)
"""All of its colours are among the sixteen, so that none is rounded."""


def first(environment: Mapping[str, str], kept: str | None) -> str:
    """Return the theme to begin with.

    Args:
        environment: what the terminal says of itself: TERM, COLORTERM, COLORFGBG.
        kept: the theme that the user has chosen before, None where there is none.
    """
    if has_sixteen_colours(environment):
        return SIXTEEN
    if kept in THEMES:
        return kept
    background = environment.get("COLORFGBG", "").rpartition(";")[2]
    return LIGHT if background in ("7", "15") else DARK


def has_sixteen_colours(environment: Mapping[str, str]) -> bool:
    """Tell whether a terminal has only sixteen colours, as Rich reads it from the environment."""
    if environment.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"):
        return False
    return environment.get("TERM", "").rpartition("-")[2] not in ("256color", "kitty")


def after(theme: str) -> str:
    """Return the next theme."""
    names = list(THEMES)
    return names[(names.index(theme) + 1) % len(names)] if theme in names else DARK


def _file() -> Path:
    import platformdirs

    return platformdirs.user_config_path("nntui", appauthor=False) / "theme"


def read() -> str | None:
    """Return the theme that has been kept, None where there is none or it cannot be read."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        said = _file().read_text(encoding="utf-8").strip()
        return next((name for name, title in THEMES.items() if title == said), None)
    return None


def keep(theme: str) -> str:
    """Keep a theme for the next time; return what has been done, in words."""
    file = _file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{THEMES[theme]}\n", encoding="utf-8")
    except OSError as error:
        return f"{THEMES[theme]}; it cannot be kept in {file}: {error.strerror}"
    return f"{THEMES[theme]}, also the next time: T changes it"


def of_terminal() -> str:
    """Return the theme to begin with on this terminal."""
    return first(os.environ, read())
