"""Folders of tables, one for each sequence."""

import numpy as np
import pytest

from frostformer.data.files.formats import recognise
from frostformer.data.files.reading import Changed, stream
from frostformer.data.files.unanswered import without_answers
from frostformer.errors import InputError
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
    found = read(folder(a="v;word;label\n1,5;x1;x\n2,5;x2;x\n", b="v;word;label\n3,5;x3;y\n"))
    assert "column 'word' is no number ('x1' in a.csv, line 2)" in found.said


def test_a_time_that_rises_in_every_file_orders_the_rows_and_is_no_input(folder):
    path = folder(a="time,v,label\n0,1,x\n1,2,x\n2,3,x\n", b="time,v,label\n0,4,y\n1,5,y\n")
    found = read(path)
    assert found.schema.channels == ("v",)
    assert "rows are in the order of 'time', which is no input; --keep time makes it an input" in found.said
    assert read(path, keep="time").schema.channels == ("time", "v")
    both = read(path, keep="time", time="time")
    assert (both.schema.channels, both.schema.settings["time"]) == (("time", "v"), "time")
    new = folder(c="time,v\n2,30\n0,10\n1,20\n") / "c.csv"
    cases, _ = read_with(new, found.schema)
    assert cases[0].values[:, 0].tolist() == [10, 20, 30]
    new.write_text("time,v\n2,30\nnoon,10\n")
    _, errors = read_with(new, found.schema)
    assert "c.csv, line 3, column 'time': 'noon' is no time" in errors[0]
    new.write_text("v\n30\n10\n")
    cases, _ = read_with(new, found.schema)
    assert cases[0].values[:, 0].tolist() == [30, 10]
    changed = Changed()
    list(stream(new, without_answers(found.schema), changed))
    assert changed.doubts == [
        "c.csv has no column 'time', by which rows are ordered: such a file is read in its own order"
    ]


def dated(days):
    return {name: "date,v,label\n" + "".join(f"{day},{at},{name}\n" for at, day in enumerate(days)) for name in "ab"}


def test_dates_that_begin_with_the_day(folder):
    days = ["10.01.2021", "05.02.2021", "03.03.2021"]
    path = folder(**dated(days))
    for options in ({}, {"time": "date"}):
        assert read(path, **options).cases[0].values[:, 0].tolist() == [0, 1, 2]
    days = ["01/02/2021", "01/03/2021", "01/04/2021"]  # in both readings they rise
    path = folder(**dated(days))
    assert read(path).cases[0].values[:, 0].tolist() == [0, 1, 2]
    days = ["05/01/2021", "04/02/2021", "03/03/2021"]  # only with the day first
    path = folder(**dated(days))
    assert read(path).schema.settings["days_first"]


def test_of_two_times_the_one_that_stands_still_less_orders_the_rows(folder):
    rows = "date,time,v,label\n2021-01-01,1,5,x\n2021-01-01,2,6,x\n2021-01-02,3,7,x\n"
    found = read(folder(a=rows, b=rows.replace(",x", ",y")))
    assert found.schema.settings["time"] == "time"
    assert found.schema.channels == ("v",)


def test_a_time_that_stands_still_is_none(folder):
    found = read(folder(a="step,v,label\n1,5,x\n1,6,x\n", b="step,v,label\n2,5,y\n2,7,y\n"))
    assert found.schema.channels == ("step", "v")
    assert "'step' is an input and not the time of the rows: it is the same in all rows of a.csv" in found.said


def test_the_only_numbers_are_an_input_whatever_their_name(folder):
    assert read(folder(a="position,label\n1,x\n2,x\n", b="position,label\n3,y\n4,y\n")).schema.channels == ("position",)


def test_a_time_that_falls_is_an_input(folder):
    found = read(folder(a="t,v,label\n3,1,x\n1,2,x\n", b="t,v,label\n0,4,y\n"))
    assert found.schema.channels == ("t", "v")
    assert "'t' is an input and not the time of the rows: it falls in a.csv, line 3" in found.said
    found = read(folder(a="Time [s],v,label\n1,1,x\n2,2,x\n", b="Time [s],v,label\n0,4,y\n,5,y\n"))
    assert "'Time [s]' is an input and not the time of the rows: '' in b.csv, line 3, is no time" in found.said


def test_a_group_is_no_input_and_stands_beside(folder):
    files = {
        f"m{at}": f"v,machine,label\n{at},{at % 3},{'xy'[at % 2]}\n{at + 1},{at % 3},{'xy'[at % 2]}\n"
        for at in range(6)
    }
    path = folder(**files)
    for options in ({}, {"group": "machine"}):
        found = read(path, **options)
        assert found.schema.channels == ("v",)
        assert [case.beside["machine"] for case in found.cases] == list("012012")
    cases, errors = read_with(folder(n="v,machine\n1,0\n2,1\n") / "n.csv", found.schema)
    assert not cases
    assert "n.csv has several values of 'machine': 0, 1; give each a file of its own" in errors[0]
    cases, errors = read_with(path.parent / "tables" / "n.csv", without_answers(found.schema))
    assert (len(cases), errors) == (1, [])
    found = read(folder(a="v,device,label\n1,7,x\n", b="v,device,label\n2,7,y\n"))
    assert found.schema.channels == ("v", "device")  # a constant channel, of which a trap tells


def test_files_of_different_rates_are_named(folder):
    files = {
        f"m{at}": "time,v,label\n" + "".join(f"{row / (50 if at == 2 else 100)},{row},x\n" for row in range(9))
        for at in range(5)
    }
    assert "rows are 0.01 apart in time, but not in 'm2.csv' (0.02)" in read(folder(**files)).said


def test_rates_of_files_with_equal_names_in_folders_of_classes(folder):
    def rows(rate):
        return "time,v\n" + "".join(f"{row / rate},{row}\n" for row in range(9))

    found = read(folder(bad__0=rows(100), bad__1=rows(100), good__0=rows(50), good__1=rows(100)))
    assert "rows are 0.01 apart in time, but not in 'good/0.csv' (0.02)" in found.said


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
