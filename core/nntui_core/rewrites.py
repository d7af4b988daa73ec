"""One line, changed a little: the table of small edits that undo the usual mistakes.

Each row is a mistake's code and the edits that would undo it: put a `.T`, turn `*` into `@`, multiply by σ′, sum over
the samples, read another layer's activation. Nobody looks at a line to see whether it *looks* wrong. The edits are
tried, one after the other, on the live numbers, and the one whose result equals the true derivative both names the
mistake and is the cure, in the learner's own names and style (see `nntui_core.repair`).
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from nntui_core import dataflow
from nntui_core.patterns import PRODUCTS
from nntui_core.program import Program

SAME = "same"
"""Stands for: the code does not follow from the edit alone (see `_renaming`)."""


@dataclass(frozen=True)
class Rewrite:
    """An edited statement and the code of the mistake that the edit undoes.

    `exchanged` are (old, new) where another variable is read.
    """

    code: str
    text: str
    exchanged: tuple[str, str] | None = None


@dataclass(frozen=True)
class Surroundings:
    """What the edits may use: the program's names by kind, in program order, and its style.

    `activation_of` maps each pre-activation z to its a; `slopes` are the σ′ that may be missing, as texts, each with
    the forward variable that it is of; `errors` are the backward variables that are a ∂C/∂a.
    """

    inputs: tuple[str, ...] = ()
    forward: tuple[str, ...] = ()
    backward: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    prediction: str | None = None
    activation_of: Mapping[str, str] = field(default_factory=dict)
    slopes: tuple[tuple[str, str], ...] = ()
    errors: tuple[str, ...] = ()
    product: str = "{a} @ {b}"


@dataclass(frozen=True)
class Line:
    """A statement as text and tree, to be edited."""

    text: str
    node: ast.stmt
    around: Surroundings

    @classmethod
    def of(cls, text: str, around: Surroundings) -> "Line":
        """Parse a statement."""
        return cls(text, ast.parse(text).body[0], around)

    @property
    def value(self) -> ast.expr | None:
        """The right side."""
        return self.node.value if isinstance(self.node, ast.Assign | ast.AugAssign | ast.AnnAssign) else None

    def parts(self) -> list[ast.expr]:
        """Return the expressions of the right side that stand for numbers, the outermost first."""
        if self.value is None:
            return []
        functions = {id(p.func) for p in ast.walk(self.value) if isinstance(p, ast.Call)}
        kinds = ast.BinOp | ast.UnaryOp | ast.Call | ast.Name | ast.Attribute | ast.Subscript
        return [p for p in ast.walk(self.value) if isinstance(p, kinds) and id(p) not in functions and not _module(p)]

    def terms(self) -> list[ast.expr]:
        """Return the parts that do not mention the statement's own target: not `W - lr * g`, but `lr * g`.

        An edit of the whole would be right by chance where the target happens to be zero.
        """
        own = set(dataflow.writes(self.node))
        return [part for part in self.parts() if not own & {n.id for n in ast.walk(part) if isinstance(n, ast.Name)}]

    def source(self, node: ast.expr) -> str:
        """Return an expression as it is written here."""
        return ast.get_source_segment(self.text, node) or ast.unparse(node)

    def replaced(self, *edits: tuple[ast.expr, str]) -> str:
        """Return the statement with some of its expressions replaced by texts."""
        found = sorted(((*self._span(node), new) for node, new in edits), reverse=True)
        raw = self.text.encode()
        for start, end, new in found:
            whole = self.value is not None and (start, end) == self._span(self.value)
            raw = raw[:start] + _bracketed(new, raw, start, end, whole).encode() + raw[end:]
        return raw.decode()

    def _span(self, node: ast.expr) -> tuple[int, int]:
        lines = self.text.encode().splitlines(keepends=True)
        offsets = [sum(len(line) for line in lines[:i]) for i in range(len(lines) + 1)]
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return offsets[node.lineno - 1] + node.col_offset, offsets[node.end_lineno - 1] + node.end_col_offset


def _module(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("np", "numpy")


def _bracketed(new: str, raw: bytes, start: int, end: int, whole: bool) -> str:
    """Put brackets round a text where its surroundings might tear it apart."""
    before, after = raw[:start].rstrip()[-1:], raw[end:].lstrip()[:1]
    enclosed = before in (b"(", b",") and after in (b")", b",")
    tree = ast.parse(new.strip(), mode="eval").body
    if whole or enclosed or not isinstance(tree, ast.BinOp | ast.UnaryOp):
        return new
    return f"({new})"


def _transposed(text: str) -> str:
    """Return an expression transposed: `a.T` for `a`, and `a` for `a.T`."""
    tree = ast.parse(text, mode="eval").body
    if isinstance(tree, ast.Attribute) and tree.attr == "T":
        return ast.get_source_segment(text, tree.value) or ast.unparse(tree.value)
    plain = isinstance(tree, ast.Name | ast.Call | ast.Attribute | ast.Subscript)
    return f"{text}.T" if plain else f"({text}).T"


def product_of(node: ast.AST) -> tuple[ast.expr, ast.expr, str] | None:
    """Return the operands of a product, and its style with places `{a}` and `{b}`; None for other expressions."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return node.left, node.right, "{a} @ {b}"
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    if node.func.attr in PRODUCTS and len(node.args) == 2:
        return node.args[0], node.args[1], f"{ast.unparse(node.func)}({{a}}, {{b}})"
    if node.func.attr in PRODUCTS and len(node.args) == 1:
        return node.func.value, node.args[0], f"{{a}}.{node.func.attr}({{b}})"
    return None


def style(program: Program) -> str:
    """Return how the program writes a matrix product: `{a} @ {b}`, `np.dot({a}, {b})` or `{a}.dot({b})`."""
    for node in program.nodes:
        for part in ast.walk(node):
            found = product_of(part)
            if found is not None and "outer" not in found[2]:
                return found[2]
    return "{a} @ {b}"


def product_text(how: str, a: str, b: str) -> str:
    """Write the product of two expressions, each in brackets where it needs them."""
    bare = how.startswith("np.") or "(" in how.split("{a}")[0]
    return how.format(a=a if bare else _operand(a), b=b if "(" in how else _operand(b))


def _operand(text: str) -> str:
    tree = ast.parse(text, mode="eval").body
    return f"({text})" if isinstance(tree, ast.BinOp | ast.UnaryOp) else text


def elementwise(node: ast.AST) -> tuple[ast.expr, ast.expr] | None:
    """Return the operands of an elementwise product, `a * b` or `np.multiply(a, b)`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return node.left, node.right
    named = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "multiply"
    if named and isinstance(node, ast.Call) and len(node.args) == 2:
        return node.args[0], node.args[1]
    return None


def _orders(a: str, b: str) -> Iterator[tuple[str, str]]:
    """Yield two operands with every choice of transposes, in both orders."""
    for first, second in ((a, b), (b, a)):
        for one in (first, _transposed(first)):
            for other in (second, _transposed(second)):
                yield one, other


def transposes(line: Line) -> Iterator[Rewrite]:
    """Transpose or exchange the operands of each product."""
    for node in line.terms():
        found = product_of(node)
        if found is not None:
            a, b, how = line.source(found[0]), line.source(found[1]), found[2]
            for one, other in _orders(a, b):
                if (one, other) != (a, b):
                    yield Rewrite("missing-transpose", line.replaced((node, product_text(how, one, other))))


def whole_transposes(line: Line) -> Iterator[Rewrite]:
    """Transpose a variable, or all of the right side."""
    for node in line.terms():
        if isinstance(node, ast.Name) or node is line.value:
            yield Rewrite("missing-transpose", line.replaced((node, _transposed(line.source(node)))))


def matrix_products(line: Line) -> Iterator[Rewrite]:
    """Turn `*` into a matrix product, and a matrix product into `*`."""
    for node in line.terms():
        pair, found = elementwise(node), product_of(node)
        if pair is not None:
            for one, other in _orders(line.source(pair[0]), line.source(pair[1])):
                new = product_text(line.around.product, one, other)
                yield Rewrite("elementwise-product", line.replaced((node, new)))
        elif found is not None:
            new = f"{_operand(line.source(found[0]))} * {_operand(line.source(found[1]))}"
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
        for operand in found[:2] if found else ():
            bare = operand.value if isinstance(operand, ast.Attribute) else operand
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
            yield Rewrite("error-distorted", line.replaced((node, line.source(inner))))


def extra_slopes(line: Line) -> Iterator[Rewrite]:
    """Multiply by the derivative of an activation function."""
    for of, slope in line.around.slopes:
        activation = line.around.activation_of.get(of, of)
        layer = "output" if activation == line.around.prediction else "hidden"
        for node in line.terms():
            new = f"{_operand(line.source(node))} * {_operand(slope)}"
            yield Rewrite(f"missing-{layer}-derivative", line.replaced((node, new)))


def without_factors(line: Line) -> Iterator[Rewrite]:
    """Take away one factor, or a function of one argument."""
    for node in line.terms():
        pair = elementwise(node)
        for kept in pair or ():
            yield Rewrite("derivative-twice", line.replaced((node, line.source(kept))))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
            new = line.source(node.args[0])
            yield Rewrite("derivative-twice", line.replaced(*((n, new) for n in _alike(line, node))))


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
            yield Rewrite("sign", line.replaced((part, f"{_operand(right)} - {_operand(left)}")))
    for part in line.parts():
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add | ast.Sub):
            op = "-" if isinstance(part.op, ast.Add) else "+"
            right = _after_sign(line, part)
            yield Rewrite("sign", line.replaced((part, f"{line.source(part.left)} {op} {right}")))
        elif isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.USub):
            yield Rewrite("sign", line.replaced((part, line.source(part.operand))))
    if line.value is not None:
        yield Rewrite("sign", line.replaced((line.value, f"-{_operand(line.source(line.value))}")))


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
            text = _operand(line.source(part))
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
    sums,
    deltas_to_gradients,
    whole_transposes,
    extra_slopes,
    without_factors,
)
"""The edits, in the order in which they are tried; `signs` may be added to any of them."""
