"""A second file of ids and answers serves every format, whatever kind of table it is."""

import gzip
import json

import numpy as np
import pytest

from frostformer.data.files.options import FileOptions
from frostformer.data.files.unanswered import without_answers
from frostformer.errors import InputError
from frostformer.tasks.own_data import look_at
from reading_files import read, read_with, written

ROWS = [("p1", "up"), ("p2", "down"), ("p3", "up"), ("p9", "down")]
TABLES = {
    "commas": "id,kind\n" + "".join(f"{name},{one}\n" for name, one in ROWS),
    "no header": "".join(f"{name}\t{one}\n" for name, one in ROWS),
    "blanks": "".join(f"{name} {one}\n" for name, one in ROWS),
    "a mark and quotes": "\ufeffaccession;label\r\n" + "".join(f'"{name}";"{one}"\r\n' for name, one in ROWS),
    "packed": gzip.compress("".join(f"{name},{one}\n" for name, one in ROWS).encode()),
    "JSON lines": "".join(json.dumps({"id": name, "kind": one}) + "\n" for name, one in ROWS),
}


@pytest.fixture
def fasta(tmp_path):
    return written(tmp_path, "x.fasta", ">p1\nMK\n>p2\nMKT\n>p3\nM\n>p4\nMM\n")


@pytest.mark.parametrize("form", TABLES)
def test_tables_of_any_kind(tmp_path, fasta, form):
    found = read(fasta, labels=str(written(tmp_path, "labels", TABLES[form])))
    assert found.answers == ["up", "down", "up", None]
    assert "1 label of" in found.said
    assert "without data: p9" in found.said


def test_several_answers_of_a_folder(tmp_path):
    for name in "ab":
        written(tmp_path, f"{name}.csv", "v\n1\n2\n")
    (tmp_path / "answers").mkdir()
    table = written(tmp_path / "answers", "labels.csv", "file,hot,wet\na.csv,1,0\nb,0,1\n")
    found = read(tmp_path, labels=str(table))
    assert found.schema.targets == ("hot", "wet")
    assert [case.target for case in found.cases][:2] == [("1", "0"), ("0", "1")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("id,a\np1,1\np1,2\n", r"row 2 \(line 3\): 'p1' stands there again with another answer"),
        ("id,a,b\np1,x,y\n", "name the answers by --target"),
        ("id\np1\n", "needs a column of ids and one of answers"),
        ("id,a\np1\n", "line 2 has 1 cells"),
        ("", "empty"),
    ],
)
def test_a_bad_table_is_one_sentence(tmp_path, fasta, content, sentence):
    with pytest.raises(InputError, match=sentence):
        read(fasta, labels=str(written(tmp_path, "labels.csv", content)))


def test_a_table_that_is_not_there_is_one_sentence(fasta):
    with pytest.raises(InputError, match=r"--labels nowhere\.csv: there is no such file"):
        read(fasta, labels="nowhere.csv")


PATIENTS = "id,kind,patient,split\n" + "".join(
    f"p{at},{'ud'[at % 2]},n{at // 2},{'test' if at > 5 else 'train'}\n" for at in range(8)
)
"""Answers of p0 to p7: two sequences of each patient, the last patient in the test."""


def long_table(folder):
    return written(folder, "x.csv", "id,t,v\n" + "".join(f"p{at},{t},{at + t}\n" for at in range(8) for t in range(3)))


def rows(folder):
    return written(folder, "x.csv", "id,v1,v2,v3\n" + "".join(f"p{at},{at},2,3\n" for at in range(8)))


def json_lines(folder):
    return written(folder, "x.jsonl", "".join(json.dumps({"id": f"p{at}", "v": [at, 1, 2]}) + "\n" for at in range(8)))


def letters(folder):
    return written(folder, "x.fasta", "".join(f">p{at}\nMK\n" for at in range(8)))


def tables(folder):
    (folder / "files").mkdir()
    for at in range(8):
        written(folder, f"files/p{at}.csv", f"v\n{at}\n2\n")
    return folder / "files"


def arrays(folder):
    (folder / "files").mkdir()
    for at in range(8):
        np.save(folder / "files" / f"p{at}.npy", np.full((3 + at, 2), at))
    return folder / "files"


EVERY = pytest.mark.parametrize("make", [long_table, rows, json_lines, letters, tables, arrays])


def said_of(look):
    return "\n".join([*look.notes, *look.warnings, *look.left_out, *look.refusals])


@EVERY
def test_groups_and_parts_beside_the_answers_divide_sequences(tmp_path, make):
    path = make(tmp_path)
    labels = str(written(tmp_path, "labels.csv", PATIENTS))
    look = look_at(path, FileOptions(labels=labels))
    assert [case.beside["patient"] for case in look.cases] == [f"n{at // 2}" for at in range(8)]
    assert [case.part for case in look.cases] == ["train"] * 6 + ["test"] * 2
    assert "'patient' has 4 values: it is a group" in said_of(look)
    cases, errors = read_with(path, without_answers(look.schema))
    assert (len(cases), errors) == (8, [])


@EVERY
def test_the_columns_that_divide_are_named_by_options(tmp_path, make):
    path = make(tmp_path)
    content = PATIENTS.replace("patient", "who").replace("split", "parts")
    labels = str(written(tmp_path, "labels.csv", content))
    assert "who" not in look_at(path, FileOptions(labels=labels, target="kind")).cases[0].beside
    look = look_at(path, FileOptions(labels=labels, target="kind", group="who", split="parts"))
    assert "'who' has 4 values" in said_of(look)
    assert "says nothing of a file of this kind" not in said_of(look)
    assert [case.part for case in look.cases] == ["train"] * 6 + ["test"] * 2


def test_a_word_that_is_no_part_is_one_sentence(tmp_path):
    labels = str(written(tmp_path, "labels.csv", PATIENTS.replace(",test", ",never")))
    with pytest.raises(InputError, match=r"labels.csv, 'p6': column 'split' has 'never': write train, validation or"):
        read(long_table(tmp_path), labels=labels, split="split")
    found = read(letters(tmp_path), labels=labels, split="split")
    assert "labels.csv, 'p6': column 'split' has 'never': write train, validation or test" in found.unreadable[0]


def test_a_time_beside_the_answers_cannot_order_rows(tmp_path):
    labels = str(written(tmp_path, "labels.csv", PATIENTS.replace("patient", "when")))
    with pytest.raises(InputError, match=r"--time when: the rows of .* have no such column to be ordered by"):
        read(long_table(tmp_path), labels=labels, target="kind", time="when")
