"""Random programs for property tests: expressions that are right in their shapes, over arrays made to fit them."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

from nntui_core.datasets import load
from nntui_core.datasets.drawn import SHAPES
from nntui_core.network import Network
from nntui_core.network.activations import HIDDEN
from nntui_core.network.losses import LOSSES
from nntui_core.network.optimizers import OPTIMIZERS

Shape = tuple[int, ...]
Draw = Callable[[st.SearchStrategy[Any]], Any]

FUNCTIONS = """\
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def nonlin(x, deriv=False):
    \"\"\"The well-known eleven lines' function.\"\"\"
    if deriv == True:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


def softmax(z):
    shifted = z - np.max(z)
    e = np.exp(shifted)
    return e / np.sum(e)


leaky = lambda z, slope=0.25: np.where(z > 0, z, slope * z)
"""

UNARY = ("np.exp", "np.tanh", "np.sin", "np.cos", "np.square", "np.abs", "-", "sigmoid", "softmax", "leaky", "nonlin")
BINARY = ("+", "-", "*", "/", "**")
NUMPY_BINARY = ("np.add", "np.subtract", "np.multiply", "np.divide", "np.maximum", "np.minimum", "np.logaddexp")
COMPARISONS = (">", "<", ">=", "<=", "==", "!=")


@dataclass
class Builder:
    """Draws expressions of a wanted shape; the arrays that they need are in `arrays`."""

    draw: Draw
    arrays: dict[str, Any] = field(default_factory=dict)
    dtype: Any = np.float64

    def pick(self, options: Any) -> Any:
        return self.draw(st.sampled_from(list(options)))

    def size(self) -> int:
        return int(self.draw(st.integers(1, 4)))

    def leaf(self, shape: Shape) -> str:
        """Return the name of an array of the shape, one already there or a new one."""
        fitting = [name for name, value in self.arrays.items() if np.shape(value) == shape]
        if fitting and self.draw(st.booleans()):
            return str(self.pick(fitting))
        name = f"v{len(self.arrays)}"
        seed = self.draw(st.integers(0, 2**16))
        values = np.random.default_rng(seed).uniform(-2, 2, shape)
        kind = self.pick(["float", "float", "float", "int"])
        self.arrays[name] = np.asarray(np.rint(values), int) if kind == "int" else np.asarray(values, self.dtype)
        if shape == () and self.draw(st.booleans()):
            self.arrays[name] = self.arrays[name].item()
        return name

    def narrower(self, shape: Shape) -> Shape:
        """Return a shape that broadcasts to `shape`: some sizes become 1, some leading axes go."""
        kept = shape[self.draw(st.integers(0, len(shape))) :]
        return tuple(1 if self.draw(st.booleans()) else n for n in kept)

    def expression(self, shape: Shape, depth: int) -> str:
        """Return an expression of the shape, in parentheses where it is not a name or a call."""
        if depth == 0:
            return self.leaf(shape)
        makers = [self.binary, self.unary, self.reduced, self.view, self.chosen, self.indexed]
        if len(shape) <= 2:
            makers += [self.product, self.product]
        made: str = self.pick(makers)(shape, depth - 1)
        return made

    def binary(self, shape: Shape, depth: int) -> str:
        parts = [self.expression(shape, depth), self.expression(self.narrower(shape), depth)]
        left, right = self.draw(st.permutations(parts))
        if self.draw(st.booleans()):
            return f"{self.pick(NUMPY_BINARY)}({left}, {right})"
        operator = self.pick(BINARY)
        return f"({parts[0]} ** {self.pick((2, 3, 4))})" if operator == "**" else f"({left} {operator} {right})"

    def unary(self, shape: Shape, depth: int) -> str:
        part, name = self.expression(shape, depth), self.pick(UNARY)
        if name == "nonlin":
            return f"nonlin({part}, deriv={self.draw(st.booleans())})"
        return f"(-{part})" if name == "-" else f"{name}({part})"

    def product(self, shape: Shape, depth: int) -> str:
        inner = self.size()
        if len(shape) == 2:
            if self.draw(st.booleans()):
                return f"np.outer({self.expression(shape[:1], depth)}, {self.expression(shape[1:], depth)})"
            shapes: tuple[Shape, Shape] = ((shape[0], inner), (inner, shape[1]))
        elif len(shape) == 1:
            shapes = self.pick([((*shape, inner), (inner,)), ((inner,), (inner, *shape))])
        else:
            shapes = ((inner,), (inner,))
        left, right = (self.expression(each, depth) for each in shapes)
        forms = ("({} @ {})", "np.dot({}, {})", "np.matmul({}, {})", "({}).dot({})")
        return str(self.pick(forms)).format(left, right)

    def reduced(self, shape: Shape, depth: int) -> str:
        if len(shape) == 2 and 1 not in shape:
            return self.unary(shape, depth)
        name = self.pick(("sum", "mean", "max", "min"))
        if 1 in shape and self.draw(st.booleans()):
            axis, keep = shape.index(1), ", keepdims=True"
            source = (*shape[:axis], self.size(), *shape[axis + 1 :])
        elif shape == () and self.draw(st.booleans()):
            source = (self.size(), self.size())
            return f"np.{name}({self.expression(source, depth)})"
        else:
            axis, keep = self.draw(st.integers(0, min(len(shape), 1))), ""
            source = (*shape[:axis], self.size(), *shape[axis:])
        part = self.expression(source, depth)
        axis = axis - len(source) if self.draw(st.booleans()) else axis
        return f"({part}).{name}(axis={axis}{keep})" if depth % 2 else f"np.{name}({part}, axis={axis}{keep})"

    def view(self, shape: Shape, depth: int) -> str:
        """Return a transpose or a reshape."""
        if self.draw(st.booleans()):
            part = self.expression(shape[::-1], depth)
            return f"np.transpose({part})" if not shape or self.draw(st.booleans()) else f"({part}).T"
        count = math.prod(shape)
        divisors = [n for n in range(1, count + 1) if count % n == 0]
        rows = self.pick(divisors)
        part = self.expression(self.pick([(count,), (rows, count // rows)]), depth)
        if len(shape) == 1:
            return f"({part}).{self.pick(('ravel()', 'flatten()', 'reshape(-1)'))}"
        return f"np.reshape({part}, {shape})" if self.draw(st.booleans()) else f"({part}).reshape({shape})"

    def chosen(self, shape: Shape, depth: int) -> str:
        """Return a choice by a condition."""
        part, limit = self.expression(shape, depth), self.pick((0, 0.5, -1))
        condition = f"({part} {self.pick(COMPARISONS)} {limit})"
        other = self.expression(self.narrower(shape), depth)
        if self.draw(st.booleans()):
            return f"({condition} * {other})"
        return f"np.where({condition}, {other}, {self.leaf(shape)})"

    def indexed(self, shape: Shape, depth: int) -> str:
        """Return some cells of a larger array."""
        if len(shape) < 2 and self.draw(st.booleans()):
            axis = self.draw(st.integers(0, len(shape)))
            size = self.size()
            source = (*shape[:axis], size, *shape[axis:])
            place = self.draw(st.integers(-size, size - 1))
            return f"({self.expression(source, depth)})[{', '.join([':'] * axis + [str(place)])}]"
        if len(shape) == 2 and shape[0] == 1 and self.draw(st.booleans()):
            return f"({self.expression(shape[1:], depth)})[None]"
        if not shape:
            return self.unary(shape, depth)
        first = shape[0]
        text = self.pick((f"1:{first + 1}", "::-1", f":{2 * first}:2", f"np.arange({first})"))
        sizes = {"::-1": first, f":{2 * first}:2": 2 * first}
        source = (sizes.get(text, first + 1), *shape[1:])
        return f"({self.expression(source, depth)})[{text}]"


shapes = st.lists(st.integers(1, 4), max_size=2).map(tuple)


@dataclass(frozen=True)
class RandomProgram:
    """A program of a few lines, and the arrays that it starts from."""

    source: str
    arrays: dict[str, Any]


@st.composite
def programs(draw: Draw, dtype: Any = np.float64) -> RandomProgram:
    """Draw a program of an assignment, an update in place, and an assignment of two names."""
    builder = Builder(draw, dtype=dtype)
    first, second = draw(shapes), draw(shapes)
    lines = [f"r = {builder.expression(first, draw(st.integers(0, 4)))}"]
    builder.arrays["w"] = np.asarray(np.random.default_rng(0).uniform(-1, 1, second), dtype)
    lines.append(
        f"w {draw(st.sampled_from(['-=', '+=', '*=']))} 0.5 * {builder.expression(second, draw(st.integers(0, 2)))}"
    )
    lines.append(f"p, q = {builder.expression(draw(shapes), 1)}, {builder.expression(draw(shapes), 2)}")
    body = "".join(f"    {line}\n" for line in lines)
    return RandomProgram(f"{FUNCTIONS}\nfor iteration in range(3):\n{body}", builder.arrays)


@st.composite
def networks(draw: Draw, activations: tuple[str, ...] = tuple(HIDDEN)) -> Network:
    """Draw a network with any loss, activations, optimizer and treatment of its samples, on a little data."""
    loss = draw(st.sampled_from(list(LOSSES)))
    name = draw(st.sampled_from(["xor", "parity3", "moons", "circles"]))
    samples = draw(st.integers(6, 12)) if name in SHAPES else None
    data = load(name, classes=loss == "ce", samples=samples)
    hidden = draw(st.lists(st.integers(1, 5), max_size=3))
    kinds = st.sampled_from(activations)
    each = draw(st.one_of(st.tuples(kinds), st.tuples(*[kinds] * len(hidden)))) if hidden else ()
    held_out = draw(st.sampled_from([None, 0.3]))
    return Network(
        (data.inputs, *hidden, data.outputs),
        seed=draw(st.integers(0, 50)),
        rate=draw(st.sampled_from([None, 0.05])),
        activations=each,
        output=draw(st.sampled_from([None, *LOSSES[loss].outputs])),
        loss=loss,
        bias=draw(st.booleans()),
        init=draw(st.sampled_from([None, "uniform", "normal", "xavier", "he"])),
        optimizer=draw(st.sampled_from(list(OPTIMIZERS))),
        batch=draw(st.sampled_from([None, 2])),
        l2=draw(st.sampled_from([None, 0.01])),
        holdout=held_out,
        standardize=draw(st.booleans()),
        data=data,
    )
