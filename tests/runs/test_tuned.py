"""A run that tries three learning rates: validation chooses, test is read once, and a kill loses nothing."""

from __future__ import annotations

import contextlib
import itertools
import json
from dataclasses import replace

import pytest

from frostformer.cli.app import app
from frostformer.errors import InputError, TimeIsUp
from frostformer.report.making import commands
from frostformer.results.curve import CURVE_NAME
from frostformer.results.result import read_result
from frostformer.results.seeds import summarise
from frostformer.runs import job as job_module
from frostformer.runs.adapters import FILE_NAME, load_adapter
from frostformer.runs.folder import ATTENTION_NAME, RESULT_NAME, SCORES_NAME, TUNING_NAME, staged
from frostformer.runs.job import Watch
from frostformer.runs.many import run_many
from frostformer.runs.one import run
from frostformer.runs.rates import FROZEN_RATES, TRAINED_RATES, rates_to_try
from frostformer.runs.tuned import run_tuned
from frostformer.training.checkpoints import CHECKPOINT_NAME
from frostformer.training.loop import Training
from killing import KilledError, disk_full_at, killed_before

FILES = sorted([FILE_NAME, CURVE_NAME, RESULT_NAME, SCORES_NAME])
BIT_FILES = sorted([*FILES, ATTENTION_NAME])


@pytest.fixture
def checkpoints(monkeypatch):
    """A checkpoint after each evaluation, however short a time that is."""
    monkeypatch.setattr(job_module, "CHECKPOINT_SECONDS", 0)
    monkeypatch.setattr(job_module, "WRITING_SHARE", 1e9)


def names(out):
    return sorted(path.name for path in out.iterdir())


def is_the_same(out, other) -> bool:
    """Whether two finished runs are equal but for their seconds."""
    one, two = read_result(out), read_result(other)
    kept = [name for name in names(other) if name != RESULT_NAME]
    same = names(out) == names(other) and all((out / name).read_bytes() == (other / name).read_bytes() for name in kept)
    return same and (one.config, one.metrics, one.tried) == (two.config, two.metrics, two.tried)


def test_the_best_rate_by_validation_is_kept_as_if_it_had_run_alone(tiny_config, tmp_path):
    config = tiny_config(steps=12)
    result = run_tuned(config, tmp_path / "tuned")
    alone = {rate: run(replace(config, learning_rate=rate), tmp_path / str(rate)) for rate in FROZEN_RATES}
    scores = {str(rate): one.metrics["validation"]["accuracy"] for rate, one in alone.items()}
    assert result.tried == scores
    assert len(set(scores.values())) > 1
    chosen = result.config["learning_rate"]
    assert scores[str(chosen)] == max(scores.values())
    assert result.metrics == alone[chosen].metrics
    assert names(tmp_path / "tuned") == FILES
    for name in (FILE_NAME, SCORES_NAME):
        assert (tmp_path / "tuned" / name).read_bytes() == (tmp_path / str(chosen) / name).read_bytes()
    assert read_result(tmp_path / "tuned") == result
    assert load_adapter(tmp_path / "tuned")[1].config.learning_rate == chosen


def test_test_is_read_once(tiny_config, tmp_path, tasks, monkeypatch):
    read = []
    evaluate = Training.evaluate
    monkeypatch.setattr(Training, "evaluate", lambda self, split: (read.append(split), evaluate(self, split))[1])
    task = tasks["digits"]
    result = run_tuned(tiny_config(), tmp_path, task=task)
    assert [split is task.test for split in read].count(True) == 1
    assert run_tuned(tiny_config(), tmp_path, task=task, resume=True) == result
    assert [split is task.test for split in read].count(True) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("checkpoints")
@pytest.mark.parametrize("overwrite", [False, True])
def test_killed_before_any_change_of_a_file_it_is_the_old_run_or_goes_on_to_the_new(
    tiny_config, tmp_path, monkeypatch, overwrite
):
    old, new = (tiny_config(task="bit-xor", seed=seed, steps=2, evaluate_every=1) for seed in (0, 1))
    run_tuned(new, tmp_path / "new")
    run(old, tmp_path / "old")
    before = (tmp_path / "old" / RESULT_NAME).read_bytes()
    for change in itertools.count(overwrite, 4):
        out = tmp_path / str(change)
        if overwrite:
            run(old, out)
            before = (out / RESULT_NAME).read_bytes()
        with killed_before(change, monkeypatch) as changes, contextlib.suppress(KilledError):
            run_tuned(new, out, overwrite=overwrite)
        is_old = (out / RESULT_NAME).exists() and (out / RESULT_NAME).read_bytes() == before
        goes_on = (out / TUNING_NAME).exists() or staged(out, RESULT_NAME).exists() or not is_old
        run_tuned(new, out, **({"resume": True} if goes_on else {"overwrite": True}))
        assert is_the_same(out, tmp_path / "new")
        assert names(out) == BIT_FILES
        if len(changes) < change:
            break
    assert change > 30


def test_a_kill_costs_no_rate_that_has_ended(tiny_config, tmp_path, monkeypatch):
    def stop(out, training, record):
        if training.config.learning_rate == FROZEN_RATES[1]:
            raise KilledError

    with pytest.raises(KilledError):
        run_tuned(tiny_config(), tmp_path, watch=Watch(progress=stop))
    steps = []
    monkeypatch.setattr(Training, "next_batch", counted(Training.next_batch, steps))
    run_tuned(tiny_config(), tmp_path, resume=True)
    assert len(steps) == 2 * 6


def counted(next_batch, steps):
    def counting(self):
        steps.append(self.step)
        return next_batch(self)

    return counting


@pytest.mark.slow
@pytest.mark.usefixtures("checkpoints")
def test_a_full_disk_is_one_sentence_and_the_run_goes_on(tiny_config, tmp_path, monkeypatch):
    config = tiny_config(steps=2, evaluate_every=2)
    run_tuned(config, tmp_path / "whole")
    for write in range(0, 9, 2):  # two for each rate, then adapter, scores, result
        out = tmp_path / str(write)
        with disk_full_at(write, monkeypatch), pytest.raises(InputError, match=r"cannot be written \(No space left"):
            run_tuned(config, out)
        run_tuned(config, out, resume=True)
        assert is_the_same(out, tmp_path / "whole")


def test_time_that_is_up_leaves_what_goes_on(tiny_config, tmp_path):
    config, asked = tiny_config(), itertools.count(1)
    with pytest.raises(TimeIsUp):
        run_tuned(config, tmp_path / "run", watch=Watch(is_over=lambda: next(asked) == 3))
    assert (tmp_path / "run" / TUNING_NAME).is_dir()
    run_tuned(config, tmp_path / "run", resume=True)
    run_tuned(config, tmp_path / "whole")
    assert is_the_same(tmp_path / "run", tmp_path / "whole")


def test_each_rate_is_a_part_with_its_own_steps_and_the_plan_is_shown_once(tiny_config, tmp_path):
    seen, plans = [], []
    run_tuned(tiny_config(), tmp_path, watch=Watch(plan=plans.append, step=seen.append, part=seen.append))
    rates = [f"learning rate {rate} ({at} of 3)" for at, rate in enumerate(FROZEN_RATES, 1)]
    assert seen == [one for rate in rates for one in (rate, 1, 2, 3, 4, 5, 6)]
    assert len(plans) == 1


def unfinished(config, out, *, tune: bool) -> None:
    def stop(out, training, record):
        if training.step == 6:
            raise KilledError

    with pytest.raises(KilledError):
        (run_tuned if tune else run)(config, out, watch=Watch(progress=stop))
    assert (out / (TUNING_NAME if tune else CHECKPOINT_NAME)).exists()


@pytest.mark.usefixtures("checkpoints")
def test_a_run_with_it_and_one_without_do_not_go_on_with_each_other(tiny_config, tmp_path):
    config = tiny_config()
    unfinished(config, tmp_path / "tuned", tune=True)
    unfinished(config, tmp_path / "plain", tune=False)
    with pytest.raises(InputError, match="holds an unfinished run with --tune: go on with it"):
        run(config, tmp_path / "tuned", resume=True)
    with pytest.raises(InputError, match="holds an unfinished run without --tune: go on without it"):
        run_tuned(config, tmp_path / "plain", resume=True)
    for out in ("tuned", "plain"):
        with pytest.raises(InputError, match="holds an unfinished run: go on with --resume"):
            run_tuned(config, tmp_path / out)
    run(config, tmp_path / "tuned", overwrite=True)
    assert names(tmp_path / "tuned") == FILES
    with pytest.raises(InputError, match="holds a run without --tune"):
        run_tuned(config, tmp_path / "tuned", resume=True)
    run_tuned(config, tmp_path / "plain", overwrite=True)
    assert names(tmp_path / "plain") == FILES


def test_another_question_is_refused(tiny_config, tmp_path):
    run_tuned(tiny_config(), tmp_path)
    with pytest.raises(InputError, match="holds a run with other values of steps"):
        run_tuned(tiny_config(steps=3), tmp_path, resume=True)
    with pytest.raises(InputError, match=r"holds a run that tried 0\.0003, 0\.001, 0\.003"):
        run_tuned(tiny_config(trainable="full"), tmp_path, resume=True)


@pytest.mark.usefixtures("checkpoints")
def test_what_replaces_an_unfinished_run_goes_on_after_a_kill(tiny_config, tmp_path):
    config = tiny_config()
    unfinished(config, tmp_path / "a", tune=False)
    unfinished(config, tmp_path / "b", tune=True)

    def stop(out, training, record):
        if training.step == 6:
            raise KilledError

    for make, out in ((run_tuned, tmp_path / "a"), (run, tmp_path / "b")):
        with pytest.raises(KilledError):
            make(config, out, overwrite=True, watch=Watch(progress=stop))
        make(config, out, resume=True)
        assert names(out) == FILES


def test_a_rate_at_which_training_diverges_is_told_and_not_chosen(tiny_config, tmp_path, monkeypatch):
    result = run_tuned(tiny_config(), tmp_path, rates=(1e30, 1e-3))
    assert result.config["learning_rate"] == 1e-3
    assert result.diverged is None
    assert list(result.tried) == ["1e+30", "0.001"]
    assert result.tried["1e+30"] is None
    assert read_result(tmp_path) == result
    assert run_tuned(tiny_config(), tmp_path / "both", rates=(1e30, 1e32)).diverged is not None


@pytest.mark.parametrize(
    ("trainable", "rates"),
    [
        ("frozen", FROZEN_RATES),
        ("output-only", FROZEN_RATES),
        ("full", TRAINED_RATES),
        ("frozen+attention", TRAINED_RATES),
        ("frozen+last-attention", TRAINED_RATES),
        ("feedforward", TRAINED_RATES),
    ],
)
def test_the_rates_follow_what_trains(tiny_config, trainable, rates):
    assert rates_to_try(tiny_config(trainable=trainable)) == rates


def test_a_rate_given_beside_it_is_refused(tiny_config, tmp_path):
    with pytest.raises(InputError, match=r"learning_rate is 0\.1, but --tune tries 0\.0003, 0\.001, 0\.003"):
        run_tuned(tiny_config(learning_rate=0.1), tmp_path)


@pytest.mark.parametrize(
    ("rates", "fault"), [((0.1,), "has one learning rate, 0.1"), ((0.1, -1.0), "learning_rate is -1")]
)
def test_rates_that_cannot_be_tried_are_refused_before_any_is(tiny_config, tmp_path, rates, fault):
    with pytest.raises(InputError, match=fault):
        run_tuned(tiny_config(), tmp_path / "run", rates=rates)
    assert not (tmp_path / "run").exists()


def test_the_command_says_what_was_tried(tiny_config, tmp_path, capsys):
    config = tiny_config()
    words = ["--backbone", config.backbone, "--task", "digits", "--steps", "6", "--evaluate-every", "3"]
    words += ["--batch-size", "16", "--device", "cpu", "--tune"]
    app(["run", *words, "--out", str(tmp_path / "one")], result_action="return_value", exit_on_error=False)
    result = read_result(tmp_path / "one")
    said = f"learning rate {result.config['learning_rate']}, chosen by validation accuracy: 0.0003 "
    assert said in capsys.readouterr().out
    (summary,) = summarise([result])
    command = commands(1, summary)
    assert "--tune --learning-rates 0.0003,0.001,0.003 " in command
    assert "--learning-rate " not in command
    app(["run", *words, "--seeds", "0,1", "--out", str(tmp_path / "two")], result_action="return_value")
    assert names(tmp_path / "two") == ["report.html", "seed-0", "seed-1"]
    assert is_the_same(tmp_path / "two" / "seed-0", tmp_path / "one")


def test_rates_of_ones_own_are_tried(tiny_config, tmp_path):
    config = tiny_config(steps=6, evaluate_every=3)
    words = ["run", "--backbone", config.backbone, "--task", "digits", "--steps", "6", "--evaluate-every", "3"]
    words += ["--batch-size", "16", "--device", "cpu", "--tune", "--learning-rates", "1e-4,3e-2"]
    app([*words, "--out", str(tmp_path / "one")], result_action="return_value", exit_on_error=False)
    app([*words, "--seeds", "0,1", "--out", str(tmp_path / "two")], result_action="return_value", exit_on_error=False)
    assert set(read_result(tmp_path / "one").tried) == {"0.0001", "0.03"}
    assert is_the_same(tmp_path / "two" / "seed-0", tmp_path / "one")
    with pytest.raises(InputError, match=r"holds a run that tried 0\.0001, 0\.03: give another --out"):
        run_tuned(config, tmp_path / "one", resume=True)


def test_an_unfinished_run_does_not_go_on_with_other_rates(tiny_config, tmp_path, checkpoints):
    unfinished(tiny_config(), tmp_path, tune=True)
    with pytest.raises(InputError, match=r"holds an unfinished run that tries 0\.0003, too: go on with its rates"):
        run_tuned(tiny_config(), tmp_path, rates=(0.1, 0.2), resume=True)
    run_tuned(tiny_config(), tmp_path, resume=True)


def test_rates_that_cannot_be_tried_are_refused_before_any_run(tiny_config, tmp_path):
    with pytest.raises(InputError, match=r"has one learning rate, 0\.1"):
        run_many({"a": tiny_config(), "b": tiny_config(seed=1)}, tmp_path, rates=(0.1,))
    assert not list(tmp_path.iterdir())
    words = [
        "run",
        "--task",
        "digits",
        "--tune",
        "--learning-rates",
        "1e-3,1e-4",
        "--jobs",
        "2",
        "--out",
        str(tmp_path),
    ]
    with pytest.raises(InputError, match=r"for several runs: name their --seeds$"):
        app(words, result_action="return_value", exit_on_error=False)


def test_seeds_that_chose_different_rates_are_of_one_arm(tiny_config, tmp_path):
    outcome = run_many({str(seed): tiny_config(seed=seed) for seed in (0, 1)}, tmp_path, rates=())
    one, two = outcome.results.values()
    one, two = (replace(each, config=each.config | {"learning_rate": rate}) for each, rate in ((one, 1.0), (two, 2.0)))
    assert len(summarise([one, two])) == 1
    assert len(summarise([one, replace(two, tried=None)])) == 2


def test_a_stored_rate_that_is_none_is_refused(tiny_config, tmp_path):
    run_tuned(tiny_config(), tmp_path)
    fields = json.loads((tmp_path / RESULT_NAME).read_text())
    for wrong in ({"x": 1.0}, {"-1": 1.0}, {"0.1": "x"}, [1]):
        (tmp_path / RESULT_NAME).write_text(json.dumps(fields | {"tried": wrong}))
        with pytest.raises(InputError, match="is not a result file"):
            read_result(tmp_path)
