"""FASTA and FASTQ files, and where their answers are."""

import gzip
import time
from collections import Counter

import pytest

from frostformer.data.files.formats import recognise
from frostformer.data.files.unanswered import without_answers
from frostformer.errors import InputError
from reading_files import ODD, read, read_with, written


@pytest.fixture
def fasta(tmp_path):
    def make(text: str, name: str = "some.fasta"):
        path = tmp_path / name
        path.write_bytes(text.encode())
        return path

    return make


def sequences(found):
    return ["".join(case.values) for case in found.cases]


def test_wrapped_lines_comments_small_letters_empty_and_double_records():
    found = read(ODD / "proteins.fasta")
    assert sequences(found) == ["MKTAYIAKQRQISFVKSHFS", "MKTAY-IAK*", "", "MK*TTXBZUO", "MKK", "MKR", "MMMM"]
    assert [case.name for case in found.cases][2:] == ["P3", "P4", "P1", "P1", "P5"]
    assert found.cases[2].place.endswith("proteins.fasta, line 8")
    assert "P1 (lines 12, 14)" in found.said
    assert "small letters are read as large ones" in found.said
    assert "has no answers" in found.said


def test_a_table_of_answers_knows_whole_ids_and_accessions():
    found = read(ODD / "proteins.fasta", labels=str(ODD / "proteins_labels.tsv"))
    assert found.answers == ["1", "1", None, "0", None, None, "2"]
    assert found.schema.targets == ("fold",)
    assert "sp|P00001|ONE_TEST: 1, P00001: 0" in found.said


def test_columns_of_a_table_of_answers_by_name(tmp_path):
    path = written(tmp_path, "table.txt", "split,answer,acc\na,0,P4\nb,1,P5\nb,1,P9\n")
    found = read(ODD / "proteins.fasta", labels=str(path), target="answer", id="acc")
    assert (found.answers[3], found.answers[6]) == ("0", "1")
    assert "table.txt without data: P9" in found.said


def test_answers_and_splits_in_the_header():
    found = read(ODD / "header_labels.fasta.gz", label_field=2)
    assert found.lengths == [30] * 8
    assert found.answers == ["Cytoplasm", "Nucleus"] * 4
    assert Counter(case.part for case in found.cases) == {"train": 6, "test": 2}


def test_a_header_with_answers_offers_them():
    assert "--label-field 2" in read(ODD / "header_labels.fasta.gz").said


def test_a_header_without_bars_and_a_split_that_only_some_have(fasta):
    found = read(fasta(">Q1 Cell.membrane-M test\nMK\n>Q2 Nucleus-U\nMKA\n"), label_field=2)
    assert found.answers == ["Cell.membrane-M", "Nucleus-U"]
    assert [case.part for case in found.cases] == ["test", "train"]


def test_records_that_differ_in_the_answer_alone_are_named(fasta):
    found = read(fasta(">s1|dog|test\nMK\n>s1|cat|train\nMKA\n>s2|dog|train\nM\n>s3\nMM\n"), label_field=2)
    assert [case.name for case in found.cases][:2] == ["s1|dog|test", "s1|cat|train"]
    assert "the same id stands several times: s1 (lines 1, 3)" in found.said
    assert "stands several times" not in read(fasta(">a b\nMK\n>c b\nMK\n"), label_field=1).said


@pytest.mark.parametrize(("mark", "answers"), [("class", ["a", "b"]), ("", ["=a", "=b"])])
def test_a_key_before_every_answer_is_no_part_of_it(fasta, mark, answers):
    found = read(fasta(f">s1 {mark}=a\nMK\n>s2 {mark}=b\nMKA\n"), label_field=2)
    assert found.answers == answers
    assert ("answers are what stands behind 'class='" in found.said) == (mark == "class")
    for other in ("kind=b", "class=", "b"):
        found = read(fasta(f">s1 class=a\nMK\n>s2 {other}\nMKA\n"), label_field=2)
        assert found.answers == ["class=a", other]


def test_a_part_that_no_header_has_is_refused(fasta):
    with pytest.raises(InputError, match="--label-field is 3, and a header has at most 2 parts: give another number"):
        read(fasta(">s1|dog\nMK\n>s2\nMKA\n"), label_field=3)


def test_a_third_line_has_an_answer_for_each_residue(fasta):
    path = fasta(">P1|EUK|1\nMKTA\nSSSI\n>P2|EUK|0\nMKTAA\nSSSII\n")
    found = read(path)
    assert sequences(found) == ["MKTA", "MKTAA"]
    assert found.schema.per_position
    assert found.cases[1].target == tuple("SSSII")
    of_header = read(path, label_field=3)
    assert of_header.answers == ["1", "0"]
    assert sequences(of_header) == ["MKTA", "MKTAA"]


def test_an_answer_that_only_the_test_has_is_an_answer(fasta):
    schema = read(fasta(">a\nMKTA\nSSSI\n>b\nMKTAA\nSSSII\n")).understood.schema
    cases, errors = read_with(fasta(">n\nMKTA\nHHSS\n"), schema)
    assert [(case.target, errors) for case in cases] == [(tuple("HHSS"), [])]


def test_sequences_cut_into_lines_are_no_third_lines(fasta):
    found = read(fasta(">a\nMKTA\nMKTA\n>b\nMKTA\nMKTT\n"))
    assert sequences(found) == ["MKTAMKTA", "MKTAMKTT"]
    told = read(fasta(">a\nMKTA\nSSSI\n>b\nMKTA\nIII\n"), per_position=True)
    assert sequences(told) == ["MKTA"]
    assert "line 4: wanted a sequence and as many answers" in told.unreadable[0]
    assert "write a sequence that is cut into lines on one" in told.unreadable[0]


def test_a_new_sequence_cut_into_lines_is_not_taken_for_answers(fasta):
    schema = without_answers(read(fasta(">a\nMKTA\nSSSI\n>b\nMKTAA\nSSSII\n")).understood.schema)
    for lines in (
        "MKTAMKTAMK",
        "MKTAM\nKTAMK",
        "MKTA\nMKTA\nMK",
        "MKTAMKTAMK\nSSSISSSISS",
        "MKTAM\nKTAMK\nSSSIS\nSSISS",
    ):
        cases, errors = read_with(fasta(f">n\n{lines}\n"), schema)
        assert [("".join(case.values.tolist()), errors) for case in cases] == [("MKTAMKTAMK", [])]
    _, errors = read_with(fasta(">n\nMKTA\nSSS\n"), schema)
    assert "write a sequence that is cut into lines on one" in errors[0]
    schema.settings.pop("answers")  # as in runs made before
    cases, errors = read_with(fasta(">n\nMKTA\nSSSI\n>m\nMKTA\nMKTA\nMK\n"), schema)
    assert ["".join(case.values.tolist()) for case in cases] == ["MKTA"]
    assert len(errors) == 1


def test_other_line_ends_and_text_above_the_first_header(fasta):
    assert sequences(read(fasta(">a\rMK\rTA\r>b\rM K\r"))) == ["MKTA", "MK"]
    found = read(fasta("this is a note\n>a\nMK\n"))
    assert sequences(found) == ["MK"]
    assert "line 1: the text above the first '>' is left out" in found.said


def test_fastq():
    found = read(ODD / "reads.fastq")
    assert sequences(found) == ["ACGTN", "ACGTTA"]
    assert [case.name for case in found.cases] == ["r1", "r2"]


@pytest.mark.parametrize("text", ["@r1\nACGT\n+\nIII\n", "@r1\nAC\n+\nII\nAC\n", "@r1\nAC\n+\nII\n@r2\nAC\n"])
def test_a_damaged_fastq_is_one_sentence(fasta, text):
    with pytest.raises(InputError, match="line "):
        read(fasta(text, "x.fastq"))


def test_kinds_are_known_by_content(fasta, tmp_path):
    packed = tmp_path / "no-name"
    packed.write_bytes(gzip.compress(b"; a comment\n\n>a\nMK\n"))
    assert recognise(packed) == "fasta"
    assert recognise(fasta("@r\nACGT\n+\n@@@@\n", "x.txt")) == "fastq"


def test_a_megabyte_in_one_line_and_many_blank_lines_take_no_time(fasta):
    start = time.process_time()
    found = read(fasta(">a\n" + "MK" * 500_000 + "\n>b\n" + "\n" * 200_000 + "MK"))
    assert found.lengths == [1_000_000, 2]
    with pytest.raises(InputError, match="no kind of file"):
        recognise(fasta("\n" * 60_000))
    assert time.process_time() - start < 20


def test_a_file_to_predict_needs_no_answers(fasta, tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text("id,fold\nP4,0\nP5,1\n")
    schema = read(ODD / "proteins.fasta", labels=str(table)).schema
    table.unlink()
    cases, errors = read_with(fasta(">new\nMKTA\n"), schema)
    assert not errors
    assert [case.name for case in cases] == ["new"]
    assert cases[0].target == ()
