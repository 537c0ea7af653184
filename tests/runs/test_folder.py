"""The folder of a run: nothing that has ended is lost, whenever a run is killed, refused or started twice."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from frostformer.config import RunConfig
from frostformer.errors import Busy, InputError
from frostformer.files import hidden
from frostformer.locks import locked
from frostformer.results.curve import CURVE_NAME
from frostformer.results.result import read_result
from frostformer.runs import job as job_module
from frostformer.runs import moments
from frostformer.runs.adapters import FILE_NAME
from frostformer.runs.folder import ATTENTION_NAME, RESULT_NAME, SCORES_NAME, staged
from frostformer.runs.job import Watch
from frostformer.runs.many import grid, run_many
from frostformer.runs.one import run
from frostformer.runs.together import run_together
from frostformer.training.checkpoints import CHECKPOINT_NAME, read_tensors, write_tensors
from killing import KilledError, disk_full_at, killed_before

# of every run; one on a bit task also has attention maps
FILES = sorted([FILE_NAME, CURVE_NAME, RESULT_NAME, SCORES_NAME])
BIT_FILES = sorted([*FILES, ATTENTION_NAME])


@pytest.fixture
def checkpoints(monkeypatch):
    """A checkpoint after each evaluation, however short a time that is."""
    monkeypatch.setattr(job_module, "CHECKPOINT_SECONDS", 0)
    monkeypatch.setattr(job_module, "WRITING_SHARE", 1e9)


def contents(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.iterdir()) if not path.name.startswith(".")}


def is_the_same(out: Path, other: Path) -> bool:
    """Whether two finished runs are equal but for their seconds."""
    one, two = (read_result(folder) for folder in (out, other))
    same_bytes = all(
        (out / name).read_bytes() == (other / name).read_bytes() for name in BIT_FILES if name != RESULT_NAME
    )
    return same_bytes and (one.config, one.metrics) == (two.config, two.metrics)


@pytest.mark.slow
@pytest.mark.usefixtures("checkpoints")
@pytest.mark.parametrize("overwrite", [False, True])
def test_killed_before_any_change_of_a_file_it_is_the_old_run_or_goes_on_to_the_new(
    tiny_config, tmp_path, monkeypatch, overwrite
):
    old, new = (tiny_config(task="bit-xor", seed=seed, steps=4, evaluate_every=2) for seed in (0, 1))
    run(new, tmp_path / "new")
    for change in itertools.count():
        out, kept = tmp_path / str(change), {}
        if overwrite:
            run(old, out)
            kept = contents(out)
        with killed_before(change, monkeypatch) as changes, contextlib.suppress(KilledError):
            run(new, out, overwrite=overwrite)
        after = contents(out)
        if RESULT_NAME in after and after[RESULT_NAME] == kept.get(RESULT_NAME):
            assert after.items() >= kept.items()  # no file of another run stands beside the old result
        if after == kept and not hidden(out / RESULT_NAME, ".new").exists():
            run(new, out, overwrite=True)
        else:
            run(new, out, resume=True)
        assert is_the_same(out, tmp_path / "new")
        assert sorted(path.name for path in out.iterdir()) == BIT_FILES
        if len(changes) < change:
            break
    assert change > 15


@pytest.mark.usefixtures("checkpoints")
def test_a_disk_that_is_full_at_any_write_is_one_sentence_and_the_run_goes_on(tiny_config, tmp_path, monkeypatch):
    old, new = (tiny_config(task="bit-xor", seed=seed, steps=4, evaluate_every=2) for seed in (0, 1))
    run(new, tmp_path / "new")
    for write in range(7):  # two checkpoints, adapter, scores, attention, curve, result
        out = tmp_path / str(write)
        run(old, out)
        kept = contents(out)
        with disk_full_at(write, monkeypatch), pytest.raises(InputError, match=r"cannot be written \(No space left"):
            run(new, out, overwrite=True)
        assert contents(out).items() >= kept.items()  # the old run is still there
        assert not list(out.glob(".*.partial"))
        run(new, out, **({"resume": True} if (out / CHECKPOINT_NAME).exists() else {"overwrite": True}))
        assert is_the_same(out, tmp_path / "new")
        assert sorted(path.name for path in out.iterdir()) == BIT_FILES
    with disk_full_at(write + 1, monkeypatch):
        run(new, tmp_path / "last")


@pytest.mark.slow
def test_the_maps_of_an_older_run_go_with_it_whenever_the_new_one_is_killed(tiny_config, tmp_path, monkeypatch):
    """The new run has none, since its backbone has no attention."""
    new = tiny_config("mamba", task="bit-xor", steps=1)
    run(tiny_config(task="bit-xor", steps=1), tmp_path / "old")
    old = contents(tmp_path / "old")
    assert sorted(old) == BIT_FILES
    for change in itertools.count(4):
        out = tmp_path / str(change)
        shutil.copytree(tmp_path / "old", out)
        with killed_before(change, monkeypatch) as changes, contextlib.suppress(KilledError):
            run(new, out, overwrite=True)
        after = contents(out)
        is_old = after.get(RESULT_NAME) == old[RESULT_NAME]
        assert after == old or not is_old
        again = {"overwrite": True} if is_old and not staged(out, RESULT_NAME).exists() else {"resume": True}
        assert run(new, out, **again).attention_share is None
        assert sorted(path.name for path in out.iterdir()) == FILES
        if len(changes) < change:
            break
    assert change > 20


@pytest.mark.usefixtures("checkpoints")
def test_a_checkpoint_beside_a_result_is_that_of_a_newer_run(tiny_config, tmp_path, monkeypatch):
    old, new = tiny_config(), tiny_config(seed=1)
    first = run(old, tmp_path)
    with killed_before(7, monkeypatch), pytest.raises(KilledError):
        run(new, tmp_path, overwrite=True)
    assert (tmp_path / CHECKPOINT_NAME).exists()
    assert read_result(tmp_path) == first
    with pytest.raises(InputError, match="an unfinished run"):
        run(new, tmp_path)
    assert run(new, tmp_path, resume=True).config["seed"] == 1
    assert not (tmp_path / CHECKPOINT_NAME).exists()


def test_what_a_killed_cohort_wrote_beside_its_checkpoints_does_not_outlive_it(tiny_config, tmp_path, monkeypatch):
    configs = {tmp_path / str(seed): tiny_config(seed=seed) for seed in (0, 1)}

    def kill(out):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(moments, "_take_place", kill)
        with pytest.raises(KilledError):
            run_together(configs)
    for out, config in configs.items():
        assert staged(out, CHECKPOINT_NAME).exists()
        hidden(staged(out, CHECKPOINT_NAME), ".of-the-next.partial").touch()
        run(config, out, resume=True)  # alone
        assert sorted(path.name for path in out.iterdir()) == FILES


@pytest.mark.parametrize("changes", [{"layers": 9}, {"task_options": {"no": "1"}}, {"task": "nothing"}])
def test_a_refused_question_leaves_the_old_run_as_it_was(tiny_config, tmp_path, changes):
    run(tiny_config(), tmp_path)
    before = contents(tmp_path)
    with pytest.raises(InputError):
        run(tiny_config(**changes), tmp_path, overwrite=True)
    assert contents(tmp_path) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == FILES


def test_a_training_that_fails_leaves_the_old_run_as_it_was(tiny_config, tmp_path, monkeypatch):
    run(tiny_config(), tmp_path)
    before = contents(tmp_path)
    monkeypatch.setattr(job_module.Training, "next_batch", lambda self: [][1])
    with pytest.raises(IndexError):
        run(tiny_config(seed=1), tmp_path, overwrite=True)
    assert contents(tmp_path) == before


def test_cohorts_keep_the_old_runs_too(tiny_config, tmp_path, monkeypatch):
    configs = {tmp_path / name: tiny_config(seed=seed) for seed, name in enumerate("ab")}
    run_together(configs)
    before = [contents(out) for out in configs]
    changed = {out: replace(config, learning_rate=0.01) for out, config in configs.items()}
    with monkeypatch.context() as patch:
        patch.setattr(job_module.Job, "finish", lambda self: [][1])
        with pytest.raises(IndexError):
            run_together(changed, overwrite=True)
    assert all(contents(out).items() >= kept.items() for out, kept in zip(configs, before, strict=True))
    assert [result.config["learning_rate"] for result in run_together(changed, overwrite=True)] == [0.01, 0.01]


@pytest.mark.parametrize("how", [{}, {"resume": True}, {"overwrite": True}])
def test_a_folder_in_use_is_refused(tiny_config, tmp_path, monkeypatch, how):
    monkeypatch.setattr("frostformer.runs.one.task_of", None)
    with locked(tmp_path / "run", []), pytest.raises(Busy, match=f"in use by process {os.getpid()} on "):
        run(tiny_config(), tmp_path / "run", **how)


def test_a_study_takes_the_next_run_and_comes_back(tiny_config, tmp_path):
    configs = grid(tiny_config(), [0, 1], [1e-3])
    busy, free = configs
    order: list[str] = []
    with ExitStack() as other:
        other.enter_context(locked(tmp_path / busy, []))

        @contextmanager
        def watched(names, first: RunConfig):
            if order[-1:] == [free]:
                other.close()  # the other process has ended meanwhile
            order.extend(names if len(names) == 1 else [])
            yield job_module.Watch()

        outcome = run_many(configs, tmp_path, watched=watched)
    assert order == [busy, free, busy]
    assert list(outcome.results) == [busy, free]
    assert not outcome.failures


def test_a_run_that_another_process_makes_is_left(tiny_config, tmp_path):
    configs = grid(tiny_config(), [0, 1], [1e-3])
    busy, free = configs
    with locked(tmp_path / busy, []):
        outcome = run_many(configs, tmp_path)
    assert list(outcome.results) == [free]
    assert (outcome.left, outcome.failures) == ([busy], {})


@pytest.mark.parametrize(
    ("key", "value"),
    [("answer", None), ("answer", {}), ("answer", ["x"]), ("tensors", 3), ("fingerprint", {})],
)
def test_a_finished_run_whose_backbone_was_edited_is_refused_by_its_path(tiny_config, tmp_path, key, value):
    run(tiny_config(steps=1), tmp_path)
    fields = json.loads((tmp_path / RESULT_NAME).read_text())
    fields["backbone"][key] = value
    (tmp_path / RESULT_NAME).write_text(json.dumps(fields))
    with pytest.raises(InputError, match=rf"result\.json is not a result file \('backbone\.{key}"):
        run(tiny_config(steps=1), tmp_path, resume=True)


@pytest.mark.usefixtures("checkpoints")
@pytest.mark.parametrize(
    ("key", "value"), [("backbone", {}), ("backbone", {"fingerprint": "", "answer": "x"}), ("config", {"steps": "x"})]
)
def test_a_checkpoint_whose_owner_was_edited_is_refused_by_its_path(tiny_config, tmp_path, key, value):
    path = tmp_path / CHECKPOINT_NAME

    def stop(out, training, record):
        if record.step == 6:
            raise KilledError

    with pytest.raises(KilledError):
        run(tiny_config(), tmp_path, watch=Watch(progress=stop))
    tensors, header = read_tensors(path)
    header["identity"][key] = value
    write_tensors(path, tensors, header)
    with pytest.raises(InputError, match=rf"is not a checkpoint of this run \('identity\.{key}"):
        run(tiny_config(), tmp_path, resume=True)


def test_a_disk_without_room_is_found_before_training(tiny_config, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 1000}))
    monkeypatch.setattr(job_module.Training, "run", None)
    with pytest.raises(InputError, match="left on its disk, and a run that trains"):
        run(tiny_config(), tmp_path / "run")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", [*BIT_FILES, CHECKPOINT_NAME])
def test_a_folder_in_the_place_of_a_file_is_found_before_training(tiny_config, tmp_path, monkeypatch, name):
    (tmp_path / name).mkdir()
    monkeypatch.setattr(job_module, "Training", None)
    with pytest.raises(InputError, match=f"{name} is a folder|holds"):
        run(tiny_config(), tmp_path)
    with pytest.raises(InputError, match=f"{name} is a folder"):
        run(tiny_config(), tmp_path, overwrite=True)
