"""`nntui examples`: the programs that come with nntui."""

import argparse

from nntui.opening import DEFAULT
from nntui.output import emit


def arguments(_parser: argparse.ArgumentParser) -> None:
    """Declare the arguments: there are none."""


def execute(_args: argparse.Namespace) -> int:
    """List each program with the command that opens it and the first line of its docstring."""
    from nntui_core import builtin

    for name in builtin.NAMES:
        command = "nntui" if name == DEFAULT else f"nntui {name}"
        emit(f"{name:<9} {command}\n          {builtin.load(name).docstring}\n")
    return 0
