"""Attention maps are read back as a run wrote them, and nothing else is; shares over seeds."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from frostformer.errors import InputError
from frostformer.results.arrays import MOST_BYTES
from frostformer.results.attention import ATTENTION_NAME, read_attention, share_text
from results.made import result

MAPS = np.array([[[0.25, 0.75, 0], [0.5, 0.25, 0.25]]] * 4, np.float16)  # (L, R, T)
COMBINED = np.array([[True, False, False], [False, True, False]])
MEAN = {"maps": MAPS, "combined": COMBINED, "row": np.int64(-1), "inputs": np.zeros((0, 3, 1), np.float32)}
EXAMPLE = MEAN | {"row": np.int64(7), "inputs": np.arange(3, dtype=np.float32)[None, :, None]}


def npz(**arrays) -> bytes:
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()


def test_none_where_there_is_none_and_where_it_is_about_to_go(tmp_path):
    assert read_attention(tmp_path) is None
    (tmp_path / ATTENTION_NAME).touch()
    assert read_attention(tmp_path) is None


def test_equal_to_what_was_written(tmp_path):
    (tmp_path / ATTENTION_NAME).write_bytes(npz(**MEAN))
    read = read_attention(tmp_path)
    assert (read.row, read.inputs) == (None, None)
    assert read.maps.dtype == np.float32
    assert np.array_equal(read.maps, MAPS)
    assert np.array_equal(read.combined, COMBINED)


@pytest.mark.parametrize("inputs", [EXAMPLE["inputs"], np.array([[3, 1, 2]])], ids=["vectors", "tokens"])
def test_an_example_comes_with_its_inputs(tmp_path, inputs):
    (tmp_path / ATTENTION_NAME).write_bytes(npz(**EXAMPLE | {"inputs": inputs}))
    read = read_attention(tmp_path)
    assert read.row == 7
    assert np.array_equal(read.inputs, inputs[0])


def changed(**arrays) -> bytes:
    return npz(**(MEAN | arrays))


@pytest.mark.parametrize(
    "content",
    [
        b"PK",
        npz(**MEAN)[:-30],
        npz(maps=MAPS, combined=COMBINED, row=np.int64(-1)),
        changed(maps=MAPS[0]),
        changed(maps=MAPS.astype(np.float32)),
        changed(maps=MAPS[:0]),
        changed(maps=2 * MAPS),
        changed(maps=MAPS * np.float16(np.nan)),
        changed(maps=np.array([[[2, -1, 0]] * 2], np.float16)),
        changed(maps=np.array([["a", None, {}]], dtype=object)),
        changed(maps=np.full((4, 3, 2), 0.5, np.float16), combined=np.zeros((3, 2), bool)),
        changed(combined=COMBINED[:1]),
        changed(combined=COMBINED.astype(np.int8)),
        changed(row=np.int64(-2)),
        changed(row=np.array([1, 2])),
        changed(row=np.float64(0)),
        changed(row=np.int64(0)),
        npz(**EXAMPLE | {"inputs": EXAMPLE["inputs"][0]}),
        npz(**EXAMPLE | {"inputs": EXAMPLE["inputs"][:, :2]}),
        npz(**EXAMPLE | {"inputs": np.array(3.0)}),
        npz(**EXAMPLE | {"inputs": np.array([1.0])}),
        npz(**EXAMPLE | {"inputs": np.array([["a", "b", "c"]])}),
    ],
)
def test_refuses_other_files_in_one_sentence(tmp_path, content):
    (tmp_path / ATTENTION_NAME).write_bytes(content)
    with pytest.raises(InputError, match="holds no attention maps") as caught:
        read_attention(tmp_path)
    assert str(tmp_path / ATTENTION_NAME) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_sizes_are_looked_at_before_anything_is_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / ATTENTION_NAME, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("combined.npy", "row.npy", "inputs.npy"):
            archive.writestr(name, b"")
        with archive.open("maps.npy", "w") as file:
            for _ in range(MOST_BYTES // 2**24 + 1):
                file.write(bytes(2**24))
    with pytest.raises(InputError, match="is larger than"):
        read_attention(tmp_path)


def test_shares_over_seeds():
    def seed(number: int, mean: float):
        share = {"mean": mean, "blocks": [mean], "uniform": 0.1, "sequences": 3}
        return replace(result(seed=number), attention_share=share)

    assert share_text([result()]) is None
    assert share_text([seed(0, 0.4)]) == "40.0 % (10.0 % if uniform)"
    assert share_text([seed(0, 0.4), seed(1, 0.5)]) == "45.0 ± 7.1 % (10.0 % if uniform)"
    assert share_text([seed(0, 0.4), result(seed=1)]) == "40.0 % (10.0 % if uniform; 1 of 2 runs)"
