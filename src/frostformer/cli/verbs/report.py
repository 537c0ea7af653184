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
    from frostformer.report.page import write_report
    from frostformer.results.result import find_results

    results, left_out = find_results(list(folders) or [Path("runs")])
    for sentence in left_out:
        print(f"left out: {sentence}")
    write_report(results, out, left_out=left_out)
    print(f"report written to {out}")
