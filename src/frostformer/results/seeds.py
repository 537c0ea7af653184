"""Pools runs that differ only by their seed, and computes what their numbers say. It imports no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

from frostformer.results.arms import arm_label, differing, settings, task_label
from frostformer.results.metrics import METRICS, Metric, also, chosen_by, headline, metric
from frostformer.results.result import Result

_WORST = -math.inf  # the score of a run that has none


@dataclass(frozen=True)
class Summary:
    """One arm on one task: runs that differ by nothing but their seed (and their device)."""

    task: str
    """As `task_label` gives it."""

    arm: str
    """As `arm_label` gives it, then the settings in which it differs from other runs of this task."""

    results: tuple[Result, ...]
    """One per seed, in order of the seeds."""

    repeats: int
    """Number of further results of the same seeds; they are left out, since they would understate the spread."""

    @property
    def runs(self) -> int:
        """Number of runs."""
        return len(self.results)

    @property
    def seeds(self) -> list[int]:
        """The seeds, each once, in rising order."""
        return [result.config["seed"] for result in self.results]

    @property
    def metric(self) -> Metric:
        """What the test scores are: accuracy, or R² where the answers are numbers."""
        return METRICS[headline(self.results[0])]

    @property
    def validation_metric(self) -> Metric:
        """The metric by which the step was chosen; `steps_to` takes levels of it."""
        return metric(chosen_by(self.results[0]))

    @property
    def test_scores(self) -> list[float]:
        """Test scores in order of the seeds; a run without a finite score counts as minus infinity."""
        scores = _values(self.results, headline(self.results[0]))
        return [_WORST if score is None else score for score in scores]

    @property
    def finite_scores(self) -> list[float]:
        """The test scores without those that are missing."""
        return [score for score in self.test_scores if score != _WORST]

    @property
    def without_score(self) -> int:
        """Runs that have no finite test score."""
        return self.runs - len(self.finite_scores)

    @property
    def diverged(self) -> int:
        """Runs that diverged; each counts with the score of the tensors that it kept."""
        return sum(result.diverged is not None for result in self.results)

    @property
    def mean(self) -> float:
        """Mean of the test scores."""
        return mean(self.test_scores)

    @property
    def score_text(self) -> str:
        """Mean and deviation of the test scores, such as `97.3 ± 0.4 %`; how many runs have none or diverged."""
        text = _mean_text(self.metric, _values(self.results, headline(self.results[0])))
        return f"{text} ({self.diverged} of {self.runs} diverged)" if self.diverged and self.runs > 1 else text

    @property
    def validation_mean(self) -> float:
        """Mean of the validation scores that chose the steps; minus infinity where one is missing."""
        scores = _values(self.results, chosen_by(self.results[0]), "validation")
        return mean(_WORST if score is None else score for score in scores)

    @property
    def validation_text(self) -> str:
        """Mean and deviation of the validation scores that chose the steps."""
        return _mean_text(self.validation_metric, _values(self.results, chosen_by(self.results[0]), "validation"))

    @property
    def also_text(self) -> str | None:
        """Further metrics in the same form, such as `balanced accuracy 61.2 ± 0.3 %`; None if there are none.

        Balanced accuracy where the step was chosen by it, sequences with all labels right, the mean absolute error of
        numbers, and the accuracy of the predictions that the task marks.
        """
        texts = [
            f"{label} {_mean_text(METRICS[name], _values(self.results, name))}"
            for name, label in also(self.results[0]).items()
        ]
        return "; ".join(texts) or None

    @property
    def range_text(self) -> str:
        """Lowest and highest, such as `96.9 to 97.7 %`, or one number where both read the same."""
        return self.metric.range_text(self.finite_scores) if self.finite_scores else "no score"

    def steps_to(self, level: str) -> list[int | None]:
        """By seed, the first evaluated step with a validation score of `level`, such as "0.9"; None if never."""
        return [result.milestones.get(level) for result in self.results]

    def steps_text(self, level: str) -> str:
        """Mean and deviation of `steps_to`, always with the number of seeds that reached the level."""
        reached = [step for step in self.steps_to(level) if step is not None]
        if not reached:
            return f"not reached (0 of {self.runs})"
        steps = f"{mean(reached):,.0f}" + (f" ± {stdev(reached):,.0f}" if len(reached) > 1 else "")
        if len(reached) < self.runs:
            return f"reached by {len(reached)} of {self.runs} only: {steps}"
        return f"{steps} ({self.runs} of {self.runs})"


def summarise(results: list[Result]) -> list[Summary]:
    """Pool the results that differ only by seed, sorted by task and then by first appearance of the arm."""
    groups: dict[tuple[str, str, frozenset[Any]], list[Result]] = {}
    for result in results:
        key = (task_label(result), arm_label(result), frozenset(settings(result).items()))
        groups.setdefault(key, []).append(result)
    heads = [group[0] for group in groups.values()]
    arms = list(dict.fromkeys(map(arm_label, results)))
    summaries = []
    for (task, arm, _), group in sorted(groups.items(), key=lambda item: (item[0][0], arms.index(item[0][1]))):
        by_seed = {result.config["seed"]: result for result in reversed(group)}  # the first of a seed stays
        label = ", ".join([arm, *differing(group[0], heads)])
        summaries.append(Summary(task, label, tuple(by_seed[s] for s in sorted(by_seed)), len(group) - len(by_seed)))
    return summaries


def _values(results: Sequence[Result], name: str, split: str = "test") -> list[float | None]:
    """A metric of each result; None where the file has no number."""
    return [result.metrics.get(split, {}).get(name) for result in results]


def _mean_text(shown: Metric, values: Sequence[float | None]) -> str:
    finite = [value for value in values if value is not None]
    if not finite:
        return "no score"
    missing = len(values) - len(finite)
    return shown.mean_text(finite) + (f" ({missing} of {len(values)} without a score)" if missing else "")
