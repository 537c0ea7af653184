"""Many runs as the terminal shows them: progress, then one table and one page."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from frostformer.cli.console import chosen_rate, print_summaries
from frostformer.cli.on_screen import RunsOnScreen
from frostformer.cli.options import Workers
from frostformer.cli.terminal import is_main_process, say
from frostformer.config import RunConfig, Tracker
from frostformer.errors import InputError
from frostformer.files import check_writable_file
from frostformer.report.page import write_report
from frostformer.report.rendering import PAGE_NAME
from frostformer.results.comparisons import Reference
from frostformer.results.result import Result
from frostformer.results.seeds import summarise
from frostformer.runs.many import run_many

LEVELS = {"bit-xor": "0.99", "digits": "0.9"}  # of validation accuracy; steps to reach it are printed


def run_all(
    configs: Mapping[str, RunConfig],
    out: Path,
    title: str,
    reference: Reference | None = None,
    *,
    resume: bool = True,
    overwrite: bool = False,
    rates: Sequence[float] | None = None,
    track: Sequence[Tracker] = (),
    workers: Workers = Workers(),  # noqa: B008 (frozen)
) -> list[Result]:
    """Run each into `out/NAME`, print the table, write `out/report.html`; arms are compared with their reference.

    Runs that fail are listed at the end, and the exit status is then 1. A run that diverged is a result like others.
    With `rates` each run chooses its learning rate, see `run_many`; `track` names programs that show the learning
    curves, and `workers` who makes the runs.

    Raises:
        InputError: no run can be made, all for the same reason.
    """
    report = out / PAGE_NAME
    check_writable_file(report)

    def write(found: list[Result], unfinished: str = "") -> None:
        write_report(found, report, title, reference, unfinished=unfinished)

    screen = RunsOnScreen(len(configs), out, write, workers, track)
    outcome = run_many(
        configs,
        out,
        resume=resume,
        overwrite=overwrite,
        watched=screen.watched,
        ended=screen.ended,
        jobs=workers.jobs,
        cluster=workers.address,
        rates=rates,
    )
    results = list(outcome.results.values())
    reasons = outcome.failures | dict.fromkeys(outcome.left, "another process makes it")
    if not results and len(same := set(reasons.values())) == 1:
        raise InputError(same.pop())  # as a single run would say it
    if results and is_main_process():
        _print_results(outcome.results, reference)
        write(results)
        say(f"learning curves, what trained, and attention maps where there are any: {report}")
    if reasons:
        _print_reasons(reasons, len(configs))
        sys.exit(1)
    return results


def _print_results(results: Mapping[str, Result], reference: Reference | None) -> None:
    for name, result in results.items():
        if result.tried:
            say(f"{name}: {chosen_rate(result)}")
    print_summaries(summarise(list(results.values())), LEVELS, reference)


def _print_reasons(reasons: Mapping[str, str], runs: int) -> None:
    print(f"frostformer: {len(reasons)} of {runs} runs could not be made", file=sys.stderr)
    for name, reason in reasons.items():
        print(f"frostformer: {name}: {reason}", file=sys.stderr)
