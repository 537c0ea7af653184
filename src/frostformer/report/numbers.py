"""The scores of all arms as CSV, for programs: shares from 0 to 1, with intervals where arms are compared. No torch."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from statistics import stdev

from frostformer.results.comparisons import Comparisons, Reference, compare_with_reference
from frostformer.results.seeds import Summary

COLUMNS = (
    "task",
    "arm",
    "seeds",
    "metric",
    "mean",
    "standard_deviation",  # over the seeds, that of a sample
    "lowest",
    "highest",
    "validation",  # mean over the seeds of what chose the step
    "reference",
    "difference",  # on test, of the accuracy, or of the error where answers are numbers; above 0 the arm is better
    "difference_low",
    "difference_high",  # ends of the 95 % interval, corrected for all comparisons of the file
    "said",
)


def as_csv(summaries: Sequence[Summary], reference: Reference | None = None) -> str:
    """One line for each arm of each task, with the names of the columns in the first; what is not known is empty."""
    found = Comparisons() if reference is None else compare_with_reference(summaries, reference)
    compared = {(one.arm.task, one.arm.arm): one for one in found.made}
    refused = {(arm.task, arm.arm): reason for arm, reason in found.refused}
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for one in summaries:
        scores, where = one.finite_scores, (one.task, one.arm)
        cells: list[object] = [one.task, one.arm, one.runs, one.metric.label]
        if len(scores) == one.runs:
            cells += [one.mean, stdev(scores) if len(scores) > 1 else "", min(scores), max(scores), one.validation_mean]
        else:
            cells += [""] * 5
        if (against := compared.get(where)) is not None:
            low, high = against.interval
            cells += [against.reference.arm, against.difference.value, low, high, against.answer]
        else:
            cells += ["", "", "", "", refused.get(where, "")]
        lines.writerow(map(_text, cells))
    return text.getvalue()


def _text(cell: object) -> object:
    """Six digits of a number; nothing of one that is not finite."""
    if not isinstance(cell, float):
        return cell
    return f"{cell:.6g}" if math.isfinite(cell) else ""
