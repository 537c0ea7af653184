"""The rule by which a verdict answers; `docs/verdict.md` explains it and says how often it errs. It imports no torch.

k replicates of an arm, n tested sequences.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from frostformer.results.interval import ALPHA, RUNS_FOR_ALPHA, Difference
from frostformer.results.metrics import METRICS
from frostformer.results.verdict import Compared, Word

SEED_DEVIATION, DISAGREEMENT, SAME = 0.015, 0.20, 0.15
"""Assumed before anything is trained: the deviation of an arm's score over seeds, and on which share of the sequences
two arms, and two runs of one arm, differ."""

_OF_FURTHER_READINGS = 1 / 3
_REPLICATES_OF_A_FOLD = 3
_POWER = 0.8


@dataclass(frozen=True)
class Decision:
    """What an interval says."""

    word: Word
    difference: float
    low: float
    high: float


def decide(found: Difference, margin: float, alpha: float) -> Decision:
    """`does not help` where a gain of the margin is excluded, otherwise `helps` where zero is, else `cannot tell`."""
    low, high = found.interval(alpha)
    word: Word = "does not help" if high < margin else "helps" if low > 0 else "cannot tell"
    return Decision(word, found.value, low, high)


def in_points(value: float, *, is_share: bool) -> str:
    """A difference of scores in words: such as `8.9 points`, or a number in the unit of the targets."""
    if not is_share:
        return METRICS["mae"].text(value)
    points = f"{100 * value:.1f}"
    return f"{points} point{'' if points == '1.0' else 's'}"


def against_all(
    decisions: Mapping[str, Decision] | Mapping[str, Compared], best: str, *, are_all_there: bool = True
) -> Word:
    """The answer against several rivals.

    To be better than all of them needs no correction, since each must be beaten (intersection-union). That it is no
    better is said of the rival that is best on validation; it holds whatever rivals are missing.
    """
    if decisions[best].word == "does not help":
        return "does not help"
    return "helps" if are_all_there and all(one.low > 0 for one in decisions.values()) else "cannot tell"


def alpha_of_reading(reading: int, replicates: int, comparisons: int = 1, folds: int = 1) -> float:
    """The one-sided alpha of a reading of the test set.

    Args:
        reading: 1 for the first. Each further one has a third of the alpha before, 3.75 % for ever.
        replicates: of an arm; with few of them half of alpha is taken.
        comparisons: that share alpha.
        folds: of the tested sequences; each has its own replicates.
    """
    enough = RUNS_FOR_ALPHA if folds == 1 else _REPLICATES_OF_A_FOLD
    return ALPHA * _OF_FURTHER_READINGS ** (reading - 1) / comparisons / (1 if replicates >= enough else 2)


def balanced_weights(labels: np.ndarray) -> np.ndarray:
    """(n,) with which every class that is tested counts as much as any other; their sum is 1."""
    _, place, counts = np.unique(labels, return_inverse=True, return_counts=True)
    weights: np.ndarray = 1 / (len(counts) * counts[place])
    return weights


def wins(one: np.ndarray, other: np.ndarray) -> tuple[int, int]:
    """In how many pairs of replicates the first arm's score (k,) is the higher one, and the number of pairs.

    Of ties, half are counted, rounded down.
    """
    higher, equal = (one[:, None] > other).sum(), (one[:, None] == other).sum()
    return int(higher + equal // 2), len(one) * len(other)


@dataclass(frozen=True)
class Spread:
    """How much the scores of two arms vary, on which it depends how small a difference can be found."""

    seed_variances: Sequence[float]
    """For each arm, of its score over seeds, beyond the noise of single answers."""

    disagreement: float
    """Variance over sequences of the difference of one run of each arm."""

    same: float
    """The part of `disagreement` that two runs of one arm show, too."""

    runs: int
    """Of an arm, whose scores are averaged."""

    are_shares: bool = True
    """Whether scores are shares of right answers, see `results.interval.difference`."""


def smallest_effect(spread: Spread, *, examples: int, train_rows: int | None, alpha: float) -> float:
    """The difference that is found in 4 of 5 cases.

    Args:
        spread: of the scores.
        examples: n.
        train_rows: sequences that a run trains on; None if they are endless.
        alpha: at which the difference is read.
    """
    from scipy.special import stdtrit

    runs = spread.runs
    noise = spread.same / runs / examples
    sequences = max(spread.disagreement - spread.same, 0) / examples + noise
    sequences += 2 / examples**2 if spread.are_shares else 0.0
    training = sequences * examples / train_rows if train_rows else 0.0
    parts = [variance / runs + noise / 2 for variance in spread.seed_variances]
    variance = sum(parts) + sequences - noise * len(parts) / 2 + training
    uncertainty = (sequences + training) ** 2 / max(1, examples - 1)
    uncertainty += sum(part**2 / max(1, runs - 1) for part in parts)
    freedom = (sum(parts) + sequences + training) ** 2 / uncertainty
    return float(stdtrit(freedom, 1 - alpha) + stdtrit(freedom, _POWER)) * math.sqrt(variance)


def examples_needed(spread: Spread, effect: float, *, train_per_test: float | None, alpha: float) -> int | None:
    """About how many tested sequences it takes to find an effect, to two digits.

    `smallest_effect` need not fall all the way as more are tested: where only the few runs are left to be uncertain
    about, the degrees of freedom are few, too. So numbers are tried one after the other, from 10 on.

    Args:
        spread: of the scores.
        effect: the difference that is to be found.
        train_per_test: training sequences for each tested one, as more are collected; None if they are endless.
        alpha: at which the difference is read.

    Returns:
        None where no number below 100 million is enough, as where the runs alone differ too much.
    """
    for examples in (int(lead * 10**zeros) for zeros in range(7) for lead in range(10, 100)):
        rows = max(1, round(examples * train_per_test)) if train_per_test is not None else None
        if smallest_effect(spread, examples=examples, train_rows=rows, alpha=alpha) <= effect:
            return examples
    return None
