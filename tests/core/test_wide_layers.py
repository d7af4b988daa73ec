"""A number that comes from hundreds of others costs what is told of it, not what there is: counted, not timed."""

import numpy as np
import pytest

from nntui_core.explain import notation
from nntui_core.frame import View, Window
from nntui_core.picture import Painter
from nntui_core.program import Program
from nntui_core.session import Session

WIDE = 600
TEXT = f"""
import numpy as np
rng = np.random.default_rng(1)
x = rng.random((5, {WIDE}))
y = rng.random((5, 1))
W1 = rng.random((WIDE, 3)) / WIDE
W2 = rng.random((3, 1))
lr = 0.01
for i in range(9):
    z1 = x @ W1
    a1 = np.tanh(z1)
    a2 = a1 @ W2
    loss = 0.5 * np.sum((a2 - y) ** 2)
    delta2 = a2 - y
    dW2 = a1.T @ delta2
    dW1 = x.T @ ((delta2 @ W2.T) * (1 - a1 ** 2))
    W2 = W2 - lr * dW2
    W1 = W1 - lr * dW1
""".replace("WIDE", str(WIDE))


@pytest.fixture
def session() -> Session:
    own = Session(Program.parse(TEXT, "wide"))
    own.advance(3)
    return own


def calls(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> list[object]:
    real = getattr(owner, name)
    found: list[object] = []

    def called(*args: object) -> object:
        found.append(args)
        return real(*args)

    monkeypatch.setattr(owner, name, called)
    return found


def test_a_picture_writes_no_arithmetic_that_it_has_no_room_for(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = calls(monkeypatch, notation, "arithmetic")
    painter = Painter(session)
    view = View({"x": Window(0, 590, 2, 9), "W1": Window(0, 0, 4, 3)}, selected=("z1", (1, 2)))
    frame = painter.frame(view)
    assert written == []
    assert frame.cell is not None
    assert "596 more terms" in frame.cell.short
    assert frame.matrices["x"].sources == {(1, k) for k in range(591, 599)} | {(1, 590)}
    assert frame.matrices["W1"].sources == {(k, 2) for k in range(4)}
    assert painter.origin("z1", (1, 2), None).cell.arithmetic.count("×") == WIDE
    assert len(written) == 1


def test_the_way_back_from_hundreds_of_cells_goes_back_once(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    visits = calls(monkeypatch, session, "visit")
    before = session.position
    origin = Painter(session).origin("z1", (1, 2), None)
    assert len(origin.sources) == 2 * WIDE
    assert len(visits) <= 2
    assert session.position == before
    weights = [source for source in origin.sources if source.name == "W1"]
    assert {source.when for source in weights} == {"iteration 1, line 18"}
    session.goto(type(before)(2, 0))
    np.testing.assert_array_equal([float(s.value) for s in weights], session.state["W1"][:, 2])
