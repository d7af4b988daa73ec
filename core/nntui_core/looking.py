"""Expressions that look at a program's variables and change nothing: conditions to stop at, and watches.

`abs(dW1).max() < 1e-3` is read as one expression, so that nothing can be assigned. What it may call is on a list:
some builtins, NumPy's and Python's mathematics, methods of arrays that leave the array alone, and functions that the
program itself defines. What a function of the program does cannot be read off its name, so the first time one is
called the variables are compared before and after, and where they are not the same it is taken back and refused.
"""

import ast
import contextlib
import difflib
import math
import types
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from nntui_core import parsing
from nntui_core.failure import message_of
from nntui_core.interruption import interruptible
from nntui_core.output import Output
from nntui_core.program import Program
from nntui_core.values import Checkpoint, same_data

BUILTINS: Mapping[str, Any] = {
    function.__name__: function
    for function in (
        *(abs, all, any, bool, complex, divmod, enumerate, float, int, isinstance, len, list, max, min, pow, range),
        *(reversed, round, set, sorted, str, sum, tuple, zip),
    )
}
ONE = """all any argmax argmin argsort astype conj copy count cumprod cumsum diagonal dot flatten get index item items
keys max mean min nonzero prod ravel round std sum tolist trace values var"""
METHODS: Mapping[str, int] = {**dict.fromkeys(ONE.split(), 1), "clip": 2, "swapaxes": 2, "reshape": 9, "transpose": 9}
"""Methods of arrays, numbers, dicts and lists that change nothing, and how many arguments they take before `out`."""
TWO = """all allclose amax amin any argmax argmin argsort argwhere array array_equal asarray average concatenate
corrcoef count_nonzero cov cross cumprod cumsum diag diagonal diff dot eye flatnonzero full full_like histogram
identity inner isclose isin iscomplexobj max mean median min nanargmax nanargmin nanmax nanmean nanmedian nanmin
nanstd nansum nanvar ndim nonzero ones ones_like outer percentile prod ptp quantile ravel reshape roll round shape
size sort split squeeze stack std sum take tensordot tile trace transpose tril triu unique var vdot zeros zeros_like
norm det matrix_rank cond svd eigvals eigvalsh inv"""
NUMPYS: Mapping[str, int] = {**dict.fromkeys(TWO.split(), 2), "arange": 3, "clip": 3, "linspace": 3, "where": 3}
"""Functions of NumPy that change nothing, besides its ufuncs, and how many arguments they take before `out`."""
NODES = (
    ast.Expression, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.Call, ast.keyword, ast.Attribute,
    ast.Subscript, ast.Slice, ast.Name, ast.Constant, ast.Tuple, ast.List, ast.ListComp, ast.GeneratorExp,
    ast.comprehension, ast.boolop, ast.operator, ast.unaryop, ast.cmpop, ast.expr_context,
)  # fmt: skip
LONGEST = 300
"""Characters that an expression may have."""

NOWHERE = Output()
"""Where functions of the program print to that are called by an expression."""
NOWHERE.quiet = True


class LookingError(ValueError):
    """An expression that cannot be evaluated; the message is one line that says why."""


class Looking:
    """An expression over a program's variables.

    `loss` is the program's loss where no variable of it is called so.

    Raises:
        LookingError: it is no expression, could change something, or has a name that the program does not have.
    """

    def __init__(self, text: str, program: Program, namespace: Mapping[str, Any], known: Collection[str] = ()) -> None:
        self.text = " ".join(text.split())
        names = {*known, *(name for name in namespace if name.isidentifier() and not name.startswith("__"))}
        tree = _parsed(self.text)
        if "loss" not in names and program.loss_text is not None:
            tree = ast.fix_missing_locations(_LossIn(program.loss_text).visit(tree))
        reader = _Reader(namespace, names)
        reader.visit(tree)
        self._names = reader.names
        self._tried = not reader.calls_program
        self._aside = contextlib.redirect_stdout(NOWHERE) if reader.calls_program else contextlib.nullcontext()
        self._code: types.CodeType = compile(tree, "<expression>", "eval")

    def value(self, namespace: dict[str, Any]) -> Any:
        """Return its value over a live namespace.

        Raises:
            LookingError: it raises an exception, or changes something.
            KeyboardInterrupt: it has been interrupted.
        """
        view = {name: namespace[name] for name in self._names if name in namespace}
        seen: dict[str, Any] = {"np": np, **view}
        before = None if self._tried else Checkpoint.take(namespace)
        try:
            with np.errstate(all="ignore"), self._aside:
                value = interruptible(eval, self._code, seen)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a function of the program raises
            raise LookingError(f"`{self.text}`: {_said(error, namespace)}") from None
        if before is not None:
            self._refuse_changes(before, namespace)
        return value

    def _refuse_changes(self, before: Checkpoint, namespace: dict[str, Any]) -> None:
        after = Checkpoint.take(namespace)
        same = same_data(before.data, after.data) and same_data(before.numpys_random, after.numpys_random)
        if not (same and before.pythons_random == after.pythons_random):
            before.restore(namespace)
            raise LookingError(f"`{self.text}` changes the program's variables: a look must leave them as they are")
        self._tried = True

    def holds(self, namespace: dict[str, Any]) -> bool:
        """Tell whether it is true.

        Raises:
            LookingError: it has no one truth value, raises an exception, or changes something.
        """
        value = self.value(namespace)
        if isinstance(value, np.ndarray) and value.size != 1:
            raise LookingError(f"`{self.text}` has {value.size} values: .any() or .all() makes one of them")
        return bool(value)


def _said(error: BaseException, namespace: Mapping[str, Any]) -> str:
    if isinstance(error, NameError) and error.name and error.name not in namespace:
        return f"{error.name} has no value yet"
    return message_of(error).split("\n")[0]


def _parsed(text: str) -> ast.Expression:
    if not text:
        raise LookingError("there is nothing to evaluate: loss < 0.1 would do")
    if len(text) > LONGEST:
        raise LookingError(f"that is longer than {LONGEST} characters")
    try:
        return parsing.parse(text, "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    try:
        assigns = any(isinstance(n, ast.Assign | ast.AugAssign | ast.AnnAssign) for n in ast.walk(parsing.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        assigns = False
    if assigns:
        raise LookingError(f"`{text}` assigns something: == compares, as in W1[0, 0] == 1")
    raise LookingError(f"`{text}` is no expression in Python: loss < 0.1 or abs(dW1).max() < 1e-3 would do")


class _LossIn(ast.NodeTransformer):
    """Puts the program's loss in the place of the name `loss`."""

    def __init__(self, loss: str) -> None:
        self._loss = loss

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace it."""
        loss = self._loss.replace("__import__('numpy').", "np.")
        return ast.copy_location(parsing.parse(loss, "eval").body, node) if node.id == "loss" else node


class _Reader(ast.NodeVisitor):
    """Refuses what could change something, and collects the names."""

    def __init__(self, namespace: Mapping[str, Any], known: Collection[str]) -> None:
        self._namespace = namespace
        self._known = known
        self._own: set[str] = set()
        self.names: set[str] = set()
        self.calls_program = False

    def visit(self, node: ast.AST) -> None:
        """Refuse what is not on the list."""
        if isinstance(node, ast.NamedExpr):
            raise LookingError(f"`{ast.unparse(node)}` assigns something: == compares")
        if not isinstance(node, NODES):
            raise LookingError(f"`{ast.unparse(node)}` is more than a look: names, numbers and arithmetic would do")
        if isinstance(node, ast.ListComp | ast.GeneratorExp):
            bound = [n for g in node.generators for n in ast.walk(g.target)]
            self._own |= {n.id for n in bound if isinstance(n, ast.Name)}
            if any(isinstance(n, ast.Subscript | ast.Attribute) for n in bound):
                raise LookingError(f"`{ast.unparse(node)}` assigns something: == compares")
        super().visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        """Refuse names that nobody has."""
        name = node.id
        if name in self._known:
            self.names.add(name)
        elif name not in self._own and name not in BUILTINS and name != "np":
            near = difflib.get_close_matches(name, [*self._known, *BUILTINS], 1)
            raise LookingError(f"there is no {name} here" + (f": did you mean {near[0]}?" if near else ""))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Refuse what Python keeps for itself."""
        if node.attr.startswith("_"):
            raise LookingError(f"`{ast.unparse(node)}` is more than a look: names that begin with _ are left alone")
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        """Refuse what is not known to change nothing."""
        if any(keyword.arg in ("out", None) for keyword in node.keywords):
            raise LookingError(f"`{ast.unparse(node)}` could write somewhere: leave out= away")
        self._refuse_call(node)
        self.visit(node.func.value if isinstance(node.func, ast.Attribute) else node.func)
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            self.visit(argument)

    def _refuse_call(self, node: ast.Call) -> None:
        func = node.func
        module = self._module(func.value) if isinstance(func, ast.Attribute) else None
        if isinstance(func, ast.Attribute) and module is None:
            allowed = len(node.args) <= METHODS.get(func.attr, -1)
        else:
            allowed = self._is_harmless(self._found(func, module), node)
        if not allowed:
            raise LookingError(f"`{ast.unparse(node)}` may change something, and a look must not: leave that call out")

    def _module(self, node: ast.expr) -> types.ModuleType | None:
        """Return the module that an expression names, None where it names none."""
        if isinstance(node, ast.Attribute):
            outer = self._module(node.value)
            found = None if outer is None else getattr(outer, node.attr, None)
        else:
            found = (
                self._namespace.get(node.id, np if node.id == "np" else None) if isinstance(node, ast.Name) else None
            )
        return found if isinstance(found, types.ModuleType) else None

    def _found(self, func: ast.expr, module: types.ModuleType | None) -> Any:
        if isinstance(func, ast.Attribute):
            return getattr(module, func.attr, None)
        if isinstance(func, ast.Name) and func.id not in self._own:
            return self._namespace.get(func.id, BUILTINS.get(func.id))
        return None

    def _is_harmless(self, found: Any, node: ast.Call) -> bool:
        if isinstance(found, types.FunctionType) and found.__globals__ is self._namespace:
            self.calls_program = True
            return True
        if isinstance(found, np.ufunc):
            return len(node.args) <= found.nin
        if isinstance(found, type) and issubclass(found, np.generic):
            return True
        name, home = getattr(found, "__name__", ""), str(getattr(found, "__module__", ""))
        if home in ("numpy", "numpy.linalg") and name in NUMPYS:
            return len(node.args) <= NUMPYS[name]
        return found is not None and (any(found is own for own in BUILTINS.values()) or home == math.__name__)
