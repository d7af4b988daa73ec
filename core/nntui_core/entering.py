"""The calls and comprehensions in an expression of a program that is being followed: entered, unrolled, and named."""

import ast
from typing import TYPE_CHECKING

from nntui_core.flattening import Flattener, Frame

if TYPE_CHECKING:
    from nntui_core.unroll import Unroller


class Entered(ast.NodeTransformer):
    """Enters the calls in an expression, unrolls its comprehensions, and puts names in the place of what they give."""

    def __init__(self, unroller: "Unroller", frame: Frame) -> None:
        self.unroller, self.frame = unroller, frame

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        """What is in it runs later."""
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        """Of the two, the one that is taken."""
        test = self.unroller.value(node.test, self.frame)[0]
        chosen: ast.expr = self.visit(node.body if test else node.orelse)
        return chosen

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        """What is in it may not run."""
        return node

    def visit_ListComp(self, node: ast.ListComp) -> ast.expr:
        """A list, element by element."""
        return self._unrolled(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.expr:
        """As a list."""
        return self._unrolled(node)

    def visit_DictComp(self, node: ast.DictComp) -> ast.expr:
        """A dictionary, entry by entry."""
        return self._unrolled(node)

    def visit_SetComp(self, node: ast.SetComp) -> ast.expr:
        """A set holds no arrays."""
        return node

    def _unrolled(self, node: ast.ListComp | ast.GeneratorExp | ast.DictComp) -> ast.expr:
        found = self.unroller.comprehension(node, self.frame)
        return self.unroller.temporary(found, None, self.frame)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Enter a function of the program."""
        self.generic_visit(node)
        unroller, frame = self.unroller, self.frame
        if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
            return node
        flattener = Flattener(unroller.names, frame, lambda part: unroller.evaluate(part, frame))
        function = unroller.callees.entered(flattener.value_of(node.func))
        if function is None:
            return node
        arguments = [unroller.value(a, frame) for a in node.args]
        keywords = {k.arg: unroller.value(k.value, frame) for k in node.keywords if k.arg is not None}
        result = unroller.call(function, arguments, keywords)
        return unroller.temporary(result.value, result.flat, frame, unroller.callees.of(function)[1].name)
