"""Equal sequences count as one, their order means nothing, and what is held out leaves every class in training."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frostformer.deploy.distinct import distinct, held_out

RNG = np.random.default_rng(0)


def ragged(count):
    return [RNG.standard_normal((1 + n % 4, 2)) for n in range(count)]


def same(one, other):
    assert len(one.x) == len(other.x)
    for a, b in zip(one.x, other.x, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(one.y, other.y)
    np.testing.assert_allclose(one.weights, other.weights)


@pytest.mark.parametrize("y", [RNG.integers(0, 3, 12), RNG.standard_normal(12), RNG.standard_normal((12, 2))])
def test_weights_are_repetitions_and_order_means_nothing(y):
    x, times = ragged(12), RNG.integers(0, 4, 12)
    weighted = distinct(x, y, times.astype(float))
    order = RNG.permutation(times.sum())
    rows = np.arange(12).repeat(times)[order]
    same(weighted, distinct([x[row] for row in rows], y[rows], None))
    assert weighted.weights.sum() == times.sum()
    assert len(weighted.x) == (times > 0).sum()


def test_equal_sequences_with_other_answers_stay_apart():
    x = [np.zeros((3, 1)), np.zeros((3, 1)), -np.zeros((3, 1))]
    assert distinct(x, np.array([0, 1, 0]), None).weights.tolist() == [2, 1]
    assert len(distinct([np.zeros((2, 1)), np.zeros((3, 1))], np.zeros(2), None).x) == 2


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, unique=True))
def test_the_order_is_that_of_the_numbers(numbers):
    rows = distinct([np.array([[number]]) for number in numbers], np.zeros(len(numbers)), None)
    assert [row.item() for row in rows.x] == sorted(numbers)


def test_weights_have_a_mean_of_one_or_are_none():
    rows = distinct(ragged(3), np.zeros(3), np.array([1.0, 2.0, 6.0]))
    assert sorted(rows.of_mean_one()) == pytest.approx([1 / 3, 2 / 3, 2])
    assert distinct(ragged(3), np.zeros(3), np.full(3, 7.0)).of_mean_one() is None


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5])
def test_every_class_stays_in_training(share):
    y = np.array([0] * 20 + [1] * 5 + [2] * 2 + [3])
    for seed in range(20):
        mask = held_out(y, share, seed, by_class=True)
        assert mask.sum() == max(1, int(share * 27))
        assert set(y[~mask]) == {0, 1, 2, 3}


def test_where_nothing_can_be_held_out_nothing_is():
    assert not held_out(np.arange(4), 0.5, 0, by_class=True).any()
    assert not held_out(np.zeros(1), 0.5, 0, by_class=False).any()
    assert not held_out(np.zeros(9), 0, 0, by_class=False).any()
    assert held_out(np.zeros(2), 0.1, 0, by_class=False).sum() == 1
