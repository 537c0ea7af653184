"""`frostformer report`."""

from __future__ import annotations

from pathlib import Path


def report(*folders: Path, out: Path = Path("report.html"), reference: str | None = None) -> None:
    """Make one HTML page of all results under FOLDERS (default: runs).

    Parameters
    ----------
    folders
        Folders to search for result.json.
    out
        The page to write.
    reference
        What makes an arm the one that others are compared with, such as `weights=random` or
        `weights=pretrained,trainable=frozen`; an arm's reference is like it in everything else.
        `none` stands for an option that is not given.
    """
    from frostformer.cli.options import parse_reference
    from frostformer.cli.terminal import say
    from frostformer.files import check_writable_file
    from frostformer.report.page import write_report
    from frostformer.results.result import find_results

    named = None if reference is None else parse_reference(reference)
    check_writable_file(out)
    results, left_out = find_results(list(folders) or [Path("runs")])
    for sentence in left_out:
        say(f"left out: {sentence}")
    write_report(results, out, reference=named, left_out=left_out)
    say(f"report written to {out}")
