"""How often the rule of `frostformer verdict` errs, and what it finds, by simulation; ten minutes on one core.

    python -m benchmarks.simulate results/verdicts/simulations.json

A simulated answer is right where a sum of normal values is above zero: the level of its arm, the effect of its run, the
difficulty of the sequence (deviation 1.4, shared by all arms), how the arm sees the sequence (0.55), and how the run
sees it (1). These deviations were fitted to runs on the digits: two runs of one arm have a tetrachoric correlation of
about 0.7, runs of two arms of about 0.6. Every table has the percentage of the simulated data sets.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from frostformer.files import write_whole
from frostformer.results.interval import difference
from frostformer.verdicts.rule import Decision, against_all, alpha_of_reading, decide

MARGIN = 0.01
DIFFICULTY, OF_THE_ARM, OF_THE_RUN = 1.4, 0.55, 1.0
_SLOPE = 0.28  # of the normal distribution at 80 %: how much a point is of the latent scale

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class World:
    """How two arms differ."""

    level: float = 0.8
    """Share of right answers of the second arm."""

    gain: float = 0.0
    """By which the first one is better."""

    seeds: tuple[float, float] = (0.015, 0.015)
    """Deviation of each arm's score over its runs."""

    own: float = OF_THE_ARM
    collapse: float = 0.0
    """Share of runs that lose most of what they learned."""

    skewed: bool = False
    """Whether the first arm's runs vary by a log-normal law."""

    still: bool = False
    """Whether the second arm has no randomness."""

    def drawn(self, generator: np.random.Generator, n: int, k: int) -> Pair:
        """Scores (k, n) of both."""
        spread = math.sqrt(DIFFICULTY**2 + self.own**2 + OF_THE_RUN**2)
        difficulty = generator.normal(0, DIFFICULTY, n)
        arms = []
        for number, share in enumerate((self.level + self.gain, self.level)):
            runs, skewed = (1 if number == 1 and self.still else k), self.skewed and number == 0
            effect = _effect(generator.standard_normal((runs, 1)), skewed) * self.seeds[number] / _SLOPE
            centre = spread * (_centre(min(share, 0.9999), self.seeds[number], skewed) + effect)
            centre -= 2.0 * (generator.random((runs, 1)) < self.collapse)
            seen = difficulty + generator.normal(0, self.own, n) + generator.normal(0, OF_THE_RUN, (runs, n))
            arms.append((centre + seen > 0).astype(float))
        return arms[0], arms[1]


def _effect(normal: np.ndarray, skewed: bool) -> np.ndarray:
    """Effects of runs with mean 0 and deviation 1, from normal values; skewed ones have a long tail below."""
    return (math.exp(0.5) - np.exp(normal)) / 2.16 if skewed else normal


@cache
def _centre(share: float, deviation: float, skewed: bool) -> float:
    """The level, in units of the spread, at which an arm gets this share right on average over its runs."""
    quantiles = ndtri((np.arange(4000) + 0.5) / 4000)
    effects = _effect(quantiles, skewed) * deviation / _SLOPE
    low, high = -8.0, 8.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if ndtr(middle + effects).mean() < share else (low, middle)
    return low


NULLS = {
    "the same arm twice": World(own=0.0),
    "equal arms, other sequences": World(),
    "seeds spread 5 points": World(seeds=(0.05, 0.05)),
    "no seed effect": World(seeds=(0.0, 0.0)),
    "rival without randomness": World(seeds=(0.015, 0.0), still=True),
    "15 % of the runs collapse": World(collapse=0.15),
    "98 % right": World(level=0.98, seeds=(0.003, 0.003)),
    "seeds spread 5 points against 0.5": World(seeds=(0.05, 0.005)),
    "seeds spread 5 points against 0.5, skewed": World(seeds=(0.05, 0.005), skewed=True),
}
GAINS = (0.0, 0.01, 0.02, 0.05, 0.10)


def generator_of(*names: object) -> np.random.Generator:
    """A stream of its own for each cell of a table."""
    return np.random.default_rng(zlib.crc32(repr(names).encode()))


def decided(pair: Pair, n: int, k: int, reading: int = 1, rows: int | None = None) -> Decision:
    """The rule on one simulated data set, whose trainings had four times as many sequences as are tested."""
    return decide(difference(*pair, rows or 4 * n, are_shares=True), MARGIN, alpha_of_reading(reading, k))


def false_helps(repeats: int) -> Iterator[dict[str, Any]]:
    """Equal arms."""
    for name, world in NULLS.items():
        for n in (50, 200, 1000):
            for k in (3, 5, 10):
                generator = generator_of("null", name, n, k)
                found = [decided(world.drawn(generator, n, k), n, k) for _ in range(repeats)]
                yield {
                    "arms": name,
                    "tested": n,
                    "replicates": k,
                    "helps": percent(one.low > 0 for one in found),
                    "hurts": percent(one.hurts for one in found),
                }


def power(repeats: int) -> Iterator[dict[str, Any]]:
    """The three answers by the true gain."""
    for seeds in (0.005, 0.015, 0.04):
        for n in (50, 200, 1000, 10_000):
            for k in (3, 5):
                for gain in GAINS:
                    generator = generator_of("power", seeds, n, k, gain)
                    world = World(gain=gain, seeds=(seeds, seeds))
                    count = max(100, repeats // 20) if n == 10_000 else repeats // 4
                    words = [decided(world.drawn(generator, n, k), n, k).word for _ in range(count)]
                    yield {
                        "seeds": seeds,
                        "tested": n,
                        "replicates": k,
                        "gain": gain,
                        **{word: percent(one == word for one in words) for word in ("helps", "does not help")},
                    }


def readings(repeats: int) -> Iterator[dict[str, Any]]:
    """Equal arms, with the test read at 3, 5, 7 and 10 replicates, at a third of the alpha each time."""
    for name in ("the same arm twice", "equal arms, other sequences", "rival without randomness"):
        for n in (200, 1000):
            generator, hits, naive = generator_of("readings", name, n), [], []
            for _ in range(repeats):
                one, other = NULLS[name].drawn(generator, n, 10)
                found = [difference(one[:k], other[:k], 4 * n, are_shares=True) for k in (3, 5, 7, 10)]
                alphas = [alpha_of_reading(reading, k) for reading, k in enumerate((3, 5, 7, 10), 1)]
                hits.append(any(each.interval(alpha)[0] > 0 for each, alpha in zip(found, alphas, strict=True)))
                naive.append(any(each.interval(0.025)[0] > 0 for each in found))
            yield {"arms": name, "tested": n, "helps": percent(hits), "without lowering": percent(naive)}


def several_rivals(repeats: int) -> Iterator[dict[str, Any]]:
    """Five rivals, of which the best is as good as the pretrained arm: must it beat all, or the best on validation?"""
    k, rows = 5, 50
    for gaps in ((0, 0, 0, 0, 0), (0, 1, 2, 3, 5), (0, 2, 5, 10, 20)):
        for n in (200, 2000):
            generator, every, chosen = generator_of("rivals", gaps, n), [], []
            for _ in range(repeats // 2):
                levels = [0.8 - gap / 100 for gap in gaps]
                first, _ = World().drawn(generator, n, k)
                rivals = [World(level=level, still=True, seeds=(0, 0)).drawn(generator, n, k)[1] for level in levels]
                best = int(np.argmax([generator.binomial(rows, level) for level in levels]))
                words = {str(i): decided((first, rival), n, k) for i, rival in enumerate(rivals)}
                every.append(against_all(words, str(best)) == "helps")
                chosen.append(words[str(best)].low > 0)
            yield {"gaps": list(gaps), "tested": n, "beats all": percent(every), "beats the chosen": percent(chosen)}


def folds(repeats: int) -> Iterator[dict[str, Any]]:
    """Equal arms and a gain of 10 points where every sequence is tested once, in five parts."""
    for n, k in ((60, 3), (150, 2), (150, 3), (500, 3)):
        numbers = np.arange(n) % 5
        for gain in (0.0, 0.10):
            generator, hits = generator_of("folds", n, k, gain), []
            for _ in range(repeats // 2):
                pair = np.empty((k, n)), np.empty((k, n))
                for fold in range(5):
                    own = numbers == fold
                    for whole, part in zip(pair, World(gain=gain).drawn(generator, int(own.sum()), k), strict=True):
                        whole[:, own] = part
                found = difference(*pair, n * 16 // 25, are_shares=True, folds=numbers)
                hits.append(decide(found, MARGIN, alpha_of_reading(1, k, folds=5)).low > 0)
            yield {"sequences": n, "replicates": k, "gain": gain, "helps": percent(hits)}


def choices_of_a_rate(repeats: int) -> Iterator[dict[str, Any]]:
    """Equal arms whose three rates cost 0, 0.7 and 3 points: the rate chosen anew in each replicate, or once for all.

    Once for all, the rate with the best of one run on validation is taken, and then run again with every seed.
    """
    n, k, costs = 1000, 5, np.array([0.0, 0.007, 0.03])
    for rows in (50, 200, 1000):
        generator = generator_of("rates", rows)
        anew, once = [], []
        for _ in range(repeats // 2):
            pools = [_with_rates(generator, costs, k, rows + n) for _ in range(2)]
            seen = [pool[:, :, :rows].mean(2) for pool in pools]  # (3, k) on validation
            each = [pool[own.argmax(0), np.arange(k), rows:] for pool, own in zip(pools, seen, strict=True)]
            first = [pool[own[:, 0].argmax(), :, rows:] for pool, own in zip(pools, seen, strict=True)]
            anew.append(decided((each[0], each[1]), n, k).low > 0)
            once.append(decided((first[0], first[1]), n, k).low > 0)
        yield {"validation": rows, "anew in each replicate": percent(anew), "once for all": percent(once)}


def _with_rates(generator: np.random.Generator, costs: np.ndarray, k: int, n: int) -> np.ndarray:
    """(3, k, n) scores of an arm at each rate; every rate sees the sequences in its own way, too."""
    spread = math.sqrt(DIFFICULTY**2 + OF_THE_ARM**2 + OF_THE_RUN**2)
    seen = generator.normal(0, DIFFICULTY, n) + generator.normal(0, 0.45, n) + generator.normal(0, 0.32, (3, 1, n))
    centre = spread * ndtri(0.8 - generator.permutation(costs))[:, None, None]
    effect = generator.normal(0, 0.015 * spread / _SLOPE, (3, k, 1))
    right: np.ndarray = centre + effect + seen + generator.normal(0, OF_THE_RUN, (3, k, n)) > 0
    return right.astype(float)


def percent(hits: Any) -> float:
    """The share that is true, in percent."""
    return round(100 * float(np.mean([bool(hit) for hit in hits])), 2)


TABLES: dict[str, Callable[[int], Iterator[dict[str, Any]]]] = {
    "false helps": false_helps,
    "power": power,
    "further readings": readings,
    "several rivals": several_rivals,
    "folds": folds,
    "choice of a rate": choices_of_a_rate,
}


def main(words: list[str]) -> None:
    """Make all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--repeats", type=int, default=2000)
    asked = parser.parse_args(words)
    found: dict[str, Any] = {"repeats": asked.repeats}
    for name, table in TABLES.items():
        found[name] = list(table(asked.repeats))
        print(f"{name}: {len(found[name])} cells", flush=True)
    parts = [f'  "repeats": {asked.repeats}']
    for name in TABLES:
        rows = ",\n".join(f"    {json.dumps(row)}" for row in found[name])
        parts.append(f"  {json.dumps(name)}: [\n{rows}\n  ]")
    write_whole(asked.file, "{\n" + ",\n".join(parts) + "\n}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
