"""Random training loops that a kernel can mostly take: names carried along, aliases, changes in place, branches.

The expressions are those of `tests.strategies`, right in their shapes; the arrays come in all layouts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from tests.strategies import FUNCTIONS, Builder, Draw, Shape

from nntui_core.interpreter import Interpreter
from nntui_core.output import Output
from nntui_core.program import Program

MORE_FUNCTIONS = """

def both(a, b):
    s = a + b
    return s, np.tanh(s) * 0.5


def inplace(a):
    a *= 0.5
    return a


def slope(s):
    return s * (1 - s)


class Holder:
    def __repr__(self):
        return "Holder"


rng = np.random.default_rng(3)
params = {"W": np.ones((2, 2)), "g": np.zeros((2, 2))}
net = Holder()
net.h = np.ones((2, 3))
history = []
count = 0
total = 0.0
rate = 0.125
size = 3
"""

SHAPES: list[Shape] = [(2, 2), (2, 3), (3, 2), (3,), (1, 3), (3, 1), (1, 1), (4, 4), (2,), (7, 1), (1,), (3, 3)]

LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "C": lambda a: np.ascontiguousarray(a),
    "F": np.asfortranarray,
    "every second": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    "reversed": lambda a: np.ascontiguousarray(a[::-1])[::-1],
    "float32": lambda a: a.astype(np.float32),
    "integers": lambda a: np.rint(a).astype(int),
    "a view": lambda a: np.stack([a, a])[1],
}


def laid_out(draw: Draw, array: Any) -> Any:
    """Return an array's numbers in another layout or type."""
    if np.ndim(array) == 0:
        return array
    return LAYOUTS[draw(st.sampled_from(["C", "C", *LAYOUTS]))](array)


@dataclass(frozen=True)
class Loop:
    """A program's text, and the arrays that its namespace gets before it starts."""

    source: str
    arrays: dict[str, Any]

    def started(self) -> Interpreter:
        """Return the program, set up, with its own copies of the arrays, aliases kept."""
        interpreter = Interpreter(Program.parse(self.source, "random"))
        with Output().installed():
            interpreter.start()
        copies: dict[int, Any] = {}
        for name, value in self.arrays.items():
            if id(value) not in copies:
                copies[id(value)] = _copied(value)
            interpreter.namespace[name] = copies[id(value)]
        return interpreter


def _copied(value: Any) -> Any:
    if type(value) is not np.ndarray:
        return value
    fresh = np.empty_like(value)
    if fresh.strides != value.strides:
        base = np.zeros(value.nbytes * 4 + 64, np.uint8)
        offset = sum((n - 1) * -s for n, s in zip(value.shape, value.strides, strict=True) if s < 0)
        fresh = np.ndarray(value.shape, value.dtype, base.data, offset, value.strides)
    fresh[...] = value
    return fresh


@st.composite
def loops(draw: Draw) -> Loop:
    """Draw a training loop of a few statements over a few matrices."""
    builder = Builder(draw)
    names: dict[str, Shape] = {}
    for i in range(draw(st.integers(1, 3))):
        names[f"W{i}"] = draw(st.sampled_from(SHAPES))
        builder.arrays[f"W{i}"] = np.random.default_rng(i).uniform(-1, 1, names[f"W{i}"])
    lines: list[str] = []
    for i in range(draw(st.integers(2, 6))):
        maker = draw(st.sampled_from(STATEMENTS))
        lines += maker(draw, builder, names, i)
    arrays = {name: laid_out(draw, value) for name, value in builder.arrays.items()}
    if draw(st.booleans()):
        arrays["kept"] = draw(st.sampled_from(list(arrays.values())))
    body = "".join(f"    {line}\n" for line in lines)
    header = draw(st.sampled_from(["for i in range(40):", "while count < 40:"]))
    start = "    count += 1\n" if header.startswith("while") else ""
    return Loop(f"{FUNCTIONS}{MORE_FUNCTIONS}\n{header}\n{start}{body}", arrays)


def _tame(builder: Builder, shape: Shape, depth: int) -> str:
    return f"np.tanh({builder.expression(shape, depth)})"


def _temporary(draw: Draw, builder: Builder, names: dict[str, Shape], i: int) -> list[str]:
    shape = draw(st.sampled_from(SHAPES))
    text = builder.expression(shape, draw(st.integers(1, 2)))
    return [f"t{i} = {text}"]


def _carried(draw: Draw, builder: Builder, names: dict[str, Shape], i: int) -> list[str]:
    name, shape = draw(st.sampled_from(list(names.items())))
    sign = draw(st.sampled_from("+-"))
    return [f"{name} = 0.5 * {name} {sign} rate * {_tame(builder, shape, 1)}"]


def _in_place(draw: Draw, builder: Builder, names: dict[str, Shape], i: int) -> list[str]:
    name, shape = draw(st.sampled_from(list(names.items())))
    form: str = draw(
        st.sampled_from(["{n} *= 0.5", "{n} -= 0.25 * {e}", "{n}[...] = {e}", "{n}[0] = 0.5", "inplace({n})"])
    )
    text = form.format(n=name, e=_tame(builder, shape, 1))
    return [f"u{i} = {text}" if text.startswith("inplace") else text]


def _alias(draw: Draw, builder: Builder, names: dict[str, Shape], i: int) -> list[str]:
    name, shape = draw(st.sampled_from(list(names.items())))
    view = draw(st.sampled_from(["", ".T", "[0]", ".copy()", "[::-1]"]))
    later = draw(st.sampled_from(["", f"w{i} *= 0.5", f"w{i} += 1", f"w{i} = w{i} * 2"]))
    return [f"w{i} = {name}{view}", *([later] if later and (view != "[0]" or len(shape) > 1) else [])]


def _numbers(draw: Draw, builder: Builder, names: dict[str, Shape], i: int) -> list[str]:
    name = draw(st.sampled_from(list(names)))
    forms = [
        "loss = 0.5 * np.sum({n} ** 2)",
        "loss = np.mean(np.square({n}))",
        "total += float(np.sum({n}))",
        "history.append(np.sum({n}))",
        "history.append({n})",
        "loss = np.max({n}) / 3",
        "total = total * 0.5 + np.sum({n})",
        "loss = np.sum({n}) / size",
        "m{i} = ({n} > 0).astype(float)",
    ]
    return [draw(st.sampled_from(forms)).format(n=name, i=i)]


THEN = ["print({n})", "{n} = {n} * 0.5", "{n} *= 0.75", "best = {n}", "history.append({n}); {n} = {n} + 1", "continue"]


def _branch(draw: Draw, builder: Builder, names: dict[str, Shape], i: int) -> list[str]:
    name = draw(st.sampled_from(list(names)))
    test = draw(st.sampled_from(["np.sum({n}) > 0.5", "count % 7 == 3", "total < 2", "rate > 0.1", "{n}[0].sum() < 0"]))
    then = draw(st.sampled_from(THEN))
    otherwise = draw(st.sampled_from([[], ["else:", f"    {name} = {name} * 0.25"]]))
    return [f"if {test.format(n=name)}:", f"    {then.format(n=name)}", *otherwise, "total += 0.125"]


def _places(draw: Draw, builder: Builder, names: dict[str, Shape], i: int) -> list[str]:
    forms = [
        'params["g"] = params["W"] @ params["W"].T * 0.25',
        'params["W"] -= rate * np.tanh(params["g"])',
        'params["W"] = params["W"] * 0.5 + params["g"]',
        "net.h = np.tanh(net.h) + 0.5",
        "net.h *= 0.5",
        'params["g"] = net.h @ net.h.T * 0.1',
        "s, d = both(net.h, 0.5)",
        "d = slope(sigmoid(net.h))",
        "mask = (rng.random((2, 3)) < 0.5) / 2",
    ]
    return [draw(st.sampled_from(forms))]


def _turns(draw: Draw, builder: Builder, names: dict[str, Shape], i: int) -> list[str]:
    name = draw(st.sampled_from(list(names)))
    headers = ["for k in range(2):", "for k, r in enumerate({n}):", "for r in {n}:", "for r, q in zip({n}, {n}):"]
    header = draw(st.sampled_from(headers))
    inner = draw(st.sampled_from(["{n} = {n} * 0.5 + 0.1", "{n} *= 0.9", "t{i} = {n} - rate", "total += 0.5"]))
    lines = [header, f"    {inner}"]
    if "{n}" in header:
        lines.append(f"    z{i} = r * 0.5")
    return [line.format(n=name, i=i) for line in lines]


STATEMENTS = [
    _turns,
    _temporary,
    _temporary,
    _carried,
    _carried,
    _in_place,
    _alias,
    _numbers,
    _numbers,
    _branch,
    _places,
]
