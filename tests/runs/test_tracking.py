"""Learning curves: the table of every run, and the programs that show them while runs train."""

from __future__ import annotations

import csv
import sys
from types import SimpleNamespace

import pytest

from frostformer.errors import InputError
from frostformer.results.curve import curve_csv
from frostformer.runs import tracking
from frostformer.runs.job import Watch
from frostformer.runs.many import grid, run_many
from frostformer.runs.one import run
from frostformer.runs.rates import FROZEN_RATES
from frostformer.runs.tracking import tracked
from frostformer.runs.tuned import run_tuned


@pytest.fixture
def wandb(monkeypatch):
    """Stands for the package: name of a run -> its points, and the names of those that were finished."""
    seen = SimpleNamespace(points={}, finished=[], configs={}, fails=False)

    def init(*, project, name, dir, config, reinit):  # noqa: A002
        assert (project, reinit) == ("frostformer", "create_new")
        seen.configs[name] = config
        points = seen.points.setdefault(name, {})

        def log(values, step):
            if seen.fails:
                raise ConnectionError("no route")
            points[step] = values

        return SimpleNamespace(log=log, finish=lambda: seen.finished.append(name))

    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(init=init))
    monkeypatch.setattr(tracking, "find_spec", lambda name: name)
    return seen


def points_of(result):
    return {
        point["step"]: {
            "loss/train": point["train_loss"],
            "loss/validation": point["validation_loss"],
            "validation/accuracy": point["validation_accuracy"],
        }
        for point in result.curve
    }


def test_every_run_has_its_curve_as_a_table(tiny_config, tmp_path):
    result = run(tiny_config(), tmp_path)
    with (tmp_path / "curve.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [point["step"] for point in result.curve]
    assert [float(row["train_loss"]) for row in rows] == [point["train_loss"] for point in result.curve]
    assert list(rows[0]) == ["step", "train_loss", "validation_loss", "validation_accuracy"]


def test_a_long_curve_is_whole_in_the_table(tiny_config, tmp_path):
    result = run(tiny_config(steps=200, evaluate_every=1), tmp_path)
    assert len(result.curve) < 200
    assert len((tmp_path / "curve.csv").read_text().splitlines()) == 201


def test_what_is_not_finite_is_an_empty_cell():
    assert curve_csv([{"step": 2, "loss": float("nan"), "seconds": 1.0}]) == "step,loss\n2,\n"


def test_records_reach_the_tracker_as_they_are_in_the_result(tiny_config, tmp_path, wandb):
    out = tmp_path / "xor"
    with tracked(Watch(), ["wandb"], out) as watch:
        result = run(tiny_config(), out, watch=watch)
    assert wandb.points == {"xor": points_of(result)}
    assert wandb.finished == ["xor"]
    assert wandb.configs["xor"] == result.config


def test_runs_side_by_side_have_curves_of_their_own(tiny_config, tmp_path, wandb):
    from contextlib import nullcontext

    configs = grid(tiny_config(), [0, 1], [1e-3, 1e-2])
    with tracked(Watch(), ["wandb"], tmp_path / "all") as watch:
        found = run_many(configs, tmp_path / "all", watched=lambda *_: nullcontext(watch))
    assert wandb.points == {f"all/{name}": points_of(result) for name, result in found.results.items()}


def test_each_rate_that_is_tried_has_a_curve(tiny_config, tmp_path, wandb):
    with tracked(Watch(), ["wandb"], tmp_path / "tuned") as watch:
        run_tuned(tiny_config(), tmp_path / "tuned", watch=watch)
    assert sorted(wandb.points) == sorted(f"tuned/learning-rate-{rate}" for rate in FROZEN_RATES)


def test_a_tracker_that_fails_costs_nothing(tiny_config, tmp_path, wandb, caplog):
    wandb.fails, seen = True, []
    with tracked(Watch(progress=lambda *given: seen.append(given)), ["wandb"], tmp_path / "run") as watch:
        result = run(tiny_config(), tmp_path / "run", watch=watch)
    assert len(seen) == len(result.curve) > 1
    assert [record.message for record in caplog.records if "no more curves" in record.message] == [
        "wandb shows no more curves (ConnectionError: no route); the training goes on"
    ]


def test_a_missing_package_is_named_before_anything_is_trained(tmp_path, monkeypatch):
    monkeypatch.setattr(tracking, "find_spec", lambda _: None)
    with (
        pytest.raises(InputError, match=r"pip install 'frostformer\[tensorboard\]'"),
        tracked(Watch(), ["tensorboard"], tmp_path),
    ):
        pass


def test_tensorboard_reads_the_curve_also_after_a_second_run(tiny_config, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for every in (1, 3):  # the second run has fewer points
        with tracked(Watch(), ["tensorboard"], tmp_path) as watch:
            result = run(tiny_config(evaluate_every=every), tmp_path, overwrite=True, watch=watch)
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    shown = {event.step: event.value for event in events.Scalars("validation/accuracy")}
    assert shown == pytest.approx({point["step"]: point["validation_accuracy"] for point in result.curve})
