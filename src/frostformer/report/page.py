"""One self-contained HTML page from results: what was compared, what came out, how it was made. It imports no torch.

The page is a pure function of the results: no date, no outside file, nothing that a browser would have to fetch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import MappingProxyType

from frostformer.errors import InputError
from frostformer.locks import write_alone
from frostformer.report.costs import Cost, costs
from frostformer.report.figures import Curves, attention_maps, dots, learning_curves
from frostformer.report.making import environment, making, span
from frostformer.report.numbers import as_csv
from frostformer.report.plot_parts import Spec
from frostformer.report.rendering import rendered
from frostformer.report.score_tables import LEVELS, score_tables
from frostformer.report.study_tables import study_table
from frostformer.report.table import Form, Table, latex, markdown
from frostformer.report.tables import Matrix, about, matrices, plans
from frostformer.results.compare import findings, listed
from frostformer.results.comparisons import Reference
from frostformer.results.result import Result
from frostformer.results.seeds import Summary, summarise
from frostformer.studies.answers import answers, compared
from frostformer.studies.plan_file import Places, Plan
from frostformer.words import counted


@dataclass(frozen=True)
class _Group:
    """Summaries of one task, ready for the template."""

    task: str
    summaries: list[Summary]
    about: str

    levels: dict[str, str]
    """Level of the validation score -> how it is written."""

    trivial: dict[str, str]
    """Rule without a model -> its test score."""

    curves: Curves
    dots: Spec | None
    costs: list[Cost]
    matrices: list[Matrix]


def write_report(
    results: list[Result],
    path: Path,
    title: str = "Frozen transformers on sequence data",
    reference: Reference | None = None,
    left_out: Sequence[str] = (),
    unfinished: str = "",
    form: Form = "html",
    studies: Sequence[tuple[Places, Plan]] = (),
    failures: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write the page, or its tables alone, whole or not at all.

    Args:
        results: of any tasks and arms.
        path: the file.
        title: its heading.
        reference: what makes an arm the one that others are compared with.
        left_out: results that could not be read, and why, a sentence for each.
        unfinished: a sentence on what is still to come, where runs are still being made.
        studies: whose tables come first, each with the folders of its runs.
        failures: folder of a run of these studies -> why it could not be made, where that is known.
        form: the whole page as HTML; the tables and what may be said of them, as Markdown or LaTeX; or the numbers of
            all arms as CSV.

    Raises:
        InputError: there is no result.
    """
    if not results:
        raise InputError("no results to report: give folders that `frostformer run --out` wrote")
    summaries = summarise(results)
    if form == "csv":
        write_alone(path, as_csv(summaries, reference))
        return
    found = findings(summaries, reference)
    if not reference:  # then the tables of the studies tell of their arms
        outside = _outside(summaries, studies)
        found = {task: text if task in outside else "" for task, text in found.items()}
    about = [_overview(summaries), *filter(None, [unfinished]), *(f"Left out: {one}" for one in left_out)]
    tables: list[Table] = []
    told: set[str] = set()
    for places, plan in studies:
        cells = answers(places, plan, failures)
        tables.append(study_table(plan, cells, compared(cells, plan), told=plan.changes in told))
        told.add(plan.changes)
    if form == "html":
        said = {task: text for task, text in found.items() if text}
        comparing = [table.title for table, (_, plan) in zip(tables, studies, strict=True) if plan.reference]
        text = _page(title, summaries, said, comparing, tables, left_out, unfinished)
    else:
        write = {"markdown": markdown, "latex": latex}[form]
        text = write(title, about, [*tables, *score_tables(summaries, found)])
    write_alone(path, text)


def _page(
    title: str,
    summaries: list[Summary],
    said: dict[str, str],
    comparing: list[str],
    tables: list[Table],
    left_out: Sequence[str],
    unfinished: str,
) -> str:
    series = {arm: i for i, arm in enumerate(dict.fromkeys(summary.arm for summary in summaries))}
    environments = list(dict.fromkeys(environment(result) for summary in summaries for result in summary.results))
    return rendered(
        "template.html.j2",
        title=title,
        left_out=left_out,
        unfinished=unfinished,
        tables=tables,
        said=said,
        comparing=comparing,
        overview=_overview(summaries),
        groups=[_group(task, list(own), series) for task, own in groupby(summaries, lambda summary: summary.task)],
        plans=plans(summaries),
        maps=attention_maps(summaries),
        makings=[(summary, making(i, summary, environments)) for i, summary in enumerate(summaries, 1)],
        environments=environments,
    )


def _outside(summaries: list[Summary], studies: Sequence[tuple[Places, Plan]]) -> list[str]:
    """Tasks with a run that is in no study, of whose arms no table of a study tells."""
    inside = {name for _, plan in studies for name in plan.folders}
    own = [one.task for one in summaries if any(_name_in_a_study(result) not in inside for result in one.results)]
    return list(dict.fromkeys(own))


def _name_in_a_study(result: Result) -> str:
    """The last three parts of its folder, which a study calls TASK/ARM/SEED, wherever it lies."""
    return "" if result.folder is None else "/".join(result.folder.parts[-3:])


def _overview(summaries: list[Summary]) -> str:
    """What was compared, in two sentences."""
    arms = list(dict.fromkeys(summary.arm for summary in summaries))
    tasks = list(dict.fromkeys(summary.task for summary in summaries))
    each = " each" if len(summaries) > 1 else ""
    sizes = [summary.runs for summary in summaries]
    seeds = f"{span(sizes, str)} {'seed' if max(sizes) == 1 else 'seeds'}{each}"
    some = " (not each arm on each task)" if len(summaries) < len(arms) * len(tasks) else ""
    compared = f"{counted(sum(sizes), 'run')}: {counted(len(arms), 'arm')} on {listed(tasks)}{some}, {seeds}."
    return f"{compared} The {'arms are' if len(arms) > 1 else 'arm is'} {listed([f'“{arm}”' for arm in arms])}."


def _group(task: str, summaries: list[Summary], series: dict[str, int]) -> _Group:
    chosen, metric = summaries[0].validation_metric, summaries[0].metric
    return _Group(
        task=task,
        summaries=summaries,
        about=about(summaries),
        levels={level: chosen.level_text(level) for level in LEVELS},
        trivial={rule: metric.text(score) for rule, score in summaries[0].results[0].task["trivial"].items()},
        curves=learning_curves(summaries, series),
        dots=dots(summaries, series),
        costs=costs(summaries),
        matrices=matrices(summaries),
    )
