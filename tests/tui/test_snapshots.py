"""A few pictures of the screen, looked at by a person before they were accepted.

`pytest --snapshot-update` makes them anew; look at what has changed before you keep it.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.tui.reading import Desk, watch
from textual.pilot import Pilot

from nntui.app import NntuiApp
from nntui_core import builtin

Compare = Callable[..., bool]


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures do not depend on whose terminal the tests run in."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


def picture(
    compare: Compare, keys: str, size: tuple[int, int], program: str = "default", panel: str | None = None
) -> bool:
    """Press keys, each when the one before has been done, and compare the screen with the picture that is kept."""
    app = NntuiApp(builtin.load(program))
    commands = watch(app.main.engine)

    async def act(pilot: Pilot[Any]) -> None:
        desk = Desk(app, pilot, commands)
        await desk.until(lambda: app.screen is app.main and app.main.picture is not None)
        await desk.settled()
        if panel is not None:
            await desk.focus(panel)
        await desk.press(*keys.split())
        await desk.settled()

    before: Callable[[Pilot[Any]], Awaitable[None]] = act
    return compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize(
    ("keys", "size", "program", "panel"),
    [
        ("n n s s", (80, 24), "default", None),
        ("n n s s", (160, 48), "default", None),
        ("n n s s", (40, 12), "default", None),
        ("question_mark", (80, 24), "default", None),
        ("n n enter", (80, 24), "default", "W2"),
        ("n", (80, 24), "naive", None),
    ],
    ids=["80x24", "160x48", "40x12", "help", "origin", "failed"],
)
def test_picture(snap_compare: Compare, keys: str, size: tuple[int, int], program: str, panel: str | None) -> None:
    assert picture(snap_compare, keys, size, program, panel)
