"""What a check finds, as values: the cost, a verdict for each parameter, a meaning for each variable, the findings."""

import math
from dataclasses import dataclass, field
from typing import Any

from nntui_core.values import Array

ERROR, WARNING = "error", "warning"

DESCENT, ASCENT = "descent", "ascent"
NOT_A_GRADIENT, NOT_UPDATED = "not-a-gradient", "not-updated"


@dataclass(frozen=True, slots=True)
class Cost:
    """The number that is being minimised: `expression` as the program writes it.

    Where the program states no cost it is `inferred` from the first backward line; `name` is then `C`. Where samples
    are gone through one after another, the expression is that of one of them, and `over` says what is made of all.
    """

    name: str
    expression: str
    value: float
    inferred: bool = False
    over: str = ""

    @property
    def text(self) -> str:
        """The expression, and what is made of it."""
        return f"{self.expression}, {self.over}" if self.over else self.expression


@dataclass(frozen=True, slots=True)
class ParameterVerdict:
    """How the update ΔW of a parameter W compares with −γ·∂C/∂W.

    With s = −ΔW/γ, weight decay taken off, and g = ∂C/∂W: `factor` is s·g/g·g, `cosine` their cosine, `relative_error`
    ‖s − g‖/‖g‖; nan where they cannot be compared. Where no γ is known, or an optimizer makes its own, `factor` is nan
    and s is scaled to g; `unsized` says why. `verdict` is `descent`, `ascent`, `not-a-gradient` or `not-updated`.
    `error` is |s − g| and `gradient` g, read-only, in the parameter's shape; nan where a cell was not sampled.
    """

    name: str
    verdict: str
    factor: float
    cosine: float
    relative_error: float
    error: Array = field(repr=False, compare=False)
    gradient: Array = field(repr=False, compare=False)
    unsized: str = ""


@dataclass(frozen=True, slots=True)
class VariableMeaning:
    """Which derivative a backward variable is: `factor` times `is_`, such as `dC/dz2` or `(dC/dW).T`."""

    name: str
    is_: str
    factor: float
    relative_error: float

    def text(self) -> str:
        """Return the meaning for the screen: `∂C/∂z2`, `−1 × ∂C/∂z2`, `0.25 × ∂C/∂W1`."""
        return scaled(self.factor, self.is_)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `line` is 1-based. `suggestion` is the line or the words that would cure it.

    `replacement` is (line, new text of that whole line, its indentation and comment included) where one edited line
    is the cure.
    """

    code: str
    severity: str
    line: int | None
    variable: str | None
    message: str
    suggestion: str | None = None
    replacement: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a check at the start of an iteration.

    `sampled` tells which arrays were checked in part, '' where all were checked whole. `answer` is what can be said
    about the products and signs of the updates, '' where there is nothing to say.
    """

    iteration: int
    cost: Cost
    parameters: tuple[ParameterVerdict, ...]
    variables: tuple[VariableMeaning, ...]
    findings: tuple[Finding, ...]
    sampled: str
    answer: str

    @property
    def failed(self) -> bool:
        """Whether an update does not descend or a finding is an error."""
        wrong = any(parameter.verdict != DESCENT for parameter in self.parameters)
        return wrong or any(finding.severity == ERROR for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return the report as `json.dumps` takes it; a number that is not finite becomes None."""
        cost = self.cost
        return {
            "iteration": self.iteration,
            "cost": {"name": cost.name, "expression": cost.text, "value": _number(cost.value)},
            "parameters": [
                {
                    "name": p.name,
                    "verdict": p.verdict,
                    "factor": _number(p.factor),
                    "cosine": _number(p.cosine),
                    "relative_error": _number(p.relative_error),
                }
                for p in self.parameters
            ],
            "variables": [
                {
                    "name": v.name,
                    "is": v.is_,
                    "factor": _number(v.factor),
                    "relative_error": _number(v.relative_error),
                }
                for v in self.variables
            ],
            "findings": [
                {
                    "code": f.code,
                    "severity": f.severity,
                    "line": f.line,
                    "variable": f.variable,
                    "message": f.message,
                    "suggestion": f.suggestion,
                }
                for f in self.findings
            ],
        }


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def scaled(factor: float, derivative: str) -> str:
    """Return a multiple of a derivative in words: `−1 × ∂C/∂z2`. `derivative` is written `dC/dz2`."""
    words = derivative.replace("dC/d", "∂C/∂")
    if abs(factor - 1) < 1e-4:
        return words
    return f"{factor:.4g} × {words}".replace("-", "−")
