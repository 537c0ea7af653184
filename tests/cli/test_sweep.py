"""A list of runs: finished ones are kept, and at the end there are a table and a page."""

import html
from dataclasses import replace

import numpy as np
import pytest

from frostformer.cli.sweep import run_all
from frostformer.cli.verbs.run import run
from frostformer.errors import InputError
from frostformer.results.result import read_result
from frostformer.runs.job import Job
from frostformer.runs.many import grid
from frostformer.studies.ours import DEMO_REFERENCE, demo
from frostformer.training.checkpoints import read_tensors


def test_runs_prints_and_reports(tmp_path, folders, capsys):
    configs = {
        name: replace(config, backbone=str(folders["gpt2"]), steps=4, evaluate_every=2)
        for name, config in demo(seeds=1).items()
    }
    run_all(configs, tmp_path, "A title")
    printed = capsys.readouterr().out
    assert "99%" in printed
    assert "90%" in printed
    page = (tmp_path / "report.html").read_text()
    assert "digits" in page
    assert "A title" in page
    results = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("result.json")}
    assert len(results) == 4
    run_all(configs, tmp_path, "A title")
    assert results == {path: path.stat().st_mtime_ns for path in results}


def test_the_page_is_there_before_the_last_run_has_ended(tmp_path, folders, monkeypatch):
    pages = []
    monkeypatch.setattr(
        "frostformer.cli.sweep.write_report",
        lambda found, *_, unfinished: pages.append((len(found), unfinished)),
    )
    configs = {
        name: replace(config, backbone=str(folders["gpt2"]), steps=4, evaluate_every=2)
        for name, config in demo(seeds=1).items()
    }
    run_all(configs, tmp_path, "A title")
    (number, unfinished), *_, last = pages
    assert number < 4
    assert unfinished == f"Runs are still being made: {number} of 4 have ended."
    assert last == (4, "")


def test_three_seeds_are_compared_with_the_reference_and_the_page_says_the_same(tmp_path, folders, capsys):
    configs = {
        name: replace(config, backbone=str(folders["gpt2"]), steps=4, evaluate_every=2)
        for name, config in demo(seeds=3).items()
        if config.task == "digits"
    }
    run_all(configs, tmp_path, "A title", DEMO_REFERENCE)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("digits: Test accuracy")]
    sentence = "Compared with random on test by accuracy, under this budget (95 % intervals): pretrained "
    assert sentence in line
    assert line.removeprefix("digits: ") in html.unescape((tmp_path / "report.html").read_text())


def test_a_task_without_a_level_has_a_table_too(tiny_config, tmp_path, capsys, monkeypatch, tasks):
    monkeypatch.setattr("frostformer.tasks.registry.build_task", lambda name, options: tasks[name])
    run_all(grid(tiny_config(task="bit-memory"), [0, 1], [1e-3]), tmp_path, "A title")
    assert "bit-memory" in capsys.readouterr().out
    assert (tmp_path / "report.html").is_file()


def test_failures_are_listed_behind_the_report_and_the_status_is_1(tiny_config, tmp_path, capsys, monkeypatch):
    configs = grid(tiny_config(), [0, 1, 2], [1e-3])
    finish = Job.finish

    def fails(job):
        return 1 / 0 if job.config.seed == 1 else finish(job)

    monkeypatch.setattr(Job, "finish", fails)
    with pytest.raises(SystemExit) as ended:
        run_all(configs, tmp_path, "A title")
    assert ended.value.code == 1
    assert "seed-1: ZeroDivisionError: division by zero" in capsys.readouterr().err
    assert (tmp_path / "report.html").is_file()


def test_a_run_that_diverges_is_said_everywhere(tiny_config, tmp_path, capsys):
    config = tiny_config(learning_rate=1e30)
    with pytest.raises(SystemExit) as ended:
        run(config, out=tmp_path / "one")
    assert ended.value.code == 1
    assert "training diverged at step 2" in capsys.readouterr().out.replace("\n", " ")
    result = read_result(tmp_path / "one")
    assert (result.diverged, result.chosen_step, result.steps) == (2, 0, 3)
    assert np.isfinite(result.metrics["test"]["loss"])
    assert all(tensor.isfinite().all() for tensor in read_tensors(tmp_path / "one" / "adapter.safetensors")[0].values())

    run_all(grid(config, [0, 1], [1e-3, 1e30]), tmp_path / "many", "A title")  # it counts, and nothing fails
    assert "Training diverged in 2 of the 2 runs of" in " ".join(capsys.readouterr().out.split())
    page = (tmp_path / "many" / "report.html").read_text()
    assert "(2 of 2 diverged)" in page
    assert "Training diverged in 2 of the 2 runs of" in page


def test_one_seed_and_several_are_not_asked_at_once(tiny_config, tmp_path):
    with pytest.raises(InputError, match="--seed and --seeds contradict each other"):
        run(tiny_config(seed=2), out=tmp_path / "runs", seeds="0-3")
    assert not (tmp_path / "runs").exists()
