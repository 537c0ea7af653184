"""Runs on a user's file: it is a task like any other, and its adapter knows how such files are read."""

from __future__ import annotations

import csv
import json
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from frostformer.cli.app import app
from frostformer.config import AskedConfig, RunConfig
from frostformer.data.files.formats import format_of
from frostformer.data.files.options import DataFile
from frostformer.deploy.predict import evaluate, predict
from frostformer.errors import InputError
from frostformer.report.making import commands
from frostformer.results.arms import arm_label, task_label
from frostformer.results.result import read_result
from frostformer.results.seeds import summarise
from frostformer.runs.adapters import load_adapter
from frostformer.runs.many import run_many
from frostformer.runs.one import run
from frostformer.tasks.registry import TASKS, task_of
from frostformer.tasks.task import SPLITS, Task

QUICK = {"backbone": "gpt2", "steps": 2, "evaluate_every": 1, "batch_size": 8, "layers": 1, "device": "cpu"}


def write_waves(path: Path, count: int = 60) -> Path:
    """A CSV file of fast and slow waves with some cells empty, a row each."""
    rng = np.random.default_rng(0)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", *(f"t{step}" for step in range(12)), "kind"])
        for row in range(count):
            pace = 1 + row % 2
            wave = np.sin(pace * np.arange(12) + rng.uniform(0, 6)) + rng.normal(0, 0.1, 12)
            cells = [f"{value:.3f}" for value in wave]
            if row % 7 == 0:
                cells[3] = ""
            writer.writerow([f"wave {row}", *cells, ("slow", "fast")[pace - 1]])
    return path


@pytest.fixture
def waves(tmp_path):
    return write_waves(tmp_path / "waves.csv")


@pytest.fixture
def config(tiny_config, waves):
    return replace(
        tiny_config(steps=2, evaluate_every=1), task="waves.csv", data=DataFile(target="kind", path=str(waves))
    )


def test_a_file_is_a_task_like_any_other(config, tmp_path):
    result = run(config, tmp_path / "run")
    assert result.task["name"] == "waves.csv"
    assert result.config["data"]["target"] == "kind"
    assert RunConfig.read(read_result(tmp_path / "run").config).data == config.data
    assert evaluate(tmp_path / "run", device="cpu")["accuracy"] == result.metrics["test"]["accuracy"]
    assert run(config, tmp_path / "run", resume=True) == result
    assert task_label(result) == "waves.csv"
    assert "{" not in arm_label(result)


def test_the_adapter_reads_a_new_file_as_the_run_read_its_own(config, tmp_path, waves):
    run(config, tmp_path / "run")
    _, adapter = load_adapter(tmp_path / "run")
    task = task_of(config)
    assert adapter.schema is not None
    assert format_of(adapter.schema.format) is format_of(task.schema.format)
    cases = list(format_of(adapter.schema.format).cases(waves, adapter.schema))
    assert [case.name for case in cases][:2] == ["wave 0", "wave 1"]
    read = [adapter.reading.sequence(case.values) for case in cases]
    learned = {
        split.inputs[row, : split.lengths[row]].tobytes()
        for split in (task.train, task.validation, task.test)
        for row in range(len(split))
    }
    assert {one.tobytes() for one in read} == learned
    assert len(predict(tmp_path / "run", [case.values for case in cases], device="cpu")) == 60


@pytest.mark.parametrize("division", [None, 1])
def test_a_run_says_which_sequences_were_in_which_part(config, tmp_path, division):
    config = replace(config, division=division)
    run(config, tmp_path / "run")
    task = task_of(config)
    with np.load(tmp_path / "run" / "test_scores.npz") as arrays:
        names = {part: arrays[part].tolist() for part in SPLITS}
    assert sorted(name for part in names.values() for name in part) == sorted(f"wave {row}" for row in range(60))
    kinds = task.scoring.names
    for part in SPLITS:
        answers = [kinds[int(target)] for target in getattr(task, part).targets.ravel()]
        assert answers == [("slow", "fast")[int(name.split()[1]) % 2] for name in names[part]]


def test_a_finished_run_is_known_where_time_is_up(config, tmp_path):
    made = run_many({"one": config}, tmp_path)
    assert run_many({"one": config}, tmp_path, minutes=0).results == made.results


def test_changed_data_is_another_question(config, tmp_path, waves):
    run(config, tmp_path / "run")
    write_waves(waves, 64)
    with pytest.raises(InputError, match="other values of the task's data"):
        run(config, tmp_path / "run", resume=True)
    with pytest.raises(InputError, match="other data than this one"):
        evaluate(tmp_path / "run", device="cpu")


def test_from_the_command_line(folders, tmp_path, waves, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = [f"--{name.replace('_', '-')}={value}" for name, value in (QUICK | {"backbone": folders["gpt2"]}).items()]
    app(
        ["run", "--data", "waves.csv", "--target", "kind", "--drop-rare", *options, "--calibrate", "--out", "run"],
        result_action="return_value",
    )
    told = capsys.readouterr().out
    assert "task waves.csv: classification" in told
    assert "probabilities: temperature" in told
    result = read_result(tmp_path / "run")
    assert result.config["data"]["drop_rare"] is True
    assert set(result.calibration) == {"temperature", "error_before", "error"}
    (summary,) = summarise([result])
    command = commands(1, summary)
    assert "--data waves.csv --target kind --drop-rare" in command
    Path("run").rename("first")
    app(shlex.split(command)[1:], result_action="return_value")
    again = read_result(tmp_path / shlex.split(command)[-1])
    assert again.metrics == result.metrics
    app(["explain", "--data", "waves.csv", *options], result_action="return_value")
    assert "input" in capsys.readouterr().out


def test_a_temperature_makes_probabilities_milder_and_changes_no_answer(config, tmp_path, waves):
    from frostformer.deploy.predict import Predictor

    run(config, tmp_path / "plain")
    run(replace(config, calibrate=True), tmp_path / "calibrated")
    x = np.random.default_rng(1).standard_normal((5, 12, 1))
    plain, calibrated = (
        [json.loads(line) for line in Predictor(tmp_path / name, device="cpu").lines(x)]
        for name in ("plain", "calibrated")
    )
    assert [one["classes"] for one in plain] == [one["classes"] for one in calibrated]
    assert [one["probabilities"] for one in plain] != [one["probabilities"] for one in calibrated]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"target": "x"}, "--target says how a file of yours is read: name the file, --data FILE"),
        ({"drop_rare": True}, "--drop-rare says how"),
    ],
)
def test_options_of_a_file_need_a_file(given, sentence):
    with pytest.raises(InputError, match=sentence):
        AskedConfig(**given)


def test_what_does_not_go_with_a_file(config, tmp_path):
    with pytest.raises(InputError, match="a task is already called 'mnist'"):
        task_of(replace(config, task="mnist"))
    assert "mnist" in TASKS
    with pytest.raises(InputError, match="task_options belong to shipped tasks"):
        task_of(replace(config, task_options={"length": "3"}))
    with pytest.raises(InputError, match=r"there is no file at .*none.csv: give a file or a folder"):
        task_of(replace(config, data=DataFile(path=str(tmp_path / "none.csv"))))
    number = replace(config, data=replace(config.data, target="t11"), calibrate=True)
    with pytest.raises(InputError, match=r"calibrate: task 'waves.csv' has no classes \(regression\)"):
        task_of(number)


def test_columns_that_are_different_quantities_have_a_scale_each(tmp_path):
    rng = np.random.default_rng(0)
    age, weight = rng.uniform(20, 80, 60), rng.uniform(4e4, 9e4, 60)
    for names, own in ((("age", "weight"), True), (("t0", "t1", "t2"), False)):
        columns = [age, weight, age][: len(names)]
        rows = [[*map(str, row), "old" if row[0] > 50 else "young"] for row in np.stack(columns, 1).round(2)]
        path = tmp_path / f"{len(names)}.csv"
        path.write_text("\n".join(",".join(row) for row in [[*names, "label"], *rows]))
        task = Task.from_file(path)
        spread = task.train.inputs.std(0)[:, 0]
        assert np.allclose(spread, 1, atol=1e-5) == own
        assert task.reading.steps == (2 if own else None)
