"""How far the mean test scores of two arms lie apart, and how sure that is. It imports no torch.

The runs of an arm vary, and the test sequences are a sample, and so are the training sequences: the variance of the
difference has a part for each. That rows of training are a sample is Nadeau and Bengio's correction (2003), written for
examples; the degrees of freedom are Satterthwaite's (1946).
Shapes: k runs of an arm, n test sequences.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import stdev

import numpy as np

FEWEST_RUNS = 3  # of each arm
FEWEST_SEQUENCES = 30
_ALPHA = 0.025
_RUNS_FOR_ALPHA = 5  # with fewer the variance over runs is so uncertain that half of alpha is taken


@dataclass(frozen=True)
class Difference:
    """The difference of two arms' mean test scores."""

    value: float
    variance: float

    freedom: float
    """Degrees of freedom of the variance."""

    alpha: float
    """How often, at most, the interval of equal arms may lie above zero, and how often below."""

    @property
    def chance(self) -> float:
        """Probability that arms of equal worth differ as much in this direction; 0.5 where there is no difference."""
        from scipy.special import stdtr

        if self.variance == 0:
            return 0.5 if self.value == 0 else 0.0
        return float(stdtr(self.freedom, -abs(self.value) / math.sqrt(self.variance)))

    def interval(self, alpha: float) -> tuple[float, float]:
        """Lowest and highest difference, each passed with probability `alpha`."""
        from scipy.special import stdtrit

        half = float(stdtrit(self.freedom, 1 - alpha)) * math.sqrt(self.variance)
        return self.value - half, self.value + half


def difference(
    one: np.ndarray,
    other: np.ndarray,
    train_rows: int | None,
    are_shares: bool,
    *,
    weights: np.ndarray | None = None,
    labels: np.ndarray | None = None,
    units: np.ndarray | None = None,
    folds: np.ndarray | None = None,
) -> Difference:
    """The mean score of one arm minus that of the other, on the same test sequences.

    Args:
        one: (k, n) score of each run on each test sequence; higher is better. One row: an arm without randomness.
        other: (k, n), where k may be another.
        train_rows: sequences that a run trains on; None if they are endless.
        are_shares: whether scores are shares of right answers, which near 0 and 1 are often all equal. As if one more
            sequence were won and one more lost, their variance never is zero (after Agresti and Min 2005).
        weights: (n,) of the sequences in a score, with sum 1; all the same if not given.
        labels: (n,) class of each, where every class counts as much as any other: a class has its own mean difference.
        units: (n,) what is not independent, such as the patient of each; every sequence stands for itself if not given.
        folds: (n,) the fold that tested each; the runs of a fold share their models, those of two folds do not.
    """
    n = one.shape[1]
    weights = np.full(n, 1 / n) if weights is None else weights
    each = one.mean(0) - other.mean(0)  # (n,)
    value = float(each.mean()) if labels is None and np.ptp(weights) == 0 else float(weights @ each)
    sequences, count = _over_sequences(each, value, weights, labels, units)
    if are_shares:
        sequences += 2 * float((weights**2).sum()) / n
    training = sequences * n / train_rows if train_rows else 0.0
    over_runs, noise, uncertainty = 0.0, 0.0, (sequences + training) ** 2 / (count - 1)
    for scores in (one, other):
        if (k := len(scores)) > 1:
            own, free = _over_runs(scores, weights, folds)
            over_runs += own
            uncertainty += own**2 / free
            noise += float((weights**2 * scores.var(0, ddof=1)).sum()) / k  # in both parts, and counts once
    variance = max(over_runs + sequences - noise, sequences, over_runs) + training
    freedom = (over_runs + sequences + training) ** 2 / uncertainty if uncertainty > 0 else 1.0
    few = min(len(scores) for scores in (one, other)) < _RUNS_FOR_ALPHA
    return Difference(value, variance, max(freedom, 1.0), _ALPHA / 2 if few else _ALPHA)


def _over_sequences(
    each: np.ndarray, value: float, weights: np.ndarray, labels: np.ndarray | None, units: np.ndarray | None
) -> tuple[float, int]:
    """Variance of the weighted mean of the differences (n,) over test sequences, and the number of units."""
    centre = np.full(len(each), value)
    for label in np.unique(labels) if labels is not None else ():
        if (own := labels == label).sum() > 1:  # a class of one sequence keeps its square
            centre[own] = each[own].mean()
    parts = weights * (each - centre)
    if units is not None:
        parts = np.bincount(np.unique(units, return_inverse=True)[1], parts)
    count = len(parts)
    return float((parts**2).sum()) * count / (count - 1), count


def _over_runs(scores: np.ndarray, weights: np.ndarray, folds: np.ndarray | None) -> tuple[float, int]:
    """Variance of an arm's mean over its k runs (of scores (k, n)), summed over folds; degrees of freedom."""
    k = len(scores)
    numbers = np.zeros(scores.shape[1], np.int64) if folds is None else np.unique(folds, return_inverse=True)[1]
    sums = [(scores * weights)[:, numbers == fold].sum(1) for fold in range(int(numbers.max()) + 1)]  # (k,) each
    return sum(float(own.var(ddof=1)) for own in sums) / k, (k - 1) * len(sums)


def half_width(scores: Sequence[float]) -> float | None:
    """Half of the 95 % interval of the mean by Student's t; None for one score, which says nothing of others."""
    from scipy.special import stdtrit

    k = len(scores)
    return float(stdtrit(k - 1, 0.975)) * stdev(scores) / math.sqrt(k) if k > 1 else None


def holm(differences: Sequence[Difference]) -> list[float]:
    """The alpha that each of several differences is read at, so that their alpha holds for all together (Holm 1979).

    The surest difference of m is read at alpha / m, the next at alpha / (m - 1), and so on, until one cannot be told
    from zero; those that are left are read at the level of that one.
    """
    order = sorted(range(len(differences)), key=lambda i: differences[i].chance / differences[i].alpha)
    alphas = [0.0] * len(differences)
    parts, is_sure = len(differences), True
    for place, i in enumerate(order):
        if is_sure:
            parts = len(differences) - place
        alphas[i] = differences[i].alpha / parts
        is_sure = is_sure and differences[i].chance < alphas[i]
    return alphas
