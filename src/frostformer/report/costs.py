"""What each arm cost, and whether its training had come to rest at the end. It imports no torch."""

from __future__ import annotations

from dataclasses import dataclass

from frostformer.report.figures import curve
from frostformer.report.making import duration, span
from frostformer.results.convergence import converged_at, rising
from frostformer.results.result import Result
from frostformer.results.seeds import Summary


@dataclass(frozen=True)
class Cost:
    """One arm on one task, in words; where its runs differ, from the least to the most."""

    arm: str
    trained: str
    """Parameters, and their percent of all."""

    time: str
    """Of training and validation, per run."""

    per_step: str
    """The same by step."""

    converged: str
    """From which step on the validation score stayed within one point of the run's best, or that it did not."""

    rising: str
    """How many runs have a last evaluation that is better than all before."""


def costs(summaries: list[Summary]) -> list[Cost]:
    """One row for each arm of a task."""
    return [
        Cost(
            arm=summary.arm,
            trained=_trained(summary.results[0]),
            time=span([result.own_seconds for result in summary.results], duration),
            per_step=span(
                [1000 * result.own_seconds / max(result.steps, 1) for result in summary.results], _thousandths
            ),
            converged=convergence(summary.results),
            rising=f"{sum(rising(curve(result)) for result in summary.results)} of {summary.runs}",
        )
        for summary in summaries
    ]


def convergence(results: tuple[Result, ...]) -> str:
    """Such as `from step 1,000 to 1,500 of 3,000 on` or `not converged (2 of 3)`."""
    found = [converged_at(curve(result)) for result in results]
    steps = [step for step in found if step is not None]
    if not steps:
        return "not converged"
    last = span([result.steps for result in results], "{:,}".format)
    text = f"from step {span(steps, '{:,.0f}'.format)} of {last} on"
    missing = len(found) - len(steps)
    return f"{text}; not converged: {missing} of {len(found)}" if missing else text


def _trained(result: Result) -> str:
    trained = [group for group in result.groups if group["trained"]]
    parameters, percent = sum(group["parameters"] for group in trained), sum(group["percent"] for group in trained)
    return f"{parameters:,} ({percent:.3g} %)"


def _thousandths(value: float) -> str:
    return f"{value:.3g} ms" if value < 1000 else f"{value / 1000:.3g} s"
