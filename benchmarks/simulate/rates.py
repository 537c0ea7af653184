"""The choice of a learning rate inside a replicate, simulated: what each procedure trains, and what it takes.

Each of three rates has a level after a third of the steps and one at the end; a run has an effect of its own at both
times, correlated by 0.7. Validation rows are drawn anew in each replicate from a pool of five times as many; what a run
makes of a row stays with it. Every rate sees the sequences in a way of its own, too.
Shapes: k replicates, 3 rates in the order 3e-4, 1e-3, 3e-3, v validation rows, n tested sequences.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from benchmarks.simulate.worlds import DIFFICULTY, normal, slope

BEST = 0.85  # share of right answers of an arm's best rate at the end
RATES, USUAL, THIRD, END = 3, 1, 0, 1
_OF_THE_ARM, _OF_THE_RATE = 0.45, 0.32  # together the 0.55 of `worlds`
_SPREAD = math.sqrt(DIFFICULTY**2 + _OF_THE_ARM**2 + _OF_THE_RATE**2 + 1)
_OVER_TIME = 0.7  # correlation of a run's effects after a third and at the end
_COLLAPSE = 2.0
_TIES = np.array([0.1, 0.2, 0.0])[:, None]  # of equal scores the usual rate is taken


@dataclass(frozen=True)
class Learner:
    """How an arm learns."""

    end: tuple[float, float, float] = (0, 0.7, 3)
    """Points by which each rate is below the best at the end."""

    third: tuple[float, float, float] = (0, 1.4, 6)
    """The same after a third, when all have `behind` more to go."""

    behind: float = 10.0
    seeds: float = 0.015
    collapse: tuple[float, float, float] = (0, 0, 0)
    """Share of each rate's runs that fail between a third and the end."""

    def levels(self) -> np.ndarray:
        """(2, 3) on the scale of the deviations, after a third and at the end."""
        shares = BEST - np.array([np.add(self.third, self.behind), self.end]) / 100
        deviation = self.seeds / slope(BEST)
        levels: np.ndarray = _SPREAD * math.sqrt(1 + deviation**2) * ndtri(shares)
        return levels


@dataclass(frozen=True)
class Trained:
    """All that a set of replicates of one arm could train."""

    levels: np.ndarray
    """(2, 3, k) of each run, after a third and at the end."""

    scores: np.ndarray
    """(2, 3, k) on validation."""

    rows: int


Taken = tuple[np.ndarray, np.ndarray, np.ndarray]
"""(k,) level and rate of what a procedure takes, and how many trainings it took."""


def trained(generator: np.random.Generator, learners: tuple[Learner, Learner], k: int, v: int) -> list[Trained]:
    """The replicates of two arms, which share their validation rows."""
    pool = DIFFICULTY * normal(generator, 5 * v)
    rows = np.stack([generator.permutation(5 * v)[:v] for _ in range(k)])  # (k, v)
    arms = []
    for learner in learners:
        first, later = generator.standard_normal((2, RATES, k))
        effects = np.stack([first, _OVER_TIME * first + math.sqrt(1 - _OVER_TIME**2) * later])
        levels = learner.levels()[..., None] + _SPREAD * learner.seeds / slope(BEST) * effects
        levels[END] -= _COLLAPSE * (generator.random((RATES, k)) < np.array(learner.collapse)[:, None])
        own = pool + _OF_THE_ARM * normal(generator, 5 * v) + _OF_THE_RATE * normal(generator, RATES, 5 * v)
        seen = own[:, rows] + normal(generator, RATES, k, v)
        arms.append(Trained(levels, (seen > -levels[..., None]).mean(-1), v))
    return arms


def one_rate(arm: Trained) -> Taken:
    """The usual rate."""
    return _taken(arm, END, np.full(arm.scores.shape[2], USUAL), 1.0)


def all_rates(arm: Trained) -> Taken:
    """All to the end, the best on validation."""
    return _taken(arm, END, (arm.scores[END] + _TIES / arm.rows).argmax(0), 3.0)


def halving(arm: Trained) -> Taken:
    """The best on validation after a third goes on, and counts as it ends."""
    return _taken(arm, END, (arm.scores[THIRD] + _TIES / arm.rows).argmax(0), 5 / 3)


def halving_by_mean(arm: Trained) -> Taken:
    """One rate for all replicates: the best after a third by its mean over them."""
    best = int((arm.scores[THIRD].mean(1) + _TIES[:, 0] / arm.rows / 10).argmax())
    return _taken(arm, END, np.full(arm.scores.shape[2], best), 5 / 3)


def rescued(arm: Trained) -> Taken:
    """Halving as a verdict does it: a run that fell back has the next best go on, too; the best of all counts."""
    k = arm.scores.shape[2]
    place, replicate = np.argsort(-(arm.scores[THIRD] + _TIES / arm.rows), axis=0), np.arange(k)
    chosen, second = place[0], place[1]
    before = arm.scores[THIRD, chosen, replicate]
    fell = arm.scores[END, chosen, replicate] < before - np.sqrt(before * (1 - before) / arm.rows)
    known = np.stack([arm.scores[THIRD], np.full((RATES, k), -np.inf)])
    known[END, chosen, replicate] = arm.scores[END, chosen, replicate]
    known[END, second[fell], replicate[fell]] = arm.scores[END, second[fell], replicate[fell]]
    order = (known + _TIES / arm.rows).reshape(2 * RATES, k)
    order[RATES:] += 0.5 / arm.rows  # of equal scores that at the end
    best = order.argmax(0)
    levels = arm.levels.reshape(2 * RATES, k)[best, replicate]
    return levels, best % RATES, 5 / 3 + 2 / 3 * fell


def _taken(arm: Trained, stage: int, rates: np.ndarray, trainings: float) -> Taken:
    """One rate (k,) for each replicate, at one stage."""
    k = len(rates)
    return arm.levels[stage, rates, np.arange(k)], rates, np.full(k, trainings)


PROCEDURES: dict[str, Callable[[Trained], Taken]] = {
    "one rate": one_rate,
    "all rates to the end": all_rates,
    "halving": halving,
    "halving with rescue": rescued,
    "halving by the mean over replicates": halving_by_mean,
}


def tested(
    generator: np.random.Generator, taken: tuple[list[Taken], ...], n: int, shifts: tuple[float, ...]
) -> list[list[np.ndarray]]:
    """Scores (k, n) of two arms for each of several procedures, on the same sequences; the second is shifted."""
    difficulty, k = DIFFICULTY * normal(generator, n), len(taken[0][0][0])
    own = difficulty + _OF_THE_ARM * normal(generator, 2, 1, n)
    of_rates, of_runs = _OF_THE_RATE * normal(generator, 2, RATES, n), normal(generator, 2, k, n)
    return [
        [
            (own[arm] + of_rates[arm, rates] + of_runs[arm] > -(level + arm * shift)[:, None]).astype(np.float64)
            for arm, (level, rates, _) in enumerate(arms)
        ]
        for arms, shift in zip(taken, shifts, strict=True)
    ]


def share(levels: np.ndarray, shift: float = 0.0) -> float:
    """Share of right answers that runs of these levels get, on average over all sequences."""
    return float(ndtr((levels + shift) / _SPREAD).mean())


def shift_between(one: np.ndarray, other: np.ndarray) -> float:
    """What is to be added to the levels of the other arm, so that both get as much right."""
    low, high = -2.0, 2.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if share(other, middle) < share(one) else (low, middle)
    return low
