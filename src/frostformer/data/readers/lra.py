"""Reads Long Range Arena's ListOps files, such as `basic_train.tsv` (Tay et al. 2021, section 2.1.1).

Such a file is UTF-8 text. The first line is the header `Source<tab>Target`. Every other line has an expression, a tab
and the expression's value, which is one digit. The files put the expression `[MAX 4 2 ]` into parentheses:

    ( ( ( [MAX 4 ) 2 ) ] )<tab>4

This reader checks only this format. What the words mean, and whether the value is right, is checked by the task
(`tasks/listops.py`).
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple

from frostformer.errors import InputError
from frostformer.files import is_file

_HEADER = "Source\tTarget"
_MOST_LETTERS = 2**20  # of a line; one without an end is not read into memory whole


class Row(NamedTuple):
    """One line of a file."""

    expression: str
    """The text before the tab, parentheses included."""

    value: int
    """The label, 0 to 9."""

    where: str
    """File and line number, for error messages."""


def read_lra(path: Path) -> Generator[Row, None, None]:
    """The rows of a file, in its order.

    The file is read row by row while the caller iterates, since the training file has about 640 MB of text.

    Raises:
        InputError: the file is missing, empty or in another format; a damaged row is named by its line number.
    """
    from tqdm import tqdm

    if not is_file(path):
        raise InputError(
            f"there is no file {path}: give the folder with Long Range Arena's basic_train.tsv, basic_val.tsv "
            "and basic_test.tsv"
        )
    number = 1  # of the current line
    try:
        with path.open(encoding="utf-8") as file:
            if (header := file.readline(_MOST_LETTERS).rstrip("\n")) != _HEADER:
                raise InputError(
                    f"{path} begins with {header[:40]!r} instead of the header {_HEADER!r}: "
                    "give one of Long Range Arena's ListOps files"
                )
            lines = iter(lambda: file.readline(_MOST_LETTERS), "")
            for number, line in enumerate(tqdm(lines, path.name, unit=" rows", delay=1), start=2):
                yield _read_row(line.rstrip("\n"), f"{path} line {number}")
    except (UnicodeDecodeError, OSError) as error:
        raise InputError(f"{path} is not a text file ({error}): get it again") from error
    if number == 1:
        raise InputError(f"{path} has no expressions after its header: get it again")


def _read_row(line: str, where: str) -> Row:
    fields = line.split("\t")
    if len(fields) != 2:
        raise InputError(
            f"{where} has {len(fields)} fields between tabs instead of 2, an expression and its value: "
            "get the file again"
        )
    text, label = fields
    if len(label) != 1 or label not in "0123456789":
        raise InputError(f"{where} has the label {label[:20]!r} instead of a digit from 0 to 9: get the file again")
    if text.count("(") != text.count(")"):
        raise InputError(
            f"{where} has {text.count('(')} opening and {text.count(')')} closing parentheses, "
            "so a part of it is missing: get the file again"
        )
    return Row(text, int(label), where)
