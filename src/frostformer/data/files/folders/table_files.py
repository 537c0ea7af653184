"""Reads folders of tables of which each is one sequence: `.csv`, `.psv`, `.tsv`, `.txt`, rows in order of time.

The answer is a column with a name such as `label`, one for each row or, with `--choose`, one for each file; or the
folder inside is the class; or a table of file names has it (`--labels`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from frostformer.data.files.case import Case, Text
from frostformer.data.files.folders.answers import FolderAnswers, answer_settings, folder_answers, stored_answers
from frostformer.data.files.folders.files import Found, are_most, files_in, left_out_folders, others
from frostformer.data.files.folders.row_tables import RowTable, Survey, read_rows
from frostformer.data.files.one_answer import one_answer
from frostformer.data.files.options import FileOptions
from frostformer.data.files.parsing.named_columns import chosen, only
from frostformer.data.files.parsing.naming import is_axis
from frostformer.data.files.parsing.numbers import strict_number, strict_numbers
from frostformer.data.files.parsing.parts import PARTS
from frostformer.data.files.parsing.times import day_first, seconds
from frostformer.data.files.schema import Schema, Understood
from frostformer.data.files.tables.labels import options_of_file
from frostformer.errors import CannotRead, InputError
from frostformer.files import is_file
from frostformer.words import few_of, short, typed

_ENDINGS = (".csv", ".psv", ".tsv", ".txt", ".dat", ".tab")
_TARGET_NAMES = ("label", "class", "target", "y", "sepsislabel", "activity", "state")


class OneFileEach:
    """A folder of tables."""

    def recognises(self, path: Path, head: bytes) -> bool:
        """By the names inside: more than one table, and none that is called by a split."""
        if not are_most(path, _is_table):
            return False
        tables = list(filter(_is_table, files_in(path)))
        return len(tables) > 1 and not any(map(_is_split, tables))

    def understand(self, path: Path, options: FileOptions) -> Understood:
        """The columns are those of the first file; one that is no number anywhere is no channel."""
        files = files_in(path)
        wanted = _wanted(files, options.labels)
        survey = Survey()
        for file in wanted:
            survey.add(file)
        if not survey.names:
            raise InputError(survey.bad[0] if survey.bad else f"{path} has no tables: give a folder of tables")
        answers = folder_answers(options, wanted)
        own = options_of_file(options, survey.names, answers.named)
        schema = _schema(path, own, _columns(path, own, survey, answers), survey, answers)
        way = "name the column of the answers by --target, put each class into a folder of its name, or give --labels"
        unanswered = "" if schema.targets else f"{path} has no answers: {way}"
        words = [name for name in survey.words if name not in schema.targets and name not in schema.beside]
        left_out = [f"column '{name}' is no number ({survey.words[name]}) and is left out" for name in words]
        if schema.kind == "tokens":
            left_out = []
        rest = [*left_out_folders(path), *others(path, files, wanted, "table")]
        clock = survey.clocks.get(schema.settings["time"])
        warnings = (*answers.doubts(wanted), *(clock.doubts() if clock else []))
        return Understood(
            schema, (*_notes(schema, survey, own), *answers.notes), warnings, (*left_out, *rest), None, unanswered
        )

    def cases(self, path: Path, schema: Schema) -> Iterator[Case]:
        """One for each file, in order of their names; a file alone is one, too."""
        answers = stored_answers(schema)
        files = files_in(path) if is_file(path) else _wanted(files_in(path), schema.settings["labels"])
        return map(partial(_case, schema, answers), files)


FORMAT = OneFileEach()


def without_time(path: Path, schema: Schema) -> list[str]:
    """What is to be said where the rows of a further table cannot be put in the order of their time."""
    time = schema.settings.get("time", "") if schema.format == "one-file-each" else ""
    files = filter(_is_table, files_in(path)) if time else iter(())
    lacking = next((file for file in files if _lacks(file, time, schema.settings["header"])), None)
    return (
        [f"{lacking.name} has no column '{time}', by which rows are ordered: such a file is read in its own order"]
        if lacking
        else []
    )


def _lacks(file: Found, name: str, header: bool | None) -> bool:
    try:
        return name not in read_rows(file.path, header=header).names
    except CannotRead:  # which is said when the file is read
        return False


def _is_table(file: Found) -> bool:
    return file.path.suffix.lower() in _ENDINGS


def _wanted(files: list[Found], labels: str | None) -> list[Found]:
    """The tables, without the one of the answers."""
    table = Path(labels).resolve() if labels else None
    return [file for file in files if _is_table(file) and file.path.resolve() != table]


def _is_split(file: Found) -> bool:
    """Whether it is called `train.csv` or `x_test.txt`, so that it holds many sequences."""
    words = file.path.stem.lower().replace("-", "_").split("_")
    return words[0] in PARTS or words[-1] in PARTS


@dataclass(frozen=True)
class _Columns:
    """What the columns of the tables are for."""

    target: str | None
    time: str
    beside: tuple[str, ...]
    """Time and groups."""

    sequence: list[str]


def _columns(path: Path, options: FileOptions, survey: Survey, answers: FolderAnswers) -> _Columns:
    """What the options say, and what the names and values of the columns say where they do not."""
    names = survey.names
    target = None if answers.table else _target(path, options.target, names, has_folders=answers.by_folder)
    dropped, kept = chosen(path, "--drop", options.drop, names), chosen(path, "--keep", options.keep, names)
    sequence = chosen(path, "--sequence", options.sequence, names)
    free = [name for name in names if name not in (target, *dropped, *kept, *sequence)]
    numbers = [name for name in names if name not in (target, *dropped, *survey.words)]
    time = only(path, "--time", options.time, names) or survey.time([name for name in free if numbers != [name]])
    groups = chosen(path, "--group", options.group, names) or list(filter(survey.is_group, free))
    beside = tuple(filter(None, [time, *groups]))
    rest = [name for name in names if name not in (target, *dropped) and (name not in beside or name in kept)]
    return _Columns(target, time, beside, sequence or rest)


def _schema(path: Path, options: FileOptions, columns: _Columns, survey: Survey, answers: FolderAnswers) -> Schema:
    target, time, sequence = columns.target, columns.time, columns.sequence
    numeric = [name for name in sequence if name not in survey.words]
    if not numeric and len(sequence) != 1:
        there = few_of(sequence or survey.names, 20)
        raise InputError(
            f"{path} has no column of numbers: choose one column of words by --sequence; there are {there}"
        )
    changes = target is not None and (
        options.per_position or bool(options.window) or (options.choose is None and target in survey.changing)
    )
    settings = {
        "header": survey.header, "columns": numeric or sequence, "choose": options.choose,
        "form": "long",  # as of a table whose rows are positions
        "time": time, "days_first": time in survey.clocks and survey.clocks[time].days_first,
        **answer_settings(options, answers if target is None else replace(answers, by_folder=False)),
    }  # fmt: skip
    return Schema(
        "one-file-each",
        "vectors" if numeric else "tokens",
        tuple(numeric),
        (target,) if target else answers.targets,
        per_position=changes,
        settings=settings,
        beside=(*columns.beside, *(name for name in answers.beside if name not in columns.beside)),
    )


def _target(path: Path, said: str | None, names: list[str], *, has_folders: bool) -> str | None:
    if said:
        return chosen(path, "--target", said, names)[0]
    found = [name for name in names if name.lower() in _TARGET_NAMES and not is_axis(name, names)]
    return found[-1] if found and not has_folders else None


def _notes(schema: Schema, survey: Survey, options: FileOptions) -> tuple[str, ...]:
    notes = [f"each file is one sequence, its rows are the positions; the columns are {few_of(survey.names, 20)}"]
    if (time := schema.settings["time"]) and time not in schema.channels:
        kept = "" if time in survey.words else f"; --keep {typed(time)} makes it an input"
        notes.append(f"rows are in the order of '{time}', which is no input{kept}")
    if not options.keep:
        faults = {name: survey.clocks[name].fault for name in schema.channels if name in survey.clocks}
        notes += [f"'{name}' is an input and not the time of the rows: {why}" for name, why in faults.items() if why]
    if schema.per_position and not options.per_position and not options.window:
        notes.append(
            f"'{schema.targets[0]}' changes inside a file: each row has its own, and --choose last makes one of them"
        )
    return tuple(notes)


def _case(schema: Schema, answers: FolderAnswers, file: Found) -> Case:
    settings, place = schema.settings, str(file.path)
    table = read_rows(file.path, header=settings["header"])
    time = settings.get("time", "")
    if time and time in table.names:  # a new file may lack it, see `without_time`
        table = table.by(_times(table, time, settings["days_first"], place))
    if schema.kind == "vectors":
        values = np.stack([_numbers(table, name, place) for name in settings["columns"]], 1)
    else:
        values = np.array(_column(table, settings["columns"][0], place), np.str_)
    case = replace(answers.case(file, values), name=file.path.stem if "/" not in file.name else file.name)
    own = {name: _beside(table, name, time, place) for name in schema.beside if name in table.names}
    case = replace(case, beside={**case.beside, **own})
    if not (answers.table or settings["by_folder"]) and schema.targets and schema.targets[0] in table.names:
        rows = tuple(cell.strip() or None for cell in table.column(schema.targets[0]))
        target = rows if schema.per_position else (one_answer(rows, settings["choose"] or "", place),)
        case = replace(case, target=target)
    return case


def _times(table: RowTable, name: str, days_first: bool, place: str) -> np.ndarray:
    """(T,) times of the rows."""
    shown = day_first(table.column(name))
    times = [seconds(cell, days_first=days_first if shown is None else shown) for cell in table.column(name)]
    for line, time, cell in zip(table.lines, times, table.column(name), strict=True):
        if time is None or not np.isfinite(time):
            raise CannotRead(f"{place}, line {line}, column '{name}': {short(cell)} is no time; mend it")
    return np.array(times, np.float64)


def _beside(table: RowTable, name: str, time: str, place: str) -> Text:
    """What a column says of the whole sequence: the first time, or the only value."""
    cells = dict.fromkeys(table.column(name))
    if len(cells) > 1 and name != time:
        raise CannotRead(f"{place} has several values of '{name}': {few_of(list(cells))}; give each a file of its own")
    return next(iter(cells), None) or None


def _column(table: RowTable, name: str, place: str) -> list[str]:
    if name not in table.names:
        raise CannotRead(f"{place} has no column '{name}', which other files have: mend it or take it out")
    return table.column(name)


def _numbers(table: RowTable, name: str, place: str) -> np.ndarray:
    """(T,) values of one column."""
    cells = _column(table, name, place)
    try:
        return strict_numbers(cells)
    except ValueError:
        at = next(at for at, cell in enumerate(cells) if strict_number(cell) is None)
        raise CannotRead(
            f"{place}, line {table.lines[at]}, column '{name}': {short(cells[at])} is no number; write one or nothing"
        ) from None
