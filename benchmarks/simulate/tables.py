"""The rule on simulated scores: false answers between equal arms, power, readings, several rivals, folds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.special import ndtri

from benchmarks.simulate.worlds import MARGIN, NULLS, Arm, World, better, decided, drawn, generator_of, percent
from frostformer.results.interval import ALPHA, Difference, difference
from frostformer.verdicts.rule import against_all, alpha_of_reading, decide

Row = dict[str, Any]
_LARGE = 4000  # tested sequences, from which on fewer repeats must do


def equal_arms(repeats: int) -> Iterator[Row]:
    """Percent of false answers between arms that are equal, by the rule and by two usual tests.

    `t over runs` is the t-test of the scores of runs at the rule's alpha; `one run` compares the answers of one run of
    each arm (McNemar). `false does not help` is the rule's where the gain is the margin.
    """
    for name, world in NULLS.items():
        for n in (50, 200, 1000, _LARGE):
            for k in (3, 5, 10):
                generator, count = generator_of("equal", name, n, k), repeats // (5 if n == _LARGE else 1)
                helps, hurts, over_runs, one_run = zip(
                    *(_answers(*drawn(generator, world, n, k)) for _ in range(count)), strict=True
                )
                yield {
                    "arms": name,
                    "tested": n,
                    "replicates": k,
                    "repeats": count,
                    "helps": percent(helps),
                    "hurts": percent(hurts),
                    "t over runs": percent(over_runs),
                    "one run": percent(one_run),
                    "false does not help": _excluded(name, world, n, k, count // 2),
                }


def _answers(one: np.ndarray, other: np.ndarray) -> tuple[bool, bool, bool, bool]:
    """Whether the rule calls the first arm better, and worse; whether each of two usual tests calls it better."""
    found, alpha = decided((one, other)), alpha_of_reading(1, len(one))
    return found.low > 0, found.high < 0, _over_runs(one, other).interval(alpha)[0] > 0, _one_run(one, other)


def _excluded(name: str, world: World, n: int, k: int, repeats: int) -> float | None:
    """Percent of `does not help` where the gain is the margin; None where collapses change the gain."""
    if world[0].collapse:
        return None
    generator, apart = generator_of("margin", name, n, k), better(world, MARGIN)
    return percent(decided(drawn(generator, apart, n, k)).word == "does not help" for _ in range(repeats))


def _over_runs(one: np.ndarray, other: np.ndarray) -> Difference:
    """What a t-test of the scores of runs sees, which takes the tested sequences for all there are."""
    means = [arm.mean(1) for arm in (one, other)]
    parts = [(float(own.var(ddof=1)) / len(own), len(own) - 1) for own in means if len(own) > 1]
    variance = sum(part for part, _ in parts)
    freedom = variance**2 / (sum(part**2 / free for part, free in parts) or 1.0)
    return Difference(float(means[0].mean() - means[1].mean()), variance, max(freedom, 1.0), ALPHA)


def _one_run(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether McNemar's test calls the first run of an arm better than that of the other."""
    won, lost = int((one[0] > other[0]).sum()), int((one[0] < other[0]).sum())
    return won - lost > -float(ndtri(ALPHA)) * math.sqrt(won + lost)


def power(repeats: int) -> Iterator[Row]:
    """Percent of the three answers by the true gain; the rival gets 80 % right, the margin is one point."""
    for seeds in (0.005, 0.015, 0.04):
        for n in (50, 200, 1000, 10_000):
            for k in (3, 5, 10):
                for gain in (0.0, 0.01, 0.02, 0.05, 0.10):
                    generator, count = generator_of("power", seeds, n, k, gain), repeats // (8 if n == 10_000 else 4)
                    world = better((Arm(seeds=seeds), Arm(seeds=seeds)), gain)
                    words = [decided(drawn(generator, world, n, k)).word for _ in range(count)]
                    shares = {word: percent(one == word for one in words) for word in ("helps", "does not help")}
                    yield {"seeds": seeds, "tested": n, "replicates": k, "gain": gain, "repeats": count, **shares}


def readings(repeats: int) -> Iterator[Row]:
    """Percent of false `helps` where the test is read at 3, 5, 7 and 10 replicates, with alpha lowered or not."""
    sizes = (3, 5, 7, 10)
    for name in ("the same arm twice", "equal arms, other sequences", "rival without randomness"):
        for n in (200, 1000):
            generator, lowered, plain = generator_of("readings", name, n), [], []
            for _ in range(repeats):
                one, other = drawn(generator, NULLS[name], n, max(sizes))
                found = [difference(one[:k], other[:k], 4 * n, are_shares=True) for k in sizes]
                alphas = [alpha_of_reading(reading, k) for reading, k in enumerate(sizes, 1)]
                lowered.append(any(each.interval(alpha)[0] > 0 for each, alpha in zip(found, alphas, strict=True)))
                plain.append(any(each.interval(ALPHA)[0] > 0 for each in found))
            yield {
                "arms": name,
                "tested": n,
                "repeats": repeats,
                "a third each time": percent(lowered),
                "not lowered": percent(plain),
            }


def rivals(repeats: int) -> Iterator[Row]:
    """Percent of `helps` against five rivals, the best of which is as good as the pretrained arm, or 5 points below."""
    count = repeats // 2
    for gaps in ((0, 0, 0, 0, 0), (0, 1, 2, 3, 5), (0, 2, 5, 10, 20)):
        for n in (200, 2000):
            for rows in (50, 300):
                for gain in (0.0, 0.05):
                    generator = generator_of("rivals", gaps, n, rows, gain)
                    found = [_against_five(generator, gaps, n, rows, gain) for _ in range(count)]
                    yield {
                        "points below the best": list(gaps),
                        "tested": n,
                        "validation": rows,
                        "gain": gain,
                        "repeats": count,
                        "beats every one": percent(every for every, _ in found),
                        "beats the best on validation": percent(chosen for _, chosen in found),
                    }


def _against_five(
    generator: np.random.Generator, gaps: tuple[int, ...], n: int, rows: int, gain: float
) -> tuple[bool, bool]:
    """Whether the pretrained arm beats every rival, and whether it beats the one that is best on validation."""
    arms = [Arm(level=0.8 + gain), *(Arm(level=0.8 - gap / 100, still=True) for gap in gaps)]
    first, *others = drawn(generator, arms, rows + n, 5)
    words = {str(i): decided((first[:, rows:], other[:, rows:])) for i, other in enumerate(others)}
    best = str(int(np.argmax([other[:, :rows].mean() for other in others])))
    return against_all(words, best) == "helps", words[best].low > 0


def folds(repeats: int) -> Iterator[Row]:
    """Percent of `helps` where every sequence is tested once, in folds, by how much the training rows matter."""
    count = repeats // 2
    for n, parts, k in ((60, 5, 3), (150, 5, 2), (150, 5, 3), (500, 5, 3), (500, 10, 3)):
        numbers = np.arange(n) % parts
        for gain in (0.0, 0.10):
            for share in (0.0, 1.0):
                generator, hits = generator_of("folds", n, parts, k, gain, share), []
                for _ in range(count):
                    one, other = _in_folds(generator, numbers, k, gain, share)
                    found = difference(one, other, n * (parts - 1) // parts, are_shares=True, folds=numbers)
                    hits.append(decide(found, MARGIN, alpha_of_reading(1, k, folds=parts)).low > 0)
                yield {
                    "sequences": n,
                    "folds": parts,
                    "replicates": k,
                    "gain": gain,
                    "effect of training rows": share,
                    "repeats": count,
                    "helps": percent(hits),
                }


def _in_folds(
    generator: np.random.Generator, numbers: np.ndarray, k: int, gain: float, share: float
) -> list[np.ndarray]:
    """Scores (k, n) of two arms in folds.

    Each training row shifts an arm's score a little, and folds share most of their training rows. All together vary by
    `share` of what the rule takes for them, which is about 0.45 / sqrt(n) of the difference.
    """
    n, arm = len(numbers), Arm(level=0.75, seeds=0.02)
    pair, pulls = [np.empty((k, n)) for _ in range(2)], generator.standard_normal((2, n))
    for fold in range(int(numbers.max()) + 1):
        own, others = numbers == fold, numbers != fold
        shifts = pulls[:, others].mean(1) * math.sqrt(others.sum()) * share * 0.45 / math.sqrt(2 * n)
        scores = drawn(generator, better((arm, arm), gain), int(own.sum()), k, shifts)
        for whole, part in zip(pair, scores, strict=True):
            whole[:, own] = part
    return pair
