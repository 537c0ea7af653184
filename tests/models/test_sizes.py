"""Sizes that cannot be built here are refused before memory is taken; torch is told to build nothing meanwhile."""

import json
import shutil

import pytest
import torch

from frostformer.errors import InputError
from frostformer.models.backbones import sizes
from helpers import load


@pytest.fixture
def refused(folders, tmp_path, monkeypatch):
    """A function: entries of a configuration -> the sentence about them, said without a tensor of real memory."""
    folder = shutil.copytree(folders["gpt2"], tmp_path / "copy")

    def never(*_, **__):
        raise AssertionError("a model is built")

    def say(weights: str, **entries) -> str:
        config = json.loads((folders["gpt2"] / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | entries))
        with monkeypatch.context() as patch:
            patch.setattr(torch, "manual_seed", never)  # comes before a model is drawn
            patch.setattr("transformers.AutoModel.from_pretrained", never)
            with pytest.raises(InputError) as caught:
                load(folder, weights)
        message = str(caught.value)
        assert "\n" not in message
        assert str(folder) in message
        return message

    return say


@pytest.mark.parametrize("weights", ["pretrained", "random"])
@pytest.mark.parametrize("entry", ["n_layer", "n_head", "n_embd", "n_positions", "vocab_size"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_size_below_one_is_named(refused, weights, entry, value):
    assert f"{entry} is {value} in its config.json, wanted 1 or more" in refused(weights, **{entry: value})


@pytest.mark.parametrize("weights", ["pretrained", "random"])
def test_more_blocks_or_positions_than_any_model_has_are_named(refused, weights):
    assert "n_layer is 1,000,000 in its config.json, wanted at most 1,000" in refused(weights, n_layer=10**6)
    assert "n_positions is 1,000,000,000,000" in refused(weights, n_positions=10**12)


@pytest.mark.parametrize("weights", ["pretrained", "random"])
@pytest.mark.parametrize(("entry", "value"), [("vocab_size", 10**12), ("n_embd", 10**6), ("n_inner", 10**12)])
def test_a_model_larger_than_memory_is_told_in_gigabytes(refused, weights, entry, value):
    message = refused(weights, **{entry: value})
    assert "GB in float32, but this machine has" in message
    assert "choose a smaller one" in message


@pytest.mark.parametrize("entries", [{"n_embd": 10**9}, {"n_head": 3}, {"activation_function": "evil"}])
def test_what_cannot_be_built_is_told_with_the_cause(refused, entries):
    assert "(gpt2) cannot be built from its configuration (" in refused("random", **entries)


@pytest.mark.parametrize("value", ["x", None, 2.5, True, [2]])
def test_a_size_of_another_type_is_told_with_the_cause(refused, value):
    assert "Field 'n_layer' expected int" in refused("pretrained", n_layer=value)


def test_the_limit_is_this_machines_memory(folders, monkeypatch):
    needed = 4 * sum(parameter.numel() for parameter in load(folders["gpt2"]).parameters())  # without the token table
    monkeypatch.setattr(sizes, "memory_bytes", lambda: needed)
    with pytest.raises(InputError, match="choose a smaller one"):
        load(folders["gpt2"])
    monkeypatch.setattr(sizes, "memory_bytes", lambda: 2 * needed)
    assert load(folders["gpt2"]).num_blocks == 2


def test_memory_is_guessed_where_the_system_does_not_tell(monkeypatch):
    assert 2**28 < sizes.memory_bytes() < 2**50
    monkeypatch.delattr("os.sysconf")
    assert sizes.memory_bytes() == 2**40
