"""Which rows are held out: as many as wanted, evenly, whole groups, or neighbours in time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frostformer.errors import InputError
from frostformer.tasks.divisions import held_out_rows


@given(st.integers(2, 300), st.integers(0, 1000), st.data())
def test_as_many_as_wanted_and_every_class_its_share(count, seed, data):
    wanted = data.draw(st.integers(1, count - 1))
    classes = np.random.default_rng(seed).integers(0, 4, count)
    mask = held_out_rows(count, wanted, seed, classes=classes)
    assert mask.sum() == wanted
    for one in range(4):
        assert abs(mask[classes == one].sum() - wanted / count * (classes == one).sum()) <= 1


@given(st.integers(2, 40), st.integers(0, 1000))
def test_groups_are_never_torn(groups, seed):
    names = np.random.default_rng(seed).permutation(np.arange(groups).repeat(3))
    mask = held_out_rows(len(names), len(names) // 5 or 1, seed, groups=names)
    assert 0 < mask.sum() < len(names)
    assert not set(names[mask]) & set(names[~mask])


def test_neighbours_in_time():
    mask = held_out_rows(50, 10, 3, in_time=True)
    places = mask.nonzero()[0]
    assert places.tolist() == list(range(places[0], places[0] + 10))
    starts = {int(held_out_rows(50, 10, seed, in_time=True).argmax()) for seed in range(40)}
    assert len(starts) > 10


@pytest.mark.parametrize("wanted", [0, 5, 9])
def test_no_side_is_empty(wanted):
    with pytest.raises(InputError, match="give more sequences"):
        held_out_rows(5, wanted, 0)


@given(st.integers(2, 8), st.integers(1, 5), st.integers(0, 1000))
def test_groups_of_every_class_are_on_both_sides(groups, rows, seed):
    names = np.arange(3 * groups).repeat(rows)
    classes = names % 3
    mask = held_out_rows(len(names), max(1, len(names) // 5), seed, classes=classes, groups=names)
    assert not set(names[mask]) & set(names[~mask])
    assert set(classes[mask]) == set(classes[~mask]) == {0, 1, 2}


def test_classes_of_one_group_each_are_still_divided():
    names = np.arange(4).repeat(5)
    mask = held_out_rows(20, 5, 0, classes=names, groups=names)
    assert mask.sum() == 5
