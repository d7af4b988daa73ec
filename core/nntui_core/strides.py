"""What an update does besides going along the gradient: weight decay, another size of step, a buffer gone wrong.

The first two are no mistakes, and are told because they change what is minimised, or how fast. An average that pushes
back against the steps before, or a division by something that is not the size of the gradient, is one.
"""

from collections.abc import Iterator

from nntui_core.case import Case
from nntui_core.conditions import Observed
from nntui_core.findings import ERROR, NOT_A_GRADIENT, WARNING, Finding
from nntui_core.optimizers import Wrong, wrong_buffers
from nntui_core.updates import Update


def decay(seen: Observed) -> Iterator[Finding]:
    """Tell of weight decay: the update descends C + ½λ·ΣW², which is not the cost alone."""
    case = seen.case
    for name, update in case.judged(case.trace).items():
        if update.decay <= 0 or update.verdict == NOT_A_GRADIENT:
            continue
        strength = "" if update.free else f" (λ = {update.decay:.4g})"
        penalty = f"the penalty on {name}" if update.free else f"0.5 * {update.decay:.4g} * np.sum({name} ** 2)"
        message = f"besides the gradient the update takes a share of {name} away{strength}, which the cost does not say"
        yield Finding("weight-decay", WARNING, _line(case, name), name, message, f"add {penalty} to the cost")


def overshoot(seen: Observed) -> Iterator[Finding]:
    """Find an update that takes all of a parameter away, or more, under the name of weight decay."""
    case = seen.case
    for name, update in case.judged(case.trace).items():
        if update.decay > 0 and update.verdict == NOT_A_GRADIENT:
            share = f"{update.decay * update.rate:.4g} × {name}"
            message = f"besides the gradient each step takes away {share}: nothing of {name} is kept"
            cure = f"a weight decay far below {1 / update.rate:.3g}, or none"
            yield Finding("not-a-gradient", ERROR, _line(case, name), name, message, cure)


def pace(seen: Observed) -> Iterator[Finding]:
    """Tell of a step that goes along the gradient and is longer or shorter than the learning rate says."""
    case, rate = seen.case, seen.case.plan.roles.rate
    for name, update in case.judged(case.trace).items():
        if update.paced:
            message = (
                f"the step of {name} is {update.fit.factor:.4g} × {rate} × ∂C/∂{name}: the direction is right, and "
                f"so is the gradient that enters; only the size differs"
            )
            yield Finding("learning-rate", WARNING, _line(case, name), name, message, None)


def buffers(seen: Observed) -> Iterator[Finding]:
    """Find a buffer that pushes against the steps before, or divides by something that is not the gradient's size."""
    case = seen.case
    for wrong in wrong_in(case):
        name, buffer = wrong.parameter, wrong.buffer
        if wrong.kept is None:
            message = f"{name}'s step is divided by what {buffer} makes, and that is not the size of ∂C/∂{name}"
            cure = f"collect squares of the gradient in {buffer}, and divide by their square root"
        else:
            message = (
                f"{buffer} gives back {wrong.kept:.3g} × the steps before: it pushes {name} back where it came from"
            )
            cure = f"keep a share of {buffer} with the sign that it has"
        code = "not-a-gradient" if wrong.kept is None else "sign"
        yield Finding(code, ERROR, _line(case, buffer), buffer, message.replace("-", "−"), cure)


def wrong_in(case: Case) -> tuple[Wrong, ...]:
    """Return the buffers that do not do their part, of the parameters whose steps go along the gradient."""
    if not case.optimizer.names:
        return ()
    judged = [name for name, update in case.judged(case.trace).items() if _along(update)]
    return tuple(wrong_buffers(case.trace, case.gradients, case.optimizer, judged))


def _along(update: Update) -> bool:
    return update.fit.exact and not update.reason


def _line(case: Case, name: str) -> int | None:
    k = case.trace.last_write(name)
    return case.trace.steps[k].statement.line if k is not None else None
