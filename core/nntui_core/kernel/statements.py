"""From the statements of a loop's body to a tape: one iteration is recorded on a copy of the program's data."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

import nntui_core.kernel.calls  # noqa: F401 - it reads calls
from nntui_core import compiled, dataflow, places
from nntui_core.kernel.expressions import PYTHONS, UFUNCS, Expressions, index_parts
from nntui_core.kernel.recording import UNBOUND, Several
from nntui_core.kernel.tape import CannotLower, How, Leaving, Op, Tape, Value
from nntui_core.program import Program

DEEPEST = 6
"""How many functions inside one another are opened."""
MOST = 600
"""Operations that a tape has at most: a longer body gains little, and takes long to compile."""

Functions = dict[tuple[int, str], ast.FunctionDef | ast.Lambda]


class Statements(Expressions):
    """A recording that goes through statements."""

    def __init__(self, program: Program, namespace: Mapping[str, Any], real: Mapping[str, Any]) -> None:
        rebound = {target for node in program.nodes for target in _bound(node)}
        super().__init__(namespace, rebound | set(dataflow.bound_names([program.loop])))
        self._program = program
        self._real = real
        self._functions = _functions(program)
        self._top = _outermost(program)
        self._statement = 0
        """The statement of the outermost block that is being recorded."""
        self._begun = 0
        """How many operations there were when it began."""
        self._before: dict[str, Value] = {}
        """What had been bound when it began."""

    def globals_of_program(self) -> Mapping[str, Any]:
        """Return the program's own namespace."""
        return self._real

    def record(self) -> Tape:
        """Record one iteration.

        Raises:
            CannotLower: the body has a part that stays as it was written.
        """
        loop = self._program.loop
        if isinstance(loop, ast.For):
            self._item(loop)
        else:
            self._leave_where(self.apply(ast.Not, self.evaluate(self._read(loop.test))), -1)
        for index, node in enumerate(self._top):
            self._statement, self._begun, self._before = index, len(self.tape.ops), dict(self.tape.bound)
            self.execute(node)
            if len(self.tape.ops) > MOST:
                raise CannotLower("the body is long")
        self.tape.report = len(self.tape.ops)
        reported = [ast.parse(text, mode="eval").body for text in compiled.reported(self._program)]
        self.tape.losses = tuple(self.evaluate(self._read(loss)) for loss in reported)
        return self.tape

    def _read(self, node: ast.expr) -> ast.expr:
        """Return an expression with its places as names."""
        statement = places.named(ast.parse(f"({ast.unparse(node)})").body[0], self._program.functions)
        assert isinstance(statement, ast.Expr)
        return statement.value

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
                self._assign(target, value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self._assign(node.target, self.evaluate(node.value))
        elif isinstance(node, ast.AugAssign):
            self._change(node)
        elif isinstance(node, ast.Expr):
            self._expression(node.value)
        elif isinstance(node, ast.If):
            return self._branch(node)
        elif isinstance(node, ast.For) and not node.orelse:
            return self._turns(node)
        elif isinstance(node, ast.Return) and self.locals:
            return self.constant(None) if node.value is None else self.evaluate(node.value)
        elif not isinstance(node, ast.Pass):
            raise CannotLower(f"{type(node).__name__}")
        return None

    def _assign(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List) and isinstance(value.example, Several):
            if len(target.elts) != len(value.example.values):
                raise CannotLower("a tuple of another length")
            for each, part in zip(target.elts, value.example.values, strict=True):
                self._assign(each, part)
        elif isinstance(target, ast.Subscript):
            array, parts, text = self._element(target)
            op = Op(How.CHANGE, f"{{0}}[{text}] = {{{len(parts) + 1}}}", (array, *parts, value), changes=array)
            self.change(op, _runs(op.text))
        else:
            raise CannotLower("an assignment to something else than a name")

    def _element(self, target: ast.Subscript) -> tuple[Value, list[Value], str]:
        array, index = self.evaluate(target.value), self.evaluate(target.slice)
        if not array.is_array:
            raise CannotLower("an assignment into something else than an array")
        return array, *index_parts(index, 1)

    def _change(self, node: ast.AugAssign) -> None:
        symbol = type(node.op)
        if symbol not in PYTHONS:
            raise CannotLower(f"{symbol.__name__} in place")
        sign = PYTHONS[symbol][0].removeprefix("({0} ").removesuffix(" {1})")
        if isinstance(node.target, ast.Subscript):
            array, parts, text = self._element(node.target)
            value = self.evaluate(node.value)
            op = Op(How.CHANGE, f"{{0}}[{text}] {sign}= {{{len(parts) + 1}}}", (array, *parts, value), changes=array)
            self.change(op, _runs(op.text))
            return
        assert isinstance(node.target, ast.Name)
        before, value = self.look_up(node.target.id), self.evaluate(node.value)
        if not before.is_array:
            self.bind(node.target.id, self.apply(symbol, before, value))
            return
        if symbol not in UFUNCS or symbol is ast.Pow or not (value.is_array or value.is_number):
            raise CannotLower(f"{symbol.__name__} in place")
        ufunc = UFUNCS[symbol]
        op = Op(How.CHANGE, "{2}({0}, {1}, {0})", (before, value, self.constant(ufunc)), changes=before)
        self.change(op, lambda array, operand, _: ufunc(array, operand, array, casting="same_kind"))
        if not self.locals:
            self.bind(node.target.id, before)

    def _expression(self, node: ast.expr) -> None:
        if isinstance(node, ast.Constant):
            return
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
            held, value = self.evaluate(node.func.value), self.evaluate(node.args[0])
            if type(held.example) is list and len(node.args) == 1 and not node.keywords:
                if not (value.is_array or value.is_number):
                    raise CannotLower("a list of something else than numbers and arrays")
                op = Op(How.CHANGE, "{0}.append({1})", (held, value), keeps=(value,))
                self.change(op, lambda there, new: there.append(new))
                return
        raise CannotLower(ast.unparse(node))

    # --- branches and functions ------------------------------------------------------------------------------------

    def _branch(self, node: ast.If) -> Value | None:
        test = self.evaluate(node.test)
        if test.constant:
            return self._block(node.body if test.example else node.orelse)
        if self.locals or not (test.is_number or (test.is_array and test.example.size == 1)):
            raise CannotLower("a branch that is not known beforehand")
        if node.orelse and bool(test.example):
            self._leave_where(self.apply(ast.Not, test), self._statement)
            return self._block(node.body)
        self._leave_where(test, self._statement)
        return self._block(node.orelse)

    def _turns(self, node: ast.For) -> Value | None:
        """Record an inner loop turn by turn, where it is known what it goes through."""
        for item in self._items(node.iter):
            self._assign(node.target, item)
            returned = self._block(node.body)
            if returned is not None:
                return returned
            if len(self.tape.ops) > MOST:
                raise CannotLower("an inner loop with many turns")
        return None

    def _items(self, node: ast.expr) -> Iterator[Value]:
        """Return what an inner loop goes through: a range, the rows of an array, several of them side by side.

        A row is read when its turn comes: the turns before may have changed it.
        """
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            name = self.look_up(node.func.id).example
            if name is zip:
                columns = [self._items(argument) for argument in node.args]
                return (Value(Several(list(row))) for row in zip(*columns, strict=False))
            if name is enumerate and len(node.args) == 1:
                rows = self._items(node.args[0])
                return (Value(Several([self.constant(i), row])) for i, row in enumerate(rows))
        value = self.evaluate(node)
        if value.constant and type(value.example) is range and len(value.example) <= MOST:
            return (self.constant(i) for i in value.example)
        if not value.is_array or value.example.ndim == 0 or len(value.example) > MOST:
            raise CannotLower("an inner loop over something else than a range or an array")
        return (self._row(value, i) for i in range(len(value.example)))

    def _row(self, array: Value, i: int) -> Value:
        return self.keep("{0}[{1}]", (array, self.constant(i)), lambda there, index: there[index])

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
        leaving = Leaving(statement, self._before)
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
        if isinstance(node, ast.FunctionDef) and (node.decorator_list or _is_deep(node)):
            raise CannotLower(f"a call of {function.__name__}")
        frame = self._frame(function, node.args, arguments, keywords)
        own = {} if isinstance(node, ast.Lambda) else dict.fromkeys(dataflow.bound_names(node.body), UNBOUND)
        outer, self.locals = self.locals, [*self.locals, own | frame]
        try:
            if isinstance(node, ast.Lambda):
                return self.evaluate(node.body)
            returned = self._block(node.body)
        finally:
            self.locals = outer
        if returned is None or (returned.constant and not returned.is_number):
            raise CannotLower(f"{function.__name__} returns nothing")
        return returned

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
                key = (node.lineno, "<lambda>" if isinstance(node, ast.Lambda) else node.name)
                twice |= {key} & found.keys()
                found[key] = node
    return {key: node for key, node in found.items() if key not in twice}


def _outermost(program: Program) -> list[ast.stmt]:
    """Return the statements of the body's outermost block, with places as names."""
    return [node for statement, node in zip(program.body, program.nodes, strict=True) if statement.depth == 0]


def _bound(node: ast.stmt) -> list[str]:
    """Return the names and places that a statement binds, and those whose elements it changes too."""
    return [*dataflow.writes(node), *dataflow.bound_names([node])]


def _is_deep(node: ast.FunctionDef) -> bool:
    """Tell whether a function has more in it than values: names of others, a generator, a class."""
    kinds = ast.Global | ast.Nonlocal | ast.Yield | ast.YieldFrom | ast.Await
    return any(isinstance(part, kinds) for part in ast.walk(node))


def _runs(text: str) -> Any:
    """Return a function that runs a statement over operands."""

    def run(*operands: Any) -> None:
        names = {f"o{i}": operand for i, operand in enumerate(operands)}
        exec(text.format(*names), {}, names)

    return run


def recorded(program: Program, namespace: Mapping[str, Any], real: Mapping[str, Any]) -> Tape:
    """Record one iteration on `namespace`, a copy of a program's data; `real` is its own, with its functions.

    Raises:
        CannotLower: it has a part that stays as it was written; the message says which.
    """
    with np.errstate(all="ignore"):
        return Statements(program, namespace, real).record()
