"""Times of any spelling, sorted by the moment that they mean."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frostformer.data.files.parsing.times import day_first, looks_like_time, read_dates, seconds


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2021-10-31T00:30:00+02:00", "2021-10-30 22:30:00Z"),
        ("2021-10-31T02:10:00+0100", "2021-10-31T01:10"),
        ("2021-11-01 08:00:00.500+01:00", "2021-11-01T07:00:00.500Z"),
        ("1991 Jul", "1991-07"),
        ("03 Mar 2021", "2021-03-03"),
        ("2021/03/04 1:05 pm", "2021-03-04 13:05"),
        ("26:07", "25:67"),
        ("1.5", "1.50"),
    ],
)
def test_the_same_moment(one, other):
    assert seconds(one) == seconds(other) is not None


def test_the_day_comes_first_or_the_month():
    assert day_first(["03/04/2021", "14/04/2021"]) is True
    assert day_first(["03/04/2021", "03/14/2021"]) is False
    assert day_first(["03.04.2021"]) is True
    assert day_first(["03/04/2021", "x"]) is None
    assert seconds("03/04/2021", days_first=True) == seconds("2021-04-03")
    assert seconds("03/04/2021") == seconds("2021-03-04")


@pytest.mark.parametrize("text", ["abc", "2021-13-01", "2021-02-30", "99/99/2021", "x" * 1000])
def test_no_times(text):
    assert seconds(text) is None


def test_a_missing_time_is_no_error():
    assert math.isnan(seconds("NA"))


@pytest.mark.parametrize(
    ("text", "is_time"), [("2021-01-02", True), ("10:30", True), ("12", False), ("1.5", False), ("a", False)]
)
def test_what_looks_like_a_time(text, is_time):
    assert looks_like_time(text) is is_time


@given(
    st.text(max_size=60)
    | st.from_regex(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}( [0-9]{1,4}:[0-9]{2})?", fullmatch=True)
)
def test_any_text_is_a_time_or_none(text):
    found = seconds(text)
    assert found is None or isinstance(found, float)


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (["2021-03-04", None, "2021-03-05"], [18690, None, 18691]),
        (["3/4/2021", "13/4/2021"], [18720, 18730]),
        (["3/4/2021", "4/13/2021"], [18690, 18730]),
        (["Mar 4, 2021", "March 5 2021"], [18690, 18691]),
        (["4 Mar 2021", "2021 Mar"], [18690, 18687]),
        (["2021-03-04", "soon"], None),
        (["1.2.3", "1.2.4"], None),
        (["10:30", "11:30"], None),
        (["2021.5", "2022.5"], None),
        (["13/13/2021"], None),
        ([None], None),
    ],
)
def test_a_column_of_dates(texts, days):
    found = read_dates(texts)
    read = None if found is None else [None if one != one else round(one / 86_400) for one in found]
    assert read == days
