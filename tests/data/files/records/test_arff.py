"""ARFF files: quoted names, missing values, relational attributes, and which attribute is the answer."""

import numpy as np
import pytest

from frostformer.data.files.other_columns import other_columns
from frostformer.data.files.records.arff_header import cells_of
from frostformer.errors import InputError
from reading_files import ODD, read, read_with

RELATIONAL = """@relation M
@attribute series relational
	@attribute t1 numeric
	@attribute t2 numeric
@end series
@attribute activity {Standing,'Not Standing'}
@data
'1,2,3\\n4,?,6',Standing
"7,8\\n9,10",'Not Standing'
"""


@pytest.fixture
def arff(tmp_path):
    def make(text: str):
        path = tmp_path / "data.arff"
        path.write_text(text, encoding="utf-8")
        return path

    return make


def test_attributes_that_the_run_does_not_have(arff):
    def written(*names):
        attributes = "".join(f"@attribute {name} numeric\n" for name in names)
        rows = "".join(",".join(["0.5"] * len(names)) + f",{answer}\n" for answer in "abab")
        return arff(f"@relation r\n{attributes}@attribute class {{a,b}}\n@data\n{rows}")

    schema = read(written("t1", "t2", "age"), drop="age").understood.schema
    assert other_columns(written("t1", "t2", "age"), schema) == []
    assert other_columns(written("t1", "t2", "place"), schema) == [
        "attribute 'place' of data.arff not read: the run has none such"
    ]
    with pytest.raises(InputError, match=r"has more steps than the run was trained on \(t3\)"):
        other_columns(written("t1", "t2", "t3"), schema)


def test_quoted_names_and_missing_values():
    found = read(ODD / "univariate.arff")
    assert found.lengths == [6] * 6
    assert found.answers == ["normal", "not ok"] * 3
    assert found.schema.targets == ("target",)
    assert found.cases[0].values[:2, 0].tolist() == [-0.0362, 0.8507]
    assert [np.isnan(case.values).sum() for case in found.cases] == [0, 0, 0, 1, 0, 0]


def test_a_relational_cell_has_a_channel_in_each_line(arff):
    found = read(arff(RELATIONAL))
    np.testing.assert_array_equal(found.cases[0].values, [[1, 4], [2, np.nan], [3, 6]])
    assert found.lengths == [3, 2]
    assert found.answers == ["Standing", "Not Standing"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a,b", ["a", "b"]),
        ("a,", ["a", ""]),
        ("?,'?'", [None, "?"]),
        (r"""'a,b' , "say \"hi\"" """, ["a,b", 'say "hi"']),
        (r"'two\nlines'", ["two\nlines"]),
        ("'open,x", ["'open", "x"]),
    ],
)
def test_cells(text, found):
    assert cells_of(text) == found


def test_the_answer_can_be_named_and_what_is_no_number_is_said(arff):
    path = arff(
        "@relation r\n@attribute v1 real\n@attribute v2 real\n@attribute site {n,s}\n@attribute y {0,1}\n"
        "@data\n1,2,n,0\n3,4,s,1\n"
    )
    found = read(path)
    assert found.answers == ["0", "1"]
    assert found.cases[1].beside == {"site": "s"}
    assert "'site' is no number" in found.said
    numeric = read(path, target="v2")
    assert numeric.answers == ["2", "4"]
    assert numeric.lengths == [1, 1]


def test_classes_in_every_column_are_tokens(arff):
    path = arff(
        "@relation r\n@attribute p1 {a,c,g,t}\n@attribute p2 {a,c,g,t}\n@attribute class {x,y}\n@data\na,c,x\ng,?,y\n"
    )
    found = read(path)
    assert found.schema.kind == "tokens"
    assert [case.values.tolist() for case in found.cases] == [["a", "c"], ["g", "?"]]


def test_lines_that_cannot_be_read_are_named(arff):
    found = read(arff("@relation r\n@attribute v real\n@attribute y {0,1}\n@data\n1,0\nx,1\n{0 1}\n1,2,3\n2,1\n"))
    assert found.answers == ["0", "1"]
    assert [error.partition(", ")[2][:6] for error in found.unreadable] == ["line 6", "line 7", "line 8"]


def test_a_file_to_predict_needs_no_answers(arff):
    schema = read(arff(RELATIONAL)).schema
    cases, errors = read_with(
        arff("@relation M\n@attribute series relational\n@attribute t numeric\n@end series\n@data\n'1,2\\n3,4'\n"),
        schema,
    )
    assert not errors
    assert cases[0].target == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("@relation r\n@attribute v\n@data\n1\n", "line 2"),
        ("@relation r\n@attribute v real\n@attribute v real\n@data\n1,2\n", "line 3: a second attribute is called 'v'"),
        ("@relation r\n@attribute v complex\n@data\n1\n", "'complex' is no type"),
        ("@relation r\n@attribute v real\n1,2\n@data\n", "line 3"),
        ("@relation r\n@attribute v real\n", "has no line '@data'"),
        ("@relation r\n@attribute d date\n@attribute e date\n@data\n1,2\n", "no attributes that make one sequence"),
    ],
)
def test_a_damaged_header_is_one_sentence(arff, text, sentence):
    with pytest.raises(InputError, match=sentence):
        read(arff(text))
