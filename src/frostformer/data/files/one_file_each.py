"""Reads folders of tables of which each is one sequence: `.csv`, `.psv`, `.tsv`, `.txt`, rows in order of time.

The answer is a column with a name such as `label`, one for each row or, with `--choose`, one for each file; or the
folder inside is the class; or a table of file names has it (`--labels`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from frostformer.data.files.answers import chosen_answer
from frostformer.data.files.case import Case
from frostformer.data.files.folders import (
    MOST_LOOKED_AT,
    FolderAnswers,
    Found,
    files_in,
    folder_answers,
    left_out_folders,
    others,
    stored_answers,
)  # fmt: skip
from frostformer.data.files.named_columns import chosen_columns, listed_columns
from frostformer.data.files.options import FileOptions
from frostformer.data.files.row_tables import RowTable, Survey, read_rows
from frostformer.data.files.schema import Schema, Understood
from frostformer.data.files.siblings import PARTS
from frostformer.data.files.strict_numbers import numbers
from frostformer.data.files.words import listed
from frostformer.errors import CannotRead, InputError
from frostformer.files import is_file, is_folder

_ENDINGS = (".csv", ".psv", ".tsv", ".txt", ".dat", ".tab")
_TARGET_NAMES = ("label", "class", "target", "y", "sepsislabel", "activity", "state")


class OneFileEach:
    """A folder of tables."""

    def recognises(self, path: Path, head: bytes) -> bool:
        """By the names inside: more than one table, and none that is called by a split."""
        if not is_folder(path):
            return False
        files = files_in(path)[:MOST_LOOKED_AT]
        tables = _tables(files)
        return len(tables) > 1 and len(tables) * 2 > len(files) and not any(_is_split(file) for file in tables)

    def understand(self, path: Path, options: FileOptions) -> Understood:
        """The columns are those of the first file; one that is no number anywhere is no channel."""
        files = files_in(path)
        wanted = _wanted(files, options.labels)
        survey = Survey()
        for file in wanted:
            survey.add(file.path)
        if not survey.names:
            raise InputError(survey.bad[0] if survey.bad else f"{path} has no tables: give a folder of tables")
        answers = folder_answers(options, wanted)
        schema = _schema(path, options, survey, answers)
        way = "name the column of the answers by --target, put each class into a folder of its name, or give --labels"
        unanswered = "" if schema.targets else f"{path} has no answers: {way}"
        words = [name for name in survey.words if name not in schema.targets and name not in schema.beside]
        left_out = [f"column '{name}' is no number ({survey.words[name]}) and is left out" for name in words]
        if schema.kind == "tokens":
            left_out = []
        rest = [*left_out_folders(path), *others(path, files, wanted, "table")]
        return Understood(
            schema, _notes(schema, survey, options), tuple(answers.doubts(wanted)), (*left_out, *rest), None, unanswered
        )

    def cases(self, path: Path, schema: Schema) -> Iterator[Case]:
        """One for each file, in order of their names; a file alone is one, too."""
        answers = stored_answers(schema.settings, by_folder=schema.settings["by_folder"])
        files = files_in(path) if is_file(path) else _wanted(files_in(path), schema.settings["labels"])
        return map(partial(_case, schema, answers), files)


FORMAT = OneFileEach()


def _tables(files: list[Found]) -> list[Found]:
    return [file for file in files if file.path.suffix.lower() in _ENDINGS]


def _wanted(files: list[Found], labels: str | None) -> list[Found]:
    """The tables, without the one of the answers."""
    table = Path(labels).resolve() if labels else None
    return [file for file in _tables(files) if file.path.resolve() != table]


def _is_split(file: Found) -> bool:
    """Whether it is called `train.csv` or `x_test.txt`, so that it holds many sequences."""
    words = file.path.stem.lower().replace("-", "_").split("_")
    return words[0] in PARTS or words[-1] in PARTS


def _schema(path: Path, options: FileOptions, survey: Survey, answers: FolderAnswers) -> Schema:
    names = survey.names
    target = None if answers.table else _target(options.target, names, has_folders=answers.by_folder)
    dropped = [names[at] for at in listed_columns(options.drop, names, "drop")]
    beside = [
        names[at] for option in ("time", "group") for at in listed_columns(getattr(options, option), names, option)
    ]
    free = [name for name in names if name not in (target, *dropped, *beside)]
    if options.sequence:
        free = [names[at] for at in chosen_columns(options.sequence, names, "sequence")]
    numeric = [name for name in free if name not in survey.words]
    if not numeric and len(free) != 1:
        raise InputError(
            f"{path} has no column of numbers: choose one column of words by --sequence; there are {listed(free, 20)}"
        )
    changes = target is not None and (
        options.per_position or bool(options.window) or (options.choose is None and survey.changes(target))
    )
    settings = {
        "header": survey.header, "columns": numeric or free, "choose": options.choose, "by_folder": answers.by_folder,
        "labels": options.labels, "target": options.target, "id": options.id,
    }  # fmt: skip
    return Schema(
        "one-file-each",
        "vectors" if numeric else "tokens",
        tuple(numeric),
        (target,) if target else answers.targets,
        per_position=changes,
        settings=settings | {"by_folder": answers.by_folder and target is None},
        beside=tuple(beside),
    )


def _target(said: str | None, names: list[str], *, has_folders: bool) -> str | None:
    if said:
        return names[chosen_columns(said, names, "target")[0]]
    found = [name for name in names if name.lower() in _TARGET_NAMES]
    return found[-1] if found and not has_folders else None


def _notes(schema: Schema, survey: Survey, options: FileOptions) -> tuple[str, ...]:
    notes = [f"each file is one sequence, its rows are the positions; the columns are {listed(survey.names, 20)}"]
    if schema.per_position and not options.per_position and not options.window:
        notes.append(
            f"'{schema.targets[0]}' changes inside a file: each row has its own, and --choose last makes one of them"
        )
    return tuple(notes)


def _case(schema: Schema, answers: FolderAnswers, file: Found) -> Case:
    settings, place = schema.settings, str(file.path)
    table = read_rows(file.path, header=settings["header"])
    cells = [_column(table, name, place) for name in settings["columns"]]
    values = np.array(cells[0] if cells else [], np.str_)
    if schema.kind == "vectors":
        values = np.stack(
            [_numbers(table, column, name, place) for name, column in zip(settings["columns"], cells, strict=True)], 1
        )
    target = answers.of(file)
    if not (answers.table or settings["by_folder"]) and schema.targets and schema.targets[0] in table.names:
        rows = tuple(cell.strip() or None for cell in table.column(schema.targets[0]))
        target = rows if schema.per_position else (chosen_answer(rows, settings["choose"] or "", place),)
    return Case(values, file.path.stem if "/" not in file.name else file.name, place, target, part=file.part)


def _column(table: RowTable, name: str, place: str) -> list[str]:
    if name not in table.names:
        raise CannotRead(f"{place} has no column '{name}', which other files have: mend it or take it out")
    return table.column(name)


def _numbers(table: RowTable, cells: list[str], name: str, place: str) -> np.ndarray:
    """(T,) values of one column."""
    try:
        return numbers(cells)
    except ValueError as error:
        at, _, reason = str(error).partition(": ")
        line = table.lines[int(at.split()[1]) - 1]
        raise CannotRead(f"{place}, line {line}, column '{name}': {reason}; write a number or nothing") from None
