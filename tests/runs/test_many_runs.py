"""Which runs go together, and that nothing is lost."""

from contextlib import nullcontext
from dataclasses import replace
from itertools import count

import pytest

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.runs.job import Job, Watch
from frostformer.runs.many import MOST_TOGETHER, cohorts, grid, run_many


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
    assert [len(part) for part in cohorts(grid(RunConfig(), range(70), [1e-3]), most=64)] == [64, 6]


def test_nothing_is_trained_where_one_folder_holds_a_run(tiny_config, tmp_path):
    configs = grid(tiny_config(weights="random"), [0, 1], [1e-3])
    last = tmp_path / list(configs)[-1]
    last.mkdir()
    (last / "result.json").write_text("{}")
    with pytest.raises(InputError, match="--resume"):
        run_many(configs, tmp_path, resume=False)
    assert [path.name for path in tmp_path.iterdir()] == [last.name]


def test_close_learning_rates_stay_apart():
    assert len(grid(RunConfig(), [0], [0.001, 0.00100000001])) == 2


@pytest.mark.parametrize("error", [ZeroDivisionError("odd"), InputError("odd")])
def test_one_bad_run_among_many_costs_no_other(tiny_config, tmp_path, monkeypatch, error):
    configs = grid(tiny_config(), [0, 1, 2], [1e-3])
    bad = "learning-rate-0.001-seed-1"
    finish = Job.finish

    def fails(job):
        if job.config.seed == 1:
            raise error
        return finish(job)

    for resume in (False, True):
        with monkeypatch.context() as patch:
            patch.setattr(Job, "finish", fails)
            found = run_many(configs, tmp_path, resume=resume)
        assert found.failures == {bad: "odd" if isinstance(error, InputError) else "ZeroDivisionError: odd"}
        assert list(found.results) == [name for name in configs if name != bad]
    assert list(run_many(configs, tmp_path).results) == list(configs)


def test_an_interruption_ends_all_runs(tiny_config, tmp_path, monkeypatch):
    def interrupted(job):
        raise KeyboardInterrupt

    monkeypatch.setattr(Job, "finish", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_many(grid(tiny_config(), [0, 1], [1e-3]), tmp_path)


def scores(outcome):
    return {name: (result.metrics, result.curve[-1]["train_loss"]) for name, result in outcome.results.items()}


@pytest.mark.parametrize("weights", ["pretrained", "random"])  # side by side, and one after the other
def test_runs_stop_when_time_is_up_and_go_on_to_the_same_end(tiny_config, tmp_path, monkeypatch, weights):
    configs = grid(tiny_config(weights=weights), [0, 1], [1e-3])
    whole = run_many(configs, tmp_path / "whole")
    monkeypatch.setattr("frostformer.runs.many.time.time", count().__next__)  # a second each time somebody asks
    stopped = run_many(configs, tmp_path / "stopped", minutes=1.5 / 60)
    assert stopped.left == list(configs)
    assert not stopped.results
    assert not stopped.failures
    begun = [path.name for path in sorted((tmp_path / "stopped").rglob("checkpoint.safetensors"))]
    assert len(begun) == (2 if weights == "pretrained" else 1)
    again = run_many(configs, tmp_path / "stopped")
    assert scores(again) == scores(whole)
    for name in configs:
        adapters = [(tmp_path / folder / name / "adapter.safetensors").read_bytes() for folder in ("whole", "stopped")]
        assert adapters[0] == adapters[1]


def test_what_has_ended_before_time_was_up_counts(tiny_config, tmp_path, monkeypatch):
    monkeypatch.setattr("frostformer.training.cohort._MOST_POSITIONS", {"cpu": 1})  # they share no pass
    configs = grid(tiny_config(), [0, 1], [1e-3])
    first, second = configs
    watch = Watch(is_over=(tmp_path / first / "result.json").exists)
    outcome = run_many(configs, tmp_path, watched=lambda *_: nullcontext(watch))
    assert (list(outcome.results), outcome.left) == ([first], [second])
    assert list(run_many(configs, tmp_path).results) == [first, second]
    again = run_many(configs, tmp_path, watched=lambda *_: nullcontext(watch), resume=False, overwrite=True)
    assert again.left == [first, second]  # the old results are not what was asked for


def test_no_time_is_no_failure(tiny_config, tmp_path):
    configs = grid(tiny_config(), [0, 1], [1e-3])
    outcome = run_many(configs, tmp_path, minutes=0)
    assert outcome.left == list(configs)
    assert not outcome.failures
    assert not any(tmp_path.rglob("*.safetensors"))


def test_several_processes_give_the_same_results(tiny_config, tmp_path):
    base = tiny_config(weights="random")
    configs = grid(base, [0, 1], [1e-3]) | {"bad": replace(base, trainable="nothing")}
    alone = run_many(configs, tmp_path / "alone")
    told = []
    many = run_many(configs, tmp_path / "many", jobs=2, ended=lambda found: told.append(len(found.results)))
    assert scores(many) == scores(alone)
    assert many.failures == alone.failures
    assert told[-1] == 2


@pytest.mark.parametrize("rates", [None, ()])
def test_finished_runs_on_a_task_of_ones_own_are_known_where_time_is_up(tiny_config, tmp_path, tasks, rates):
    configs = {"one": replace(tiny_config(steps=2, evaluate_every=1), seed=3)}
    made = run_many(configs, tmp_path, task=tasks["digits"], rates=rates)
    again = run_many(configs, tmp_path, task=tasks["digits"], rates=rates, minutes=0)
    assert again.results == made.results
    assert not again.left
    assert run_many(configs, tmp_path / "other", task=tasks["digits"], rates=rates, minutes=0).left == ["one"]
