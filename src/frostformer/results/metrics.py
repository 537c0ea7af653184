"""The metrics that a result can hold: what people call them, how they are printed. It imports no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import TYPE_CHECKING, Any, Literal

from frostformer.errors import unknown_name

if TYPE_CHECKING:
    from frostformer.results.result import Result


@dataclass(frozen=True)
class Metric:
    """How one metric is named, printed and explained."""

    label: str
    """Its name inside a sentence."""

    form: Literal["percent", "plain", "unit"]
    """`percent`: a share, printed as 97.3 %. `plain`: three digits after the point. `unit`: a number in the unit of the
    targets, which may be large or tiny, with three significant digits."""

    meaning: str
    """What the metric is, in words for somebody who does not know it."""

    higher_is_better: bool = True

    @property
    def is_percent(self) -> bool:
        """Whether it is a share that people read as percent."""
        return self.form == "percent"

    def text(self, value: float) -> str:
        """Such as `97.3 %` or `0.973`."""
        return self._number(value, value) + self._sign

    def mean_text(self, values: Sequence[float]) -> str:
        """Mean and sample standard deviation, such as `97.3 ± 0.4 %`; one value has no deviation."""
        centre = mean(values)
        spread = f" ± {self._number(stdev(values), centre)}" if len(values) > 1 else ""
        return self._number(centre, centre) + spread + self._sign

    def range_text(self, values: Sequence[float]) -> str:
        """Lowest and highest, such as `96.9 to 97.7 %`, or one number where both read the same."""
        ends = dict.fromkeys(self._number(value, value) for value in (min(values), max(values)))
        return " to ".join(ends) + self._sign

    def level_text(self, level: str) -> str:
        """A round level such as "0.9" with no more digits than it has: `90 %` or `0.9`."""
        return f"{100 * float(level):g} %" if self.is_percent else level

    @property
    def _sign(self) -> str:
        return " %" if self.is_percent else ""

    def _number(self, value: float, like: float) -> str:
        """A value with as many digits as a number of the size of `like` needs; zero never has a minus sign."""
        if self.form == "percent":
            return f"{100 * value:z.1f}"
        if self.form == "plain":
            return f"{value:z.3f}"
        magnitude = math.floor(math.log10(abs(like))) if like else 0
        return f"{value:z,.{max(0, 2 - magnitude)}f}" if magnitude > -7 else f"{value:.2e}"


METRICS: dict[str, Metric] = {
    "loss": Metric("loss", "plain", "what training minimises", higher_is_better=False),
    "accuracy": Metric("accuracy", "percent", "the share of the answers that are right"),
    "marked_accuracy": Metric("accuracy of the marked predictions", "percent", "the share of them that are right"),
    "balanced_accuracy": Metric(
        "balanced accuracy",
        "percent",
        "the share of right answers, taken for each class alone and then averaged, so that rare classes count as much",
    ),
    "macro_f1": Metric("macro F1", "plain", "the mean over the classes or labels of their F1 score"),
    "auc": Metric(
        "area under the ROC curve",
        "plain",
        "how likely a sequence of the second class is told from one of the first; 0.5 is guessing, 1 is perfect",
    ),
    "recall": Metric("recall", "percent", "the share of a class's sequences that are answered right"),
    "exact": Metric("all labels right", "percent", "the share of the answers with every known label right"),
    "mae": Metric(
        "mean absolute error",
        "unit",
        "how far the answers lie from the true numbers on average, in the unit of these numbers",
        higher_is_better=False,
    ),
    "rmse": Metric(
        "root mean squared error",
        "unit",
        "the same with large errors counting more, in the unit of the true numbers",
        higher_is_better=False,
    ),
    "r2": Metric(
        "R²",
        "plain",
        "1 where every answer is exact, 0 where the answers are no better than always saying the mean of the true "
        "numbers, and below 0 where they are worse",
    ),
}

_HEADLINES = {"classification": "accuracy", "multilabel": "accuracy", "regression": "r2"}
_ALSO = {"multilabel": "exact", "regression": "mae"}
_OLD_SCORING = {"kind": "classification", "per_position": False, "names": None, "chosen_by": "accuracy"}


def metric(name: str) -> Metric:
    """The metric with this name.

    Raises:
        InputError: this version does not know it.
    """
    if name not in METRICS:
        raise unknown_name("metric", name, METRICS)
    return METRICS[name]


def scoring(result: Result) -> dict[str, Any]:
    """How the task is scored: kind, per_position, names, chosen_by; older files are all classifications."""
    stored: dict[str, Any] = result.task.get("scoring", {})
    return _OLD_SCORING | stored


def headline(result: Result) -> str:
    """Name of the metric that tells how good the run is.

    Raises:
        InputError: this version does not know this kind of scoring.
    """
    kind = scoring(result)["kind"]
    if kind not in _HEADLINES:
        raise unknown_name("scoring", kind, _HEADLINES)
    return _HEADLINES[kind]


def chosen_by(result: Result) -> str:
    """Name of the metric by which the step was chosen on validation."""
    name: str = scoring(result)["chosen_by"]
    return name


def also(result: Result) -> dict[str, str]:
    """Names of the metrics for a second line, and what each is called there."""
    names = []
    if chosen_by(result) != headline(result):
        names.append(chosen_by(result))
    if further := _ALSO.get(scoring(result)["kind"]):
        names.append(further)
    found = {name: metric(name).label for name in names}
    if result.task.get("marked") is not None:
        found["marked_accuracy"] = result.task["marked"]
    return found
