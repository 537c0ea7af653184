"""Idx files, plain and compressed: they are read, or refused with an error that names the file."""

import gzip
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from frostformer.data.readers.idx import read_idx
from frostformer.errors import InputError
from helpers import write_idx

HEADER = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3])  # 2 x 3 unsigned bytes
WHOLE = HEADER + bytes(range(6))


@given(npst.arrays(np.uint8, npst.array_shapes(max_dims=4, max_side=5)), st.booleans())
def test_reads_back_what_was_written(tmp_path_factory, array, zipped):
    path = tmp_path_factory.mktemp("idx") / ("file.gz" if zipped else "file")
    content = write_idx(path, array)
    if zipped:
        path.write_bytes(gzip.compress(content))
    assert np.array_equal(read_idx(path), array)


def test_sizes_are_big_endian_and_values_row_by_row(tmp_path):
    (tmp_path / "file").write_bytes(WHOLE)
    assert read_idx(tmp_path / "file").tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\0\0", id="two bytes"),
        pytest.param(b"PK" + WHOLE[2:], id="no zero bytes"),
        pytest.param(WHOLE[:2] + b"\x0d" + WHOLE[3:], id="floats"),
        pytest.param(bytes([0, 0, 8, 0]), id="no axes"),
        pytest.param(HEADER[:7], id="half a header"),
        pytest.param(WHOLE[:-1], id="a byte too few"),
        pytest.param(WHOLE + b"\0", id="a byte too many"),
        pytest.param(bytes([0, 0, 8, 2]) + b"\xff" * 8, id="sizes beyond memory"),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_refuses_damaged_content(tmp_path, content, zipped):
    path = tmp_path / ("file.gz" if zipped else "file")
    path.write_bytes(gzip.compress(content) if zipped else content)
    with pytest.raises(InputError, match=re.escape(str(path))):
        read_idx(path)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda zipped: b"", id="empty"),
        pytest.param(lambda zipped: WHOLE, id="not gzip"),
        pytest.param(lambda zipped: zipped[:-9], id="cut short"),
        pytest.param(lambda zipped: zipped[:-8] + bytes(8), id="wrong checksum"),
        pytest.param(lambda zipped: zipped[:10] + b"\xff" * 8 + zipped[18:], id="broken stream"),
    ],
)
def test_refuses_damaged_gzip(tmp_path, damage):
    path = tmp_path / "file.gz"
    path.write_bytes(damage(gzip.compress(WHOLE)))
    with pytest.raises(InputError, match=re.escape(str(path))):
        read_idx(path)
