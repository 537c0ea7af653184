"""The page of a verdict: the answer first, then intervals, replicates, curves and disputed sequences. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from frostformer.locks import write_alone
from frostformer.report.figures import LOWEST
from frostformer.report.making import duration
from frostformer.report.plot_parts import Scale, Spec
from frostformer.report.plots import Dot, Line, dot_plot, line_plot
from frostformer.report.rendering import rendered
from frostformer.report.verdict_plots import Bar, Point, bar_plot, size_plot
from frostformer.results.metrics import METRICS
from frostformer.results.verdict import USE, ArmFound, Verdict


@dataclass(frozen=True)
class Row:
    """One arm in the table."""

    series: int
    arm: ArmFound
    score: str
    against: str
    margin: str
    word: str
    chosen: str
    trained: str
    time: str


def write_verdict_page(verdict: Verdict, path: Path) -> None:
    """Write the page, whole or not at all."""
    write_alone(path, verdict_page(verdict))


def verdict_page(verdict: Verdict) -> str:
    """The page as HTML; a pure function of the verdict."""
    series = {arm.name: number for number, arm in enumerate(verdict.arms)}
    return rendered(
        "verdict.html.j2",
        title=f"Does a frozen transformer help? {verdict.task}",
        verdict=verdict,
        questions=1 + any(one.startswith(USE) for one in verdict.sentences[1:2]),
        rows=[_row(verdict, arm, series) for arm in verdict.arms],
        intervals=_intervals(verdict, series),
        dots=_dots(verdict, series),
        curves=_curves(verdict, series),
        drawn=[(series[arm.name], arm.name) for arm in verdict.arms if arm.curves],
        sizes=_sizes(verdict),
        metric=_metric(verdict),
        disputed=[(one.id, _score(verdict, one.pretrained), _score(verdict, one.random)) for one in verdict.disputed],
        seconds=duration(verdict.seconds),
    )


def _metric(verdict: Verdict) -> str:
    return METRICS[verdict.metric].label if verdict.is_share else METRICS["mae"].label


def _score(verdict: Verdict, value: float) -> str:
    """Errors have a minus sign in the file, so that more is better; people read them without."""
    return METRICS["accuracy"].text(value) if verdict.is_share else METRICS["mae"].text(-value)


def _row(verdict: Verdict, arm: ArmFound, series: dict[str, int]) -> Row:
    shown = METRICS["accuracy"] if verdict.is_share else METRICS["mae"]
    scores = arm.scores if verdict.is_share else [-score for score in arm.scores]
    against, margin, word = "", "", ""
    if arm.against is not None:
        one = arm.against
        factor, form = (100, "+z.1f") if verdict.is_share else (1, "+.3g")
        against = f"{factor * one.difference:{form}} ({factor * one.low:{form}} to {factor * one.high:{form}})"
        if arm.kind != "beside":
            margin, word = f"{factor * one.margin:.3g}", one.word
    counted = {text: arm.chosen.count(text) for text in dict.fromkeys(arm.chosen) if text}
    return Row(
        series=series[arm.name],
        arm=arm,
        score=shown.mean_text(scores),
        against=against,
        margin=margin,
        word=word,
        chosen=", ".join(f"{text} ({count}\u00d7)" for text, count in counted.items()),
        trained="" if arm.trained is None else f"{arm.trained:,}",
        time=duration(arm.seconds),
    )


def _intervals(verdict: Verdict, series: dict[str, int]) -> Spec | None:
    """The pretrained arm minus each other one."""
    bars = [
        Bar(series[arm.name], arm.name, arm.against.low, arm.against.difference, arm.against.high)
        for arm in verdict.arms
        if arm.against is not None
    ]
    label = "pretrained minus this arm" if verdict.is_share else "error of this arm minus that of pretrained"
    return bar_plot(bars, Scale(label, verdict.is_share)) if bars else None


def _dots(verdict: Verdict, series: dict[str, int]) -> Spec | None:
    sign = 1 if verdict.is_share else -1
    dots = [
        Dot(series[arm.name], arm.name, replicate, sign * score, "")
        for arm in verdict.arms
        for replicate, score in enumerate(arm.scores)
    ]
    return dot_plot(dots, Scale(f"test {_metric(verdict)}", verdict.is_share), {}) if dots else None


def _curves(verdict: Verdict, series: dict[str, int]) -> Spec | None:
    metric = METRICS[verdict.chosen_by]
    lines = [
        Line(series[arm.name], arm.name, number, points)  # every training is a line of its own, those of folds, too
        for arm in verdict.arms
        for number, curve in enumerate(arm.curves)
        if (points := [(step, max(score, LOWEST)) for step, score in curve.points if score is not None])
    ]
    return line_plot(lines, Scale(f"validation {metric.label}", metric.is_percent)) if lines else None


def _sizes(verdict: Verdict) -> Spec | None:
    """Test score by number of labelled sequences, a line for each arm of the verdict and each baseline."""
    sign = 1 if verdict.is_share else -1
    names = {arm.name: number for number, arm in enumerate(verdict.arms) if arm.kind != "beside"}
    points = [
        Point(names[arm.name], arm.name, one.labels, [sign * score for score in arm.scores])
        for one in verdict.curve
        for arm in one.arms
        if arm.name in names and one.labels is not None
    ]
    return size_plot(points, Scale(f"test {_metric(verdict)}", verdict.is_share)) if points else None
