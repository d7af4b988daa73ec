"""What assignments of a running program do to names, and the flat line that each of them makes.

An array that gets its first name makes a line; a second name for it makes none, for both are read as the first. A
whole number that counts makes none. What is put into a container makes a line for each leaf.
"""

import ast
import copy
from typing import Any

import numpy as np

from nntui_core.flatlines import MOST, Line, TooLong, cloned, located, stored
from nntui_core.flattening import Flattener, Frame, Names, Unsupported, looked_up, part_of, written_key
from nntui_core.leaves import NEW, TEMPORARY, is_container, is_leaf, steps
from nntui_core.values import is_numeric

Valued = tuple[Any, ast.expr | None]
"""A value, and what it is in flat names: None where that cannot be said."""


class Binder:
    """Runs simple statements and notes what they computed."""

    def __init__(self, namespace: dict[str, Any], names: Names) -> None:
        self.namespace, self.names = namespace, names
        self.body = Frame(namespace)
        """The loop's body, whose variables are the program's."""
        self.lines: list[Line] = []
        self.index = 0
        """The statement of the loop's body that is running."""
        self.ran: dict[int, int] = {}
        """By statement of the loop's body: how often it had run before."""
        self.gave: dict[str, tuple[str, str]] = {}
        """By name of a value that was computed on the way: the variable that holds it, or what returned it."""
        self.loops: list[tuple[int, int]] = []
        """The loops that are running: their lines, and the turns that they are at."""
        self.at: ast.stmt = ast.Pass()
        """The statement that is running, wherever it stands."""

    def value(self, node: ast.expr, frame: Frame) -> Valued:
        """Return an expression's value, its calls entered."""
        return self.evaluate(node, frame), self.flat(node, frame)

    def flat(self, node: ast.expr, frame: Frame) -> ast.expr | None:
        """Return an expression in flat names, None where it has something that no flat name reaches."""
        flattener = Flattener(self.names, frame, lambda part: self.evaluate(part, frame))
        try:
            flat: ast.expr = flattener.visit(cloned(node))
        except Unsupported:
            return None
        return flat

    def evaluate(self, node: ast.expr, frame: Frame) -> Any:
        """Return an expression's value.

        Raises:
            Exception: whatever the program raises.
        """
        code = compile(ast.fix_missing_locations(ast.Expression(cloned(node))), "<followed>", "eval")
        return eval(code, self.namespace if frame.outermost else looked_up(frame, self.namespace))

    def run(self, node: ast.stmt, frame: Frame, **more: Any) -> None:
        """Run a simple statement as it is."""
        code = compile(ast.fix_missing_locations(ast.Module([cloned(node)], [])), "<followed>", "exec")
        if frame.outermost and not more:
            exec(code, self.namespace)
            return
        world = {**looked_up(frame, self.namespace), **more}
        before = dict(world)
        exec(code, world)
        for name, value in world.items():
            if name not in more and (name not in before or before[name] is not value):
                frame.variables[name] = value

    def bind(self, target: ast.expr, value: Any, flat: ast.expr | None, frame: Frame, counting: bool = False) -> None:
        """Assign a value to a target, and note it where it is an array or a number."""
        match target:
            case ast.Name():
                self._bind_name(target.id, value, flat, self._home(target, frame), counting)
            case ast.Tuple() | ast.List():
                self._bind_several(target, value, flat, frame, counting)
            case ast.Starred():
                self.bind(target.value, value, flat, frame, counting)
            case ast.Attribute() | ast.Subscript():
                base = self.value(target.value, frame)[0]
                if isinstance(base, np.ndarray) and isinstance(target, ast.Subscript):
                    self._element(target, value, flat, frame)
                    return
                key = None if isinstance(target, ast.Attribute) else self.value(target.slice, frame)[0]
                if isinstance(target, ast.Attribute):
                    setattr(base, target.attr, value)
                else:
                    base[key] = value
                if is_container(base):
                    text = f".{target.attr}" if isinstance(target, ast.Attribute) else written_key(base, key)
                    self.wrote(base, text, value, flat, frame, ast.unparse(target.value))
            case _:
                raise Unsupported(f"line {self.at.lineno}")

    def _home(self, target: ast.expr, frame: Frame) -> Frame:
        """Return where a name is bound: in the function, or in the program where it is `global`."""
        return self.body if isinstance(target, ast.Name) and target.id in frame.shared else frame

    def _bind_name(self, name: str, value: Any, flat: ast.expr | None, frame: Frame, counting: bool) -> None:
        constant = isinstance(value, int) and not isinstance(value, np.generic)
        frame.variables[name] = value
        if is_container(value):
            self.adopt(value, flat, name)
            return
        if not is_numeric(value):
            return
        if frame.outermost:
            frame.counting.discard(name)
            if counting and (constant or (isinstance(flat, ast.Name) and self.names.home(value) is not None)):
                frame.counting.add(name)
            elif flat is not None:
                self.note(ast.Assign([ast.Name(name, ast.Store())], flat), frame)
                self.names.settle(value, ast.Name(name, ast.Load()))
            return
        alias = isinstance(flat, ast.Name | ast.Constant)
        if constant and (counting or not alias):
            return  # it counts, or is a size
        home = self.names.home(value)
        if home is not None:  # another name for something known
            if isinstance(home, ast.Name) and home.id.startswith(TEMPORARY):
                self.gave[home.id] = (name, frame.function)
            return
        if flat is None:
            raise Unsupported(f"line {self.at.lineno}: where {name} comes from")
        frame.named[name] = (value, flat if alias else self.noted(name, value, flat, frame))

    def _bind_several(
        self, target: ast.Tuple | ast.List, value: Any, flat: ast.expr | None, frame: Frame, counting: bool
    ) -> None:
        items = list(value)
        plain = all(isinstance(part, ast.Name) for part in target.elts) and len(items) == len(target.elts)
        leaves = all(is_numeric(item) and not isinstance(item, int) for item in items)
        new = [item for item in items if self.names.home(item) is None]
        fresh = isinstance(flat, ast.Tuple) or not is_container(value) or bool(new)
        fresh = fresh and not _apart(target, flat)
        if plain and leaves and flat is not None and frame.outermost and not counting and items and fresh:
            for part, item in zip(target.elts, items, strict=True):
                assert isinstance(part, ast.Name)
                frame.variables[part.id] = item
                frame.counting.discard(part.id)
                self.names.settle(item, ast.Name(part.id, ast.Load()))
            self.note(ast.Assign([cloned(target)], flat), frame)
            return
        if any(isinstance(part, ast.Starred) for part in target.elts) or len(items) != len(target.elts):
            raise Unsupported(f"line {self.at.lineno}: a starred target")
        for i, (part, item) in enumerate(zip(target.elts, items, strict=True)):
            self.bind(part, item, part_of(flat, f"[{i}]"), frame, counting)

    def wrote(
        self, container: Any, text: str | None, value: Any, flat: ast.expr | None, frame: Frame, name: str = NEW
    ) -> None:
        """Note that something was put into a container."""
        if text is None:
            return
        if is_container(value):
            self.adopt(value, flat, name + text)
        elif is_leaf(container, value) or self.names.has_leaf(container, value):
            leaf = self.names.leaf(container, text, name)
            source = flat or self.names.home(value)
            if source is None:
                raise Unsupported(f"line {self.at.lineno}: where {name}{text} comes from")
            self.note(ast.Assign([stored(leaf)], source), frame)
            self.names.settle(value, leaf)

    def adopt(self, container: Any, flat: ast.expr | None, name: str) -> None:
        """Note what a container holds that has not been met before."""
        known = self.names.containers.known(container)
        self.names.containers.token(container, name)
        if known:
            return
        for text, value in list(steps(container)):
            part = part_of(flat, text)
            if is_container(value):
                self.adopt(value, part, name + text)
            elif is_leaf(container, value):
                source = part if isinstance(part, ast.Name) else self.names.home(value) or part
                leaf = self.names.leaf(container, text, name)
                if source is not None:
                    self.note(ast.Assign([stored(leaf)], source), None)
                    self.names.settle(value, leaf)

    def _element(self, target: ast.Subscript, value: Any, flat: ast.expr | None, frame: Frame) -> None:
        """Note `W[i, j] = …`."""
        place = self.flat(target, frame)
        self.run(ast.Assign([target], ast.Name("__new__", ast.Load())), frame, __new__=value)
        if place is None or flat is None:
            raise Unsupported(f"line {self.at.lineno}")
        self.note(ast.Assign([stored(place)], flat), frame)

    def _augment(self, node: ast.AugAssign, frame: Frame) -> None:
        reading = cloned(node.target)
        reading.ctx = ast.Load()
        base = self.value(node.target.value, frame)[0] if isinstance(node.target, ast.Subscript) else None
        old, place = self.value(reading, frame)
        value, flat = self.value(node.value, frame)
        frame = self._home(node.target, frame)
        if isinstance(old, np.ndarray) or isinstance(base, np.ndarray):
            world = {"__by__": value}
            self.run(ast.AugAssign(node.target, node.op, ast.Name("__by__", ast.Load())), frame, **world)
            if place is None or flat is None:
                raise Unsupported(f"line {node.lineno}")
            self.note(ast.AugAssign(stored(place), node.op, flat), frame)
            return
        both = None if place is None or flat is None else ast.BinOp(place, node.op, flat)
        operation = ast.BinOp(ast.Name("__old__", ast.Load()), node.op, ast.Name("__by__", ast.Load()))
        code = compile(ast.fix_missing_locations(ast.Expression(operation)), "<followed>", "eval")
        new = eval(code, {"__old__": copy.copy(old) if isinstance(old, list) else old, "__by__": value})
        name = node.target.id if frame.outermost and isinstance(node.target, ast.Name) else None
        if name is not None and name not in frame.counting and is_numeric(new) and flat is not None:
            frame.variables[name] = new
            self.note(ast.AugAssign(stored(node.target), node.op, flat), frame)
            return
        self.bind(node.target, new, both, frame)

    def note(self, node: ast.stmt, frame: Frame | None) -> None:
        """Write down a flat line.

        Raises:
            TooLong: there are too many.
        """
        if len(self.lines) >= MOST:
            raise TooLong
        at = self.at
        function = frame.function if frame is not None else ""
        end = getattr(at, "end_lineno", None) or at.lineno
        turn = self.ran.get(self.index, 0)
        self.lines.append(Line(located(cloned(node), 1), self.index, turn, at.lineno, end, function, tuple(self.loops)))

    def noted(self, name: str, value: Any, flat: ast.expr, frame: Frame) -> ast.Name:
        """Write down a line that gives a local variable a name of its own; return that."""
        known = self.names.fresh(name, frame.function)
        self.note(ast.Assign([stored(known)], flat), frame)
        self.names.settle(value, known)
        return known


def _apart(target: ast.Tuple | ast.List, flat: ast.expr | None) -> bool:
    """Tell whether of several assignments none reads what another writes: they may be made one after the other."""
    if not isinstance(flat, ast.Tuple):
        return False
    old = {part.id for part in ast.walk(flat) if isinstance(part, ast.Name)}
    return not old & {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
