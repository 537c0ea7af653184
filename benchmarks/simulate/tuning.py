"""A rate that is chosen once and then run with every seed, as is usual, or in each replicate."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.special import ndtri

from benchmarks.simulate.worlds import DIFFICULTY, generator_of, normal, percent, slope
from frostformer.results.interval import difference
from frostformer.verdicts.rule import alpha_of_reading

_BEST, _COSTS, _SEEDS = 0.85, np.array([0, 0.007, 0.03]), 0.015
_REPLICATES, _TESTED = 5, 1000
_SPREAD = math.sqrt(DIFFICULTY**2 + 1)  # two copies of one arm see sequences in the same way


def tuned_once(repeats: int) -> Iterator[dict[str, Any]]:
    """Percent of false `helps` between two copies of one arm, by how the rate is chosen; training rows are endless."""
    for rows in (50, 200, 1000):
        generator = generator_of("tuned", rows)
        found = [_false_helps(generator, rows) for _ in range(repeats)]
        shares = {name: percent(each[name] for each in found) for name in found[0]}
        yield {"validation": rows, "tested": _TESTED, "replicates": _REPLICATES, "repeats": repeats, **shares}


def _false_helps(generator: np.random.Generator, rows: int) -> dict[str, bool]:
    """Whether the rule says `helps` of one data set, for each way to choose."""
    file, difficulty = DIFFICULTY * normal(generator, rows), DIFFICULTY * normal(generator, _TESTED)
    scores: dict[str, list[np.ndarray]] = {}
    for _ in range(2):
        for name, levels in _chosen(generator, file).items():
            right = difficulty + normal(generator, _REPLICATES, _TESTED) > -levels[:, None]
            scores.setdefault(name, []).append(right.astype(np.float64))
    alpha = alpha_of_reading(1, _REPLICATES)
    return {
        name: difference(one, other, None, are_shares=True).interval(alpha)[0] > 0
        for name, (one, other) in scores.items()
    }


def _chosen(generator: np.random.Generator, file: np.ndarray) -> dict[str, np.ndarray]:
    """(k,) levels of the runs of one arm, by the way to choose; all but the last use one validation file (v,)."""
    deviation, k = _SPREAD * _SEEDS / slope(_BEST), _REPLICATES
    levels = _SPREAD * math.sqrt(1 + (_SEEDS / slope(_BEST)) ** 2) * ndtri(_BEST - _COSTS)
    runs = levels[:, None] + deviation * generator.standard_normal((3, k))
    tries = levels[:, None] + deviation * generator.standard_normal((3, 1))
    redrawn = DIFFICULTY * normal(generator, k, len(file))
    once = levels[_validated(generator, file, tries)[:, 0].argmax()] + deviation * generator.standard_normal(k)
    by_mean = runs[_validated(generator, file, runs).mean(1).argmax()]
    return {
        "once, then run with every seed": once,
        "by the mean of all runs": by_mean,
        "in each replicate": runs[_validated(generator, file, runs).argmax(0), np.arange(k)],
        "in each replicate, on rows drawn anew": runs[_validated(generator, redrawn, runs).argmax(0), np.arange(k)],
    }


def _validated(generator: np.random.Generator, difficulty: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """(3, k) validation scores of runs at these levels."""
    seen = difficulty + normal(generator, *levels.shape, difficulty.shape[-1])
    scores: np.ndarray = (seen > -levels[..., None]).mean(-1)
    return scores
