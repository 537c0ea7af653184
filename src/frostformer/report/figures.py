"""The plots of the page: learning curves, a dot for each seed, attention maps. It imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from frostformer.errors import InputError
from frostformer.report.plot_parts import Scale, Spec
from frostformer.report.plots import Dot, Line, dot_plot, heat_map, line_plot
from frostformer.results.attention import read_attention
from frostformer.results.compare import short_labels
from frostformer.results.metrics import chosen_by
from frostformer.results.result import Result
from frostformer.results.seeds import Summary
from frostformer.words import counted

LOWEST = -1.0
"""Curves of R², which has no lower end, are drawn no lower than here: one bad evaluation would flatten all others."""


MOST_NUMBERS = 15_000
"""Of the attention maps of one run that a page shows: bit XOR of 32 bits in 6 blocks has 12,288."""


@dataclass(frozen=True)
class Curves:
    """The learning curves of one task."""

    note: str
    """What is drawn, in sentences."""

    plot: Spec | None
    """None where no run has a finite score."""

    arms: list[tuple[int, str]]
    """The series that are drawn, and what their arms are called."""


@dataclass(frozen=True)
class Maps:
    """Attention maps to see beside each other: of arms of one task with equally many blocks."""

    title: str
    blocks: int
    maps: list[tuple[str, Spec]]
    """What is drawn, and the plot."""


def learning_curves(summaries: list[Summary], series: dict[str, int]) -> Curves:
    """One plot of all runs of a task."""
    names = short_labels([summary.arm for summary in summaries])
    lines = [
        Line(series[summary.arm], name, result.config["seed"], points)
        for summary, name in zip(summaries, names, strict=True)
        for result in summary.results
        if (points := curve(result))
    ]
    metrics = {summary.validation_metric.label: summary.validation_metric.is_percent for summary in summaries}
    scale = Scale(f"validation {' or '.join(metrics)}", all(metrics.values()))
    arms = list(dict.fromkeys((line.series, line.arm) for line in lines))
    return Curves(_note(scale, summaries, lines), line_plot(lines, scale) if lines else None, arms)


def curve(result: Result) -> list[tuple[float, float]]:
    """(step, validation score) of the evaluations whose score is a finite number."""
    name = chosen_by(result)
    lowest = LOWEST if name == "r2" else 0.0
    points = [(point["step"], point.get(f"validation_{name}")) for point in result.curve]
    return [(step, max(score, lowest)) for step, score in points if step is not None and score is not None]


def dots(summaries: list[Summary], series: dict[str, int]) -> Spec | None:
    """The test score of each run of a task, beside those of rules that need no model; None where no run has one."""
    metric = summaries[0].metric
    found = [
        Dot(series[summary.arm], name, result.config["seed"], score, _remark(result))
        for summary, name in zip(summaries, short_labels([summary.arm for summary in summaries]), strict=True)
        for result, score in zip(summary.results, summary.test_scores, strict=True)
        if score in summary.finite_scores
    ]
    trivial = summaries[0].results[0].task["trivial"]
    return dot_plot(found, Scale(f"test {metric.label}", metric.is_percent), trivial) if found else None


def attention_maps(summaries: list[Summary]) -> list[Maps]:
    """For each arm, the maps of the first of its runs that has any, where they are not too large for a page."""
    groups: dict[tuple[str, int], list[tuple[Summary, int, Spec]]] = {}
    for summary in summaries:
        if found := next(((r, drawn) for r in summary.results if (drawn := _map(r))), None):
            result, (blocks, plot) = found
            groups.setdefault((summary.task, blocks), []).append((summary, result.config["seed"], plot))
    return [_beside(task, blocks, group) for (task, blocks), group in groups.items()]


def _beside(task: str, blocks: int, group: list[tuple[Summary, int, Spec]]) -> Maps:
    names = short_labels([summary.arm for summary, _, _ in group])
    maps = [(f"{name}, seed {seed}", plot) for name, (_, seed, plot) in zip(names, group, strict=True)]
    return Maps(f"{task}, {counted(blocks, 'block')}", blocks, maps)


def _map(result: Result) -> tuple[int, Spec] | None:
    """Number of blocks, and the plot; None where there are no maps, or too large ones.

    Runs on tasks that know what each answer is made of keep maps beside the result, in which these places are marked.
    """
    with suppress(InputError):  # a damaged file costs its picture
        kept = None if result.folder is None else read_attention(result.folder)
        if kept is not None and kept.maps.size <= MOST_NUMBERS:
            return len(kept.maps), heat_map(kept.maps.tolist(), kept.combined.tolist())
    return (len(result.attention), heat_map(result.attention)) if result.attention else None


def _remark(result: Result) -> str:
    return "" if result.diverged is None else f"training diverged at step {result.diverged:,}"


def _note(scale: Scale, summaries: list[Summary], lines: Sequence[Line]) -> str:
    sentences = [scale.label[0].upper() + scale.label[1:] + "."]
    if not scale.is_percent:
        sentences.append(f"Where it is below {LOWEST:g}, it is drawn at {LOWEST:g}.")
    if not lines:
        sentences.append("No evaluation has a score that is a finite number.")
    elif any(len(curve(result)) < len(result.curve) for summary in summaries for result in summary.results):
        sentences.append("Evaluations whose score is not a finite number are left out.")
    return " ".join(sentences)
