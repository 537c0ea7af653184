"""Own sequences are divided so that nothing that belongs together is on two sides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frostformer.data.files.traps.finding import Order
from frostformer.errors import InputError
from frostformer.tasks.splits import divide_cases
from frostformer.tasks.task import SPLITS


def divide(count, order=None, classes=None, seed=0, parts=None):
    found = divide_cases(parts or [None] * count, order or Order(), classes, seed)
    rows = np.concatenate([found.rows[part] for part in SPLITS])
    assert len(set(rows.tolist())) == len(rows) == count - found.left_out
    assert all(len(found.rows[part]) for part in SPLITS)
    return found


def sides(found, values):
    return [set(np.asarray(values)[found.rows[part]].tolist()) for part in SPLITS]


def apart(found, values):
    first, second, third = sides(found, values)
    return not (first & second or first & third or second & third)


def test_a_fifth_each_and_every_class_its_share():
    classes = np.arange(100) % 4
    found = divide(100, classes=classes)
    assert [len(found.rows[part]) for part in SPLITS] == [60, 20, 20]
    assert np.bincount(classes[found.rows["test"]]).tolist() == [5, 5, 5, 5]
    assert found.sentence == "drawn at random, every class with its share (seed 0): 60 train, 20 validation, 20 test"


def test_seeds_divide_differently_and_equally():
    one, same, other = (divide(50, seed=seed).rows["test"].tolist() for seed in (1, 1, 2))
    assert one == same != other


@given(st.integers(3, 6), st.integers(3, 12), st.integers(0, 100))
def test_the_smallest_class_is_in_every_part(rare, classes, seed):
    labels = np.concatenate([np.arange(classes).repeat(rare), np.zeros(40, np.int64)])
    found = divide(len(labels), classes=labels, seed=seed)
    assert all(len(side) == classes for side in sides(found, labels))


@given(st.integers(0, 100))
def test_copies_are_on_one_side(seed):
    twins = np.random.default_rng(seed).integers(0, 30, 60)
    found = divide(60, Order(twins=twins), np.arange(60) % 2, seed)
    assert apart(found, twins)
    assert "copies on one side" in found.sentence


@given(st.integers(3, 20), st.integers(0, 100))
def test_groups_are_on_one_side(groups, seed):
    names = np.array([f"p{row % groups}" for row in range(80)])
    found = divide(80, Order(names, "patient"), np.random.default_rng(seed).integers(0, 2, 80), seed)
    assert apart(found, names)
    assert f"divided by 'patient' ({groups} of them), none of which is in two parts" in found.sentence


def test_groups_of_one_class_each_are_in_every_part():
    names, classes = np.arange(36) // 6, np.arange(36) // 18
    for seed in range(10):
        found = divide(36, Order(names.astype(str), "patient"), classes, seed)
        assert apart(found, names)
        assert sides(found, classes) == [{0, 1}] * 3


def test_groups_with_a_common_sequence_are_one():
    names = np.array([f"p{row // 5}" for row in range(60)])
    twins = np.arange(60)
    twins[7] = twins[31]  # of p1 and p6
    for seed in range(10):
        found = divide(60, Order(names, "patient", twins=twins), seed=seed)
        assert apart(found, names)
        assert apart(found, twins)


def test_chance_copies_do_not_make_one_group_of_all():
    names = np.array([f"p{row // 5}" for row in range(60)])
    twins = np.arange(60)
    twins[5::5] = twins[0]  # one row of every group
    found = divide(60, Order(names, "patient", twins=twins))
    assert apart(found, names)
    assert [len(found.rows[part]) for part in ("train", "validation", "test")] == [40, 10, 10]


def test_it_is_said_that_groups_come_before_time():
    names = np.array([f"p{row // 5}" for row in range(60)])
    found = divide(60, Order(names, "patient", times=np.arange(60.0), time_name="date"))
    assert "in two parts, and not by 'date', since groups come first" in found.sentence


def test_of_two_groups_one_is_the_test():
    names, classes = np.array(["x"] * 30 + ["y"] * 20), np.arange(50) % 2
    found = divide(50, Order(names, "device"), classes)
    assert set(names[found.rows["test"]]) == {"y"}
    assert set(names[found.rows["validation"]]) == set(names[found.rows["train"]]) == {"x"}
    assert "the test is one of two 'device'" in found.sentence


def test_too_few_sequences_with_a_time_leave_a_draw():
    times = np.full(50, np.nan)
    times[:15] = np.arange(15)
    assert "drawn at random" in divide(50, Order(times=times, time_name="date")).sentence


def test_a_class_of_one_group_leaves_only_a_draw():
    names, classes = np.array(["x"] * 30 + ["y"] * 20), np.array([0] * 30 + [1] * 20)
    found = divide(50, Order(names, "device"), classes)
    assert sides(found, classes) == [{0, 1}] * 3
    assert found.torn.startswith("'device' could not be kept together: 2 values of 2 in several parts")
    assert divide(60, Order(np.arange(60) % 10, "device")).torn == ""


def test_two_groups_to_train_on_are_kept_apart_where_the_file_gives_the_test():
    names = np.array(["x"] * 20 + ["y"] * 15 + ["z"] * 15)
    found = divide(50, Order(names, "patient"), np.arange(50) % 2, parts=[None] * 35 + ["test"] * 15)
    assert apart(found, names)
    assert found.torn == ""


def test_the_latest_are_the_test():
    times = np.random.default_rng(0).permutation(50).astype(float)
    times[times > 38] = np.nan
    found = divide(50, Order(times=times, time_name="date"))
    early, late = (times[found.rows[part]] for part in ("train", "validation"))
    assert np.nanmax(early) < late.min()
    assert late.max() < times[found.rows["test"]].min()
    assert found.in_time
    assert "11 sequences without a time for training" in found.sentence
    assert "divided by time ('date'), the latest for the test" in found.sentence


@pytest.mark.parametrize("gap", [0, 1, 4])
def test_one_recording_is_divided_by_time_with_a_gap(gap):
    found = divide(60, Order(recordings=np.zeros(60, int), gap=gap))
    train, validation, test = (found.rows[part] for part in SPLITS)
    assert validation.min() - train.max() == test.min() - validation.max() == gap + 1
    assert (found.in_time, found.gap, found.left_out) == (True, gap, 2 * gap)
    assert gap == 0 or f"{2 * gap} sequences between two parts left out" in found.sentence


def test_recordings_are_on_one_side():
    recordings = np.arange(60) // 10
    found = divide(60, Order(recordings=recordings, gap=2), np.arange(60) % 2)
    assert apart(found, recordings)
    assert "divided by recording (6 of them)" in found.sentence


def test_of_two_recordings_one_is_the_test_and_the_other_has_a_gap():
    recordings = np.array([0] * 40 + [1] * 20)
    found = divide(60, Order(recordings=recordings, gap=3))
    assert found.rows["test"].tolist() == list(range(40, 60))
    assert found.rows["validation"].min() - found.rows["train"].max() == 4


def test_recordings_of_one_class_each_are_all_divided_by_time():
    recordings = np.arange(90) // 30
    found = divide(90, Order(recordings=recordings, gap=2), recordings)
    assert sides(found, recordings) == [{0, 1, 2}] * 3
    for one in range(3):
        own = [rows[recordings[rows] == one] for rows in (found.rows[part] for part in SPLITS)]
        assert own[1].min() - own[0].max() == own[2].min() - own[1].max() == 3


def test_given_parts_are_kept():
    parts = ["train"] * 30 + ["validation"] * 5 + ["test"] * 5
    found = divide(40, parts=parts)
    assert found.rows["test"].tolist() == [35, 36, 37, 38, 39]
    assert found.sentence == "the file's own validation and test kept; 30 train, 5 validation, 5 test"
    groups = Order(np.array([f"p{row % 7}" for row in range(40)]), "patient")
    found = divide(40, groups, parts=[None] * 30 + ["test"] * 10)
    assert found.rows["test"].tolist() == list(range(30, 40))
    assert len(found.rows["validation"]) in range(3, 9)
    assert "the file's own test kept; divided by 'patient'" in found.sentence


@pytest.mark.parametrize(
    ("count", "parts", "order", "message"),
    [
        (2, None, Order(), "2 sequences cannot be divided .* --window"),
        (4, ["test", "test", "validation", "validation"], Order(), "none is left to train on"),
        (8, None, Order(recordings=np.zeros(8, int), gap=6), "8 windows of 1 recording are too few to leave 6 out"),
    ],
)
def test_refuses(count, parts, order, message):
    with pytest.raises(InputError, match=message):
        divide_cases(parts or [None] * count, order)
