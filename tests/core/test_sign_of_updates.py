"""An update that goes uphill along a right gradient: its own sign is wrong, not that of the delta."""

from pathlib import Path

import pytest

from nntui_core import script
from nntui_core.findings import Finding
from nntui_core.session import Session

PLAIN = """import numpy as np
rng = np.random.default_rng(0)
x = rng.normal(size=(8, 2))
y = (x[:, :1] * x[:, 1:] > 0) * 1.0
W1, W2 = rng.normal(size=(2, 5)), rng.normal(size=(5, 1))
lr = 0.5
for i in range(100):
    a1 = np.tanh(x @ W1)
    a2 = a1 @ W2
    loss = 0.5 * np.sum((a2 - y) ** 2)
    d2 = {delta}
    dW2 = a1.T @ d2
    dW1 = x.T @ (d2 @ W2.T * (1 - a1 ** 2))
    W2 = W2 {sign} lr * dW2
    W1 = W1 {sign} lr * dW1
"""
BOOK = Path(__file__).parent.parent / "scripts" / "book_class.py"


def errors(tmp_path: Path, source: str) -> list[Finding]:
    path = tmp_path / "mine.py"
    path.write_text(source)
    found = Session(script.load(str(path))).check().findings
    return [finding for finding in found if finding.severity == "error"]


def test_the_updates_are_named_where_the_gradients_are_right(tmp_path: Path) -> None:
    found = errors(tmp_path, PLAIN.format(delta="a2 - y", sign="+"))
    assert [(f.code, f.suggestion) for f in found] == [("sign", "W2 = W2 - lr * dW2"), ("sign", "W1 = W1 - lr * dW1")]


def test_the_delta_is_named_where_the_sign_comes_in_there(tmp_path: Path) -> None:
    found = errors(tmp_path, PLAIN.format(delta="y - a2", sign="-"))
    assert [(f.code, f.suggestion) for f in found] == [("sign", "d2 = a2 - y")]


@pytest.mark.parametrize(("delta", "sign"), [("a2 - y", "-"), ("y - a2", "+")])
def test_two_signs_that_cancel_are_right(tmp_path: Path, delta: str, sign: str) -> None:
    assert errors(tmp_path, PLAIN.format(delta=delta, sign=sign)) == []


def test_the_books_update_is_named_and_not_its_delta(tmp_path: Path) -> None:
    """`w + (eta / len(mini_batch)) * nw` in a comprehension: each of its turns is an update."""
    source = BOOK.read_text()
    updates = [i for i, line in enumerate(source.splitlines(), 1) if "eta" in line and " - (" in line]
    assert len(updates) == 2
    wrong = source.replace(" - (eta", " + (eta")
    assert wrong != source
    found = errors(tmp_path, wrong)
    assert found
    assert {finding.code for finding in found} == {"sign"}
    assert {finding.line for finding in found} == set(updates)
