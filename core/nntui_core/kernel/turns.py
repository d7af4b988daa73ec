"""What an inner loop goes through, turn by turn: a range, rows of an array, what is in a known container.

Each item is read when its turn comes, as Python does it: the turns before may have changed it. Comprehensions and
displays (`[x]`, `{}`, `{'W': W}`) make containers, which the recording knows.
"""

import ast
from collections.abc import Iterator
from typing import Any

from nntui_core.kernel.containers import Container, Made
from nntui_core.kernel.expressions import READERS, Expressions
from nntui_core.kernel.recording import Frame
from nntui_core.kernel.tape import CannotLower, Value

MOST = 600
"""Operations that a tape has at most, and turns of an inner loop: a longer body gains little, and takes long."""


def items(self: Expressions, node: ast.expr) -> Iterator[Value]:
    """Return what a loop goes through.

    Raises:
        CannotLower: it is not known beforehand.
    """
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        name = self.look_up(node.func.id).example
        if name is zip:
            columns = [items(self, argument) for argument in node.args]
            return (_tuple(row) for row in zip(*columns, strict=False))
        if name is enumerate and len(node.args) == 1:
            rows = items(self, node.args[0])
            return (_tuple((self.constant(i), row)) for i, row in enumerate(rows))
        if name is reversed and len(node.args) == 1:
            return _backwards(self, self.evaluate(node.args[0]))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args and not node.keywords:
        holder = self.evaluate(node.func.value)
        if isinstance(holder.example, Container) and node.func.attr in VIEWS and _kind(holder) is dict:
            return (VIEWS[node.func.attr](self, holder, key) for key in _keys(self, holder))
    return _forwards(self, self.evaluate(node))


VIEWS: dict[str, Any] = {
    "items": lambda self, holder, key: _tuple((self.constant(key), self.read(holder, key))),
    "values": lambda self, holder, key: self.read(holder, key),
    "keys": lambda self, _, key: self.constant(key),
}
"""What a dict's method gives a loop at a key."""


def _tuple(values: Any) -> Value:
    return Value(Made.of(tuple, list(values)))


def _kind(holder: Value) -> type:
    kind: type = holder.example.kind
    return kind


def _keys(self: Expressions, holder: Value) -> Iterator[Any]:
    """Yield the keys of a dict, which may get no others meanwhile, or a list's indices, which may."""
    first, done = self.keys(holder), 0
    while done < len(keys := self.keys(holder)):
        if _kind(holder) is dict and keys != first:
            raise CannotLower("a dict that changes while a loop goes through it")
        if done > MOST:
            raise CannotLower("an inner loop with many turns")
        yield keys[done]
        done += 1
    if _kind(holder) is dict and len(keys) != len(first):
        raise CannotLower("a dict that changes while a loop goes through it")


def _forwards(self: Expressions, value: Value) -> Iterator[Value]:
    if isinstance(value.example, Container):
        kind = _kind(value)
        if kind not in (dict, list, tuple):
            raise CannotLower(f"a loop over a {kind.__name__}")
        return (self.constant(key) if kind is dict else self.read(value, key) for key in _keys(self, value))
    return (_row(self, value, i) for i in range(_length(value)))


def _backwards(self: Expressions, value: Value) -> Iterator[Value]:
    if isinstance(value.example, Container):
        if _kind(value) not in (list, tuple):
            raise CannotLower("a loop backwards")
        count = len(self.keys(value))
        return (self.read(value, i) for i in range(count - 1, -1, -1))
    return (_row(self, value, i) for i in range(_length(value) - 1, -1, -1))


def _length(value: Value) -> int:
    known = value.constant and type(value.example) in (range, tuple)
    if not known and (not value.is_array or value.example.ndim == 0):
        raise CannotLower("an inner loop over something else than a range, an array or a container")
    if len(value.example) > MOST:
        raise CannotLower("an inner loop with many turns")
    return len(value.example)


def _row(self: Expressions, value: Value, i: int) -> Value:
    if value.constant:
        return self.constant(value.example[i])
    return self.keep("{0}[{1}]", (value, self.constant(i)), lambda there, index: there[index])


# --- displays and comprehensions -------------------------------------------------------------------------------------


def _list(self: Expressions, node: ast.List) -> Value:
    if any(isinstance(element, ast.Starred) for element in node.elts):
        raise CannotLower("a list with *")
    return Value(Made.of(list, [self.evaluate(element) for element in node.elts]))


def _dict(self: Expressions, node: ast.Dict) -> Value:
    made = Value(Made(dict, {}))
    for key, element in zip(node.keys, node.values, strict=True):
        if key is None:
            raise CannotLower("a dict with **")
        self.store(made, _known(self.evaluate(key)), self.evaluate(element))
    return made


def _known(key: Value) -> Any:
    if not key.constant or type(key.example) not in (str, int):
        raise CannotLower("a key that is not known beforehand")
    return key.example


def _comprehension(self: Expressions, node: ast.ListComp | ast.DictComp) -> Value:
    made = Value(Made(list if isinstance(node, ast.ListComp) else dict, {}))
    if len(node.generators) != 1 or node.generators[0].is_async:
        raise CannotLower("a comprehension in a comprehension")
    generator = node.generators[0]
    through = items(self, generator.iter)
    outer, self.locals = self.locals, [*self.locals, Frame(self.locals[-1] if self.locals else {})]
    try:
        for item in through:
            self.assign(generator.target, item)
            if len(self.tape.ops) > MOST:
                raise CannotLower("a comprehension with many turns")
            if not all(_is_true(self.evaluate(test)) for test in generator.ifs):
                continue
            if isinstance(node, ast.ListComp):
                self.append(made, self.evaluate(node.elt))
            else:
                self.store(made, _known(self.evaluate(node.key)), self.evaluate(node.value))
    finally:
        self.locals = outer
    return made


def _is_true(test: Value) -> bool:
    if not test.constant:
        raise CannotLower("a test that is not known beforehand")
    return bool(test.example)


READERS[ast.List] = _list
READERS[ast.Dict] = _dict
READERS[ast.ListComp] = _comprehension
READERS[ast.DictComp] = _comprehension
