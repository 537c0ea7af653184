"""`frostformer report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frostformer.report.table import Form

_ENDINGS: dict[Form, str] = {"html": "html", "markdown": "md", "latex": "tex", "csv": "csv"}


def report(
    *folders: Path,
    out: Annotated[Path | None, Parameter(alias="-o")] = None,
    reference: str | None = None,
    format: Form = "html",  # noqa: A002 - the name of the option
) -> None:
    """Make one HTML page of all results under FOLDERS (default: runs), or a file of its tables.

    Parameters
    ----------
    folders
        Folders to search for the files of runs and of studies; or the folder of one verdict.
    out
        The file to write; if not given, `report.html`, `.md`, `.tex` or `.csv`, or the page in a verdict's folder.
    reference
        What makes an arm the one that others are compared with, such as `weights=random` or
        `weights=pretrained,trainable=frozen`; an arm's reference is like it in everything else.
        `none` stands for an option that is not given.
    format
        `html`: a page with plots that needs nothing but itself. `markdown`, `latex`: the tables and what may be said
        of them. `csv`: the numbers of each arm, with intervals, for programs.
    """
    from frostformer.cli.options import parse_reference
    from frostformer.cli.terminal import say
    from frostformer.errors import InputError
    from frostformer.files import is_file
    from frostformer.report.page import write_report
    from frostformer.report.rendering import PAGE_NAME
    from frostformer.report.verdict_page import write_verdict_page
    from frostformer.results.kept import check_out_file
    from frostformer.results.result import find_results
    from frostformer.results.verdict import VERDICT_NAME, read_verdict
    from frostformer.results.verdict_folder import refuse_unfinished
    from frostformer.studies.plan_file import find_plans
    from frostformer.studies.registry import STUDIES

    named = None if reference is None else parse_reference(reference)
    searched = list(folders) or [Path("runs")]
    if len(searched) == 1 and is_file(searched[0] / VERDICT_NAME):
        if format != "html" or reference is not None:
            raise InputError("the page of a verdict is HTML and has its reference: leave --format and --reference out")
        path = out or searched[0] / PAGE_NAME
        check_out_file(path)
        write_verdict_page(read_verdict(searched[0]), path)
        say(f"report written to {path}")
        return
    for folder in searched:
        refuse_unfinished(folder)
    path = out or Path(f"report.{_ENDINGS[format]}")
    check_out_file(path)
    results, left_out = find_results(searched)
    plans, remarks = find_plans(searched, list(STUDIES))
    left_out += remarks
    for sentence in left_out:
        say(f"left out: {sentence}")
    write_report(results, path, reference=named, left_out=left_out, form=format, studies=plans)
    say(f"report written to {path}")
