"""A check's result as a front end shows it, with a heat map of each update's error."""

from nntui_core.findings import Report
from nntui_core.matrices import as_rows, scale
from nntui_core.replies import Found, Verdict, Verdicts
from nntui_core.values import Array

MOST_ERRORS = 16
"""Rows and columns of the heat map of an update's error."""


def verdicts(report: Report, other_cost: str = "") -> Verdicts:
    """Return a check's result for a front end; `other_cost` is what a former check has inferred, where that differs."""
    cost = f"{report.cost.name} = {report.cost.text} = {report.cost.value:.6g}"
    return Verdicts(
        report.iteration,
        cost + (" (inferred from the backward pass)" if report.cost.inferred else ""),
        tuple(
            Verdict(p.name, p.verdict, p.factor, p.cosine, p.relative_error, _shares(p.error, p.gradient), p.unsized)
            for p in report.parameters
        ),
        tuple(Found(f.code, f.severity, f.line, f.message, f.suggestion, f.replacement) for f in report.findings),
        report.sampled,
        _another(report.cost.text, other_cost) + report.answer,
        report.failed,
    )


def _another(cost: str, former: str) -> str:
    """Say that the verdict is on another cost than before: an edited line can make it fit another one."""
    if not former:
        return ""
    return (
        f"Your loop states no cost, and the one that its backward pass fits is now {cost}; it was {former}. "
        f"v says which one you mean. "
    )


def _shares(error: Array, gradient: Array) -> tuple[tuple[float, ...], ...]:
    """Return an update's error as a share of the greatest slope."""
    rows, columns = as_rows(error.shape)
    part = error.reshape(rows, columns)[:MOST_ERRORS, :MOST_ERRORS]
    greatest = scale(gradient)
    return tuple(map(tuple, (part / greatest if greatest else part).tolist()))
