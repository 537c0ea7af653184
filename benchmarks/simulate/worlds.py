"""Simulated scores of two arms, which are right or wrong as real ones are.

An answer is right where a sum of normal values is above zero: the level of its arm, the effect of its run, the
difficulty of the sequence, which all arms share, how the arm sees the sequence, and how the run sees it. The deviations
were fitted to runs on the digits: two runs of one arm have a tetrachoric correlation of about 0.7, runs of two arms of
about 0.6. Shapes: k runs of an arm, n tested sequences.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import repeat

import numpy as np
from scipy.special import ndtr, ndtri

from frostformer.results.interval import difference
from frostformer.verdicts.rule import Decision, alpha_of_reading, decide

MARGIN = 0.01
DIFFICULTY, OF_THE_ARM, OF_THE_RUN = 1.4, 0.55, 1.0
_COLLAPSE = 2.0  # what a run loses that fails, on the scale of these deviations


@dataclass(frozen=True)
class Arm:
    """What an arm's answers are like."""

    level: float = 0.8
    """Share of right answers, on average over runs and sequences, before any collapse."""

    seeds: float = 0.015
    """Deviation of the score over runs."""

    own: float = OF_THE_ARM
    collapse: float = 0.0
    """Share of runs that lose most of what they learned."""

    skewed: bool = False
    """Whether the effects of runs are log-normal, with the long tail below."""

    still: bool = False
    """Whether it has no randomness, so that one run is all there is."""

    def answers(self, generator: np.random.Generator, difficulty: np.ndarray, k: int, shift: float = 0.0) -> np.ndarray:
        """Scores (k, n) on sequences of this difficulty (n,); a shift of 0.01 is about a point more right answers."""
        runs = 1 if self.still else k
        spread = math.sqrt(DIFFICULTY**2 + self.own**2 + OF_THE_RUN**2)
        deviation = 0.0 if self.still else self.seeds / slope(self.level)
        effect = deviation * _effect(generator.standard_normal((runs, 1)), self.skewed) + shift / slope(self.level)
        level = spread * (_centre(self.level, deviation, self.skewed) + effect)
        level -= _COLLAPSE * (generator.random((runs, 1)) < self.collapse)
        seen = (
            difficulty
            + self.own * normal(generator, len(difficulty))
            + OF_THE_RUN * normal(generator, runs, len(difficulty))
        )
        scores: np.ndarray = (seen > -level).astype(np.float64)
        return scores


World = tuple[Arm, Arm]

NULLS: dict[str, World] = {
    "the same arm twice": (Arm(own=0.0), Arm(own=0.0)),
    "equal arms, other sequences": (Arm(), Arm()),
    "seeds spread 5 points": (Arm(seeds=0.05), Arm(seeds=0.05)),
    "no seed effect": (Arm(seeds=0.0), Arm(seeds=0.0)),
    "rival without randomness": (Arm(seeds=0.02), Arm(still=True)),
    "15 % of the runs collapse": (Arm(collapse=0.15), Arm(collapse=0.15)),
    "98 % right": (Arm(level=0.98, seeds=0.005), Arm(level=0.98, seeds=0.005)),
    "seeds spread 5 points against 0.5": (Arm(seeds=0.05), Arm(seeds=0.005)),
    "seeds spread 5 points against 0.5, long tail": (Arm(seeds=0.05, skewed=True), Arm(seeds=0.005)),
}
"""Two arms that are equal on average over runs and sequences; the first is asked about."""


def drawn(
    generator: np.random.Generator, arms: Sequence[Arm], n: int, k: int, shifts: Iterable[float] = repeat(0.0)
) -> list[np.ndarray]:
    """Scores (k, n) of each arm, on the same n sequences."""
    difficulty = DIFFICULTY * normal(generator, n)
    return [arm.answers(generator, difficulty, k, shift) for arm, shift in zip(arms, shifts, strict=False)]


def better(world: World, gain: float) -> World:
    """The same, but the first arm gets so many more right."""
    return replace(world[0], level=world[0].level + gain), world[1]


def normal(generator: np.random.Generator, *shape: int) -> np.ndarray:
    """Standard normal values; float32 halves the time of a simulation."""
    return generator.standard_normal(shape, dtype=np.float32)


def slope(share: float) -> float:
    """How much more is right for a step of one deviation, at this share of right answers."""
    return math.exp(-(float(ndtri(share)) ** 2) / 2) / math.sqrt(2 * math.pi)


def _effect(values: np.ndarray, skewed: bool) -> np.ndarray:
    """Effects of runs with mean 0 and deviation 1, from normal values."""
    deviation = math.sqrt((math.e - 1) * math.e)  # of the log-normal law, whose mean is sqrt(e)
    return (math.exp(0.5) - np.exp(values)) / deviation if skewed else values


@cache
def _centre(share: float, deviation: float, skewed: bool) -> float:
    """The level, in units of the spread, at which an arm gets this share right on average over its runs."""
    effects = _effect(ndtri((np.arange(4000) + 0.5) / 4000), skewed) * deviation
    low, high = -8.0, 8.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if ndtr(middle + effects).mean() < share else (low, middle)
    return low


def generator_of(*names: object) -> np.random.Generator:
    """A stream of its own for each cell of a table."""
    return np.random.default_rng(zlib.crc32(repr(names).encode()))


def decided(pair: Sequence[np.ndarray], reading: int = 1) -> Decision:
    """The rule on one simulated data set, whose trainings had four times as many sequences as are tested."""
    one, other = pair
    k, n = one.shape
    return decide(difference(one, other, 4 * n, are_shares=True), MARGIN, alpha_of_reading(reading, k))


def percent(hits: Iterable[object]) -> float:
    """The share that is true, in percent."""
    return round(100 * float(np.mean([bool(hit) for hit in hits])), 2)
