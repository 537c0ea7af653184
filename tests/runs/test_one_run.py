"""One question in, one answer out: the same bytes again, also after a kill, and no look at the test split."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

import frostformer
from frostformer.config import RunConfig
from frostformer.deploy.predict import evaluate as evaluate_adapter
from frostformer.errors import InputError
from frostformer.results.curve import CURVE_NAME
from frostformer.results.result import Result, read_result
from frostformer.results.scores import SCORES_NAME
from frostformer.runs import job as job_module
from frostformer.runs import one as run_module
from frostformer.runs.adapters import FILE_NAME
from frostformer.runs.job import RESULT_NAME, Watch
from frostformer.runs.one import run
from frostformer.training.checkpoints import CHECKPOINT_NAME, read_tensors
from frostformer.training.evaluation import evaluate
from helpers import save_model

CHILD = """
import json, sys, time
from pathlib import Path
import torch
from frostformer.runs import job as job_module
from frostformer.runs import one as run_module
from frostformer.config import RunConfig

torch.set_num_threads(1)
job_module.CHECKPOINT_SECONDS, job_module.WRITING_SHARE = 0, 1e9

def progress(out, training, record):
    print(record.step, flush=True)
    if record.step == 60:
        time.sleep(600)  # never reached where the kill comes first

run_module.run(RunConfig(**json.loads(sys.argv[1])), Path(sys.argv[2]), watch=job_module.Watch(progress=progress))
"""


class StoppedError(Exception):
    """Stands for a kill, where a real one is not needed."""


def kill_in_the_middle(config: RunConfig, out: Path) -> None:
    """Run in another process; SIGKILL it while it trains behind step 30, at the latest at step 60."""
    path = os.pathsep.join([str(Path(frostformer.__file__).parents[1]), *sys.path])
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", CHILD, json.dumps(asdict(config)), str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
        for line in child.stdout:
            if int(line) >= 30:
                break
        child.kill()
    assert child.returncode == -signal.SIGKILL
    assert not (out / RESULT_NAME).exists()


def stop_at(config: RunConfig, out: Path, step: int, monkeypatch) -> None:
    """Run up to the checkpoint before `step`."""

    def progress(out, training, record):
        if record.step == step:
            raise StoppedError

    with monkeypatch.context() as patch:
        patch.setattr(job_module, "CHECKPOINT_SECONDS", 0)
        patch.setattr(job_module, "WRITING_SHARE", 1e9)
        with pytest.raises(StoppedError):
            run(config, out, watch=Watch(progress=progress))
    assert (out / CHECKPOINT_NAME).exists()


def timeless(result: Result) -> Result:
    """The result without its seconds."""
    return replace(result, seconds=0.0, curve=[{**point, "seconds": 0.0} for point in result.curve])


@pytest.mark.slow
@pytest.mark.parametrize("task", ["digits", "bit-xor"])
def test_a_killed_run_goes_on_to_the_same_bytes(tiny_config, tmp_path, task):
    config = tiny_config(task=task, dropout=0.1, steps=120, evaluate_every=5, seed=1)
    whole = run(config, tmp_path / "whole")
    kill_in_the_middle(config, tmp_path / "killed")
    _, header = read_tensors(tmp_path / "killed" / CHECKPOINT_NAME)
    assert 25 <= header["step"] <= 60
    steps = []
    watch = Watch(progress=lambda out, training, record: steps.append(record.step))
    resumed = run(config, tmp_path / "killed", resume=True, watch=watch)
    assert steps == list(range(header["step"] + 5, 121, 5))  # it did go on, not start again
    assert timeless(resumed) == timeless(whole)
    whole_bytes, resumed_bytes = ((tmp_path / name / FILE_NAME).read_bytes() for name in ("whole", "killed"))
    assert resumed_bytes == whole_bytes
    assert not (tmp_path / "killed" / CHECKPOINT_NAME).exists()


@pytest.mark.parametrize("options", [{}, {"task": "bit-xor"}, {"dropout": 0.3}, {"weights": "random", "family": "t5"}])
def test_two_equal_runs_give_equal_bytes(tiny_config, tmp_path, options):
    config = tiny_config(**options)
    one, two = (run(config, tmp_path / name) for name in ("one", "two"))
    assert timeless(one) == timeless(two)
    assert (tmp_path / "one" / FILE_NAME).read_bytes() == (tmp_path / "two" / FILE_NAME).read_bytes()
    other = run(replace(config, seed=1), tmp_path / "other")
    assert other.metrics != one.metrics


def test_the_result_says_what_happened(tiny_config, tmp_path, tasks):
    config = tiny_config(steps=7)
    plans, records = [], []
    watch = Watch(plan=plans.append, progress=lambda out, training, record: records.append(record))
    result = run(config, tmp_path, watch=watch)
    assert read_result(tmp_path / RESULT_NAME) == result
    assert (tmp_path / RESULT_NAME).stat().st_size <= 100_000
    assert sorted(path.name for path in tmp_path.iterdir()) == [FILE_NAME, CURVE_NAME, RESULT_NAME, SCORES_NAME]
    assert result.config == asdict(config) | {"backbone_precision": "fp32", "weights": "pretrained"}
    assert set(result.resolved) == {"device", "backbone_precision", "weights"}
    assert [point["step"] for point in result.curve] == [3, 6, 7] == [record.step for record in records]
    best = max(result.curve, key=lambda point: (point["validation_accuracy"], -point["validation_loss"]))
    assert result.chosen_step == best["step"]
    assert result.metrics["validation"]["loss"] == best["validation_loss"]
    assert result.metrics["validation"]["accuracy"] == best["validation_accuracy"]
    assert (result.steps, result.seconds) == (7, result.curve[-1]["seconds"])
    assert result.groups == [asdict(row) for row in plans[0].freeze.rows]
    assert result.task["splits"] == {"train": 1197, "validation": 300, "test": 300}
    assert (result.backbone["width"], result.backbone["blocks"], result.backbone["causal"]) == (32, 2, True)
    assert np.array(result.attention).shape == (2, 16, 16)


def test_a_stream_has_no_size_and_marked_bits_are_scored_apart(tiny_config, tmp_path):
    options = {"strings": "2", "bits": "8", "patch": "4"}
    result = run(tiny_config(task="bit-memory", task_options=options), tmp_path)
    assert result.task["splits"] == {"train": None, "validation": 1000, "test": 1000}
    for metrics in result.metrics.values():
        assert {"loss", "accuracy", "marked_accuracy"} <= set(metrics)
    with pytest.raises(InputError, match="has no end"):
        evaluate_adapter(tmp_path, "train")


def test_training_and_the_choice_of_step_do_not_depend_on_the_test_split(tiny_config, tmp_path, monkeypatch):
    config = tiny_config(steps=12)
    honest = run(config, tmp_path / "honest")
    build, looks = run_module.task_of, []

    def poisoned(*arguments):
        task = build(*arguments)
        wrong = replace(task.test, targets=(task.test.targets + 1) % 10, inputs=np.roll(task.test.inputs, 3, axis=1))
        return replace(task, test=wrong)

    def count(model, split, scoring, batch_size):
        looks.append(len(split.targets) == 300 and (split.targets[:9] == poisoned(config).test.targets[:9]).all())
        return evaluate(model, split, scoring, batch_size)

    monkeypatch.setattr(run_module, "task_of", poisoned)
    monkeypatch.setattr("frostformer.training.loop.evaluate", count)
    other = run(config, tmp_path / "poisoned")
    trained, trained_beside = (read_tensors(tmp_path / name / FILE_NAME)[0] for name in ("honest", "poisoned"))
    assert all(torch.equal(trained[name], trained_beside[name]) for name in trained)
    assert other.metrics["validation"] == honest.metrics["validation"]
    assert other.chosen_step == honest.chosen_step
    assert other.metrics["test"] != honest.metrics["test"]
    assert looks[-1]
    assert sum(looks) == 1  # read once, at the end


def test_refuses_to_overwrite_a_finished_run(tiny_config, tmp_path):
    first = run(tiny_config(), tmp_path)
    with pytest.raises(InputError, match="a finished run: go on with --resume, replace it with --overwrite"):
        run(tiny_config(seed=1), tmp_path)
    assert read_result(tmp_path / RESULT_NAME) == first
    assert run(tiny_config(seed=1), tmp_path, overwrite=True).config["seed"] == 1


def test_overwriting_with_a_question_that_cannot_be_run_loses_nothing(tiny_config, tmp_path):
    run(tiny_config(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InputError, match="layers is 9"):
        run(tiny_config(layers=9), tmp_path, overwrite=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_refuses_to_overwrite_an_unfinished_run(tiny_config, tmp_path, monkeypatch):
    stop_at(tiny_config(), tmp_path, 6, monkeypatch)
    with pytest.raises(InputError, match="an unfinished run"):
        run(tiny_config(), tmp_path)
    fresh = run(tiny_config(), tmp_path / "fresh")
    steps = []
    watch = Watch(progress=lambda out, training, record: steps.append(record.step))
    assert timeless(run(tiny_config(), tmp_path, overwrite=True, watch=watch)) == timeless(fresh)
    assert steps == [3, 6]


@pytest.mark.parametrize("finished", [True, False])
def test_refuses_to_resume_with_other_options_and_names_them(tiny_config, tmp_path, monkeypatch, finished):
    if finished:
        run(tiny_config(), tmp_path)
    else:
        stop_at(tiny_config(), tmp_path, 6, monkeypatch)
    with pytest.raises(InputError, match="other values of learning_rate, seed:"):
        run(tiny_config(seed=1, learning_rate=0.1), tmp_path, resume=True)


def test_resuming_a_finished_run_returns_it_and_nothing_runs(tiny_config, tmp_path, monkeypatch):
    first = run(tiny_config(), tmp_path)
    monkeypatch.setattr(job_module, "Training", None)
    assert run(tiny_config(), tmp_path, resume=True) == first


def test_resuming_where_nothing_is_starts(tiny_config, tmp_path):
    assert run(tiny_config(), tmp_path / "new", resume=True).steps == 6


@pytest.mark.parametrize("content", [b"", b"half a checkp"])
def test_a_damaged_checkpoint_is_one_sentence(tiny_config, tmp_path, content):
    (tmp_path / CHECKPOINT_NAME).write_bytes(content)
    with pytest.raises(InputError, match=CHECKPOINT_NAME):
        run(tiny_config(), tmp_path, resume=True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"trainable": "heads"}, "unknown parameter group or preset 'heads'"),
        ({"task": "nothing"}, "unknown task 'nothing'"),
        ({"task": "bit-xor", "task_options": {"length": "40"}}, "the task has 80 positions"),
        ({"layers": 9}, "layers is 9"),
    ],
)
def test_a_question_that_cannot_be_run_leaves_nothing_behind(tiny_config, tmp_path, options, words):
    with pytest.raises(InputError, match=words):
        run(tiny_config(**options), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_run_that_diverges_leaves_no_file_that_readers_of_json_refuse(tiny_config, tmp_path):
    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    with contextlib.suppress(InputError):  # a sentence is as good
        run(tiny_config(learning_rate=1e30), tmp_path)
    for path in tmp_path.glob("*.json"):
        json.loads(path.read_text(), parse_constant=refuse)


def test_another_backbone_or_task_version_is_not_resumed(tiny_config, folders, tmp_path, monkeypatch):
    model = tmp_path / "model"
    shutil.copytree(folders["gpt2"], model)
    config = replace(tiny_config(), backbone=str(model))
    run(config, tmp_path / "finished")
    stop_at(config, tmp_path / "unfinished", 6, monkeypatch)
    save_model(model, "gpt2", seed=2)  # other weights under the same name
    for state in ("finished", "unfinished"):
        with pytest.raises(InputError, match="the backbone's weights"):
            run(config, tmp_path / state, resume=True)


@pytest.mark.parametrize("out", ["file", "file/under"])
def test_an_impossible_folder_fails_before_training(tiny_config, tmp_path, out, monkeypatch):
    (tmp_path / "file").write_text("here")
    monkeypatch.setattr(run_module, "task_of", None)
    with pytest.raises(InputError, match="cannot be written"):
        run(tiny_config(), tmp_path / out)


def test_resume_and_overwrite_contradict_each_other(tiny_config, tmp_path):
    with pytest.raises(InputError, match="contradict"):
        run(tiny_config(), tmp_path, resume=True, overwrite=True)


def test_two_processes_learn_what_one_does(tiny_config, tmp_path):
    config = tiny_config()
    one = run(config, tmp_path / "one")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    options = ["--task", config.task, "--backbone", config.backbone, "--device", "cpu", "--out", tmp_path / "two"]
    sizes = ["--steps", config.steps, "--evaluate-every", config.evaluate_every, "--batch-size", config.batch_size]
    done = subprocess.run(
        [*command, "-m", "frostformer", "run", *map(str, options + sizes)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    two = read_result(tmp_path / "two" / "result.json")
    assert two.environment["processes"] == 2
    assert done.stdout.count("test accuracy") == 1
    for mine, theirs in zip(one.curve, two.curve, strict=True):
        assert theirs["train_loss"] == pytest.approx(mine["train_loss"], rel=1e-4)
        assert theirs["validation_loss"] == pytest.approx(mine["validation_loss"], rel=1e-4)


def test_compiling_without_a_compiler_is_one_sentence(tiny_config, tmp_path, monkeypatch):
    monkeypatch.setattr("frostformer.training.devices.shutil.which", lambda name: None)
    with pytest.raises(InputError, match=r"compile needs a C\+\+ compiler"):
        run(tiny_config(compile=True), tmp_path)


def test_the_automatic_precision_is_made_concrete(tiny_config, tmp_path):
    result = run(tiny_config(backbone_precision="auto"), tmp_path)
    assert result.config["backbone_precision"] in ("fp32", "bf16", "int8")
    assert evaluate_adapter(tmp_path, "test")["accuracy"] == result.metrics["test"]["accuracy"]
