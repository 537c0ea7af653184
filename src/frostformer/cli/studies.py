"""Studies as the terminal shows them: the list, and a study's runs until time is up."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from frostformer.cli.console import print_plan
from frostformer.cli.progress import Progress
from frostformer.cli.terminal import say
from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.files import check_writable_file
from frostformer.report.live import LivePage
from frostformer.report.page import write_report
from frostformer.results.result import Result
from frostformer.runs.job import Watch
from frostformer.runs.many import Outcome, run_many
from frostformer.studies.planning import Request, plan_study
from frostformer.studies.registry import STUDIES
from frostformer.studies.study import Plan, Study, write_plan

PAGE = "report.html"


def list_studies() -> None:
    """Print the name and the question of every study."""
    for name, study in STUDIES.items():
        say(f"{name:<16}{study.question}")
    say("\n`frostformer reproduce NAME --scale smoke` tries one; `--scale laptop` measures it on a laptop.")


def run_studies(studies: Sequence[Study], request: Request, out: Path, minutes: float | None, jobs: int) -> None:
    """Make the runs that are missing, and the page; say what is left.

    Raises:
        InputError: two studies ask different runs of one folder, or the page cannot be written.
    """
    plans, runs = _plans(studies, request, out)
    page = out / PAGE
    check_writable_file(page)
    for plan in plans:
        write_plan(out, plan)
    done = 0

    def write(results: list[Result], unfinished: str = "") -> None:
        shown = [(out, plan) for plan in plans]
        write_report(results, page, _title(plans), unfinished=unfinished, studies=shown)

    live = LivePage(write, len(runs))

    def ended(found: Outcome) -> None:
        nonlocal done
        done = len(found.results) + len(found.failures)
        if jobs > 1:
            say(f"{done} of {len(runs)} runs have ended")
        live.show(list(found.results.values()))

    @contextmanager
    def watched(names: Sequence[str], first: RunConfig) -> Iterator[Watch]:
        with closing(Progress(first.steps, f"{done + len(names)}/{len(runs)} {names[0]}")) as bar:
            yield Watch(Watch().plan if done else print_plan, bar.show, bar.step)

    outcome = run_many(runs, out, watched=watched, ended=ended, minutes=minutes, jobs=jobs)
    if outcome.results:
        write(list(outcome.results.values()))
    _tell(plans, outcome, page)
    if outcome.failures:
        sys.exit(1)


def _plans(studies: Sequence[Study], request: Request, out: Path) -> tuple[list[Plan], dict[str, RunConfig]]:
    plans, runs = [], dict[str, RunConfig]()
    for study in studies:
        plan, own = plan_study(study, replace(request, command=_command(study, request, out)))
        if clash := [folder for folder, run in own.items() if runs.setdefault(folder, run) != run]:
            raise InputError(f"two studies ask different runs of {clash[0]}: give them an --out of their own")
        plans.append(plan)
    return plans, runs


def _command(study: Study, request: Request, out: Path) -> str:
    """What to type for this study alone."""
    backbones, scale = request.backbones, request.scale
    given = {
        "seeds": None if request.seeds == scale.seeds else request.seeds,
        "backbone": None if backbones.language == scale.backbone else backbones.language,
        "bit-memory": backbones.bit_memory,
        "images": backbones.images,
        **{name.replace("_", "-"): value for name, value in request.options.items()},
    }
    words = ["frostformer", "reproduce", study.name, "--scale", scale.name]
    words += ["--tuned"] if request.tuned else []
    words += [word for name, value in given.items() if value is not None for word in (f"--{name}", str(value))]
    words += ["--models", *map(str, backbones.others)] if backbones.others else []
    return shlex.join([*words, "--out", str(out)])


def _tell(plans: Sequence[Plan], outcome: Outcome, page: Path) -> None:
    """What is there, what is left and how to go on, and why a run could not be made."""
    for plan in plans:
        there = sum(folder in outcome.results for folder in plan.folders)
        say(f"{plan.study}: {there} of {len(plan.folders)} runs are there")
        for reason in dict.fromkeys(cell.missing for cell in plan.cells if cell.missing):
            say(f"  not asked: {reason}")
    if outcome.left:
        say(f"time is up; {len(outcome.left)} runs are left, and the same command goes on with them")
    if outcome.results:
        say(f"every table beside the paper's: {page}")
    for reason in dict.fromkeys(outcome.failures.values()):
        names = [name for name, why in outcome.failures.items() if why == reason]
        print(f"frostformer: {len(names)} runs could not be made, such as {names[0]}: {reason}", file=sys.stderr)


def _title(plans: Sequence[Plan]) -> str:
    return f"Frozen transformers: {', '.join(plan.study for plan in plans)}"
