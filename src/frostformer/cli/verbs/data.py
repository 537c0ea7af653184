"""`frostformer data`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from frostformer.cli.options import AsJson, Flat
from frostformer.data.files.options import FileOptions
from frostformer.errors import InputError


def data(
    file: Path,
    *,
    options: Annotated[FileOptions, Flat] = FileOptions(),  # noqa: B008 (frozen)
    as_json: AsJson = False,
) -> None:
    """Show what is understood of a file or a folder of yours, without training.

    Shows the sequences, what is to be predicted, what was left out and why, every doubt, and the command that trains on
    the file. The options say what is not guessed rightly, and `run --data FILE` takes the same ones.

    Parameters
    ----------
    file
        A table, a file of arrays, sequences or lines, or a folder of tables, arrays, pictures or sounds.
    as_json
        Print it as one JSON object.
    """
    from frostformer.cli.own_data import as_json as to_json
    from frostformer.cli.own_data import print_look
    from frostformer.tasks.from_file import task_of
    from frostformer.tasks.own_data import look_at

    look = look_at(file, options)
    if not look.refusals:
        try:
            task_of(look)  # what only the whole task shows, such as numbers that are too large to scale
        except InputError as error:
            look.refusals.append(str(error))
    if as_json:
        print(to_json(look))
    else:
        print_look(look)
