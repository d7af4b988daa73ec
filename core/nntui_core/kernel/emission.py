"""From a plan to Python: two functions, one that prepares and one that runs.

`prepare(NS)` looks whether the namespace still holds what the kernel was made for, makes the arrays that are written
into, and does what is done once; it returns None where something is different. `run(ITEMS, SEEN, NS, …)` gets all
that as its own names, runs one iteration an item, and puts what the names of the program hold into the namespace
when it ends.
"""

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nntui_core import places
from nntui_core.kernel.blocks import Blocks
from nntui_core.kernel.containers import Shape, place
from nntui_core.kernel.fewsums import FewSums
from nntui_core.kernel.plan import Plan
from nntui_core.kernel.tape import How, Op, Tape, Value

WENT_ON, HEADER_FALSE = 0, 2
"""How a kernel ends, as `nntui_core.compiled` counts it; where it is left before a statement, it is `~statement`."""
KEYS: dict[type, str] = {dict: "list({0})", list: "len({0})", tuple: "len({0})"}
"""What tells whether a container has still what it had; an object has its attributes."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """A lowered body. `calls` is how many calls of functions one iteration takes."""

    source: str
    prepare: Callable[[dict[str, Any]], tuple[Any, ...] | None]
    run: Callable[..., int]
    calls: int
    size: int
    """How many numbers it writes in an iteration, about."""


class Emitter:
    """Writes the two functions."""

    def __init__(self, tape: Tape, plan: Plan) -> None:
        self.tape, self.plan = tape, plan
        self.few = FewSums(tape, plan)
        self._blocks = Blocks(tape, plan)
        self._names: dict[Value, str] = {}
        self._constants: dict[str, Any] = {}
        self._before: list[str] = []
        """The lines of `prepare`."""
        self._made: dict[str, str] = {}
        """What has been bound to a name before the loop, by its text."""
        self._kept: dict[Value, str] = {}
        """Where what a carried name held before is, if another name holds it at an iteration's end."""
        self._inside: dict[str, str] = {}
        """Where the places of the program's containers are, by their texts."""
        self.calls = 0
        """Calls of functions in an iteration, so far."""

    def kernel(self) -> Kernel:
        """Return the kernel."""
        self._guard()
        self._make_buffers()
        for op in self.plan.once:
            assert op.result is not None
            self._before.append(f"{self._new(op.result, 'p')} = {self._text(op.text, op.operands)}")
        body = self._loop()
        names = [*self._constants, *self._made_before()]
        before = [*self._before, f"return ({', '.join(names)},)"]
        source = "def prepare(NS):\n" + textwrap.indent("\n".join(before), "    ")
        source += (
            f"\n\ndef run(ITEMS, SEEN, NS, {', '.join(names)}):\n" + textwrap.indent("\n".join(body), "    ") + "\n"
        )
        made: dict[str, Any] = {**self._constants}
        exec(compile(source, "<kernel>", "exec"), made)
        size = sum(op.result.example.size for op in self.plan.ops if op.result is not None and op.result.is_array)
        return Kernel(source, made["prepare"], made["run"], self.calls, size)

    def _made_before(self) -> list[str]:
        lines = [line.split(" = ")[0] for line in self._before if " = " in line and line[0] in "cebpm"]
        return list(dict.fromkeys(name for name in lines if name.isidentifier()))

    # --- names -----------------------------------------------------------------------------------------------------

    def name(self, value: Value) -> str:
        """Return what a value is called."""
        if value in self._names:
            return self._names[value]
        if value.constant:
            return self._new_constant(value)
        raise KeyError(value.example)

    def constant(self, thing: Any) -> str:
        """Return what something is called that is known now."""
        for name, there in self._constants.items():
            if there is thing:
                return name
        name = f"k{len(self._constants)}"
        self._constants[name] = thing
        return name

    def _new_constant(self, value: Value) -> str:
        self._names[value] = self.constant(value.example)
        return self._names[value]

    def _new(self, value: Value, kind: str) -> str:
        self._names[value] = f"{kind}{len(self._names)}"
        return self._names[value]

    def once(self, text: str) -> str:
        """Return a name that is bound to the value of a text before the loop."""
        if text not in self._made:
            name = self._made[text] = f"m{len(self._made)}"
            self._before.append(f"{name} = {text}")
        return self._made[text]

    def _text(self, text: str, operands: tuple[Value, ...], out: str = "") -> str:
        return text.format(*(self.name(value) for value in operands), out=out)

    # --- before the loop -------------------------------------------------------------------------------------------

    def _guard(self) -> None:
        quiet = self.constant(dict.fromkeys(("divide", "over", "under", "invalid"), "ignore"))
        self._require(f"{self.constant(np.geterr)}() == {quiet}")
        self._guard_containers()
        for name, thing in self.tape.known.items():
            there, k = f"{_place('NS', name)}", self.constant(thing)
            if isinstance(thing, tuple):
                self._require(f"type({there}) is tuple and repr({there}) == {repr(thing)!r}")
            elif isinstance(thing, bool | int | float | str) or thing is None:
                self._require(f"type({there}) is type({k}) and {there} == {k}")
            else:
                self._require(f"{there} is {k}")
        for name, entry in self.tape.entries.items():
            e = self._new(entry, "e")
            self._before.append(f"{e} = {_place('NS', name)}")
            self._require(f"type({e}) is {self.constant(type(entry.example))}")
            if entry.is_array:
                array = entry.example
                for attribute, wanted in (("dtype", array.dtype), ("shape", array.shape), ("strides", array.strides)):
                    self._require(f"{e}.{attribute} == {self.constant(wanted)}")
                self._require(f"{e}.flags.aligned")
        self._guard_memory()

    def _guard_containers(self) -> None:
        """A container is where it was, and has what it had; no other one is the same."""
        for i, box in enumerate(self.tape.found):
            c = self._names[box.value] = f"c{i}"
            self._before.append(f"{c} = {_place('NS', box.text)}")
            self._require(f"type({c}) is {self.constant(box.kind)}")
            if not box.grows:
                looked = KEYS.get(box.kind, "list({0}.__dict__)").format(c)
                keys = len(box.keys) if "len" in looked else box.keys
                self._require(f"repr({looked}) == {repr(keys)!r}")
                self._inside |= {box.place(key): place(c, box.kind, key) for key in box.keys}
            for slot in box.slots[1:]:
                self._require(f"{_place('NS', slot)} is {c}")
        if len(self.tape.found) > 1:
            ids = ", ".join(f"id(c{i})" for i in range(len(self.tape.found)))
            self._require(f"len({{{ids}}}) == {len(self.tape.found)}")
        for (kind, name), thing in self.tape.of_classes.items():
            self._require(f"{self.constant(kind)}.{name} is {self.constant(thing)}")

    def _require(self, condition: str) -> None:
        self._before.append(f"if not ({condition}): return None")

    def _guard_memory(self) -> None:
        """An array that is changed in place shares its memory with no other that is worked with."""
        arrays = [entry for entry in self.tape.entries.values() if entry.is_array]
        changed = [entry for entry in arrays if entry in self.tape.roots_changed()]
        share = self.constant(np.may_share_memory)
        for i, one in enumerate(changed):
            for other in arrays:
                if other is not one and other not in changed[:i]:
                    self._require(f"not {share}({self.name(one)}, {self.name(other)})")

    def _make_buffers(self) -> None:
        like = self.constant(np.empty_like)
        names = [f"b{i}" for i in range(len(self.plan.buffers))]
        for name, array in zip(names, self.plan.buffers, strict=True):
            order = "C" if array.flags.c_contiguous else "F" if array.flags.f_contiguous else None
            if order is None:
                self._before.append(f"{name} = {like}({self.constant(array)})")
            else:
                shape, dtype = self.constant(array.shape), self.constant(array.dtype)
                self._before.append(f"{name} = {self.constant(np.empty)}({shape}, {dtype}, {order!r})")
        for value, number in self.plan.places.items():
            if value.name is not None:  # what a carried name holds already
                self._before.append(f"{names[number]}[...] = {self.name(value)}")
            self._names[value] = names[number]

    # --- the loop --------------------------------------------------------------------------------------------------

    def _loop(self) -> list[str]:
        item = "ITEM"
        if self.tape.item is not None:
            self._names[self.tape.item] = item
        for op in self.plan.ops:
            if op.result is not None and op.result not in self._names:
                self._new(op.result, "v")
        carry = self._carry()
        lines = self._all_lines(self.plan.ops[: self.plan.report])
        lines += [*self._report(), *carry]
        lines.append("BEGUN = True")
        loop = ["BEGUN = False", f"for {item} in ITEMS:", *_indented(lines)]
        return [
            *loop,
            "if BEGUN:",
            *_indented(self._flush(self._all_bound(), self.tape.made, over=True) or ["pass"]),
            f"return {WENT_ON}",
        ]

    def _all_lines(self, ops: list[Op]) -> list[str]:
        groups = self._blocks.groups(ops)
        return [
            line
            for group in groups
            for line in (self._lines(group[0]) if len(group) == 1 else self._blocks.lines(group, self))
        ]

    def _carry(self) -> list[str]:
        """Let carried names have their new values, and keep an old one that another name holds now."""
        moves = [(self.name(entry), self._whole(final)) for entry, final in self.plan.carried]
        old = {entry for entry, _ in self.plan.carried} & set(self.tape.bound.values())
        for i, entry in enumerate(sorted(old, key=self.name)):
            self._kept[entry] = f"o{i}"
            moves.append((f"o{i}", self.name(entry)))
        return [f"{', '.join(n for n, _ in moves)} = {', '.join(value for _, value in moves)}"] if moves else []

    def _report(self) -> list[str]:
        if not self.tape.losses:
            return []
        lines = self._all_lines(self.plan.ops[self.plan.report :])
        losses = ", ".join(self.name(value) for value in self.tape.losses)
        return [
            "try:",
            *_indented([*lines, f"SEEN({losses})"]),
            "except Exception:",
            "    SEEN(None)",
        ]

    def _all_bound(self) -> dict[str, Value]:
        item = self.tape.item
        return {**({item.name: item} if item is not None and item.name else {}), **self.tape.bound}

    def _lines(self, op: Op) -> list[str]:
        if op.leaving is not None:
            return self._leave(op)
        few = self.few.lines(op, self)
        if few is not None:
            return few
        if op.result is None:
            self._count(op)
            wholes = [self._whole(value) if value in op.keeps else self.name(value) for value in op.operands]
            return [op.text.format(*wholes)]
        if op.result in self.plan.places:
            assert op.into is not None
            self._count(op)
            out = f"b{self.plan.places[op.result]}"
            if op.into.startswith("{0}.dot(") and self.plan.is_there(op.operands[0]):
                return [
                    self._text(
                        op.into.replace("{0}.dot", self.once(f"{self.name(op.operands[0])}.dot")), op.operands, out
                    )
                ]
            return [self._text(op.into, op.operands, out)]
        self._count(op)
        return [f"{self.name(op.result)} = {self._text(op.text, op.operands)}"]

    def _count(self, op: Op) -> None:
        self.calls += op.how is not How.NUMBER

    def _whole(self, value: Value) -> str:
        """Return the text of a value as the program would have it: `np.float64` where a sum was taken by hand."""
        name = self.name(value)
        return f"{self.constant(np.float64)}({name})" if value in self.few.floats else name

    def _flush(self, bound: Mapping[str, Value], made: Mapping[str, Shape], over: bool = False) -> list[str]:
        """Return the lines that give names what they hold; with `over`, what they held at an iteration's end."""
        kept = self._kept if over else {}
        return self._stored({name: kept.get(value) or self._whole(value) for name, value in bound.items()}, made)

    def _stored(self, texts: Mapping[str, str], made: Mapping[str, Shape]) -> list[str]:
        """Return the lines that give names and places values; those in a made container go into it."""
        inner = {name for shape in made.values() for name in shape.names()}
        lines = {name: text for name, text in texts.items() if name not in inner}
        lines |= {slot: shape.text(texts.__getitem__) for slot, shape in made.items()}
        return [f"{self._inside.get(name) or _place('NS', name)} = {text}" for name, text in lines.items()]

    def _leave(self, op: Op) -> list[str]:
        """Leave before a statement: what the iteration has not bound yet holds what it held before."""
        leaving = op.leaving
        assert leaving is not None
        bound, item = {**leaving.bound}, self.tape.item
        if item is not None and item.name not in bound and leaving.statement >= 0:
            bound = {item.name or "": item, **bound}
        older = {
            name: self.tape.entries.get(name) or value
            for name, value in self._all_bound().items()
            if not leaving.binds(name, self.tape.made) and not (item is not None and name == item.name)
        }
        how = HEADER_FALSE if leaving.statement < 0 else ~leaving.statement
        return [
            f"if {self.name(op.operands[0])}:",
            *_indented(
                ["if BEGUN:", *_indented(self._flush_older(older) or ["pass"]), *self._flush(bound, leaving.made)]
            ),
            f"    return {how}",
        ]

    def _flush_older(self, older: Mapping[str, Value]) -> list[str]:
        """Return the lines that give names what they held at the end of the iteration before."""
        made = {slot: shape for slot, shape in self.tape.made.items() if set(shape.names()) <= older.keys()}
        texts = {
            name: (None if name in self.tape.entries else self._kept.get(value)) or self._whole(value)
            for name, value in older.items()
        }
        return self._stored(texts, made)


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _place(namespace: str, name: str) -> str:
    base = places.base(name)
    return f"{namespace}[{base!r}]{name[len(base) :]}"


def emitted(tape: Tape, plan: Plan) -> Kernel:
    """Write a tape's kernel by its plan."""
    return Emitter(tape, plan).kernel()
