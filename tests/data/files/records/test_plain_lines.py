"""Lines of text whose answers are elsewhere."""

import pytest

from frostformer.errors import InputError
from reading_files import ODD, read, read_with

LINES = ODD / "lines.txt"


def test_lines_without_labels_are_one_sentence_with_three_ways():
    with pytest.raises(InputError, match=r"lines without labels: give a second file.*label<TAB>text.*table"):
        read(LINES)


def test_labels_in_a_second_file_line_by_line(tmp_path):
    (tmp_path / "labels.txt").write_text("a\nb\na\n\nb\na\n")
    found = read(LINES, labels=str(tmp_path / "labels.txt"))
    assert ["".join(case.values) for case in found.cases][:5] == [
        "the cat sat",
        "",
        "CCO",
        "  leading spaces",
        "naïve café ☕",
    ]
    assert found.answers == ["a", "b", "a", None, "b", "a"]
    (tmp_path / "new.txt").write_text("one\ntwo\n")
    cases, _ = read_with(tmp_path / "new.txt", found.schema)
    assert [("".join(case.values), case.target) for case in cases] == [("one", ()), ("two", ())]


def test_fewer_labels_than_lines_are_one_sentence(tmp_path):
    (tmp_path / "labels.txt").write_text("a\nb\n")
    with pytest.raises(InputError, match="ends before line 3"):
        read(LINES, labels=str(tmp_path / "labels.txt"))
