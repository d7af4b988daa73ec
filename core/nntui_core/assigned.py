"""Roles that a user gives to variables: is there such a variable, and what is there instead?"""

import difflib
from collections.abc import Collection, Mapping
from typing import Any

from nntui_core import dataflow, parsing
from nntui_core.roles import Given
from nntui_core.values import is_data

MOST = 12
"""Names that are listed at most."""
NUMPY = frozenset({"np", "numpy"})


def naming_nothing(given: Given, arrays: Collection[str], namespace: Mapping[str, Any]) -> str:
    """Say which role is given to no variable, and which variables there are; '' where all of them exist.

    `arrays` are variables that the loop will have, and places; `namespace` is what there is now.
    """
    variables = {*arrays, *(name for name, value in namespace.items() if name.isidentifier() and is_data(name, value))}
    named = [("parameters", name) for name in given.parameters]
    named += [(role, name) for role in ("target", "prediction", "loss", "rate") if (name := getattr(given, role))]
    for role, name in named:
        if name not in variables:
            return f"{role}: there is no variable {name}{_instead(name, variables)}"
    if given.cost is None:
        return ""
    try:
        reads = dataflow.reads(parsing.parse(f"({given.cost})").body[0])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return f"cost: {given.cost} is no expression; 0.5 * np.sum((a2 - y) ** 2) would be one"
    missing = [name for name in reads if name not in {*variables, *namespace, *NUMPY}]
    return f"cost: there is no variable {missing[0]}{_instead(missing[0], variables)}" if missing else ""


def _instead(name: str, variables: Collection[str]) -> str:
    near = difflib.get_close_matches(name, list(variables), 1)
    if near:
        return f": did you mean {near[0]}?"
    there = sorted(variables)
    return f"; there are {', '.join(there[:MOST])}{' …' if len(there) > MOST else ''}"
