"""A further file is read without its answers, even where it has the name of the first one."""

from __future__ import annotations

import pytest

from frostformer.data.files.case import Case
from frostformer.data.files.options import FileOptions
from frostformer.data.files.reading import read_cases, stream
from frostformer.data.files.unanswered import without_answers
from reading_files import ODD


@pytest.mark.parametrize("name", ["lines.txt", "proteins.fasta", "ids_like_numbers.csv"])
def test_a_second_file_of_answers_is_not_opened(tmp_path, name):
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    content = (ODD / name).read_bytes()
    (old / name).write_bytes(content)
    (new / name).write_bytes(content)
    options = {}
    if name == "lines.txt":
        (old / "labels").write_text("ab\n" * len(content.splitlines()))
        options = {"labels": str(old / "labels")}
    elif name == "proteins.fasta":
        (old / "labels.tsv").write_bytes((ODD / "proteins_labels.tsv").read_bytes())
        options = {"labels": str(old / "labels.tsv")}
    schema = read_cases(old / name, FileOptions(**options)).understood.schema
    wanted = [case.values.tolist() for case in stream(old / name, schema)]
    if options:
        (old / options["labels"].rpartition("/")[2]).write_text("one line alone that fits nothing\n")
    found = list(stream(new / name, without_answers(schema)))
    assert all(isinstance(case, Case) for case in found)
    assert [case.values.tolist() for case in found] == wanted


def test_sequences_whose_rows_stand_apart_come_in_the_order_of_the_file():
    path = ODD / "long_irregular.csv"
    schema = read_cases(path, FileOptions()).understood.schema
    ids = dict.fromkeys(line.partition(",")[0] for line in path.read_text().splitlines()[1:])
    assert [case.name for case in stream(path, without_answers(schema))] == list(ids) != sorted(ids)
    assert [case.name for case in stream(path, schema)] == sorted(ids)
