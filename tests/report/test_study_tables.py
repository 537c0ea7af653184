"""What a study's table says, cell by cell, beside the published numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from frostformer.report.study_tables import study_table
from frostformer.results.comparisons import Comparison
from frostformer.results.interval import Difference
from frostformer.results.result import Result
from frostformer.results.seeds import Summary
from frostformer.studies.answers import Answer
from frostformer.studies.plan_file import Asked, Plan
from frostformer.studies.published import TRUST
from results.made import result


def plan(study: str = "table-2", **changes) -> Plan:
    made = Plan(
        study, study, "Does it matter?", "laptop", "All is small.", "frostformer reproduce X", "score", "", False, ()
    )
    return replace(made, **changes)


def answer(row: str, column: str, results=(), *, seeds: int = 3, missing: str = "", smaller: str = "") -> Answer:
    runs = tuple((f"{row}/{seed}",) for seed in range(seeds))
    return Answer(Asked(row, column, runs, missing, smaller), tuple(results), missing)


def runs(*scores: float, trivial: float = 0.1135) -> list[Result]:
    made = [result(score, task="mnist", seed=seed) for seed, score in enumerate(scores)]
    for one in made:
        one.task["trivial"] = {"majority class": trivial, "guessing": 0.1}
    return made


def cells(made: Plan, *found: Answer) -> list[list[str]]:
    return [list(row[1:]) for row in study_table(made, found).rows]


def test_ours_with_its_interval_beside_paper_rebuttal_and_no_model():
    ((cell,),) = cells(plan(), answer("pretrained", "mnist", runs(0.97, 0.98, 0.99)))
    assert cell.split("\n") == [
        "98.0 ± 2.5",  # 4.30 * 1 / sqrt(3)
        "3 seeds",
        "paper 98ᵃ (+0.0)",
        "rebuttal 98.5ᵃ",
        "no model 11.3",
    ]


def test_one_seed_has_no_interval():
    ((cell,),) = cells(plan(), answer("pretrained", "mnist", runs(0.9), seeds=1))
    assert cell.split("\n")[:3] == ["90.0", "1 seed", "paper 98ᵃ (-8.0)"]


def test_a_smaller_task_says_so_and_has_no_difference_to_the_paper():
    table = study_table(plan(), [answer("pretrained", "cifar10", runs(0.5, 0.5), smaller="in grey")])
    assert table.head == ["Arm", "cifar10\n(in grey)"]
    assert "paper 68.2ᵃ\nrebuttal 66.3ᵃ" in table.rows[0][1]


def test_random_weights_as_drawn_today_have_no_difference_to_those_of_2021():
    asked = [answer("random", "mnist", runs(0.9)), answer("random, drawn as in 2021", "mnist", runs(0.9))]
    for weights, one in zip(("random", "random-2021"), asked, strict=True):
        one.results[0].config["weights"] = weights
    (today,), (then,) = cells(plan(), *asked)
    assert "paper 91.7ᵃ\n" in today
    assert "paper 91.7ᵃ (-1.7)\n" in then


def test_a_number_of_another_model_has_no_difference():
    ((cell,),) = cells(plan("table-1"), answer("pretrained", "cifar10", runs(0.5, 0.5)))
    assert "paper 72.1ᵉ\n" in cell


def test_lines_below_a_score_are_explained_where_there_are_any():
    about = study_table(plan("rothermel-2021"), [answer("random", "mnist", runs(0.9))]).about[1]
    assert "“Rebuttal” is the number of Rothermel et al. 2021" in about
    assert "“Paper” is" not in about
    assert "“No model” is" in about


def test_cells_that_are_not_measured_say_why_in_a_footnote():
    table = study_table(
        plan(),
        [
            answer("pretrained", "mnist", missing="not measured"),
            answer("pretrained on images", "mnist", missing="no backbone was given"),
            answer("random", "mnist", runs(0.9), missing="no backbone was given"),
        ],
    )
    assert [row[1].split("\n")[0] for row in table.rows] == ["not measured", "not measured¹", "90.0¹"]
    assert table.rows[0][1].endswith("paper 98ᵃ\nrebuttal 98.5ᵃ")
    assert table.notes[0] == "¹ no backbone was given"
    assert "Measured so far: 0 of 3 cells, and 1 in part." in table.about[1]


def test_runs_that_diverged_or_are_missing_are_counted():
    made = runs(0.9, 0.8)
    made[1] = replace(made[1], diverged=7)
    made[1].metrics["test"]["accuracy"] = None
    ((cell,),) = cells(plan(), answer("pretrained", "mnist", made))
    assert cell.split("\n")[:2] == ["90.0", "2 seeds, 1 diverged, 1 without a score, 1 not measured"]


def test_each_mark_of_trust_has_its_footnote():
    table = study_table(plan("table-1"), [answer("fully trained", "listops"), answer("pretrained", "mnist")])
    assert "paper 38ᵇ" in table.rows[0][1]
    assert table.notes == [f"ᵃ {TRUST['read']}", f"ᵇ {TRUST['copied']}"]


def test_a_study_that_nobody_published_has_ours_alone():
    table = study_table(plan("arms"), [answer("pretrained", "bit-xor", runs(0.9, trivial=0.5))])
    assert table.rows[0][1].split("\n") == ["90.0", "1 seed, 2 not measured", "no model 50.0"]
    assert "paper" not in " ".join(table.about)
    assert table.notes == []


def test_tuned_rates_are_told():
    table = study_table(plan(tuned=True), [answer("pretrained", "mnist")])
    assert "Every run chose its learning rate by its validation score." in table.about[1]


def climbing(seed: int, *scores: float) -> Result:
    curve = [{"step": 100 * i, "validation_accuracy": score} for i, score in enumerate(scores, 1)]
    made = replace(result(seed=seed), curve=curve, chosen_step=100 * len(scores), steps=100 * len(scores))
    made.metrics["validation"]["accuracy"] = scores[-1]
    return made


def test_steps_have_a_row_that_compares_the_arms():
    fast = [climbing(seed, 0.6, 0.9, 0.9, 0.9) for seed in range(2)]
    slow = [climbing(seed, 0.6, 0.7, 0.8, 0.9, 0.9, 0.9, 0.9, 0.9) for seed in range(2)]
    table = study_table(
        plan("table-6", shows="steps"),
        [
            answer("pretrained", "bit-xor", fast),
            answer("pretrained", "mnist"),
            answer("random", "bit-xor", slow),
            answer("random", "mnist"),
        ],
    )
    assert [row[:2] for row in table.rows] == [
        ["pretrained", "200 ± 0 (2 of 2)\npaper 500ᵃ"],
        ["random", "400 ± 0 (2 of 2)\npaper 20,000ᵃ"],
        ["pretrained, times as fast as random", "2.0 times (1.5 to 4.0; 2 of 2 seeds)\npaper 40 times"],
    ]
    assert table.rows[2][2] == "not measured\npaper 4 times"
    listless = [answer(row, "cifar10") for row in ("pretrained", "random")]
    assert study_table(plan("table-6", shows="steps"), listless).rows[2][1] == "not measured\npaper equally fast"


def test_fit_has_test_and_training_scores_each_beside_its_own_number():
    made = runs(0.4, 0.4)
    for one in made:
        one.metrics["train"] = {"loss": 0.1, "accuracy": 0.5}
    column = "cifar10-lra"
    found = [answer("pretrained", column, made, seeds=2), answer("fully trained", column)]
    (cell,), (missing,) = cells(plan("table-7", shows="fit"), *found)
    assert cell.split("\n") == [
        "test 40.0 ± 0.0",
        "paper test 38.6ᵃ (+1.4)",
        "train 50.0 ± 0.0",
        "paper train 38.5ᵃ (+11.5)",
        "2 seeds",
        "no model 11.3",
    ]
    assert missing == "not measured\npaper test 42ᵇ\npaper train 70ᵇ"


def test_runs_without_training_scores_say_so():
    ((cell,),) = cells(plan("table-7", shows="fit"), answer("pretrained", "cifar10-lra", runs(0.4)))
    assert "train not measured\npaper train 38.5ᵃ\n" in cell


def test_attention_has_its_share_beside_the_uniform_one():
    share = {"mean": 0.4, "blocks": [0.4], "uniform": 0.25, "sequences": 8}
    made = [replace(one, attention_share=share) for one in runs(0.9, 0.9)]
    without = answer("random", "bit-xor, 5 bits", runs(0.9))
    table = study_table(
        plan("figure-3", shows="attention"), [answer("pretrained", "bit-xor, 5 bits", made, seeds=2), without]
    )
    (_, cell), (_, other) = table.rows
    assert cell.split("\n")[:3] == ["40.0 ± 0.0 % (25.0 % if uniform)", "score 90.0 ± 0.0", "2 seeds"]
    about = table.about[1]
    assert about.count("±") == 2
    assert "Below stands the mean test score in percent, ± half of the 95 % interval" in about
    assert other.startswith("attention not measured\n")


@pytest.mark.parametrize("count", [9, 12])
def test_many_reasons_have_marks_of_one_letter(count):
    found = [answer(f"arm {i}", "mnist", missing=f"reason {i}") for i in range(count)]
    table = study_table(plan(), found)
    assert len(table.notes) == count
    assert {row[1].split("\n")[0].removeprefix("not measured") for row in table.rows} == set("¹²³⁴⁵⁶⁷⁸⁹")


@pytest.mark.parametrize(
    ("value", "interval", "line"),
    [
        (0.063, (0.021, 0.105), "above by 6.3 (2.1 to 10.5)"),
        (-0.063, (-0.105, -0.021), "below by 6.3 (2.1 to 10.5)"),
        (0.063, (-0.004, 0.13), "no difference told (-0.4 to +13.0)"),
    ],
)
def test_an_arm_is_compared_with_the_reference_of_its_study(value, interval, line):
    asked = [answer("pretrained", "mnist", runs(0.9, 0.9)), answer("random", "mnist", runs(0.8, 0.8))]
    summaries = [Summary("mnist", one.asked.row, one.results, 0) for one in asked]
    made = Comparison(*summaries, Difference(value, 0.1, 4.0, 0.025), interval)
    table = study_table(plan(reference="random"), asked, {("pretrained", "mnist"): made})
    assert table.rows[0][1].split("\n")[:3] == ["90.0 ± 0.0", line, "2 seeds, 1 not measured"]
    assert table.rows[1][1].split("\n")[1] == "2 seeds, 1 not measured"
    assert "compared with “random”" in table.about[1]
