"""One line, changed a little: the table of small edits that undo the usual mistakes.

Each row is a mistake's code and the edits that would undo it: put a `.T`, turn `*` into `@`, multiply by σ′, sum over
the samples, read another layer's activation. Nobody looks at a line to see whether it *looks* wrong. The edits are
tried, one after the other, on the live numbers, and the one whose result equals the true derivative both names the
mistake and is the cure, in the learner's own names and style (see `nntui_core.repair`).
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nntui_core import parsing
from nntui_core.line import Line, elementwise, is_module, operand, product_of, product_text, transposed

SAME = "same"
"""Stands for: the code does not follow from the edit alone (see `_renaming`)."""


@dataclass(frozen=True)
class Rewrite:
    """An edited statement and the code of the mistake that the edit undoes.

    `exchanged` are (old, new) where another variable is read. `reason` says what is wrong, where the code alone says
    too little.
    """

    code: str
    text: str
    exchanged: tuple[str, str] | None = None
    reason: str = ""

    @property
    def size(self) -> int:
        """How much there is to read: the parts of its syntax tree. Of several cures the simplest is suggested."""
        return sum(1 for _ in ast.walk(parsing.parse(self.text)))


def _orders(a: str, b: str) -> Iterator[tuple[str, str]]:
    """Yield two operands with every choice of transposes, in both orders."""
    for first, second in ((a, b), (b, a)):
        for one in (first, transposed(first)):
            for other in (second, transposed(second)):
                yield one, other


def transposes(line: Line) -> Iterator[Rewrite]:
    """Transpose or exchange the operands of each product."""
    for node in line.terms():
        found = product_of(node)
        if found is not None:
            a, b, how = line.source(found[0]), line.source(found[1]), found[2]
            factor, a = _coefficient(line, found[0], a)
            for one, other in _orders(a, b):
                if (one, other) != (a, b):
                    new = f"{factor}{product_text(how, one, other)}"
                    yield Rewrite("missing-transpose", line.replaced((node, new)))


def _coefficient(line: Line, node: ast.expr, text: str) -> tuple[str, str]:
    """Part the rate from the first operand of a product: `lr * delta.T @ a` multiplies (lr * delta.T) by a."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and isinstance(node.left, ast.Name | ast.Constant):
        return f"{line.source(node.left)} * ", line.source(node.right)
    return "", text


def whole_transposes(line: Line) -> Iterator[Rewrite]:
    """Transpose a variable, or all of the right side."""
    for node in line.terms():
        if isinstance(node, ast.Name) or node is line.value:
            yield Rewrite("missing-transpose", line.replaced((node, transposed(line.source(node)))))


def matrix_products(line: Line) -> Iterator[Rewrite]:
    """Turn `*` into a matrix product, and a matrix product into `*`."""
    for node in line.terms():
        pair, found = elementwise(node), product_of(node)
        if pair is not None:
            for one, other in _orders(line.source(pair[0]), line.source(pair[1])):
                new = product_text(line.around.product, one, other)
                yield Rewrite("elementwise-product", line.replaced((node, new)))
        elif found is not None:
            new = f"{operand(line.source(found[0]))} * {operand(line.source(found[1]))}"
            yield Rewrite("elementwise-product", line.replaced((node, new)))


def deltas_to_gradients(line: Line) -> Iterator[Rewrite]:
    """Multiply a backward variable by the activations below."""
    around = line.around
    for node in line.terms():
        if not isinstance(node, ast.Name) or node.id not in around.backward:
            continue
        for a in (*around.inputs, *around.forward):
            for one, other in ((f"{a}.T", node.id), (node.id, f"{a}.T"), (f"{node.id}.T", a)):
                new = product_text(around.product, one, other)
                yield Rewrite("delta-for-gradient", line.replaced((node, new)))


def other_axes(line: Line) -> Iterator[Rewrite]:
    """Sum over the other axis."""
    for _, axis in _sums_over(line):
        other = line.replaced((axis, "0" if axis.value else "1"))
        reason = f"it is summed over axis={axis.value!r}, which is not that of the samples"
        for text in (other, *_with_axis_kept(Line.of(other, line.around))):
            yield Rewrite("bias-not-summed", text, reason=reason)


def shapes(line: Line) -> Iterator[Rewrite]:
    """Keep the axis that is summed over, or give the right side a parameter's shape."""
    for text in _with_axis_kept(line):
        yield Rewrite("gradient-shape", text)
    if line.value is None:
        return
    text = operand(line.source(line.value))
    for name in line.around.parameters:
        yield Rewrite("gradient-shape", line.replaced((line.value, f"{text}.reshape({name}.shape)")))


def _sums_over(line: Line) -> Iterator[tuple[ast.Call, ast.Constant]]:
    """Yield the calls that are told an axis: `np.sum(d, axis=0)`."""
    for node in line.terms():
        if not isinstance(node, ast.Call):
            continue
        for keyword in node.keywords:
            if keyword.arg == "axis" and isinstance(keyword.value, ast.Constant) and keyword.value.value in (0, 1):
                yield node, keyword.value


def _with_axis_kept(line: Line) -> Iterator[str]:
    for node, _ in _sums_over(line):
        if not any(keyword.arg == "keepdims" for keyword in node.keywords):
            yield line.replaced((node, f"{line.source(node)[:-1]}, keepdims=True)"))


def sums(line: Line) -> Iterator[Rewrite]:
    """Sum over the samples."""
    for node in line.terms():
        if isinstance(node, ast.Call | ast.Name | ast.Subscript) or node is line.value:
            text = line.source(node)
            for axis in ("axis=0", "axis=0, keepdims=True", "axis=1, keepdims=True", "axis=1"):
                new = f"{text}.sum({axis})" if isinstance(node, ast.Name) else f"np.sum({text}, {axis})"
                yield Rewrite("bias-not-summed", line.replaced((node, new)))


def renamings(line: Line) -> Iterator[Rewrite]:
    """Read another variable of the same kind."""
    around = line.around
    names = [p for p in line.terms() if isinstance(p, ast.Name)]
    for kind in ((*around.inputs, *around.forward), around.backward, around.parameters):
        for old in dict.fromkeys(n.id for n in names if n.id in kind):
            same = [n for n in names if n.id == old]
            for new in kind:
                if new != old:
                    code = _renaming(line, same[0], old, new)
                    yield Rewrite(code, line.replaced(*((n, new) for n in same)), (old, new))
                    if len(same) > 1:
                        for n in same:
                            code = _renaming(line, n, old, new)
                            yield Rewrite(code, line.replaced((n, new)), (old, new))


def _renaming(line: Line, node: ast.Name, old: str, new: str) -> str:
    """Name the mistake of reading `old` where `new` belongs."""
    around = line.around
    if old in around.backward:
        return "error-for-delta" if old in around.errors and new not in around.errors else SAME
    if old in around.parameters:
        return SAME
    if not _in_product(line, node):
        if around.activation_of.get(old) == new:
            return "derivative-of-z"
        if around.activation_of.get(new) == old:
            return "derivative-twice"
    return "wrong-activation"


def _in_product(line: Line, node: ast.Name) -> bool:
    """Tell whether a variable, as it stands or transposed, is an operand of a matrix product."""
    for part in line.terms():
        found = product_of(part)
        for side in found[:2] if found else ():
            bare = side.value if isinstance(side, ast.Attribute) else side
            if bare is node:
                return True
    return False


def errors_to_deltas(line: Line) -> Iterator[Rewrite]:
    """Read a backward variable instead of a difference."""
    for node in line.terms():
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and node is not line.value:
            for name in line.around.backward:
                yield Rewrite("error-for-delta", line.replaced((node, name)))


def undistorted(line: Line) -> Iterator[Rewrite]:
    """Take away an absolute value or a power."""
    for node in line.terms():
        inner = None
        if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            inner = node.args[0] if called in ("abs", "absolute", "fabs", "square", "sign", "sqrt") else None
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            inner = node.left
        if inner is not None:
            of_forward = _variables(inner) <= set(line.around.forward)  # σ′ squared, and not the error
            code = "derivative-twice" if of_forward else "error-distorted"
            yield Rewrite(code, line.replaced((node, line.source(inner))))


def extra_slopes(line: Line) -> Iterator[Rewrite]:
    """Multiply by the derivative of an activation function."""
    for of, slope in line.around.slopes:
        activation = line.around.activation_of.get(of, of)
        layer = "output" if activation == line.around.prediction else "hidden"
        for node in line.terms():
            new = f"{operand(line.source(node))} * {operand(slope)}"
            yield Rewrite(f"missing-{layer}-derivative", line.replaced((node, new)))


def without_factors(line: Line) -> Iterator[Rewrite]:
    """Take away one factor, or all that is made of forward variables, or a function of one argument."""
    for node in line.terms():
        pair = elementwise(node)
        for kept in pair or ():
            yield Rewrite("derivative-twice", line.replaced((node, line.source(kept))))
        factors, of_forward = _chain(line, node)
        if len(of_forward) > 1:
            kept_text = " * ".join(operand(line.source(f)) for f in factors if f not in of_forward)
            yield Rewrite("derivative-twice", line.replaced((node, kept_text)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
            new = line.source(node.args[0])
            yield Rewrite("derivative-twice", line.replaced(*((n, new) for n in _alike(line, node))))


def other_slopes(line: Line) -> Iterator[Rewrite]:
    """Put another derivative in the place of the factors that are made of forward variables alone."""
    for node in line.terms():
        factors, of_forward = _chain(line, node)
        read = {name for f in of_forward for name in _variables(f)}
        for _, slope in sorted(line.around.slopes, key=lambda of: of[0] not in read) if of_forward else ():
            if len(of_forward) == 1:
                old, new = line.source(of_forward[0]), line.replaced((of_forward[0], slope))
            else:
                at = factors.index(of_forward[0])
                texts = [operand(line.source(f)) for f in factors if f not in of_forward]
                old = " * ".join(operand(line.source(f)) for f in of_forward)
                new = line.replaced((node, " * ".join([*texts[:at], operand(slope), *texts[at:]])))
            reason = f"`{old}` is not the derivative of the activation function that the forward pass uses"
            yield Rewrite("wrong-derivative", new, reason=reason)


def _chain(line: Line, node: ast.expr) -> tuple[list[ast.expr], list[ast.expr]]:
    """Return the factors of a product, and those of them that read forward variables only; ([], []) of no product."""
    pair = elementwise(node)
    if pair is None:
        return [], []
    factors: list[ast.expr] = []
    waiting = list(pair)
    while waiting:
        factor = waiting.pop(0)
        inner = (factor.left, factor.right) if _is_times(factor) and isinstance(factor, ast.BinOp) else ()
        waiting[:0] = inner
        factors += [] if inner else [factor]
    of_forward = [f for f in factors if (names := _variables(f)) and names <= set(line.around.forward)]
    return (factors, of_forward) if len(of_forward) < len(factors) else ([], [])


def _is_times(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)


def _variables(node: ast.expr) -> set[str]:
    """Return the names that an expression reads, without those of the functions that it calls."""
    functions = {id(p.func) for p in ast.walk(node) if isinstance(p, ast.Call)}
    return {p.id for p in ast.walk(node) if isinstance(p, ast.Name) and id(p) not in functions and not is_module(p)}


def _alike(line: Line, node: ast.expr) -> Iterator[ast.expr]:
    same = ast.dump(node)
    yield from (part for part in line.terms() if ast.dump(part) == same)


def signs(line: Line) -> Iterator[Rewrite]:
    """Exchange the sides of a difference, or turn `+` into `−` and `−` into `+`."""
    node = line.node
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add | ast.Sub):
        old, new = ("+=", "-=") if isinstance(node.op, ast.Add) else ("-=", "+=")
        yield Rewrite("sign", line.text.replace(old, new, 1))
    for part in line.parts():
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Sub):
            left, right = line.source(part.left), line.source(part.right)
            yield Rewrite("sign", line.replaced((part, f"{operand(right)} - {operand(left)}")))
    for part in line.parts():
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add | ast.Sub):
            op = "-" if isinstance(part.op, ast.Add) else "+"
            right = _after_sign(line, part)
            yield Rewrite("sign", line.replaced((part, f"{line.source(part.left)} {op} {right}")))
        elif isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.USub):
            yield Rewrite("sign", line.replaced((part, line.source(part.operand))))
    if line.value is not None:
        yield Rewrite("sign", line.replaced((line.value, f"-{operand(line.source(line.value))}")))


def _after_sign(line: Line, part: ast.BinOp) -> str:
    text = line.source(part.right)
    additive = isinstance(part.right, ast.BinOp) and isinstance(part.right.op, ast.Add | ast.Sub)
    return f"({text})" if additive else text


def scales(line: Line, factor: float, samples: int) -> Iterator[Rewrite]:
    """Take away a constant factor, or put the one that undoes `factor`."""
    for part in line.terms():
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mult):
            yield Rewrite("scale", line.replaced((part, line.source(part.right))))
            yield Rewrite("scale", line.replaced((part, line.source(part.left))))
        elif isinstance(part, ast.BinOp) and isinstance(part.op, ast.Div):
            yield Rewrite("scale", line.replaced((part, line.source(part.left))))
    for part in line.terms():
        if product_of(part) or part is line.value:
            text = operand(line.source(part))
            size = abs(factor)
            for value in (2, samples, samples / 2):
                if abs(size - value) < 1e-4 * value:
                    yield Rewrite("scale", line.replaced((part, f"{text} / {value:g}")))
                elif abs(size * value - 1) < 1e-4:
                    yield Rewrite("scale", line.replaced((part, f"{value:g} * {text}")))
            yield Rewrite("scale", line.replaced((part, f"{text} / {size:.6g}")))


REWRITES: tuple[Callable[[Line], Iterator[Rewrite]], ...] = (
    undistorted,
    transposes,
    matrix_products,
    renamings,
    errors_to_deltas,
    other_axes,
    sums,
    deltas_to_gradients,
    whole_transposes,
    shapes,
    extra_slopes,
    without_factors,
    other_slopes,
)
"""The edits, in the order in which they are tried; `signs` may be added to any of them."""
