"""What is a number, and what only looks like one."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frostformer.data.files.parsing.numbers import MISSING, Style, number, numbers, parted, whole_text

POINT, COMMA = Style("."), Style(",")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-1.5", -1.5),
        (".5", 0.5),
        ("5.", 5),
        ("+2e-3", 0.002),
        ("1,234.5", 1234.5),
        ("-2,000.25", -2000.25),
        ("1'234'567", 1234567),
        ("1\u202f234.5", 1234.5),
        ("1 234.5", 1234.5),
        ("\u22123", -3),
        ("inf", math.inf),
        ("-Infinity", -math.inf),
        ("1e400", math.inf),
        ("007", 7),
    ],
)
def test_numbers_with_a_point(text, value):
    assert number(text, POINT) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,5", 1.5),
        ("1.234,56", 1234.56),
        ("-1.225,79", -1225.79),
        ("1.234", 1234),
        ("12", 12),
        ("1 234,5", 1234.5),
        (",5", 0.5),
    ],
)
def test_numbers_with_a_comma(text, value):
    assert number(text, COMMA) == value


@pytest.mark.parametrize(
    "text",
    [
        "1_000",
        "\u0663",
        "0x1F",
        "1,5",
        "1,23,456",
        "1..2",
        "e5",
        "1e",
        "1 2",
        "abc",
        "--1",
        "1.2.3",
        "True",
        "²",
        "1" * 500 + "x",
        "(" * 3000 + "1" + ")" * 3000,
    ],
)
def test_no_numbers_with_a_point(text):
    assert number(text, POINT) is None


@pytest.mark.parametrize(
    "text", ["", "NA", "N/A", "#N/A", "nan", "NaN", "null", "None", "<NA>", "-", ".", "?", "#NV", "n/a"]
)
def test_missing_numbers(text):
    assert math.isnan(number(text, POINT))
    assert math.isnan(number(text, COMMA))


@pytest.mark.parametrize(
    ("text", "bare", "unit"),
    [
        ("12.5 mV", "12.5", "mV"),
        ("3%", "3", "%"),
        ("$ 4.20", "4.20", "$"),
        ("21 °C", "21", "°C"),
        ("12", "12", ""),
        ("P02", "P02", ""),
    ],
)
def test_units(text, bare, unit):
    assert parted(text) == (bare, unit)
    if unit:
        assert number(text, Style(".", unit)) == float(bare)
        assert number("5 kg", Style(".", unit)) is None


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("1.0000000e+00", "1"),
        ("0.000000000000000000e+00", "0"),
        ("-1.0", "-1"),
        ("1.5", "1.5"),
        ("a", "a"),
        ("1e300", "1e300"),
    ],
)
def test_whole_numbers_spelt_as_fractions(text, whole):
    assert whole_text(text) == whole


@given(st.lists(st.floats(allow_nan=False), max_size=20))
def test_what_python_writes_is_read_exactly(values):
    found, wrong = numbers([repr(value) for value in values], POINT)
    assert found.tolist() == values
    assert wrong == []


@given(st.text(max_size=20), st.sampled_from([POINT, COMMA, Style(".", "mV")]))
def test_any_text_is_a_number_or_none(text, style):
    found = number(text, style)
    assert found is None or isinstance(found, float)
    if text.casefold() in MISSING:
        assert found is not None
