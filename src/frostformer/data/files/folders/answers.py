"""Where the answers of a folder's files come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from frostformer.data.files.case import Case
from frostformer.data.files.folders.files import Found
from frostformer.data.files.options import FileOptions
from frostformer.data.files.schema import Schema
from frostformer.data.files.tables.formats import read_labels, stored_labels
from frostformer.data.files.tables.labels import LabelTable


@dataclass(frozen=True)
class FolderAnswers:
    """Where the answers of a folder's files come from: the folders of classes, or a table of file names."""

    table: LabelTable | None = None
    by_folder: bool = False

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the targets."""
        return self.table.targets if self.table else ("class",) if self.by_folder else ()

    @property
    def notes(self) -> list[str]:
        """What the columns of the table were taken for."""
        return [self.table.note] if self.table else []

    @property
    def beside(self) -> tuple[str, ...]:
        """Names of the columns that the table puts beside sequences."""
        return self.table.dividing.columns if self.table else ()

    @property
    def named(self) -> tuple[str, ...]:
        """Names of the table's columns that options may name."""
        dividing = self.table.dividing if self.table else None
        return (*dividing.columns, *dividing.dropped) if dividing else ()

    def case(self, file: Found, values: np.ndarray) -> Case:
        """The sequence of one file; the table may call it by its path, its name, or its name without ending."""
        case = Case(values, file.name, str(file.path), (file.label,) if self.by_folder else (), part=file.part)
        return self.table.answered(case, *_names(file)) if self.table else case

    def unanswered(self, folder: Path) -> str:
        """How to give answers if there are none."""
        way = "put each class into a folder of its name, or give a table of file names and answers by --labels"
        return "" if self.table or self.by_folder else f"{folder} has no answers: {way}"

    def doubts(self, files: list[Found]) -> list[str]:
        """Answers of which there is no file."""
        if self.table is None:
            return []
        for file in files:
            self.table.of(*_names(file))
        return self.table.doubts()


def _names(file: Found) -> tuple[str, ...]:
    return file.name, file.path.name, file.path.stem


def folder_answers(options: FileOptions, files: list[Found]) -> FolderAnswers:
    """The table, if the user gave one; else the folders, if there is more than one class."""
    table = read_labels(options)
    classes = {file.label for file in files if file.label is not None}
    return FolderAnswers(table, by_folder=table is None and len(classes) > 1)


def answer_settings(options: FileOptions, answers: FolderAnswers) -> dict[str, Any]:
    """What a schema keeps of the answers, for `stored_answers`."""
    scoring = {"scoring": "classification"} if answers.by_folder else {}  # also where folders are called 0 to 9
    table = answers.table.settings() if answers.table else {}
    return {"by_folder": answers.by_folder, "labels": options.labels, "id": options.id, **scoring, **table}


def stored_answers(schema: Schema) -> FolderAnswers:
    """Those of a schema; a table that is not there any more gives no answers."""
    return FolderAnswers(stored_labels(schema), schema.settings["by_folder"])
