"""Text becomes a tree, one text at a time.

Python 3.11 and 3.12 count the depth of a tree that is made from a text in one place for all threads
(https://github.com/python/cpython/issues/106905). Where a thread is switched in the middle and the other one parses
too, the count is off, and a right program ends with "AST constructor recursion depth mismatch". The screen reads a
program that is to be opened while the engine looks at the present one, so all of nntui parses here.
"""

import ast
import threading
from typing import Literal, overload

_ONE_AT_A_TIME = threading.Lock()


@overload
def parse(text: str, mode: Literal["exec"] = "exec", name: str = "<text>") -> ast.Module: ...
@overload
def parse(text: str, mode: Literal["eval"]) -> ast.Expression: ...
def parse(text: str, mode: Literal["exec", "eval"] = "exec", name: str = "<text>") -> ast.mod:
    """Return the tree of statements, or of one expression.

    Raises:
        SyntaxError: it is not Python; `name` is the file that the error names.
        ValueError: it holds a null character.
    """
    with _ONE_AT_A_TIME:
        return ast.parse(text, name, mode)
