"""How the runs of a page were made: commands, what was decided, steps, time, environments. It imports no torch."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from frostformer.config import RunConfig
from frostformer.data.files.options import DataFile
from frostformer.results.result import BY_HAND, Result
from frostformer.results.seeds import Summary

Environment = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Making:
    """How the runs of one summary were made, in words."""

    commands: str
    chosen: str
    steps: str
    time: str
    adapter: str

    resolved: dict[str, str]
    """Setting -> what was decided, and why."""

    environments: str
    """The numbers of their environments on the page."""


def making(number: int, summary: Summary, environments: list[Environment]) -> Making:
    """How the runs of the summary with this number on the page were made."""
    results = summary.results
    used = sorted({environments.index(environment(result)) + 1 for result in results})
    return Making(
        commands=commands(number, summary),
        chosen=span([result.chosen_step for result in results], "{:,}".format),
        steps=span([result.steps for result in results], "{:,}".format),
        time=span([result.own_seconds for result in results], duration) + _shared(results),
        adapter=span([result.adapter_bytes for result in results], lambda size: f"{size / 1000:,.1f} kB"),
        resolved=_resolved(results),
        environments=", ".join(map(str, used)),
    )


def commands(number: int, summary: Summary) -> str:
    """What to type to make the runs of one summary again."""
    if BY_HAND in summary.results[0].resolved:
        return "# made from Python, with a task or a backbone that is an object there"
    config, defaults = asdict(RunConfig.read(summary.results[0].config)), asdict(RunConfig())
    arguments = ["frostformer", "run", *_argument("task", config["task"])]
    if data := config.pop("data"):
        arguments += of_file(DataFile(**data))
    if tried := summary.results[0].tried:
        arguments += ["--tune", "--learning-rates", ",".join(tried)]
        config["learning_rate"] = None
    for name, value in config.items():
        if name not in ("task", "task_options", "seed") and value is not None and value != defaults[name]:
            arguments += _argument(name.replace("_", "-"), value)
    for name, value in config["task_options"].items():
        arguments += _argument(f"task-options.{name}", value)
    out = "runs/" + re.sub(r"[^a-z0-9]+", "-", f"{number}-{summary.task}".lower()).strip("-")
    if summary.runs == 1:
        return f"{shlex.join(arguments)} --seed {config['seed']} --out {out}"
    seeds = " ".join(map(str, summary.seeds))
    return f"for seed in {seeds}; do\n  {shlex.join(arguments)} --seed $seed --out {out}/$seed\ndone"


def environment(result: Result) -> Environment:
    """All that a result says of where it was made, name by name."""
    lines = []
    for name, value in result.environment.items():
        if isinstance(value, dict):
            value = ", ".join(f"{package} {version or 'not installed'}" for package, version in value.items())
        lines.append((name, "not recorded" if value is None else str(value)))
    return tuple(lines)


def span(values: Sequence[float], text: Callable[[float], str]) -> str:
    """One value, or lowest and highest where they read differently."""
    ends = dict.fromkeys((text(min(values)), text(max(values))))
    return " to ".join(ends)


def _argument(name: str, value: object) -> list[str]:
    """An option as the command line takes it: a switch has no value, and a value may look like an option."""
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    return [f"--{name}={value}"] if str(value).startswith("-") else [f"--{name}", str(value)]


def of_file(data: DataFile) -> list[str]:
    """A user's file and what was said of it, as options of the command line."""
    told = data.given()
    arguments = _argument("data", told.pop("path"))
    for name, value in told.items():
        arguments += _argument(name.replace("_", "-"), value)
    return arguments


def _resolved(results: Sequence[Result]) -> dict[str, str]:
    """What the runs say of each setting; where they do not agree, all of it."""
    names = dict.fromkeys(name for result in results for name in result.resolved)
    return {
        name: "; ".join(dict.fromkeys(result.resolved[name] for result in results if name in result.resolved))
        for name in names
    }


def _shared(results: Sequence[Result]) -> str:
    """Whose time it is, where runs were trained side by side."""
    most = max(result.together for result in results)
    return f" a run, its share of up to {most} side by side" if most > 1 else ""


def work(flops: float) -> str:
    """Such as `1.25 GFLOP`."""
    return f"{flops / 1e9:,.3g} GFLOP"


def duration(seconds: float) -> str:
    """Such as `75.0 s`, `12.5 min` or `3.1 h`."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
