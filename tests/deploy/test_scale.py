"""Values that are unlike those of training are told: another unit, another spelling, a code for what is missing."""

from __future__ import annotations

import numpy as np
import pytest

from frostformer.data.files.schema import Schema
from frostformer.deploy.scale import Scale
from frostformer.tasks.recorded import Recorded

TRAINING = [np.random.default_rng(seed).normal([70.0, 0.2], [12.0, 0.1], (30, 2)) for seed in range(10)]
READING = Recorded.fitted(TRAINING, TRAINING)


def told(*sequences, reading=READING, channels=("weight", "share")):
    """The sentences on these sequences."""
    scale = Scale(reading, Schema("table", "vectors", channels))
    for one in sequences:
        scale.look(one)
    return list(scale.sentences())


def test_nothing_is_said_of_values_like_those_of_training():
    assert told(*TRAINING, TRAINING[0] + [40.0, 0.5]) == []
    assert told(np.full((30, 2), np.nan), np.empty((0, 2))) == []


def test_the_largest_numbers_are_far():
    assert "such as -1.7e+308:" in told(np.full((3, 2), [-1.7e308, 0.2]))[0]


@pytest.mark.parametrize("factor", [1000.0, -1000.0])
def test_another_unit_is_told_with_the_value_that_is_farthest_away(factor):
    values = TRAINING[0] * [factor, 1.0]
    (sentence,) = told(TRAINING[1], values)
    assert sentence.startswith("30 of 60 values of 'weight' are more than 20 standard deviations away")
    assert f"such as {values[np.abs(values[:, 0]).argmax(), 0]:.6g}:" in sentence


def test_a_code_for_what_is_missing_is_told():
    values = TRAINING[0].copy()
    values[3, 0] = -999
    assert told(values)[0].startswith("1 of 30 values of 'weight' are")
    assert "such as -999" in told(values)[0]


def test_values_in_a_larger_unit_are_told():
    (sentence,) = told(*(one * [0.001, 1.0] for one in TRAINING))
    assert sentence.startswith("the values of 'weight' go from 0.0")


def test_one_of_many_that_differ_little_within_themselves_is_ordinary():
    people = [np.random.default_rng(seed).normal(75 + 3 * seed, 0.05, (30, 1)) for seed in range(10)]
    assert told(people[3], reading=Recorded.fitted(people, people), channels=("weight",)) == []


def test_heavy_tails_and_rare_events_of_training_itself_are_ordinary():
    for law in (np.random.default_rng(0).lognormal(0, 2.5, (100, 400, 1)), np.zeros((100, 400, 1))):
        law[::10, 7] = 5
        assert told(*law, reading=Recorded.fitted(list(law), list(law)), channels=("rain",)) == []


def test_nothing_is_said_of_what_was_constant_in_training():
    rooms = [np.full((30, 1), 100.0)] * 3
    assert told(np.full((30, 1), 250.0), reading=Recorded.fitted(rooms, rooms), channels=("room",)) == []


def test_a_rare_category_is_not_far():
    switch = [np.zeros((30, 1)) for _ in range(100)]
    switch[0][0] = 1
    reading = Recorded.fitted(switch, switch)
    assert told(np.ones((30, 1)), reading=reading, channels=("colour=blue",)) == []


def test_steps_that_are_scaled_each_by_itself_are_named():
    rows = [np.array([[70.0 + row], [0.2 + row / 100]]) for row in range(10)]
    reading = Recorded.fitted(rows, rows, by_step=True)
    (sentence,) = told(rows[0], rows[1] * [[1.0], [500.0]], reading=reading, channels=("value",))
    assert sentence.startswith("1 of 2 values of step 2 are")
    rare = [(np.random.default_rng(seed).random((784, 1)) < 0.002) * 200.0 for seed in range(60)]
    assert told(*rare[50:], reading=Recorded.fitted(rare[:50], rare, by_step=True), channels=("pixel",)) == []


def test_many_channels_are_counted():
    many = [np.random.default_rng(seed).normal(size=(30, 6)) for seed in range(10)]
    said = told(many[0] * 1e6, reading=Recorded.fitted(many, many), channels=tuple("abcdef"))
    assert len(said) == 4
    assert said[3] == "the same holds for 3 more channels"
