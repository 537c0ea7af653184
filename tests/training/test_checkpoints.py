"""Tensors and header in one file that is whole or not there."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from frostformer.errors import InputError
from frostformer.training.checkpoints import read_tensors, write_tensors

TENSORS = {"b": torch.arange(6.0).reshape(2, 3).T, "a": torch.tensor(3), "none": torch.empty(0, 4)}
HEADER = {"step": 7, "curve": [{"loss": 0.1}], "text": "é"}


def test_reads_back_what_was_written(tmp_path):
    write_tensors(tmp_path / "deep" / "file", TENSORS, HEADER)
    tensors, header = read_tensors(tmp_path / "deep" / "file")
    assert header == HEADER
    assert tensors.keys() == TENSORS.keys()
    assert all(torch.equal(tensors[name], tensor) for name, tensor in TENSORS.items())


def test_equal_states_give_equal_bytes(tmp_path):
    write_tensors(tmp_path / "one", TENSORS, HEADER)
    write_tensors(tmp_path / "two", dict(reversed(TENSORS.items())), dict(reversed(HEADER.items())))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\x80" * 100, "half"])
def test_refuses_a_missing_or_damaged_file(tmp_path, content):
    path = tmp_path / "file"
    if content == "half":
        write_tensors(path, TENSORS, HEADER)
        content = path.read_bytes()[:-10]
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="file"):
        read_tensors(path)


def test_refuses_a_foreign_safetensors_file(tmp_path):
    save_file({"a": torch.zeros(2)}, tmp_path / "plain", {"format": "pt"})
    save_file({"a": torch.zeros(2)}, tmp_path / "bare")
    for name in ("plain", "bare"):
        with pytest.raises(InputError, match="not written by frostformer"):
            read_tensors(tmp_path / name)


def test_files_of_older_versions_have_no_checksum_and_are_read(tmp_path):
    save_file({"a": torch.ones(2)}, tmp_path / "old", {"frostformer": json.dumps(HEADER)})
    tensors, header = read_tensors(tmp_path / "old")
    assert header == HEADER
    assert torch.equal(tensors["a"], torch.ones(2))


@pytest.mark.parametrize("text", ["{", "[" * 10**5, "{}x", "{" + "9" * 5000])
def test_an_old_header_that_is_not_json_is_refused(tmp_path, text):
    save_file({"a": torch.ones(2)}, tmp_path / "old", {"frostformer": text})
    with pytest.raises(InputError, match="is damaged"):
        read_tensors(tmp_path / "old")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_numbers_that_are_not_finite_are_refused_by_name(tmp_path, value, dtype):
    write_tensors(tmp_path / "file", {"fine": torch.ones(3), "bad": torch.tensor([1.0, value], dtype=dtype)}, HEADER)
    with pytest.raises(InputError, match="not finite, in 'bad': its training diverged"):
        read_tensors(tmp_path / "file")


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.complex64, torch.bool])
def test_values_of_other_types_than_are_written_are_refused(tmp_path, dtype):
    write_tensors(tmp_path / "file", {"other": torch.zeros(2).to(dtype)}, HEADER)
    with pytest.raises(InputError, match=r"'other' has values of type torch\."):
        read_tensors(tmp_path / "file")


def test_a_file_that_was_read_can_be_replaced_and_deleted(tmp_path):
    write_tensors(tmp_path / "file", TENSORS, HEADER)
    tensors, _ = read_tensors(tmp_path / "file")
    (tmp_path / "file").write_bytes(b"other bytes")
    assert torch.equal(tensors["b"], TENSORS["b"])
    maps = Path("/proc/self/maps")
    assert not maps.exists() or str(tmp_path / "file") not in maps.read_text()
