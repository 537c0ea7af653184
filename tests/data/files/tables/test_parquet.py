"""Parquet, Feather and data frames: every type of column, and files that are damaged."""

import datetime
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from frostformer.data.files.given import given
from frostformer.data.files.options import FileOptions
from frostformer.data.files.reading import read_cases
from frostformer.errors import InputError
from reading_files import read, read_with

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
feather = pytest.importorskip("pyarrow.feather")

DAY = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)


def table() -> Any:
    return pa.table(
        {
            "id": pa.array(["s0", "s1", "s2", "s3"], pa.large_string()),
            "x": pa.array([[1, 2], [3], [], [4, 5, None]], pa.list_(pa.float32())),
            "when": pa.array(
                [DAY + datetime.timedelta(days=at) for at in range(4)], pa.timestamp("ns", "Europe/Berlin")
            ),
            "raw": pa.array([b"a", b"b", b"c", b"d"]),
            "place": pa.array([{"site": "a", "room": at} for at in range(4)]),
            "label": pa.array(["up", "down", None, "up"]).dictionary_encode(),
        }
    )


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_columns_of_many_types(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    parquet.write_table(table(), path) if kind == "parquet" else feather.write_feather(table(), path)
    found = read(path)
    assert found.lengths == [2, 1, 0, 3]
    assert [case.target for case in found.cases] == [("up",), ("down",), (None,), ("up",)]
    assert [case.name for case in found.cases] == ["s0", "s1", "s2", "s3"]
    assert found.cases[0].beside["when"] == "2024-01-01 00:00:00+00:00"
    assert found.cases[1].beside["place.room"] == "1"
    assert found.missing == 1
    assert "'raw' left out" in found.said


def test_numbers_of_all_widths_are_exact(tmp_path):
    columns = {
        "a": pa.array([0.1, 0.2, 0.3], pa.float32()),
        "b": pa.array([1, 2, 4], pa.int64()),
        "c": pa.array([0.5, 1.5, None], pa.float16()),
        "label": pa.array([True, False, True]),
    }
    parquet.write_table(pa.table(columns), tmp_path / "a.parquet")
    found = read(tmp_path / "a.parquet")
    assert found.cases[0].values[:, 0].tolist() == [0.1, 1, 0.5]
    assert found.labels == {"true": 2, "false": 1}
    assert np.isnan(found.cases[2].values[2, 0])


def test_long_form(tmp_path):
    rows = {"id": [1, 1, 2, 2], "t": [1, 0, 0, 1], "x": [0.5, 1.5, 2.5, 3.5], "label": ["a", "a", "b", "b"]}
    parquet.write_table(pa.table(rows), tmp_path / "a.parquet")
    assert [case.values[:, 0].tolist() for case in read(tmp_path / "a.parquet").cases] == [[1.5, 0.5], [2.5, 3.5]]


@dataclass
class Frame:
    """A data frame of another library, which offers Arrow's interface."""

    inner: Any

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.inner.__arrow_c_stream__(requested_schema)


def test_data_frames_of_any_library():
    path, format_ = given(Frame(table()))
    cases = read_cases(path, FileOptions(), format_).cases
    assert [len(case.values) for case in cases] == [2, 1, 0, 3]
    assert cases[0].place == "the data frame, row 1"
    with pytest.raises(InputError, match="int is no path of a file and no data frame"):
        given(3)


@pytest.mark.parametrize("cut", [5, 60, -8])
def test_damaged_files_are_one_sentence(tmp_path, cut):
    path = tmp_path / "a.parquet"
    parquet.write_table(table(), path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InputError, match="cannot be read"):
        read(path)


def test_a_file_that_lacks_the_sequence(tmp_path):
    path = tmp_path / "a.parquet"
    parquet.write_table(table(), path)
    understood = read(path).understood
    parquet.write_table(table().drop_columns(["x"]), path)
    with pytest.raises(InputError, match="lacks 1 of the columns that make the sequence"):
        read_with(path, understood.schema)
