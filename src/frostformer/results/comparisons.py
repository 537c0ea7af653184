"""Compares each arm with its one reference arm by the scores of all test sequences. It imports no torch.

A study names the reference by the settings that make an arm one: with {"weights": "random"} an arm is compared with the
one that has random weights and is like it in everything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from frostformer.errors import InputError
from frostformer.results.arms import as_text, fingerprint_of_data, question
from frostformer.results.interval import FEWEST_RUNS, FEWEST_SEQUENCES, Difference, difference, together
from frostformer.results.metrics import chosen_by, scoring
from frostformer.results.scores import read_scores
from frostformer.results.seeds import Summary

Reference = Mapping[str, Any]
"""Fields of `RunConfig` that make an arm, with the values that the reference has in them."""


@dataclass(frozen=True)
class Comparison:
    """One arm against its reference."""

    arm: Summary
    reference: Summary
    difference: Difference

    interval: tuple[float, float]
    """Of the difference, wide enough for all comparisons together."""

    @property
    def answer(self) -> Literal["above", "below", "cannot be told apart"]:
        """What may be said of the arm."""
        low, high = self.interval
        return "above" if low > 0 else "below" if high < 0 else "cannot be told apart"

    @property
    def size(self) -> tuple[float, float, float]:
        """By how much the arm is above or below, and the ends of its interval; above 0 where they can be told apart."""
        value, (low, high) = self.difference.value, self.interval
        return (-value, -high, -low) if self.answer == "below" else (value, low, high)


@dataclass(frozen=True)
class Comparisons:
    """What could be compared, and what could not."""

    made: list[Comparison] = field(default_factory=list)

    refused: list[tuple[Summary, str]] = field(default_factory=list)
    """Arms that were not compared, and why."""


_Pair = tuple[Summary, Summary, Difference]


class _RefusedError(Exception):
    """Why an arm is not compared, in words that fit into brackets."""


def compare_with_reference(summaries: Sequence[Summary], reference: Reference) -> Comparisons:
    """Each arm against its reference; the error rate holds for all of these comparisons together."""
    found: list[_Pair] = []
    refused = []
    for arm in summaries:
        wanted = question(arm.results[0]) | {name: as_text(value) for name, value in reference.items()}
        if question(arm.results[0]) == wanted:
            continue
        try:
            scores = _scores(arm)
            other = _reference_of(arm, wanted, summaries)
            found.append((arm, other, _difference(arm, scores, other, _scores(other))))
        except _RefusedError as reason:
            refused.append((arm, str(reason)))
    return Comparisons(_corrected(found), refused)


def compare(pairs: Sequence[tuple[Summary, Summary]], among: int) -> Comparisons:
    """The first arm of each pair against the second; the error rate holds for so many comparisons together."""
    found: list[_Pair] = []
    refused = []
    for arm, other in pairs:
        try:
            found.append((arm, other, _difference(arm, _scores(arm), other, _scores(other))))
        except _RefusedError as reason:
            refused.append((arm, str(reason)))
    return Comparisons(_corrected(found, among), refused)


def _corrected(found: Sequence[_Pair], among: int | None = None) -> list[Comparison]:
    """With intervals that are wide enough for all of these comparisons together, or for as many as are given."""
    intervals = together([apart for *_, apart in found], among)
    return [Comparison(*one, interval) for one, interval in zip(found, intervals, strict=True)]


def why_not(summary: Summary) -> str | None:
    """Why an arm cannot be compared with any other; None if it can."""
    try:
        _scores(summary)
    except _RefusedError as reason:
        return str(reason)
    return None


def _reference_of(arm: Summary, wanted: Mapping[str, str], summaries: Sequence[Summary]) -> Summary:
    asked = [s for s in summaries if s.task == arm.task and question(s.results[0]) == wanted]
    if not asked:
        raise _RefusedError("its reference arm is not here")
    same = [s for s in asked if fingerprint_of_data(s.results[0]) == fingerprint_of_data(arm.results[0])]
    if not same:
        raise _RefusedError(_OTHER_DATA)
    same = [s for s in same if chosen_by(s.results[0]) == chosen_by(arm.results[0])]
    if len(same) != 1:
        raise _RefusedError("it is not clear which arm is its reference")
    return same[0]


def _difference(arm: Summary, one: np.ndarray, other: Summary, two: np.ndarray) -> Difference:
    data = {result.task.get("fingerprint") for result in (*arm.results, *other.results)}
    if len(data) > 1 or None in data:
        raise _RefusedError(_OTHER_DATA)
    if one.shape[1] != two.shape[1]:
        raise _RefusedError("its reference arm has another number of test scores")
    sizes = [result.task["splits"].get("train") for result in (*arm.results, *other.results)]
    known = [size for size in sizes if size is not None]
    return difference(one, two, min(known, default=None), scoring(arm.results[0])["kind"] != "regression")


_OTHER_DATA = "not known to be of the same data as its reference arm"


def _scores(summary: Summary) -> np.ndarray:
    """(k, n) score of each run on each test sequence."""
    if summary.runs < FEWEST_RUNS:
        raise _RefusedError(f"fewer than {FEWEST_RUNS} seeds")
    try:
        found = [None if result.folder is None else read_scores(result.folder) for result in summary.results]
    except InputError as error:
        raise _RefusedError(str(error)) from error
    scores = [one for one in found if one is not None]
    if len(scores) < len(found):
        raise _RefusedError("no stored test scores")
    if len({len(one) for one in scores} | {result.task["splits"].get("test") for result in summary.results}) > 1:
        raise _RefusedError("other test scores than test sequences")
    if len(scores[0]) < FEWEST_SEQUENCES:
        raise _RefusedError(f"fewer than {FEWEST_SEQUENCES} test sequences")
    stacked = np.stack(scores)
    if not np.isfinite(stacked).all():
        raise _RefusedError("test scores that are not finite numbers")
    return stacked
