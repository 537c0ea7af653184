"""The numbers of a report as CSV."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from frostformer.report.numbers import COLUMNS, as_csv
from frostformer.report.page import write_report
from frostformer.results.comparisons import compare_with_reference
from frostformer.results.seeds import summarise
from results.made import numbers, result, stored

RANDOM = {"weights": "random"}


def lines(summaries, reference=None) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(summaries, reference))))


def arm(folder, share: float, **changes) -> list:
    generator = np.random.default_rng(0)
    scores = [(generator.random(567) < share).astype(float) for _ in range(3)]
    return [
        stored(folder / f"{seed}", result(one.mean(), seed=seed, **changes), one) for seed, one in enumerate(scores)
    ]


def test_each_arm_has_a_line_with_its_interval(tmp_path):
    made = arm(tmp_path / "a", 0.9) + arm(tmp_path / "b", 0.6, **RANDOM) + [numbers(task="energy")]
    summaries = summarise(made)
    pretrained, random, energy = lines(summaries, RANDOM)
    (expected,) = compare_with_reference(summaries, RANDOM).made
    scores = [one.metrics["test"]["accuracy"] for one in made[:3]]
    assert list(pretrained) == list(COLUMNS)
    assert pretrained["seeds"] == "3"
    assert float(pretrained["mean"]) == pytest.approx(np.mean(scores), rel=1e-5)
    assert float(pretrained["standard_deviation"]) == pytest.approx(np.std(scores, ddof=1), rel=1e-5)
    assert [float(pretrained[name]) for name in COLUMNS[10:13]] == pytest.approx(
        [expected.difference.value, *expected.interval], rel=1e-5
    )
    assert (pretrained["reference"], pretrained["said"]) == (random["arm"], "above")
    assert random["reference"] == random["difference"] == ""
    assert (energy["metric"], energy["standard_deviation"], energy["said"]) == ("R²", "", "fewer than 3 seeds")


def test_what_is_not_known_is_empty():
    gone = replace(result(0.9), metrics={split: {"loss": 0.1, "accuracy": None} for split in ("validation", "test")})
    (without,) = lines(summarise([gone, result(0.8, seed=1)]))
    assert [without[name] for name in COLUMNS[4:]] == [""] * 10


def test_a_report_can_be_csv(tmp_path):
    made = [result(0.9)]
    write_report(made, tmp_path / "report.csv", form="csv")
    assert (tmp_path / "report.csv").read_text() == as_csv(summarise(made))
