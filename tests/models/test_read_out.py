"""The read-out by option: the mean over the real positions, which neither padding nor batch mates change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from frostformer.cli.app import app
from frostformer.deploy.predict import evaluate, predict
from frostformer.errors import InputError
from frostformer.models.backbones.backbone import mean_real
from frostformer.models.kernels.int8 import int8_available
from frostformer.results.arms import arm_label
from frostformer.results.result import read_result
from frostformer.runs.adapters import FILE_NAME, load_adapter
from frostformer.runs.attention import attention_of
from frostformer.runs.many import run_many
from frostformer.runs.one import run
from frostformer.tasks.task import Task
from frostformer.training.checkpoints import read_tensors, write_tensors
from frostformer.training.evaluation import predict_logits
from helpers import FAMILIES, TOKENS_SHAPE, VECTORS_SHAPE, ragged

TOKENS, VECTORS = replace(TOKENS_SHAPE, read_positions=1), replace(VECTORS_SHAPE, read_positions=1)
each_family = pytest.mark.parametrize("family", FAMILIES)
each_shape = pytest.mark.parametrize("shape", [TOKENS, VECTORS], ids=["tokens", "vectors"])


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_the_mean_is_that_of_the_real_positions(lengths):
    hidden = torch.randn(len(lengths), 9, 2)
    expected = torch.stack([row[:length].mean(0) for row, length in zip(hidden, lengths, strict=True)])[:, None]
    for row, length in zip(hidden, lengths, strict=True):
        row[length:] = float("inf")
    torch.testing.assert_close(mean_real(hidden, torch.tensor(lengths)), expected)


@torch.no_grad()
def test_the_output_layer_gets_the_mean(tiny_model):
    model = tiny_model(VECTORS, read_out="mean")
    inputs, lengths = torch.randn(3, 12, 3), torch.tensor([12, 5, 1])
    hidden = model.backbone(model.input_layer(inputs), lengths)
    for row, length, logits in zip(hidden, lengths, model(inputs, lengths), strict=True):
        torch.testing.assert_close(logits[0], model.output_layer(row[:length].mean(0)).view(2, 4))


@each_family
@each_shape
def test_padding_batch_mates_and_batch_size_do_not_change_predictions(tiny_model, family, shape):
    model, lengths = tiny_model(shape, family, read_out="mean"), [1, 9, 4, 7, 4]
    split = ragged(shape, lengths, 9)
    together = predict_logits(model, split, batch_size=5)
    alone = torch.cat([predict_logits(model, split[i : i + 1], batch_size=1) for i in range(5)])
    beside = predict_logits(model, ragged(shape, [*lengths, 12], 12, padding_seed=1), batch_size=6)[:5]
    for other in (alone, beside, predict_logits(model, split, batch_size=2)):
        torch.testing.assert_close(other, together, rtol=1e-5, atol=1e-5)
    other = ragged(shape, lengths, 9, padding_seed=1)
    assert torch.equal(predict_logits(model, other, batch_size=5), together)


@each_family
def test_every_real_position_matters(tiny_model, family):
    model, changed = tiny_model(TOKENS, family, read_out="mean"), torch.arange(10, 18)[None] % 11
    one, other = torch.zeros(2, 1, 8, dtype=torch.long)
    for position in (0, 4, 7):
        other[0, position] = changed[0, position]
        lengths = torch.tensor([8])
        assert not torch.allclose(model(one, lengths), model(other, lengths), atol=1e-4)
        other[0, position] = 0


@pytest.mark.parametrize(
    ("shape", "where"),
    [
        (TOKENS_SHAPE, "the last 2 positions"),
        (replace(TOKENS, read_positions=12, per_position=True), "each position"),
        (replace(TOKENS, length=1, per_position=True), "each position"),
    ],
)
def test_refuses_a_task_with_answers_at_several_positions(tiny_model, shape, where):
    with pytest.raises(InputError, match=f"^read_out mean .* read at {where}: use last$"):
        tiny_model(shape, read_out="mean")


def waves() -> Task:
    """Sequences of 3 to 8 positions; the class is the sign of their sum."""
    rng = np.random.default_rng(0)
    x = [rng.standard_normal((3 + i % 6, 2)).astype(np.float32) for i in range(120)]
    return Task.from_arrays(x, np.array([int(row.sum() > 0) for row in x]), name="waves")


def test_result_and_adapter_keep_it(tiny_config, tmp_path):
    task = waves()
    result = run(tiny_config(read_out="mean", steps=12), tmp_path / "mean", task=task)
    assert read_result(tmp_path / "mean").config["read_out"] == "mean"
    assert load_adapter(tmp_path / "mean")[0].read_out == "mean"
    assert evaluate(tmp_path / "mean", task=task)["loss"] == pytest.approx(result.metrics["test"]["loss"])
    short, long = task.test.inputs[0, :3], np.ones((8, 2), np.float32)
    assert predict(tmp_path / "mean", [short, long])[0] == predict(tmp_path / "mean", [short])[0]
    assert "mean of all positions" in arm_label(result)
    assert "mean" not in arm_label(run(tiny_config(steps=3), tmp_path / "last", task=task))
    assert result.metrics["test"]["loss"] != read_result(tmp_path / "last").metrics["test"]["loss"]


def test_an_older_adapter_and_an_older_result_mean_the_last_positions(tiny_config, tmp_path):
    run(tiny_config(steps=3), tmp_path)
    tensors, header = read_tensors(tmp_path / FILE_NAME)
    assert header["config"].pop("read_out") == "last"
    write_tensors(tmp_path / FILE_NAME, tensors, header)
    assert load_adapter(tmp_path)[0].read_out == "last"
    content = (tmp_path / "result.json").read_text()
    (tmp_path / "result.json").write_text(content.replace('"read_out": "last", ', ""))
    assert read_result(tmp_path).config["read_out"] == "last"
    assert run(tiny_config(steps=3), tmp_path, resume=True).steps == 3


@pytest.mark.parametrize("trainable", ["frozen", "output-only"])
def test_runs_side_by_side_and_from_cached_features_are_as_alone(tiny_config, tmp_path, monkeypatch, trainable):
    monkeypatch.setattr("frostformer.training.cohort._FEWEST_RUNS", 2)
    task, base = waves(), tiny_config(read_out="mean", trainable=trainable, steps=12, batch_size=8)
    configs = {str(seed): replace(base, seed=seed) for seed in range(2)}
    many = run_many(configs, tmp_path / "many", task=task).results
    for name, config in configs.items():
        alone = run(config, tmp_path / "alone" / name, task=task)
        assert many[name].metrics["test"]["loss"] == pytest.approx(alone.metrics["test"]["loss"], rel=1e-3)
    assert {result.together for result in many.values()} == {2 if trainable == "frozen" else 1}


@pytest.mark.skipif(not int8_available(), reason="this CPU has no 8-bit kernel")
def test_8_bit_matrices_read_the_mean(tiny_config, tmp_path):
    task = waves()
    result = run(tiny_config(read_out="mean", backbone_precision="int8"), tmp_path, task=task)
    assert evaluate(tmp_path, task=task)["loss"] == pytest.approx(result.metrics["test"]["loss"])


def test_no_share_of_attention_is_said_where_every_position_is_read(tiny_model):
    task = waves()
    task = replace(task, combines=lambda split: np.ones((len(split), 1, split.inputs.shape[1]), bool))
    shares = {way: attention_of(tiny_model(task.shape, read_out=way), task).share for way in ("last", "mean")}
    assert shares["last"] is not None
    assert shares["mean"] is None


def test_plan_and_explain_say_it(folders, capsys, tmp_path):
    words = ["--backbone", str(folders["gpt2"]), "--device", "cpu"]
    small = ["--steps", "2", "--evaluate-every", "1", "--out", str(tmp_path / "run")]
    for verb in (["run", "--task", "digits", "--read-out", "mean", *small], ["explain", "--task", "digits"]):
        app([*verb, *words], result_action="return_value", exit_on_error=False)
    assert "read-out: the mean over the real positions" in (shown := capsys.readouterr().out)
    assert "read-out: the last real position" in shown
    app(["explain", *words], result_action="return_value", exit_on_error=False)
    assert "read-out: the last 5 real positions" in capsys.readouterr().out
