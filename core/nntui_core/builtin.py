"""The programs that come with nntui, as readable files beside this one."""

from importlib import resources

from nntui_core.program import Program

NAMES = ("default", "forum", "naive")


def source(name: str) -> str:
    """Return the text of a built-in program.

    Raises:
        KeyError: there is no such program.
    """
    if name not in NAMES:
        raise KeyError(name)
    return resources.files("nntui_core").joinpath("programs", f"{name}.py").read_text(encoding="utf-8")


def load(name: str) -> Program:
    """Return a built-in program, one of `NAMES`.

    Raises:
        KeyError: there is no such program.
    """
    return Program.parse(source(name), name)
