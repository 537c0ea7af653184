"""`frostformer report`."""

from __future__ import annotations

from pathlib import Path


def report(*folders: Path, out: Path = Path("report.html")) -> None:
    """Make one HTML page of all results under FOLDERS (default: runs).

    Parameters
    ----------
    folders
        Folders to search for result.json.
    out
        The page to write.
    """
    from frostformer.cli.terminal import say
    from frostformer.files import check_writable_file
    from frostformer.report.page import write_report
    from frostformer.results.result import find_results

    check_writable_file(out)
    write_report(find_results(list(folders) or [Path("runs")]), out)
    say(f"report written to {out}")
