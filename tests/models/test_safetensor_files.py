"""Weights on disk: damaged files and files from elsewhere are refused before a tensor is read."""

import json
import re
import shutil

import pytest
import torch
from safetensors.torch import save_file

from frostformer.errors import InputError
from frostformer.models.backbones.safetensor_files import INDEX, SINGLE, shards_of, stored_tensors
from helpers import load, same_state


@pytest.fixture
def copy(sharded, tmp_path):
    """A copy of the tiny GPT-2 in shards, to damage."""
    return shutil.copytree(sharded, tmp_path / "copy")


def refused(folder, *parts) -> None:
    with pytest.raises(InputError) as caught:
        load(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert str(folder) in message
    assert all(part in message for part in parts), message


def test_shards_are_read_whole(copy, folders):
    assert len(shards_of(copy, "x")) > 2
    assert stored_tensors(copy, "x") == stored_tensors(folders["gpt2"], "x")
    assert same_state(load(copy), load(folders["gpt2"]))


def name_in_index(folder, name: str) -> str:
    """Let the index name the last shard otherwise; returns its name in the folder."""
    index = json.loads((folder / INDEX).read_text())
    last = max(index["weight_map"].values())
    index["weight_map"] = {key: name if shard == last else shard for key, shard in index["weight_map"].items()}
    (folder / INDEX).write_text(json.dumps(index))
    return last


@pytest.mark.parametrize("kind", ["above", "absolute", "a link", "a backslash", "a null byte", "a pickle"])
def test_an_index_that_leaves_the_folder_is_refused(copy, kind):
    outside = copy.parent / "outside.safetensors"
    name = {
        "above": "../outside.safetensors",
        "absolute": str(outside),
        "a link": "link.safetensors",
        "a backslash": "..\\outside.safetensors",
        "a null byte": "a\0b.safetensors",
        "a pickle": "outside.bin",
    }[kind]
    last = name_in_index(copy, name)
    shutil.move(copy / last, outside)
    (copy / "link.safetensors").symlink_to(outside)
    refused(copy, f"{INDEX} names '{name}'", "which is not a safetensors file in the model's folder")


def test_a_folder_that_is_a_link_is_followed(copy, tmp_path):
    (tmp_path / "link").symlink_to(copy)
    assert same_state(load(tmp_path / "link"), load(copy))


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", "[" * 100_000, *(f'{{"weight_map": {x}}}' for x in ("[]", "{}", '{"a": 1}'))]
)
def test_a_damaged_index_is_one_sentence(copy, content):
    (copy / INDEX).write_text(content)
    refused(copy, INDEX, "get")


def test_a_missing_shard_is_named(copy):
    last = max(shards_of(copy, "x"))
    (copy / last).unlink()
    refused(copy, f"lacks {last}, which {INDEX} names")


@pytest.mark.parametrize("kept", [0, 7, 100, -1])
def test_a_cut_shard_is_named(copy, kept):
    last = max(shards_of(copy, "x"))
    (copy / last).write_bytes((copy / last).read_bytes()[:kept])
    refused(copy, f"{last} is not whole")


def test_a_header_that_claims_more_than_the_file_is_refused(copy):
    header = json.dumps(
        {"wpe.weight": {"dtype": "F32", "shape": [10**9, 10], "data_offsets": [0, 4 * 10**10]}}
    ).encode()
    (copy / SINGLE).write_bytes(len(header).to_bytes(8, "little") + header + bytes(100))
    refused(copy, f"{SINGLE} is not whole")
    (copy / SINGLE).write_bytes((2**62).to_bytes(8, "little") + b"{}")
    refused(copy, f"{SINGLE} is not whole")


def test_weights_in_pickle_alone_are_named(copy):
    for path in copy.glob("*.safetensors*"):
        path.unlink()
    (copy / "pytorch_model.bin").write_bytes(b"anything")
    refused(copy, "only pytorch_model.bin, a format that can run code and is never read")


@pytest.mark.parametrize("kind", [torch.float8_e4m3fn, torch.int8, torch.uint8, torch.bool, torch.int32])
def test_formats_tell_whether_numbers_are_the_weights(tmp_path, kind):
    save_file({"a": torch.ones(2).to(kind), "b": torch.ones(3).half()}, tmp_path / SINGLE)
    stored = stored_tensors(tmp_path, "x")
    assert (stored["a"].is_float, stored["b"].is_float, stored["b"].shape) == (False, True, (3,))
    assert re.fullmatch(r"[A-Z]+\d*\w*", stored["a"].dtype)
