"""What `nntui examples` lists and `o` opens: the built-in programs and the usual mistakes."""

from typing import TYPE_CHECKING

from nntui_core.program import Program

if TYPE_CHECKING:
    from nntui.dialogs.open import Choice


def names() -> tuple[str, ...]:
    """Return what `program` takes: the built-in programs, then the codes of the mistakes."""
    from nntui_core import builtin
    from nntui_core.mistakes import MISTAKES

    return (*builtin.NAMES, *(mistake.code for mistake in MISTAKES))


def choices() -> "list[Choice]":
    """Return all of them, the built-in programs first."""
    from nntui.dialogs.open import Choice
    from nntui_core import builtin
    from nntui_core.mistakes import MISTAKES

    own = [Choice(name, builtin.load(name).docstring) for name in builtin.NAMES]
    return own + [Choice(m.code, f"{m.title}: {m.what_is_seen}") for m in MISTAKES]


def program(name: str) -> Program:
    """Return a built-in program or a mistake by its name.

    Raises:
        KeyError: there is neither.
    """
    from nntui_core import builtin, mistakes

    return builtin.load(name) if name in builtin.NAMES else mistakes.program(name)
