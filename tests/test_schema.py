"""What a value from a file must be: read without conversion, or refused in one sentence that names the field."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from frostformer.errors import InputError
from frostformer.schema import parse_json, read_as, read_format, read_kind, reading


@dataclass(frozen=True)
class Point:
    """A small dataclass."""

    step: int
    scores: tuple[float, ...] = ()
    name: str | None = None

    def __post_init__(self) -> None:
        if self.step < 0:
            raise InputError(f"step is {self.step}: give a number of at least 0")


def test_reads_and_leaves_out_what_is_not_known():
    assert read_as(Point, {"step": 1, "scores": [1, 0.5], "later": {}}) == Point(1, (1.0, 0.5))


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([], "it is [], but should be an object"),
        ({}, "'step' is missing"),
        ({"step": "1"}, """'step' is "1", but should be a valid integer"""),
        ({"step": 1.0}, "'step' is 1.0, but should be a valid integer"),
        ({"step": True}, "'step' is true, but should be a valid integer"),
        ({"step": None}, "'step' is null, but should be a valid integer"),
        ({"step": 1, "scores": [1, "x"]}, """'scores.1' is "x", but should be a valid number"""),
        ({"step": 1, "name": ["x" * 90]}, f"""'name' is ["{"x" * 38}..., but should be a valid string"""),
        ({"step": -1}, "step is -1: give a number of at least 0"),
    ],
)
def test_refuses_in_one_sentence(value, sentence):
    with pytest.raises(InputError) as caught:
        read_as(Point, value)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    "content", [b"", b"{", b"NaN", b"[-Infinity]", b"[1e999]", b"[" * 10**5, b"9" * 5000, b"\xff", b"{} {}", b"[1,]"]
)
def test_what_is_not_json_is_a_value_error(content):
    with pytest.raises(ValueError, match=r"."):
        parse_json(content)


def test_a_byte_order_mark_is_passed_over():
    assert parse_json(b"\xef\xbb\xbf[1]") == parse_json("[1]") == [1]


def test_a_kind_names_its_dataclass():
    assert read_kind({"point": Point}, {"kind": "point", "step": 2}) == Point(2)
    for stored, words in (
        ({}, "unknown kind"),
        ({"kind": []}, "unknown kind"),
        ({"kind": "point", "x": 1}, "field 'x'"),
    ):
        with pytest.raises(InputError, match=words):
            read_kind({"point": Point}, stored)


@pytest.mark.parametrize("fields", [None, [], {}, {"format": None}, {"format": True}, {"format": "1"}, {"format": 0}])
def test_a_file_without_a_format_is_refused(fields):
    with pytest.raises(InputError, match="no format"):
        read_format(fields, "format", 2)


def test_a_newer_format_is_said_to_be_newer():
    read_format({"format": 2}, "format", 2)
    with pytest.raises(InputError, match="newer version"):
        read_format({"format": 3}, "format", 2)


def test_the_place_and_the_remedy_stand_round_the_reason():
    sentence = r"^x is no point \('step' is missing\): make it again$"
    with pytest.raises(InputError, match=sentence), reading("x is no point", "make it again"):
        read_as(Point, {})
