"""Make the pictures of docs/: `python docs/pictures.py`. They show the real screen, exported by Textual."""

import asyncio
from pathlib import Path

from nntui.app import NntuiApp
from nntui_core import builtin

HERE = Path(__file__).parent
PICTURES = {
    "screen.svg": ("forum", (110, 32), ["n"] * 40 + ["s"] * 7),
}
"""File: program, size, and the keys pressed before the picture is taken."""


async def picture(file: str, program: str, size: tuple[int, int], keys: list[str]) -> None:
    """Run a program on a screen of a size, press keys, save the picture."""
    app = NntuiApp(builtin.load(program))
    async with app.run_test(size=size) as pilot:
        while app.main.picture is None:
            await pilot.pause(0.02)
        for key in keys:
            await pilot.press(key)
        await pilot.pause(0.5)
        (HERE / file).write_text(app.export_screenshot(title="nntui forum"), encoding="utf-8")


def main() -> None:
    """Make all of them."""
    for file, how in PICTURES.items():
        asyncio.run(picture(file, *how))


if __name__ == "__main__":
    main()
