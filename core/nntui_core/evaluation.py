"""How well the network does: which samples are put into the right class, which are taken for which, which are worst.

Where the program's prediction is for all samples, it is taken as it stands, so that what is said here agrees with the
predictions and the loss on the screen. A program that learns from mini-batches, or from one sample at a time, has a
prediction for a few: then the forward pass is run by itself on all samples, with the parameters of now.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nntui_core import classes as named
from nntui_core import holdout
from nntui_core.batchwise import predictions
from nntui_core.classes import Classes, classes_of
from nntui_core.forward import Forward, NoForward
from nntui_core.frame import WIDEST_SAMPLE, Accuracy, Confusion, Sample, Window, Worst
from nntui_core.program import Program
from nntui_core.samples import Finder, Samples
from nntui_core.session import Session
from nntui_core.shares import Shares, squares
from nntui_core.values import Array, State

WORK = 40_000_000
"""Multiplications with weights that one look may take, about; of more samples some are looked at, evenly picked."""
MOST_SINGLY = 100
"""Samples that are looked at, at most, where a forward pass takes one at a time and cannot take them together."""


@dataclass(frozen=True)
class Outputs:
    """Predictions (samples, outputs) and targets (samples, columns) of every `step`-th sample."""

    predictions: Array
    targets: Array
    step: int = 1
    whole: bool = False
    """Whether they are those that the program's own variables hold."""


@dataclass(frozen=True)
class _Found:
    forward: Forward
    finder: Finder
    shares: Shares | None


class Evaluations:
    """What there is to say of one session's network."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._program: Program | None = None
        self._found: _Found | NoForward = NoForward("nothing has been looked at yet")
        self._told: tuple[Array, bool] | None = None
        """The array of targets that was looked at last, and whether it tells classes."""

    def no_classes(self) -> str:
        """Say why there is no confusion matrix, nothing where there is one."""
        try:
            found, samples = self._samples()
        except NoForward as reason:
            return str(reason)
        origin = samples.target_origin
        if origin is None:
            return _no_targets(found)
        if self._told is None or self._told[0] is not origin:
            self._told = origin, self._classes(found, samples) is not None
        if self._told[1]:
            return ""
        return f"{found.forward.program.roles.target} holds numbers, not classes: a sorts the samples by their loss"

    def no_worst(self) -> str:
        """Say why samples cannot be sorted by their loss, nothing where they can."""
        try:
            found, samples = self._samples()
        except NoForward as reason:
            return str(reason)
        return "" if samples.targets is not None else _no_targets(found)

    def accuracy(self) -> Accuracy:
        """Return the share of samples in the right class, of those that are learned from and of those held out."""
        try:
            found, samples = self._samples()
            if self.no_classes():
                return Accuracy()
            outputs, held_out = self._outputs(found, samples), self._held_out(found)
        except NoForward:
            return Accuracy()
        return Accuracy(_right(outputs), _right(held_out) if held_out else None, outputs.step > 1)

    def confusion(self, window: Window) -> Confusion:
        """Return a part of the confusion matrix, of the held-out samples where there are any."""
        try:
            found, samples = self._samples()
            problem = self.no_classes()
            if problem:
                return Confusion(problem)
            held_out = self._held_out(found)
            outputs = held_out or self._outputs(found, samples)
        except NoForward as reason:
            return Confusion(str(reason))
        classes = classes_of(outputs.targets, outputs.predictions.shape[1])
        if classes is None:
            return Confusion("the samples that are held out have no classes" if held_out else "there are no classes")
        names = self._names(classes)
        truly, said = classes.numbers, classes.predicted(outputs.predictions)
        counts = counted(truly, said, window, len(names))
        return Confusion(
            window=window,
            counts=tuple(map(tuple, counts.tolist())),
            rows=names[window.row :][: len(counts)],
            columns=names[window.column :][: counts.shape[1]],
            classes=len(names),
            samples=len(truly),
            accuracy=float(np.mean(truly == said)),
            held_out=held_out is not None,
            some=outputs.step > 1,
        )

    def worst(self, first: int, rows: int) -> Worst:
        """Return so many of the samples that add most to the loss, from the `first` on."""
        try:
            found, samples = self._samples()
            outputs = self._outputs(found, samples)
        except NoForward as reason:
            return Worst(str(reason))
        terms, by = self._terms(found, samples, outputs)
        if terms is None:
            return Worst("its loss cannot be told sample by sample")
        with np.errstate(all="ignore"):
            shares = terms / np.sum(terms)
            costs = terms * np.sign(np.nansum(terms))  # log-likelihoods are added up negative
        order = np.argsort(-np.where(np.isnan(costs), np.inf, costs), kind="stable")
        classes = classes_of(outputs.targets, outputs.predictions.shape[1])
        roles = found.forward.program.roles
        return Worst(
            first=first,
            total=len(order),
            by=by,
            samples=tuple(self._sample(outputs, classes, int(k), shares) for k in order[first : first + rows]),
            matrix=(roles.prediction or "") if outputs.whole else samples.name,
            upright=found.forward.upright,
            target_name=roles.target or "",
            prediction_name=roles.prediction or "",
            some=outputs.step > 1,
        )

    def _sample(self, outputs: Outputs, classes: Classes | None, k: int, shares: Array) -> Sample:
        prediction = outputs.predictions[k]
        sample = Sample(
            k * outputs.step,
            float(shares[k]),
            tuple(outputs.targets[k, :WIDEST_SAMPLE].tolist()),
            tuple(prediction[:WIDEST_SAMPLE].tolist()),
        )
        if classes is None:
            return sample
        names = self._names(classes)
        said = int(classes.predicted(prediction[None])[0])
        predicted = "NaN" if said == named.NONE else names[said]
        certainty = float(prediction[max(said, 0)] if len(prediction) > 1 else prediction[0])
        return replace(sample, label=names[int(classes.numbers[k])], predicted=predicted, certainty=certainty)

    def _terms(self, found: _Found, samples: Samples, outputs: Outputs) -> tuple[Array | None, str]:
        """Return what each sample adds to the loss, and what that is called."""
        forward, shares = found.forward, found.shares
        live = self._session.interpreter.namespace
        if shares is not None and samples.targets is not None:
            try:
                if outputs.whole:
                    there = self._as_computed(forward.program.roles.loss or forward.prediction)
                    held = {name: there[name] for name in shares.reads if name in there}
                    namespace = forward.through(()).carried_out(live, held, shares.reads)
                else:
                    given = self._given(forward, samples, outputs.step)
                    namespace = forward.through(shares.statements).carried_out(live, given, shares.reads)
                terms = shares.run(namespace, len(outputs.targets), forward.upright)
            except NoForward:
                terms = None
            if terms is not None:
                return terms, "the loss"
        return squares(outputs.predictions, outputs.targets), "½Σ(a − y)²"

    def _given(self, forward: Forward, samples: Samples, step: int) -> Mapping[str, Any]:
        """Return all inputs and targets under the names that an iteration has for its own, as it has them."""
        assert samples.target_origin is not None
        inputs, target = samples.inputs[::step], samples.target_origin
        upright = forward.upright
        picked = target[::step] if upright or target.ndim == 1 else target[:, ::step]
        return {forward.inputs: inputs if upright else inputs.T, forward.program.roles.target or "": picked}

    def _samples(self) -> tuple[_Found, Samples]:
        """Return what is needed for everything here.

        Raises:
            NoForward: something of it is not there.
        """
        program = self._session.program
        if program is not self._program:
            self._program, self._told = program, None
            self._found = self._look()
        if isinstance(self._found, NoForward):
            raise self._found
        samples = self._found.finder.samples(self._session.state)
        if samples is None:
            name = self._found.forward.inputs
            raise NoForward(f"the inputs {name} are no table of samples")
        return self._found, samples

    def _look(self) -> _Found | NoForward:
        try:
            forward = Forward.of(self._session.program)
        except NoForward as reason:
            return reason
        return _Found(forward, Finder(forward, self._session.shapes), Shares.of(forward))

    def _classes(self, found: _Found, samples: Samples) -> Classes | None:
        shape = self._session.shapes.get(found.forward.prediction, ())
        outputs = (shape[-1] if found.forward.upright else shape[0]) if len(shape) == 2 else 1
        return None if samples.targets is None else classes_of(samples.targets, outputs)

    def _outputs(self, found: _Found, samples: Samples) -> Outputs:
        """Return the predictions of the samples that are learned from.

        Raises:
            NoForward: there are no targets, or the forward pass fails by itself.
        """
        if samples.targets is None:
            raise NoForward(_no_targets(found))
        forward, session = found.forward, self._session
        count = len(samples.inputs)
        value = self._as_computed(forward.prediction).get(forward.prediction)
        there = None if value is None or value.dtype.kind not in "fiu" else found.finder.rows(value, count)
        if there is not None:
            return Outputs(there.astype(np.float64), samples.targets, whole=True)
        singly = len(session.shapes.get(forward.inputs, ())) == 1
        shapes = (session.shapes.get(name, ()) for name in session.program.roles.parameters)
        step = max(-(-count * sum(int(np.prod(shape)) for shape in shapes) // WORK), 1)
        if singly:
            step = max(step, -(-count // MOST_SINGLY))
        live = session.interpreter.namespace
        return Outputs(predictions(forward, live, samples.inputs[::step], singly), samples.targets[::step], step)

    def _as_computed(self, name: str) -> State:
        """Return the variables as they were when one of them was computed: lines that follow may change it in place."""
        writer = self._session.last_writer(name)
        return writer.after if writer is not None else self._session.state

    def _held_out(self, found: _Found) -> Outputs | None:
        """Return the predictions of the samples that are held out, None where there are none."""
        state = self._session.state
        prediction, target = state.get(holdout.PREDICTION), state.get(holdout.TARGET)
        if prediction is None or target is None or prediction.dtype.kind not in "fiu" or not target.ndim:
            return None
        count = len(target) if found.forward.upright or target.ndim == 1 else target.shape[1]
        said, aims = found.finder.rows(prediction, count), found.finder.rows(target, count)
        return None if said is None or aims is None else Outputs(said.astype(np.float64), aims)

    def _names(self, classes: Classes) -> tuple[str, ...]:
        return named.labels(self._session.interpreter.namespace, len(classes.names)) or classes.names


def counted(truly: Array, said: Array, window: Window, classes: int) -> Array:
    """Return a part of the matrix (true class, predicted class) that counts samples by the numbers of their classes."""
    down, right = truly - window.row, said - window.column
    rows, columns = min(window.rows, classes - window.row), min(window.columns, classes - window.column)
    seen = (down >= 0) & (down < rows) & (right >= 0) & (right < columns) & (said >= 0)
    return np.bincount(down[seen] * columns + right[seen], minlength=rows * columns).reshape(rows, columns)


def _right(outputs: Outputs) -> float | None:
    classes = classes_of(outputs.targets, outputs.predictions.shape[1])
    return None if classes is None else float(np.mean(classes.predicted(outputs.predictions) == classes.numbers))


def _no_targets(found: _Found) -> str:
    return f"no targets were found that go with the inputs {found.forward.inputs}: v says which variable they are"
