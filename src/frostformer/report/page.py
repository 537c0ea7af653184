"""One self-contained HTML page from results: what was compared, what came out, how it was made. No torch here.

The page is a pure function of the results: no date, no outside file, nothing that a browser would have to fetch.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.files import write_whole
from frostformer.report import svg
from frostformer.results.result import Result
from frostformer.results.seeds import Summary, compare, listed, short_labels, summarise

_LEVELS = {"0.9": "90 %", "0.95": "95 %", "0.99": "99 %"}

_Environment = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Group:
    """Summaries of one task, ready for the template."""

    task: str
    summaries: list[Summary]
    finding: str
    about: str
    chart: str
    """Of all arms, or empty where they are too many for one chart."""

    panels: dict[int, str]
    """By series, or empty where there is a chart."""

    strips: list[str]


@dataclass(frozen=True)
class _Maps:
    """The attention of one run, one picture per block."""

    caption: str
    pictures: list[str]


def write_report(results: list[Result], path: Path, title: str = "Frozen transformers on sequence data") -> None:
    """Write the page whole or not at all.

    Raises:
        InputError: there is no result.
    """
    if not results:
        raise InputError("no results to report: give folders that `frostformer run --out` wrote")
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    summaries = summarise(results)
    series = {arm: i for i, arm in enumerate(dict.fromkeys(summary.arm for summary in summaries))}
    environments = list(dict.fromkeys(_environment(result) for result in results))
    jinja = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = jinja.get_template("template.html.j2").render(
        title=title,
        overview=_overview(summaries),
        groups=[_group(task, list(own), series) for task, own in groupby(summaries, lambda summary: summary.task)],
        series=series,
        levels=_LEVELS,
        plans=_plans(summaries),
        maps=[_maps(result, summary) for summary in summaries if (result := _first_with_attention(summary))],
        makings=[(summary, _making(i, summary, environments)) for i, summary in enumerate(summaries, 1)],
        environments=environments,
        svg=svg,
    )
    write_whole(path, page)


def _overview(summaries: list[Summary]) -> str:
    """What was compared, in two sentences."""
    arms = list(dict.fromkeys(summary.arm for summary in summaries))
    tasks = list(dict.fromkeys(summary.task for summary in summaries))
    each = " each" if len(summaries) > 1 else ""
    seeds = _count(_span([summary.runs for summary in summaries], str), "seed") + each
    runs = _count(str(sum(summary.runs for summary in summaries)), "run")
    compared = f"{runs}: {_count(str(len(arms)), 'arm')} on {listed(tasks)}, {seeds}."
    return f"{compared} The {'arms are' if len(arms) > 1 else 'arm is'} {listed([f'“{arm}”' for arm in arms])}."


def _group(task: str, summaries: list[Summary], series: dict[str, int]) -> _Group:
    lines = [
        svg.Line(series[summary.arm], label, f"{summary.arm}, seed {result.config['seed']}", _curve(result))
        for summary, label in zip(summaries, short_labels([summary.arm for summary in summaries]), strict=True)
        for result in summary.results
    ]
    low, high = min(summary.lowest for summary in summaries), max(summary.highest for summary in summaries)
    strips = [
        svg.dot_strip(s.test_accuracies, low, high, series[s.arm], f"Test accuracies of {s.arm}: {s.range_text}")
        for s in summaries
    ]
    title, many = f"Learning curves on {task}", len(summaries) > svg.COLOURS
    chart, panels = ("", svg.line_panels(lines, title)) if many else (svg.line_chart(lines, title), {})
    return _Group(task, summaries, compare(summaries), _about(summaries[0].results[0]), chart, panels, strips)


def _curve(result: Result) -> list[tuple[float, float]]:
    return [(point["step"], point["validation_accuracy"]) for point in result.curve]


def _about(result: Result) -> str:
    """Version, splits, source and note of a task."""
    task = result.task
    splits = [f"{name} {'endless' if n is None else f'{n:,}'}" for name, n in task["splits"].items()]
    note = f" {task['note']}" if task["note"] else ""
    return f"Task version {task['version']}; sequences: {', '.join(splits)}. Source: {task['source']}.{note}"


def _plans(summaries: list[Summary]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Every different table of parameter groups once, with whose it is."""
    plans: dict[str, list[str]] = {}
    for summary in summaries:
        plans.setdefault(json.dumps(summary.results[0].groups), []).append(f"{summary.task}: {summary.arm}")
    return [
        ("every arm" if 1 < len(owners) == len(summaries) else "; ".join(owners), json.loads(rows))
        for rows, owners in plans.items()
    ]


def _first_with_attention(summary: Summary) -> Result | None:
    return next((result for result in summary.results if result.attention), None)


def _maps(result: Result, summary: Summary) -> _Maps:
    caption = f"{summary.task}: {summary.arm}, seed {result.config['seed']}"
    pictures = [
        svg.heat_map(matrix, f"Attention in block {block} of {caption}")
        for block, matrix in enumerate(result.attention or [], 1)
    ]
    return _Maps(caption, pictures)


def _making(number: int, summary: Summary, environments: list[_Environment]) -> dict[str, str]:
    """How the runs of one summary were made."""
    used = sorted({environments.index(_environment(result)) + 1 for result in summary.results})
    return {
        "commands": _commands(number, summary),
        "chosen": _span([result.chosen_step for result in summary.results], "{:,}".format),
        "steps": _span([result.steps for result in summary.results], "{:,}".format),
        "time": _span([result.seconds for result in summary.results], _duration),
        "adapter": _span([result.adapter_bytes for result in summary.results], lambda size: f"{size / 1000:,.1f} kB"),
        "environments": ", ".join(map(str, used)),
    }


def _commands(number: int, summary: Summary) -> str:
    """What to type to make the runs of one summary again."""
    config, defaults = summary.results[0].config, asdict(RunConfig())
    arguments = ["frostformer", "run", "--task", config["task"]]
    for name, value in config.items():
        if name not in ("task", "task_options", "seed") and value != defaults.get(name):
            arguments += ["--" + name.replace("_", "-"), str(value)]
    for name, value in config["task_options"].items():
        arguments += [f"--task-options.{name}", str(value)]
    out = "runs/" + re.sub(r"[^a-z0-9]+", "-", f"{number}-{summary.task}".lower()).strip("-")
    if summary.runs == 1:
        return f"{shlex.join(arguments)} --seed {config['seed']} --out {out}"
    seeds = " ".join(map(str, summary.seeds))
    return f"for seed in {seeds}; do\n  {shlex.join(arguments)} --seed $seed --out {out}/$seed\ndone"


def _environment(result: Result) -> _Environment:
    """All that a result says of where it was made, name by name."""
    lines = []
    for name, value in result.environment.items():
        if isinstance(value, dict):
            value = ", ".join(f"{package} {version or 'not installed'}" for package, version in value.items())
        lines.append((name, "not recorded" if value is None else str(value)))
    return tuple(lines)


def _span(values: Sequence[float], text: Callable[[float], str]) -> str:
    """One value, or lowest and highest where they read differently."""
    ends = dict.fromkeys((text(min(values)), text(max(values))))
    return " to ".join(ends)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _count(number: str, noun: str) -> str:
    return f"{number} {noun}{'' if number == '1' else 's'}"
