"""A list of runs: finished ones are kept, and at the end there are a table and a page."""

from dataclasses import replace

import pytest

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.experiments import demo
from frostformer.sweep import MOST_TOGETHER, cohorts, grid, parse_learning_rates, parse_seeds, run_all


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


def test_runs_of_one_backbone_go_together_and_the_others_alone():
    base = RunConfig()
    configs = grid(base, [0, 1], [1e-3, 1e-2]) | {
        "random-0": replace(base, weights="random"),
        "random-1": replace(base, weights="random", seed=1),
        "full-0": replace(base, trainable="full"),
        "full-1": replace(base, trainable="full", seed=1),
    }
    together, *alone = cohorts(configs)
    assert together == list(configs)[:4]
    assert alone == [["random-0"], ["random-1"], ["full-0"], ["full-1"]]


def test_a_pass_has_a_largest_size():
    sizes = [len(part) for part in cohorts(grid(RunConfig(), range(MOST_TOGETHER + 2), [1e-3]))]
    assert sizes == [MOST_TOGETHER, 2]


@pytest.mark.parametrize(("text", "seeds"), [("0-4", [0, 1, 2, 3, 4]), ("7", [7]), ("0-1,5,1", [0, 1, 5])])
def test_seeds_are_numbers_and_ranges(text, seeds):
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize("text", ["", "a", "3-1", "1,,2", "1-"])
def test_other_seeds_are_refused(text):
    with pytest.raises(InputError, match="numbers and ranges such as 0-4"):
        parse_seeds(text)


def test_learning_rates_are_numbers():
    assert parse_learning_rates("1e-4,0.001,1e-3") == [1e-4, 1e-3]
    with pytest.raises(InputError, match="give numbers such as"):
        parse_learning_rates("1e-4;1e-3")


def test_a_task_without_a_level_has_a_table_too(tiny_config, tmp_path, capsys, monkeypatch, tasks):
    monkeypatch.setattr("frostformer.run.build_task", lambda name, options: tasks[name])
    run_all(grid(tiny_config(task="bit-memory"), [0, 1], [1e-3]), tmp_path, "A title")
    assert "bit-memory" in capsys.readouterr().out
    assert (tmp_path / "report.html").is_file()


def test_nothing_is_trained_where_one_folder_holds_a_run(tiny_config, tmp_path):
    configs = grid(tiny_config(weights="random"), [0, 1], [1e-3])
    last = tmp_path / list(configs)[-1]
    last.mkdir()
    (last / "result.json").write_text("{}")
    with pytest.raises(InputError, match="--resume"):
        run_all(configs, tmp_path, "A title", resume=False)
    assert [path.name for path in tmp_path.iterdir()] == [last.name]


def test_close_learning_rates_stay_apart():
    assert len(grid(RunConfig(), [0], [0.001, 0.00100000001])) == 2
