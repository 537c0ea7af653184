"""Studies as the terminal shows them: the list, and a study's runs until time is up."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence, Set
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from frostformer.cli.on_screen import RunsOnScreen
from frostformer.cli.options import Workers
from frostformer.cli.terminal import is_quiet, say
from frostformer.errors import InputError
from frostformer.files import check_writable_file
from frostformer.report.page import write_report
from frostformer.report.rendering import PAGE_NAME
from frostformer.results.compare import listed
from frostformer.results.result import find_results
from frostformer.runs.attempt import Outcome
from frostformer.runs.many import cohorts, run_many
from frostformer.studies.plan_file import Plan, check_plan, find_plans, write_plan
from frostformer.studies.planning import Request, plan_study
from frostformer.studies.registry import STUDIES
from frostformer.studies.study import Study
from frostformer.words import counted


def list_studies() -> None:
    """Print the name and the question of every study."""
    for name, study in STUDIES.items():
        say(f"{name:<16}{study.question}")
    say("\n`frostformer reproduce NAME --scale smoke` tries one; `--scale laptop` measures it on a laptop.")


def run_studies(studies: Sequence[Study], request: Request, out: Path, minutes: float | None, workers: Workers) -> None:
    """Make the runs that are missing, and the page of all that is in `out`; say what is left.

    Raises:
        InputError: a study would lose runs from its table, or the page cannot be written.
    """
    planned = [plan_study(one, replace(request, command=_command(one, request, out))) for one in studies]
    plans, runs = [plan for plan, _ in planned], {folder: run for _, own in planned for folder, run in own.items()}
    if request.part is not None:
        runs = {name: runs[name] for name in request.part.among(cohorts(runs))}
        if not is_quiet():
            say(f"part {request.part}: {len(runs) or 'none'} of the runs")
    check_writable_file(out / PAGE_NAME)
    for plan in plans:
        check_plan(out, plan)
    for plan in plans:
        write_plan(out, plan)
    screen = RunsOnScreen(len(runs), out, lambda _, unfinished: _write_page(out, screen.so_far, unfinished), workers)
    try:
        outcome = run_many(
            runs,
            out,
            watched=screen.watched,
            ended=screen.ended,
            minutes=minutes,
            jobs=workers.jobs,
            cluster=workers.address,
        )
    except BaseException:  # Ctrl-C, or a worker that was killed: no page may go on to say that runs are being made
        with suppress(InputError, OSError):
            _write_page(out, screen.so_far)
        raise
    if outcome.results:
        _write_page(out, outcome)
    _tell(plans, set(runs), outcome, out / PAGE_NAME)
    if outcome.failures:
        sys.exit(1)


def _write_page(out: Path, outcome: Outcome, unfinished: str = "") -> None:
    """The page of all studies and runs in the folder, those of earlier calls, too."""
    plans, remarks = find_plans([out], list(STUDIES))
    results, left_out = find_results([out])
    title = f"Frozen transformers: {listed([plan.name for _, plan in plans])}"
    write_report(
        results,
        out / PAGE_NAME,
        title,
        left_out=left_out + remarks,
        unfinished=unfinished,
        studies=plans,
        failures=outcome.failures,
    )


def _command(study: Study, request: Request, out: Path) -> str:
    """What to type for this study alone, and for all of its parts."""
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


def _tell(plans: Sequence[Plan], asked: Set[str], outcome: Outcome, page: Path) -> None:
    """What is there, what is left and how to go on, and why a run could not be made."""
    for plan in plans:
        mine = [folder for folder in plan.folders if folder in asked]
        there = sum(folder in outcome.results for folder in mine)
        if plan.part and not mine:
            say(f"{plan.study}: no run is in this part")
            continue
        say(f"{plan.study}: {there} of {len(mine)} runs{' of this part' if plan.part else ''} are there")
        for reason in dict.fromkeys(cell.missing for cell in plan.cells if cell.missing):
            say(f"  not asked: {reason}")
    if outcome.left:
        left = counted(len(outcome.left), "run is", "runs are")
        say(f"{left} left, as time is up or another process makes them; the same command goes on")
    if outcome.results:
        say(f"the tables, the paper's numbers beside ours: {page}")
    for reason in dict.fromkeys(outcome.failures.values()):
        names = [name for name, why in outcome.failures.items() if why == reason]
        missing = counted(len(names), "run is", "runs are")
        print(f"frostformer: {missing} not made, such as {names[0]}: {reason}", file=sys.stderr)
