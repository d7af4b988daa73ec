"""The first paint waits for neither NumPy nor plotext: they come with the engine and with the first curve."""

import subprocess
import sys
from pathlib import Path

import pytest

import nntui
import nntui_core

ROOTS = [str(Path(package.__file__ or "").parents[1]) for package in (nntui, nntui_core)]
HEAVY = {"numpy", "plotext", "textual_plotext"}


def loaded_after(code: str) -> set[str]:
    """Return the top-level names of the modules that a fresh Python has loaded after some code.

    They are written to `sys.__stdout__`: an engine at work may have put its own `sys.stdout` in the place.
    """
    tell = "print(*{name.split('.')[0] for name in tuple(sys.modules)}, file=sys.__stdout__)"
    whole = f"import sys\nsys.path[:0] = {ROOTS!r}\n{code}\n{tell}"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", whole], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["nntui.screen", "nntui.app", "nntui.engine", "nntui.actions", "nntui.layout"])
def test_opening_the_screen_loads_nothing_heavy(module: str) -> None:
    assert not HEAVY & loaded_after(f"import {module}")


@pytest.mark.parametrize("module", ["nntui", "nntui.cli"])
def test_the_command_line_loads_no_screen(module: str) -> None:
    assert not {"textual", "rich", *HEAVY} & loaded_after(f"import {module}")


def test_the_version_is_said_before_anything_is_loaded_for_working() -> None:
    loaded = loaded_after("import nntui.cli\nnntui.cli.main(['--version'])")
    assert not {"nntui_core", "dataclasses", "inspect", "ast", "textual", *HEAVY} & loaded


def test_making_the_app_loads_nothing_heavy_either() -> None:
    code = "from nntui.app import NntuiApp\nNntuiApp(program=lambda: None)"
    assert not HEAVY & loaded_after(code)


def test_the_engine_loads_numpy_when_it_works() -> None:
    code = """
import threading
from nntui_core import builtin
from nntui.engine import Engine
woken = threading.Event()
engine = Engine(lambda: builtin.load("default"), woken.set)
engine.start()
assert woken.wait(60)
"""
    loaded = loaded_after(code)
    assert "numpy" in loaded
    assert not {"plotext", "textual"} & loaded
