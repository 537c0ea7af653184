"""The interval of a difference: equal to its definition, and wrong no more often than it says."""

from __future__ import annotations

import math
from statistics import mean, variance

import numpy as np
import pytest
from scipy.stats import binom, norm
from scipy.stats import t as student

from frostformer.errors import InputError
from frostformer.results.interval import Difference, difference, half_width, together

REPEATS = 400


def runs(generator: np.random.Generator, arms: int, k: int, n: int, gain: np.ndarray | float, seeds: float = 0.15):
    """(arms, k, n) right or wrong answers of arms that differ in their `gain` alone.

    An answer is right where a latent score is above zero: the level of the run, which seeds move, how easy the sequence
    is, how it suits the arm, and chance. About four of five answers are right.
    """
    level = 1.5 + gain + seeds * generator.standard_normal((arms, k, 1))
    sequences = 1.4 * generator.standard_normal((1, 1, n)) + 0.55 * generator.standard_normal((arms, 1, n))
    return (level + sequences + generator.standard_normal((arms, k, n)) > 0).astype(float)


def claims(arms: int, k: int, n: int, train_rows: int | None, gain: float = 0.0, seeds: float = 0.15) -> np.ndarray:
    """(repeats, arms - 1) 1 where the first arm, the reference, is called below another, -1 above, 0 neither."""
    generator = np.random.default_rng(arms * k * n)
    found = []
    for _ in range(REPEATS):
        reference, *others = runs(generator, arms, k, n, gain * (np.arange(arms) == 0)[:, None, None], seeds)
        apart = [difference(other, reference, train_rows, True) for other in others]
        found.append([(low > 0) - (high < 0) for low, high in together(apart)])
    return np.array(found)


@pytest.mark.parametrize("seeds", [0.0, 0.15, 0.5])
@pytest.mark.parametrize(("k", "n"), [(3, 300), (5, 300), (3, 2000), (5, 2000)])
@pytest.mark.parametrize("arms", [2, 5])
def test_equal_arms_are_seldom_called_different(arms, k, n, seeds):
    false = claims(arms, k, n, None, seeds=seeds)  # endless training rows: the narrowest interval
    most = binom.ppf(0.999, REPEATS, 0.05)  # 2.5 % above and 2.5 % below, whatever the number of arms
    assert (false != 0).any(1).sum() <= most


@pytest.mark.parametrize("k", [3, 5])
def test_intervals_hold_all_true_differences_together(k):
    """Of arms that all differ, too, where each of the words above and below is right."""
    generator, gains, n = np.random.default_rng(k), [0.0, 0.9, 0.9, 1.2, 1.2, -0.9, -0.9], 1000
    spread = math.sqrt(1.4**2 + 0.55**2 + 0.15**2 + 1)  # of the latent score
    true = [norm.cdf((1.5 + gain) / spread) - norm.cdf(1.5 / spread) for gain in gains[1:]]
    missed = 0
    for _ in range(REPEATS):
        reference, *others = runs(generator, len(gains), k, n, np.array(gains)[:, None, None])
        found = together([difference(other, reference, None, True) for other in others])
        missed += any(not low < value < high for value, (low, high) in zip(true, found, strict=True))
    assert missed <= binom.ppf(0.999, REPEATS, 0.05)


@pytest.mark.parametrize(("k", "gain"), [(3, 0.9), (5, 0.6)])
def test_a_real_difference_is_found(k, gain):
    found = claims(2, k, 1000, 4000, gain)[:, 0]
    assert (found == -1).mean() > 0.9
    assert not (found == 1).any()


def by_definition(one, other, train_rows, are_shares, alpha):
    """The interval in plain Python, sum by sum."""
    n = len(one[0])
    d = [mean(run[i] for run in one) - mean(run[i] for run in other) for i in range(n)]
    value = sum(d) / n
    examples = sum((x - value) ** 2 for x in d) / n**2 * n / (n - 1) + (2 / n**2 if are_shares else 0)
    training = examples * n / train_rows if train_rows else 0
    over_runs = [variance([mean(run) for run in arm]) / len(arm) for arm in (one, other)]
    noise = sum(variance([run[i] for run in arm]) / len(arm) for arm in (one, other) for i in range(n)) / n**2
    s = sum(over_runs)
    whole = max(s + examples - noise, s, examples) + training
    of_runs = sum(x**2 / (len(arm) - 1) for x, arm in zip(over_runs, (one, other), strict=True))
    freedom = (s + examples + training) ** 2 / (of_runs + (examples + training) ** 2 / (n - 1))
    half = student.ppf(1 - alpha, max(freedom, 1)) * math.sqrt(whole)
    return value - half, value + half


@pytest.mark.parametrize("train_rows", [None, 50, 4000])
@pytest.mark.parametrize("are_shares", [True, False])
@pytest.mark.parametrize(("k", "other_k", "alpha"), [(3, 3, 0.0125), (4, 6, 0.0125), (5, 5, 0.025), (7, 5, 0.025)])
def test_the_interval_is_its_definition(k, other_k, alpha, are_shares, train_rows):
    generator = np.random.default_rng(k)
    one, other = (generator.normal(0.1 * i, 1, (size, 40)) for i, size in enumerate((k, other_k)))
    if are_shares:
        one, other = (one > 0).astype(float), (other > 0).astype(float)
    found = difference(one, other, train_rows, are_shares)
    assert found.alpha == alpha
    expected = by_definition(one.tolist(), other.tolist(), train_rows, are_shares, alpha)
    assert found.interval(alpha) == pytest.approx(expected, rel=1e-9)


def worked_by_hand(**options):
    """Two arms of two runs on four sequences: the differences are 1, -0.5, 0 and 1."""
    one, other = np.array([[1.0, 1, 0, 1], [1, 0, 0, 1]]), np.array([[0.0, 1, 0, 0], [0, 1, 0, 0]])
    return difference(one, other, options.pop("train_rows", None), options.pop("are_shares", True), **options)


def test_worked_by_hand():
    found = worked_by_hand(train_rows=8)
    runs, sequences, noise = 0.03125 / 2, 1.6875 / 12 + 2 / 16, 0.5 / 16 / 2
    training = sequences * 4 / 8
    assert found.value == 0.375
    assert found.variance == pytest.approx(runs + sequences - noise + training)
    assert found.freedom == pytest.approx(0.4140625**2 / (runs**2 + 0.3984375**2 / 3))


def test_units_weights_labels_and_folds_worked_by_hand():
    def variance_of(**options):
        return worked_by_hand(are_shares=False, **options).variance

    # deviations from 0.375: 0.625, -0.875, -0.375, 0.625; two units have the sums -0.25 and 0.25
    assert variance_of(units=np.array([0, 0, 1, 1])) == pytest.approx(2 * 0.25**2 / 16 * 2)
    # the class of three has the mean 1/6; the other one keeps its own square
    squares = (5 / 6) ** 2 + (2 / 3) ** 2 + (1 / 6) ** 2 + 0.625**2
    assert variance_of(labels=np.array([0, 0, 0, 1])) == pytest.approx(squares / 12)
    # weights: the difference is 0.5 * 1 - 0.25 * 0.5 + 0.25 * 1 = 0.625
    weights = np.array([0.5, 0.25, 0, 0.25])
    found = worked_by_hand(are_shares=False, weights=weights)
    assert found.value == 0.625
    assert found.variance == pytest.approx((0.1875**2 + 0.28125**2 + 0.09375**2) * 4 / 3)
    # only the fold of the second sequence varies over runs: 0.5 / 16 / 2, as without folds, but with twice the freedom
    whole, parts = worked_by_hand(), worked_by_hand(folds=np.array([0, 0, 1, 1]))
    assert parts.variance == whole.variance
    assert parts.freedom > whole.freedom


def whole_by_definition(one, other, train_rows, are_shares, weights, labels, units, folds):
    """Value, variance and degrees of freedom in plain Python, sum by sum."""
    n, every = len(one[0]), range(len(one[0]))
    d = [mean(run[i] for run in one) - mean(run[i] for run in other) for i in every]
    value = sum(w * x for w, x in zip(weights, d, strict=True))
    alike = [[j for j in every if labels[j] == labels[i]] for i in every]
    centre = [mean(d[j] for j in own) if len(own) > 1 else value for own in alike]
    sums = [sum(weights[i] * (d[i] - centre[i]) for i in every if units[i] == unit) for unit in sorted(set(units))]
    count = len(sums)
    sequences = sum(u**2 for u in sums) * count / (count - 1)
    sequences += 2 * sum(w**2 for w in weights) / n if are_shares else 0
    training = sequences * n / train_rows
    over_runs, noise, uncertainty = 0.0, 0.0, (sequences + training) ** 2 / (count - 1)
    for arm in (one, other):
        if (k := len(arm)) > 1:
            inside = [[i for i in every if folds[i] == fold] for fold in sorted(set(folds))]
            own = sum(variance([sum(weights[i] * run[i] for i in part) for run in arm]) / k for part in inside)
            over_runs += own
            uncertainty += own**2 / ((k - 1) * len(inside))
            noise += sum(weights[i] ** 2 * variance([run[i] for run in arm]) / k for i in every)
    whole = max(over_runs + sequences - noise, sequences, over_runs) + training
    return value, whole, max((over_runs + sequences + training) ** 2 / uncertainty, 1)


@pytest.mark.parametrize("are_shares", [True, False])
@pytest.mark.parametrize(("k", "other_k"), [(5, 5), (3, 1), (1, 1)])
def test_the_whole_rule_is_its_definition(k, other_k, are_shares):
    generator = np.random.default_rng(k)
    for _ in range(5):
        one, other = (generator.integers(0, 2, (size, 30)).astype(float) for size in (k, other_k))
        weights = generator.dirichlet(np.ones(30))
        labels, units, folds = (generator.integers(0, top, 30) for top in (4, 12, 3))
        options = {"weights": weights, "labels": labels, "units": units, "folds": folds}
        found = difference(one, other, 50, are_shares, **options)
        plain = [option.tolist() for option in options.values()]
        expected = whole_by_definition(one.tolist(), other.tolist(), 50, are_shares, *plain)
        assert (found.value, found.variance, found.freedom) == pytest.approx(expected, rel=1e-9)


def test_equal_weights_and_units_of_one_change_nothing():
    generator = np.random.default_rng(2)
    one, other = (generator.normal(size=(5, 40)) for _ in range(2))
    plain = difference(one, other, 80, True)
    same = difference(one, other, 80, True, weights=np.full(40, 1 / 40), units=np.arange(40), folds=np.zeros(40))
    assert (same.value, same.variance, same.freedom) == pytest.approx(
        (plain.value, plain.variance, plain.freedom), rel=1e-12
    )


def test_one_unit_says_nothing_of_others():
    scores = np.ones((3, 40))
    with pytest.raises(InputError, match="all of one unit"):
        difference(scores, scores, 80, True, units=np.zeros(40))


def test_answers_that_are_all_right_are_not_certain():
    ones = np.ones((3, 100))
    found = difference(ones, ones, None, True)
    low, high = found.interval(found.alpha)
    assert low == -high < 0
    assert found.value == 0.0
    won = ones.copy()
    won[:, :3] = 0  # three sequences, in every run
    low, high = (lost := difference(ones, won, None, True)).interval(lost.alpha)
    assert low < 0 < high


def test_numbers_that_are_all_equal_differ_by_nothing():
    same = difference(np.full((3, 50), -2.0), np.full((3, 50), -2.0), 200, False)
    assert (same.interval(same.alpha), same.freedom) == ((0.0, 0.0), 1.0)


def test_several_intervals_share_their_alpha():
    some = [Difference(0.1, 1e-4, 20.0, 0.025), Difference(0.0, 1e-2, 4.0, 0.0125)]
    assert together(some) == [some[0].interval(0.0125), some[1].interval(0.00625)]
    assert together(some[:1], among=2) == [some[0].interval(0.0125)]
    assert together([]) == []


def test_half_of_the_interval_of_a_mean():
    assert half_width([0.97, 0.98, 0.99]) == pytest.approx(4.302653 * 0.01 / 3**0.5)
    assert half_width([0.5, 0.5]) == 0.0
    assert half_width([0.5]) is None
