"""The pictures of the page: learning curves, a dot for each seed, attention maps. It imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from frostformer.report import svg
from frostformer.results.compare import short_labels
from frostformer.results.metrics import chosen_by
from frostformer.results.result import Result
from frostformer.results.seeds import Summary

LOWEST = -1.0
"""Curves of R², which has no lower end, are drawn no lower than here: one bad evaluation would flatten all others."""


@dataclass(frozen=True)
class Curves:
    """The learning curves of one task."""

    note: str
    """What is drawn, in sentences."""

    chart: str
    """One chart of all arms; empty if they are too many for it."""

    panels: dict[int, str]
    """Series -> its own small chart; empty if there is one chart of all. An arm without a finite score has none."""


@dataclass(frozen=True)
class Maps:
    """The attention of one run, one picture per block."""

    caption: str
    pictures: list[str]


def learning_curves(task: str, summaries: list[Summary], series: dict[str, int]) -> Curves:
    """One chart of all arms of a task, or a panel for each where they are many."""
    lines = [
        svg.Line(series[summary.arm], label, f"{summary.arm}, seed {result.config['seed']}", points)
        for summary, label in zip(summaries, short_labels([summary.arm for summary in summaries]), strict=True)
        for result in summary.results
        if (points := curve(result))
    ]
    many = len(summaries) > svg.COLOURS
    metrics = {summary.validation_metric.label: summary.validation_metric.is_percent for summary in summaries}
    scale = svg.Scale(f"validation {' or '.join(metrics)}", all(metrics.values()))
    note, title = _note(scale, summaries, lines, many), f"Learning curves on {task}"
    if not lines:
        return Curves(note, "", {})
    if many:
        return Curves(note, "", svg.line_panels(lines, title, scale))
    return Curves(note, svg.line_chart(lines, title, scale), {})


def curve(result: Result) -> list[tuple[float, float]]:
    """(step, validation score) of the evaluations whose score is a finite number."""
    name = chosen_by(result)
    lowest = LOWEST if name == "r2" else 0.0
    points = [(point["step"], point.get(f"validation_{name}")) for point in result.curve]
    return [(step, max(score, lowest)) for step, score in points if step is not None and score is not None]


def dots(summaries: list[Summary], series: dict[str, int]) -> list[str]:
    """For each arm of a task, its test scores between the lowest and the highest of all arms."""
    scores = [score for summary in summaries for score in summary.finite_scores]
    low, high = min(scores, default=0.0), max(scores, default=0.0)
    return [
        svg.dot_strip(
            s.finite_scores, low, high, series[s.arm], f"Test scores ({s.metric.label}) of {s.arm}: {s.range_text}"
        )
        for s in summaries
    ]


def attention_maps(summaries: list[Summary]) -> list[Maps]:
    """For each arm, the maps of the first of its runs that has any."""
    shown = []
    for summary in summaries:
        if result := next((result for result in summary.results if result.attention), None):
            caption = f"{summary.task}: {summary.arm}, seed {result.config['seed']}"
            pictures = [
                svg.heat_map(matrix, f"Attention in block {block} of {caption}")
                for block, matrix in enumerate(result.attention or [], 1)
            ]
            shown.append(Maps(caption, pictures))
    return shown


def _note(scale: svg.Scale, summaries: list[Summary], lines: Sequence[svg.Line], many: bool) -> str:
    sentences = [scale.label[0].upper() + scale.label[1:] + "."]
    if not scale.is_percent:
        sentences.append(f"Where it is below {LOWEST:g}, it is drawn at {LOWEST:g}.")
    if many and lines:
        sentences.append("Each arm is drawn in front of all others, which are grey.")
    if not lines:
        sentences.append("No evaluation has a score that is a finite number.")
    elif any(len(curve(result)) < len(result.curve) for summary in summaries for result in summary.results):
        sentences.append("Evaluations whose score is not a finite number are left out.")
    return " ".join(sentences)
