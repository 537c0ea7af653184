"""What each arm cost, and whether its training had come to rest at the end. It imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from frostformer.report.making import duration, span, work
from frostformer.results.convergence import convergence_text
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

    flops: str
    """Operations of one sequence, forward and backward together."""

    converged: str
    """Steps until then, or that it had not."""


def costs(summaries: list[Summary]) -> list[Cost]:
    """One row for each arm of a task."""
    return [
        Cost(
            arm=summary.arm,
            trained=_trained(summary.results[0]),
            time=span([result.own_seconds for result in summary.results], duration),
            per_step=span([1000 * one.own_seconds / max(one.steps, 1) for one in summary.results], _thousandths),
            flops=_flops(summary.results),
            converged=convergence_text(summary.results),
        )
        for summary in summaries
    ]


def _trained(result: Result) -> str:
    trained = [group for group in result.groups if group["trained"]]
    parameters, percent = sum(group["parameters"] for group in trained), sum(group["percent"] for group in trained)
    return f"{parameters:,} ({percent:.3g} %)"


def _flops(results: Sequence[Result]) -> str:
    known = [sum(result.flops.values()) for result in results if result.flops is not None]
    return span(known, work) if known else "not recorded"


def _thousandths(value: float) -> str:
    return f"{value:.3g} ms" if value < 1000 else f"{value / 1000:.3g} s"
