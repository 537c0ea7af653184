"""What the terminal shows, to the number."""

from __future__ import annotations

from types import SimpleNamespace

from frostformer.cli.console import ProgressBar, print_plan, print_result
from frostformer.models.freezing import FreezePlan, GroupRow
from frostformer.training.loop import Record


def test_the_plan_has_a_line_per_group_and_a_total(capsys):
    rows = (GroupRow("input", True, 2, 300, 30.0), GroupRow("attention", False, 4, 700, 70.0))
    print_plan(FreezePlan(rows, "at the input layer", "none"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["input", "trained", "2", "300", "30.000", "%"]
    assert lines[2].split() == ["attention", "frozen", "4", "700", "70.000", "%"]
    assert lines[3] == "300 of 1,000 parameters train (30.000 %)"
    assert lines[4] == "backward stops at the input layer"


def test_the_bar_shows_speed_loss_and_validation(capsys):
    bar = ProgressBar(20, "name")
    bar.step(1)
    bar.step(10)
    bar.show(None, Record(10, 0.5, 0.6, 0.75, seconds=2.0))
    bar.close()
    shown = capsys.readouterr().err
    assert "name:  50%" in shown
    assert "10/20" in shown
    assert "step/s" in shown
    assert "loss=0.5000, validation=75.00 %" in shown


def test_the_result_stands_beside_the_trivial_levels(capsys, tmp_path):
    metrics = {"validation": {"accuracy": 0.9}, "test": {"accuracy": 0.8, "marked_accuracy": 0.6}}
    task = {"marked": "hidden bits", "trivial": {"majority class": 0.5, "copy": 0.75}}
    result = SimpleNamespace(metrics=metrics, task=task, chosen_step=7, seconds=3.0, adapter_bytes=45_678)
    print_result(result, tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "test accuracy 80.00 % at step 7, chosen on validation (90.00 %); 3 s",
        "of the hidden bits alone: 60.00 %",
        "without a model: majority class 50.00 %, copy 75.00 %",
    ]
    assert lines[3].endswith("adapter.safetensors (46 kB)")
