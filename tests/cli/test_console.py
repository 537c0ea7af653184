"""What the terminal shows, to the number."""

from __future__ import annotations

import re

import pytest

from frostformer.cli.console import print_freeze, print_result, print_summaries
from frostformer.models.freezing import FreezePlan, GroupRow
from frostformer.results.seeds import summarise
from results.made import classes, labels, numbers, result


def test_the_plan_has_a_line_per_group_and_a_total(capsys):
    rows = (GroupRow("input", True, 2, 300, 30.0), GroupRow("attention", False, 4, 700, 70.0))
    print_freeze(FreezePlan(rows, "at the input layer", "none"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["input", "trained", "2", "300", "30.000", "%"]
    assert lines[2].split() == ["attention", "frozen", "4", "700", "70.000", "%"]
    assert lines[3] == "300 of 1,000 parameters train (30.000 %)"
    assert lines[4] == "backward stops at the input layer"


def test_the_plan_tells_the_paper_s_count_where_it_differs(capsys):
    rows = (GroupRow("position", True, 1, 300, 30.0), GroupRow("attention", False, 4, 700, 70.0))
    print_freeze(FreezePlan(rows, "at the input layer", "none", unreached=250))
    assert capsys.readouterr().out.splitlines()[3] == (
        "300 of 1,000 parameters train (30.000 %); 50 without the positions that the task does not reach, "
        "as the paper counts"
    )


def test_the_result_stands_beside_the_trivial_levels(capsys, tmp_path):
    made = result(0.8)
    made.task.update(marked="hidden bits", trivial={"majority class": 0.5, "copy": 0.75})
    made.metrics["test"]["marked_accuracy"] = 0.6
    made.metrics["validation"]["accuracy"] = 0.9
    assert printed(made, tmp_path, capsys) == [
        "test accuracy 80.0 % at step 1500, chosen on validation (90.0 %); 75 s",
        "also on the test split: hidden bits 60.0 %",
        "without a model: majority class 50.0 %, copy 75.0 %",
        f"{tmp_path}/result.json, {tmp_path}/adapter.safetensors (22 kB)",
    ]


@pytest.mark.parametrize(
    ("made", "lines"),
    [
        (result(0.9), ["test accuracy 90.0 % at step 1500, chosen on validation (90.0 %); 75 s"]),
        (
            classes([[8, 2], [1, 3]]),
            [
                "test accuracy 78.6 % at step 1500, chosen on validation (balanced accuracy 77.5 %); 75 s",
                "also on the test split: balanced accuracy 77.5 %",
            ],
        ),
        (
            labels(0.95, 0.6),
            [
                "test accuracy 95.0 % at step 1500, chosen on validation (95.0 %); 75 s",
                "also on the test split: all labels right 60.0 %",
            ],
        ),
        (
            numbers(0.5, 2.0),
            [
                "test R² 0.500 at step 1500, chosen on validation (0.500); 75 s",
                "also on the test split: mean absolute error 2.00",
                "without a model: mean of the training targets -0.010",
            ],
        ),
        (
            numbers(None, None),
            [
                "test R² no score at step 1500, chosen on validation (no score); 75 s",
                "also on the test split: mean absolute error no score",
            ],
        ),
    ],
    ids=["format 1", "balanced", "multilabel", "regression", "diverged"],
)
def test_the_result_of_every_kind(capsys, tmp_path, made, lines):
    assert printed(made, tmp_path, capsys)[: len(lines)] == lines


def test_summaries_of_one_metric_have_it_as_a_heading(capsys):
    print_summaries(summarise([result(0.9, {"0.99": 7}), result(0.8, weights="random")]), {"bit-xor": "0.99"})
    lines = capsys.readouterr().out.splitlines()
    assert re.split(r"  +", lines[0].strip())[:4] == ["task", "arm", "test accuracy", "range"]
    assert re.split(r"  +", lines[1].strip())[:4] == ["bit-xor", "pretrained", "90.0 %", "90.0 %"]
    assert "99%: 7" in lines[1]
    assert lines[-1].startswith("bit-xor: Test accuracy: pretrained 90.0 % (one seed) and random 80.0 % (one seed).")


def test_summaries_of_several_metrics_name_each(capsys):
    print_summaries(summarise([result(0.9), numbers(0.5, 2.0, task="[energy]")]), {"[energy]": "0.9"})
    text = capsys.readouterr().out
    assert "steps to" in text
    for part in ("test score", "accuracy 90.0 %", "R² 0.500", "0.9: not reached", "[energy], regression: Test R²:"):
        assert part in text


def test_without_levels_there_is_no_column_for_them(capsys):
    print_summaries(summarise([result(0.9)]), {"digits": "0.9"})
    assert "steps to" not in capsys.readouterr().out


def printed(made, out, capsys) -> list[str]:
    print_result(made, out)
    return capsys.readouterr().out.splitlines()


def test_what_looks_like_markup_is_text(capsys):
    made = result(0.8)
    made.task.update(name="[red]a[/]", trivial={"[bold]rule": 0.5})
    lines = printed(made, "runs/a[/b]", capsys)
    assert lines[-1] == "runs/a[/b]/result.json, runs/a[/b]/adapter.safetensors (22 kB)"
    assert lines[-2] == "without a model: [bold]rule 50.0 %"
    print_summaries(summarise([made]), {})
    assert "[red]a[/]" in capsys.readouterr().out
