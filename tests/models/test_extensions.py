"""What a run adds to a backbone: nothing changes at first, what was there stays, and only what is new trains."""

import sys

import pytest
import torch

from benchmarks import tiny_configs
from frostformer.config import RunConfig
from frostformer.deploy.predict import evaluate
from frostformer.errors import InputError
from frostformer.models.backbones.extensions import extend_positions
from frostformer.models.build import build_model
from frostformer.models.freezing import freeze, trained_groups
from frostformer.runs.adapters import FILE_NAME, load_adapter
from frostformer.runs.one import run
from frostformer.tasks.shape import TaskShape
from frostformer.training.evaluation import predict_logits
from helpers import POSITIONS, VECTORS_SHAPE, load, ragged

LONG = TaskShape("vectors", channels=3, length=POSITIONS + 20, classes=4)
WITH_TABLES = ("gpt2", "bert", "opt", "longformer")


def control(name, **changes):
    return RunConfig(backbone=name, weights="random", width=32, device="cpu", **changes)


@pytest.mark.parametrize("family", WITH_TABLES)
def test_a_task_longer_than_the_table_is_refused_in_one_sentence(tiny_model, family):
    with pytest.raises(InputError, match=r"84 positions, backbone .* only 6\d: add `--extend-positions`"):
        tiny_model(LONG, family)


@pytest.mark.parametrize("family", WITH_TABLES)
def test_new_positions_leave_short_sequences_as_they_were(tiny_model, family):
    longer, plain = tiny_model(LONG, family, extend_positions=True), tiny_model(VECTORS_SHAPE, family)
    longer.input_layer, longer.output_layer, longer.shape = plain.input_layer, plain.output_layer, plain.shape
    split = ragged(VECTORS_SHAPE, [12, 7, 2], 12)
    torch.testing.assert_close(predict_logits(longer, split, 3), predict_logits(plain, split, 3))


@pytest.mark.parametrize("family", WITH_TABLES)
@torch.no_grad()
def test_new_positions_work_and_differ(tiny_model, family):
    model = tiny_model(LONG, family, extend_positions=True)
    assert model.backbone.max_length == LONG.length
    same = torch.ones(1, LONG.length, 32)
    tables = [p for name, p in model.backbone.named_parameters() if "position" in name or "wpe" in name]
    assert len(tables) == 1
    assert tables[0][-20:].std() == pytest.approx(float(tables[0][:-20].std()), rel=0.2)
    hidden = model.backbone(same, torch.tensor([LONG.length]))[0]
    assert not torch.allclose(hidden[-1], hidden[-2], atol=1e-3)
    again = tiny_model(LONG, family, extend_positions=True)
    assert all(torch.equal(one, other) for one, other in zip(model.parameters(), again.parameters(), strict=True))


@pytest.mark.parametrize("family", ["longformer", "led"])
def test_new_positions_fill_the_widest_window(tmp_path, family):
    config = tiny_configs.tiny_config(family)
    config.attention_window = [4, 12]
    config.save_pretrained(tmp_path)
    backbone = load(tmp_path, "random")
    extend_positions(backbone, 85, seed=0)
    assert backbone.max_length == 96
    assert backbone(torch.randn(1, 96, backbone.width), torch.tensor([96])).shape == (1, 96, backbone.width)


def test_new_positions_of_a_control():
    model, _ = build_model(control("one-attention", extend_positions=True), TaskShape("vectors", 1, 1100, 2))
    assert model.backbone.max_length == 1100
    assert model(torch.randn(2, 1100, 1), torch.tensor([1100, 3])).shape == (2, 1, 1, 2)


def test_new_positions_must_train(tiny_model):
    with pytest.raises(InputError, match="add `position` to trainable"):
        tiny_model(LONG, "gpt2", extend_positions=True, trainable="output-only")


def test_nothing_is_extended_where_nothing_limits(tiny_model):
    assert tiny_model(LONG, "llama", extend_positions=True).backbone.max_length is None


@pytest.mark.parametrize("family", ["gpt2", "bert", "llama", "t5"])
def test_low_rank_updates_start_at_zero_and_train_alone(tiny_model, tiny_config, family):
    pytest.importorskip("peft")
    plain, updated = tiny_model(VECTORS_SHAPE, family), tiny_model(VECTORS_SHAPE, family, lora_rank=2)
    split = ragged(VECTORS_SHAPE, [12, 7, 2], 12)
    torch.testing.assert_close(predict_logits(updated, split, 3), predict_logits(plain, split, 3))
    trained = freeze(updated, trained_groups(tiny_config(family, trainable="output-only", lora_rank=2)))
    added = [name for name in trained if not name.startswith("output_layer.")]
    assert added
    assert all("lora_" in name for name in added)
    assert {len(trained[name]) for name in added if "lora_A" in name} == {2}


def test_a_run_with_low_rank_updates_ends_in_an_adapter_that_holds_them(tiny_config, tmp_path):
    pytest.importorskip("peft")
    config = tiny_config("gpt2", trainable="output-only", lora_rank=2, learning_rate=1e-2)
    result = run(config, tmp_path)
    assert {row["group"] for row in result.groups if row["trained"]} == {"output", "lora"}
    model, _ = load_adapter(tmp_path / FILE_NAME)
    updates = [p for name, p in model.named_parameters() if "lora_B" in name]
    assert updates
    assert all(update.abs().max() > 0 for update in updates)
    assert evaluate(tmp_path, "test")["accuracy"] == result.metrics["test"]["accuracy"]


def test_low_rank_updates_need_attention():
    pytest.importorskip("peft")
    with pytest.raises(InputError, match="'lstm' has no attention matrices"):
        build_model(control("lstm", lora_rank=2), VECTORS_SHAPE)


def test_low_rank_updates_without_peft_are_one_sentence(tiny_model, monkeypatch):
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(InputError, match="pip install 'frostformer\\[lora\\]'"):
        tiny_model(VECTORS_SHAPE, lora_rank=2)
