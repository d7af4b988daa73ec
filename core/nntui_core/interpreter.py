"""One statement at a time over the live namespace.

The interpreter stands at a position (iteration, tick): `tick` statements of the current iteration have run. It
stops *before* a statement, so that the marker in the code panel shows what comes next. Going forward is its only
direction; going back is a matter of checkpoints (see `nntui_core.history`).
"""

import ast
import contextvars
import copy
import functools
import itertools
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np

from nntui_core import compiled, kernel, scopes
from nntui_core.failure import Failure, ProgramFailed, in_words, message_of, of_setup
from nntui_core.inner import Replaced
from nntui_core.interruption import interruptible
from nntui_core.items import Items, IterableFailed
from nntui_core.loops import Call
from nntui_core.program import Program, Statement
from nntui_core.recoding import recode
from nntui_core.surroundings import surroundings
from nntui_core.values import Checkpoint

Result = TypeVar("Result")


class Position(NamedTuple):
    """Where a debugger stands: `tick` statements of iteration `iteration` (counted from 0) have been run."""

    iteration: int
    tick: int


RAISED = (Exception, SystemExit, KeyboardInterrupt)
"""What a program may raise; `exit()` ends the program, not nntui; an interrupt ends a statement."""


class Guard(Protocol):
    """Asked on the way of a run, and ends it by saying yes."""

    @property
    def statements(self) -> frozenset[int]:
        """The statements before which it is asked."""

    @property
    def stopped(self) -> bool:
        """Whether it has said yes."""

    @property
    def met(self) -> tuple[int, int]:
        """Before which statement it said yes, and how often it had been asked before that one in the iteration."""

    def before(self, index: int, /) -> bool:
        """Tell whether to stop before a statement."""

    def after(self) -> bool:
        """Tell whether to stop after an iteration."""


MOST_STOPS = 1000
"""Statements of a `finally` that an abandoned iteration may run through."""


def _ignore(*_: object) -> None:
    """Take losses that nobody records."""


class Interpreter:
    """A program with its live namespace.

    Raises `ProgramFailed` where the program raises; it then stands before the statement that failed, and can only
    be given another state (`start`, `restore`).
    """

    _generator: Iterator[int] | None = None

    def __init__(self, program: Program) -> None:
        self.program = program
        self.namespace: dict[str, Any] = {}
        """The names that the loop works with: the program's own, and those of the function that it is in."""
        self.position = Position(0, 0)
        self.following = 0
        """The index of the statement that the next step runs."""
        self.ended = False
        """Whether the loop is over: its `while` is false, its iterable exhausted, or it met a `break`."""
        self.broke = False
        """Whether it met a `break` or a `return`: then its `else` does not run."""
        self._items = Items(None, {})
        self._context = contextvars.copy_context()
        """What the program sees of NumPy's error state; it alone may change it (`with np.errstate(...)`)."""
        self._step: compiled.Stepper
        self._body: kernel.Body | None = None
        self._asking: tuple[frozenset[int], compiled.Runner] | None = None

    def start(self) -> None:
        """Run the setup in a fresh namespace and stand before the first statement.

        Raises:
            ProgramFailed: the setup raised an exception.
        """
        self.namespace = surroundings(self.program.origin.path)
        self._context = contextvars.copy_context()
        self._context.run(np.seterr, all="ignore")
        self._inside(self._setup)
        self._compile(self.program)
        self._stand(0)

    def _inside(self, call: Callable[..., Result], *args: Any) -> Result:
        """Call something that runs the program's code: in its own context, and it may be interrupted."""
        result: Result = interruptible(self._context.run, call, *args)
        return result

    def _compile(self, program: Program) -> None:
        if self._body is None or not self._body.is_of(program, self.namespace):
            self._body = kernel.Body(program, self.namespace, self._items.counts)
        recode(self.namespace, self.program, program)
        self.program = program
        self._step = compiled.stepper(program, self.namespace)
        self._asking = None

    def adopt(self, program: Program, following: int) -> None:
        """Go on with another text of the program, whose statement `following` of the outermost block comes next."""
        self._compile(program)
        if self.position.tick:
            self._generator = compiled.stepper(program, self.namespace, following)()
            self.following = next(self._generator)

    def _setup(self) -> None:
        loop, site = self.program.loop, self.program.site
        self._execute(site.setup)
        for depth, entered in enumerate(site.entered):
            self._enter_function(depth)
            self._execute(entered.prelude)
        iterable = None
        if isinstance(loop, ast.For):
            iterable = self._guarded(loop.lineno, self._code(ast.Expression(loop.iter)))
        try:
            self._items = Items(iterable, self.namespace, bounded=self.program.origin.path is not None)
        except TypeError as error:
            raise ProgramFailed(Failure(loop.lineno, None, f"TypeError: {error}")) from error

    def _execute(self, statements: Iterable[ast.stmt]) -> None:
        for node in statements:
            self._guarded(node.lineno, self._code(ast.Module([node], [])))

    def _enter_function(self, depth: int) -> None:
        """Add a function's own names to the namespace, its parameters with their arguments, see `scopes`."""
        call = self.program.site.entered[depth].call
        line = call.statement.lineno
        self._guarded(line, self._code(compiled.binder(call.function)))
        given = [*([] if call.owner is None else [call.owner]), *call.expression.args]
        arguments = ast.Call(ast.Name("__bind__", ast.Load()), given, call.expression.keywords)
        bound = self._guarded(line, self._code(ast.Expression(ast.copy_location(arguments, call.expression))))
        del self.namespace["__bind__"]
        if depth:
            scopes.set_aside(self.namespace, self._own_names(depth - 1), depth - 1)
        scopes.enter(self.namespace, call.names, bound)

    def _own_names(self, depth: int) -> frozenset[str]:
        return self.program.site.entered[depth].call.names

    def finish(self) -> None:
        """Run what comes after the loop.

        Raises:
            ProgramFailed: it raised an exception.
        """
        self._inside(self._finish)

    def _finish(self) -> None:
        site = self.program.site
        otherwise = () if self.broke else tuple(site.loop.orelse)
        if site.call is None:
            self._execute((*otherwise, *site.after))
            return
        last = len(site.entered) - 1
        if compiled.RETURNED not in self.namespace:
            self._run_rest((*otherwise, *site.entered[last].rest), site.call)
        inside = dict(self.namespace)
        try:
            scopes.leave(self.namespace, self._own_names(last))
            for depth in range(last - 1, -1, -1):
                scopes.return_to(self.namespace, self._own_names(depth), depth)
                entered = site.entered[depth]
                self._run_rest((_with_call_done(site.entered[depth + 1].call), *entered.rest), entered.call)
                scopes.leave(self.namespace, self._own_names(depth))
            self._execute([_with_call_done(site.entered[0].call), *site.after])
        finally:
            self.namespace.clear()
            self.namespace |= inside

    def _run_rest(self, rest: Sequence[ast.stmt], call: Call) -> None:
        """Run what is left of a function on the way to the loop; keep what it returns."""
        line = rest[0].lineno if rest else call.statement.lineno
        self.namespace[compiled.RETURNED] = self._calling(line, compiled.remainder(rest, self.program, self.namespace))

    def _calling(self, line: int, function: Callable[[], Any]) -> Any:
        try:
            return function()
        except RAISED as error:
            raise ProgramFailed(Failure(line, None, message_of(error))) from error

    def _code(self, tree: ast.Module | ast.Expression) -> types.CodeType:
        mode = "eval" if isinstance(tree, ast.Expression) else "exec"
        return compile(ast.fix_missing_locations(tree), self.program.name, mode)

    def _guarded(self, line: int, code: types.CodeType) -> Any:
        try:
            return eval(code, self.namespace)
        except RAISED as error:
            raise ProgramFailed(of_setup(error, self.program, line, self.namespace)) from error

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression over the program's variables now, None where it has none."""
        try:
            return self._inside(eval, expression, self.namespace)
        except RAISED:
            return None

    def _stand(self, iteration: int) -> None:
        """Stand at the start of an iteration."""
        self.position = Position(iteration, 0)
        self.following = 0
        self.ended = self.broke = False
        self._drop_generator()

    def _drop_generator(self) -> None:
        """Leave an iteration in its middle; what the program does in a `finally` then does not matter any more."""
        generator, self._generator = self._generator, None
        if isinstance(generator, types.GeneratorType):
            for _ in range(MOST_STOPS):
                try:
                    self._inside(generator.close)
                except RAISED:  # it stopped once more, in a `finally`
                    continue
                return

    def __del__(self) -> None:
        self._drop_generator()

    @property
    def natural_end(self) -> int | None:
        """How many iterations the loop's header asks for, None where it does not say."""
        return self._items.count

    @property
    def can_skip(self) -> bool:
        """Whether an iteration can be begun without those before it: the loop's items are not consumed one by one."""
        return self._items.can_skip

    @property
    def statement(self) -> Statement:
        """The statement that the next step runs."""
        return self.program.body[self.following]

    def take_checkpoint(self, former: Checkpoint | None = None) -> Checkpoint:
        """Copy the live data. Only at the start of an iteration: a generator cannot be copied.

        What has not changed since the checkpoint `former` may be shared with it.

        Raises:
            RuntimeError: in the middle of an iteration.
        """
        if self.position.tick or self._generator is not None:
            raise RuntimeError("a checkpoint is taken between two iterations")
        return Checkpoint.take(self.namespace, former)

    def restore(self, checkpoint: Checkpoint, iteration: int, program: Program | None = None) -> None:
        """Go to the start of an iteration whose checkpoint this is; `program` is the one in force there."""
        self._drop_generator()
        checkpoint.restore(self.namespace)
        self.namespace.pop(compiled.RETURNED, None)
        if program is not None and program is not self.program:
            self._compile(program)
        self._stand(iteration)

    def enter(self) -> None:
        """Begin the iteration, where it has not begun: the loop's variable gets its value.

        Raises:
            ProgramFailed: the loop's header raised an exception.
            LoopOver: there is no further iteration.
        """
        if self._generator is None:
            self._generator = self._inside(self._begin)

    def step(self) -> int:
        """Run one statement; return its index.

        Raises:
            ProgramFailed: the statement raised an exception.
            LoopOver: there is no further iteration.
        """
        self.enter()
        assert self._generator is not None
        executed = self.following
        try:
            self.following = self._inside(next, self._generator)
            self.position = Position(self.position.iteration, self.position.tick + 1)
        except StopIteration as stop:
            self._stand(self.position.iteration + 1)
            self.ended = self.broke = bool(stop.value)
        except RAISED as error:
            self._generator = None
            statement = self.program.body[executed]
            raise ProgramFailed(in_words(error, self.program, statement, self.namespace)) from error
        return executed

    def _begin(self) -> Iterator[int]:
        """Start an iteration: give the loop's variable its value and go before the first statement."""
        if self.ended or not self._enter():
            self.ended = True
            raise LoopOver
        generator = self._step()
        self.following = next(generator)
        return generator

    def _enter(self) -> bool:
        loop = self.program.loop
        if isinstance(loop, ast.While):
            return bool(self._guarded(loop.lineno, self._code(ast.Expression(loop.test))))
        try:
            item, there = self._items.at(self.position.iteration)
        except IterableFailed as failed:
            raise ProgramFailed(Failure(loop.lineno, None, message_of(failed.__cause__))) from failed
        if not there:
            return False
        if self.program.counter is not None:
            self.namespace[self.program.counter] = item
        else:
            bind = ast.copy_location(ast.Assign([loop.target], ast.Name("__item__", ast.Load())), loop)
            self.namespace["__item__"] = item
            self._guarded(loop.lineno, self._code(ast.Module([bind], [])))
        return True

    def _runner(self, guard: Guard | None, iterations: int) -> Callable[[Iterator[Any], Callable[..., None]], int]:
        """Return what runs; where there is a guard, the body that asks it, compiled when the statements change."""
        if guard is None:
            assert self._body is not None
            return functools.partial(self._body.run, iterations)
        if self._asking is None or self._asking[0] != guard.statements:
            run = compiled.runner(self.program, self.namespace, guard.statements)
            self._asking = guard.statements, run
        return functools.partial(_guarded_run, self._asking[1], guard)

    def run(self, iterations: int, seen: Callable[..., None] = _ignore, guard: Guard | None = None) -> int:
        """Run whole iterations at full speed; return how many. `seen` is called with the loss after each.

        It must stand at the start of an iteration. It runs fewer where the guard ends it after one.

        Raises:
            RunFailed: a statement raised an exception; the namespace is left in the middle of an iteration.
            RunLeft: the guard ended it before a statement; the namespace is left in the middle of an iteration.
        """
        if self.position.tick:
            raise RuntimeError("a run starts between two iterations")
        start = self.position.iteration
        begun = itertools.count()
        items = self._items.following(start, iterations, begun)
        try:
            how = self._inside(self._runner(guard, iterations), items, seen)
        except IterableFailed as error:
            raise RunFailed(next(begun)) from error
        except RAISED as error:
            raise RunFailed(next(begun) - 1) from error
        if how == compiled.LEFT_INSIDE:
            raise RunLeft(next(begun) - 1)
        finished = next(begun) - (how == compiled.HEADER_FALSE)
        self._stand(start + finished)
        self.broke = how == compiled.BROKE
        self.ended = self.broke or (finished < iterations and how != compiled.STOPPED)
        return finished


def _guarded_run(run: compiled.Runner, guard: Guard, items: Iterator[Any], seen: Callable[..., None]) -> int:
    return run(items, seen, guard.before, guard.after)


def _with_call_done(call: Call) -> ast.stmt:
    """Return the statement that calls the loop's function, with the result in the call's place."""
    replaced: ast.stmt = Replaced(call.expression, compiled.RETURNED).visit(copy.deepcopy(call.statement))
    return replaced


class LoopOver(Exception):  # noqa: N818 - not an error
    """There is no further iteration."""


class RunFailed(Exception):  # noqa: N818 - the program's run failed
    """A statement raised while running fast; `finished` iterations had been completed in this run."""

    def __init__(self, finished: int) -> None:
        super().__init__(f"failed after {finished} iterations")
        self.finished = finished


class RunLeft(Exception):  # noqa: N818 - not an error
    """A guard ended a run before a statement; `finished` iterations had been completed in this run."""

    def __init__(self, finished: int) -> None:
        super().__init__(f"left after {finished} iterations")
        self.finished = finished
