"""The interval of a difference: equal to its definition, and wrong no more often than it says."""

from __future__ import annotations

import math
from statistics import mean, variance

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from scipy.stats import t as student

from frostformer.results.interval import Difference, difference, half_width, holm

REPEATS = 400


def runs(generator: np.random.Generator, arms: int, k: int, n: int, gain: float = 0.0, seeds: float = 0.15):
    """(arms, k, n) right or wrong answers of arms that are equal but for the first, which is better by `gain`.

    An answer is right where a latent score is above zero: the level of the run, which seeds move, how easy the sequence
    is, how it suits the arm, and chance. About four of five answers are right.
    """
    level = 1.5 + gain * (np.arange(arms) == 0)[:, None, None] + seeds * generator.standard_normal((arms, k, 1))
    sequences = 1.4 * generator.standard_normal((1, 1, n)) + 0.55 * generator.standard_normal((arms, 1, n))
    return (level + sequences + generator.standard_normal((arms, k, n)) > 0).astype(float)


def claims(arms: int, k: int, n: int, train_rows: int | None, gain: float = 0.0, seeds: float = 0.15) -> np.ndarray:
    """(repeats, arms - 1) 1 where the first arm, the reference, is called below another, -1 above, 0 neither."""
    generator = np.random.default_rng(arms * k * n)
    found = []
    for _ in range(REPEATS):
        reference, *others = runs(generator, arms, k, n, gain, seeds)
        apart = [difference(other, reference, train_rows, True) for other in others]
        ends = [one.interval(alpha) for one, alpha in zip(apart, holm(apart), strict=True)]
        found.append([(low > 0) - (high < 0) for low, high in ends])
    return np.array(found)


@pytest.mark.parametrize("seeds", [0.0, 0.15, 0.5])
@pytest.mark.parametrize(("k", "n"), [(3, 300), (5, 300), (3, 2000), (5, 2000)])
@pytest.mark.parametrize("arms", [2, 5])
def test_equal_arms_are_seldom_called_different(arms, k, n, seeds):
    false = claims(arms, k, n, None, seeds=seeds)  # endless training rows: the narrowest interval
    most = binom.ppf(0.999, REPEATS, 0.05)  # 2.5 % above and 2.5 % below, whatever the number of arms
    assert (false != 0).any(1).sum() <= most


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
    assert found.chance == pytest.approx(student.sf(abs(found.value) / found.variance**0.5, found.freedom), rel=1e-9)


def test_answers_that_are_all_right_are_not_certain():
    ones = np.ones((3, 100))
    found = difference(ones, ones, None, True)
    low, high = found.interval(found.alpha)
    assert low == -high < 0
    assert (found.value, found.chance) == (0.0, 0.5)
    won = ones.copy()
    won[:, :3] = 0  # three sequences, in every run
    low, high = (lost := difference(ones, won, None, True)).interval(lost.alpha)
    assert low < 0 < high


def test_numbers_that_are_all_equal_differ_by_nothing():
    same = difference(np.full((3, 50), -2.0), np.full((3, 50), -2.0), 200, False)
    assert (same.interval(same.alpha), same.chance, same.freedom) == ((0.0, 0.0), 0.5, 1.0)


def of_chance(chance: float, alpha: float = 0.025) -> Difference:
    """A difference of this probability, with very many degrees of freedom."""
    return Difference(-float(student.ppf(chance, 1e9)), 1.0, 1e9, alpha)


def test_holm_steps_down_and_stops():
    chances = [0.02, 0.004, 0.5, 0.008]  # in order read at 0.025 / 4, / 3, / 2, where 0.02 is too much
    alphas = holm([of_chance(chance) for chance in chances])
    assert alphas == pytest.approx([0.025 / 2, 0.025 / 4, 0.025 / 2, 0.025 / 3])
    assert holm([]) == []
    assert holm([of_chance(0.3, 0.0125)]) == [0.0125]


@given(st.lists(st.tuples(st.floats(1e-6, 0.5), st.sampled_from([0.0125, 0.025])), min_size=1, max_size=6))
def test_the_interval_leaves_zero_out_exactly_where_holm_rejects(made):
    differences = [of_chance(chance, alpha) for chance, alpha in made]
    order = sorted(range(len(made)), key=lambda i: made[i][0] / made[i][1])
    rejected = set()
    for place, i in enumerate(order):
        if made[i][0] >= made[i][1] / (len(made) - place):
            break
        rejected.add(i)
    ends = [one.interval(alpha) for one, alpha in zip(differences, holm(differences), strict=True)]
    assert {i for i, (low, high) in enumerate(ends) if low > 0 or high < 0} == rejected


def test_half_of_the_interval_of_a_mean():
    assert half_width([0.97, 0.98, 0.99]) == pytest.approx(4.302653 * 0.01 / 3**0.5)
    assert half_width([0.5, 0.5]) == 0.0
    assert half_width([0.5]) is None
