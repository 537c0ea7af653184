"""A prediction reads a new file as the first one was read: the schema holds all that it needs."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict

import numpy as np
import pytest

from frostformer.data.files.case import Case
from frostformer.data.files.options import FileOptions
from frostformer.data.files.reading import read_cases, stream
from frostformer.data.files.schema import Schema
from frostformer.errors import CannotRead, InputError
from reading_files import ODD

CUT = {"window": 4, "hop": 2}
FILES = {
    "ucr_plain_TRAIN.tsv": {},
    "heartbeat_no_header.csv": {"target": "last"},
    "long_irregular.csv": {"window": 3, "hop": 2, "choose": "last"},
    "ragged.jsonl": {"target": "label", "max_length": 3},
    "ragged_multichannel.ts": CUT,
    "regression_target.ts": {"max_length": 5},
    "univariate.arff": {"window": 2},
    "header_labels.fasta.gz": {"label_field": 2, "window": 10, "hop": 10},
    "reads.fastq": {"max_length": 3},
    "big_endian_f16.npz": CUT,
    "matlab5.mat": CUT,
    "lines.txt": {"window": 5},
    "har": CUT,
    "one_file_per_case": {"window": 3, "hop": 1, "choose": "max"},
    "images": {"max_length": 7},
    "sounds": {"window": 100, "hop": 70},
}


@pytest.mark.parametrize("name", FILES)
def test_a_stream_gives_what_was_read(name, tmp_path):
    options = FILES[name]
    if name == "lines.txt":
        labels = tmp_path / "labels.txt"
        labels.write_text("a\nb\n" * (len((ODD / name).read_text().splitlines()) // 2 + 1))
        labels.write_text("\n".join(labels.read_text().splitlines()[: len((ODD / name).read_text().splitlines())]))
        options = options | {"labels": str(labels)}
    read = read_cases(ODD / name, FileOptions(**options))
    schema = read.understood.schema
    for key in ("window", "hop", "choose", "max_length", "scoring"):
        assert key in schema.settings
    kept = asdict(schema) | {"settings": json.loads(json.dumps(schema.settings))}  # as an adapter keeps it
    for one in ("channels", "targets", "beside"):
        kept[one] = tuple(kept[one])
    found = [case for case in stream(ODD / name, Schema(**kept)) if isinstance(case, Case)]
    assert len(found) == read.own > 0
    for one, other in zip(found, read.cases, strict=False):
        np.testing.assert_array_equal(one.values, other.values)
        assert (one.name, one.place, one.target, one.beside) == (other.name, other.place, other.target, other.beside)
    longest = options.get("max_length", options.get("window", 10**6))
    assert max(len(one.values) for one in found) <= longest


@pytest.mark.parametrize("name", ["ragged_multichannel.ts", "long_irregular.csv", "one_file_per_case"])
def test_a_recording_without_room_for_a_window_is_named(name):
    read = read_cases(ODD / name, FileOptions(window=8))
    assert [len(case.values) for case in read.cases] == [8] * len(read.cases)
    assert sum("shorter than --window 8 and left out" in one for one in read.changed) == 1
    short = [one for one in stream(ODD / name, read.understood.schema) if isinstance(one, CannotRead)]
    assert short
    assert all("fewer than --window 8" in str(one) for one in short)
    with pytest.raises(InputError, match=r"no sequence that can be read: .*fewer than --window 100"):
        read_cases(ODD / name, FileOptions(window=100))


def test_each_window_has_its_own_answer(tmp_path):
    for number in range(3):
        rows = "".join(f"{row}|{row // 4}\n" for row in range(8))
        (tmp_path / f"r{number}.psv").write_text("x|label\n" + rows)
    read = read_cases(tmp_path, FileOptions(window=4, choose="majority"))
    assert [case.target for case in read.cases] == [("0",), ("1",)] * 3
    read = read_cases(tmp_path, FileOptions(window=4, per_position=True))
    assert read.cases[0].target == ("0",) * 4


def test_lists_in_cells_are_cut(tmp_path):
    path = tmp_path / "a.jsonl"
    lines = [json.dumps({"x": [*range(at, at + 10)], "label": "ab"[at % 2]}) for at in range(4)]
    path.write_text("\n".join(lines))
    read = read_cases(path, FileOptions(window=4, hop=3))
    assert [len(case.values) for case in read.cases] == [4] * 12
    assert read.cases[1].values[:, 0].tolist() == [3, 4, 5, 6]


def test_a_new_file_without_answers_is_cut_in_the_same_way(tmp_path):
    train = tmp_path / "train"
    shutil.copytree(ODD / "one_file_per_case", train)
    schema = read_cases(train, FileOptions(window=3, choose="max")).understood.schema
    new = tmp_path / "new.psv"
    new.write_text("HR|Temp|Age\n" + "80|36.6|50\n" * 7)
    found = list(stream(new, schema))
    assert [case.values.shape for case in found] == [(3, 3)] * 2
    assert all(not case.target for case in found)


INFINITE = {
    "a.jsonl": '{"x": [1, NaN, Infinity], "label": "a"}\n{"x": [1e999], "label": "b"}\n',
    "a.ts": "@classLabel true a b\n@data\n1,?,inf:a\n-1e999,2,3:b\n",
    "a.csv": "v0,v1,v2,label\n1,,inf,a\n-1e999,1,2,b\n",
}


@pytest.mark.parametrize("name", INFINITE)
def test_what_is_infinite_is_missing(name, tmp_path):
    path = tmp_path / name
    path.write_text(INFINITE[name])
    read = read_cases(path, FileOptions())
    assert sum(int(np.isnan(case.values).sum()) for case in read.cases) == 3
    (said,) = [one for one in read.changed if "2 values are infinite and count as missing, first in" in one]
    assert "step 3" in said
    assert "('v2')" in said or name != "a.csv"


def test_what_is_too_long_is_said_once():
    read = read_cases(ODD / "ragged_multichannel.ts", FileOptions(max_length=12))
    assert len(read.changed) == 1
    assert "2 sequences lose their end, being longer than --max-length 12: " in read.changed[0]
