"""The odd tables that were collected: sequences, lengths, answers, first values, channels, and what is said of them."""

import json
from pathlib import Path

import numpy as np
import pytest

from data.files.tables import CASES, read
from frostformer.data.files.formats import recognise
from frostformer.errors import InputError

EXPECTED = json.loads((CASES / "expected.json").read_text(encoding="utf-8"))
OPTIONS = {
    "heartbeat_no_header.csv": {"target": "last"},
    "long_label_changes.csv": {"choose": "last"},
    "nested_lists.parquet": {"sequence": "x"},
    "splice.data": {"target": "1", "sequence": "3"},
    "features_long.csv": {"labels": str(CASES / "features_labels.csv")},
}
OF_OTHERS = ("lines.txt", "features_labels.csv", "proteins_labels.tsv")  # a label table is no file of sequences
NAMES = [
    name
    for name in EXPECTED
    if Path(name).suffix in (".csv", ".tsv", ".txt", ".data", ".jsonl", ".parquet") and name not in OF_OTHERS
]


def need(name: str) -> None:
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow")


@pytest.mark.parametrize("name", NAMES)
def test_every_table_has_what_is_expected(name):
    need(name)
    expected = EXPECTED[name]
    found = read(CASES / name, **OPTIONS.get(name, {}))
    assert found.refused == []
    assert len(found.cases) == expected.get("n", len(found.cases))
    if lengths := expected.get("lengths"):
        assert found.lengths == (lengths if len(lengths) > 1 else lengths * len(found.cases))
    if labels := expected.get("labels"):
        assert {name: count for name, count in found.labels.items() if name is not None} == labels
    if labels := expected.get("label_values"):
        assert {one for one in found.labels if one is not None} == set(labels)
    if labels := expected.get("label_list"):
        assert [case.target[0] for case in found.cases] == labels
    if first := expected.get("first"):
        assert found.first()[: len(first)] == pytest.approx(first)
    if channels := expected.get("channels"):
        assert len(found.understood.schema.channels) == channels
    if missing := expected.get("missing_inner"):
        where = [
            (at, int(step)) for at, case in enumerate(found.cases) for step in np.flatnonzero(np.isnan(case.values))
        ]
        assert where == [tuple(one) for one in missing]
    if sequences := expected.get("sequences"):
        assert [case.values.tolist() for case in found.cases] == sequences


SENTENCES = {
    "ucr_padded_nan_TRAIN.tsv": ["row 3 (line 3), position 8", "are the end of its sequence"],
    "ucr_plain_TRAIN.tsv": ["no header", "as in files of the UCR archive"],
    "wide_index_bom.csv": ["'column 1' left out: it counts the rows"],
    "excel_german.csv": ["parted by ';'", "cp1252", "decimal comma", "points part thousands"],
    "thousands_quoted.csv": ["commas part thousands"],
    "duplicate_headers.csv": ["'acc' stands 3 times"],
    "missing_spellings.csv": [
        "-999 in 1 cell, first in row 7 (line 8)",
        "12 missing values: 'a' in row 1 (line 2)",
        "class 'NA' (3 rows), which is kept as a class",
    ],
    "ids_like_numbers.csv": ["column 'subject' is the name of a sequence, and no input"],
    "long_irregular.csv": ["rows of one 'patient' are one sequence", "times are uneven"],
    "long_label_changes.csv": ["the same time stands twice in '2' (long_label_changes.csv, line 7)"],
    "features_long.csv": ["1 label of", ": k9"],
    "event_log.csv": ["the same time stands twice in 'A-2'", "'org:resource'"],
    "categorical_channels.csv": ["one channel for each of the 3 (cool, heat and idle)", "'door' is 1 for true"],
    "smiles.csv": [
        "'num' left out: it counts the rows",
        "'name' beside",
    ],
    "multilabel.csv": ["the answer is column 'A', 'B' and 'C'"],
    "spam.tsv": ["more than 2 cells in row 2 (line 2)"],
    "splice.data": ["blanks around cells are left out"],
    "list_column.parquet": ["'signal' in row 4, position 3", "'when' is a time, and no input; --time when"],
    "ragged.jsonl": [
        "'events' in row 6 (line 7), position 2",
        "'extra.note' beside",
    ],
    "traps/constant_channel.csv": ["'flag' left out: the same in all 24 rows"],
    "traps/groups.csv": ["'patient'", "--id patient"],
    "traps/label_copy.csv": ["'row' left out: it counts the rows", "'code' beside, and no input", "--keep"],
    "traps/time_order.csv": ["'date' is a time", "--time date"],
}


@pytest.mark.parametrize("name", SENTENCES)
def test_every_doubt_is_said(name):
    need(name)
    found = read(CASES / name, **OPTIONS.get(name, {}))
    for sentence in SENTENCES[name]:
        assert sentence in found.said


def test_the_sibling_of_a_training_file_is_its_test():
    assert read(CASES / "ucr_plain_TRAIN.tsv").understood.test == CASES / "ucr_plain_TEST.tsv"
    assert read(CASES / "ucr_plain_TEST.tsv").understood.test is None


def test_a_file_without_header_asks_for_the_answer():
    with pytest.raises(InputError, match="--target last"):
        read(CASES / "heartbeat_no_header.csv")


def test_answers_that_change_inside_a_sequence_ask_for_a_choice():
    with pytest.raises(InputError, match=r"line 4: 'id' 1 has different answers \(a and b\).*--choose.*--per-position"):
        read(CASES / "long_label_changes.csv")
    found = read(CASES / "long_label_changes.csv", per_position=True)
    assert [case.target for case in found.cases] == [("a", "a", "b"), ("b", "b", "b"), ("a",)]


@pytest.mark.parametrize(("choose", "answer"), [("first", "a"), ("last", "b"), ("majority", "a")])
def test_an_answer_is_chosen(choose, answer):
    assert read(CASES / "long_label_changes.csv", choose=choose).cases[0].target == (answer,)


def test_two_columns_of_lists_ask_which():
    pytest.importorskip("pyarrow")
    with pytest.raises(InputError, match=r"columns x and emb could be the sequence.*--sequence x"):
        read(CASES / "nested_lists.parquet")
    found = read(CASES / "nested_lists.parquet", sequence="x")
    assert [case.values.shape for case in found.cases] == [(3, 2), (4, 2), (5, 2), (6, 2)]


def test_a_group_keeps_its_text():
    found = read(CASES / "ids_like_numbers.csv", group="subject")
    groups = [case.beside["subject"] for case in found.cases]
    assert groups == ["0012", "012", "9007199254740993", "9007199254740992", "1e5", "100000"]
    assert found.lengths == [3] * 6


def test_texts_are_kept_to_the_letter():
    assert read(CASES / "smiles.csv").texts()[3] == "C/C=C\\C#N"
    assert read(CASES / "mixed_line_ends.csv").texts() == [
        "one, with comma",
        "two\r\nlines",
        'say "hi"',
        "plain",
        "last",
    ]
    assert read(CASES / "spam.tsv").texts()[:2] == ["don't say \"later", 'WIN £100 now!!! "call\tme"']


def test_unknown_answers_are_not_zero():
    found = read(CASES / "multilabel.csv")
    assert [case.target for case in found.cases][:3] == [("1", "0", None), ("0", "0", "1"), (None, None, "0")]
    assert [case.name for case in found.cases] == ["m1", "m2", "m3", "m4", "m5"]


def test_missing_numbers_and_infinite_ones():
    found = read(CASES / "missing_spellings.csv")
    assert found.missing == 12
    assert sum(int(np.isinf(case.values).sum()) for case in found.cases) == 3


@pytest.mark.parametrize("name", ["groups", "duplicate_rows", "imbalance", "label_copy", "ordinal", "time_order"])
def test_traps_are_sequences_of_eight_values(name):
    found = read(CASES / "traps" / f"{name}.csv")
    assert set(found.lengths) == {8}
    assert all(case.target[0] for case in found.cases)


def test_what_may_give_the_answer_away_stands_beside():
    found = read(CASES / "traps" / "label_copy.csv")
    assert found.cases[0].beside == {"row": "0", "code": "10"}
    assert set(read(CASES / "traps" / "label_copy.csv", keep="code").lengths) == {9}


@pytest.mark.parametrize("name", ["lines.txt", "proteins.fasta"])
def test_what_is_no_table_is_left_to_others(name):
    assert recognise(CASES / name) not in ("parquet", "json", "table")
