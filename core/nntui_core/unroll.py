"""One iteration followed through functions, methods, loops and containers, and written down as a straight line.

    A2, cache = forward(X, params)          Z1 = params['W1'] @ X + params['b1']
    grads = backward(params, cache, Y)  →   A1 = np.tanh(Z1)
    for key in params:                      …
        params[key] -= lr * grads[…]        params['W1'] -= lr * grads['dW1']

The statements really run, on a copy of the program's data: each simple one as it is, while this module does what
Python does between them (calls, blocks, loops). So it is known which function a call enters, how often a loop turns
and which key a subscript has, and every statement that computes an array is noted with flat names only
(`nntui_core.flattening`). Roles, checks and explanations are then read from the straight line as from any body.
"""

import ast
import contextlib
import inspect
import itertools
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from nntui_core.binding import Binder, Valued
from nntui_core.callees import Callees
from nntui_core.entering import Entered
from nntui_core.flatlines import TooLong, cloned, item_of, stored
from nntui_core.flattening import Flattener, Frame, Names, Unsupported, written_key
from nntui_core.leaves import NEW, TEMPORARY, is_container, is_leaf, steps
from nntui_core.values import is_numeric, same_bits

MOST_TURNS = 100_000
"""Turns of loops, and statements, that are run at most."""
DEEPEST = 30
GROWING = frozenset({"append", "extend", "insert", "update", "setdefault", "pop", "reverse", "clear", "remove"})


@dataclass(frozen=True, slots=True)
class Turn:
    """A loop's first turn: how many lines there were before and after it, and what containers were called then."""

    before: int
    after: int
    names: dict[int, str]


@dataclass
class _Returned:
    value: Any
    flat: ast.expr | None


Signal = str | _Returned | None
"""How a block ended: `break`, `continue`, a return, or None."""


class Unroller(Binder):
    """Follows one iteration. `namespace` is a copy that may be run to pieces."""

    def __init__(
        self,
        namespace: dict[str, Any],
        callees: Callees,
        names: Names,
        places: dict[tuple[int, int], int],
        later: frozenset[str],
        shortened: Mapping[int, int] = MappingProxyType({}),
    ) -> None:
        super().__init__(namespace, names)
        self.shortened = shortened
        """By line of a loop: the turns after which it is left."""
        self.later = later
        """The names of the loop itself, which come last where a container has several."""
        self.callees = callees
        self.turns: list[Turn] = []
        """The first turn of each loop of the body's own."""
        self._places = places
        self._left = MOST_TURNS
        self._depth = 0
        self._temporaries = 0

    def follow(self, body: Sequence[ast.stmt]) -> None:
        """Follow the loop's body once.

        Raises:
            Unsupported: something in it cannot be followed.
            TooLong: it has too many lines.
            Exception: whatever the program raises.
        """
        try:
            self._block(body, self.body)
        finally:
            for number in range(self._temporaries):
                self.namespace.pop(f"{TEMPORARY}{number + 1}", None)

    # --- blocks ----------------------------------------------------------------------------------------------------

    def _block(self, statements: Sequence[ast.stmt], frame: Frame) -> Signal:
        for node in statements:
            self._left -= 1
            if self._left < 0:
                raise TooLong
            if frame.outermost:
                self.index = self._places[node.lineno, node.col_offset]
                self.ran[self.index] = self.ran.get(self.index, -1) + 1
            self.at = node
            signal = self._statement(node, frame)
            if signal is not None:
                return signal
        return None

    def _statement(self, node: ast.stmt, frame: Frame) -> Signal:
        match node:
            case ast.If():
                return self._block(node.body if self.value(node.test, frame)[0] else node.orelse, frame)
            case ast.For():
                return self._for(node, frame)
            case ast.While():
                return self._while(node, frame)
            case ast.With():
                return self._with(node, frame)
            case ast.Try():
                return self._try(node, frame)
            case ast.Break():
                return "break"
            case ast.Continue():
                return "continue"
            case ast.Return():
                value, flat = self.value(node.value or ast.Constant(None), frame)
                return _Returned(value, flat)
            case ast.Assign():
                value, flat = self.value(node.value, frame)
                for target in node.targets:
                    self.bind(target, value, flat, frame)
            case ast.AnnAssign():
                if node.value is not None:
                    self.bind(node.target, *self.value(node.value, frame), frame)
            case ast.AugAssign():
                self._augment(node, frame)
            case ast.Global():
                frame.shared |= set(node.names)
            case ast.Expr():
                self._expression(node.value, frame)
            case ast.Match() | ast.AsyncFor() | ast.AsyncWith():
                raise Unsupported(f"line {node.lineno}: {type(node).__name__.lower()}")
            case _:
                self.run(node, frame)
        return None

    def _for(self, node: ast.For, frame: Frame) -> Signal:
        items, flat = self.value(node.iter, frame)
        own = frame.outermost
        for turn, item in enumerate(items):
            if turn >= self.shortened.get(node.lineno, MOST_TURNS):
                break
            before = len(self.lines)
            self.loops.append((node.lineno, turn))
            self.bind(node.target, item, item_of(flat, turn), frame, counting=True)
            signal = self._block(node.body, frame)
            self.loops.pop()
            if own and turn == 0:
                self._turned(before)
            if signal == "break":
                return None
            if isinstance(signal, _Returned):
                return signal
        return self._block(node.orelse, frame)

    def _turned(self, before: int) -> None:
        self.turns.append(Turn(before, len(self.lines), self.names.containers.names(self.namespace, self.later)))

    def _while(self, node: ast.While, frame: Frame) -> Signal:
        for turn in itertools.count():
            if turn >= self.shortened.get(node.lineno, MOST_TURNS) or not self.value(node.test, frame)[0]:
                break
            before, own = len(self.lines), frame.outermost
            self.loops.append((node.lineno, turn))
            signal = self._block(node.body, frame)
            self.loops.pop()
            if own:
                self._turned(before)
            if signal == "break":
                return None
            if isinstance(signal, _Returned):
                return signal
        return self._block(node.orelse, frame)

    def _with(self, node: ast.With, frame: Frame) -> Signal:
        with contextlib.ExitStack() as stack:
            for item in node.items:
                entered = stack.enter_context(self.value(item.context_expr, frame)[0])
                if item.optional_vars is not None:
                    self.bind(item.optional_vars, entered, None, frame)
            return self._block(node.body, frame)

    def _try(self, node: ast.Try, frame: Frame) -> Signal:
        try:
            signal = self._block(node.body, frame)
        except (Unsupported, TooLong):
            raise
        except Exception as error:  # noqa: BLE001 - whatever the program raises and catches
            raise Unsupported(f"line {node.lineno}: an exception is caught ({error})") from None
        signal = signal or self._block(node.orelse, frame)
        return self._block(node.finalbody, frame) or signal

    # --- expressions -----------------------------------------------------------------------------------------------

    def value(self, node: ast.expr, frame: Frame) -> Valued:
        """Return an expression's value, and what it is in flat names: None where that cannot be said."""
        plain = Entered(self, frame).visit(cloned(node))
        flat = self.flat(plain, frame)
        return self.evaluate(plain, frame), flat

    def call(self, function: Any, arguments: Sequence[Valued], keywords: dict[str, Valued]) -> _Returned:
        """Enter a function of the program."""
        if self._depth > DEEPEST:
            raise Unsupported("calls go too deep")
        plain, node = self.callees.of(function)
        own = [function.__self__] if isinstance(function, types.MethodType) else []
        bound = inspect.signature(plain).bind(
            *own, *(v for v, _ in arguments), **{n: v for n, (v, _) in keywords.items()}
        )
        parameters = list(inspect.signature(plain).parameters)
        given = dict(zip(parameters[len(own) :], (f for _, f in arguments), strict=False))
        given |= {name: f for name, (_, f) in keywords.items()}
        bound.apply_defaults()
        frame = Frame({}, node.name)
        for name, cell in zip(plain.__code__.co_freevars, plain.__closure__ or (), strict=True):
            frame.variables[name] = cell.cell_contents
        at, index = self.at, self.index
        for name, value in bound.arguments.items():
            default = ast.Constant(value) if isinstance(value, int | float) else None
            self.bind(ast.Name(name, ast.Store()), value, given.get(name, default), frame)
        self._depth += 1
        signal = self._block(node.body, frame)
        self._depth -= 1
        self.at, self.index = at, index
        return signal if isinstance(signal, _Returned) else _Returned(None, ast.Constant(None))

    def temporary(self, value: Any, flat: ast.expr | None, frame: Frame, function: str = "") -> ast.Name:
        """Give a value that was computed on the way, or by a function, a name that its statement can read."""
        self._temporaries += 1
        name = f"{TEMPORARY}{self._temporaries}"
        if function:
            self.gave[name] = (function, "the")
        if isinstance(value, tuple) and flat is not None:
            frame.variables[name] = value
            frame.named[name] = (value, flat)
        elif frame.outermost:
            frame.counting.add(name)
            frame.variables[name] = value
            if is_container(value):
                self.adopt(value, flat, name)
            elif isinstance(value, np.ndarray) and self.names.home(value) is not None:
                pass
            elif is_numeric(value) and flat is not None and not isinstance(flat, ast.Constant):
                if not isinstance(flat, ast.Name):
                    flat = self.noted(name, value, flat, frame)
                frame.named[name] = (value, flat)
        else:
            self.bind(ast.Name(name, ast.Store()), value, flat, frame)
        return ast.Name(name, ast.Load())

    def comprehension(self, node: ast.ListComp | ast.GeneratorExp | ast.DictComp, frame: Frame) -> Any:
        """Evaluate a comprehension as the loop that it is."""
        variables = {p.id for g in node.generators for p in ast.walk(g.target) if isinstance(p, ast.Name)}
        kept = {name: frame.variables[name] for name in variables if name in frame.variables}
        counted = variables - frame.counting
        found: Any = {} if isinstance(node, ast.DictComp) else []
        self.names.containers.token(found, NEW)
        self.names.listed.add(id(found))
        for _ in self._turns(node.generators, frame):
            if isinstance(node, ast.DictComp):
                key = self.value(node.key, frame)[0]
                value, flat = self.value(node.value, frame)
                found[key] = value
            else:
                key = len(found)
                value, flat = self.value(node.elt, frame)
                found.append(value)
            self.wrote(found, written_key(found, key), value, flat, frame)
        for name in variables:
            frame.variables.pop(name, None)
        frame.variables |= kept
        frame.counting -= counted
        return found

    def _turns(self, generators: Sequence[ast.comprehension], frame: Frame) -> Iterator[None]:
        first, rest = generators[0], generators[1:]
        items, flat = self.value(first.iter, frame)
        for turn, item in enumerate(items):
            self._left -= 1
            if self._left < 0:
                raise TooLong
            self.bind(first.target, item, item_of(flat, turn), frame, counting=True)
            if all(self.value(test, frame)[0] for test in first.ifs):
                if rest:
                    yield from self._turns(rest, frame)
                else:
                    yield

    def _expression(self, node: ast.expr, frame: Frame) -> None:
        plain = Entered(self, frame).visit(cloned(node))
        if not isinstance(plain, ast.Call):
            return
        called = plain.func
        owner = self._known_container(called.value, frame) if isinstance(called, ast.Attribute) else None
        if owner is not None and isinstance(called, ast.Attribute) and called.attr in GROWING:
            self._changed(owner, called, plain, frame)
            return
        arrays = [a for a in self._arguments(plain, frame) if isinstance(a, np.ndarray) and is_numeric(a)]
        before = [np.array(a) for a in arrays]
        flat = self.flat(plain, frame)
        self.evaluate(plain, frame)
        if any(not same_bits(a, b) for a, b in zip(arrays, before, strict=True)):
            if flat is None:
                raise Unsupported(f"line {self.at.lineno} changes an array")
            self.note(ast.Expr(flat), frame)

    def _known_container(self, node: ast.expr, frame: Frame) -> Any:
        flattener = Flattener(self.names, frame, lambda part: self.evaluate(part, frame))
        value = flattener.value_of(node)
        return value if isinstance(value, dict | list) else None

    def _arguments(self, call: ast.Call, frame: Frame) -> Iterator[Any]:
        parts = [*call.args, *(keyword.value for keyword in call.keywords)]
        if isinstance(call.func, ast.Attribute):
            parts.append(call.func.value)
        for part in parts:
            if isinstance(part, ast.Name | ast.Attribute | ast.Subscript):
                yield self.evaluate(part, frame)

    def _changed(self, owner: Any, called: ast.Attribute, call: ast.Call, frame: Frame) -> None:
        """Run `a.append(z)` and its like, and note what the container holds now."""
        name = ast.unparse(called.value)
        old = dict(steps(owner))
        names = {id(v): self.names.leaf(owner, text, name) for text, v in old.items() if is_leaf(owner, v)}
        flats = {}
        for argument in call.args:
            value, flat = self.value(argument, frame)
            flats[id(value)] = (value, flat)
            self._temporaries += 1
            known = f"{TEMPORARY}{self._temporaries}"
            frame.variables[known] = value
            call.args[call.args.index(argument)] = ast.Name(known, ast.Load())
        self.evaluate(call, frame)
        targets, values = [], []
        for text, value in steps(owner):
            if old.get(text) is value:
                continue
            flat = names.get(id(value)) or flats.get(id(value), (None, None))[1]
            if is_leaf(owner, value):
                source = flat or self.names.home(value)
                if source is None:
                    raise Unsupported(f"line {self.at.lineno}: {name} changes")
                targets.append(stored(self.names.leaf(owner, text, name)))
                values.append(source)
                self.names.settle(value, self.names.leaf(owner, text, name))
            elif is_container(value):
                self.adopt(value, flat, name + text)
        if len(targets) == 1:
            self.note(ast.Assign([targets[0]], values[0]), frame)
        elif targets:
            self.note(ast.Assign([ast.Tuple(list(targets), ast.Store())], ast.Tuple(list(values), ast.Load())), frame)
