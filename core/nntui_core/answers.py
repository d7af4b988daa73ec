"""What a check says in words: the message of each mistake, and the sentence about products and signs.

Every sentence is filled in from what was measured; the learner's own names and expressions are quoted.
"""

import ast
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np

from nntui_core import parsing
from nntui_core.case import Case, Fault, written
from nntui_core.conditions import line_edit
from nntui_core.findings import DESCENT, ERROR, Finding, scaled
from nntui_core.gradients import Derivative, Fit, match
from nntui_core.line import Line, product_of
from nntui_core.program import Phase
from nntui_core.trace import Step, Trace
from nntui_core.updates import Update
from nntui_core.values import Array

MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "sign": "{variable} has the wrong sign: {is_}, so that the update goes uphill",
        "delta-for-gradient": "a delta stands where a gradient belongs: {read}; {should} is its product with the "
        "activations below",
        "missing-transpose": "{variable} should be {should}: an operand is not transposed as the product needs it",
        "elementwise-product": "{variable} should be {should}: `*` and a matrix product are confused",
        "wrong-activation": "{variable} should be {should}: it reads the values of another layer",
        "derivative-of-z": "{variable} should be {should}: the derivative of the activation is written for an "
        "activation a and given a pre-activation z",
        "derivative-twice": "{variable} should be {should}: the activation function, or its derivative, is applied "
        "once too often",
        "missing-hidden-derivative": "{variable} should be {should}: the derivative of the hidden layer's activation "
        "is missing",
        "missing-output-derivative": "{variable} should be {should}: {is_}; the derivative of the output's activation "
        "is missing",
        "error-for-delta": "{variable} should be {should}: the raw error is sent back instead of the delta",
        "update-order": "{variable} should be {should}: the line is right, but it reads weights that have been "
        "updated already",
        "error-distorted": "{variable} should be {should}: an absolute value or a power takes the error's sign or "
        "size away",
        "scale": "{variable} has a constant factor: the update is {factor} times what the cost asks for, in every "
        "element",
        "bias-not-summed": "{variable} should be {should}: one row for each sample, not summed over the samples",
        "wrong-derivative": "{variable} should be {should}: the derivative of another activation function is written",
        "gradient-shape": "{variable} should be {should}: {is_}",
        "not-a-gradient": "{variable} should be {should}, and {is_}",
    }
)


def finding_of(case: Case, fault: Fault, raised: str | None) -> Finding:
    """Return a fault as a finding. `raised` is the error's text where the program stopped at this very line."""
    if fault.cause is not None:
        cause = fault.healed.steps[fault.cause]
        names = [n for n in (*cause.in_place, *cause.writes) if n in fault.healed.steps[fault.k].reads]
        changed = names[0] if names else fault.variable
        return Finding(fault.code, ERROR, cause.statement.line, changed, fault.reason, fault.advice)
    step = fault.healed.steps[fault.k]
    should = _should(fault)
    template = f"{{variable}} should be {should}: {{reason}}" if fault.reason else MESSAGES[fault.code]
    message = template.format(
        variable=fault.variable,
        should=should,
        reason=fault.reason,
        is_=_what_it_is(case, fault.k, fault.variable),
        read=_reads(case, fault.k, step.reads),
        factor=f"{fault.factor:.4g}",
    )
    if raised:
        message = f"{message} ({raised})"
    suggestion, replacement = fault.text, line_edit(case.trace.program, step, fault.text)
    if fault.code == "update-order":
        suggestion, replacement = _earlier(case, fault), None
    return Finding(fault.code, ERROR, step.statement.line, fault.variable, message, suggestion, replacement)


def _should(fault: Fault) -> str:
    """Say what a line ought to have computed: `∂C/∂z1`, or what makes another one that."""
    if fault.should_be is None:
        return "something else"
    words = scaled(1.0, fault.should_be.label)
    return f"what makes {fault.through} {words}" if fault.through else words


def _what_it_is(case: Case, k: int, name: str) -> str:
    """Say what a line computed: `dC_dw2 is −1 × ∂C/∂z2`."""
    if name in case.gradients:
        return (
            "its update is not a multiple of the gradient" if not _multiple(case, name) else "its update is −1 × that"
        )
    value = written(case.trace, k, name)
    found = None if value is None else match(value, case.derivatives)
    if found is not None:
        return f"{name} is {scaled(found[1].factor, found[0].label)}"
    for derivative in case.derivatives if isinstance(value, np.ndarray) else ():
        if value.size == derivative.value.size and match(value.reshape(derivative.value.shape), [derivative]):
            words = scaled(1.0, derivative.label)
            return f"{name} is {words}, but its shape is {value.shape} and not {derivative.value.shape}"
    return f"{name} is no derivative of the cost"


def _multiple(case: Case, name: str) -> bool:
    return case.judged(case.trace)[name].fit.exact


def _reads(case: Case, k: int, names: tuple[str, ...]) -> str:
    """Say what the backward variables are that a line reads."""
    parts = []
    for name, derivative, fitted in _derivatives_read(case, case.trace, k, names):
        parts.append(f"{name} is {scaled(fitted.factor, derivative.label)}")
    return ", ".join(parts) or "what it reads is no gradient"


def _derivatives_read(
    case: Case, trace: Trace, k: int, names: tuple[str, ...]
) -> Iterator[tuple[str, Derivative, Fit]]:
    environment = trace.environments[min(k, len(trace.environments) - 1)]
    backward = {n for s in trace.steps[:k] if case.plan.phase(s.statement) is Phase.BACKWARD for n in s.writes}
    for name in names:
        value = environment.get(name)
        found = match(value, case.derivatives) if name in backward and isinstance(value, np.ndarray) else None
        if found is not None:
            yield name, found[0], found[1]


def _earlier(case: Case, fault: Fault) -> str:
    """Say which update has to wait."""
    step = case.trace.steps[fault.k]
    early = [s for s in case.trace.steps[: fault.k] if set(s.writes) & set(case.gradients) & set(step.reads)]
    names = ", ".join(dict.fromkeys(n for s in early for n in s.writes)) or "the weights"
    line = early[0].statement.line if early else step.statement.line
    return f"compute {fault.variable} before {names} is updated: move line {step.statement.line} above line {line}"


def answer(case: Case, updates: Mapping[str, Update], findings: tuple[Finding, ...]) -> str:
    """Return the sentence about the first update that multiplies, or uses a delta, itself; '' where none does."""
    for k, step in enumerate(case.trace.steps[: len(case.trace.environments)]):
        if case.plan.phase(step.statement) is not Phase.UPDATE:
            continue
        for name in step.writes:
            if name in updates:
                said = _about(case, k, step, updates[name], findings)
                if said:
                    return said
    return ""


def _about(case: Case, k: int, step: Step, update: Update, findings: tuple[Finding, ...]) -> str:
    gradient = case.gradients[update.name]
    deltas = [
        (name, derivative, fitted)
        for name, derivative, fitted in _derivatives_read(case, case.trace, k, step.reads)
        if derivative.variable not in case.gradients
    ]
    product = _product(case, k, step, gradient)
    if not deltas and product is None:
        return ""
    parts = []
    if deltas:
        name, derivative, fitted = deltas[-1]
        parts.append(f"Your `{name}` is {scaled(fitted.factor, derivative.label)}, not ∂C/∂{update.name}")
    if product is not None:
        parts.append(f"`{product[0]}` is {scaled(product[1], gradient.label)}")
    parts.append(_direction(step, update, product, findings))
    said = "; ".join(parts) + "."
    if product is not None and product[1] < 0 and update.verdict == DESCENT:
        said += _where_minus_comes_in(case, k) + _without_product(case, k, deltas, gradient)
    return said


def _where_minus_comes_in(case: Case, k: int) -> str:
    """Name the first backward line whose variable is a negative multiple of a derivative."""
    for i, step in enumerate(case.trace.steps[:k]):
        if case.plan.phase(step.statement) is not Phase.BACKWARD:
            continue
        for name in step.writes:
            value = written(case.trace, i, name)
            found = None if value is None else match(value, case.derivatives)
            if found is not None and found[1].factor < 0:
                meaning = scaled(found[1].factor, found[0].label)
                return f" The first minus comes in on line {step.statement.line}: `{name}` is {meaning}."
    return ""


def _without_product(case: Case, k: int, deltas: list[tuple[str, Derivative, Fit]], gradient: Derivative) -> str:
    """Say what the update would do with a minus sign and the delta alone, as a textbook's line seems to say."""
    rate = case.plan.roles.rate
    if not deltas or rate is None:
        return ""
    name = deltas[-1][0]
    line = f"`{gradient.variable} - {rate} * {name}`"
    value, slope = np.asarray(case.trace.environments[k][name]), gradient.value
    if value.shape != slope.shape:
        return f" {line} would fail: {value.shape} does not go into {slope.shape}."
    size = float(np.linalg.norm(value) * np.linalg.norm(slope))
    cosine = float(np.sum(value * slope)) / size if size else 0.0
    way = "uphill" if cosine < 0 else "not along the gradient"
    there = f"{cosine:.3f}".replace("-", "−")
    return f" {line} would step along that delta instead, {way}: cosine {there} with −∂C/∂{gradient.variable}."


def _direction(
    step: Step,
    update: Update,
    product: tuple[str, float] | None,
    findings: tuple[Finding, ...],
) -> str:
    target = f"∂C/∂{update.name}"
    text = _shortened(step, product[0]) if product else step.statement.text
    if update.verdict == DESCENT:
        negative = product is not None and product[1] < 0
        how = "the two minus signs cancel: " if negative else ""
        return f"{how}`{text}` goes downhill (cosine {update.fit.cosine:.3f} with −{target})"
    cured = (f for f in findings if f.line == step.statement.line and f.replacement)
    cure = next((f.suggestion for f in cured), None)  # only what is code can be quoted as what goes downhill
    measured = (
        f"cosine {update.fit.cosine:.3f} with −{target}" if np.isfinite(update.fit.cosine) else "the shapes differ"
    )
    said = f"`{step.statement.text}` does not go downhill along the gradient ({measured.replace('-', '−')})"
    return f"{said}; `{cure}` does" if cure else said


def _product(case: Case, k: int, step: Step, gradient: Derivative) -> tuple[str, float] | None:
    """Return the product in an update that measures as a multiple of the gradient, and its factor."""
    line = Line.of(step.statement.text, case.around)
    for part in line.parts():
        if product_of(part) is None:
            continue
        text = line.source(part)
        value = _evaluated(case, k, text)
        found = match(value, [gradient]) if value is not None else None
        if found is not None:
            return text, found[1].factor
    return None


def _evaluated(case: Case, k: int, text: str) -> Array | None:
    try:
        code = compile(parsing.parse(text, "eval"), "<part>", "eval")
        value = eval(code, {**case.trace.functions, **case.trace.environments[k]})
    except Exception:  # noqa: BLE001 - the learner's expression may raise anything
        return None
    return value if isinstance(value, np.ndarray) else None


def _shortened(step: Step, product: str) -> str:
    """Return the right side of an update with its product left out: `weight2 + learningRate * …`."""
    text = step.statement.text
    shown = text.split("=", 1)[1].strip() if isinstance(step.node, ast.Assign) else text
    return shown.replace(product, "…")
