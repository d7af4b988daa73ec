"""Which statement picks a mini-batch: one that draws numbers of samples, by which inputs and targets are then picked.

After the last update the forward pass is made once more for *all* samples: what a network has learned is not what
it happens to make of the last sixteen.
"""

import ast

from nntui_core.patterns import called_name
from nntui_core.program import Phase, Program

DRAWS = frozenset({"permutation", "choice", "integers", "randint"})
"""Methods of random generators that draw numbers of samples."""

ALL = "slice(None)  # all samples"


def picking(program: Program) -> str | None:
    """Return the variable by whose value a mini-batch is picked, None where there is none.

    It is drawn in the loop's own block, and used for nothing but to pick: `x[batch]`.
    """
    for statement in program.body:
        node = program.nodes[statement.index]
        if statement.depth or statement.phase is not Phase.OTHER or not isinstance(node, ast.Assign):
            continue
        if len(statement.targets) == 1 and any(_draws(part) for part in ast.walk(node.value)):
            name = statement.targets[0]
            if len(program.writers(name)) == 1 and _only_picks(program, name):
                return name
    return None


def _draws(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and called_name(node) in DRAWS


def _only_picks(program: Program, name: str) -> bool:
    """Tell whether every mention of a variable, but the one that writes it, is as an index alone."""
    picks = mentions = 0
    for node in program.nodes:
        for part in ast.walk(node):
            mentions += isinstance(part, ast.Name) and part.id == name and isinstance(part.ctx, ast.Load)
            picks += isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Name) and part.slice.id == name
    return 0 < picks == mentions
