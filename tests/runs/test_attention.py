"""Attention maps of the frozen blocks, and the share of attention on what answers are made of."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import transformers

from frostformer.config import RunConfig
from frostformer.deploy.predict import Predictor
from frostformer.models.backbones.loading import load_backbone
from frostformer.models.build import freeze_for
from frostformer.models.model import SequenceModel
from frostformer.results.attention import read_attention
from frostformer.results.result import read_result
from frostformer.runs import attention
from frostformer.runs.attention import Attention, attention_maps, attention_of, attention_share
from frostformer.runs.one import run
from frostformer.runs.together import run_together
from frostformer.tasks.bits import bit_memory, bit_xor
from frostformer.tasks.task import Task
from frostformer.training.evaluation import predict_logits
from helpers import CAUSAL, FAMILIES, TOKENS_SHAPE, VECTORS_SHAPE, WIDTH, ragged

WITH_MAPS = [family for family in FAMILIES if family not in ("longformer", "mamba")]  # test_conformance.py has those
SEQUENCES = ragged(VECTORS_SHAPE, [12] * 4, positions=12)


@pytest.mark.parametrize("family", WITH_MAPS)
def test_rows_sum_to_one_and_causal_maps_have_nothing_above_the_diagonal(tiny_model, family):
    maps = attention_maps(tiny_model(VECTORS_SHAPE, family), SEQUENCES)
    assert maps.shape == (2, 4, 12, 12)
    torch.testing.assert_close(maps.sum(-1), torch.ones(2, 4, 12), rtol=0, atol=1e-5)
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
    torch.testing.assert_close(attention_maps(model, SEQUENCES)[0].mean(0), expected, rtol=1e-5, atol=1e-5)


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
    monkeypatch.setitem(attention._TOLERANCE, "fp32", -1)
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


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda weights: 1.01 * weights, "more or less attention than it has"),
        (lambda weights: weights * torch.nan, "more or less attention than it has"),
        (lambda weights: weights.flip(-1), "attends to a later one"),
    ],
    ids=["scaled", "not finite", "turned"],
)
def test_maps_that_are_no_weights_are_left_out(tiny_model, caplog, change, words):
    model = tiny_model(VECTORS_SHAPE)

    def hand_out_others(_, __, output):
        if output.attentions is not None:
            output.attentions = (output.attentions[0], change(output.attentions[1]))

    assert attention_maps(model, SEQUENCES) is not None
    model.backbone.model.register_forward_hook(hand_out_others)
    assert attention_maps(model, SEQUENCES) is None
    assert words in caplog.text


@pytest.mark.parametrize("rows", [1, 5, 12, None])
@pytest.mark.parametrize("most", [1, 2 * 2 * 12**2 * 3, 2**24])
def test_rows_and_passes_only_cut_the_maps(tiny_model, monkeypatch, rows, most):
    model = tiny_model(VECTORS_SHAPE)
    whole = attention_maps(model, SEQUENCES)
    passes = []
    model.register_forward_pre_hook(lambda _, inputs: passes.append(len(inputs[0])))
    monkeypatch.setattr(attention, "MOST_WEIGHTS", most)
    maps = attention_maps(model, SEQUENCES, rows)
    torch.testing.assert_close(maps, whole[:, :, -(rows or 12) :])
    assert passes == {1: [1] * 4, 2**24: [4]}.get(most, [3, 1])  # the pass with the fused kernel


@pytest.mark.parametrize("precision", ["bf16", "int8"])
@pytest.mark.parametrize("family", ["gpt2", "bert", "llama", "vit"])
def test_maps_in_lower_precision_are_close_to_those_in_float32(tiny_model, family, precision):
    model = tiny_model(VECTORS_SHAPE, family)
    exact = attention_maps(model, SEQUENCES)
    freeze_for(model, RunConfig(trainable="frozen", backbone_precision=precision))
    found = attention_maps(model, SEQUENCES)
    assert not torch.equal(found, exact)
    torch.testing.assert_close(found, exact, rtol=0, atol=0.1)
    assert (found - exact).abs().mean() < 0.01


def task_of(shape, sequences, combines=None) -> Task:
    return Task("mine", 1, shape, sequences, sequences, sequences, combines=combines)


def test_a_result_holds_rounded_maps_of_the_longest_sequences(tiny_model):
    model = tiny_model(TOKENS_SHAPE, "bert")
    split = ragged(TOKENS_SHAPE, [12, 7, 9, 9, 3, 9], positions=12)
    found = attention_of(model, task_of(TOKENS_SHAPE, split[np.array([1, 2, 3, 4, 5])]))
    expected = attention_maps(model, split[np.array([2, 3, 5])].trimmed()).mean(1)
    np.testing.assert_allclose(np.array(found.maps), expected.numpy(), rtol=0, atol=5.1e-4)
    assert np.array_equal(np.array(found.maps), np.round(np.array(found.maps), 3))
    assert (found.share, found.file) == (None, None)


def test_maps_too_large_for_a_result_are_left_out(tiny_model, monkeypatch):
    model, task = tiny_model(VECTORS_SHAPE), task_of(VECTORS_SHAPE, SEQUENCES)
    assert attention_of(model, task).maps is not None
    monkeypatch.setattr(attention, "MOST_NUMBERS", 2 * 12 * 12 - 1)
    assert attention_of(model, task) == Attention()


@pytest.mark.parametrize(("most", "count"), [(2048, 32), (10 * 12 + 5, 10), (5, 1)])
def test_only_so_many_sequences_and_positions_are_looked_at(tiny_model, monkeypatch, most, count):
    model = tiny_model(VECTORS_SHAPE)
    many = ragged(VECTORS_SHAPE, [12] * 40, positions=12)
    monkeypatch.setattr(attention, "MOST_POSITIONS", most)
    found = attention_of(model, task_of(VECTORS_SHAPE, many))
    assert found == attention_of(model, task_of(VECTORS_SHAPE, many[:count]))
    assert found != attention_of(model, task_of(VECTORS_SHAPE, many[1 : count + 1]))


@pytest.mark.parametrize("causal", [True, False])
def test_shares_against_loops(causal):
    generator = np.random.default_rng(0)
    blocks, count, read, positions = 3, 2, 2, 5
    weights = generator.random((blocks, count, read, positions)) ** 3
    combined = generator.random((count, read, positions)) < 0.5
    for row in range(read):
        if causal:
            weights[:, :, row, positions - read + row + 1 :] = 0
    weights /= weights.sum(-1, keepdims=True)
    found = attention_share(torch.from_numpy(weights), combined, causal)
    pairs = [(n, r) for n in range(count) for r in range(read)]
    shares = [np.mean([block[n, r][combined[n, r]].sum() for n, r in pairs]) for block in weights]
    uniform = []
    for n, r in pairs:
        seen = positions - read + r + 1 if causal else positions
        uniform.append(combined[n, r, :seen].sum() / seen)
    assert found["blocks"] == pytest.approx(shares, abs=1e-5)
    assert found["mean"] == pytest.approx(np.mean(shares), abs=1e-5)
    assert found["uniform"] == pytest.approx(np.mean(uniform), abs=1e-5)
    assert found["sequences"] == count


@pytest.mark.parametrize("causal", [True, False])
def test_equal_attention_has_the_uniform_share(causal):
    length = 5
    combined = bit_xor(length).combines(bit_xor(length).validation[:3])
    weights = torch.ones(2 * length, 2 * length)
    weights = (weights.tril() if causal else weights)[length:]
    weights = weights / weights.sum(-1, keepdim=True)
    found = attention_share(weights.expand(4, 3, -1, -1), combined, causal)
    assert found["mean"] == pytest.approx(found["uniform"], abs=1e-4)
    assert found["uniform"] == pytest.approx(np.mean([2 / (6 + i) for i in range(5)]) if causal else 0.2, abs=1e-5)
    perfect = torch.from_numpy(combined / combined.sum(-1, keepdims=True))[None]
    assert attention_share(perfect, combined, causal)["mean"] == 1


def run_on(tiny_config, out, family="gpt2", **options):
    return run(tiny_config(family, steps=2, evaluate_every=2, **options), out)


@pytest.mark.parametrize("family", ["gpt2", "bert", "llama", "vit", "gpt-neox"])
def test_a_run_on_bit_xor_keeps_the_mean_map_and_its_share(tiny_config, tmp_path, family):
    result = run_on(tiny_config, tmp_path, family, task="bit-xor")
    kept = read_attention(tmp_path)
    assert (kept.row, kept.inputs) == (None, None)
    np.testing.assert_allclose(kept.maps, np.array(result.attention)[:, 5:], rtol=0, atol=1.1e-3)
    assert np.array_equal(kept.combined, bit_xor().combines(bit_xor().validation[:1])[0])
    shares = (kept.maps * kept.combined).sum(-1).mean(-1)
    assert result.attention_share["blocks"] == pytest.approx(shares.tolist(), abs=1e-3)
    assert result.attention_share["mean"] == pytest.approx(shares.mean(), abs=1e-3)
    uniform = np.mean([2 / (6 + i) for i in range(5)]) if family in CAUSAL else 0.2
    assert result.attention_share["uniform"] == pytest.approx(uniform, abs=1e-5)
    assert read_result(tmp_path) == result


def test_a_run_on_bit_memory_keeps_an_example(tiny_config, tmp_path, tasks):
    options = {"strings": "3", "bits": "16", "patch": "4"}
    result = run_on(tiny_config, tmp_path, task="bit-memory", task_options=options)
    task = bit_memory(3, 16, 4)
    kept = read_attention(tmp_path)
    assert kept.row == 0
    assert np.array_equal(kept.inputs, task.validation.inputs[0])
    assert np.array_equal(kept.combined, task.combines(task.validation[:1])[0])
    assert kept.maps.shape == (2, 4, 16)
    first = Predictor(tmp_path)
    expected = attention_maps(first.model, task.validation[:1], 4)[:, 0]
    np.testing.assert_allclose(kept.maps, expected.numpy(), rtol=1e-3, atol=1e-3)
    assert result.attention_share["sequences"] == 32
    assert 0 < result.attention_share["uniform"] < 0.1


def test_long_strings_keep_their_maps_in_the_file_alone(tmp_path, tiny_config):
    config = tiny_config(task="bit-xor", task_options={"length": "256"}, extend_positions=True, batch_size=2)
    result = run(replace(config, steps=1, evaluate_every=1), tmp_path)
    assert result.attention is None
    assert (tmp_path / "result.json").stat().st_size < 20_000
    kept = read_attention(tmp_path)
    assert kept.maps.shape == (2, 256, 512)
    assert kept.combined.sum(-1).tolist() == [2] * 256
    assert result.attention_share["sequences"] == 4
    assert result.attention_share["uniform"] == pytest.approx(np.mean([2 / (257 + i) for i in range(256)]), abs=1e-5)


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_lower_precision_has_shares_too(tiny_config, tmp_path, precision):
    result = run_on(tiny_config, tmp_path, task="bit-xor", backbone_precision=precision)
    assert result.attention_share is not None
    assert read_attention(tmp_path) is not None


def test_runs_side_by_side_have_the_shares_of_single_runs(tiny_config, tmp_path):
    configs = {tmp_path / str(seed): tiny_config(task="bit-xor", seed=seed) for seed in range(6)}
    together = run_together(configs)
    assert together[5].together == 6
    alone = run(tiny_config(task="bit-xor", seed=5), tmp_path / "alone")
    assert alone.attention_share == together[5].attention_share
    assert (tmp_path / "alone" / "attention.npz").read_bytes() == (tmp_path / "5" / "attention.npz").read_bytes()


@pytest.mark.parametrize("options", [{"family": "mamba"}, {"family": "longformer"}])
def test_a_backbone_without_maps_has_no_share_and_no_file(tiny_config, tmp_path, options):
    result = run_on(tiny_config, tmp_path, **options, task="bit-xor")
    assert (result.attention, result.attention_share) == (None, None)
    assert not (tmp_path / "attention.npz").exists()


def test_a_task_whose_answers_cannot_be_taken_apart_has_no_share(tiny_config, tmp_path):
    result = run_on(tiny_config, tmp_path)
    assert (result.attention is None, result.attention_share) == (False, None)
    assert not (tmp_path / "attention.npz").exists()


def test_a_rule_that_fails_costs_no_result(tiny_model, caplog):
    def fail(sequences):
        if len(sequences) > 2:
            raise RuntimeError("no such positions")
        return np.zeros((2, 2, 12), bool)

    assert attention_of(tiny_model(VECTORS_SHAPE), task_of(VECTORS_SHAPE, SEQUENCES, fail)) == Attention()
    assert "no such positions" in caplog.text
