"""`nntui examples`: the programs that come with nntui, and the usual mistakes."""

import argparse

from nntui.opening import DEFAULT
from nntui.output import emit


def arguments(_parser: argparse.ArgumentParser) -> None:
    """Declare the arguments: there are none."""


def execute(_args: argparse.Namespace) -> int:
    """List each program with the command that opens it and what it is; of a mistake, what is seen of it too."""
    from nntui_core import builtin, mistakes

    parts = [_entry(name, "" if name == DEFAULT else name, builtin.load(name).docstring) for name in builtin.NAMES]
    parts.append("\nThe usual mistakes, each in a program to open, to run and to check (nntui check CODE):\n\n")
    parts += [_entry(m.code, m.code, m.title, f"seen: {m.what_is_seen}") for m in mistakes.MISTAKES]
    emit("".join(parts))
    return 0


def _entry(name: str, opens: str, *says: str) -> str:
    command = f"nntui {opens}".rstrip()
    return f"{name:<27}{command}\n" + "".join(f"    {line}\n" for line in says)
