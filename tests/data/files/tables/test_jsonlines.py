"""Records as JSON: shapes, digits kept, and lines that are wrong."""

import json

import numpy as np
import pytest

from frostformer.errors import InputError
from reading_files import read, read_with, written

RECORDS = [{"x": [1, 2.5, None], "label": "a"}, {"x": [4], "label": "b"}, {"label": "a", "x": [5, 6]}]
SHAPES = {
    "a record a line": "\n".join(map(json.dumps, RECORDS)),
    "a list": json.dumps(RECORDS),
    "a list on many lines": json.dumps(RECORDS, indent=1),
    "a list of which each record has a line": "[\n" + ",\n".join(map(json.dumps, RECORDS)) + "\n]",
    "an object of columns": json.dumps({name: [one[name] for one in RECORDS] for name in ("x", "label")}),
    "an object of columns by row": json.dumps(
        {name: {str(at): one[name] for at, one in enumerate(RECORDS)} for name in ("x", "label")}
    ),
    "a list inside an object": json.dumps({"version": 1, "data": RECORDS}),
    "with a byte order mark": "\ufeff" + "\n".join(map(json.dumps, RECORDS)),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes(tmp_path, name):
    found = read(written(tmp_path, "a.json", SHAPES[name]))
    assert found.lengths == [3, 1, 2]
    assert found.labels == {"a": 2, "b": 1}
    assert np.array_equal(found.cases[0].values[:, 0], [1, 2.5, np.nan], equal_nan=True)


def test_one_record_is_a_record(tmp_path):
    understood = read(written(tmp_path, "a.jsonl", SHAPES["a record a line"])).understood
    for record in ({"x": [1, 2]}, {"x": [[1], [2]], "label": "a"}, {"x": [{"u": 1}, {"u": 2}]}):
        cases, _ = read_with(written(tmp_path, "one.jsonl", json.dumps(record)), understood.schema)
        assert [case.values.tolist() for case in cases] == [[[1.0], [2.0]]]


@pytest.mark.parametrize(
    ("record", "sequence"),
    [
        ({"x": [1, 2, 3, 4, 5], "y": [5, 4, 3, 2, 1]}, "x,y"),
        ({"id": "a", "x": [[1, 2], [3, 4], [5, 6]]}, "x"),
        ({"id": "a", "x": ["u", "v"]}, "x"),
        ([1.5, 2.5, 3.5], None),
    ],
)
def test_a_printed_record_is_the_record_of_its_line(tmp_path, record, sequence):
    answered = [[*record, label] if isinstance(record, list) else {**record, "label": label} for label in "abab"]
    lines = written(tmp_path, "a.jsonl", "\n".join(map(json.dumps, answered)))
    schema = read(lines, target="last", sequence=sequence).understood.schema
    (line,), _ = read_with(written(tmp_path, "one.jsonl", json.dumps(record)), schema)
    (printed,), _ = read_with(written(tmp_path, "one.json", json.dumps(record, indent=4)), schema)
    assert np.array_equal(line.values, printed.values)
    assert line.name == printed.name
    if isinstance(record, dict):  # the same as an object of columns is one sequence, too
        columns = {name: [value] * 2 for name, value in record.items()}
        cases, _ = read_with(written(tmp_path, "two.json", json.dumps(columns, indent=4)), schema)
        assert [case.values.tolist() for case in cases] == [line.values.tolist()] * 2


def test_ids_keep_their_digits(tmp_path):
    lines = '{"id": 9007199254740993, "x": [1], "label": 1}\n{"id": 9007199254740992, "x": [2], "label": 2.50}\n'
    found = read(written(tmp_path, "a.jsonl", lines))
    assert [case.name for case in found.cases] == ["9007199254740993", "9007199254740992"]
    assert [case.target for case in found.cases] == [("1",), ("2.50",)]


def test_words_and_objects(tmp_path):
    found = read(written(tmp_path, "a.jsonl", '{"tokens": ["a", "b"], "y": 0}\n{"tokens": ["c"], "y": 1}\n'))
    assert [case.values.tolist() for case in found.cases] == [["a", "b"], ["c"]]
    found = read(written(tmp_path, "b.jsonl", '{"s": [{"u": 1, "v": 2}, {"u": 3, "v": 4}], "label": "a"}\n' * 2))
    assert found.cases[0].values.tolist() == [[1, 2], [3, 4]]


def test_answers_for_each_position(tmp_path):
    lines = '{"x": [1, 2], "label": ["a", "b"]}\n{"x": [1, 2], "label": ["a"]}\n'
    found = read(written(tmp_path, "a.jsonl", lines), per_position=True, target="label", sequence="x")
    assert found.cases[0].target == ("a", "b")
    assert "line 2 has 2 positions and 1 answers" in found.unreadable[0]


WRONG = {
    "cut": ('{"x": [1], "label": "a"}\n{"x": [1], "lab\n', "line 2 is not whole JSON"),
    "a key twice": ('{"x": [1], "label": "a"}\n{"x": [1], "x": [2]}\n', "line 2 has the key 'x' twice"),
    "deep": ('{"x": [1], "label": "a"}\n' + "[" * 100_000 + "\n", "deeper than can be read"),
    "no objects": ("1\n2\n", "line 1 is no object"),
    "nothing": ("", "no row"),
    "lists of different widths": (
        '{"x": [[1, 2]], "label": 1}\n{"x": [[1]], "label": 2}\n',
        "lists of 1 and 2 channels",
    ),
    "a zero byte": ('{"x": [1], "label": "a\0"}\n', "zero byte"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_files_are_one_sentence(tmp_path, name):
    content, sentence = WRONG[name]
    with pytest.raises(InputError, match=sentence):
        read(written(tmp_path, "a.jsonl", content))


def test_missing_numbers_are_named(tmp_path):
    found = read(
        written(tmp_path, "a.jsonl", '{"x": [1, NaN, Infinity], "label": "a"}\n{"x": [1e999], "label": "b"}\n')
    )
    assert "1 missing value: 'x' in row 1 (line 1), position 2" in found.said


def test_lines_that_cannot_be_read_are_told_in_their_place(tmp_path):
    understood = read(written(tmp_path, "a.jsonl", SHAPES["a record a line"])).understood
    cases, refused = read_with(
        written(tmp_path, "b.jsonl", '{"x": [1]}\n{"x":\n\n{"x": ["q"]}\n{"x": [2]}\n'), understood.schema
    )
    assert [case.name for case in cases] == ["1", "4"]
    assert "line 2 is not whole JSON" in refused[0]
    assert "b.jsonl, line 4: column 'x' has 'q', which is no list of numbers" in refused[1]
