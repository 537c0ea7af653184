"""Attention maps of the frozen blocks."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import transformers

from frostformer.models.backbones.loading import load_backbone
from frostformer.models.model import SequenceModel
from frostformer.results.result import read_result
from frostformer.runs import attention
from frostformer.runs.attention import attention_maps, maps_for_result
from frostformer.runs.one import run
from frostformer.training.evaluation import predict_logits
from helpers import CAUSAL, FAMILIES, TOKENS_SHAPE, VECTORS_SHAPE, WIDTH, ragged

WITH_MAPS = [family for family in FAMILIES if family not in ("longformer", "mamba")]  # test_conformance.py has those
SEQUENCES = ragged(VECTORS_SHAPE, [12] * 4, positions=12)


@pytest.mark.parametrize("family", WITH_MAPS)
def test_rows_sum_to_one_and_causal_maps_have_nothing_above_the_diagonal(tiny_model, family):
    maps = attention_maps(tiny_model(VECTORS_SHAPE, family), SEQUENCES)
    assert maps.shape == (2, 12, 12)
    torch.testing.assert_close(maps.sum(-1), torch.ones(2, 12), rtol=0, atol=1e-5)
    above = maps.triu(diagonal=1)
    assert (above == 0).all() == (family in CAUSAL)


@torch.no_grad()
def test_the_first_map_of_gpt2_by_hand(tiny_model):
    model = tiny_model(VECTORS_SHAPE)
    gpt2 = model.backbone.model
    hidden = model.input_layer(torch.from_numpy(SEQUENCES.inputs)) + gpt2.wpe.weight[:12]
    query, key, _ = gpt2.h[0].attn.c_attn(gpt2.h[0].ln_1(hidden)).split(WIDTH, dim=-1)
    expected = torch.zeros(12, 12)
    for head in (slice(0, 16), slice(16, 32)):
        scores = query[..., head] @ key[..., head].transpose(1, 2) / 4
        expected += scores.masked_fill(torch.ones(12, 12).triu(1).bool(), -torch.inf).softmax(-1).mean(0) / 2
    torch.testing.assert_close(attention_maps(model, SEQUENCES)[0], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_looking_changes_nothing(tiny_model, family):
    model = tiny_model(VECTORS_SHAPE, family)
    before, kernel = predict_logits(model, SEQUENCES, 4), model.backbone.model.config._attn_implementation
    attention_maps(model, SEQUENCES)
    assert torch.equal(predict_logits(model, SEQUENCES, 4), before)
    assert model.backbone.model.config._attn_implementation == kernel


def test_dropout_does_not_reach_the_maps(tiny_model):
    without, with_dropout = (tiny_model(VECTORS_SHAPE, dropout=p).train() for p in (0.0, 0.5))
    torch.testing.assert_close(attention_maps(without, SEQUENCES), attention_maps(with_dropout, SEQUENCES))


def test_a_model_without_attention_has_no_maps(tmp_path):
    config = transformers.MambaConfig(vocab_size=40, hidden_size=WIDTH, state_size=4, num_hidden_layers=2)
    transformers.MambaModel(config).save_pretrained(tmp_path)
    backbone = load_backbone(str(tmp_path), "pretrained", None, 0.0, 0)
    assert attention_maps(SequenceModel(VECTORS_SHAPE, backbone), SEQUENCES) is None


def test_maps_that_do_not_belong_to_the_logits_are_left_out(tiny_model, monkeypatch, caplog):
    model = tiny_model(VECTORS_SHAPE)
    monkeypatch.setattr(torch, "allclose", lambda *_, **__: False)
    assert attention_maps(model, SEQUENCES) is None
    assert "disagree" in caplog.text


def test_a_backbone_whose_maps_fail_in_any_way_costs_no_result(tiny_config, tmp_path, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError("stack expects each tensor to be equal size\nand more lines")

    monkeypatch.setattr(attention, "attention_maps", fail)
    result = run(tiny_config(), tmp_path)
    assert result.attention is None
    assert read_result(tmp_path) == result
    (remark,) = (record.message for record in caplog.records if record.levelname == "WARNING")
    assert remark.startswith("attention maps left out: the backbone cannot give them (stack expects")
    assert "\n" not in remark


def test_layers_of_several_kinds_have_no_maps_but_a_result(tiny_config, tmp_path):
    """MiniMax mixes full attention with linear attention, whose maps have another shape."""
    sizes = {"num_attention_heads": 4, "num_key_value_heads": 2, "num_local_experts": 2, "block_size": 8}
    config = transformers.MiniMaxConfig(
        vocab_size=40, hidden_size=WIDTH, intermediate_size=64, num_hidden_layers=2, head_dim=8, **sizes
    )
    config.save_pretrained(tmp_path / "model")
    asked = replace(tiny_config(weights="random"), backbone=str(tmp_path / "model"))
    assert run(asked, tmp_path / "run").attention is None
    assert run(asked, tmp_path / "run", resume=True).steps == 6


def test_a_result_holds_rounded_maps_of_the_longest_sequences(tiny_model):
    model = tiny_model(TOKENS_SHAPE, "bert")
    split = ragged(TOKENS_SHAPE, [12, 7, 9, 9, 3, 9], positions=12)
    shorter = split[np.array([1, 2, 3, 4, 5])]
    maps = maps_for_result(model, shorter)
    expected = attention_maps(model, split[np.array([2, 3, 5])].trimmed())
    np.testing.assert_allclose(np.array(maps), expected.numpy(), rtol=0, atol=5.1e-4)
    assert np.array_equal(np.array(maps), np.round(np.array(maps), 3))


def test_maps_too_large_for_a_result_are_left_out(tiny_model, monkeypatch):
    model = tiny_model(VECTORS_SHAPE)
    assert maps_for_result(model, SEQUENCES) is not None
    monkeypatch.setattr(attention, "MOST_NUMBERS", 2 * 12 * 12 - 1)
    assert maps_for_result(model, SEQUENCES) is None


def test_at_most_32_sequences_are_looked_at(tiny_model):
    model = tiny_model(VECTORS_SHAPE)
    many = ragged(VECTORS_SHAPE, [12] * 40, positions=12)
    assert maps_for_result(model, many) == maps_for_result(model, replace(many[:32]))
