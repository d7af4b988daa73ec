"""Is each sample's gradient wrong, or are the gradients not added up? Two checks tell: of two samples, and of one.

Where samples are gone through one after another (`nntui_core.samplewise`), a wrong line runs once for each of them.
With one sample it runs once, and is found and cured as in any loop. What is right with one sample and wrong with two
is a sum that is none.
"""

from dataclasses import replace

from nntui_core.findings import ERROR, Finding, Report

CODE = "samples-not-summed"


def of_the_sum(report: Report) -> Report:
    """Return a report on several samples, each of which is right by itself, with what sums nothing up named."""
    errors = [f.severity == ERROR and f.code == "not-a-gradient" for f in report.findings]
    findings = [_named(f) if error else f for f, error in zip(report.findings, errors, strict=True)]
    return replace(report, findings=tuple(findings))


def _named(finding: Finding) -> Finding:
    name = finding.variable
    return replace(
        finding,
        code=CODE,
        message=f"{name} is right for one sample and wrong for several: it does not add up the samples' gradients",
        suggestion="set it to zero before the samples are gone through, and add each sample's gradient to it with +=",
        replacement=None,
    )
