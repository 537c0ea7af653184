"""The scores of each task as a table of text. It imports no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from frostformer.report.costs import costs
from frostformer.report.table import Table
from frostformer.report.tables import about
from frostformer.results.seeds import Summary

LEVELS = ("0.9", "0.95", "0.99")
"""Of the validation score; the steps to reach them are shown."""
_SPREAD = "Behind ± is the sample standard deviation over the seeds; tables of studies have half of a 95 % interval."


def score_tables(summaries: Sequence[Summary], found: Mapping[str, str]) -> list[Table]:
    """One table for each task.

    Args:
        summaries: sorted by task.
        found: task -> what may be said of its arms, see `findings`; empty where another table says it.
    """
    return [_table([s for s in summaries if s.task == task], finding) for task, finding in found.items()]


def _table(summaries: list[Summary], finding: str) -> Table:
    metric, chosen, head = summaries[0].metric, summaries[0].validation_metric, summaries[0].results[0]
    levels = [f"Steps to {chosen.level_text(level)}" for level in LEVELS]
    rows = [
        [
            summary.arm,
            str(summary.runs),
            "\n".join(filter(None, [summary.score_text, summary.also_text])),
            summary.range_text,
            *[summary.steps_text(level) for level in LEVELS],
            cost.converged,
            cost.trained,
        ]
        for summary, cost in zip(summaries, costs(summaries), strict=True)
    ]
    rows += [[f"{rule} (no model)", "", metric.text(score), *[""] * 6] for rule, score in head.task["trivial"].items()]
    return Table(
        title=summaries[0].task,
        about=[*filter(None, [finding]), about(summaries)],
        head=[
            "Arm",
            "Seeds",
            f"Test {metric.label}",
            "Worst to best seed",
            *levels,
            "Steps until converged",
            "Trained parameters",
        ],
        rows=rows,
        notes=[_SPREAD] if any(summary.runs > 1 for summary in summaries) else [],
    )
