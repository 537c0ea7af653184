"""Features computed once: the same training as the one that computes them in every step."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch

from frostformer.runs.many import grid, run_many
from frostformer.training import features
from frostformer.training.evaluation import predict_logits
from frostformer.training.features import ReadOut, cache_features
from frostformer.training.loop import Training
from helpers import VECTORS_SHAPE, ragged

LONG_ENOUGH = {"steps": 100, "evaluate_every": 25, "learning_rate": 1e-2}  # 1.3 epochs of digits in batches of 16


def trained(model, task, config, *, cached):
    training = Training(model, task, config) if cached else _Uncached(model, task, config)
    assert isinstance(training._repeated, ReadOut) == cached
    records = list(training.run())
    return model, records


class _Uncached(Training):
    def _cache_features(self):
        pass


@pytest.mark.parametrize("family", ["gpt2", "bert", "llama"])
def test_features_give_the_logits_of_the_whole_model(tiny_model, family):
    model = tiny_model(VECTORS_SHAPE, family)
    split = ragged(VECTORS_SHAPE, [12, 7, 2, 9, 12], 12)
    cached = cache_features(model, split, batch_size=2)
    assert cached.inputs.shape == (5, VECTORS_SHAPE.read_positions, model.backbone.output_width)
    logits = predict_logits(ReadOut(model), cached, batch_size=3)
    torch.testing.assert_close(logits, predict_logits(model, split, batch_size=5), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["digits", "listops"])  # of equal and of different lengths
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("family", ["gpt2", "bert"])
def test_training_ends_as_it_does_without_the_cache(tiny_model, tiny_config, tasks, family, precision, name):
    config = tiny_config(family, task=name, trainable="output-only", backbone_precision=precision, **LONG_ENOUGH)
    (one, records), (other, expected) = (
        trained(tiny_model(tasks[name].shape, family), tasks[name], config, cached=cached) for cached in (True, False)
    )
    close = {"rtol": 1e-3, "atol": 1e-3} if precision == "fp32" else {"rtol": 0.05, "atol": 0.05}
    for name in ("weight", "bias"):
        torch.testing.assert_close(getattr(one.output_layer, name), getattr(other.output_layer, name), **close)
    for record, wanted in zip(records, expected, strict=True):
        assert record.train_loss == pytest.approx(wanted.train_loss, rel=close["rtol"])
        assert record.validation_score == pytest.approx(wanted.validation_score, abs=0.01)


@pytest.fixture
def computed(monkeypatch):
    """The splits whose features are computed, by their length; nothing is kept from other tests."""
    seen, keep = [], features._keep

    def count(key, cached):
        seen.append(len(cached))
        keep(key, cached)

    monkeypatch.setattr(features, "_kept", {})
    monkeypatch.setattr(features, "_keep", count)
    return seen


def test_runs_of_a_sweep_of_rates_compute_features_once(tiny_model, tiny_config, tasks, computed):
    task = tasks["digits"]
    config = tiny_config(trainable="output-only", **LONG_ENOUGH)
    for rate in (1e-2, 1e-3):
        kept = Training(tiny_model(task.shape), task, replace(config, learning_rate=rate))
    assert computed == [len(task.train), len(task.validation)]
    assert kept._cached_train.targets is task.train.targets


def test_many_runs_compute_the_features_of_a_seed_once(tiny_config, computed, tmp_path):
    config = tiny_config(trainable="output-only", **LONG_ENOUGH)
    run_many(grid(config, [0, 1], [1e-3, 1e-2]), tmp_path)
    assert len(computed) == 4  # training and validation of each seed


@pytest.mark.parametrize("other", ["seed", "weights", "precision", "inputs", "lengths", "batch", "family", "transform"])
def test_features_are_kept_for_nothing_else(tiny_model, computed, other):
    split = ragged(VECTORS_SHAPE, [12, 7, 2, 9, 12], 12)
    cache_features(tiny_model(VECTORS_SHAPE), split, 2)
    model = tiny_model(VECTORS_SHAPE, "bert" if other == "family" else "gpt2", seed=int(other == "seed"))
    if other == "weights":
        model.backbone.model.h[1].mlp.c_fc.weight.data[0, 0] += 1e-3
    if other == "precision":
        model.precision = "bf16"
    if other == "inputs":
        split = replace(split, inputs=split.inputs + (np.arange(5) == 3)[:, None, None])
    if other == "lengths":
        split = replace(split, lengths=split.lengths - (np.arange(5) == 3))
    if other == "transform":
        split = replace(split, transform=lambda raw: raw)
        cache_features(model, split, 2)
    cache_features(model, split, 3 if other == "batch" else 2)
    assert len(computed) == 2 + (other == "transform")


def test_features_of_code_that_has_changed_are_computed_anew(tiny_model, computed):
    split = ragged(VECTORS_SHAPE, [12, 7, 2, 9, 12], 12)
    one, other = tiny_model(VECTORS_SHAPE), tiny_model(VECTORS_SHAPE)
    first = cache_features(one, split, 2)
    other.backbone.read = lambda embeddings, lengths, count: 2 * one.backbone.read(embeddings, lengths, count)
    second = cache_features(other, split, 2)
    assert len(computed) == 2
    np.testing.assert_allclose(second.inputs, 2 * first.inputs)


def test_the_log_says_so(tiny_model, tiny_config, tasks, caplog):
    config = tiny_config(trainable="output-only", **LONG_ENOUGH)
    with caplog.at_level(logging.INFO, "frostformer"):
        Training(tiny_model(tasks["digits"].shape), tasks["digits"], config)
    assert "features of 1197 training and 300 validation sequences are computed once" in caplog.text


@pytest.mark.parametrize(
    ("task", "changes"),
    [
        ("digits", {"trainable": "output+layer_norm"}),
        ("digits", {"trainable": "frozen"}),
        ("digits", {"dropout": 0.1}),
        ("digits", {"steps": 20}),  # less than an epoch
        ("bit-xor", {}),  # endless
    ],
)
def test_what_may_change_is_not_cached(tiny_model, tiny_config, tasks, task, changes):
    config = tiny_config(**{"trainable": "output-only", **LONG_ENOUGH, **changes})
    training = Training(tiny_model(tasks[task].shape), tasks[task], config)
    assert training._repeated is training.model


def test_augmented_images_are_not_cached(tiny_model, tiny_config, tasks):
    task = tasks["cifar10"]
    transform = replace(task.train.transform, augmented=True)
    config = tiny_config(trainable="output-only", steps=100_000, evaluate_every=100_000)
    plain = Training(
        tiny_model(task.shape), replace(task, train=task.train[:20], validation=task.validation[:20]), config
    )
    assert isinstance(plain._repeated, ReadOut)
    augmented = replace(task, train=replace(task.train, transform=transform))
    assert not isinstance(Training(tiny_model(task.shape), augmented, config)._repeated, ReadOut)


def test_a_backbone_that_draws_in_training_has_no_features_to_keep(tiny_model, tiny_config, tasks):
    config = tiny_config(trainable="output-only", **LONG_ENOUGH)
    model = tiny_model(tasks["digits"].shape)
    model.backbone.probe = replace(model.backbone.probe, draws_in_training=True)
    assert not isinstance(Training(model, tasks["digits"], config)._repeated, ReadOut)


def test_features_keep_the_weights(tiny_model):
    split = replace(ragged(VECTORS_SHAPE, [12, 7, 2], 12), weights=torch.tensor([0.5, 1.5, 1.0]).numpy())
    assert cache_features(tiny_model(VECTORS_SHAPE), split, batch_size=2).weights.tolist() == [0.5, 1.5, 1.0]
