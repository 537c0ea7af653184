"""Reads folders laid out like UCI HAR: one file of numbers for each channel and split, and the answers in files beside.

    train/y_train.txt  train/subject_train.txt  train/*/acc_x_train.txt  ...  test/...  activity_labels.txt

Line n of each file belongs to sequence n. Of the signals, every file below `train` whose name ends in `_train.txt` is a
channel, except the answers, the subjects, and `X_train.txt`, which are numbers made from the signals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import numpy as np

from frostformer.data.files.case import Case
from frostformer.data.files.options import FileOptions
from frostformer.data.files.parsing.text import numbered_lines
from frostformer.data.files.parsing.values import numbers_at, stacked
from frostformer.data.files.schema import Schema, Understood
from frostformer.errors import InputError
from frostformer.files import is_file, is_folder
from frostformer.words import counted, few_of

_PARTS = ("train", "test")


class Har:
    """A folder with `train/y_train.txt` and signals below."""

    def recognises(self, path: Path, head: bytes) -> bool:
        """By the names of the files of the training split."""
        return is_folder(path) and is_file(path / "train" / "y_train.txt") and bool(_signals(path, "train"))

    def understand(self, path: Path, options: FileOptions) -> Understood:
        """Channels are the signals of the training split, in order of their names."""
        signals = _signals(path, "train")
        subjects = is_file(path / "train" / "subject_train.txt")
        schema = Schema("har", "vectors", tuple(signals), ("activity",), beside=("subject",) if subjects else ())
        notes = [
            f"{path} is laid out like UCI HAR, with {counted(len(signals), 'channel')}: {few_of(list(signals), 20)}"
        ]
        if subjects:
            notes.append("'subject' says whom a sequence is of")
        return Understood(schema, tuple(notes))

    def cases(self, path: Path, schema: Schema) -> Iterator[Case]:
        """Those of the training split, then those of the test split."""
        return _cases(path, schema)


FORMAT = Har()


def _signals(folder: Path, part: str) -> dict[str, Path]:
    """Name of the channel -> its file."""
    end = f"_{part}.txt"
    found = sorted((folder / part).rglob(f"*{end}")) if is_folder(folder / part) else []
    names = {one.name.removesuffix(end): one for one in found if is_file(one)}
    return {name: one for name, one in names.items() if name.lower() not in ("x", "y", "subject")}


def _cases(path: Path, schema: Schema) -> Iterator[Case]:
    """A `map`, which goes on behind a sequence that cannot be read."""
    return map(_case, (row for part in _PARTS for row in _rows(path, part, schema)))


def _case(row: tuple[Case, dict[str, str]]) -> Case:
    case, texts = row
    channels = [numbers_at(text.split(), f"{case.place}, channel '{name}'") for name, text in texts.items()]
    return replace(case, values=stacked(channels))


def _rows(path: Path, part: str, schema: Schema) -> Iterator[tuple[Case, dict[str, str]]]:
    """Each sequence without its values, and the line of each channel."""
    signals = _signals(path, part)
    if not signals:
        return
    if missing := [name for name in schema.channels if name not in signals]:
        raise InputError(f"{path / part} has no file {missing[0]}_{part}.txt, which the other split has: get it again")
    names, answers = _names(path), _column(path / part / f"y_{part}.txt")
    subjects = _column(path / part / f"subject_{part}.txt")
    files = [numbered_lines(signals[name]) for name in schema.channels]
    for number, lines in enumerate(zip_longest(*files), 1):
        if any(line is None for line in lines) or (answers and number > len(answers)):
            raise InputError(f"{path / part}, line {number}: not every file has this line; get the folder again")
        answer = answers[number - 1] if answers else None
        beside = {"subject": subjects[number - 1]} if len(subjects) >= number else {}
        case = Case(
            np.empty((0, len(files))), f"{part} {number}", f"{path / part}, line {number}",
            (names.get(answer, answer) if answer else None,), beside, part  # type: ignore[arg-type]
        )  # fmt: skip
        yield case, dict(zip(schema.channels, (line[1] for line in lines), strict=True))


def _column(path: Path) -> list[str]:
    """The lines of a file without blanks around; none if there is no file."""
    return [line.strip() for _, line in numbered_lines(path)] if is_file(path) else []


def _names(folder: Path) -> dict[str, str]:
    """Number of a class -> its name."""
    names = {}
    for line in _column(folder / "activity_labels.txt"):
        number, _, name = line.partition(" ")
        if name:
            names[number] = name.strip()
    return names
