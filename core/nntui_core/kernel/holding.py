"""What a recording does with containers: it reads and stores what is in them, and says in the end what holds what.

A found container that is replaced (`params = update(params, grads)`) is treated as the names that are in it: what the
new one holds is what the next iteration finds in the old one's place. That is so only where nobody else has the old
one, where nothing has been stored in it, and where both are built alike.
"""

import ast
import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from nntui_core import places
from nntui_core.kernel.containers import ATOMS, KINDS, LONGEST, Container, Found, Made, Shape, is_settled, place
from nntui_core.kernel.recording import CODE, Recording, computed
from nntui_core.kernel.tape import CannotLower, How, Op, Value


class Holding(Recording):
    """A recording that knows containers; `real` is the program's own namespace."""

    def __init__(self, namespace: Mapping[str, Any], rebound: Iterable[str], real: Mapping[str, Any]) -> None:
        super().__init__(namespace, rebound)
        self._real = real
        self._by_id: dict[int, Found] = {}
        self._inside: dict[str, Found] = {}
        """The container that a place is in."""
        self._taken: set[Found] = set()
        """Found containers that names or places hold after an iteration has bound them."""

    def found(self, name: str, thing: Any) -> Value:
        """Return the value that stands for a container of the program's."""
        if id(thing) in self._by_id:
            box = self._by_id[id(thing)]
            if name not in box.slots:
                box.slots.append(name)
            return box.value
        if type(thing) is not tuple and places.value(self._real, name) is thing:
            raise CannotLower(f"{name} cannot be copied")
        box = self._by_id[id(thing)] = Found(thing, name, [name])
        self.tape.found.append(box)
        return box.value

    # --- what is in a container ------------------------------------------------------------------------------------

    def keys(self, holder: Value) -> list[Any]:
        """Return a container's keys, indices or names of attributes, in order."""
        box = holder.example
        if isinstance(box, Found):
            if box.grows:
                raise CannotLower(f"{box.text} grows")
            if len(box.keys) > LONGEST:
                raise CannotLower(f"{box.text} is long")
            box.opened = True
            return box.keys
        assert isinstance(box, Made)
        return box.keys

    def read(self, holder: Value, key: Any) -> Value:
        """Return what a container holds at a key."""
        box, key = holder.example, self._key(holder, key)
        if isinstance(box, Made):
            return box.held[key]
        text = self._place(box, key)
        if text in self.tape.bound:
            return self.tape.bound[text]
        return self.entry_of(text, box.held(key))

    def store(self, holder: Value, key: Any, value: Value) -> None:
        """Let a container hold something at a key."""
        box = holder.example
        if box.kind is tuple:
            raise CannotLower("a tuple does not change")
        if isinstance(box, Made):
            box.held[key if box.kind is dict else self._key(holder, key)] = value
            return
        text = self._place(box, self._key(holder, key))
        if text in self.tape.bound or self.tape.entries.get(text) is not value:
            self.tape.bound[text] = value

    def attribute(self, holder: Value, name: str) -> Value:
        """Return an attribute of an object, or of its class where the object has none of that name."""
        kind = holder.example.kind
        if kind in KINDS:
            raise CannotLower(f".{name}")
        if name in self.keys(holder):
            return self.read(holder, name)
        thing = inspect.getattr_static(kind, name, Container)
        if type(thing) not in ATOMS:
            raise CannotLower(f"{kind.__name__}.{name} belongs to the class")
        self.tape.of_classes[kind, name] = thing
        return self.constant(thing)

    def item(self, holder: Value, index: Value) -> Value:
        """Return what is at an index of a dict, list or tuple; a slice of a list is a list."""
        kind = holder.example.kind
        if kind not in KINDS or not index.constant:
            raise CannotLower("an element that is not known beforehand")
        if type(index.example) is slice and kind is not dict:
            keys = computed(lambda chosen: self.keys(holder)[chosen], (index,))
            return Value(Made.of(kind, [self.read(holder, key) for key in keys]))
        return self.read(holder, index.example)

    def longer(self, symbol: type[ast.AST], holder: Value, other: Value) -> Value:
        """Return a list that is several times another one, or two lists one after the other."""
        if holder.example.kind is not list:
            raise CannotLower("an operator on something else than numbers")
        values = [self.read(holder, key) for key in self.keys(holder)]
        if symbol is ast.Mult and other.constant and type(other.example) is int and other.example <= LONGEST:
            return Value(Made.of(list, values * other.example))
        if symbol is ast.Add and isinstance(other.example, Container) and other.example.kind is list:
            return Value(Made.of(list, [*values, *(self.read(other, key) for key in self.keys(other))]))
        raise CannotLower("an operator on something else than numbers")

    def append(self, holder: Value, value: Value) -> None:
        """Append to a list: one that the program has is appended to in each iteration."""
        box = holder.example
        if isinstance(box, Made):
            box.fill([*box.values, value])
            return
        if box.opened:
            raise CannotLower(f"{box.text} grows")
        if not (value.is_array or value.is_number):
            raise CannotLower("a list of something else than numbers and arrays")
        box.grows = True
        op = Op(How.CHANGE, "{0}.append({1})", (box.value, value), keeps=(value,), effect=True)
        self.tape.ops.append(op)

    def _key(self, holder: Value, key: Any) -> Any:
        """Return a key that is there; an index is counted from the start."""
        keys = self.keys(holder)
        if holder.example.kind in (list, tuple):
            if type(key) is not int or not -len(keys) <= key < len(keys):
                raise CannotLower("an index that is not there")
            return key % len(keys)
        if type(key) not in (str, int) or key not in keys:
            raise CannotLower(f"nothing at {key!r}")
        return key

    def _place(self, box: Found, key: Any) -> str:
        if box.kind not in KINDS and hasattr(box.kind, key):
            raise CannotLower(f"{box.kind.__name__}.{key} belongs to the class")
        text = box.place(key)
        self._inside[text] = box
        return text

    # --- what holds what -------------------------------------------------------------------------------------------

    def flat(self) -> tuple[dict[str, Value], dict[str, Shape]]:
        """Return what names and places hold by now: numbers, arrays, containers; made ones by their shapes."""
        bound: dict[str, Value] = {}
        made: dict[str, Shape] = {}
        met: set[Container] = set()
        for name, value in self.tape.bound.items():
            if isinstance(value.example, Made):
                made[name] = self._shape(name, value.example, bound, met)
            elif isinstance(value.example, Found):
                self._taken.add(value.example)
                bound[name] = value
            else:
                bound[name] = _leaf(name, value)
        return bound, made

    def _shape(self, name: str, box: Made, bound: dict[str, Value], met: set[Container]) -> Shape:
        if box in met:
            raise CannotLower(f"{name} is held twice")
        met.add(box)
        parts: list[tuple[Any, str | Shape]] = []
        for key, value in box.held.items():
            text = place(name, box.kind, key)
            if isinstance(value.example, Made):
                parts.append((key, self._shape(text, value.example, bound, met)))
            else:
                bound[text] = _leaf(text, value)
                parts.append((key, text))
        return Shape(box.kind, tuple(parts))

    def changed_after_all(self) -> set[str]:
        """Return places that were taken for settled and are not."""
        return {name for name in self.tape.known if name in self.tape.bound or self._is_replaced(name)}

    def close(self) -> None:
        """Say what holds what after an iteration.

        Raises:
            CannotLower: a container is replaced by one of another kind, or is still in use.
        """
        bound, made = self.flat()
        if self.changed_after_all():
            raise CannotLower(f"{', '.join(self.changed_after_all())} changes")
        for box in self._by_id.values():
            if any(self._is_replaced(slot) for slot in box.slots):
                self._check_replaced(box, made)
        for name in self.tape.entries:
            if name not in bound and self._is_replaced(name):
                raise CannotLower(f"{name} is there no more")
        self.tape.bound, self.tape.made = bound, made

    def _is_replaced(self, slot: str, asked: frozenset[str] = frozenset()) -> bool:
        """Tell whether a name or place holds another container after an iteration, or is in one that is replaced.

        `asked` are those that are looked at already: containers may hold one another.
        """
        holder = self._inside.get(slot)
        slots = () if holder is None or slot in asked else holder.slots
        if any(self._is_replaced(each, asked | {slot}) for each in slots):
            return True
        value = self.tape.bound.get(slot)
        box = next((box for box in self._by_id.values() if slot in box.slots), None)
        return box is not None and value is not None and value is not box.value

    def _check_replaced(self, box: Found, made: Mapping[str, Shape]) -> None:
        in_use = len(box.slots) > 1 or box.grows or box in self._taken
        if in_use or any(self._inside.get(name) is box for name in self.tape.bound):
            raise CannotLower(f"{box.text} is replaced and still in use")
        shape = made.get(box.text)
        if shape is None:
            shape = self._part(box, made)
        if shape is None or shape.kind is not box.kind or [key for key, _ in shape.parts] != box.keys:
            raise CannotLower(f"{box.text} is built in another way")

    def _part(self, box: Found, made: Mapping[str, Shape]) -> Shape | None:
        """Return the shape of a container that is in a replaced one."""
        holder = self._inside.get(box.text)
        if holder is None:
            return None
        shape = made.get(holder.text) or self._part(holder, made)
        parts = {} if shape is None else {holder.place(key): part for key, part in shape.parts}
        part = parts.get(box.text)
        return part if isinstance(part, Shape) else None


def _leaf(name: str, value: Value) -> Value:
    """Return a value that a name or place may hold."""
    thing = value.example
    known = value.constant and (is_settled(thing) or type(thing) in (*ATOMS, range) or isinstance(thing, CODE))
    if not (value.is_array or value.is_number or known):
        raise CannotLower(f"{name} is not a number or an array")
    return value
