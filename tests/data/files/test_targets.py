"""From texts to classes, labels and numbers, decided on the whole column."""

from __future__ import annotations

import numpy as np
import pytest

from frostformer.data.files.case import Case
from frostformer.data.files.parsing.numbers import plain_number as number
from frostformer.data.files.targets import read_targets
from frostformer.errors import InputError


def targets(column, scoring=None):
    cases = [Case(np.zeros((3, 1)), str(row), f"f.csv, line {row + 2}", (text,)) for row, text in enumerate(column)]
    return read_targets(cases, ("y",), scoring)


def numbers(found):
    return [None if np.isnan(one[0]) else float(one[0]) for one in found.values]


@pytest.mark.parametrize(
    ("column", "kind", "names"),
    [
        (["b", "a", "b", "a"], "classification", ("a", "b")),
        (["1", "-1"] * 5, "classification", ("-1", "1")),
        (["10", "9", "2"] * 3, "classification", ("2", "9", "10")),  # in the order of numbers, not of texts
        (["1.0000000e+00", "2.0000000e+00"] * 4, "classification", ("1", "2")),
        (["0.0", "1.0", "2.0"] * 3, "classification", ("0", "1", "2")),
        (["1", "2", "1", "2"], "classification", ("1", "2")),
        (["0"] * 58 + ["1"] * 2, "classification", ("0", "1")),
        (["0", "1", "2"] * 8 + ["3"], "classification", ("0", "1", "2", "3")),
        ([str(one) for one in range(30)], "regression", ("y",)),
        ([str(one % 25) for one in range(100)], "regression", ("y",)),
        (["0.5", "1", "1.5"] * 10, "regression", ("y",)),
        (["-0.35", "0.55", "1e-3"], "regression", ("y",)),
        (["1", "2", "3"] * 2, "classification", ("1", "2", "3")),
        (["3", "1", "2"], "regression", ("y",)),
        (["NA", "EU", "AS"] * 3, "classification", ("AS", "EU", "NA")),
        (["01", "1"] * 5, "classification", ("01", "1")),
    ],
)
def test_what_a_column_is(column, kind, names):
    found = targets(column)
    assert (found.scoring, found.names) == (kind, names)


def test_a_column_is_read_as_a_whole():
    assert targets(["1", "2"] * 10 + ["2.5"]).scoring == "regression"
    assert targets(["1", "2"] * 10 + ["none of these"]).scoring == "classification"


def test_classes_keep_their_place():
    assert numbers(targets(["b", "a", None, "b"])) == [1.0, 0.0, None, 1.0]
    assert numbers(targets(["2.0", "10.0", "2.0", "10.0"])) == [0.0, 1.0, 0.0, 1.0]


@pytest.mark.parametrize("nothing", ["", "  ", "nan", "NaN", None])
def test_nothing_is_not_known(nothing):
    found = targets(["a", "b", nothing, "a"])
    assert found.names == ("a", "b")
    assert found.known.tolist() == [True, True, False, True]


@pytest.mark.parametrize("nothing", ["NA", "?", "null", "-", "N/A", "inf", "-Infinity"])
def test_words_among_numbers_are_nothing(nothing):
    found = targets(["0.5", "1.25", nothing, "3"])
    assert found.scoring == "regression"
    assert numbers(found) == [0.5, 1.25, None, 3.0]


def test_whole_numbers_that_may_be_an_order_are_said():
    (said,) = targets([str(1 + one % 5) for one in range(25)]).warnings
    assert said == "'y' has 5 whole numbers (1 to 5), read as classes; --scoring regression for numbers"
    assert targets(["1", "2", "3", "4", "5"] * 5, "regression").warnings == ()
    assert not targets(["0", "1"] * 5).warnings
    assert "--scoring classification" in targets([str(one % 25) for one in range(100)]).warnings[0]


@pytest.mark.parametrize(
    "names",
    [["yes", "yes ", "Yes"], ["1", "1.0"], ["caf\u00e9", "cafe\u0301"], ["a  b", "a b"]],
)
def test_classes_spelt_twice_stay_and_are_said(names):
    found = targets(names * 4)
    assert set(found.names) == set(names)
    assert all(f"'{name}'" in found.warnings[-1] for name in names)
    assert "spelling" in found.warnings[-1]


def test_free_text_is_doubted():
    assert "is it the column of answers" in targets([f"note {one}" for one in range(40)]).warnings[0]


def test_several_labels_where_blank_is_unknown():
    rows = [("1", "0", None), ("0", "", "1"), ("1", "1", "0"), (None, "0", "yes")]
    cases = [Case(np.zeros((3, 1)), str(row), f"row {row}", target) for row, target in enumerate(rows)]
    found = read_targets(cases, ("A", "B", "C"))
    assert (found.scoring, found.names) == ("multilabel", ("A", "B", "C"))
    known = ~np.isnan(np.stack(found.values))
    assert known.sum(0).tolist() == [3, 3, 3]
    assert found.values[3].tolist()[1:] == [0.0, 1.0]


def test_several_numbers():
    cases = [Case(np.zeros((3, 1)), "", "", (str(one / 4), str(-one))) for one in range(9)]
    found = read_targets(cases, ("x", "y"))
    assert found.scoring == "regression"
    assert found.values[3].tolist() == [0.75, -3.0]


def test_every_position_has_an_answer():
    cases = [
        Case(np.zeros((size, 1)), "", f"row {size}", tuple("ab"[row % 2] for row in range(size))) for size in (3, 5)
    ]
    found = read_targets([*cases, Case(np.zeros((2, 1)), "", "row 9")], ("y",), per_position=True)
    assert [one.shape for one in found.values] == [(3, 1), (5, 1), (2, 1)]
    assert found.known.tolist() == [True, True, False]
    assert found.counts() == {"a": 5, "b": 3}
    assert found.labels() is None


@pytest.mark.parametrize(
    ("column", "scoring", "message"),
    [
        (["1.5", "good", "2"], "regression", "'y' is 'good' at f.csv, line 3, where a number is wanted"),
        (["1", "0", "2"], "multilabel", "'y' is '2' at f.csv, line 4, where 0, 1 or nothing is wanted"),
        ([None, "", "nan"], None, "no sequence has an answer in 'y'"),
    ],
)
def test_refuses(column, scoring, message):
    with pytest.raises(InputError, match=message):
        targets(column, scoring)


def test_refuses_what_is_no_target():
    with pytest.raises(InputError, match="nothing to predict"):
        read_targets([Case(np.zeros((3, 1)), "", "")], ())
    with pytest.raises(InputError, match="row 1 has 1 answer, and 3 are wanted"):
        read_targets([Case(np.zeros((3, 1)), "", "row 1", ("a",))], ("y",), per_position=True)
    cases = [Case(np.zeros((3, 1)), "", "", (a, b)) for a, b in ("xu", "yv")]
    with pytest.raises(InputError, match="neither labels"):
        read_targets(cases, ("p", "q"))


@pytest.mark.parametrize("text", ["1_000", "0x10", "inf", "nan", "1e400", "", "1,5", "\u0661"])
def test_what_is_no_number(text):
    assert number(text) is None
