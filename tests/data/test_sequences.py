"""A sample of sequences, and images that keep still."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from frostformer.data.sequences import Sequences, joined


@dataclass(frozen=True)
class _Transform:
    augmented: bool

    def still(self):
        return _Transform(False)

    def __call__(self, raw):
        return raw


def numbered(count: int, transform=None) -> Sequences:
    rows = np.arange(count)
    return Sequences(rows[:, None, None], np.ones(count, int), rows[:, None, None], rows[:, None, None] > 3, transform)


@pytest.mark.parametrize("count", [1, 7, 19])
def test_a_sample_is_a_fixed_choice_without_repetition_in_the_split_s_order(count):
    some, again = (numbered(20).sample(count) for _ in range(2))
    rows = some.targets.ravel().tolist()
    assert len(rows) == count
    assert rows == sorted(set(rows)) == again.targets.ravel().tolist()
    assert np.array_equal(some.inputs, some.targets)  # whole sequences
    assert np.array_equal(some.marked, some.targets > 3)


def test_a_sample_is_not_just_the_first_ones():
    assert numbered(1000).sample(500).targets.mean() == pytest.approx(499.5, abs=40)


@pytest.mark.parametrize("count", [20, 21])
def test_a_sample_of_all_is_the_split(count):
    split = numbered(20)
    assert split.sample(count) is split


def test_still_sequences_are_the_same_without_augmentation():
    still = numbered(20, _Transform(augmented=True)).still()
    assert not still.augmented
    assert np.array_equal(still.inputs, numbered(20).inputs)
    for split in (numbered(20), numbered(20, _Transform(augmented=False))):
        assert split.still() is split


def test_weights_go_where_their_sequences_go():
    weighted = replace(numbered(6), weights=np.arange(1.0, 7))
    assert weighted[np.array([4, 0])].weights.tolist() == [5, 1]
    assert joined(numbered(2), weighted[:2]).weights.tolist() == [1, 1, 1, 2]
    assert joined(numbered(2), numbered(3)).weights is None
    assert weighted.sample(3).weights.tolist() == [float(row + 1) for row in weighted.sample(3).targets.ravel()]
