"""From the statements of a loop's body to a tape: one iteration is recorded on a copy of the program's data."""

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

import nntui_core.kernel.calls
import nntui_core.kernel.questions  # noqa: F401 - it reads comparisons
from nntui_core import compiled, dataflow, parsing
from nntui_core.kernel.containers import KINDS, Container, Shape
from nntui_core.kernel.expressions import PYTHONS, UFUNCS, Expressions, index_parts
from nntui_core.kernel.recording import UNBOUND, Frame
from nntui_core.kernel.tape import CannotLower, How, Leaving, Op, Tape, Value
from nntui_core.kernel.turns import MOST, items
from nntui_core.program import Program

DEEPEST = 6
"""How many functions inside one another are opened."""

Functions = dict[tuple[int, str], ast.FunctionDef | ast.Lambda]


class Statements(Expressions):
    """A recording that goes through statements."""

    def __init__(
        self, program: Program, namespace: Mapping[str, Any], real: Mapping[str, Any], changing: Iterable[str]
    ) -> None:
        super().__init__(namespace, {*dataflow.bound_names([program.loop]), *changing}, real)
        self._program = program
        self._functions = _functions(program)
        self._frames: dict[ast.FunctionDef | ast.Lambda, Frame] = {}
        """The names of the functions that have been opened, without a value yet."""
        self._statement = 0
        """The statement of the outermost block that is being recorded."""
        self._begun = 0
        """How many operations there were when it began."""
        self._before: tuple[dict[str, Value], dict[str, Shape]] = {}, {}
        """What had been bound when it began."""

    def record(self) -> Tape:
        """Record one iteration.

        Raises:
            CannotLower: the body has a part that stays as it was written.
        """
        loop = self._program.loop
        if isinstance(loop, ast.For):
            self._item(loop)
        else:
            self._header(loop)
        for index, node in enumerate(loop.body):
            self._statement, self._begun, self._before = index, len(self.tape.ops), self.flat()
            self.execute(node)
            if len(self.tape.ops) > MOST:
                raise CannotLower("the body is long")
        self.tape.report = len(self.tape.ops)
        reported = [parsing.parse(text, "eval").body for text in compiled.reported(self._program)]
        self.tape.losses = tuple(self.evaluate(loss) for loss in reported)
        self.close()
        return self.tape

    def _header(self, loop: ast.While) -> None:
        test = self.evaluate(loop.test)
        if not test.constant:
            self._leave_where(self.apply(ast.Not, test), -1)
        elif not test.example:
            raise CannotLower("a loop that is over")

    def _item(self, loop: ast.For) -> None:
        if not isinstance(loop.target, ast.Name):
            raise CannotLower("a loop over several names")
        example = self.namespace.get(loop.target.id)
        if type(example) is not int:
            raise CannotLower("a loop over something else than whole numbers")
        self.tape.item = Value(example, name=loop.target.id)

    def execute(self, node: ast.stmt) -> Value | None:
        """Record a statement; return the value that it makes its function return."""
        if isinstance(node, ast.Assign):
            value = self.evaluate(node.value)
            for target in node.targets:
                self.assign(target, value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self.assign(node.target, self.evaluate(node.value))
        elif isinstance(node, ast.AugAssign):
            self._change(node)
        elif isinstance(node, ast.Expr):
            self._expression(node.value)
        elif isinstance(node, ast.If):
            return self._branch(node)
        elif isinstance(node, ast.For) and not node.orelse:
            return self._turns(node)
        elif isinstance(node, ast.Assert):
            self._assertion(node)
        elif isinstance(node, ast.Return) and self.locals:
            return self.constant(None) if node.value is None else self.evaluate(node.value)
        elif not isinstance(node, ast.Pass | ast.Global):
            raise CannotLower(f"{type(node).__name__}")
        return None

    def assign(self, target: ast.expr, value: Value) -> None:
        """Let a target hold a value."""
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            self._take_apart(target.elts, value)
        elif isinstance(target, ast.Attribute):
            self.store(self._object(target), target.attr, value)
        elif isinstance(target, ast.Subscript):
            holder, index = self.evaluate(target.value), self.evaluate(target.slice)
            if isinstance(holder.example, Container):
                self.store(*self._slot(holder, index), value)
                return
            array, parts, text = _element(holder, index)
            op = Op(How.CHANGE, f"{{0}}[{text}] = {{{len(parts) + 1}}}", (array, *parts, value), changes=array)
            self.change(op, _runs(op.text))
        else:
            raise CannotLower("an assignment to something else than a name")

    def _take_apart(self, targets: Sequence[ast.expr], value: Value) -> None:
        box = value.example
        if isinstance(box, Container) and box.kind in (list, tuple):
            parts = [self.read(value, key) for key in self.keys(value)]
        elif value.constant and type(box) is tuple:
            parts = [self.constant(part) for part in box]
        else:
            raise CannotLower("something else than a tuple taken apart")
        if len(targets) != len(parts):
            raise CannotLower("a tuple of another length")
        for each, part in zip(targets, parts, strict=True):
            self.assign(each, part)

    def _object(self, target: ast.Attribute) -> Value:
        """Return the object that an attribute is stored in."""
        holder = self.evaluate(target.value)
        if not isinstance(holder.example, Container) or holder.example.kind in KINDS:
            raise CannotLower(f"an attribute of {ast.unparse(target.value)}")
        return holder

    def _slot(self, holder: Value, index: Value) -> tuple[Value, Any]:
        """Return where in a dict or list something is stored."""
        if holder.example.kind not in KINDS or not index.constant or type(index.example) not in (str, int):
            raise CannotLower("an element that is not known beforehand")
        return holder, index.example

    def _change(self, node: ast.AugAssign) -> None:
        """Record `x += …`: what is there is read, then the right side, then it is changed or stored anew."""
        symbol = type(node.op)
        if symbol not in PYTHONS:
            raise CannotLower(f"{symbol.__name__} in place")
        if isinstance(node.target, ast.Name):
            before, value = self.look_up(node.target.id), self.evaluate(node.value)
            after = self._changed(symbol, before, value)
            if after is not before or not self.locals:
                self.bind(node.target.id, after)
            return
        if isinstance(node.target, ast.Attribute):
            holder, key = self._object(node.target), node.target.attr
        else:
            owner, index = self.evaluate(node.target.value), self.evaluate(node.target.slice)
            if not isinstance(owner.example, Container):
                self._change_element(owner, index, symbol, node.value)
                return
            holder, key = self._slot(owner, index)
        before, value = self.read(holder, key), self.evaluate(node.value)
        self.store(holder, key, self._changed(symbol, before, value))

    def _change_element(self, holder: Value, index: Value, symbol: type[ast.AST], right: ast.expr) -> None:
        sign = PYTHONS[symbol][0].removeprefix("({0} ").removesuffix(" {1})")
        array, parts, text = _element(holder, index)
        begun = len(self.tape.ops)
        value = self.evaluate(right)
        if any(op.changes is not None for op in self.tape.ops[begun:]):  # Python has read the element before that
            raise CannotLower("an element that changes while its change is computed")
        op = Op(How.CHANGE, f"{{0}}[{text}] {sign}= {{{len(parts) + 1}}}", (array, *parts, value), changes=array)
        self.change(op, _runs(op.text))

    def _changed(self, symbol: type[ast.AST], before: Value, value: Value) -> Value:
        """Return what is there after a change in place: the same array, another number."""
        if not before.is_array:
            return self.apply(symbol, before, value)
        if symbol not in UFUNCS or symbol is ast.Pow or not (value.is_array or value.is_number):
            raise CannotLower(f"{symbol.__name__} in place")
        ufunc = UFUNCS[symbol]
        op = Op(How.CHANGE, "{2}({0}, {1}, {0})", (before, value, self.constant(ufunc)), changes=before)
        self.change(op, lambda array, operand, _: ufunc(array, operand, array, casting="same_kind"))
        return before

    def _assertion(self, node: ast.Assert) -> None:
        test = self.evaluate(node.test)
        if not test.constant or not test.example:
            raise CannotLower(ast.unparse(node.test))

    def _expression(self, node: ast.expr) -> None:
        if isinstance(node, ast.Call):
            self.evaluate(node)
        elif not isinstance(node, ast.Constant):
            raise CannotLower(ast.unparse(node))

    # --- branches and functions ------------------------------------------------------------------------------------

    def _branch(self, node: ast.If) -> Value | None:
        if isinstance(node.test, ast.BoolOp):
            return self._block(node.body if self._may_be(node.test) else node.orelse)
        test = self.evaluate(node.test)
        if test.constant:
            return self._block(node.body if test.example else node.orelse)
        self._check_test(test)
        if node.orelse and bool(test.example):
            self._leave_where(self.apply(ast.Not, test), self._statement)
            return self._block(node.body)
        self._leave_where(test, self._statement)
        return self._block(node.orelse)

    def _may_be(self, test: ast.BoolOp) -> bool:
        """Tell whether several tests are true, as far as that is known; else the kernel is left where one may be."""
        for node in test.values:
            if isinstance(node, ast.BoolOp):
                truth = self._may_be(node)
            else:
                value = self.evaluate(node)
                truth = value.constant and bool(value.example)
                if not value.constant:
                    self._check_test(value)
                    self._leave_where(value, self._statement)
            if truth == isinstance(test.op, ast.Or):
                return truth
        return truth

    def _check_test(self, test: Value) -> None:
        if self.locals or not (test.is_number or (test.is_array and test.example.size == 1)):
            raise CannotLower("a branch that is not known beforehand")

    def _turns(self, node: ast.For) -> Value | None:
        """Record an inner loop turn by turn, where it is known what it goes through."""
        for item in items(self, node.iter):
            self.assign(node.target, item)
            returned = self._block(node.body)
            if returned is not None:
                return returned
            if len(self.tape.ops) > MOST:
                raise CannotLower("an inner loop with many turns")
        return None

    def _block(self, block: Sequence[ast.stmt]) -> Value | None:
        for node in block:
            returned = self.execute(node)
            if returned is not None:
                return returned
        return None

    def _leave_where(self, test: Value, statement: int) -> None:
        """Leave the kernel before a statement where a test is true: the rest of the iteration runs as written."""
        if any(op.effect and op.leaving is None for op in self.tape.ops[self._begun :]):
            raise CannotLower("a branch after something that cannot be done twice")
        if test.constant:
            raise CannotLower("a test that never changes")
        leaving = Leaving(statement, *self._before)
        self.tape.ops.append(Op(How.LEAVE, "{0}", (test,), leaving=leaving, effect=True))

    def inlined(self, function: Any, arguments: Sequence[Value], keywords: dict[str, Value]) -> Value:
        """Open a function of the program's own in place.

        Raises:
            CannotLower: it is not written in the program, or does more than lowering can see through.
        """
        code = function.__code__
        node = self._functions.get((code.co_firstlineno, code.co_name))
        if (
            node is None
            or function.__closure__
            or code.co_filename != self._program.name
            or len(self.locals) >= DEEPEST
        ):
            raise CannotLower(f"a call of {function.__name__}")
        if node not in self._frames:
            self._frames[node] = _frame_of(node)
        names = self._frames[node]
        given = self._frame(function, node.args, arguments, keywords)
        outer, self.locals = self.locals, [*self.locals, Frame({**names, **given}, names.outer)]
        try:
            if isinstance(node, ast.Lambda):
                return self.evaluate(node.body)
            returned = self._block(node.body)
        finally:
            self.locals = outer
        return self.constant(None) if returned is None else returned

    def _frame(
        self, function: Any, parameters: ast.arguments, arguments: Sequence[Value], keywords: dict[str, Value]
    ) -> dict[str, Value]:
        names = [argument.arg for argument in (*parameters.posonlyargs, *parameters.args)]
        if parameters.vararg or parameters.kwarg or parameters.kwonlyargs or len(arguments) > len(names):
            raise CannotLower(f"the parameters of {function.__name__}")
        defaults = function.__defaults__ or ()
        frame: dict[str, Value] = {}
        for name, default in zip(names[len(names) - len(defaults) :], defaults, strict=True):
            if type(default) not in (bool, int, float, str, type(None)):
                raise CannotLower(f"the defaults of {function.__name__}")
            frame[name] = self.constant(default)
        frame |= dict(zip(names, arguments, strict=False))
        if set(keywords) - set(names) or set(keywords) & set(names[: len(arguments)]):
            raise CannotLower(f"the parameters of {function.__name__}")
        frame |= keywords
        if set(frame) != set(names):
            raise CannotLower(f"the parameters of {function.__name__}")
        return frame


def _functions(program: Program) -> Functions:
    """Return the functions that a program defines, by line and name; none where two cannot be told apart."""
    found: Functions = {}
    twice = set()
    for outer in (*program.site.setup, *program.site.prelude):
        for node in ast.walk(outer):
            if isinstance(node, ast.FunctionDef | ast.Lambda):
                decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
                first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
                key = (first, "<lambda>" if isinstance(node, ast.Lambda) else node.name)
                twice |= {key} & found.keys()
                found[key] = node
    return {key: node for key, node in found.items() if key not in twice}


def _element(array: Value, index: Value) -> tuple[Value, list[Value], str]:
    """Return an array whose elements are assigned to, what its index is made of, and the index's text."""
    if not array.is_array:
        raise CannotLower("an assignment into something else than an array")
    return array, *index_parts(index, 1)


def _frame_of(node: ast.FunctionDef | ast.Lambda) -> Frame:
    """Return the names of a function.

    Raises:
        CannotLower: it has more in it than values: names of others, a generator, a class.
    """
    if isinstance(node, ast.Lambda):
        return Frame({})
    parts = list(ast.walk(node))
    if any(isinstance(part, ast.Nonlocal | ast.Yield | ast.YieldFrom | ast.Await) for part in parts):
        raise CannotLower(f"a call of {node.name}")
    outer = {name for part in parts if isinstance(part, ast.Global) for name in part.names}
    own = [name for name in dataflow.bound_names(node.body) if name not in outer]
    return Frame(dict.fromkeys(own, UNBOUND), outer)


def _runs(text: str) -> Any:
    """Return a function that runs a statement over operands."""

    def run(*operands: Any) -> None:
        names = {f"o{i}": operand for i, operand in enumerate(operands)}
        exec(text.format(*names), {}, names)

    return run


def recorded(program: Program, copied: Callable[[], Mapping[str, Any]], real: Mapping[str, Any]) -> Tape:
    """Record one iteration on a copy of a program's data; `real` is its own, with its functions.

    Where something in a container was taken for settled and turns out to change, it is recorded once more.

    Raises:
        CannotLower: it has a part that stays as it was written; the message says which.
    """
    changing: set[str] = set()
    while True:
        statements = Statements(program, copied(), real, changing)
        try:
            with np.errstate(all="ignore"):
                return statements.record()
        except CannotLower:
            more = statements.changed_after_all() - changing
            if not more:
                raise
            changing |= more
