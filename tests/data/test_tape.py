"""TAPE's remote homology files: what is read, and error messages of one line with file, place, fault and remedy."""

import csv
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frostformer.data.readers.tape import AMINO_ACIDS, FOLDS, Protein, read_tape
from frostformer.errors import InputError

PROTEINS = [Protein("MKV", 0), Protein("ACDEFGHIKLMNPQRSTVWYBOUXZ", FOLDS - 1)]
proteins = st.builds(Protein, st.text(AMINO_ACIDS, min_size=1), st.integers(0, FOLDS - 1))


def write_csv(path, proteins):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("seq", "label"), *proteins])


def write_json(path, proteins):
    path.write_text(json.dumps([{"id": "x", "primary": seq, "fold_label": fold} for seq, fold in proteins]))


@given(st.lists(proteins, min_size=1))
def test_reads_back_what_was_written(tmp_path_factory, proteins):
    folder = tmp_path_factory.mktemp("tape")
    write_csv(folder / "a.csv", proteins)
    write_json(folder / "a.json", proteins)
    assert read_tape(folder / "a.csv") == read_tape(folder / "a.json") == proteins


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"seq,label\nMKV,7\n", id="plain"),
        pytest.param(b"seq,label\nMKV,7", id="no last line break"),
        pytest.param(b"seq,label\r\nMKV,7\r\n", id="Windows"),
        pytest.param(b"\xef\xbb\xbfseq,label\nMKV,7\n\n", id="byte-order mark, blank line"),
        pytest.param(b'id,label,seq\n1,"7",MKV\n', id="other columns, quotes"),
    ],
)
def test_reads_csv_in_its_varieties(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content)
    assert read_tape(tmp_path / "a.csv") == [Protein("MKV", 7)]


def record(sequence, label):
    return json.dumps([{"primary": "MKV", "fold_label": 7}, {"primary": sequence, "fold_label": label}]).encode()


DAMAGED = {
    "empty.csv": (b"", "line 1: the columns seq and label are missing"),
    "header only.csv": (b"seq,label\n", "no proteins"),
    "missing column.csv": (b"seq,fold\nMKV,7\n", "line 1: the columns seq and label are missing"),
    "short row.csv": (b"seq,label\nMKV,7\nMKV\n", "line 3: the label is None"),
    "no sequence.csv": (b"seq,label\n,7\n", "line 2: the sequence is missing"),
    "no amino acid.csv": (b"seq,label\nMKV,7\nMJV,7\n", "line 3: 'J' is not an amino-acid code"),
    "small letters.csv": (b"seq,label\nmkv,7\n", "line 2: 'k' is not an amino-acid code"),
    "words as label.csv": (
        b"seq,label\nMKV,a.1\n",
        "line 2: the label is 'a.1' instead of a whole number from 0 to 1194",
    ),
    "fraction.csv": (b"seq,label\nMKV,7.0\n", "line 2: the label is '7.0'"),
    "label too large.csv": (b"seq,label\nMKV,1195\n", "line 2: the label is '1195'"),
    "label negative.csv": (b"seq,label\nMKV,-1\n", "line 2: the label is '-1'"),
    "label without end.csv": (b"seq,label\nMKV," + b"9" * 5000 + b"\n", "line 2: the label is '999"),
    "open quote.csv": (b'seq,label\nMKV,7\n"MKV,7\n', "line 3: unexpected end of data"),
    "binary.csv": (b"seq,label\nMKV,7\n\x80\x04", "line 3: this is not UTF-8 text"),
    "empty.json": (b"", "not a complete JSON file"),
    "cut short.json": (record("MKV", 7)[:-3], "not a complete JSON file.*line 1"),
    "binary.json": (b"\x80\x04\x95", "line 1: this is not UTF-8 text"),
    "nested.json": (b"[" * 100_000, "not a complete JSON file"),
    "number without end.json": (b"9" * 5000, "not a complete JSON file"),
    "no list.json": (b'{"primary": "MKV", "fold_label": 7}', "does not contain a list of objects"),
    "list of nothing.json": (b"[]", "no proteins"),
    "list of numbers.json": (b"[1]", "record 1: this is not an object with the keys primary and fold_label"),
    "missing key.json": (
        b'[{"primary": "MKV"}]',
        "record 1: this is not an object with the keys primary and fold_label",
    ),
    "no text.json": (record(["M"], 7), "record 2: the sequence is missing"),
    "no amino acid.json": (record("M*", 7), "record 2: '\\*' is not an amino-acid code"),
    "true.json": (record("MKV", True), "record 2: the label is True"),
    "fraction.json": (record("MKV", 7.0), "record 2: the label is 7.0"),
    "label too large.json": (record("MKV", FOLDS), "record 2: the label is 1195"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_refuses_damage(tmp_path, name):
    content, fault = DAMAGED[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"^{re.escape(str(tmp_path / name))}.*{fault}") as caught:
        read_tape(tmp_path / name)
    message = str(caught.value)
    assert "\n" not in message
    assert re.search("get it again|correct this entry or remove it", message)
    assert len(message) < len(str(tmp_path)) + 400


@pytest.mark.parametrize("name", ["remote_homology_train.lmdb", "data.mdb"])
def test_refuses_pickles_and_names_the_safe_form(tmp_path, name):
    with pytest.raises(InputError, match=r"pickles.*give the JSON files of TAPE"):
        read_tape(tmp_path / name)


@pytest.mark.parametrize("name", ["absent.csv", "absent.json", "folder.json"])
def test_what_cannot_be_read_is_said(tmp_path, name):
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(InputError, match=f"{name} (cannot be read|is a folder)"):
        read_tape(tmp_path / name)
