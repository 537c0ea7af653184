"""The page: complete, self-contained, escaped, and silent where the numbers are."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import asdict, replace
from html.parser import HTMLParser

import pytest

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.report import svg
from frostformer.report.page import write_report
from frostformer.results.result import Result

HOSTILE = '<script>alert("x")</script>'


def result(accuracy: float = 0.9, **changes) -> Result:
    """A result of a run with these changes to the default configuration, three evaluations long."""
    config = asdict(RunConfig(**changes))
    return Result(
        config=config,
        task={
            "name": config["task"],
            "version": 1,
            "splits": {"train": None, "validation": 1234, "test": 567},
            "source": "drawn by hand",
            "trivial": {"majority class": 0.512},
            "marked": None,
            "note": "Some were left out.",
        },
        backbone={"fingerprint": "f" * 64},
        groups=[
            {"group": "input", "trained": True, "tensors": 2, "parameters": 1250, "percent": 12.5},
            {"group": "attention", "trained": False, "tensors": 4, "parameters": 8750, "percent": 87.5},
        ],
        metrics={"test": {"loss": 0.1, "accuracy": accuracy}},
        chosen_step=1500,
        steps=3000,
        milestones={"0.9": 1500},
        curve=[{"step": 1000 * i, "validation_accuracy": accuracy - 0.1 / i} for i in (1, 2, 3)],
        seconds=75.04,
        adapter_bytes=22032,
        attention=[[[1.0, 0.0], [0.25, 0.75]], [[1.0, 0.0], [0.5, 0.5]]],
        environment={"python": "3.11", "versions": {"torch": "2.0", "numpy": None}, "git": None},
    )


def both_arms(*, random: tuple[float, ...], pretrained: tuple[float, ...], **changes) -> list[Result]:
    arms = {"random": random, "pretrained": pretrained}
    return [result(a, weights=w, seed=s, **changes) for w, accuracies in arms.items() for s, a in enumerate(accuracies)]


def page(tmp_path, results: list[Result], **title: str) -> str:
    write_report(results, tmp_path / "report.html", **title)
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
        "51.2 %",
        "not reached (0\u00a0of\u00a01)",
        "12.500 %",
        "frostformer run --task bit-xor --seed 0 --out runs/1-bit-xor<",
        "Chosen step 1,500 of 3,000 · time 75.0 s · adapter 22.0 kB · environment 1",
        "torch 2.0, numpy not installed",
        "<dt>git</dt><dd>not recorded</dd>",
    ):
        assert part in text


def test_the_page_needs_nothing_from_outside(tmp_path):
    text = page(tmp_path, both_arms(random=(0.8, 0.9), pretrained=(0.85, 0.95)))
    elements = Elements(text).found
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in elements}
    assert not [attrs for _, attrs in elements if {"src", "href", "xlink:href"} & set(attrs)]
    assert not re.search(r"https?:|@import|url\(", text)
    assert "prefers-color-scheme: dark" in text


def test_every_picture_is_well_formed_and_named(tmp_path):
    pictures = re.findall(r"<svg.*?</svg>", page(tmp_path, both_arms(random=(0.8,), pretrained=(0.9,))), re.DOTALL)
    assert len(pictures) >= 1 + 2 + 4 + 1  # chart, strips, maps, key
    for picture in map(ElementTree.fromstring, pictures):
        named = picture.get("role") == "img" and bool(picture.findtext("title"))
        assert named or picture.get("aria-hidden") == "true"


def test_names_are_escaped(tmp_path):
    hostile = result(task=HOSTILE, backbone=HOSTILE, task_options={"folder": HOSTILE})
    text = page(tmp_path, [hostile, replace(hostile, config=hostile.config | {"weights": "random"})], title=HOSTILE)
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_overlap_is_said_and_no_winner_named(tmp_path):
    text = page(tmp_path, both_arms(random=(0.8, 0.9), pretrained=(0.85, 0.95)))
    assert "4 runs: 2 arms on bit-xor, 2 seeds each." in text
    assert "cannot be told from these runs" in text
    assert "scored above" not in text


def test_ranges_apart_are_said(tmp_path):
    text = page(tmp_path, both_arms(random=(0.8, 0.81), pretrained=(0.85, 0.95)))
    assert "Every seed of pretrained scored above every seed of random." in text


def test_marked_predictions_have_their_own_score(tmp_path):
    runs = both_arms(random=(0.8,), pretrained=(0.9,))
    for i, run in enumerate(runs):
        run.task["marked"] = "hidden bits"
        run.metrics["test"]["marked_accuracy"] = 0.6 + 0.1 * i
    text = page(tmp_path, runs)
    assert "hidden bits 60.0\u00a0%" in text
    assert "hidden bits 70.0\u00a0%" in text


def test_commands_make_the_runs_again(tmp_path):
    options = {"learning_rate": 0.003, "task_options": {"length": "20", "folder": "my data"}}
    text = page(tmp_path, both_arms(random=(0.8, 0.9), pretrained=(), **options))
    assert "for seed in 0 1; do\n" in text
    command = (
        "frostformer run --task bit-xor --weights random --learning-rate 0.003 --task-options.length 20 "
        "--task-options.folder &#39;my data&#39; --seed $seed --out runs/1-bit-xor-length-20/$seed\n"
    )
    assert command in text


def test_attention_only_where_there_is_some(tmp_path):
    with_maps = result(seed=1)
    without = replace(result(seed=0), attention=None)
    assert "bit-xor: embedded, pretrained, frozen, seed 1</h3>" in page(tmp_path, [without, with_maps])
    assert "<h2>Attention" not in page(tmp_path, [without])


def test_equal_plans_are_shown_once(tmp_path):
    runs = both_arms(random=(0.8,), pretrained=(0.9,))
    assert page(tmp_path, runs).count("all trained") == 1
    runs[0].groups[0]["parameters"] = 7
    assert page(tmp_path, runs).count("all trained") == 2


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
    assert text.count('<td class="arm">') == 25


def test_the_page_is_a_function_of_the_results(tmp_path):
    runs = both_arms(random=(0.8, 0.9), pretrained=(0.85, 0.95))
    assert page(tmp_path, runs) == page(tmp_path, runs)


def test_no_result_is_refused(tmp_path):
    with pytest.raises(InputError, match="no results to report"):
        write_report([], tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_chart_puts_points_where_the_axes_say():
    line = svg.Line(0, "one", "one, seed 0", [(0, 0.5), (50, 0.75), (100, 1.0)])
    chart = svg.line_chart([line], "Curves")
    assert 'd="M62.0 300.0L477.0 157.0L892.0 14.0"' in chart  # left bottom, middle, right top
    assert ">50 %<" in chart
    assert ">100 %<" in chart
    assert ">100<" in chart


def test_chart_labels_do_not_touch():
    lines = [svg.Line(i, f"arm {i}", f"arm {i}, seed 0", [(1, 0.9), (2, 0.9)]) for i in range(4)]
    root = ElementTree.fromstring(svg.line_chart(lines, "Curves"))
    heights = sorted(float(text.get("y")) for text in root.iter("text") if text.get("class") == "label")
    assert [round(b - a) for a, b in itertools.pairwise(heights)] == [18, 18, 18]


def test_more_arms_than_colours_get_a_panel_each(tmp_path):
    def runs(arms):
        return [result(0.9, backbone=str(arm), seed=seed) for arm in range(arms) for seed in range(2)]

    few, many = page(tmp_path, runs(svg.COLOURS)), page(tmp_path, runs(svg.COLOURS + 1))
    assert few.count('class="chart"') == 1
    assert few.count('class="chart panel"') == 0
    assert many.count('class="chart"') == 0
    panels = [tag for tag in Elements(many).found if tag[0] == "svg" and tag[1]["class"] == "chart panel"]
    assert len(panels) == svg.COLOURS + 1


def test_panels_show_their_own_lines_in_front_of_all():
    lines = [svg.Line(i, f"arm {i}", f"arm {i}, seed {seed}", [(1, 0.5), (2, 1.0)]) for i in (3, 1) for seed in (0, 1)]
    panels = svg.line_panels(lines, "Curves on x")
    assert list(panels) == [3, 1]
    first, second = panels.values()
    assert first.count('id="Curves-on-x"') == 1
    assert first.count('class="line"') == second.count('class="line"') == 2
    assert "arm 3, seed 1" in first
    assert "arm 1" not in first
    assert '<use href="#Curves-on-x"/>' in second
    others = ElementTree.fromstring(first).find("path[@class='others']").get("d")
    assert others == "M167.0 104.0L288.0 8.0" * 4  # half way, bottom; right, top


def test_heat_map_shades_by_the_square_root_and_leaves_zeros_out():
    root = ElementTree.fromstring(svg.heat_map([[1.0, 0.0], [0.25, 0.25]], "Map"))
    cells = {path.get("fill-opacity"): path.get("d") for path in root.iter("path") if path.get("fill-opacity")}
    assert cells == {"0.500": "M0 1h1v1h-1zM1 1h1v1h-1z", "1.000": "M0 0h1v1h-1z"}  # column, then row


def test_dots_lie_between_lowest_and_highest():
    strip = svg.dot_strip([0.5, 0.75, 1.0], 0.5, 1.0, 0, "Dots")
    assert re.findall(r'cx="([\d.]+)"', strip) == ["8.0", "68.0", "128.0"]
    assert re.findall(r'cx="([\d.]+)"', svg.dot_strip([0.5], 0.5, 0.5, 0, "Dot")) == ["68.0"]
