"""Many runs as the terminal shows them: progress, then one table and one page."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from frostformer.cli.console import chosen_rate, print_plan, print_summaries
from frostformer.cli.options import Workers
from frostformer.cli.progress import Progress
from frostformer.cli.terminal import is_main_process, is_quiet, say
from frostformer.config import RunConfig, Tracker
from frostformer.errors import InputError
from frostformer.report.live import LivePage
from frostformer.report.page import write_report
from frostformer.results.comparisons import Reference
from frostformer.results.kept import check_out_file
from frostformer.results.result import Result
from frostformer.results.seeds import summarise
from frostformer.runs.attempt import Outcome
from frostformer.runs.job import Watch
from frostformer.runs.many import run_many
from frostformer.runs.tracking import tracked

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
    report, done = out / "report.html", 0
    check_out_file(report)

    def write(found: list[Result], unfinished: str = "") -> None:
        write_report(found, report, title, reference, unfinished=unfinished)

    page = LivePage(write, len(configs))

    @contextmanager
    def watched(names: Sequence[str], first: RunConfig) -> Iterator[Watch]:
        label = names[0] if len(names) == 1 else f"{len(names)} runs from {names[0]}"
        with closing(Progress(first.steps, f"{done + len(names)}/{len(configs)} {label}")) as bar:
            watch = Watch(Watch().plan if done else print_plan, bar.show, bar.step, bar.part)
            with tracked(watch, track, out) as also:
                yield also

    def ended(found: Outcome) -> None:
        nonlocal done
        done = len(found.results) + len(found.failures)
        if workers.are_others and not is_quiet():
            say(f"{done} of {len(configs)} runs have ended")
        if is_main_process():
            page.show(list(found.results.values()), len(found.failures))

    outcome = run_many(
        configs,
        out,
        resume=resume,
        overwrite=overwrite,
        watched=watched,
        ended=ended,
        jobs=workers.jobs,
        cluster=workers.address,
        rates=rates,
    )
    results = list(outcome.results.values())
    reasons = outcome.failures | dict.fromkeys(outcome.left, "another process makes it")
    if not results and len(same := set(reasons.values())) == 1:
        raise InputError(same.pop())  # as a single run would say it
    if results and is_main_process():
        for name, result in outcome.results.items():
            if result.tried:
                say(f"{name}: {chosen_rate(result)}")
        print_summaries(summarise(results), LEVELS, reference)
        write(results)
        say(f"learning curves, what trained, and attention maps where there are any: {report}")
    if reasons:
        print(f"frostformer: {len(reasons)} of {len(configs)} runs could not be made", file=sys.stderr)
        for name, reason in reasons.items():
            print(f"frostformer: {name}: {reason}", file=sys.stderr)
        sys.exit(1)
    return results
