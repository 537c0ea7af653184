"""Scores on training sequences (Lu et al. 2021, table 7): of the chosen tensors, without dropout and augmentation."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict, replace

import pytest
import torch

from frostformer.deploy.predict import Predictor
from frostformer.deploy.predict import evaluate as evaluate_adapter
from frostformer.results.result import Result, read_result
from frostformer.runs.one import run
from frostformer.runs.together import run_together
from frostformer.tasks.registry import build_task
from frostformer.training.evaluation import evaluate
from frostformer.training.features import ReadOut
from frostformer.training.loop import Training

CACHED = {"trainable": "output-only", "steps": 100, "evaluate_every": 50}


def timeless(result: Result) -> dict:
    fields = asdict(result) | {"seconds": 0, "folder": None, "together": 1, "config": None}
    return fields | {"curve": [point | {"seconds": 0} for point in result.curve]}


def close(one: dict, other: dict) -> bool:
    """Whether two splits have the same metrics, equal in loss and accuracy up to rounding and a sequence of 300."""
    same_loss = one["loss"] == pytest.approx(other["loss"], rel=1e-4)
    return same_loss and abs(one["accuracy"] - other["accuracy"]) < 0.004


@pytest.mark.parametrize("changes", [{"dropout": 0.3}, CACHED], ids=["dropout", "cached features"])
def test_the_adapter_has_this_score_on_the_sample_of_training_sequences(tiny_config, tmp_path, changes):
    result, task = run(tiny_config(**changes), tmp_path), build_task("digits")
    sample = task.train.sample(300)
    assert len(sample) == len(task.validation) < len(task.train)
    expected = evaluate(Predictor(tmp_path).model, sample, task.scoring, 64).metrics
    assert close(result.metrics["train"], expected)
    assert result.metrics["train"] != result.metrics["validation"]
    assert read_result(tmp_path).metrics == result.metrics


def test_it_is_of_the_chosen_step_and_not_of_the_last(tiny_config, tmp_path):
    chosen = run(tiny_config(learning_rate=0.5, steps=12, evaluate_every=1), tmp_path / "long")
    assert 0 < chosen.chosen_step < 12
    short = run(tiny_config(learning_rate=0.5, steps=chosen.chosen_step, evaluate_every=1), tmp_path / "short")
    assert short.metrics["train"] == chosen.metrics["train"]


@pytest.mark.parametrize("changes", [{"dropout": 0.3}, CACHED], ids=["dropout", "cached features"])
def test_no_other_number_changes(tiny_config, tmp_path, monkeypatch, changes):
    measured = run(tiny_config(**changes), tmp_path / "with")
    monkeypatch.setattr(Training, "evaluate_training", lambda self: None)
    plain = run(tiny_config(**changes), tmp_path / "without")
    del measured.metrics["train"]
    assert timeless(measured) == timeless(plain)
    for name in ("adapter.safetensors", "test_scores.npz"):
        assert (tmp_path / "with" / name).read_bytes() == (tmp_path / "without" / name).read_bytes()


def test_endless_training_data_has_none(tiny_config, tmp_path):
    assert set(run(tiny_config(task="bit-xor"), tmp_path).metrics) == {"validation", "test"}


def test_runs_side_by_side_have_the_scores_of_single_runs(tiny_config, tmp_path):
    configs = {tmp_path / str(seed): tiny_config(seed=seed) for seed in range(8)}
    together = run_together(configs)
    assert together[0].together == 8
    for seed in (0, 7):
        alone = run(tiny_config(seed=seed), tmp_path / f"alone{seed}")
        assert close(together[seed].metrics["train"], alone.metrics["train"])


@pytest.mark.slow
def test_two_processes_write_it_too(tiny_config, tmp_path):
    config = tiny_config()
    one = run(config, tmp_path / "one")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    options = ["--task", config.task, "--backbone", config.backbone, "--device", "cpu", "--out", tmp_path / "two"]
    sizes = ["--steps", config.steps, "--evaluate-every", config.evaluate_every, "--batch-size", config.batch_size]
    done = subprocess.run([*command, "-m", "frostformer", "run", *map(str, options + sizes)], capture_output=True)
    assert done.returncode == 0, done.stderr
    assert close(read_result(tmp_path / "two").metrics["train"], one.metrics["train"])


def test_images_are_not_augmented(tiny_model, tiny_config, tasks):
    task = tasks["cifar10-lu2021"]
    task = replace(task, validation=task.validation[:30])
    assert task.train.augmented
    config = tiny_config(task="cifar10-lu2021")
    training = Training(tiny_model(task.shape), task, config)
    torch.manual_seed(0)
    before = torch.get_rng_state()
    found = training.evaluate_training()
    assert torch.equal(torch.get_rng_state(), before)  # nothing was drawn
    plain = replace(task.train, transform=task.validation.transform).sample(30)
    assert found.metrics == training.evaluate(plain).metrics
    assert found.metrics["loss"] != training.evaluate(task.train.sample(30)).metrics["loss"]


def test_fewer_training_than_validation_sequences_are_all_scored(tiny_model, tiny_config, tasks):
    task = replace(tasks["digits"], train=tasks["digits"].train[:20])
    training = Training(tiny_model(task.shape), task, tiny_config(**CACHED))
    assert isinstance(training._repeated, ReadOut)
    assert len(training.evaluate_training().split) == 20


def test_evaluating_an_adapter_on_training_images_does_not_augment_them(tiny_config, tmp_path, tasks):
    task = tasks["cifar10-lu2021"]
    task = replace(task, train=task.train[:40], validation=task.validation[:40], test=task.test[:10])
    result = run(tiny_config(), tmp_path, task=task)
    found = evaluate_adapter(tmp_path, "train", task=task)
    assert found.items() > result.metrics["train"].items()  # it has the table of answers besides
