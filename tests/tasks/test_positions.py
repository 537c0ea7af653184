"""Steps become positions: joined, overlapping, and at most 64 if nobody says otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from frostformer.data.files.options import FileOptions
from frostformer.errors import InputError
from frostformer.tasks.positions import Positions, positions_of
from frostformer.tasks.recorded import Recorded


def decided(lengths, tokens=False, per_position=False, **options):
    return positions_of(FileOptions(**options), lengths, tokens=tokens, per_position=per_position)


@pytest.mark.parametrize("stride", range(1, 7))
@pytest.mark.parametrize("patch", range(1, 6))
@pytest.mark.parametrize("steps", range(1, 14))
def test_each_position_begins_inside_and_the_last_step_is_read(steps, patch, stride):
    reading = Recorded((0.0,), (1.0,), (0,), patch=patch, stride=stride)
    made = reading.sequence(np.arange(1.0, steps + 1)[:, None])
    assert len(made) == Positions(patch, stride).count(steps)
    starts = stride * np.arange(len(made))
    assert starts[-1] < steps
    assert made[:, 0].tolist() == (starts + 1.0).tolist()
    assert [step for step in made.ravel().tolist() if step > steps] == []
    if stride <= patch:
        assert set(made.ravel().tolist()) - {0.0} == set(range(1, steps + 1))
        assert len(made) == 1 or starts[-2] + patch < steps  # and no position more


@pytest.mark.parametrize(
    ("options", "longest", "patch", "stride", "positions"),
    [
        ({}, 64, 1, 1, 64),
        ({}, 200, 4, 4, 50),
        ({"patch": 10}, 200, 10, 10, 20),
        ({"patch": 10, "stride": 5}, 200, 10, 5, 39),
        ({"stride": 8}, 200, 8, 8, 25),
        ({"stride": 2}, 200, 74, 2, 64),
        ({"patch": 200}, 200, 200, 200, 1),
    ],
)
def test_what_is_not_said_leaves_64_positions(options, longest, patch, stride, positions):
    found = decided([3, longest], **options)
    assert (found.patch, found.stride, found.count(longest)) == (patch, stride, positions)


def test_an_empty_sequence_has_no_position():
    assert Positions(4, 2).count(0) == 0


def test_what_becomes_of_the_steps_is_said():
    assert Positions().sentence([5]) == ""
    assert Positions(4, 4).sentence([9]) == "4 steps make one position: at most 3 positions"
    said = Positions(4, 2).sentence([3, 9])
    assert said == (
        "4 steps make one position, a new one every 2 steps: at most 4 positions; 1 sequence is shorter than a "
        "position, and filled up"
    )
    assert "3 of 5 steps are not read" in Positions(2, 5).sentence([20])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patch": 0}, "--patch is 0: give 1 to 9"),
        ({"stride": 10}, "--stride is 10: give 1 to 9"),
        ({"stride": 2, "tokens": True}, "--stride is for steps of numbers"),
        ({"patch": 2, "per_position": True}, "--patch is not for steps that each have an answer"),
    ],
)
def test_refuses(options, message):
    with pytest.raises(InputError, match=message):
        decided([9, 4], **options)
