"""Loss and accuracy over a whole split against a slow float64 computation."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from frostformer.data.sequences import Sequences
from frostformer.tasks.registry import TASKS
from frostformer.tasks.scoring.classification import Classification
from frostformer.tasks.scoring.multilabel import MultiLabel
from frostformer.tasks.scoring.regression import Regression
from frostformer.training import evaluation
from frostformer.training.batch import to_device
from frostformer.training.evaluation import predict_logits
from helpers import TOKENS_SHAPE, VECTORS_SHAPE, ragged

LENGTHS = [12, 7, 2, 5, 9, 3, 12]
RAGGED = st.lists(st.integers(1, 20), min_size=1, max_size=40)
BATCH_SIZES = st.integers(1, 50)


def evaluate(model: nn.Module, split: Sequences, batch_size: int) -> dict:
    """The metrics of a model that gives one logit per class."""
    classes = predict_logits(model, split[:1], 1).shape[-1]
    return evaluation.evaluate(model, split, Classification(outputs=classes), batch_size).metrics


class _LastValue(nn.Module):
    """Two classes, whose logits are the last real value and zero."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, inputs, lengths):
        last = inputs.gather(1, lengths[:, None] - 1) * self.scale  # (B, 1)
        return torch.stack([last, torch.zeros_like(last)], -1)[:, :, None]  # (B, 1, 1, 2)


def counted(lengths: list[int]) -> Sequences:
    """Sequence i ends with the value i - N / 2 and holds other values before and behind."""
    values = np.full((len(lengths), max(lengths)), 1000)
    values[np.arange(len(lengths)), np.array(lengths) - 1] = np.arange(len(lengths)) - len(lengths) // 2
    targets = np.random.default_rng(len(lengths)).integers(0, 2, (len(lengths), 1, 1))
    return Sequences(values, np.array(lengths), targets)


@pytest.fixture(params=[TOKENS_SHAPE, VECTORS_SHAPE], ids=["tokens", "vectors"])
def scored(request, tiny_model):
    """(model, split) with ragged lengths."""
    return tiny_model(request.param), ragged(request.param, LENGTHS, positions=12)


def test_metrics_agree_with_float64(scored):
    model, split = scored
    logits = predict_logits(model, split, batch_size=3).double().numpy()
    loss = right = count = 0
    for place in np.ndindex(split.targets.shape):
        scores, target = logits[place], split.targets[place]
        loss += math.log(sum(math.exp(x) for x in scores)) - scores[target]
        right += int(scores.argmax() == target)
        count += 1
    found = evaluate(model, split, batch_size=3)
    assert found["loss"] == pytest.approx(loss / count, rel=1e-6)
    assert found["accuracy"] == right / count


def test_the_batch_size_of_an_evaluation_does_not_matter(scored):
    model, split = scored
    results = [evaluate(model, split, batch_size) for batch_size in (1, 3, 7, 100)]
    assert len({result["accuracy"] for result in results}) == 1
    assert [result["loss"] for result in results] == pytest.approx([results[0]["loss"]] * 4, rel=1e-6)


@given(RAGGED, BATCH_SIZES)
def test_predictions_come_in_the_order_of_the_split(lengths, batch_size):
    split = counted(lengths)
    logits = predict_logits(_LastValue(), split, batch_size)
    assert logits.shape == (len(split), 1, 1, 2)
    assert logits[:, 0, 0, 0].tolist() == [i - len(split) // 2 for i in range(len(split))]


@given(RAGGED, BATCH_SIZES)
def test_metrics_are_the_means_of_sequences_scored_one_by_one(lengths, batch_size):
    split = counted(lengths)
    marked = np.arange(len(split))[:, None, None] % 3 == 0
    each = [evaluate(_LastValue(), split[i : i + 1], 1) for i in range(len(split))]
    found = evaluate(_LastValue(), replace(split, marked=marked), batch_size)
    assert found["loss"] == pytest.approx(np.mean([one["loss"] for one in each]), rel=1e-6)
    assert found["accuracy"] == pytest.approx(np.mean([one["accuracy"] for one in each]))
    assert found["marked_accuracy"] == pytest.approx(np.mean([one["accuracy"] for one in each[::3]]))


def test_a_model_scores_a_sequence_as_if_it_were_alone(scored):
    model, split = scored
    alone = torch.cat([predict_logits(model, split[i : i + 1], 1) for i in range(len(split))])
    torch.testing.assert_close(predict_logits(model, split, batch_size=3), alone, rtol=1e-5, atol=1e-6)


def test_evaluation_switches_dropout_off_and_back_on(tiny_model):
    model = tiny_model(VECTORS_SHAPE, dropout=0.5).train()
    split = ragged(VECTORS_SHAPE, LENGTHS, positions=12)
    assert evaluate(model, split, 3) == evaluate(model, split, 3)
    assert model.training
    evaluate(model.eval(), split, 3)
    assert not model.training


def test_marked_predictions_are_scored_apart(scored):
    model, split = scored
    assert "marked_accuracy" not in evaluate(model, split, 3)
    logits = predict_logits(model, split, 3).numpy()
    marked = np.random.default_rng(0).random(split.targets.shape) < 0.5
    found = evaluate(model, replace(split, marked=marked), 3)
    right = [logits[place].argmax() == split.targets[place] for place in zip(*marked.nonzero(), strict=True)]
    assert found.pop("marked_accuracy") == pytest.approx(sum(right) / len(right))
    assert found == evaluate(model, split, 3)


def test_a_transform_acts_on_the_batch(tiny_model):
    model, split = tiny_model(VECTORS_SHAPE), ragged(VECTORS_SHAPE, LENGTHS, positions=12)
    raw = replace(split, inputs=split.inputs.reshape(7, 36) * 2, transform=lambda x: x.reshape(-1, 12, 3) / 2)
    torch.testing.assert_close(predict_logits(model, raw, 3), predict_logits(model, split, 7))


def test_predicting_keeps_no_graph(scored):
    assert not predict_logits(*scored, batch_size=3).requires_grad


def test_tensors_have_the_types_the_layers_take():
    for shape, wanted in ((TOKENS_SHAPE, torch.int64), (VECTORS_SHAPE, torch.float32)):
        split = ragged(shape, LENGTHS, positions=12)
        for inputs in (split.inputs, split.inputs.astype(np.float64 if shape is VECTORS_SHAPE else np.uint8)):
            changed = type(split)(inputs, split.lengths, split.targets)
            batch = to_device(changed, Classification(), torch.device("cpu"))
            assert [tensor.dtype for tensor in batch[:3]] == [wanted, torch.int64, torch.int64]
            assert batch.known == split.targets.size


class _NoFloat64(TorchDispatchMode):
    """Refuses every float64 tensor on a device, as Apple's GPUs do; `meta` stands for the device."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        found = function(*args, **(kwargs or {}))
        if isinstance(found, torch.Tensor):
            assert (found.device.type, found.dtype) != ("meta", torch.float64), function
        return found


@pytest.mark.parametrize("name", TASKS)
def test_no_float64_reaches_the_device(tasks, name):
    split = tasks[name].test[:3]
    if split.inputs.dtype.kind == "f":
        split = replace(split, inputs=split.inputs.astype(np.float64))
    with _NoFloat64():
        batch = to_device(split, tasks[name].scoring, torch.device("meta"))
    assert batch.inputs.dtype in (torch.float32, torch.int64)


@pytest.mark.parametrize(
    "scoring", [Regression(mean=(0.5,), deviation=(2.0,)), MultiLabel()], ids=["numbers", "labels"]
)
def test_no_float64_target_reaches_the_device(scoring):
    inputs, targets = np.zeros((2, 3, 1)), np.ones((2, 1, 1), float if scoring.kind == "regression" else int)
    split = Sequences(inputs, np.array([3, 3]), targets)
    with _NoFloat64():
        batch = to_device(split, scoring, torch.device("meta"))
    assert batch.inputs.dtype == torch.float32


def test_a_weight_counts_as_repeating(scored):
    model, split = scored
    times = np.array([1, 3, 2, 1, 1, 4, 2])
    weighted = evaluate(model, replace(split, weights=times * 0.5), batch_size=3)
    repeated = evaluate(model, split[np.arange(7).repeat(times)], batch_size=3)
    for name in ("loss", "accuracy", "balanced_accuracy"):
        assert weighted[name] == pytest.approx(repeated[name], rel=1e-6)
    assert weighted["loss"] != pytest.approx(evaluate(model, split, batch_size=3)["loss"], rel=1e-3)


def test_the_weights_of_a_batch_weigh_its_losses(scored):
    _, split = scored
    weights = np.array([0.5, 1.5, 0.5, 0.5, 2.0, 1.0, 1.0])
    batch = to_device(replace(split, weights=weights), Classification(), torch.device("cpu"))
    losses = torch.arange(7.0)
    assert batch.mean(losses) == pytest.approx(float((losses.numpy() * weights).sum()) / split.targets.size)
    assert to_device(split, Classification(), torch.device("cpu")).mean(losses) == 21 / split.targets.size
