"""Why a key can do nothing now: one function, asked by the footer before it is pressed and by the screen after."""

from collections.abc import Collection

from nntui.layout import CODE, CONFUSION, DIAGRAM, LOSS, SURFACE, WORST
from nntui_core.frame import Frame

NEEDS_RATE = frozenset({"rate", "rate_up", "rate_down"})
ALWAYS = frozenset({"quit", "help", "palette", "reload", "open", "network", "interrupt", "theme"})

AT_ONCE = frozenset({"quit", "interrupt", "suspend"})
"""What waits for no picture."""


def why_not(
    name: str,
    frame: Frame | None,
    running: bool,
    in_sight: Collection[str],
    focused: str | None,
    trouble: str = "",
    drawing: str | None = None,
) -> str | None:
    """Say why an action can do nothing now, None where it can do something."""
    if frame is None:
        wait = (
            "no program is open: ctrl+r reads the file again, o opens another"
            if trouble
            else "the program is being set up"
        )
        return None if name in ALWAYS else wait
    reasons = {
        "step": frame.cannot_go_on if not running else None,
        "next_iteration": frame.cannot_go_on if not running else None,
        "run": frame.cannot_go_on if not running else None,
        "back": frame.cannot_go_back if not running else None,
        "previous_iteration": frame.cannot_go_back if not running else None,
        "next_seed": _seed(frame),
        "writer": _writer(frame, focused),
        "former": None if frame.has_former else "there is no former run: go back and change something, or press r",
        "reload": None if frame.path else "this program is nntui's own: there is no file to read again",
        "explain": _explain(frame),
        "log": None if LOSS in in_sight else "the loss curve is not in sight: tab goes to it",
        "heat": None
        if any(v.name == focused for v in frame.variables)
        else "a matrix can be shown as colours: tab goes to one",
        "output": None if frame.output_count or frame.output else "the program has printed nothing yet",
        "surface": frame.no_surface if frame.no_surface and drawing != SURFACE else None,
        "diagram": frame.no_diagram if frame.no_diagram and drawing != DIAGRAM else None,
        "confusion": frame.no_confusion if frame.no_confusion and drawing != CONFUSION else None,
        "worst": frame.no_worst if frame.no_worst and drawing != WORST else None,
        "give_back": None if drawing else "no drawing is up: f surface, D diagram, x confusion matrix, a worst samples",
        "edit": None if focused == CODE else _edit(frame, focused),
    }
    if name in NEEDS_RATE and frame.rate is None:
        return "this program has no learning rate that its setup gives as a number"
    return reasons.get(name)


def _edit(frame: Frame, focused: str | None) -> str | None:
    if not any(variable.name == focused for variable in frame.variables):
        return "lines of the code and numbers of a matrix can be edited: tab goes there"
    view = frame.matrices.get(focused or "")
    return "nothing is computed yet that could be edited" if view is not None and view.values is None else None


def _seed(frame: Frame) -> str | None:
    if frame.seed is None:
        return "this program has no seed: its setup never calls default_rng(NUMBER) or seed(NUMBER)"
    return None


def _writer(frame: Frame, focused: str | None) -> str | None:
    if not any(variable.name == focused for variable in frame.variables):
        return "select a number first: tab goes to a matrix, arrows move in it"
    return frame.cannot_go_back


def _explain(frame: Frame) -> str | None:
    return "nothing is computed yet: s runs the line at ▶" if frame.cell is None else None
