"""Folders of tables, one for each sequence."""

import numpy as np
import pytest

from frostformer.data.files.answers import chosen_answer
from frostformer.data.files.formats import recognise
from frostformer.errors import CannotRead, InputError
from reading_files import ODD, read, read_with

CASES = ODD / "one_file_per_case"


@pytest.fixture
def folder(tmp_path):
    """A function: name -> text of each file -> the folder."""

    def make(**files: str):
        for name, text in files.items():
            path = tmp_path / "tables" / name.replace("__", "/")
            path = path.with_name(f"{path.name}.csv")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path / "tables"

    return make


def test_an_answer_for_each_row():
    found = read(CASES)
    assert found.lengths == [5, 7, 6, 5, 8, 6]
    assert found.schema.channels == ("HR", "Temp", "Age")
    assert found.schema.per_position
    assert [case.name for case in found.cases] == [f"p00000{number}" for number in range(6)]
    assert found.cases[1].target == ("0", "0", "0", "0", "0", "1", "1")
    assert found.cases[0].values[0].tolist() == [80, 36.5, 60]
    assert np.isnan(found.cases[0].values[:, 1]).tolist() == [False, True, True, False, True]


@pytest.mark.parametrize("choose", ["last", "max", "any"])
def test_one_answer_for_each_file(choose):
    found = read(CASES, choose=choose)
    assert [case.target for case in found.cases] == [("0",), ("1",)] * 3
    assert not found.schema.per_position
    assert read(CASES, choose="first").answers == ["0"] * 6


@pytest.mark.parametrize(
    ("answers", "choice", "answer"),
    [
        (("a", "b", "b"), "majority", "b"),
        (("a", "b", None), "last", "b"),
        (("9", "10"), "max", "10"),
        (("a", "a"), None, "a"),
        ((None, None), "last", None),
    ],
)
def test_choosing(answers, choice, answer):
    assert chosen_answer(answers, choice or "", "x") == answer


@pytest.mark.parametrize(("answers", "choice"), [(("a", "b"), None), (("a", "b"), "max")])
def test_what_cannot_be_chosen_is_one_sentence(answers, choice):
    with pytest.raises(CannotRead, match="--choose"):
        chosen_answer(answers, choice or "", "x")


def test_the_folder_inside_is_the_class(folder):
    found = read(folder(up__1="v\n1\n2\n", up__2="v\n3\n", down__3="v\n4\n"))
    assert found.answers == ["down", "up", "up"]
    assert [case.name for case in found.cases] == ["down/3.csv", "up/1.csv", "up/2.csv"]
    assert found.schema.channels == ("v",)


def test_a_table_of_answers_in_the_same_folder(folder):
    path = folder(a="1,2\n3,4\n", b="5,6\n7,8\n", answers="id,kind\na,x\nb,y\n")
    found = read(path, labels=str(path / "answers.csv"))
    assert found.answers == ["x", "y"]
    assert found.schema.channels == ("1", "2")
    assert found.lengths == [2, 2]


def test_german_numbers_and_columns_that_are_no_numbers(folder):
    found = read(folder(a="t;v;label\n2020-01-01;1,5;x\n2020-01-02;2,5;x\n", b="t;v;label\n2020-01-01;3,5;y\n"))
    assert found.schema.channels == ("v",)
    assert found.cases[0].values[:, 0].tolist() == [1.5, 2.5]
    assert found.answers == ["x", "y"]
    assert "column 't' is no number ('2020-01-01' in a.csv, line 2)" in found.said


def test_a_column_of_words_is_tokens(folder):
    found = read(folder(a="event,label\nopen,x\nclose,x\n", b="event,label\nopen,y\n"))
    assert found.schema.kind == "tokens"
    assert [case.values.tolist() for case in found.cases] == [["open", "close"], ["open"]]


def test_files_that_cannot_be_read_are_named_with_line_and_column(folder):
    found = read(
        folder(a="v,w,label\n1,2,x\n", b="v,w,label\n1,2,3,y\n", c="v,label\n1,x\n", d="", e="v,w,label\n3,4,y\n")
    )
    assert found.answers == ["x", "y"]
    assert "b.csv, line 2: it has 4 cells" in found.said
    assert "c.csv has no column 'w'" in found.said
    assert "d.csv is empty" in found.said


def test_a_file_to_predict_with_a_word_in_it_names_it(folder):
    schema = read(folder(a="v,label\n1,x\n", b="v,label\n2,y\n")).schema
    cases, errors = read_with(folder(c="v\n1\nx1\n") / "c.csv", schema)
    assert not cases
    assert "c.csv, line 3, column 'v': 'x1' is no number" in errors[0]
    cases, _ = read_with(folder(c="v\n1\n\n3\n") / "c.csv", schema)
    assert (cases[0].values[:, 0].tolist(), cases[0].target) == ([1, 3], ())


def test_files_called_by_a_split_hold_many_sequences(folder):
    path = folder(train="v,label\n1,x\n", test="v,label\n2,y\n")
    with pytest.raises(InputError):
        read(path)


def test_only_answers_and_no_numbers_is_one_sentence(folder):
    path = folder(a="p,q,label\nx,y,1\n", b="p,q,label\nz,y,0\n")
    assert recognise(path) == "one-file-each"
    with pytest.raises(InputError, match="has no column of numbers"):
        read(path)
