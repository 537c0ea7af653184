"""Recordings are cut into windows that know where they come from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from frostformer.data.files.case import Case
from frostformer.data.files.cutting import Cutting
from frostformer.data.files.options import FileOptions
from frostformer.data.files.windows import RECORDING, START, recordings_of, windows, windows_apart
from frostformer.errors import CannotRead, InputError


def recording(rows, labels="aaabbbbccc", name="r1"):
    target = tuple(labels[row % len(labels)] for row in range(rows))
    return Case(np.arange(2.0 * rows).reshape(rows, 2), name, f"{name}.csv", target)


def cut(window, hop=None, **options):
    """As the options are understood, of a recording with an answer in each row."""
    return replace(Cutting.asked(FileOptions(window=window, hop=hop, **options)), each_row=True)


def test_windows_of_equal_length():
    found = list(windows(recording(10), cut(4, 3)))
    assert [one.values[0, 0] for one in found] == [0.0, 6.0, 12.0]
    assert all(one.values.shape == (4, 2) for one in found)
    assert [one.target for one in found] == [("a",), ("b",), ("c",)]
    assert [one.beside[START] for one in found] == ["1", "4", "7"]
    assert {one.beside[RECORDING] for one in found} == {"r1"}
    assert found[1].place == "r1.csv, rows 4 to 7"
    assert len(list(windows(recording(10), cut(4)))) == 2
    assert not list(windows(recording(3), cut(4)))


def test_every_position_may_keep_its_answer():
    found = list(windows(recording(10), cut(4), per_position=True))
    assert found[1].target == ("b", "b", "b", "c")


@pytest.mark.parametrize(
    ("choose", "answer"),
    [(None, "2"), ("majority", "2"), ("first", "10"), ("last", "3"), ("any", "10"), ("max", "10")],
)
def test_one_answer_of_many(choose, answer):
    found = replace(recording(5), target=("10", "2", None, "2", "3"))
    assert [one.target for one in windows(found, cut(5, choose=choose))] == [(answer,)]
    assert [one.target for one in windows(replace(found, target=(None,) * 5), cut(5))] == [(None,)]


def test_any_is_yes_in_every_language_and_no_where_none_is():
    found = replace(recording(4), target=("nein", "ja", "nein", "0"))
    assert [one.target for one in windows(found, cut(2, choose="any"))] == [("ja",), ("nein",)]


def test_there_is_no_largest_word():
    with pytest.raises(CannotRead, match="rows 1 to 4: answers such as a and b are no numbers"):
        list(windows(recording(4), cut(4, choose="max")))


def test_windows_know_their_recording():
    found = [one for name in "xyx" for one in windows(recording(8, name=name), cut(4))]
    assert recordings_of(found).tolist() == [0, 0, 1, 1, 0, 0]
    assert recordings_of([recording(8)]) is None


@pytest.mark.parametrize(("window", "hop"), [(10, 10), (10, 5), (10, 3), (10, 20), (1, 1)])
def test_a_whole_window_fits_between_two_parts(window, hop):
    gap = windows_apart(cut(window, hop))
    start = (gap + 1) * hop  # of the first window behind the gap
    assert start - window >= window or hop > window
    assert gap == 0 or gap * hop - window < window  # and no window more


@pytest.mark.parametrize(("window", "hop"), [(0, None), (5, 0), (-1, 3), (None, 3)])
def test_refuses_windows_of_nothing(window, hop):
    with pytest.raises(InputError, match=r"--(window|hop) is -?[0-9]+: give 1 or more|--hop needs --window"):
        cut(window, hop)


def test_answers_of_a_recording_are_not_those_of_its_rows():
    whole = replace(recording(4), target=("1", "0", None, "1"))  # four labels of the whole, and four rows
    assert [one.target for one in windows(whole, Cutting(2, 2))] == [whole.target] * 2
