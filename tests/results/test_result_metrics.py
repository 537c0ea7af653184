"""How metrics are printed, which of them leads, and that every metric of every kind has an entry."""

from __future__ import annotations

import pytest

from frostformer.errors import InputError
from frostformer.results.metrics import METRICS, also, chosen_by, headline, metric, scoring
from results.made import classes, labels, numbers, result

MATRIX = [[8, 2], [1, 3]]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("accuracy", 0.97349, "97.3 %"),
        ("accuracy", 1.0, "100.0 %"),
        ("r2", 0.97349, "0.973"),
        ("r2", -12.5, "-12.500"),
        ("r2", -0.0001, "0.000"),
        ("mae", 12345.678, "12,346"),
        ("mae", 12.345, "12.3"),
        ("mae", 0.00012345, "0.000123"),
        ("mae", 0.0, "0.00"),
        ("mae", 1.2345e-9, "1.23e-09"),
    ],
)
def test_a_value_is_printed_in_its_form(name, value, text):
    assert METRICS[name].text(value) == text


def test_mean_and_deviation_have_the_same_digits():
    assert METRICS["accuracy"].mean_text([0.92, 0.90, 0.97]) == "93.0 ± 3.6 %"
    assert METRICS["accuracy"].mean_text([0.9]) == "90.0 %"
    assert METRICS["r2"].mean_text([0.5, 0.52]) == "0.510 ± 0.014"
    assert METRICS["mae"].mean_text([1000.0, 1003.0]) == "1,002 ± 2"


def test_a_range_has_one_end_where_both_read_the_same():
    assert METRICS["accuracy"].range_text([0.97, 0.96]) == "96.0 to 97.0 %"
    assert METRICS["accuracy"].range_text([0.97, 0.9701]) == "97.0 %"
    assert METRICS["r2"].range_text([-0.5, 0.25]) == "-0.500 to 0.250"


def test_levels_have_no_digits_of_their_own():
    assert [METRICS["balanced_accuracy"].level_text(level) for level in ("0.5", "0.95")] == ["50 %", "95 %"]
    assert METRICS["r2"].level_text("0.95") == "0.95"


@pytest.mark.parametrize(
    ("made", "leads", "chooses", "beside"),
    [
        (result(), "accuracy", "accuracy", {}),
        (classes(MATRIX), "accuracy", "balanced_accuracy", {"balanced_accuracy": "balanced accuracy"}),
        (labels(), "accuracy", "accuracy", {"exact": "all labels right"}),
        (numbers(), "r2", "r2", {"mae": "mean absolute error"}),
    ],
    ids=["format 1", "classification", "multilabel", "regression"],
)
def test_which_metric_leads_and_what_stands_beside_it(made, leads, chooses, beside):
    assert (headline(made), chosen_by(made), also(made)) == (leads, chooses, beside)
    made.task["marked"] = "hidden bits"
    assert also(made) == beside | {"marked_accuracy": "hidden bits"}


@pytest.mark.parametrize("made", [result(), classes(MATRIX), labels(), numbers()])
def test_every_number_of_a_result_has_an_entry(made):
    assert set(made.metrics["test"]) - {"confusion"} <= set(METRICS)


def test_a_file_without_scoring_is_a_classification_chosen_by_accuracy():
    assert scoring(result())["kind"] == "classification"
    assert scoring(result())["names"] is None


def test_errors_are_better_when_lower():
    assert {name for name, entry in METRICS.items() if not entry.higher_is_better} == {"loss", "mae", "rmse"}


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match=r"unknown metric 'acuracy'.*Did you mean 'accuracy'"):
        metric("acuracy")
    made = numbers()
    made.task["scoring"]["kind"] = "ranking"
    with pytest.raises(InputError, match="unknown scoring 'ranking'"):
        headline(made)
