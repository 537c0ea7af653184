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
from frostformer.data.files.parsing.times import day_first, is_date_in_doubt, seconds
from frostformer.data.files.schema import Schema, Understood
from frostformer.data.files.tables.cells import Told
from frostformer.data.files.tables.dates import doubt
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
        order = _Order(schema.settings.get("time", ""), schema.settings.get("days_first", False))
        return Told(map(partial(_case, schema, answers, order), files), order.doubts)


FORMAT = OneFileEach()


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


@dataclass
class _Order:
    """Puts the rows of each file in the order of their times, and remembers where that is in doubt."""

    time: str
    """Name of the column; empty if rows are in the order of the file."""

    days_first: bool
    """Whether dates that do not show it begin with the day."""

    lacking: str = ""
    """The first file that has no such column, as a new one may not."""

    doubtful: str = ""
    """The first date of a file in which none shows whether it begins with the day."""

    def of(self, table: RowTable, file: Found) -> RowTable:
        """The table in order.

        Raises:
            CannotRead: a cell is no time.
        """
        if not self.time or self.time not in table.names:
            self.lacking = self.lacking or (file.name if self.time else "")
            return table
        cells = table.column(self.time)
        shown = day_first(cells)
        if shown is None:
            self.doubtful = self.doubtful or next(filter(is_date_in_doubt, cells), "")
        times = [seconds(cell, days_first=self.days_first if shown is None else shown) for cell in cells]
        for line, time, cell in zip(table.lines, times, cells, strict=True):
            if time is None or not np.isfinite(time):
                raise CannotRead(f"{file.path}, line {line}, column '{self.time}': {short(cell)} is no time; mend it")
        return table.by(np.array(times, np.float64))

    def doubts(self) -> list[str]:
        """What is to be said of the files that were read."""
        said = [doubt(self.doubtful, self.time, days_first=self.days_first)] if self.doubtful else []
        if self.lacking:
            said.append(
                f"{self.lacking} has no column '{self.time}', by which rows are ordered: such a file is read in its "
                "own order"
            )
        return said


def _case(schema: Schema, answers: FolderAnswers, order: _Order, file: Found) -> Case:
    settings, place, time = schema.settings, str(file.path), order.time
    table = order.of(read_rows(file.path, header=settings["header"]), file)
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
