"""`frostformer runs`."""

from __future__ import annotations

from pathlib import Path

from frostformer.cli.options import AsJson


def runs(folder: Path = Path("runs"), *, as_json: AsJson = False) -> None:
    """List the runs and verdicts under FOLDER with their state, score and age.

    Parameters
    ----------
    folder
        A folder of runs, or one above it.
    as_json
        Print a JSON list for a program to read.
    """
    from frostformer.cli.overview import entries, print_entries
    from frostformer.cli.terminal import say_json

    found = list(entries(folder))
    (say_json if as_json else print_entries)(found)
