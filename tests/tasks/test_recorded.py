"""Sequences from files become inputs: scaled, with what is missing marked, in patches, or by a vocabulary."""

from __future__ import annotations

import json

import numpy as np
import pytest

from frostformer.errors import InputError
from frostformer.tasks.reading_registry import read_reading
from frostformer.tasks.recorded import UNKNOWN_WORD, OpenWords, Recorded

GAPPED = np.array([[1.0, 10.0], [3.0, np.nan], [5.0, 30.0]])


def test_what_is_missing_is_zero_and_marked():
    reading = Recorded.fitted([GAPPED], [GAPPED])
    assert reading.missing == (1,)
    found = reading.sequence(GAPPED)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[:, 0], np.array([-1, 0, 1]) * np.sqrt(1.5), rtol=1e-6)
    assert found[:, 1:].tolist() == [[-1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]


def test_only_training_decides_on_the_scale():
    reading = Recorded.fitted([GAPPED[:, :1]], [GAPPED[:, :1], np.full((3, 1), np.nan)])
    assert (reading.mean, reading.missing) == ((3.0,), (0,))


def test_a_value_is_missing_where_training_had_none():
    reading = Recorded.fitted([GAPPED[:, :1]], [GAPPED[:, :1]])
    assert reading.sequence([[3.0], [np.nan], [np.inf]]).tolist() == [[0.0], [0.0], [0.0]]


def test_steps_make_patches_that_are_filled_up():
    reading = Recorded((0.0, 0.0), (1.0, 1.0), (0, 1), (), 2)
    assert reading.sequence([[1, 2], [3, 4], [5, 6]]).tolist() == [[1, 2, 3, 4], [5, 6, 0, 0]]
    assert reading.channels == 4


def test_channels_and_ends_are_left_out():
    reading = Recorded.fitted([GAPPED], [GAPPED], left_out=(0,), longest=2)
    assert reading.used == (1,)
    assert reading.sequence(GAPPED).shape == (2, 2)


def test_constant_and_empty_channels_are_not_blown_up():
    values = np.stack([np.full(4, 1e9), np.full(4, np.nan)], 1)
    assert Recorded.fitted([values], [values]).deviation == (1.0, 1.0)


def test_steps_of_different_quantities_have_a_scale_each():
    patients = [np.array([[30.0], [1.0]]), np.array([[50.0], [3.0]]), np.array([[40.0], [np.nan]])]
    reading = Recorded.fitted(patients, patients, by_step=True)
    assert (reading.steps, reading.file_channels, reading.mean) == (2, 1, (40.0, 2.0))
    found = np.stack([reading.sequence(one) for one in patients])
    np.testing.assert_allclose(found[:, 0, 0], np.array([-1, 1, 0]) * np.sqrt(1.5), rtol=1e-6)
    np.testing.assert_allclose(found[:, 1], [[-1, 0], [1, 0], [0, 1]], rtol=1e-6)
    assert read_reading(json.loads(json.dumps(reading.describe()))) == reading
    for count in (1, 3):
        with pytest.raises(InputError, match=f"it has {count} steps, wanted 2: they are different quantities"):
            reading.sequence(np.zeros((count, 1)))
    with pytest.raises(InputError, match="a recording of 2 steps has not 3 means"):
        Recorded((0.0,) * 3, (1.0,) * 3, (0,), steps=2)
    with pytest.raises(InputError, match="step 2 holds numbers too large to scale"):
        Recorded.fitted([np.array([[0.0], [1e300]]), np.array([[0.0], [-1e300]])], [], by_step=True)


def test_a_vocabulary_has_a_row_for_unknown_symbols():
    reading = OpenWords.fitted([["b", "a"], ["a", UNKNOWN_WORD]])
    assert reading.vocabulary == (UNKNOWN_WORD, UNKNOWN_WORD, "a", "b")
    assert reading.sequence(np.array(["a", "?", "b", UNKNOWN_WORD])).tolist() == [2, 0, 3, 1]
    assert reading.sequence(["b", "never"]).tolist() == [3, 0]


def test_a_text_is_letters_or_words():
    assert OpenWords.fitted([[*"ACGT"]]).sequence("CAX").tolist() == [2, 1, 0]
    assert OpenWords.fitted([["Pay", "Close"]]).sequence("Pay Close now").tolist() == [2, 1, 0]
    assert OpenWords.fitted([[*"ACGT"]], longest=2).sequence("CAX").tolist() == [2, 1]


def test_the_rarest_symbols_of_too_many_are_unknown(monkeypatch):
    monkeypatch.setattr("frostformer.tasks.recorded.MOST_WORDS", 2)
    assert OpenWords.fitted([[*"aabbcbd"]]).vocabulary == (UNKNOWN_WORD, "a", "b")


@pytest.mark.parametrize(
    "reading", [Recorded((1.0, 2.0), (0.5, 4.0), (0, 1), (1,), 3, 2, 50), OpenWords((UNKNOWN_WORD, "A", "C"), 9)]
)
def test_it_is_read_back_from_json(reading):
    assert read_reading(json.loads(json.dumps(reading.describe()))) == reading


@pytest.mark.parametrize(
    ("reading", "values", "message"),
    [
        (Recorded((0.0, 0.0), (1.0, 1.0), (0, 1)), [[1.0], [2.0]], r"wanted \(steps, 2\)"),
        (Recorded((0.0,), (1.0,), (0,)), ["a"], "list of numbers"),
        (OpenWords((UNKNOWN_WORD, "A")), [1, 2], "text or a list of symbols"),
    ],
)
def test_refuses(reading, values, message):
    with pytest.raises(InputError, match=message):
        reading.sequence(values)


@pytest.mark.parametrize(
    "fields",
    [
        {"mean": (0.0,), "deviation": ()},
        {"mean": (0.0,), "deviation": (0.0,)},
        {"mean": (0.0,), "deviation": (1.0,), "used": (1,)},
        {"mean": (0.0,), "deviation": (1.0,), "used": (0,), "missing": (2,)},
        {"patch": 0},
        {"stride": 0},
        {"longest": 0},
    ],
)
def test_refuses_what_cannot_be_read(fields):
    with pytest.raises(InputError):
        Recorded(**fields)


def test_refuses_numbers_too_large_to_scale():
    with pytest.raises(InputError, match="channel 1 holds numbers too large"):
        Recorded.fitted([np.array([[1e300], [-1e300]])], [])
