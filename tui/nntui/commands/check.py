"""`nntui check [PROGRAM]`: are the gradients right, and if not, which mistake is it?"""

import argparse
import json
import math
from typing import TYPE_CHECKING

from nntui.opening import add_program_arguments, open_start
from nntui.output import emit
from nntui.quiet import program_output_aside
from nntui.usage import MOST_ITERATIONS, InputError, printable, whole
from nntui_core.replies import MEASURES

if TYPE_CHECKING:
    from nntui_core.findings import Finding, ParameterVerdict, Report
    from nntui_core.session import Session

FAILED = 1
SAYS = {
    "descent": "✓ {name} goes downhill along ∂C/∂{name}",
    "ascent": "✗ {name} goes uphill along ∂C/∂{name}: the sign is wrong",
    "not-a-gradient": "✗ {name} does not go along ∂C/∂{name}",
    "not-updated": "✗ {name} is not updated",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_program_arguments(parser)
    parser.epilog = "the numbers of a verdict:\n  " + MEASURES.replace(" · ", "\n  ")
    parser.add_argument(
        "--at",
        metavar="N",
        type=whole(0, MOST_ITERATIONS),
        help="the iteration that is checked, counted from 0 (default: 0; of a session file, where it stands)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object; infinity and NaN, unknown to JSON, are null"
    )


def execute(args: argparse.Namespace) -> int:
    """Run to the start of the iteration, check it, and print what was found."""
    program = open_start(args)
    from nntui.advance import refuse_to_be_late, standing_at
    from nntui_core.files import Kept

    here = program.position.iteration if isinstance(program, Kept) else 0
    at = here if args.at is None else args.at
    session = standing_at(program, at)
    refuse_to_be_late(session, at)
    report = _checked(session)
    if args.json:
        emit(json.dumps(report.as_json(), allow_nan=False) + "\n")
    else:
        emit("\n".join(map(printable, _lines(program.name, report))) + "\n")
    return FAILED if report.failed else 0


def _checked(session: "Session") -> "Report":
    """Return what a check finds.

    Raises:
        InputError: there is nothing to check.
    """
    from nntui_core.session import Refused

    name = session.program.name
    try:
        with program_output_aside(name):
            return session.check()
    except Refused as reason:
        raise InputError(f"{name}, iteration {session.position.iteration:,}: {reason}") from None


def _lines(name: str, report: "Report") -> list[str]:
    """Return a report as a short page."""
    cost = report.cost
    guessed = " (not stated; inferred from the backward pass)" if cost.inferred else ""
    lines = [report.answer, ""] if report.answer else []
    lines.append(f"{name}, iteration {report.iteration:,}")
    lines.append(f"cost  {cost.name} = {cost.text} = {cost.value:.6g}{guessed}")
    lines += ["", *map(_update, report.parameters)]
    lines += [report.sampled] if report.sampled else []
    lines.append("")
    lines += (
        [*(f"{variable.name} = {variable.text()}" for variable in report.variables), ""] if report.variables else []
    )
    for finding in report.findings:
        lines += _finding(finding)
    return lines if report.findings else [*lines, "nothing was found to be wrong"]


def _update(verdict: "ParameterVerdict") -> str:
    says = SAYS[verdict.verdict].format(name=verdict.name)
    if not math.isfinite(verdict.cosine):
        return says
    error = f", relative error {verdict.relative_error:.1e}" if math.isfinite(verdict.relative_error) else ""
    factor = f"no factor: {verdict.unsized}" if verdict.unsized else f"factor {verdict.factor:.4g}"
    return f"{says}  (cosine {verdict.cosine:.4f}, {factor}{error})"


def _finding(finding: "Finding") -> list[str]:
    where = f", line {finding.line}" if finding.line else ""
    lines = [f"{finding.severity} {finding.code}{where}: {finding.message}"]
    return [*lines, f"  → {finding.suggestion}"] if finding.suggestion else lines
