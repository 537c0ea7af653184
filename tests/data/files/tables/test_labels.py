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


PATIENTS = "file,label,patient,split\n" + "".join(
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


def look_with(path, content, **options):
    """What is found of a file with this table of answers."""
    labels = written(path.parent, "labels.csv", content)
    return look_at(path, FileOptions(labels=str(labels), **options))


def said_of(look):
    return "\n".join([*look.notes, *look.warnings, *look.left_out, *look.refusals])


def parts_of(look):
    return [case.part for case in look.cases]


@EVERY
def test_groups_and_parts_beside_the_answers_divide_sequences(tmp_path, make):
    path = make(tmp_path)
    look = look_with(path, PATIENTS)
    assert [case.beside["patient"] for case in look.cases] == [f"n{at // 2}" for at in range(8)]
    assert parts_of(look) == ["train"] * 6 + ["test"] * 2
    assert "'patient' has 4 values: it is a group, which the division keeps whole" in said_of(look)
    assert "answers from column 'label' of labels.csv, by 'file'" in said_of(look)
    cases, errors = read_with(path, without_answers(look.schema))
    assert (len(cases), errors) == (8, [])


@EVERY
def test_the_columns_that_divide_are_named_by_options(tmp_path, make):
    path = make(tmp_path)
    content = PATIENTS.replace("patient", "who").replace("split", "parts")
    assert "who" not in look_with(path, content).cases[0].beside
    look = look_with(path, content, group="who", split="parts")
    assert "'who' has 4 values" in said_of(look)
    assert "says nothing of a file of this kind" not in said_of(look)
    assert parts_of(look) == ["train"] * 6 + ["test"] * 2
    for option in ("split", "id"):
        with pytest.raises(InputError, match=f"--{option} nope"):
            look_with(path, content, **{option: "nope"})


@pytest.mark.parametrize("make", [rows, letters, tables, arrays])
@pytest.mark.parametrize("options", [{}, {"id": "file"}])
def test_a_time_beside_the_answers_orders_sequences(tmp_path, make, options):
    content = "file,label,when\n" + "".join(f"p{at},{'ud'[at % 2]},{20 - at}\n" for at in range(8))
    look = look_with(make(tmp_path), content, target="label", time="when", **(options if make is not rows else {}))
    assert look.division.in_time
    latest = [look.cases[row].name.partition(".")[0] for row in look.division.rows["test"]]
    assert sorted(latest) == ["p0", "p1"]


@EVERY
def test_columns_of_the_answers_can_be_dropped(tmp_path, make):
    look = look_with(make(tmp_path), PATIENTS, drop="patient,split")
    assert "patient" not in look.cases[0].beside
    assert parts_of(look) == [None] * 8
    assert "--drop names" not in said_of(look)
    assert "--drop says" not in said_of(look)


def test_a_split_with_blanks_divides_and_one_with_another_word_is_doubted(tmp_path):
    path = letters(tmp_path)
    look = look_with(path, PATIENTS.replace(",train\n", ",\n", 3))
    assert parts_of(look) == [None] * 3 + ["train"] * 3 + ["test"] * 2
    look = look_with(path, PATIENTS.replace("n3,test", "n3,tset", 1))
    assert parts_of(look) == [None] * 8
    assert "column 'split' has 'tset' beside 'train' and 'test', so it does not divide the sequences" in said_of(look)


def test_a_word_that_is_no_part_is_one_sentence(tmp_path):
    content = PATIENTS.replace(",test", ",never")
    with pytest.raises(InputError, match=r"labels.csv, 'p6': column 'split' has 'never': write train, validation or"):
        look_with(long_table(tmp_path), content, split="split")
    look = look_with(letters(tmp_path), content, split="split")
    assert "labels.csv, 'p6': column 'split' has 'never': write train, validation or test" in said_of(look)


def test_what_the_file_itself_says_comes_first(tmp_path):
    for part in ("train", "test"):
        (tmp_path / "files" / part / "x").mkdir(parents=True)
    for at in range(8):
        np.save(tmp_path / "files" / ("test" if at < 2 else "train") / "x" / f"p{at}.npy", np.full((3 + at, 2), at))
    look = look_with(tmp_path / "files", PATIENTS)
    assert sorted(case.name for case in look.cases if case.part == "test") == ["test/x/p0.npy", "test/x/p1.npy"]
    lines = ["id,patient,v1,v2", *[f"p{at},own{at % 2},{at},2" for at in range(8)]]
    path = written(tmp_path, "x.csv", "\n".join(lines) + "\n")
    assert [case.beside["patient"] for case in look_with(path, PATIENTS).cases] == [f"own{at % 2}" for at in range(8)]


def test_a_patient_in_several_parts_is_named(tmp_path):
    content = PATIENTS.replace("n2,train", "n3,train", 1)
    assert "'patient' has 4 values: it is a group, and 1 value has sequences in several of the parts" in said_of(
        look_with(letters(tmp_path), content)
    )


@pytest.mark.parametrize(
    "header", ["file,label,patient", "patient,file,label", "subject,accession,class", "pid,id,label"]
)
def test_the_column_that_names_each_sequence_is_the_id(tmp_path, header):
    names = header.split(",")
    values = {"label": "{0}", "class": "{0}", "patient": "n{1}", "subject": "n{1}", "pid": "n{1}"}
    lines = [",".join(values.get(name, "p{2}") for name in names).format("ud"[at % 2], at // 2, at) for at in range(8)]
    look = look_with(letters(tmp_path), "\n".join([header, *lines]) + "\n")
    assert [case.target[0] for case in look.cases] == list("ud" * 4)


@pytest.mark.parametrize(
    ("content", "targets"),
    [
        ("id,person,dog\np0,1,0\np1,0,1\np2,1,1\n", ("person", "dog")),
        ("id,kind,split\np0,x,train\np1,y,test\n", ("kind",)),
    ],
)
def test_answers_with_names_of_other_things(tmp_path, content, targets):
    look = look_with(letters(tmp_path), content)
    assert look.schema.targets == targets
    assert "person" not in look.cases[0].beside


@pytest.mark.parametrize("header", ["file,animal,location", "id,age,Group"])
def test_an_answer_is_asked_for_where_it_could_be_a_group(tmp_path, header):
    lines = [f"p{at},a{at // 2},b{at % 3}" for at in range(8)]
    with pytest.raises(InputError, match="name the answers by --target"):
        look_with(letters(tmp_path), "\n".join([header, *lines]) + "\n")


def test_names_of_answers_may_have_commas(tmp_path):
    look = look_with(letters(tmp_path), 'id,"a,b",c\n' + "".join(f"p{at},{at % 2},1\n" for at in range(8)))
    assert look.schema.targets == ("a,b", "c")
    assert look.cases[1].target == ("1", "1")


def test_an_id_with_two_patients_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match=r"'p0' stands there again with another group or part.* by --id if it is not"):
        look_with(letters(tmp_path), PATIENTS + "p0,u,n9,train\n")


def test_a_time_beside_the_answers_cannot_order_rows(tmp_path):
    with pytest.raises(InputError, match=r"--time when: the rows of .* have no such column to be ordered by"):
        look_with(long_table(tmp_path), PATIENTS.replace("patient", "when"), time="when")
