"""A prediction stands beside the samples that it was made for, and beside no other."""

from pathlib import Path

import numpy as np

from nntui_core import script
from nntui_core.frame import View
from nntui_core.pairing import predictions
from nntui_core.session import Session

SETUP = """import numpy as np
x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1], [1, 2, 1]], dtype=float)
y = np.array([{y}], dtype=float)
W = np.full((3, {outputs}), 0.5)
for epoch in range(9):
"""
SAMPLES = """    for i in range(5):
        a = x[i] @ W
        d = a - y[i]
        W = W - 0.01 * np.outer(x[i], d)
"""
BATCHES = """    for j in range(0, 5, 2):
        a = x[j:j + 2] @ W
        d = a - y[j:j + 2]
        W = W - 0.01 * x[j:j + 2].T @ d
"""
WHOLE = """    a = x @ W
    d = a - y
    W = W - 0.01 * x.T @ d
"""


def opened(tmp_path: Path, body: str, y: str = "[0], [1], [1], [0], [1]", outputs: int = 1) -> Session:
    path = tmp_path / "mine.py"
    path.write_text(SETUP.format(y=y, outputs=outputs) + body)
    return Session(script.load(str(path)))


def walked(session: Session) -> list[set[int]]:
    """Step through an iteration; return for each prediction made the samples that have it, each held to x @ W."""
    found = []
    while session.position.iteration == 0:
        session.step()
        if session.trace[-1].statement.targets != ("a",):
            continue
        shown = predictions(session, View(samples=(0, 9)))
        have = {row for row, values in enumerate(shown.predictions) if values}
        x, W = session.state["x"], session.trace[-1].before["W"]
        for row in have:
            np.testing.assert_allclose(shown.predictions[row], (x @ W)[row])
        found.append(have)
    return found


def test_one_sample_at_a_time(tmp_path: Path) -> None:
    assert walked(opened(tmp_path, SAMPLES)) == [{0}, {1}, {2}, {3}, {4}]


def test_several_outputs_of_one_sample(tmp_path: Path) -> None:
    session = opened(tmp_path, SAMPLES, "[0, 1], [1, 0], [1, 1], [0, 0], [1, 0]", 2)
    assert walked(session) == [{0}, {1}, {2}, {3}, {4}]


def test_as_many_outputs_as_samples(tmp_path: Path) -> None:
    """Five outputs, five samples: the length alone would say that these are all samples."""
    rows = ", ".join(["[0, 1, 0, 1, 0]"] * 5)
    assert walked(opened(tmp_path, SAMPLES, rows, 5)) == [{0}, {1}, {2}, {3}, {4}]


def test_mini_batches(tmp_path: Path) -> None:
    assert walked(opened(tmp_path, BATCHES)) == [{0, 1}, {2, 3}, {4}]


def test_the_whole_batch(tmp_path: Path) -> None:
    assert walked(opened(tmp_path, WHOLE)) == [{0, 1, 2, 3, 4}]


def test_the_next_sample_has_no_prediction_before_it_is_made(tmp_path: Path) -> None:
    """The loop's variable has gone on; the prediction is still that of the sample before."""
    session = opened(tmp_path, SAMPLES)
    while session.state.get("i") is None or int(session.state["i"]) < 2:
        session.step()
    shown = predictions(session, View(samples=(0, 9)))
    assert [row for row, values in enumerate(shown.predictions) if values] == [1]


def test_where_it_cannot_be_told_nothing_stands_beside_another_sample(tmp_path: Path) -> None:
    body = SAMPLES.replace("y[i]", "y[[0, 1, 2, 3, 4][i]]")
    session = opened(tmp_path, body)
    session.next_iteration()
    assert not any(predictions(session, View(samples=(0, 9))).predictions)


COLUMNS = """import numpy as np
X = np.array([[0, 0, 1, 1, 2], [0, 1, 0, 1, 2]], dtype=float)
Y = np.array([[0, 1, 1, 0, 1]], dtype=float)
W = np.array([[0.5, 0.25]])
for epoch in range(9):
"""


def test_samples_in_columns_are_lines_of_the_table(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(f"{COLUMNS}    A = W @ X\n    d = A - Y\n    W = W - 0.01 * d @ X.T\n")
    session = Session(script.load(str(path)))
    session.step()
    shown = predictions(session, View(samples=(1, 3)))
    assert shown.total == 5
    assert shown.inputs == ((0, 1), (1, 0), (1, 1))
    assert shown.targets == ((1,), (1,), (0,))
    assert shown.predictions == ((0.25,), (0.5,), (0.75,))


def test_mini_batches_of_columns(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    body = "        A = W @ X[:, j:j + 2]\n        d = A - Y[:, j:j + 2]\n        W = W - 0.01 * d @ X[:, j:j + 2].T\n"
    path.write_text(f"{COLUMNS}    for j in range(0, 5, 2):\n{body}")
    session = Session(script.load(str(path)))
    seen = []
    while session.position.iteration == 0:
        session.step()
        if session.trace[-1].statement.targets == ("A",):
            shown = predictions(session, View(samples=(0, 5)))
            seen.append([row for row, values in enumerate(shown.predictions) if values])
    assert seen == [[0, 1], [2, 3], [4]]
