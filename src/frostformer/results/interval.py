"""How far the mean test scores of two arms lie apart, and how sure that is. It imports no torch.

The runs of an arm vary, and the test sequences are a sample, and so are the training sequences: the variance of the
difference has a part for each. That rows of training are a sample is Nadeau and Bengio's correction (2003), written for
examples; the degrees of freedom are Satterthwaite's (1946).
Shapes: k runs of an arm, n test sequences. `docs/verdict.md` has the formulas, and how often they err.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import stdev

import numpy as np

from frostformer.errors import InputError

FEWEST_RUNS = 3  # of each arm
FEWEST_SEQUENCES = 30
ALPHA = 0.025
RUNS_FOR_ALPHA = 5  # with fewer the variance over runs is so uncertain that half of alpha is taken


@dataclass(frozen=True)
class Difference:
    """The difference of two arms' mean test scores."""

    value: float
    variance: float

    freedom: float
    """Degrees of freedom of the variance."""

    alpha: float
    """How often, at most, the interval of equal arms may lie above zero, and how often below."""

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

    Raises:
        InputError: all test sequences are of one unit, which says nothing of others.
    """
    n = one.shape[1]
    shares = np.ones(n) if weights is None else n * weights  # mean 1: a weighted mean is the mean of shares * scores
    each = one.mean(0) - other.mean(0)  # (n,)
    value = float((shares * each).mean())
    sequences, count = _over_sequences(each, value, shares, labels, units)
    if are_shares:
        sequences += 2 * float((shares**2).mean()) / n**2
    training = sequences * n / train_rows if train_rows else 0.0
    over_runs, noise, uncertainty = 0.0, 0.0, (sequences + training) ** 2 / (count - 1)
    for scores in (one, other):
        if (k := len(scores)) > 1:
            own, free = _over_runs(shares * scores, folds)
            over_runs += own
            uncertainty += own**2 / free
            # of single answers: in both parts, and counts once
            noise += float((shares**2 * scores.var(0, ddof=1)).sum()) / n**2 / k
    variance = max(over_runs + sequences - noise, sequences, over_runs) + training
    freedom = (over_runs + sequences + training) ** 2 / uncertainty if uncertainty > 0 else 1.0
    few = min(len(one), len(other)) < RUNS_FOR_ALPHA
    return Difference(value, variance, max(freedom, 1.0), ALPHA / 2 if few else ALPHA)


def _over_sequences(
    each: np.ndarray, value: float, shares: np.ndarray, labels: np.ndarray | None, units: np.ndarray | None
) -> tuple[float, int]:
    """Variance over test sequences of the mean of `shares * each`, both (n,); the number of independent units."""
    n = len(each)
    centre = np.full(n, value)
    for label in np.unique(labels) if labels is not None else ():
        if (own := labels == label).sum() > 1:  # a class of one sequence keeps its square
            centre[own] = each[own].mean()
    parts = shares * (each - centre)
    if units is not None:
        parts = np.bincount(np.unique(units, return_inverse=True)[1], parts)  # sums: what is dependent varies together
    count = len(parts)
    if count < 2:
        raise InputError("the test sequences are all of one unit, which says nothing of others: test more units")
    return float((parts**2).sum() / (count - 1)) / n * (count / n), count


def _over_runs(scores: np.ndarray, folds: np.ndarray | None) -> tuple[float, int]:
    """Variance of the mean of an arm's k runs, of their scores (k, n), summed over folds; its degrees of freedom."""
    k, n = scores.shape
    parts = [scores] if folds is None else [scores[:, folds == fold] for fold in np.unique(folds)]
    return sum(float((part.sum(1) / n).var(ddof=1)) for part in parts) / k, (k - 1) * len(parts)


def together(differences: Sequence[Difference], among: int | None = None) -> list[tuple[float, float]]:
    """The intervals of several differences, wide enough that their alpha holds for all of them together (Bonferroni).

    Holm's steps would tell more arms apart, but their narrower intervals need not all hold the true differences.

    Args:
        differences: those that are known.
        among: how many there will be, so that an interval stays as it is when others come; as many as are known if not
            given.
    """
    return [one.interval(one.alpha / (among or len(differences))) for one in differences]


def half_width(scores: Sequence[float]) -> float | None:
    """Half of the 95 % interval of the mean by Student's t; None for one score, which says nothing of others."""
    from scipy.special import stdtrit

    k = len(scores)
    return float(stdtrit(k - 1, 0.975)) * stdev(scores) / math.sqrt(k) if k > 1 else None
