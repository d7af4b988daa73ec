"""Two mistakes at once: both are named, and who follows the first cure, and then the next, ends right."""

import pytest

from nntui_core import builtin
from nntui_core.mistakes import MISTAKES, Edit
from nntui_core.program import Program
from nntui_core.session import Session

PAIRS = (
    ("sign", "missing-transpose"),
    ("sign", "missing-hidden-derivative"),
    ("sign", "scale"),
    ("sign", "target-shape"),
    ("error-for-delta", "delta-for-gradient"),
    ("derivative-of-z", "wrong-activation"),
    ("missing-output-derivative", "elementwise-product"),
    ("missing-hidden-derivative", "wrong-activation"),
    ("scale", "integer-arrays"),
    ("error-distorted", "derivative-twice"),
)


def with_edits(source: str, edits: tuple[Edit, ...]) -> str:
    lines = source.split("\n")
    for right, wrong in edits:
        (at,) = [i for i, line in enumerate(lines) if line.split("#")[0].strip() == right]
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        lines[at] = indent + wrong.replace("\n", "\n" + indent)
    return "\n".join(lines)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_the_cures_lead_to_a_right_program(one: str, other: str) -> None:
    edits = {mistake.code: mistake.edits for mistake in MISTAKES if mistake.base == "default"}
    text = builtin.load("default").source
    text = with_edits(with_edits(text, edits[one]), edits[other])
    named: set[str] = set()
    for _ in range(4):
        report = Session(Program.parse(text, "mine")).check()
        errors = [f for f in report.findings if f.severity == "error"]
        named |= {f.code for f in errors}
        cure = next((f.replacement for f in errors if f.replacement is not None), None)
        if cure is None:
            break
        lines = text.split("\n")
        lines[cure[0] - 1] = cure[1]
        text = "\n".join(lines)
    assert not report.failed
    assert {one, other} <= named
