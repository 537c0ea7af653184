"""The rule errs as rarely as it says, and finds what it says it finds; `make simulate` has the long tables.

The simulated scores are like those of real runs: a sequence has a difficulty that all arms share, an arm sees it in its
own way, and so does every run; an answer is right where their sum is above zero.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import binom

from frostformer.results.interval import difference
from frostformer.verdicts.rule import (
    Decision,
    Spread,
    against_all,
    alpha_of_reading,
    balanced_weights,
    decide,
    examples_needed,
    smallest_effect,
    wins,
)

DIFFICULTY, OF_THE_ARM, OF_THE_RUN = 1.4, 0.55, 1.0
MARGIN = 0.01


def drawn(generator, n, k, *, gain=0.0, seeds=0.015, own=OF_THE_ARM, level=0.8):
    """Scores (k, n) of two arms; the first is better by `gain`."""
    spread = math.sqrt(DIFFICULTY**2 + own**2 + OF_THE_RUN**2)
    difficulty = generator.normal(0, DIFFICULTY, n)
    arms = []
    for share in (level + gain, level):
        centre = spread * ndtri(share)
        effect = generator.normal(0, seeds, (k, 1)) * spread / 0.28  # the slope of the normal distribution at 0.8
        latent = centre + effect + difficulty + generator.normal(0, own, n) + generator.normal(0, OF_THE_RUN, (k, n))
        arms.append((latent > 0).astype(float))
    return arms


def answers(name, repeats, n, k, **how):
    generator = np.random.default_rng([ord(letter) for letter in name])
    found = []
    for _ in range(repeats):
        one, other = drawn(generator, n, k, **how)
        found.append(decide(difference(one, other, 4 * n, True), MARGIN, alpha_of_reading(1, k)))
    return found


def most(share, of):
    """A count that a true share exceeds once in a thousand tests."""
    return binom.ppf(0.999, of, share)


@pytest.mark.parametrize(
    ("name", "how"),
    [("same", {"own": 0.0}), ("other sequences", {}), ("wide seeds", {"seeds": 0.05}), ("high", {"level": 0.98})],
)
def test_equal_arms_rarely_help(name, how):
    found = answers(name, 1500, 200, 5, **how)
    assert sum(one.low > 0 for one in found) <= most(0.025, 1500)
    assert sum(one.high < 0 for one in found) <= most(0.025, 1500)


def test_a_gain_of_five_points_is_found():
    found = answers("power", 300, 1000, 5, gain=0.05)
    assert sum(one.word == "helps" for one in found) > 0.9 * 300
    assert not any(one.word == "does not help" for one in found)


def test_a_gain_of_the_margin_is_rarely_excluded():
    found = answers("margin", 500, 1000, 5, gain=MARGIN)
    assert sum(one.word == "does not help" for one in found) <= most(0.03, 500)


def test_further_readings_keep_the_level():
    generator, hits, repeats = np.random.default_rng(5), 0, 800
    for _ in range(repeats):
        one, other = drawn(generator, 200, 10)
        hits += any(
            decide(difference(one[:k], other[:k], 800, True), MARGIN, alpha_of_reading(reading, k)).low > 0
            for reading, k in enumerate((3, 5, 7, 10), 1)
        )
    assert hits <= most(0.0375, repeats)


def test_folds_keep_the_level():
    generator, hits, repeats, n = np.random.default_rng(6), 0, 600, 150
    folds = np.arange(n) % 5
    for _ in range(repeats):
        arms = [np.empty((3, n)), np.empty((3, n))]
        for fold in range(5):
            own = folds == fold
            for whole, part in zip(arms, drawn(generator, own.sum(), 3), strict=True):
                whole[:, own] = part
        found = difference(*arms, 96, True, folds=folds)
        hits += decide(found, MARGIN, alpha_of_reading(1, 3, folds=5)).low > 0
    assert hits <= most(0.025, repeats)


def test_dependent_sequences_are_one_unit():
    generator, hits, repeats = np.random.default_rng(7), {"alone": 0, "units": 0}, 500
    units = np.repeat(np.arange(20), 30)
    for _ in range(repeats):
        one, other = (np.repeat(part, 30, 1) for part in drawn(generator, 20, 5))  # thirty copies of each
        for name, given in (("alone", None), ("units", units)):
            hits[name] += decide(difference(one, other, 2400, True, units=given), MARGIN, 0.025).low > 0
    assert hits["units"] <= most(0.025, repeats)
    assert hits["alone"] > most(0.025, repeats)  # what would happen without


def test_numbers_by_their_errors():
    generator, hits, repeats = np.random.default_rng(8), 0, 600
    for _ in range(repeats):
        truth = generator.standard_t(3, 200)
        one, other = (-np.abs(truth * 0.5 + generator.normal(0, 1, (5, 200))) for _ in range(2))
        hits += decide(difference(one, other, 800, False), 0.05, 0.025).low > 0
    assert hits <= most(0.025, repeats)


def test_classes_that_count_alike_keep_the_level():
    generator, hits, repeats = np.random.default_rng(13), 0, 600
    labels = np.repeat([0, 1, 2], [180, 16, 4])
    weights = balanced_weights(labels)
    for _ in range(repeats):
        parts = [drawn(generator, count, 5, level=level) for count, level in ((180, 0.9), (16, 0.6), (4, 0.4))]
        one, other = (np.concatenate(arms, 1) for arms in zip(*parts, strict=True))
        found = difference(one, other, 800, True, weights=weights, labels=labels)
        hits += decide(found, MARGIN, 0.025).low > 0
    assert hits <= most(0.025, repeats)


def test_a_decision_worked_by_hand():
    same = np.repeat([[1.0], [0.0]], [80, 20], 0).T.repeat(5, 0)  # every run is right on the same 80 of 100
    worse = same.copy()
    worse[:, :10] = 0
    found = difference(same, worse, None, True)
    variance = (0.1 - 0.1**2) / 99 + 2 / 100**2  # no run differs from another: all that varies is the sequences
    assert (found.variance, found.freedom) == (pytest.approx(variance), pytest.approx(99))
    decided = decide(found, MARGIN, 0.025)
    assert (decided.low, decided.high) == pytest.approx(
        (0.1 - 1.984217 * variance**0.5, 0.1 + 1.984217 * variance**0.5)
    )
    assert decided.word == "helps"


def test_equal_answers_are_no_surer_than_few_sequences_allow():
    one, _ = drawn(np.random.default_rng(14), 200, 5)
    found = difference(one, one, 800, True)
    assert found.value == 0
    assert decide(found, MARGIN, 0.025).word == "cannot tell"
    alone = difference(one[:1], one[:1], 800, True)  # two arms without randomness
    assert decide(alone, MARGIN, 0.025).low < 0 < alone.variance


def test_arms_that_are_all_right_need_many_sequences_for_no_help():
    right = np.ones((5, 132))
    assert decide(difference(right, right, 528, True), MARGIN, 0.025).word == "cannot tell"
    right = np.ones((5, 1000))
    assert decide(difference(right, right, 4000, True), MARGIN, 0.025).word == "does not help"


def test_a_rival_without_randomness_has_one_row():
    one, other = drawn(np.random.default_rng(9), 300, 5, gain=0.15)
    found = difference(one, other[:1], 1200, True)
    assert found.variance < difference(one, other, 1200, True).variance * 2
    assert decide(found, MARGIN, 0.025).word == "helps"


def test_classes_count_alike():
    labels = np.repeat([0, 1, 2], [80, 15, 1])
    weights = balanced_weights(labels)
    assert weights.sum() == pytest.approx(1)
    assert weights[labels == 2] == pytest.approx(1 / 3)
    right, wrong = np.ones((5, 96)), np.zeros((1, 96))
    found = difference(right, wrong, 400, True, weights=weights, labels=labels)
    assert found.value == pytest.approx(1)
    alone = difference(right, np.where(labels == 2, 0.0, 1.0)[None], 400, True, weights=weights, labels=labels)
    assert alone.value == pytest.approx(1 / 3)
    assert alone.variance > (1 / 3 * 2 / 3) ** 2 / 2  # a class of one sequence keeps its own square


def test_margin_and_zero_decide():
    one, other = drawn(np.random.default_rng(10), 400, 5, gain=0.1)
    found = difference(one, other, 1600, True)
    assert decide(found, 0.01, 0.025).word == "helps"
    assert decide(found, 0.5, 0.025).word == "does not help"  # surely better, by less than the margin
    worse = decide(difference(other, one, 1600, True), 0.01, 0.025)
    assert worse.word == "does not help"
    assert worse.high < 0


def decision(low, high, margin=MARGIN):
    word = "does not help" if high < margin else "helps" if low > 0 else "cannot tell"
    return Decision(word, (low + high) / 2, low, high)


def test_every_rival_must_be_beaten():
    far, near, none = decision(0.1, 0.2), decision(-0.01, 0.05), decision(-0.05, 0.001)
    assert against_all({"a": far, "b": decision(0.02, 0.09)}, "b") == "helps"
    assert against_all({"a": far, "b": near}, "b") == "cannot tell"
    assert against_all({"a": none, "b": near}, "a") == "does not help"
    assert against_all({"a": none, "b": near}, "b") == "cannot tell"  # the one that is best on validation says it
    assert against_all({"b": decision(0.02, 0.09)}, "b", are_all_there=False) == "cannot tell"
    assert against_all({"a": none}, "a", are_all_there=False) == "does not help"  # what is missing can only be better


def test_alpha():
    assert alpha_of_reading(1, 5) == 0.025
    assert alpha_of_reading(1, 3) == 0.0125
    assert alpha_of_reading(2, 5) == pytest.approx(0.025 / 3)
    assert alpha_of_reading(1, 3, folds=5) == 0.025
    assert alpha_of_reading(1, 2, folds=5) == 0.0125
    assert alpha_of_reading(1, 5, comparisons=4) == 0.00625
    assert sum(alpha_of_reading(reading, 5) for reading in range(1, 50)) < 0.0376


def test_wins():
    assert wins(np.array([0.9, 0.8]), np.array([0.7, 0.85, 0.8])) == (4, 6)
    assert wins(np.ones(2), np.ones(2)) == (2, 4)


def test_the_smallest_effect_is_found_in_four_of_five_cases():
    generator, n, k = np.random.default_rng(11), 400, 5
    pairs = [drawn(generator, n, 2) for _ in range(60)]
    spread = Spread(
        seed_variances=(0.015**2, 0.015**2),
        disagreement=float(np.mean([np.var(one[0] - other[0]) for one, other in pairs])),
        same=float(np.mean([np.var(one[0] - one[1]) for one, _ in pairs])),
        runs=k,
    )
    effect = smallest_effect(spread, examples=n, train_rows=4 * n, alpha=0.025)
    found = answers("smallest", 400, n, k, gain=effect, level=0.75)
    assert 0.68 < np.mean([one.low > 0 for one in found]) < 0.95


ASSUMED = Spread(seed_variances=(0.015**2,) * 2, disagreement=0.2, same=0.15, runs=5)


def test_the_smallest_effect_worked_by_hand():
    # without runs that vary, the variance is 0.2 / 200; t has 199 degrees of freedom, 1.971957 and 0.843431
    still = Spread(seed_variances=(), disagreement=0.2, same=0.0, runs=5, are_shares=False)
    endless = smallest_effect(still, examples=200, train_rows=None, alpha=0.025)
    assert endless == pytest.approx((1.971957 + 0.843431) * 0.001**0.5, rel=1e-5)
    few = smallest_effect(still, examples=200, train_rows=200, alpha=0.025)
    assert few == pytest.approx(2.815388 * 0.002**0.5, rel=1e-5)


def test_the_examples_that_are_needed_are_the_fewest():
    needed = examples_needed(ASSUMED, 0.05, train_per_test=4, alpha=0.025)
    assert needed is not None
    assert smallest_effect(ASSUMED, examples=needed, train_rows=4 * needed, alpha=0.025) <= 0.05
    fewer = needed - 10 ** (len(str(needed)) - 2)  # the number before, of two digits
    assert smallest_effect(ASSUMED, examples=fewer, train_rows=4 * fewer, alpha=0.025) > 0.05


def test_no_number_of_examples_makes_up_for_runs_that_differ():
    wide, none = (replace(ASSUMED, seed_variances=each) for each in ((0.04**2,) * 2, ()))
    assert examples_needed(wide, 0.02, train_per_test=None, alpha=0.025) is None
    assert examples_needed(none, 0.02, train_per_test=None, alpha=0.025) is not None
