"""Runs one after the other, what is finished kept, and at the end one table and one page of them all."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from frostformer.config import RunConfig
from frostformer.console import ProgressBar, print_plan, print_summaries
from frostformer.report.page import write_report
from frostformer.results import Result
from frostformer.run import Watch, run
from frostformer.statistics import summarise

LEVELS = {"bit-xor": "0.99", "digits": "0.9"}  # of validation accuracy; steps to reach it are printed


def run_all(configs: dict[str, RunConfig], out: Path, title: str) -> list[Result]:
    """Run what is not there yet into `out/NAME`, print the table, write `out/report.html`."""
    results: list[Result] = []
    for number, (name, config) in enumerate(configs.items(), 1):
        with closing(ProgressBar(config.steps, f"{number}/{len(configs)} {name}")) as bar:
            plan = Watch().plan if results else print_plan
            results.append(run(config, out / name, resume=True, watch=Watch(plan, bar.show, bar.step)))
    print_summaries(summarise(results), LEVELS)
    report = out / "report.html"
    write_report(results, report, title=title)
    print(f"learning curves, what trained, and the attention maps: {report}")  # noqa: T201
    return results
