"""How arithmetic is written: once with names, twice with numbers.

The tree of one cell is written in three styles. With names, as a textbook does, a sum as a Σ with a running index:
Σᵢ a1[i,2] · delta2[i,0]. With numbers in full, every term there, so that whoever evaluates the text gets the value.
And with numbers of three decimals for one line of a screen, where of a long sum only the largest terms are shown.

Parentheses stand where the order of evaluation needs them: a sum of sums keeps the program's order, since
(a + b) + c and a + (b + c) differ in the last bits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from nntui_core.explain.cells import (
    Cell,
    Constant,
    Index,
    Node,
    NotUniformError,
    Operation,
    Reduction,
    Unknown,
    fold,
)
from nntui_core.explain.indices import NAMES

SYMBOLS = {
    "times": ("×", "*"),
    "dot": ("·", "*"),
    "minus": ("−", "-"),
    "squared": ("²", "**2"),
    "cubed": ("³", "**3"),
    "less or equal": ("≤", "<="),
    "greater or equal": ("≥", ">="),
    "not equal": ("≠", "!="),
    "sum": ("Σ", "sum"),
    "i": ("ᵢ", "_i"),
    "j": ("ⱼ", "_j"),
    "k": ("ₖ", "_k"),
    "l": ("ₗ", "_l"),
    "m": ("ₘ", "_m"),
    "n": ("ₙ", "_n"),
}
"""Every symbol outside ASCII that an explanation is written with, and what stands for it where only ASCII can be."""

TIMES, DOT, MINUS, SIGMA = (SYMBOLS[name][0] for name in ("times", "dot", "minus", "sum"))

ELIDED, COMPARE, OR, AND, ADD, MULTIPLY, SIGN, POWER, ATOM = range(-1, 8)
"""How tightly an operation binds, as in Python; a sum with `12 more terms` in it less than all others."""

INFIX: dict[str, tuple[str, int]] = {
    "add": ("+", ADD),
    "subtract": (MINUS, ADD),
    "multiply": (DOT, MULTIPLY),
    "divide": ("/", MULTIPLY),
    "floor_divide": ("//", MULTIPLY),
    "remainder": ("%", MULTIPLY),
    "power": ("**", POWER),
    "greater": (">", COMPARE),
    "greater_equal": (SYMBOLS["greater or equal"][0], COMPARE),
    "less": ("<", COMPARE),
    "less_equal": (SYMBOLS["less or equal"][0], COMPARE),
    "equal": ("==", COMPARE),
    "not_equal": (SYMBOLS["not equal"][0], COMPARE),
    "bitwise_and": ("&", AND),
    "bitwise_or": ("|", OR),
}

PREFIX = {"negative": MINUS, "invert": "~"}

CALLED = {
    "absolute": "abs",
    "maximum": "max",
    "minimum": "min",
    "float64": "float",
    "int64": "int",
}
"""What functions are called where it is not their name in NumPy."""

EXPONENTS = {2: SYMBOLS["squared"][0], 3: SYMBOLS["cubed"][0]}

LONG = 8
"""A sum of more terms than this is long."""


def to_ascii(text: str) -> str:
    """Return a text with every symbol of `SYMBOLS` replaced by its ASCII form."""
    for symbol, plain in SYMBOLS.values():
        text = text.replace(symbol, plain)
    return text


def place(name: str, index: Index) -> str:
    """Return how a cell is called: `dW2[2,0]`, and `loss` for a single number."""
    return f"{name}[{','.join(str(part) for part in index)}]" if index else name


def full(value: Any) -> str:
    """Return a number with all its digits; an integer without a decimal point. `−` is its sign."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    exact = float(value) if isinstance(value, np.float16 | np.float32) else value
    text = str(exact).removesuffix(".0")
    return MINUS + text[1:] if text.startswith("-") else text


def rounded(value: Any) -> str:
    """Return a number for the screen: three decimals, or four digits and an exponent where it is tiny or huge."""
    if isinstance(value, bool | np.bool_ | int | np.integer | complex) or not np.isfinite(value):
        return full(value)
    number = float(value)
    if number.is_integer() and abs(number) < 1e6:
        text = f"{number:.0f}"
    elif 1e-3 <= abs(number) < 1e5:
        text = f"{number:.3f}"
    else:
        text = f"{number:.3e}"
    return MINUS + text[1:] if text.startswith("-") else text


def ranked_terms(node: Reduction) -> list[Node]:
    """Return the terms of a reduction, what matters most first: a NaN, then by magnitude; of a maximum, by value."""
    sign = {"maximum": 1.0, "minimum": -1.0}.get(node.kind)

    def rank(term: Node) -> float:
        size = float(np.abs(term.value)) if sign is None else sign * float(term.value)
        return float("inf") if np.isnan(size) else size

    return sorted(node.terms, key=rank, reverse=True)


class Piece(NamedTuple):
    """A piece of text, how tightly it binds, and whether it ends in the body of a Σ, which would go on."""

    text: str
    level: int
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Style:
    """How leaves and long sums are written."""

    leaf: Callable[[Node], str]
    times: str
    symbolic: bool
    shown: int | None
    """How many terms of a long sum are written out, None for all."""


def _named(node: Node) -> str:
    if isinstance(node, Cell):
        return place(node.name, node.index)
    if isinstance(node, Constant):
        return node.text or full(node.value)
    assert isinstance(node, Unknown)
    return node.text


def _brief(node: Node) -> str:
    """Return a leaf for the screen: a number of the program's text as it stands there, 0.5 and not 0.500."""
    if not isinstance(node, Constant):
        return rounded(node.value)
    as_written = full(node.value)
    return as_written if len(as_written) <= 6 else rounded(node.value)


STYLES = {
    "names": Style(_named, DOT, True, 4),
    "full": Style(lambda node: full(node.value), TIMES, False, None),
    "short": Style(_brief, TIMES, False, 4),
}


class Writer:
    """Writes a tree in one style."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.running = 0
        self.inside_long = False

    def text(self, node: Node) -> str:
        """Return a tree as text."""
        return self.piece(node, True).text

    def piece(self, node: Node, leading: bool) -> Piece:
        """Return a tree as text; `leading` where a minus sign may stand without parentheses."""
        if isinstance(node, Operation):
            return self._operation(node, leading)
        if isinstance(node, Reduction):
            return self._reduction(node, leading)
        return _signed(self.style.leaf(node), leading)

    def _operand(self, node: Node, level: int, leading: bool = False, last: bool = False) -> Piece:
        """Return a part of an operation that binds at least as tightly as `level`, in parentheses if it does not."""
        piece = self.piece(node, True)
        if piece.level < level or (piece.is_open and not last):
            return Piece(f"({piece.text})", ATOM)
        return piece if leading or not piece.text.startswith(MINUS) else self.piece(node, False)

    def _operation(self, node: Operation, leading: bool) -> Piece:
        if node.operation in PREFIX:
            return self._prefix(node, leading)
        if node.operation in INFIX:
            return self._power(node) or self._infix(node, leading)
        parts = ", ".join(self.text(part) for part in node.parts)
        return Piece(f"{CALLED.get(node.operation, node.operation)}({parts})", ATOM)

    def _infix(self, node: Operation, leading: bool) -> Piece:
        symbol, level = INFIX[node.operation]
        symbol = self.style.times if symbol == DOT else symbol
        tighter = level + 1
        left = self._operand(node.parts[0], tighter if level in (COMPARE, POWER) else level, leading)
        right = self._operand(node.parts[1], tighter, last=True)
        return Piece(f"{left.text} {symbol} {right.text}", level, right.is_open)

    def _power(self, node: Operation) -> Piece | None:
        """Return a square or a cube, None for anything else."""
        if node.operation != "power" or not isinstance(node.parts[1], Constant):
            return None
        exponent = node.parts[1]
        if isinstance(exponent.value, bool) or exponent.text or exponent.value not in EXPONENTS:
            return None
        base = self._operand(node.parts[0], ATOM)
        return Piece(base.text + EXPONENTS[exponent.value], POWER)

    def _prefix(self, node: Operation, leading: bool) -> Piece:
        part = self._operand(node.parts[0], POWER, last=True)
        text = PREFIX[node.operation] + part.text
        return Piece(text, SIGN, part.is_open) if leading else Piece(f"({text})", ATOM)

    def _reduction(self, node: Reduction, leading: bool) -> Piece:
        if self.style.symbolic:
            try:
                return self._general(node)
            except NotUniformError:
                pass
        if self.inside_long and _count(node) > LONG:
            return _signed(rounded(node.value) if self.style.shown else full(node.value), leading)
        return self._terms(node, leading)

    def _general(self, node: Reduction) -> Piece:
        """Return a sum as Σᵢ and its general term, a largest value as maxᵢ(...)."""
        names = [NAMES[min(self.running + at, len(NAMES) - 1)] for at in range(node.rank)]
        marks = "".join(SYMBOLS[name][0] for name in names)
        self.running += node.rank
        try:
            general = node.general(names)
            if node.kind in CALLED:
                return Piece(f"{CALLED[node.kind]}{marks}({self.text(general)})", ATOM)
            return Piece(f"{SIGMA}{marks} {self._operand(general, MULTIPLY, last=True).text}", ATOM, True)
        finally:
            self.running -= node.rank

    def _terms(self, node: Reduction, leading: bool) -> Piece:
        chosen, rest = self._chosen(node)
        outer, self.inside_long = self.inside_long, self.inside_long or _count(node) > LONG
        called = node.kind in CALLED
        try:
            first = leading or called
            texts = [
                self._operand(t, 0 if called else ADD + (at > 0), called or (first and at == 0)).text
                for at, t in enumerate(chosen)
            ]
        finally:
            self.inside_long = outer
        texts += rest
        if called:
            return Piece(f"{CALLED[node.kind]}({', '.join(texts)})", ATOM)
        is_elided = len(chosen) < len(node.terms)
        return Piece(" + ".join(texts) or "0", ELIDED if is_elided else ADD if len(texts) > 1 else MULTIPLY)

    def _chosen(self, node: Reduction) -> tuple[Sequence[Node], list[str]]:
        """Return the terms to write out, and what is written for the rest."""
        if self.style.shown is None:
            return node.terms, [_signed(full(node.rest.value), False).text] if node.rest else []
        if _count(node) <= LONG:
            return node.terms, []
        ranked = ranked_terms(node)
        shown, others = ranked[: self.style.shown], ranked[self.style.shown :]
        value = fold(node.kind, [term.value for term in others], node.rest)
        left_out = f"{_count(node) - len(shown)} more"
        bound = {"maximum": "up to", "minimum": "down to"}.get(node.kind, "terms:")
        return shown, [f"{left_out} {bound} {rounded(value)}"]


def _count(node: Reduction) -> int:
    """Return how many terms a reduction has, the unbuilt ones among them."""
    return len(node.terms) + (node.rest.count if node.rest else 0)


def _signed(text: str, leading: bool) -> Piece:
    """Return a number: a negative one is in parentheses where it follows an operation."""
    if not text.startswith(MINUS):
        return Piece(text, ATOM)
    return Piece(text, SIGN) if leading else Piece(f"({text})", ATOM)


def name(node: Node) -> str:
    """Return a tree with names: `Σᵢ a1[i,2] · delta2[i,0]`."""
    return Writer(STYLES["names"]).text(node)


def arithmetic(node: Node) -> str:
    """Return a tree with numbers in full."""
    return Writer(STYLES["full"]).text(node)


def short(node: Node) -> str:
    """Return a tree with numbers of three decimals, long sums by their largest terms."""
    return Writer(STYLES["short"]).text(node)
