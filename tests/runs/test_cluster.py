"""Runs on a Dask cluster of several processes: the same bytes as here, also where workers are killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

import frostformer as ff
from frostformer.cli.app import app
from frostformer.errors import InputError
from frostformer.results.result import read_result
from frostformer.runs import engines
from frostformer.runs.many import grid, run_many
from frostformer.training.checkpoints import CHECKPOINT_NAME

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.slow  # a cluster takes seconds to start, and a run that can be killed in its middle more


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as started:
        yield started


@pytest.fixture(params=[True, False], ids=["shared folder", "no shared folder"])
def is_shared(request, monkeypatch):
    """Whether the workers see the folder of the runs."""
    if not request.param:
        monkeypatch.setattr(engines, "_all_see", lambda *_: False)
    return request.param


def files_of(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "result.json"
    }


def assert_the_same(out, other, configs):
    assert files_of(out) == files_of(other)
    for name in configs:
        one, two = read_result(out / name), read_result(other / name)
        assert (one.config, one.metrics, one.chosen_step, one.tried) == (
            two.config,
            two.metrics,
            two.chosen_step,
            two.tried,
        )


@pytest.mark.parametrize("tune", [False, True])
def test_runs_end_with_the_bytes_of_those_made_here(cluster, tiny_config, tmp_path, is_shared, tune):
    configs = grid(tiny_config(), [0, 1], [1e-3])
    configs |= {"random": tiny_config(weights="random"), "from scratch": tiny_config(trainable="full")}
    seen = []
    found = run_many(
        configs,
        tmp_path / "there",
        cluster=cluster.scheduler_address,
        rates=() if tune else None,
        ended=lambda outcome: seen.append(len(outcome.results)),
    )
    run_many(configs, tmp_path / "here", rates=() if tune else None)
    assert list(found.results) == list(configs)
    assert not found.failures
    assert seen[-1] == len(configs)
    assert all(result.folder == tmp_path / "there" / name for name, result in found.results.items())
    assert_the_same(tmp_path / "there", tmp_path / "here", configs)


def test_what_is_finished_is_not_made_again(cluster, tiny_config, tmp_path, is_shared):
    configs = {str(seed): tiny_config(weights="random", seed=seed) for seed in range(3)}
    run_many({name: configs[name] for name in "01"}, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("result.json")}
    found = run_many(configs, tmp_path, cluster=cluster.scheduler_address)
    assert list(found.results) == list(configs)
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_what_workers_cannot_see_is_not_replaced(cluster, tiny_config, tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "_all_see", lambda *_: False)
    run_many({"run": tiny_config(weights="random")}, tmp_path)
    before = files_of(tmp_path)
    found = run_many({"run": tiny_config(weights="random", seed=5)}, tmp_path, cluster=cluster.scheduler_address)
    assert "holds another run" in found.failures["run"]
    assert files_of(tmp_path) == before


def test_maps_go_with_the_run_that_had_them(cluster, tiny_config, tmp_path, is_shared):
    run_many({"run": tiny_config(task="bit-xor")}, tmp_path)
    assert (tmp_path / "run" / "attention.npz").exists()
    new = {"run": tiny_config("mamba", task="bit-xor")}
    found = run_many(new, tmp_path, cluster=cluster.scheduler_address, resume=False, overwrite=True)
    assert not found.failures
    assert not (tmp_path / "run" / "attention.npz").exists()
    assert not [path for path in (tmp_path / "run").iterdir() if path.name.startswith(".")]


def test_workers_with_other_code_are_refused(cluster, tiny_config, tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "source_hash", lambda _: "other")
    with pytest.raises(InputError, match="another version of frostformer"):
        run_many({"run": tiny_config()}, tmp_path, cluster=cluster.scheduler_address)


def test_one_bad_run_costs_no_other(cluster, tiny_config, tmp_path, is_shared):
    configs = {"good": tiny_config(weights="random"), "bad": replace(tiny_config(), backbone="./nowhere")}
    found = run_many(configs, tmp_path, cluster=cluster.scheduler_address)
    assert list(found.results) == ["good"]
    assert "nowhere" in found.failures["bad"]


def test_another_worker_goes_on_where_one_was_killed(cluster, tiny_config, tmp_path, is_shared):
    """With a shared folder from its checkpoint, else from the start; either way to the same bytes, and once."""
    config = tiny_config(weights="random", steps=6000, evaluate_every=100)
    out, killed = tmp_path / "there", []

    def kill():
        """The worker that trains, once there is a checkpoint, or after as long a time."""
        for _ in range(600):
            time.sleep(0.05)
            if (out / "run" / CHECKPOINT_NAME).exists():
                break
            if not is_shared and time.monotonic() - begun > 3:
                break
        with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
            busy = next(worker for worker, tasks in client.processing().items() if tasks)
            killed.append(client.run(os.getpid, workers=[busy])[busy])
        os.kill(killed[0], signal.SIGKILL)

    begun = time.monotonic()
    killer = threading.Thread(target=kill)
    killer.start()
    found = run_many({"run": config}, out, cluster=cluster.scheduler_address)
    killer.join()
    assert killed
    assert not found.failures
    run_many({"run": config}, tmp_path / "here")
    assert_the_same(out, tmp_path / "here", ["run"])


def test_workers_with_several_threads_are_refused(tiny_config, tmp_path):
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=":0") as several,
        pytest.raises(InputError, match="start them with `dask worker --nthreads 1`"),
    ):
        run_many({"run": tiny_config()}, tmp_path, cluster=several.scheduler_address)


def test_where_no_scheduler_is(tiny_config, tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "_CONNECT_SECONDS", 0.5)
    for address in ("tcp://127.0.0.1:9", "nonsense:x"):
        with pytest.raises(InputError, match="no Dask scheduler answers") as error:
            run_many({"run": tiny_config()}, tmp_path / "out", cluster=address)
        assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_a_study_on_a_cluster(cluster, tiny_config, tmp_path, monkeypatch, capsys):
    from frostformer.studies.registry import STUDIES
    from frostformer.studies.study import Cell, Study

    cells = [Cell(arm, "digits", tiny_config(weights=arm)) for arm in ("pretrained", "random")]
    monkeypatch.setitem(STUDIES, "small", Study("small", lambda *_: cells))
    words = ["reproduce", "small", "--out", str(tmp_path), "--seeds", "1", "--engine", "dask"]
    with pytest.raises(InputError, match="--engine dask and --address belong together"):
        app(words, result_action="return_value", exit_on_error=False)
    words += ["--address", cluster.scheduler_address]
    app(words, result_action="return_value", exit_on_error=False)
    assert "small: 2 of 2 runs are there" in capsys.readouterr().out
    assert (tmp_path / "report.html").exists()


def test_seeds_of_a_run_on_a_cluster_and_in_processes(cluster, folders, tmp_path, capsys):
    words = ["run", "--task", "digits", "--backbone", str(folders["gpt2"]), "--steps", "2", "--evaluate-every", "1"]
    words += ["--device", "cpu", "--seeds", "0-1"]
    ways = {"cluster": ["--engine", "dask", "--address", cluster.scheduler_address], "two": ["--jobs", "2"], "here": []}
    for name, way in ways.items():
        app([*words, *way, "--out", str(tmp_path / name)], result_action="return_value", exit_on_error=False)
        assert ("2 of 2 runs have ended" in capsys.readouterr().out) == (name != "here")
    for seed in (0, 1):
        adapter = f"learning-rate-0.001-seed-{seed}/adapter.safetensors"
        assert len({(tmp_path / name / adapter).read_bytes() for name in ways}) == 1


def test_a_verdict_on_a_cluster_is_that_of_one_process(cluster, folders, tmp_path):
    x = np.random.default_rng(0).normal(size=(80, 5, 1))
    y = (x.sum((1, 2)) > 0).astype(int)
    how = {"backbone": str(folders["gpt2"]), "device": "cpu", "budget": "30", "steps": 27, "batch_size": 8}
    here, there = (
        ff.verdict(x, y, out=tmp_path / name, **how, **way)
        for name, way in {"here": {}, "there": {"cluster": cluster.scheduler_address}}.items()
    )
    assert [(arm.name, arm.scores) for arm in there.arms] == [(arm.name, arm.scores) for arm in here.arms]
    assert there.sentences[:2] == here.sentences[:2]


def test_a_verdict_without_its_cluster_is_refused_before_anything_is_done(tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "_CONNECT_SECONDS", 0.5)
    x = np.random.default_rng(0).normal(size=(80, 5, 1))
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        ff.verdict(x, [0, 1] * 40, out=tmp_path / "v", cluster="tcp://127.0.0.1:9")
    assert not (tmp_path / "v").exists()
