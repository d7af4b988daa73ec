"""The engine knows no user interface, and a picture can be drawn before NumPy has been loaded."""

import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import nntui_core

CORE = Path(nntui_core.__file__).parent
INTERFACES = {"textual", "rich", "plotext", "textual_plotext", "nntui", "curses", "prompt_toolkit", "tkinter"}


def loaded_by(modules: list[str]) -> set[str]:
    """Return the top-level names of all modules that a fresh Python has loaded after importing these."""
    code = f"import importlib, sys\nfor m in {modules!r}: importlib.import_module(m)\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(CORE.parent), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return {name.split(".")[0] for name in done.stdout.split()}


def all_modules() -> list[str]:
    found = [module.name for module in pkgutil.walk_packages([str(CORE)], "nntui_core.")]
    # folders without an __init__.py are packages too, and walk_packages passes them over
    files = [path.relative_to(CORE.parent).with_suffix("") for path in CORE.rglob("*.py") if path.stem != "__init__"]
    return sorted({*found, *(".".join(path.parts) for path in files if "programs" not in path.parts)})


def test_no_module_of_the_engine_imports_a_user_interface() -> None:
    modules = all_modules()
    assert {"nntui_core.session", "nntui_core.frame", "nntui_core.interpreter"} <= set(modules)
    loaded = loaded_by(modules)
    assert "numpy" in loaded
    assert not loaded & INTERFACES


@pytest.mark.parametrize("module", ["nntui_core.frame", "nntui_core.replies"])
def test_what_a_front_end_is_given_needs_no_numpy(module: str) -> None:
    loaded = loaded_by([module])
    assert "nntui_core" in loaded
    assert "numpy" not in loaded


def test_texts_are_parsed_in_one_place() -> None:
    """In Python 3.11 two threads that parse at once spoil each other's trees, see `nntui_core.parsing`."""
    folders = (CORE, CORE.parents[1] / "tui" / "nntui")
    files = {path for folder in folders for path in folder.rglob("*.py") if "ast.parse(" in path.read_text("utf-8")}
    assert {path.name for path in files} == {"parsing.py"}
