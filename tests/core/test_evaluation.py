"""How well a network does: held to the same told sample by sample, from the program's own numbers."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nntui_core import evaluation
from nntui_core.datasets.loading import load as data
from nntui_core.evaluation import MOST_SINGLY, Evaluations, counted
from nntui_core.forward import Forward
from nntui_core.frame import View, Window
from nntui_core.network import Network, build
from nntui_core.picture import Painter
from nntui_core.program import Program
from nntui_core.script import load
from nntui_core.session import Session
from nntui_core.values import Array

SCRIPTS = Path(__file__).parents[1] / "scripts"
ALL = Window(0, 0, 99, 99)


def script(name: str) -> Session:
    return Session(load(str(SCRIPTS / f"{name}.py")))


def flowers(**options: object) -> Session:
    return Session(build(Network((4, 5, 3), data=data("iris"), **options)))  # type: ignore[arg-type]


@given(hnp.arrays(np.int64, st.integers(1, 30), elements=st.integers(0, 3)), st.data())
def test_the_confusion_matrix_counts_each_sample_once(truly: Array, draw: st.DataObject) -> None:
    said = draw.draw(hnp.arrays(np.int64, len(truly), elements=st.integers(-1, 3)))
    whole = [[int(np.sum((truly == i) & (said == j))) for j in range(4)] for i in range(4)]
    assert counted(truly, said, ALL, 4).tolist() == whole
    assert counted(truly, said, Window(1, 2, 2, 9), 4).tolist() == [row[2:] for row in whole[1:3]]


LOSSES = {
    "half-sse": lambda a, y: 0.5 * ((a - y) ** 2).sum(axis=1),
    "mse": lambda a, y: ((a - y) ** 2).mean(axis=1) / len(y),
    "bce": lambda a, y: -(y * np.log(a) + (1 - y) * np.log(1 - a)).mean(axis=1) / len(y),
    "ce": lambda a, y: -(y * np.log(a)).sum(axis=1) / len(y),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("options", [{}, {"l2": 0.1}, {"batch": 20}, {"batch": 16, "l2": 0.5, "holdout": 0.2}])
def test_the_shares_are_those_of_the_loss(loss: str, options: dict[str, object]) -> None:
    own = flowers(loss=loss, rate=0.01, init="normal", **options)
    own.advance(3)
    worst = Evaluations(own).worst(0, 999)
    live = own.interpreter.namespace
    x, y = live["x"], live["y"]
    prediction = Forward.of(own.program).run(live, x) if "batch" in options else live["a2"]
    terms = LOSSES[loss](prediction, y)
    assert worst.by == "the loss"
    assert worst.total == len(x) == len(worst.samples)
    assert worst.matrix == ("x" if "batch" in options else "a2")
    np.testing.assert_allclose([s.share for s in worst.samples], np.sort(terms / terms.sum())[::-1], rtol=1e-9)
    for sample in worst.samples:
        assert sample.share == pytest.approx(terms[sample.row] / terms.sum())
        assert sample.label == live["labels"][int(y[sample.row].argmax())]
        assert sample.predicted == live["labels"][int(prediction[sample.row].argmax())]


def test_accuracy_and_confusion_are_of_the_held_out_samples_too() -> None:
    own = flowers(loss="ce", batch=16, holdout=0.2, standardize=True, optimizer="adam", rate=0.05)
    own.advance(200)
    live, evaluations = own.interpreter.namespace, Evaluations(own)
    accuracy, confusion = evaluations.accuracy(), evaluations.confusion(ALL)
    held_out = live["a_holdout"].argmax(axis=1) == live["y_holdout"].argmax(axis=1)
    assert accuracy.held_out == confusion.accuracy == held_out.mean()
    learned = Forward.of(own.program).run(live, live["x"]).argmax(axis=1) == live["y"].argmax(axis=1)
    assert accuracy.learned == learned.mean() > 0.9
    assert confusion.held_out
    assert confusion.rows == confusion.columns == ("setosa", "versicolor", "virginica")
    assert sum(map(sum, confusion.counts)) == confusion.samples == 30
    assert sum(confusion.counts[i][i] for i in range(3)) == held_out.sum()


@pytest.mark.parametrize(
    ("name", "accuracy"),
    [("columns", 16 / 30), ("course_dictionaries", 0.66), ("one_at_a_time", 0.5), ("softmax_classifier", 31 / 60)],
)
def test_own_scripts_are_told_too(name: str, accuracy: float) -> None:
    own = script(name)
    own.advance(3)
    assert Evaluations(own).accuracy().learned == pytest.approx(accuracy)
    assert Evaluations(own).worst(0, 1).samples[0].share > 0


def test_a_prediction_that_is_changed_in_place_afterwards_is_taken_as_it_was() -> None:
    own = script("softmax_classifier")  # `dscores = probs`, and then `dscores[range(n), y] -= 1`
    own.advance(3)
    for sample in Evaluations(own).worst(0, 60).samples:
        assert sum(sample.prediction) == pytest.approx(1)


def test_where_the_targets_are_numbers_the_samples_can_still_be_sorted() -> None:
    own = script("dot_chains")
    own.advance(2)
    evaluations = Evaluations(own)
    reason = "y holds numbers, not classes: a sorts the samples by their loss"
    assert evaluations.no_classes() == evaluations.confusion(ALL).problem == reason
    assert evaluations.accuracy().learned is None
    assert evaluations.no_worst() == ""
    shares = [sample.share for sample in evaluations.worst(0, 16).samples]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1)


@pytest.mark.parametrize(("labels", "names"), [("['yes']", {"0", "1"}), ("['no', 'yes']", {"no", "yes"})])
def test_two_classes_of_one_output_have_two_names_or_none(labels: str, names: set[str]) -> None:
    text = f"""
import numpy as np
labels, x, y, w = {labels}, np.array([[0.5], [-1.0], [2.0]]), np.array([[1], [0], [0]]), np.ones((1, 1))
for i in range(9):
    a = 1 / (1 + np.exp(-x @ w))
    w = w - 0.1 * x.T @ (a - y)
"""
    own = Session(Program.parse(text, "t"))
    own.advance(1)
    looked = Evaluations(own)
    assert set(looked.confusion(ALL).rows) == names
    assert {sample.label for sample in looked.worst(0, 9).samples} == names


def test_a_loss_that_is_no_sum_over_samples_is_replaced_by_squares() -> None:
    text = (SCRIPTS / "columns.py").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.strip().startswith("cost ="))
    other = line.split("=")[0] + "= np.sqrt(np.sum((A2 - Y) ** 2))"
    own = Session(Program.parse(text.replace(line, other), "norm"))
    own.advance(2)
    worst = Evaluations(own).worst(0, 99)
    assert worst.by == "½Σ(a − y)²"
    assert sum(sample.share for sample in worst.samples) == pytest.approx(1)


def test_samples_whose_loss_is_nan_come_first() -> None:
    own = Session(build(Network((3, 4, 1))))
    own.advance(1)
    own.interpreter.namespace["W1"][:] = 1.0
    own.interpreter.namespace["x"][2] = np.nan
    own.advance(1)
    worst = Evaluations(own).worst(0, 4)
    assert (worst.samples[0].row, worst.samples[0].predicted) == (2, "NaN")


class Count:
    """How often something has been called."""

    count = 0


def counting(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> Count:
    real, calls = getattr(owner, name), Count()

    def called(*args: object) -> object:
        calls.count += 1
        return real(*args)

    monkeypatch.setattr(owner, name, called)
    return calls


def test_nothing_is_computed_for_what_is_not_in_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    own = flowers(loss="ce", batch=16)
    own.advance(2)
    painter = Painter(own)
    runs, looks = counting(monkeypatch, Forward, "carried_out"), counting(monkeypatch, evaluation, "classes_of")
    for _ in range(3):
        painter.frame(View())
    assert (runs.count, looks.count) == (0, 1)  # whether there are classes at all is asked once
    painter.frame(View(accuracy=True))
    assert runs.count == 1
    painter.frame(View(confusion=Window(0, 0, 9, 9)))
    assert runs.count == 2
    painter.frame(View(worst=(0, 5)))
    assert runs.count == 4  # the predictions, and the loss of each


def test_of_more_samples_than_can_be_looked_at_some_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "WORK", 35 * 50)  # 4·5 + 5·3 weights, 50 samples
    own = flowers(loss="ce", batch=16)
    own.advance(2)
    evaluations = Evaluations(own)
    assert evaluations.accuracy().some
    assert evaluations.confusion(ALL).samples == 50
    worst = evaluations.worst(0, 99)
    assert worst.total == 50
    assert {sample.row % 3 for sample in worst.samples} == {0}


def test_one_at_a_time_the_runs_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    own = script("one_at_a_time")
    own.advance(1)
    assert Evaluations(own).worst(0, 9).total == 4 <= MOST_SINGLY
    monkeypatch.setattr(evaluation, "MOST_SINGLY", 2)
    assert Evaluations(own).worst(0, 9).total == 2
