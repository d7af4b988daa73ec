"""What the names in a program stand for, as far as its text tells: which is NumPy, and what its functions are.

Nothing is imported or run: `import numpy as np` and `def sigmoid(z): ...` are read from the setup's syntax trees.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

NUMERIC_MODULES = ("numpy", "math")

Function = ast.FunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class Names:
    """The modules, the functions and the NumPy names of a program's setup."""

    modules: dict[str, str] = field(default_factory=dict)
    """Name in the program -> the module, one of `NUMERIC_MODULES`."""
    members: dict[str, str] = field(default_factory=dict)
    """Name in the program -> the name in NumPy: `from numpy import exp`, `f = np.tanh`."""
    functions: dict[str, Function] = field(default_factory=dict)
    """Name in the program -> its definition there."""


def read(setup: Sequence[ast.stmt]) -> Names:
    """Return what the setup's names stand for; where one is given twice, the last counts."""
    names = Names()
    for node in setup:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in NUMERIC_MODULES:
                    names.modules[alias.asname or alias.name] = alias.name
        elif isinstance(node, ast.ImportFrom):
            _import_from(node, names)
        elif isinstance(node, ast.FunctionDef):
            names.functions[node.name] = node
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    _assign(target.id, node.value, names)
    return names


def _import_from(node: ast.ImportFrom, names: Names) -> None:
    if node.module in NUMERIC_MODULES:
        for alias in node.names:
            names.members[alias.asname or alias.name] = alias.name


def _assign(name: str, value: ast.expr, names: Names) -> None:
    """Note a function that gets a name by assignment: a lambda, `f = sigmoid`, `f = np.tanh`."""
    if isinstance(value, ast.Lambda):
        names.functions[name] = value
    elif isinstance(value, ast.Name) and value.id in names.functions:
        names.functions[name] = names.functions[value.id]
    elif isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name) and value.value.id in names.modules:
        names.members[name] = value.attr
    else:
        names.functions.pop(name, None)
