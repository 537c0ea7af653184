"""Does a frozen pretrained transformer help on these sequences? The whole way from data to the answer.

frostformer verdict data.csv --target label --budget 10m --out runs/v
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from frostformer.config import RunConfig
from frostformer.data.files.given import is_frame
from frostformer.data.files.options import DataFile, FileOptions
from frostformer.deploy.frames import rows_of
from frostformer.errors import InputError, enough_memory, unknown_name
from frostformer.files import check_writable, is_file
from frostformer.locks import locked
from frostformer.report.making import of_file
from frostformer.report.rendering import PAGE_NAME
from frostformer.report.verdict_page import write_verdict_page
from frostformer.results.verdict import PLAN_NAME, VERDICT_NAME, Verdict, read_verdict, write_verdict
from frostformer.results.verdict_folder import folder_of_size, plans_in
from frostformer.runs.makers import HERE, Makers
from frostformer.runs.one import settle
from frostformer.tasks.task import Task
from frostformer.verdicts.arms import Arm
from frostformer.verdicts.asked import Asked
from frostformer.verdicts.budget import parse_budget
from frostformer.verdicts.comparison import Tell
from frostformer.verdicts.judging import judge, settled
from frostformer.verdicts.outset import Terms, comparison_of
from frostformer.verdicts.own_trials import trial_of_arrays, trial_of_file
from frostformer.verdicts.plan import asked_otherwise, write_plan
from frostformer.verdicts.sentences import up_to
from frostformer.verdicts.store import READINGS_NAME, start_anew
from frostformer.verdicts.trial import Trial, trial_of_name, trial_of_task

log = logging.getLogger(__name__)


def verdict(
    data: Any = None,
    y: Any = None,
    *,
    out: Path | str,
    task: Task | str | None = None,
    task_options: Mapping[str, str] | None = None,
    resume: bool = False,
    overwrite: bool = False,
    jobs: int = 1,
    cluster: str | None = None,
    **asked: Any,
) -> Verdict:
    """Answer whether a frozen pretrained transformer helps on sequences, and whether it beats simple baselines.

    Args:
        data: path of a file or folder, or a data frame; or sequences as `Task.from_arrays` takes them, with `y`.
        y: their answers.
        out: a folder; the answer is in its `verdict.json`, and its page in `report.html`.
        task: a task or the name of one, in place of data.
        task_options: of the task that is named.
        resume: go on with the verdict in `out`, to the same answer; a finished one gives its answer.
        overwrite: begin anew; that reads the test again, at a third of the alpha. What was in `out` is removed as soon
            as the new plan stands.
        jobs: how many processes train at the same time, each with its share of the cores.
        cluster: address of a Dask scheduler whose workers train, see `run_many`.
        asked: fields of `Asked`, such as `budget="10m"`; of a file, fields of `FileOptions`, such as `target="label"`;
            of arrays, `groups`, `times` and what else `Task.from_arrays` takes.

    Raises:
        InputError: no task can be made of the data, the budget is too small, or `out` holds another verdict.
    """
    known = {one.name for one in fields(Asked)}
    how = Asked(**{name: value for name, value in asked.items() if name in known})
    rest = {name: value for name, value in asked.items() if name not in known}
    trial = trial_of(data, y, task, dict(task_options or {}), how.seed, rest)
    return answer(trial, how, Path(out), resume=resume, overwrite=overwrite, makers=Makers(jobs, cluster))


def answer(
    trial: Trial,
    asked: Asked,
    out: Path,
    *,
    resume: bool = False,
    overwrite: bool = False,
    tell: Tell = log.info,
    arms: dict[str, Arm] | None = None,
    makers: Makers = HERE,
) -> Verdict:
    """The verdict of a trial; see `verdict`.

    Args:
        trial: what the arms are tried on.
        asked: how.
        out: a folder.
        resume: go on with the verdict in it.
        overwrite: begin anew.
        tell: takes a sentence on how it goes.
        arms: in place of the usual ones, to test the whole on arms that are equal.
        makers: who trains.
    """
    check_writable(out)
    makers.check()
    with locked(out, [PLAN_NAME, VERDICT_NAME, READINGS_NAME]), enough_memory():
        _refuse_to_lose(out, resume, overwrite)
        terms = _terms(trial, asked, out, tell, arms, makers)
        parts = [_part(terms, trial, out, count) for count in asked.labels()]
        if resume:
            _check_same(out, parts)
            if is_file(out / VERDICT_NAME):
                return _shown(out)
        # everything is planned, or refused, before anything is lost or trained
        comparisons = [comparison_of(*part, anew=overwrite) for part in parts]
        if overwrite:
            start_anew(out)
        for one in comparisons:
            write_plan(one.store.folder, one.plan)
        for one in comparisons:
            one.train()
        # no test score is computed before the last training has ended
        ended = [settled(one) for one in comparisons]
        if any(one.is_ready for one in ended):
            comparisons[0].store.note_reading([one.plan.fields for one in comparisons])
        found = _joined([judge(one) for one in ended])
        write_verdict(out, found)
        write_verdict_page(found, out / PAGE_NAME)
    return found


def _shown(out: Path) -> Verdict:
    """The verdict in its folder, with its page, which a kill may have prevented."""
    found = read_verdict(out)
    if not is_file(out / PAGE_NAME):
        write_verdict_page(found, out / PAGE_NAME)
    return found


def _part(terms: Terms, trial: Trial, out: Path, count: int | None) -> tuple[Terms, Trial, Path]:
    """The comparison with so many labelled sequences, or with all, and its folder."""
    if count is None:
        return terms, trial, out
    own = replace(terms, labels=count, ledger=out)
    return own, trial.with_labels(count, terms.seed), folder_of_size(out, count)


def _check_same(out: Path, parts: list[tuple[Terms, Trial, Path]]) -> None:
    """Refuse to go on with, or to show, a verdict that was asked something else."""
    there = {plan.parent for plan in plans_in(out)}
    if not there and is_file(out / VERDICT_NAME):
        raise InputError(
            f"{out} holds a verdict without its {PLAN_NAME}, so nobody knows whether it was asked the same: see it "
            f"with `frostformer report {out}`, or give another --out"
        )
    if not there:
        parts[0][0].tell(f"{out} holds no verdict to go on with: a new one begins")
        return
    if not there <= {folder for _, _, folder in parts}:
        raise asked_otherwise(out, "--sizes")
    for terms, own, folder in parts:
        terms.check(folder, own)


def _joined(verdicts: list[Verdict]) -> Verdict:
    """The answer with the most labels; with several amounts also those with fewer."""
    last = verdicts[-1]
    if len(verdicts) == 1:
        return last
    seconds = sum(one.seconds for one in verdicts)
    return replace(last, curve=tuple(verdicts), sentences=(*last.sentences, up_to(verdicts)), seconds=seconds)


def _terms(trial: Trial, asked: Asked, out: Path, tell: Tell, arms: dict[str, Arm] | None, makers: Makers) -> Terms:
    if asked.margin is not None and asked.margin >= 1 and trial.task.scoring.kind != "regression":
        raise InputError(
            f"margin is {asked.margin:g}, but scores are shares of right answers here: give less than 1, such as 0.02 "
            "for two points"
        )
    config = RunConfig(
        batch_size=asked.batch_size,
        backbone=asked.backbone,
        layers=asked.layers,
        weights="pretrained",
        device=asked.device,
        backbone_precision=asked.backbone_precision,
    )
    question, place = settle(config, trial.task)
    return Terms(
        config=question.config,
        place=place,
        budget=parse_budget(asked.budget).part(1 / len(asked.labels())),
        steps=asked.steps,
        margin=asked.margin,
        seed=asked.seed,
        sizes=tuple(count for count in asked.labels() if count is not None),
        command=asked.command(trial.source, out, makers.plugin),
        tell=tell,
        arms=arms,
        makers=makers,
    )


def trial_of(
    data: Any, y: Any, task: Task | str | None, task_options: dict[str, str], seed: int, how: Mapping[str, Any]
) -> Trial:
    """What the arms are tried on, from whichever kind of data was given; see `verdict`."""
    if (data is None) == (task is None):
        raise InputError(
            "give either a file or folder of data, or the name of a task, one of them: `frostformer verdict FILE --out "
            "OUT` or `frostformer verdict --task NAME --out OUT`"
        )
    if task is not None:
        if given := next(iter(how), None):
            raise InputError(
                f"--{given.replace('_', '-')} says how a file is read, and a task has its own: leave it out"
            )
        return trial_of_name(task, task_options) if isinstance(task, str) else trial_of_task(task)
    if task_options:
        raise InputError("task_options belong to a task that is named with --task: leave them out")
    if y is not None:
        _check_known(how, _OF_ARRAYS)
        return trial_of_arrays(rows_of(data), np.asarray(y) if hasattr(y, "to_numpy") else y, seed=seed, **how)
    _check_known(how, {one.name for one in fields(FileOptions)})
    if not isinstance(data, (str, Path)) and not is_frame(data):
        raise InputError("the answers of the sequences are missing: verdict(x, y, out=...)")
    trial = trial_of_file(data, FileOptions(**how), seed)
    return trial if is_frame(data) else replace(trial, source=_words(str(data), how))


_OF_ARRAYS = {"kind", "scoring", "per_position", "groups", "times", "scaling"}
"""The options of `Task.from_arrays` that say how x and y are read."""


def _check_known(how: Mapping[str, Any], known: set[str]) -> None:
    if wrong := next((name for name in how if name not in known), None):
        raise unknown_name("option", wrong, known | {one.name for one in fields(Asked)})


def _words(path: str, how: Mapping[str, Any]) -> tuple[str, ...]:
    """A file and how it is read, as the command line takes them."""
    return (path, *of_file(DataFile(path=path, **how))[2:])


def _refuse_to_lose(out: Path, resume: bool, overwrite: bool) -> None:
    if resume and overwrite:
        raise InputError("--resume and --overwrite contradict each other: give one")
    if resume or overwrite:
        return
    if is_file(out / VERDICT_NAME):
        raise InputError(
            f"{out} holds a verdict: see it with --resume, give another --out, or begin anew with --overwrite, which "
            "reads the test again"
        )
    if plans_in(out):
        raise InputError(
            f"{out} holds a verdict that has not ended: finish it with --resume, give another --out, or begin anew "
            "with --overwrite"
        )
