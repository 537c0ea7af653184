"""The page: complete, self-contained, escaped, and silent where the numbers are."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from frostformer.errors import InputError
from frostformer.report.bundle import plotting_library
from frostformer.report.page import write_report
from frostformer.results.compare import findings
from frostformer.results.result import Result, find_results, write_result
from frostformer.results.seeds import summarise
from frostformer.studies.plan_file import Asked, Plan
from frostformer.studies.planning import folders_of
from results.made import classes, labels, numbers, result, stored

HOSTILE = '<script>alert("x")</script>'


def both_arms(*, random: tuple[float, ...], pretrained: tuple[float, ...], **changes) -> list[Result]:
    arms = {"random": random, "pretrained": pretrained}
    return [result(a, weights=w, seed=s, **changes) for w, accuracies in arms.items() for s, a in enumerate(accuracies)]


def page(tmp_path, results: list[Result], **options) -> str:
    write_report(results, tmp_path / "report.html", **options)
    return (tmp_path / "report.html").read_text(encoding="utf-8")


class Elements(HTMLParser):
    """Collects every tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Called by the parser."""
        self.found.append((tag, dict(attrs)))


def test_one_result(tmp_path):
    text = page(tmp_path, [result()])
    for part in (
        "1 run: 1 arm on bit-xor, 1 seed. The arm is “embedded, pretrained, frozen”.",
        "There is no other arm to compare it with.",
        "train endless, validation 1,234, test 567. Source: drawn by hand. Some were left out.",
        "majority class (no model)",
        "50.0 %",
        "not reached (0\u00a0of\u00a01)",
        "12.500 %",
        "frostformer run --task bit-xor --weights pretrained --backbone-precision fp32 --seed 0 --out runs/1-bit-xor<",
        "Chosen step 1,500 of 3,000 · time 75.0 s · adapter 22.0 kB · environment 1",
        "torch 2.0, numpy not installed",
        "<dt>git</dt><dd>not recorded</dd>",
    ):
        assert part in text


def specs(text: str) -> list[dict]:
    return [json.loads(one) for one in re.findall(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)]


def without_library(text: str) -> str:
    return text.replace(plotting_library(), "")


def test_the_page_needs_nothing_from_outside(tmp_path):
    text = without_library(page(tmp_path, both_arms(random=(0.8, 0.9), pretrained=(0.85, 0.95))))
    elements = Elements(text).found
    assert not {"link", "img", "iframe", "object"} & {tag for tag, _ in elements}
    assert not [attrs for _, attrs in elements if {"src", "href", "xlink:href"} & set(attrs)]
    assert not re.search(r"https?:|@import|url\(", text)
    assert "prefers-color-scheme: dark" in text


def test_the_page_carries_its_plotting_library_once_and_stays_small(tmp_path):
    text = page(tmp_path, both_arms(random=(0.8, 0.9), pretrained=(0.85, 0.95)))
    assert text.count(plotting_library()) == 1
    assert len(text.encode()) < 1_500_000


def test_every_plot_is_there_and_without_script_a_sentence_says_so(tmp_path):
    text = page(tmp_path, both_arms(random=(0.8,), pretrained=(0.9,)))
    assert len(specs(text)) == 1 + 1 + 2  # dots, curves, and a map for each arm
    assert '<noscript><p class="note">The plots need JavaScript' in text


def test_names_are_escaped(tmp_path):
    hostile = result(task=HOSTILE, backbone=HOSTILE, task_options={"folder": HOSTILE})
    text = page(tmp_path, [hostile, replace(hostile, config=hostile.config | {"weights": "random"})], title=HOSTILE)
    assert HOSTILE not in text
    assert "&lt;script&gt;" in text
    other = page(tmp_path, [hostile, result(task=hostile.config["task"], task_options={"folder": HOSTILE})])
    assert HOSTILE not in other
    (dots, *_) = specs(other)  # whole: no name has ended a script
    assert HOSTILE in dots["layer"][1]["data"]["values"][0]["arm"]


def test_a_report_of_every_kind_names_its_metric(tmp_path):
    kinds = [result(), classes([[8, 2], [1, 3]], task="rare"), labels(task="sounds"), numbers(0.5, 2.0, task="energy")]
    text = page(tmp_path, kinds)
    for part in (
        "Test accuracy: embedded, pretrained, frozen 78.6 % (one seed).",
        "The step is chosen by balanced accuracy.",
        "balanced accuracy 77.5\u00a0%",
        "All labels right: the share of the answers with every known label right.",
        "all labels right 60.0\u00a0%",
        '<th scope="col" class="number">Test R²</th>',
        "Test R²: embedded, pretrained, frozen 0.500 (one seed).",
        "mean absolute error 2.00",
        "R²: 1 where every answer is exact",
        ">Steps to 0.95<",
        ">Steps to 95 %<",
        '"title":"validation R\\u00b2"',
        '"title":"validation balanced accuracy"',
        "Where it is below -1, it is drawn at -1.",
        '<td class="number">-0.010</td>',
    ):
        assert part in text, part


def test_classes_have_a_matrix_of_the_first_seed(tmp_path):
    runs = [classes([[8, 2], [1, 3]], ["<b>", "dog"], seed=1), classes([[7, 3], [1, 3]], ["<b>", "dog"], seed=0)]
    text = page(tmp_path, runs)
    assert "<h2>Right and wrong by class</h2>" in text
    assert "embedded, pretrained, frozen, seed 0</figcaption>" in text
    assert '<td class="number" style="--share: 24%">7</td><td class="number" style="--share: 10%">3</td>' in text
    assert '<td class="number">70.0 %</td></tr>' in text  # 7 of 10
    assert '<span title="&lt;b&gt;">&lt;b&gt;</span>' in text
    assert "<b>" not in text


@pytest.mark.parametrize("made", [result(), labels(), numbers()])
def test_no_matrix_where_there_are_no_classes_to_show(tmp_path, made):
    assert "<h2>Right and wrong by class" not in page(tmp_path, [made])


def test_a_run_that_diverged_is_told_and_does_not_break_the_page(tmp_path):
    text = page(tmp_path, [numbers(0.5, seed=0), numbers(None, None, seed=1)])
    assert ">0.500<br>" in text
    assert ">(1 of 2 without a score)</span>" in text
    assert "Evaluations whose score is not a finite number are left out." in text
    alone = page(tmp_path, [numbers(None, None)])
    assert "No evaluation has a score that is a finite number." in alone
    assert len(specs(alone)) == 1  # the map


def test_what_auto_became_stands_with_the_commands(tmp_path):
    said = {"device": "cpu: no GPU here", "weights": "pretrained: the backbone has a checkpoint"}
    text = page(tmp_path, [result(weights="auto", resolved=said)])
    assert "<dt>device</dt><dd>cpu: no GPU here</dd>" in text
    assert "embedded, pretrained, frozen" in text
    assert "--weights" not in text
    assert "<dt>device</dt>" not in page(tmp_path, [result()])


def test_results_of_format_1_have_a_page(tmp_path):
    path = Path(__file__).parents[2] / "results" / "demo"
    text = page(tmp_path, find_results([path])[0])
    assert "Test accuracy: pretrained 100.0 ± 0.0 % (3 seeds, 100.0 %) and random 91.1 ± 3.9 %" in text
    assert len(specs(text)) == 2 + 2 + 4


def test_two_seeds_name_no_winner(tmp_path):
    text = page(tmp_path, both_arms(random=(0.8, 0.9), pretrained=(0.85, 0.95)))
    assert "4 runs: 2 arms on bit-xor, 2 seeds each." in text
    assert "No arm is compared with another (fewer than 3 seeds)." in text
    assert "is above" not in text


def test_arms_are_compared_with_the_reference_that_is_named(tmp_path):
    made = both_arms(random=(0.6, 0.6, 0.6), pretrained=(0.9, 0.9, 0.9))
    scores = np.arange(400) / 400
    made = [
        stored(tmp_path / str(i), one, (scores < one.metrics["test"]["accuracy"]).astype(float))
        for i, one in enumerate(made)
    ]
    assert "is above" not in page(tmp_path, made)
    text = page(tmp_path, made, reference={"weights": "random"})
    assert (
        "Compared with random on test by accuracy, under this budget (95 % intervals): pretrained is above it" in text
    )


def test_marked_predictions_have_their_own_score(tmp_path):
    runs = both_arms(random=(0.8,), pretrained=(0.9,))
    for i, run in enumerate(runs):
        run.task["marked"] = "hidden bits"
        run.metrics["test"]["marked_accuracy"] = 0.6 + 0.1 * i
    text = page(tmp_path, runs)
    assert "hidden bits 60.0\u00a0%" in text
    assert "hidden bits 70.0\u00a0%" in text


def test_attention_only_where_there_is_some(tmp_path):
    with_maps = result(seed=1)
    without = replace(result(seed=0), attention=None)
    assert "<figcaption>embedded, pretrained, frozen, seed 1</figcaption>" in page(tmp_path, [without, with_maps])
    assert "<h2>Attention" not in page(tmp_path, [without])


def test_equal_plans_are_shown_once(tmp_path):
    runs = both_arms(random=(0.8,), pretrained=(0.9,))
    assert page(tmp_path, runs).count("all trained") == 1
    runs[0].groups[0]["parameters"] = 7
    assert page(tmp_path, runs).count("all trained") == 2


def test_arms_that_are_not_on_each_task_are_said_to_be_not(tmp_path):
    runs = [result(), result(weights="random"), result(task="digits")]
    assert "2 arms on bit-xor and digits (not each arm on each task), 1 seed each." in page(tmp_path, runs)
    assert "2 arms on bit-xor and digits, 1 seed each." in page(
        tmp_path, [*runs, result(task="digits", weights="random")]
    )


def test_environments_are_numbered(tmp_path):
    runs = [result(seed=0), replace(result(seed=1), environment={"python": "3.12"})]
    text = page(tmp_path, runs)
    assert "environment 1, 2</p>" in text
    assert "<h3>Environment 2</h3>" in text


def test_a_hundred_results_with_long_names(tmp_path):
    runs = [result(0.5 + i / 250, backbone=f"{'long' * 20}/{i // 4}", seed=i % 4) for i in range(100)]
    text = page(tmp_path, runs)
    assert "100 runs: 25 arms on bit-xor, 4 seeds each." in text
    assert "and 22 more" in text
    assert text.count('<button type="button"') == 25


def test_the_page_is_a_function_of_the_results(tmp_path):
    runs = both_arms(random=(0.8, 0.9), pretrained=(0.85, 0.95))
    assert page(tmp_path, runs) == page(tmp_path, runs)


def test_no_result_is_refused(tmp_path):
    with pytest.raises(InputError, match="no results to report"):
        write_report([], tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_cost_and_convergence_have_a_row_for_each_arm(tmp_path):
    text = page(tmp_path, both_arms(random=(0.8, 0.9), pretrained=(0.85, 0.95)))
    row = '<td class="number">1,250 (12.5 %)</td><td class="number">75.0 s</td>\n<td class="number">25 ms</td>'
    assert text.count(row) == 2
    assert text.count("<td>not converged (2 unsteady)</td>") == 2


def test_what_was_left_out_is_named(tmp_path):
    write_report([result()], tmp_path / "page.html", left_out=["a/result.json is not a result file (<b>): mend it"])
    text = (tmp_path / "page.html").read_text()
    assert "<li>a/result.json is not a result file (&lt;b&gt;): mend it</li>" in text
    assert "Left out" not in page(tmp_path, [result()])


def test_a_page_of_runs_that_go_on_says_so(tmp_path):
    assert '<p class="note">3 are to come.</p>' in page(tmp_path, [result()], unfinished="3 are to come.")


@pytest.mark.parametrize(("form", "part"), [("markdown", "| guessing (no model) |"), ("latex", r"\begin{tabular}{l")])
def test_other_forms_have_the_tables_and_what_may_be_said(tmp_path, form, part):
    runs, _ = find_results([Path(__file__).parents[2] / "results" / "demo"])
    text = page(tmp_path, runs, form=form, left_out=["one was damaged"], unfinished="One is to come.")
    for words in (part, "12 runs: 2 arms on bit-xor and digits", "Left out: one was damaged", "One is to come."):
        assert words in text
    assert "Test accuracy: pretrained 100.0" in text
    assert "script" not in text


def test_arms_outside_of_the_studies_are_compared_too(tmp_path):
    made = result(0.95, task="mnist")
    (name, _) = folders_of(made.config)
    made = replace(made, folder=tmp_path / name)
    write_result(made.folder / "result.json", made)
    cells = (Asked("pretrained", "mnist", ((name,),)),)
    plan = Plan("table-2", "table-2", "Why?", "laptop", "", "frostformer", "score", "", False, cells)
    others = [result(weights=weights) for weights in ("pretrained", "random")]

    def told(**options) -> list[str]:
        text = page(tmp_path, [made, *others], studies=[((tmp_path,), plan)], **options)
        return re.findall(r"<li><strong>(.*?)\.</strong>", text)

    assert told() == ["bit-xor"]
    assert told(reference={"weights": "random"}) == ["bit-xor", "mnist"]
    said = findings(summarise([made, *others]), None)
    text = page(tmp_path, [made, *others], form="markdown", studies=[((tmp_path,), plan)])
    assert [task for task, finding in said.items() if finding in text] == ["bit-xor"]


def test_only_a_study_that_compares_its_arms_is_said_to(tmp_path):
    made = result(0.95, task="mnist")
    (name, _) = folders_of(made.config)
    cells = (Asked("pretrained", "mnist", ((name,),)),)
    for reference in ("", "pretrained"):
        plan = Plan("table-2", "table-2", "Why?", "laptop", "", "frostformer", "score", reference, False, cells)
        text = page(tmp_path, [replace(made, folder=tmp_path / name)], studies=[((tmp_path,), plan)])
        assert ("How the arms compare stands in the tables of these studies: Why?" in text) is bool(reference)
        assert ("That is said in tables of studies" in text) is bool(reference)


@pytest.mark.parametrize("form", ["html", "markdown", "latex"])
def test_tables_of_studies_come_first(tmp_path, form):
    made = result(0.95, task="mnist")
    (name, _) = folders_of(made.config)
    made = replace(made, folder=tmp_path / name)
    write_result(made.folder / "result.json", made)
    cells = (Asked("pretrained", "mnist", ((name,),)), Asked("<b>", "mnist", (), "no <model>"))
    plan = Plan(
        "table-2",
        "table-2",
        "Does it matter?",
        "laptop",
        "All is small.",
        "frostformer reproduce",
        "score",
        "",
        False,
        cells,
    )
    text = page(tmp_path, [made], form=form, studies=[((tmp_path,), plan), ((tmp_path,), replace(plan, name="again"))])
    assert text.count("All is small.") == text.count(", as above.") == 1
    places = [text.index(part) for part in ("Does it matter?", "paper 98", "Steps to 90")]
    assert places == sorted(places)
    for part in ("Measured so far: 1 of 2 cells.", "All is small.", "frostformer reproduce"):
        assert part in text
    assert "<b>" not in text
    assert "<model>" not in text
