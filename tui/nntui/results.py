"""What `nntui run` prints: one object for machines, a page for people."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nntui.usage import printable
from nntui_core import classes, export, holdout, places
from nntui_core.program import INFERRED
from nntui_core.session import Session
from nntui_core.values import Array

CURVE_POINTS = 1000
ROWS = 20
"""Samples that the page shows."""
WIDEST_COST = 100
"""Characters of a cost's expression that are printed: one that was put together from several lines may be long."""


@dataclass(frozen=True)
class Result:
    """Where a run ended. `loss` and `prediction` belong to the final parameters; None where there is none."""

    program: str
    title: str
    iterations: int
    rate: float | None
    first_loss: float | None
    loss: float | None
    cost: str | None
    """The cost's expression where no variable of the program holds it."""
    told_cost: str
    """Where that expression comes from, in words; '' where the user has given it."""
    curve: list[tuple[int, float]]
    not_finite_from: int | None
    parameters: Mapping[str, Any]
    prediction: tuple[str, Any] | None
    target: tuple[str, Any] | None
    seconds: float
    ran: int
    """The iterations that took these seconds."""
    accuracy: float | None = None
    """The share of samples whose class is predicted; None where there are no classes."""
    held_out: tuple[float | None, float | None] | None = None
    """Loss and accuracy of the samples that are held out, None where there are none."""
    labels: tuple[str, ...] = ()
    """The names of the classes, in the order of the prediction's columns."""


def of(session: Session, seconds: float) -> Result:
    """Return the result of a session that stands between two iterations."""
    program, live, roles = session.program, session.interpreter.namespace, session.program.roles
    outcome = export.outcome(program, live)
    points = session.curve.points(CURVE_POINTS)
    prediction = _named(roles.prediction, outcome)
    target = _named(roles.target, outcome) or _named(roles.target, places.flat(live, program.places))
    return Result(
        program=program.name,
        title=program.docstring,
        iterations=session.position.iteration,
        rate=session.rate,
        first_loss=points.losses[0] if points.losses else None,
        loss=_number(outcome.get(program.loss_text or "")),
        cost=roles.cost if roles.loss is None else None,
        told_cost=program.told_cost,
        curve=list(zip(points.iterations, points.losses, strict=True)),
        not_finite_from=session.curve.first_not_finite,
        parameters=parameters(session),
        prediction=prediction,
        target=target,
        seconds=seconds,
        ran=session.position.iteration,
        accuracy=classes.accuracy(prediction[1], target[1]) if prediction and target else None,
        held_out=_held_out(outcome),
        labels=classes.labels(live, np.shape(prediction[1])[-1]) if prediction and np.ndim(prediction[1]) else (),
    )


def _held_out(outcome: Mapping[str, Any]) -> tuple[float | None, float | None] | None:
    """Return loss and accuracy of the samples that are held out, None where none are."""
    if holdout.LOSS not in outcome:
        return None
    pair = outcome.get(holdout.PREDICTION), outcome.get(holdout.TARGET)
    known = all(value is not None for value in pair)
    return _number(outcome[holdout.LOSS]), classes.accuracy(*pair) if known else None


def parameters(session: Session) -> dict[str, Any]:
    """Return the parameters as they are now."""
    live = session.interpreter.namespace
    found = {name: places.value(live, name) for name in session.program.roles.parameters}
    return {name: value for name, value in found.items() if value is not None}


def _named(name: str | None, values: Mapping[str, Any]) -> tuple[str, Any] | None:
    return (name, values[name]) if name is not None and name in values else None


def _cost(expression: str, told: str) -> str:
    """Return what the loss is, as far as a line takes it, and where that comes from."""
    shown = expression if len(expression) <= WIDEST_COST or not told else ""
    return f"      {f'= {shown} ' if shown else ''}{f'({told})' if told else ''}".rstrip()


def _number(value: object) -> float | None:
    array = np.asarray(value)
    return float(array.reshape(-1)[0]) if array.size == 1 and array.dtype.kind in "biuf" else None


def as_json(result: Result) -> str:
    """Return a result as one JSON object. Numbers have full precision; infinity and NaN, unknown to JSON, are null."""
    prediction = result.prediction and {"name": result.prediction[0], "values": result.prediction[1]}
    cost = result.cost and {"expression": result.cost, "inferred": result.told_cost == INFERRED}
    return json.dumps(
        plain(
            {
                "program": result.program,
                "iterations": result.iterations,
                "learning_rate": result.rate,
                "loss": result.loss,
                "loss_curve": result.curve,
                "parameters": result.parameters,
                "predictions": prediction,
                "targets": result.target and result.target[1],
                "seconds": result.seconds,
                **({"cost": cost} if cost else {}),
                **({} if result.accuracy is None else {"accuracy": result.accuracy}),
                **({} if result.held_out is None else {"holdout": _held_out_json(*result.held_out)}),
                **({"labels": result.labels} if result.labels else {}),
            }
        ),
        allow_nan=False,
        default=str,
    )


def _held_out_json(loss: float | None, accuracy: float | None) -> dict[str, float | None]:
    return {"loss": loss, **({} if accuracy is None else {"accuracy": accuracy})}


def plain(value: Any) -> Any:
    """Return a value in the terms of JSON."""
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return value


def as_text(result: Result) -> str:
    """Return a result as a short page."""
    speed = f" ({result.ran / result.seconds:,.0f} a second)" if result.ran and result.seconds else ""
    done = f"{result.iterations:,} iteration{'' if result.iterations == 1 else 's'}{speed}"
    facts = [done, *([] if result.rate is None else [f"learning rate {result.rate:g}"])]
    name = f"{result.program}: {result.title}" if result.title else result.program
    lines = [printable(name), ", ".join(facts), ""]
    if result.loss is not None:
        before = "" if result.first_loss is None else f"  (it was {result.first_loss:.6g} at the start)"
        lines.append(f"loss  {result.loss:.6g}{before}")
        if result.cost is not None:
            lines.append(_cost(result.cost, result.told_cost))
    elif not result.curve:
        lines.append("no loss was found in this program")
    lines += _scores(result)
    if result.not_finite_from is not None:
        lines.append(f"the loss is not finite from iteration {result.not_finite_from:,} on: try a smaller --lr")
    lines += ["", *_predictions(result)]
    for name, value in result.parameters.items():
        lines += ["", f"{name} {'×'.join(map(str, np.shape(value)))}".rstrip(), _array(np.asarray(value))]
    return "\n".join(lines)


def _scores(result: Result) -> list[str]:
    """Return what became of the samples that are held out, and how many classes are right."""
    lines = []
    loss, accuracy = result.held_out or (None, None)
    if loss is not None:
        lines.append(f"      {loss:.6g} on the held-out samples")
    if result.accuracy is not None:
        held_out = "" if accuracy is None else f", {accuracy:.1%} of the held-out samples"
        lines.append(f"classes  {result.accuracy:.1%} right{held_out}")
    return lines


def _predictions(result: Result) -> list[str]:
    """Return the predictions beside their targets, a line a sample."""
    if result.prediction is None:
        return []
    name, values = result.prediction[0], np.asarray(result.prediction[1])
    if result.target is None or np.shape(result.target[1]) != values.shape or not values.ndim:
        return [name, _array(values)]
    samples = len(values)
    rows = [
        (str(i), _row(target, ".4g"), _row(value, ".4f"))
        for i, (target, value) in enumerate(
            zip(np.asarray(result.target[1])[:ROWS], values[:ROWS], strict=True),
        )
    ]
    rows.insert(0, ("sample", f"target {result.target[0]}", f"prediction {name}"))
    widths = [max(len(row[k]) for row in rows) for k in range(3)]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return lines + ([f"… and {samples - ROWS:,} more samples"] if samples > ROWS else [])


def _row(value: Any, form: str) -> str:
    """Return the numbers of one sample in one line."""
    numbers = np.atleast_1d(value).reshape(-1)[:8].tolist()
    return " ".join(format(number, form if abs(number) < 1e4 else ".4g") for number in numbers)


def _array(array: Array) -> str:
    return np.array2string(array, precision=4, suppress_small=True, threshold=100, max_line_width=100)
