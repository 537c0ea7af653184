"""A second file of ids and answers serves every format, whatever kind of table it is."""

import gzip
import json

import pytest

from frostformer.errors import InputError
from reading_files import read, written

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
